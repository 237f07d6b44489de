"""Who lets the other side wait: worked out anew from phones that hold and from where parties sit.

Nobody says "held" or "resumed" anywhere else. So whoever leaves, however they leave, takes their hold along,
and who comes back with a phone that still holds is told to hold again.
"""

from __future__ import annotations

from collections.abc import Iterator

from huawu.calls.conversation import Conversation, Held, PartyLeg, Role
from huawu.calls.floor import Floor
from huawu.calls.sound import At
from huawu.link.messages import LegId


def note_holds(floor: Floor, call: Conversation) -> None:
    """Write who holds now and did not, and who no longer does; to be called when either may have changed."""
    now = dict(_holders(floor, call))
    for leg in [leg for leg in call.held_by if leg not in now]:
        end_hold(floor, call, leg)
    for leg, held in now.items():
        if leg not in call.held_by:
            call.held_by[leg] = held
            floor.fact(call, "held", held.party, **held.whom)


def end_hold(floor: Floor, call: Conversation, leg: LegId) -> None:
    """Whoever holds by this leg does so no longer."""
    if (held := call.held_by.pop(leg, None)) is not None:
        floor.fact(call, "resumed", held.party, **held.whom)


def _holders(floor: Floor, call: Conversation) -> Iterator[tuple[LegId, Held]]:
    if _caller_holds(floor, call):
        yield call.leg, Held("caller", {})
    for party in call.parties:
        if party.answered and party.role is not Role.LEADER and _holds(floor, call, party):
            yield party.leg, _held(call, party)


def _caller_holds(floor: Floor, call: Conversation) -> bool:
    """By the own phone; or, having dialled, with somebody aside while the other hears music."""
    if call.caller_at is At.ASIDE:
        return not call.talkers
    return call.leg in floor.holding


def _holds(floor: Floor, call: Conversation, party: PartyLeg) -> bool:
    """By the own phone, in the conversation; or with somebody aside while the caller hears music."""
    if call.caller_at is At.HOLD:
        return call.consult is not None and call.consult.by is party
    return call.caller_at is At.ROOM and party.at is At.ROOM and party.leg in floor.holding


def _held(call: Conversation, party: PartyLeg) -> Held:
    """A third party is no agent, and whom an agent dialled is no third party."""
    dialled = call.dialled_by is not None and party is call.lead
    whom = party.whom if len(call.parties) > 1 else {}
    return Held("agent" if party.agent is not None or dialled else "outsider", whom)
