"""Our answer to a trunk that asks who we are."""

from __future__ import annotations

from huawu.link.messages import Trunk
from huawu.switch.sip.core import Core
from huawu.switch.sip.digest import answer_challenge
from huawu.switch.sip.message import Response
from huawu.switch.sip.transaction import Outgoing


def authorisation(core: Core, trunk: Trunk | None, sent: Outgoing, response: Response) -> str | None:
    """The header line that answers a trunk's 401 or 407; None when it is none or we have no password."""
    if response.code not in (401, 407) or trunk is None or not trunk.user:
        return None
    return answer_challenge(
        response.headers,
        sent.method,
        sent.uri,
        user=trunk.user,
        password=trunk.password,
        cnonce=core.token(),
        proxy=response.code == 407,
    )
