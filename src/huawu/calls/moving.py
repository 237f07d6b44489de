"""Sending a caller on: blind transfer, attended transfer by phone, and what if nobody takes the call.

A caller who was sent on and did not arrive comes back to the agent who sent it, else to the queue it came
from, at the front, else is told so. Nobody is lost in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, assert_never

from huawu.acd.events import AgentId, AgentState, ContactBegan
from huawu.calls.conversation import Conversation, PartyLeg, Phase, Purpose, Role, Transfer
from huawu.calls.errors import MoveError, NoSuchPlace, NotPossible
from huawu.calls.floor import Floor
from huawu.calls.passing_on import PassingOn
from huawu.calls.queueing import Queueing
from huawu.calls.reaching import RING_MS, Reaching
from huawu.calls.seating import Seating
from huawu.calls.sound import SILENCE, At
from huawu.config.plan import Destination, ToAgent, ToEcho, ToFeature, ToFlow, ToOutside, ToQueue, ToSlot
from huawu.link.messages import (
    HangUp,
    LegId,
    Music,
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
        self, call: Conversation, party: PartyLeg, slot: str, *, by: str, by_phone: bool = False
    ) -> str: ...


class Moving:
    """Transfers."""

    ways: Ways
    parks: Parks

    def __init__(self, floor: Floor, queueing: Queueing, reaching: Reaching, seating: Seating) -> None:
        self._floor = floor
        self._queueing = queueing
        self._reaching = reaching
        self._seating = seating
        self._passing_on = PassingOn(floor, queueing, reaching, seating)

    def transfer(
        self, call: Conversation, party: PartyLeg, place: Destination, *, by: str, by_phone: bool = False
    ) -> None:
        """Send the caller on. With `by_phone` the party's line stays until it is told how it went.

        Raises `NotPossible` when the call is not in a conversation of these two.
        """
        if call.phase is not Phase.TALKING or party.at is not At.ROOM or call.consult is not None:
            raise NotPossible("nobody_talks")
        if call.talkers != [party]:
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
        party = floor.parties.get(event.leg)
        if event.replaces is not None:
            self._connect(event.leg, event.replaces)
            return
        if party is None and (dialled := floor.call_of(event.leg)) is not None:
            self._passing_on.send(dialled, event.number, self.ways)
            return
        call = floor.calls.get(party.call) if party is not None else None
        if call is None or party is None or party.agent is None or not party.answered:
            raise NotPossible("nobody_talks", "forbidden")
        place = floor.centre.numbers.find(event.number)
        if place is None:
            raise NoSuchPlace(f"number {event.number}")
        self.transfer(call, party, place, by=party.agent, by_phone=True)

    def _connect(self, asked: LegId, other: LegId) -> None:
        """An agent's phone with two calls: the caller of the one is to talk with the party of the other."""
        floor = self._floor
        party = floor.parties.get(asked) or floor.parties.get(other)
        second = other if party is not None and party.leg == asked else asked
        call = floor.calls.get(party.call) if party is not None else None
        aside = floor.calls.get(floor.callers[second]) if second in floor.callers else None
        if call is None or party is None or aside is None or party.agent is None:
            raise NotPossible("not_ones_own", "forbidden")
        if aside.dialled_by != party.agent or not party.answered:
            raise NotPossible("not_ones_own", "forbidden")
        if call.phase is not Phase.TALKING or call.talkers != [party] or call.consult is not None:
            raise NotPossible("not_alone")
        self._attended(call, party, aside, asked)

    def _attended(self, call: Conversation, party: PartyLeg, aside: Conversation, asked: LegId) -> None:
        floor = self._floor
        colleague = aside.talking if aside.phase is Phase.TALKING else aside.ringing
        by = str(party.agent)
        if colleague is None or (colleague.offered_by_queue is not None and not colleague.answered):
            self.transfer(call, party, self._where(aside), by=by, by_phone=asked == party.leg)
            if asked != party.leg:
                floor.do(TellTransfer(leg=asked, state="done"))
            self._end(aside)
            return
        for other in [other for other in call.parties if other is not party]:
            self._seating.release(call, other)
        floor.fact(call, "transfer", "agent", **colleague.whom, by=by, of=by, how="attended")
        waits = not colleague.answered and asked == party.leg
        floor.do(TellTransfer(leg=asked, state="trying" if waits else "done"))
        self._take_over(call, colleague, aside)
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
            call.phase = Phase.TRANSFERRING
            call.play = PlayId(floor.name(call, "p"))
            floor.do(Play(leg=call.leg, play=call.play, clips=(Music(path=floor.hold_music),)))

    def _where(self, aside: Conversation) -> Destination:
        """Where the second call waits for somebody."""
        if aside.phase is Phase.WAITING and aside.queue is not None:
            return ToQueue(queue=aside.queue)
        place = self._floor.centre.numbers.find(aside.number)
        if place is None:
            raise NoSuchPlace(f"number {aside.number}")
        return place

    def _take_over(self, call: Conversation, colleague: PartyLeg, aside: Conversation) -> None:
        """The colleague's line becomes one of the caller's call; the agent's second call is over."""
        floor = self._floor
        floor.fact(aside, "moved", into=call.call)
        floor.part(aside, colleague)
        colleague.call, colleague.purpose, colleague.offered_by_queue = call.call, Purpose.TALK, None
        colleague.role = Role.AGENT if colleague.agent is not None else Role.OUTSIDE
        floor.join(call, colleague)
        if colleague.agent is not None:
            began = ContactBegan(at_ms=floor.now_ms, call=call.call, agent=colleague.agent)
            self._queueing.step(began)
            self._queueing.contact_ended(aside, colleague.agent)
        self._end(aside)

    def _end(self, aside: Conversation) -> None:
        """The agent's second call has served its purpose."""
        if aside.phase is Phase.WAITING:
            self._queueing.leave(aside)
        aside.phase, aside.sound, aside.closing = Phase.FLOW, SILENCE, "normal"
        aside.run = None
        self._floor.do(HangUp(leg=aside.leg))


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
