"""A call that passed the gate: read in full, then offered to the centre."""

from __future__ import annotations

from typing import Final

from huawu.link.messages import LegId, Trunk
from huawu.switch.sip.bodies import Unsupported, description
from huawu.switch.sip.checks import Fault
from huawu.switch.sip.core import STRANGER, Core
from huawu.switch.sip.dialog import Dialog
from huawu.switch.sip.events import CallOffered
from huawu.switch.sip.gate import Admitted
from huawu.switch.sip.headers import NameAddr
from huawu.switch.sip.identity import Caller, lacks_privacy, read_caller
from huawu.switch.sip.inbound import Inbound
from huawu.switch.sip.message import Request
from huawu.switch.sip.takeover import replaced_leg

GUEST: Final = Caller(number="", name="", private=False, diverted_from="")


def offer_call(
    core: Core,
    request: Request,
    admitted: Admitted,
    trunk: Trunk | None,
    caller: NameAddr,
    to_number: str,
    at: float,
    *,
    emergency: bool = False,
) -> Fault | None:
    """Make a leg of an INVITE and tell of it; or the answer to one that cannot be served.

    `trunk` is the one that was proved, `caller` the parsed From.
    """
    try:
        offer = description(request)
    except Unsupported as error:
        return Fault(415, lines=error.lines)
    except ValueError as error:
        return Fault(400, f"Bad SDP: {error}")
    party = admitted.endpoint, admitted.trunk
    replaces: LegId | None = None
    if "replaces" in request.headers:
        found = replaced_leg(core, request, party)
        if isinstance(found, Fault):
            return found
        replaces = found
    if lacks_privacy(request):
        return Fault(500, "Privacy cannot be provided")
    trusted = trunk is not None and trunk.trusted
    told = read_caller(request, caller, to_number, proven=party != STRANGER, trusted=trusted)
    guest = admitted.guest
    if guest is not None:  # has no number, and what it says of itself is worth nothing
        told = GUEST
    tag = core.token()
    try:
        dialog = Dialog.of_request(request, tag)
    except ValueError as error:
        return Fault(400, str(error))
    dialog.trunk = admitted.trunk or ""
    transaction = core.serve(request, at)
    transaction.tag = tag
    leg = LegId(core.token())
    Inbound(core, leg, dialog, transaction, late=offer is None)
    core.parties[leg] = party
    core.out.append(
        CallOffered(
            leg=leg,
            from_number=told.number,
            from_name=told.name,
            to_number=to_number,
            endpoint=admitted.endpoint,
            trunk=admitted.trunk,
            flow=request.origin,
            via=None if request.origin is request.flow else request.flow,
            offer=offer,
            private=told.private,
            diverted_from=told.diverted_from,
            replaces=replaces,
            emergency=emergency,
            guest=guest.guest if guest is not None else "",
            page=guest.page if guest is not None else "",
        )
    )
    return None
