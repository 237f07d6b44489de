"""Sending a caller on: blind transfer, attended transfer by phone, and what if nobody takes the call.

A caller who was sent on and did not arrive comes back to the agent who sent it, else to the queue it came
from, at the front, else is told so. Nobody is lost in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, assert_never

from huawu.acd.events import AgentId, AgentState
from huawu.calls.conversation import Agent, Consult, Conversation, Dialler, PartyLeg, Phase, Transfer
from huawu.calls.errors import MoveError, NoSuchPlace, NotPossible
from huawu.calls.floor import Floor
from huawu.calls.passing_on import PassingOn
from huawu.calls.queueing import Queueing
from huawu.calls.reaching import RING_MS, Reaching, place_told
from huawu.calls.seating import Seating
from huawu.calls.sound import At
from huawu.config.plan import Destination, ToAgent, ToEcho, ToFeature, ToFlow, ToOutside, ToQueue, ToSlot
from huawu.link.messages import (
    LegId,
    Play,
    PlayId,
    Reason,
    TellTransfer,
    TransferAsked,
)

FRONT = 100
"""The priority of a caller who comes back from a failed transfer: the highest there is."""


class Ways(Protocol):
    """Where callers can be led; satisfied by `Flowing`."""

    def start(self, call: Conversation, flow_id: str) -> None: ...
    def lead_to(self, call: Conversation, number: str) -> None: ...
    def transfer_failed(self, call: Conversation, reason: str) -> None: ...
    def say_and_end(self, call: Conversation, prompts: Sequence[str], reason: Reason) -> None: ...


class Parks(Protocol):
    """Where callers can be parked; satisfied by `Parking`."""

    def park(
        self, call: Conversation, party: Agent, slot: str, *, by: str, by_phone: bool = False
    ) -> str: ...


class Moving:
    """Transfers."""

    ways: Ways
    parks: Parks

    def __init__(
        self, floor: Floor, queueing: Queueing, reaching: Reaching, seating: Seating, passing_on: PassingOn
    ) -> None:
        self._floor = floor
        self._queueing = queueing
        self._reaching = reaching
        self._seating = seating
        self._passing_on = passing_on

    def transfer(
        self, call: Conversation, party: Agent, place: Destination, *, by: str, by_phone: bool = False
    ) -> None:
        """Send the caller on. With `by_phone` the party's line stays until it is told how it went.

        Raises `NotPossible` when the call is not in a conversation of these two.
        """
        if call.phase is not Phase.TALKING or party.at is not At.ROOM or call.consult is not None:
            raise NotPossible("nobody_talks")
        if not call.alone_with(party):
            raise NotPossible("not_alone")
        if isinstance(place, ToFeature):
            raise NoSuchPlace("such number to send a caller to")
        if isinstance(place, ToSlot):
            self.parks.park(call, party, place.slot, by=by, by_phone=by_phone)
            return
        if isinstance(place, ToAgent) and (reason := self._reaching.free(place.agent)) is not None:
            raise NotPossible("agent_not_free", reason, agent=place.agent)
        if isinstance(place, ToOutside):
            refusal = self._reaching.may_leave(call, place.number, "transfer", str(party.agent))
            if refusal is not None:
                raise NotPossible("may_not_leave", refusal.reason, detail=refusal.words)
        if isinstance(party, Dialler):
            self._send_dialled(call, party, place, by=by, by_phone=by_phone)
            return
        for other in [other for other in call.parties if other is not party]:
            self._seating.release(call, other)
        call.transfer = _sent_by(call, party, waits=by_phone)
        if by_phone:
            party.at = At.AWAY
            self._floor.do(TellTransfer(leg=party.leg, state="trying"))
        self._seating.send_away(call)
        if not by_phone:
            self._seating.release(call, party)
        self._lead(call, place, by, str(party.agent))

    def _send_dialled(
        self, call: Conversation, party: Dialler, place: Destination, *, by: str, by_phone: bool
    ) -> None:
        """Whom the agent called is led there in a call of their own, and the agent is done."""
        sender = party.agent
        how = {"by": by, "of": str(sender), "how": "blind"}
        self._floor.fact(call, "transfer", "agent", **place_told(place), **how)
        onward = self._passing_on.call_of_its_own(call, self._floor.centre.numbers.number_of(place))
        onward.transfer = Transfer(by=sender, queue=None, skills={})
        if by_phone:
            self._floor.do(TellTransfer(leg=call.leg, state="done"))
        self._passing_on.end(call)
        self._lead(onward, place, by, str(sender))

    def _lead(self, call: Conversation, place: Destination, by: str, sender: str) -> None:
        how = {"by": by, "of": sender, "how": "blind"}
        fact = self._floor.fact
        match place:
            case ToAgent():
                self._reaching.agent(call, place.agent, RING_MS, **how)
            case ToOutside():
                self._reaching.outside(call, place.number, "transfer", sender, **how)
            case ToQueue():
                fact(call, "transfer", "agent", queue=place.queue, **how)
                self._arrived(call, keep=True)  # the queue may still give the caller back
                self._queueing.join(call, place.queue, prompts=("transfer",))
            case ToFlow():
                fact(call, "transfer", "agent", flow=place.flow, **how)
                self._arrived(call)
                self.ways.start(call, place.flow)
            case ToEcho():
                fact(call, "transfer", "agent", number=call.number, **how)
                self._arrived(call)
                self.ways.say_and_end(call, ("unavailable",), "not_found")
            case ToFeature() | ToSlot():
                raise NoSuchPlace("such place")
            case _:
                assert_never(place)

    # ── Arrivals and failures ─────────────────────────────────────────────────────────────────────

    def arrived(self, call: Conversation) -> None:
        """Somebody took a caller who was sent on: whoever sent it is done."""
        if call.transfer is not None:
            self._arrived(call)

    def _arrived(self, call: Conversation, *, keep: bool = False) -> None:
        transfer = call.transfer
        assert transfer is not None
        sender = call.party_at(transfer.leg)
        if not keep:
            call.transfer = None
        if sender is not None and not transfer.returning:
            self._floor.do(TellTransfer(leg=sender.leg, state="done"))
            self._seating.release(call, sender)
        transfer.leg = None

    def came_to_nothing(self, call: Conversation, reason: str) -> None:
        """A caller's party was not reached, or a queue gave it back."""
        transfer = call.transfer
        if transfer is None:
            self.ways.transfer_failed(call, reason)
            return
        sender = call.party_at(transfer.leg)
        if sender is not None and not transfer.returning:
            self._back_to(call, sender, reason)
        elif not transfer.returning and transfer.by is not None and self._may_ring(transfer.by, call):
            transfer.returning = True
            self._floor.fact(call, "transfer_returned", agent=transfer.by, reason=reason)
            self._reaching.ring(call, transfer.by)
        else:
            self._to_the_front(call, transfer, reason)

    def _back_to(self, call: Conversation, sender: PartyLeg, reason: str) -> None:
        """The agent is still on the line: caller and agent talk again, and the agent is told why."""
        call.transfer = None
        self._floor.do(TellTransfer(leg=sender.leg, state="failed", reason=told(reason)))
        self._floor.fact(call, "transfer_returned", "centre", **sender.whom, reason=reason, there=True)
        self._seating.to_room(call, sender)
        self._seating.arrange(call)
        self.tell(call, sender)

    def tell(self, call: Conversation, party: PartyLeg) -> None:
        """Say to a party, instead of the caller's voice, that the transfer failed."""
        clips = self._floor.clips(("transfer-failed",), self._floor.centre.language)
        if clips:
            play = PlayId(self._floor.name(call, "p"))
            self._floor.do(Play(leg=party.leg, play=play, clips=clips))

    def _to_the_front(self, call: Conversation, transfer: Transfer, reason: str) -> None:
        call.transfer = None
        if transfer.queue is not None and self._floor.centre.queue(transfer.queue) is not None:
            self._floor.fact(call, "transfer_returned", queue=transfer.queue, reason=reason)
            self._queueing.join(
                call,
                transfer.queue,
                priority=FRONT,
                skills=transfer.skills,
                queued_ms=call.queued_ms if call.queued_ms is not None else call.began_ms,
            )
        else:
            call.run = None
            self.ways.say_and_end(call, ("transfer-failed", "goodbye"), "no_answer")

    def _may_ring(self, agent: AgentId, call: Conversation) -> bool:
        """Whether the agent is ready, or still busy with the paperwork of this very call."""
        floor = self._floor
        endpoint = floor.centre.endpoint_of.get(agent)
        if endpoint is None or not floor.reachable.get(endpoint) or floor.centre.agent(agent) is None:
            return False
        view = floor.acd.agent_view(agent)
        wraps = view.state is AgentState.WRAP_UP and view.call == call.call
        return wraps or view.state is AgentState.READY

    # ── Asked by a phone ──────────────────────────────────────────────────────────────────────────

    def asked(self, event: TransferAsked) -> None:
        """A phone asks for a transfer (REFER): do it, or say why not."""
        try:
            self._asked(event)
        except MoveError as refusal:
            self._floor.do(TellTransfer(leg=event.leg, state="failed", reason=refusal.reason))

    def _asked(self, event: TransferAsked) -> None:
        floor = self._floor
        if event.replaces is not None:
            self._connect(event.leg, event.replaces)
            return
        call = floor.call_of(event.leg)
        party = _asker(call, event.leg) if call is not None else None
        if call is None or party is None:
            raise NotPossible("nobody_talks", "forbidden")
        place = floor.centre.numbers.find(event.number)
        if place is None:
            raise NoSuchPlace(f"number {event.number}")
        self.transfer(call, party, place, by=str(party.agent), by_phone=True)

    def _connect(self, asked: LegId, other: LegId) -> None:
        """An agent's phone with two calls: whom it has in the one is to talk with the other's."""
        floor = self._floor
        one, two = floor.call_of(asked), floor.call_of(other)
        first, second = (
            (asked, other) if asked in floor.parties or other not in floor.parties else (other, asked)
        )
        call, aside = (one, two) if first == asked else (two, one)
        party = _asker(call, first) if call is not None else None
        if call is None or aside is None or party is None or second != aside.leg:
            raise NotPossible("not_ones_own", "forbidden")
        if aside.dialled_by != party.agent or call is aside:
            raise NotPossible("not_ones_own", "forbidden")
        if call.phase is not Phase.TALKING or not call.alone_with(party) or call.consult is not None:
            raise NotPossible("not_alone")
        if isinstance(party, Dialler):
            self._attended_dialled(call, party, aside, asked)
        else:
            self._attended(call, party, aside, asked)

    def _attended_dialled(
        self, call: Conversation, party: Dialler, aside: Conversation, asked: LegId
    ) -> None:
        """The agent dialled both: as if the other had been asked aside."""
        colleague, by = _colleague(aside), str(party.agent)
        if colleague is None:
            self.transfer(call, party, self._where(aside), by=by)
        else:
            self._move_over(call, colleague, aside)
            call.consult = Consult(by=party, party=colleague)
            if not self._passing_on.complete(call, by=by):
                self._passing_on.end(call)
        self._floor.do(TellTransfer(leg=asked, state="done"))
        self._passing_on.end(aside)

    def _attended(self, call: Conversation, party: PartyLeg, aside: Conversation, asked: LegId) -> None:
        floor = self._floor
        colleague, by = _colleague(aside), str(party.agent)
        if colleague is None:
            self.transfer(call, party, self._where(aside), by=by, by_phone=asked == party.leg)
            if asked != party.leg:
                floor.do(TellTransfer(leg=asked, state="done"))
            self._passing_on.end(aside)
            return
        for other in [other for other in call.parties if other is not party]:
            self._seating.release(call, other)
        floor.fact(call, "transfer", "agent", **colleague.whom, by=by, of=by, how="attended")
        waits = not colleague.answered and asked == party.leg
        floor.do(TellTransfer(leg=asked, state="trying" if waits else "done"))
        self._move_over(call, colleague, aside)
        self._passing_on.end(aside)
        if colleague.answered:
            self._seating.release(call, party)
            self._seating.to_room(call, colleague)
            self._seating.note_leading(call, colleague)
            self._seating.arrange(call)
        else:
            call.transfer = _sent_by(call, party, waits=waits)
            party.at = At.AWAY
            self._seating.send_away(call)
            if not waits:
                self._seating.release(call, party)
            self._passing_on.await_party(call)

    def _where(self, aside: Conversation) -> Destination:
        """Where the second call waits for somebody."""
        if aside.phase is Phase.WAITING and aside.queue is not None:
            return ToQueue(queue=aside.queue)
        place = self._floor.centre.numbers.find(aside.number)
        if place is None:
            raise NoSuchPlace(f"number {aside.number}")
        return place

    def _move_over(self, call: Conversation, colleague: PartyLeg, aside: Conversation) -> None:
        """The colleague's line becomes one of the caller's call; the agent's second call is over."""
        self._floor.fact(aside, "moved", into=call.call)
        self._passing_on.bring(call, colleague, aside)


def _asker(call: Conversation, leg: LegId) -> Agent | None:
    """The agent by whose line something is asked for."""
    if leg == call.leg:
        return Dialler(call) if call.dialled_by is not None else None
    party = call.party_at(leg)
    return party if party is not None and party.agent is not None and party.answered else None


def _colleague(aside: Conversation) -> PartyLeg | None:
    """Whom the agent has in a second call, or is calling there; not who is only offered it by a queue."""
    there = aside.talking if aside.phase is Phase.TALKING else aside.ringing
    offered = there is not None and there.offered_by_queue is not None and not there.answered
    return None if offered else there


def _sent_by(call: Conversation, party: PartyLeg, *, waits: bool) -> Transfer:
    leg = party.leg if waits else None
    return Transfer(by=party.agent, queue=call.queue, skills=dict(call.skills), leg=leg)


def told(reason: str) -> Reason:
    """A failure as a phone is told it."""
    match reason:
        case "busy" | "declined" | "no_answer" | "unavailable" | "not_found" | "forbidden" | "congestion":
            return reason
        case _:
            return "failed"
