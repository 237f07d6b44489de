"""A new call that is to take the place of one of ours (INVITE with Replaces): which one, and may it."""

from __future__ import annotations

from huawu.link.messages import LegId
from huawu.switch.sip.checks import Fault
from huawu.switch.sip.core import STRANGER, Core, Party
from huawu.switch.sip.message import Request
from huawu.switch.sip.outbound import Outbound
from huawu.switch.sip.replaces import Replaces


def replaced_leg(core: Core, request: Request, party: Party) -> LegId | Fault:
    """The leg that an INVITE of `party` with Replaces names, or the answer to one that may not (RFC 3891 §3).

    Only whose call it is may take it over: the same phone or trunk, or whom our own REFER sent there.
    """
    values = request.headers["replaces"]
    if len(values) != 1:
        return Fault(400, "Several Replaces headers")
    if party == STRANGER:
        return Fault(403)
    try:
        replaces = Replaces.parse(values[0])
    except ValueError as error:
        return Fault(400, str(error))
    owner = core.dialogs.get(replaces.key)
    if owner is None:
        leg = _ringing(core, replaces)
    elif owner.stage == "early":
        leg = None  # a call not answered that we did not make is not replaced
    else:
        leg = owner.leg
    if leg is None:
        return Fault(481)
    if owner is not None and owner.stage == "over":
        return Fault(603)
    if not _may(core, party, leg):
        return Fault(403)
    if owner is not None and replaces.early_only:
        return Fault(486)
    return leg


def _ringing(core: Core, replaces: Replaces) -> LegId | None:
    """The call of ours that rings in this early dialog."""
    for leg, call in core.calls.items():
        if isinstance(call, Outbound) and call.rings_in(replaces.key):
            return leg
    return None


def _may(core: Core, party: Party, leg: LegId) -> bool:
    if core.parties.get(leg) == party:
        return True
    return any(
        one.sending_to == leg and core.parties.get(one.leg) == party for one in core.transfers.values()
    )
