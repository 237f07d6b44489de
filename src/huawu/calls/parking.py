"""Calls put aside for anyone to take, and calls that ring elsewhere taken at one's own phone."""

from __future__ import annotations

from huawu.acd.events import AgentId, AgentState, CallId, ContactBegan, ContactEnded, OfferPickedUp
from huawu.calls.conversation import (
    Agent,
    Coming,
    Conversation,
    Dialler,
    PartyLeg,
    Phase,
    Purpose,
    Role,
    Transfer,
)
from huawu.calls.effects import PARK_TIMER, CancelTimer, SetTimer
from huawu.calls.errors import NoSuchPlace, NotPossible
from huawu.calls.floor import Floor
from huawu.calls.moving import Moving
from huawu.calls.passing_on import PassingOn
from huawu.calls.queueing import Queueing
from huawu.calls.seating import Seating
from huawu.calls.sound import At
from huawu.link.messages import (
    Clip,
    HangUp,
    LegId,
    Originate,
    Play,
    PlayId,
    Reason,
    Silence,
    TellTransfer,
)

RING_MS = 30_000


class Parking:
    """Parking slots, and pick-up."""

    def __init__(
        self, floor: Floor, queueing: Queueing, seating: Seating, moving: Moving, passing_on: PassingOn
    ) -> None:
        self._floor = floor
        self._queueing = queueing
        self._seating = seating
        self._moving = moving
        self._passing_on = passing_on
        self._told: dict[LegId, tuple[CallId, AgentId]] = {}  # phones that are being told a slot

    # ── Parked calls ──────────────────────────────────────────────────────────────────────────────

    def park(self, call: Conversation, party: Agent, slot: str, *, by: str, by_phone: bool = False) -> str:
        """Put the caller in a slot ("" = the first free one), to music; the agent is free. The slot."""
        if call.phase is not Phase.TALKING or call.consult is not None or not call.alone_with(party):
            raise NotPossible("not_alone")
        asks_for_any, slot = not slot, self._free_slot(slot)
        floor, agent = self._floor, party.agent
        if isinstance(party, Dialler):
            if by_phone and asks_for_any:
                raise NoSuchPlace("slot that this phone could be told")
            onward = self._passing_on.call_of_its_own(call, slot)
            if by_phone:
                floor.do(TellTransfer(leg=call.leg, state="done"))
            self._passing_on.end(call)
            self._put(onward, slot, agent, by)
            return slot
        slot_said = self._said(party, slot) if by_phone and asks_for_any else ()
        if by_phone:
            floor.do(TellTransfer(leg=party.leg, state="trying" if slot_said else "done"))
        for other in [other for other in call.parties if other is not party]:
            self._seating.release(call, other)
        if slot_said:
            self._let_hear(call, party)
        else:
            self._seating.release(call, party)
        self._put(call, slot, agent, by)
        if slot_said:
            floor.do(Play(leg=party.leg, play=PlayId(f"{party.leg}.p"), clips=slot_said))
        return slot

    def _put(self, call: Conversation, slot: str, agent: AgentId | None, by: str) -> None:
        floor = self._floor
        park_for_ms = floor.centre.configuration.feature_codes.park_for_ms
        due_ms = floor.now_ms + park_for_ms if park_for_ms else 0
        call.slot, call.parked_by, call.parked_until_ms = slot, agent, due_ms
        call.phase = Phase.PARKED
        call.caller_at = At.HOLD
        floor.fact(call, "parked", slot=slot, by=by, agent=agent, due_ms=due_ms)
        self._seating.arrange(call)
        self.set_timer(call, due_ms)

    def _said(self, party: PartyLeg, slot: str) -> tuple[Clip, ...]:
        """The slot, digit by digit, for the phone that asked for any; none if it would not be heard."""
        if party.leg in self._floor.holding:
            return ()
        floor, language = self._floor, self._floor.centre.language
        digits = [prompt for digit in slot for prompt in floor.voice.number(int(digit), language)]
        clips = floor.clips(digits, language)
        return (Silence(length_ms=300), *clips, Silence(length_ms=300), *clips) if clips else ()

    def _let_hear(self, call: Conversation, party: PartyLeg) -> None:
        """The agent has left the call and its line stays for a moment, to be told the slot."""
        assert party.agent is not None
        self._seating.note_leaving(call, party, "normal", by="centre")
        self._floor.part(call, party)
        self._floor.services[party.leg] = party.agent
        self._told[party.leg] = (call.call, party.agent)  # who gets no other call until then

    def was_told(self, leg: LegId) -> None:
        """The slot was said: the transfer that the phone asked for is done."""
        if leg in self._told:
            self._floor.do(TellTransfer(leg=leg, state="done"))
            self.gone(leg)

    def gone(self, leg: LegId) -> None:
        """The phone was told the slot, or did not wait to hear it: its agent is free."""
        if (told := self._told.pop(leg, None)) is not None:
            call, agent = told
            self._queueing.step(ContactEnded(at_ms=self._floor.now_ms, call=call, agent=agent))

    def set_timer(self, call: Conversation, due_ms: int) -> None:
        """Have the parker rung again at this time; 0 = never."""
        if due_ms:
            self._floor.effects.timers.append(SetTimer(PARK_TIMER + call.call, due_ms))

    def time_over(self, call_id: CallId) -> None:
        """Nobody took the parked call: back to who parked it, else to the queue it came from."""
        call = self._floor.calls.get(call_id)
        if call is None or call.phase is not Phase.PARKED:
            return
        self._floor.fact(call, "park_over", slot=call.slot)
        by = call.parked_by
        self._unpark(call)
        call.caller_at = At.AWAY
        self._seating.arrange(call)
        call.phase = Phase.TRANSFERRING
        call.transfer = Transfer(by=by, queue=call.queue, skills=dict(call.skills))
        self._moving.came_to_nothing(call, "no_answer")

    def parked_in(self, slot: str) -> Conversation | None:
        """The call in a slot."""
        calls = self._floor.calls.values()
        return next((call for call in calls if call.phase is Phase.PARKED and call.slot == slot), None)

    def retrieve(self, call: Conversation, agent: AgentId, *, by: str) -> None:
        """Ring an agent's own phone to take a parked call."""
        if call.phase is not Phase.PARKED:
            raise NotPossible("not_parked")
        self._come(call, agent, Purpose.RETRIEVE, by)

    def by_phone(self, leg: LegId, agent: AgentId, slot: str) -> Coming:
        """An agent dialled a slot; "not" = there is no call in it."""
        call = self.parked_in(slot)
        if call is None:
            return "not"
        return self._take(call, leg, agent, Purpose.RETRIEVE)

    def _take(self, call: Conversation, leg: LegId, agent: AgentId, purpose: Purpose) -> Coming:
        """The agent's own leg goes to the call; from another switch it cannot, so the agent is rung."""
        if not self._floor.apart(call):
            self._join(call, leg, agent, purpose)
            return "joins"
        try:
            self._come(call, agent, purpose, str(agent))
        except NotPossible:
            return "not"
        return "is_rung"

    def _unpark(self, call: Conversation) -> None:
        call.slot, call.parked_by = "", None
        self._floor.effects.timers.append(CancelTimer(PARK_TIMER + call.call))

    def _free_slot(self, slot: str) -> str:
        slots = self._floor.centre.configuration.feature_codes.park_slots
        if slot and slot not in slots:
            raise NoSuchPlace(f"parking slot {slot}")
        free = [one for one in ((slot,) if slot else slots) if self.parked_in(one) is None]
        if not free:
            raise NotPossible(
                "slot_taken" if slot else "slots_taken", "busy", **({"slot": slot} if slot else {})
            )
        return free[0]

    # ── Ringing calls ─────────────────────────────────────────────────────────────────────────────

    def pick_up(self, call: Conversation, agent: AgentId, *, by: str) -> None:
        """Ring an agent's own phone to take a call that rings at a colleague's."""
        if not self._may_take(call, agent):
            raise NotPossible("not_ringing")
        self._come(call, agent, Purpose.PICK_UP, by)

    def pick_up_by_phone(self, leg: LegId, agent: AgentId, of: AgentId | None) -> Coming:
        """An agent dialled the code: the longest-waiting call that rings in own queues, or a colleague's."""
        ringing = [
            call
            for call in self._floor.calls.values()
            if self._may_take(call, agent) and (of is None or _rings_at(call) == of)
        ]
        if of is None:
            profile = self._floor.centre.agent(agent)
            queues = profile.queues if profile is not None else ()
            ringing = [call for call in ringing if call.phase is Phase.WAITING and call.queue in queues]
        if not ringing:
            return "not"
        call = min(ringing, key=lambda call: (call.queued_ms or call.began_ms, call.call))
        return self._take(call, leg, agent, Purpose.PICK_UP)

    def _may_take(self, call: Conversation, agent: AgentId) -> bool:
        party = call.ringing
        if party is None or call.phase not in (Phase.WAITING, Phase.TRANSFERRING):
            return False
        return party.agent is not None and party.agent != agent

    # ── Who comes ─────────────────────────────────────────────────────────────────────────────────

    def _come(self, call: Conversation, agent: AgentId, purpose: Purpose, by: str) -> None:
        floor = self._floor
        endpoint = floor.centre.endpoint_of.get(agent)
        if endpoint is None or not floor.reachable.get(endpoint):
            raise NotPossible("phone_away", "unavailable", agent=agent)
        if not self.may_talk(agent):
            raise NotPossible("in_a_call", "busy", agent=agent)
        leg = LegId(floor.name(call, "a"))
        self._join(call, leg, agent, purpose)
        floor.do(
            Originate(
                leg=leg,
                endpoint=endpoint,
                caller_number=call.caller,
                caller_name=call.caller_name,
                ring_ms=RING_MS,
            )
        )

    def may_talk(self, agent: AgentId) -> bool:
        """Whether an agent is in shift and in no other call."""
        if self._floor.centre.agent(agent) is None:
            return False
        busy = (AgentState.TALKING, AgentState.SIGNED_OUT)
        return self._floor.acd.agent_view(agent).state not in busy

    def _join(self, call: Conversation, leg: LegId, agent: AgentId, purpose: Purpose) -> None:
        party = PartyLeg(leg=leg, call=call.call, role=Role.AGENT, agent=agent, purpose=purpose)
        self._floor.join(call, party)
        began = ContactBegan(at_ms=self._floor.now_ms, call=call.call, agent=agent)
        self._queueing.step(began)  # no offer comes meanwhile

    def answered(self, call: Conversation, party: PartyLeg) -> None:
        """Who takes the call is on the line: they talk, if it is still there to be taken."""
        agent = party.agent
        assert agent is not None
        floor = self._floor
        if party.purpose is Purpose.RETRIEVE and call.phase is Phase.PARKED:
            floor.fact(call, "retrieved", "agent", agent=agent, slot=call.slot)
            self._unpark(call)
        elif party.purpose is Purpose.PICK_UP and self._may_take(call, agent):
            self._take_from(call, call.ringing, agent)
        else:
            floor.part(call, party)
            floor.do(HangUp(leg=party.leg, reason="not_found"))
            self._queueing.contact_ended(call, agent)
            return
        party.purpose = Purpose.TALK
        self._moving.arrived(call)
        self._seating.to_room(call, party)
        self._seating.note_leading(call, party)
        self._seating.arrange(call)

    def _take_from(self, call: Conversation, rung: PartyLeg | None, agent: AgentId) -> None:
        """The phone that rang stops; the ACD knows who has the call."""
        assert rung is not None
        floor = self._floor
        floor.fact(call, "picked_up", "agent", agent=agent, of=rung.agent or "")
        if rung.offered_by_queue is not None:
            picked = OfferPickedUp(at_ms=floor.now_ms, call=call.call, agent=agent)
            self._queueing.step(picked)
        else:
            self._seating.release(call, rung)

    def failed(self, call: Conversation, party: PartyLeg, reason: Reason) -> None:
        """Who wanted the call does not come; it stays where it is."""
        self._floor.fact(call, "party_failed", "agent", **party.whom, reason=reason)
        if party.agent is not None:
            self._queueing.contact_ended(call, party.agent)


def _rings_at(call: Conversation) -> AgentId | None:
    party = call.ringing
    return party.agent if party is not None else None
