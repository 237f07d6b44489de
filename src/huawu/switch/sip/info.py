"""INFO in a call: digits, and no packages (RFC 6086)."""

from __future__ import annotations

from huawu.link.messages import LegId
from huawu.switch.sip.bodies import digit_of
from huawu.switch.sip.core import Core
from huawu.switch.sip.events import DigitReceived
from huawu.switch.sip.message import Request
from huawu.switch.sip.transaction import ServerTransaction


def take_digit(core: Core, leg: LegId, transaction: ServerTransaction, request: Request, at: float) -> None:
    """Answer an INFO; a digit in it is told. A package gets 469: we offer none (RFC 6086 §4.2.2)."""
    if "info-package" in request.headers:
        core.respond(transaction, 469, at, lines="Recv-Info: \r\n")
        return
    try:
        found = digit_of(request)
    except ValueError as error:
        core.respond(transaction, 400, at, phrase=str(error))
        return
    if found is None and request.body:
        core.respond(transaction, 415, at, lines="Accept: application/dtmf-relay, application/dtmf\r\n")
        return
    core.respond(transaction, 200, at)
    if found is not None:
        core.out.append(DigitReceived(leg=leg, digit=found[0], length_ms=found[1]))
