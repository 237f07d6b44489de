"""After the centre or the switch died: what is known again, and what is made true.

A centre that returns rebuilds its calls from their timelines, is fed the events it missed, then settles with
the switch's snapshot. A switch that returns knows no legs: every call is ended with the true reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from huawu.acd import events as acd
from huawu.acd.snapshot import Snapshot
from huawu.calls.absence import Absence
from huawu.calls.calling_back import CallingBack
from huawu.calls.conversation import Conversation, Dialler, PartyLeg, Phase
from huawu.calls.facts import Fact
from huawu.calls.floor import Floor
from huawu.calls.flowing import Flowing
from huawu.calls.homes import SwitchId
from huawu.calls.left_open import left_open, signs_of_switches
from huawu.calls.moving import Moving
from huawu.calls.parking import Parking
from huawu.calls.queueing import Queueing
from huawu.calls.retelling import conversation_from
from huawu.calls.seating import Seating, seats_of
from huawu.calls.sound import At, Sound, sound_of
from huawu.calls.talking import close_talk
from huawu.link.messages import (
    Answer,
    ConferenceId,
    HangUp,
    Hears,
    LegId,
    LegView,
    RecordingId,
    Welcome,
)

SWITCH_LOST = "switch_lost"


class Recovering:
    """Brings memory, timeline and switch together again."""

    def __init__(
        self,
        floor: Floor,
        queueing: Queueing,
        flowing: Flowing,
        calling_back: CallingBack,
        seating: Seating,
        moving: Moving,
        parking: Parking,
        absence: Absence,
    ) -> None:
        self._floor = floor
        self._queueing = queueing
        self._flowing = flowing
        self._calling_back = calling_back
        self._seating = seating
        self._moving = moving
        self._parking = parking
        self._absence = absence
        self._rebuilt: list[Conversation] = []

    def rebuild(
        self,
        open_calls: Sequence[Sequence[Fact]],
        agents: Snapshot | None,
        marks: Mapping[SwitchId, int],
        lengths: Mapping[str, int],
    ) -> None:
        """Take up the calls whose timelines have no end, or whose recordings have none, as they stood."""
        floor = self._floor
        calls = [conversation_from(facts) for facts in open_calls]
        signs = signs_of_switches(
            ((call.switch, facts) for call, facts in zip(calls, open_calls, strict=True)), marks, lengths
        )
        for call, facts in zip(calls, open_calls, strict=True):
            mark_ms = signs.get(call.switch)
            call.left = left_open(facts, mark_ms=mark_ms, lengths=lengths, now_ms=floor.now_ms)
            if call.endpoint is not None:
                call.dialled_by = floor.centre.agent_of.get(call.endpoint)
            call.sound = sound_of(call.call, seats_of(call))
            aside = {call.consult.by.leg} if call.consult is not None else set()
            floor.holding |= call.held_by.keys() - aside
            floor.calls[call.call] = call
            if call.phase is not Phase.ENDED:
                floor.callers[call.leg] = call.call
                floor.homes.put(call.leg, call.switch)
            for party in call.parties:
                floor.parties[party.leg] = party
                floor.homes.put(party.leg, call.switch)
            self._flowing.taping.rebuilt(call)
            self._rebuilt.append(call)
        if agents is not None:
            self._queueing.perform(floor.acd.restore(agents, floor.now_ms))

    def settle(self, welcome: Welcome, switch: SwitchId) -> None:
        """Make agents, phones and the calls of this switch agree with what it holds."""
        floor = self._floor
        legs = {view.leg: view for view in welcome.legs}
        floor.reachable.settle(switch, welcome.endpoints)
        floor.holding = (floor.holding - legs.keys()) | {leg for leg, view in legs.items() if view.held}
        mine = [call for call in floor.calls.values() if floor.homes.lives_on(call, switch)]
        known = {call.call for call in self._rebuilt if floor.homes.lives_on(call, switch)}
        self._rebuilt = [call for call in self._rebuilt if call.call not in known]
        for call in mine:
            if call.phase is Phase.ENDED:
                if welcome.replays:
                    self._end_on(call, legs)
                else:
                    self._close(call)
            elif call.phase is Phase.PLACING:
                self._calling_back.settle(call, set(legs))
            elif call.leg not in legs:
                self._lost(call)
            elif call.call in known:
                self._take_up(call, legs)
            call.left = None
        self._let_go_of_strangers(set(legs))
        self._free_agents()
        self._check_phones()
        if floor.homes.complete:
            self._flowing.taping.settle()
        self._calling_back.resume()

    # ── One call ──────────────────────────────────────────────────────────────────────────────────

    def _lost(self, call: Conversation) -> None:
        """The caller's line is gone and nobody said how: the switch died under it."""
        floor = self._floor
        floor.callers.pop(call.leg, None)
        if call.phase is Phase.WAITING or call.consult is not None:
            self._queueing.leave(call)
        self._phones_first(call)
        self._calling_back.line_dropped(call, SWITCH_LOST)
        call.consult = call.transfer = None
        until_ms = floor.last_sign_ms(call)
        for leg in list(call.talk_began):
            close_talk(floor, call, leg, until_ms)
        floor.fact(call, "recovered", what=SWITCH_LOST)
        why: dict[str, Any] = {"reason": SWITCH_LOST, "detail": "the switch stopped"}
        floor.fact(call, "ended", by="centre", until_ms=until_ms, **why)
        call.phase = Phase.ENDED
        self._close(call)

    def _phones_first(self, call: Conversation) -> None:
        """Agents whose phones the switch does not know yet are offered nothing: no redial would ring."""
        floor = self._floor
        for party in call.parties:
            if party.agent is None:
                continue
            endpoint = floor.centre.endpoint_of.get(party.agent)
            if endpoint is None or not floor.reachable.get(endpoint):
                self._queueing.step(acd.PhoneLost(at_ms=floor.now_ms, agent=party.agent))

    def _end_on(self, call: Conversation, legs: Mapping[LegId, LegView]) -> None:
        """The caller hung up and the switch lives: it still tells the ends of parties and recording."""
        self._miss_parties(call, legs)
        for party in call.parties:
            self._floor.do(HangUp(leg=party.leg, reason="normal" if party.answered else "cancelled"))
        self._floor.forget_when_over(call)

    def _close(self, call: Conversation) -> None:
        """Nothing more will be heard of the call's other legs and recording."""
        floor = self._floor
        for party in list(call.parties):
            floor.part(call, party)
            floor.do(HangUp(leg=party.leg))
            if party.agent is not None:
                self._queueing.contact_ended(call, party.agent)
        if call.dialled_by is not None:
            self._queueing.contact_ended(call, call.dialled_by)
        for recording, replaced_ms in call.old_recordings.items():
            self._recording_lost(call, recording, replaced_ms)
        call.old_recordings.clear()
        if call.recording is not None:
            self._recording_lost(call, call.recording, call.recording_broke_ms)
            call.recording = call.recording_broke_ms = None
        self._flowing.taping.switch_lost(call)
        floor.forget_when_over(call)

    def _recording_lost(self, call: Conversation, recording: RecordingId, broke_ms: int | None) -> None:
        """As long as its file, if that could be looked at, else until it broke off, or the last sign."""
        length: dict[str, Any] = {}
        if call.left is not None and recording in call.left.lengths:
            length["length_ms"] = call.left.lengths[recording]
        else:
            until_ms = self._floor.last_sign_ms(call)
            length["until_ms"] = until_ms if broke_ms is None else min(until_ms, broke_ms)
        detail = "the switch stopped"
        self._floor.fact(call, "recording_failed", recording=recording, detail=detail, **length)

    def _take_up(self, call: Conversation, legs: Mapping[LegId, LegView]) -> None:
        """The centre was away, the caller is still there: go on where the call stood."""
        floor = self._floor
        floor.fact(call, "recovered", what="centre_returned")
        self._miss_parties(call, legs)
        self._absence.settle(call, legs)
        call.sound = sound_told(call, legs)
        if call.phase is Phase.TALKING and call.talking is not None:
            self._talk_on(call)
        elif call.phase is Phase.TALKING:
            floor.do(HangUp(leg=call.leg))
        elif call.phase is Phase.PARKED:
            self._seating.arrange(call)
            self._parking.set_timer(call, call.parked_until_ms)
        elif call.phase is Phase.TRANSFERRING and call.transfer is not None:
            self._moving.came_to_nothing(call, "failed")
        elif call.phase is Phase.WAITING and call.queue is not None:
            if not call.in_line:  # else it joined while the missed events were fed
                self._queueing.join(
                    call,
                    call.queue,
                    priority=call.priority,
                    skills=call.skills,
                    queued_ms=call.queued_ms,
                    joined_ms=call.joined_ms,
                )
        elif not call.answered:
            floor.do(Answer(leg=call.leg))
        elif self._flowing.taping.resume(call):
            pass  # the caller speaks on
        elif call.survey and call.run is None:
            if call.rated:
                floor.do(HangUp(leg=call.leg))
            else:
                self._flowing.start(call, call.survey)
        elif not call.leads:  # else it was answered among the missed events, and is on its way
            self._flowing.lead_to(call, call.number)

    def _miss_parties(self, call: Conversation, legs: Mapping[LegId, LegView]) -> None:
        """Parties whose lines are gone, unnoticed, are no longer in the call."""
        for party in list(call.parties):
            if party.leg not in legs:
                self._seating.note_leaving(call, party, "failed", by="switch")
                self._floor.part(call, party)
                if party.agent is not None:
                    self._queueing.contact_ended(call, party.agent)

    def _talk_on(self, call: Conversation) -> None:
        """Whoever is there goes on talking; a consultation that found nobody yet is given up."""
        for party in call.parties:
            self._put_to_talk(call, party)
        consult = call.consult
        if consult is not None and not {consult.party, consult.by} <= {*call.parties, Dialler(call)}:
            call.consult = None
            by = consult.by.agent or ""
            self._floor.fact(call, "consult_ended", "agent", reason="failed", by="centre", agent=by)
            for party in call.parties:
                party.at = At.ROOM
            self._seating.to_room(call)
        if call.lead not in call.parties and call.talking is not None:
            self._seating.note_leading(call, call.talking)
        self._seating.arrange(call)

    def _put_to_talk(self, call: Conversation, party: PartyLeg) -> None:
        """The agents' states put aside may be a moment older than the conversation.

        Who is said to talk may still be said to do so in the call before this one.
        """
        agent = party.agent
        if agent is None or self._floor.centre.agent(agent) is None:
            return
        queue = party.offered_by_queue or (call.queue if party is call.lead else None)
        self._queueing.step(
            acd.ContactBegan(at_ms=self._floor.now_ms, call=call.call, agent=agent, queue=queue)
        )

    # ── The rest ──────────────────────────────────────────────────────────────────────────────────

    def _let_go_of_strangers(self, legs: set[LegId]) -> None:
        """Legs that belong to no call (an offer under way when the centre died) are ended."""
        floor = self._floor
        for leg in legs - floor.callers.keys() - floor.parties.keys() - floor.services.keys():
            floor.do(HangUp(leg=leg, reason="cancelled"))

    def _free_agents(self) -> None:
        """Agents who are said to talk in calls that are over, or no longer theirs, are told so."""
        floor = self._floor
        true = {
            (party.agent, call.call)
            for call in floor.calls.values()
            for party in call.parties
            if party.agent is not None
        } | {(call.dialled_by, call.call) for call in floor.calls.values() if call.dialled_by is not None}
        for agent in floor.acd.agents:
            for call in floor.acd.contacts_of(agent):
                if (agent, call) not in true:
                    self._queueing.step(acd.ContactEnded(at_ms=floor.now_ms, call=call, agent=agent))

    def _check_phones(self) -> None:
        floor = self._floor
        if not floor.homes.complete:
            return  # a switch that was not heard yet may reach them
        for endpoint, agent in floor.centre.agent_of.items():
            if floor.centre.agent(agent) is None:
                continue
            floor.effects.changed_agents.add(agent)
            news = acd.PhoneFound if floor.reachable.get(endpoint) else acd.PhoneLost
            self._queueing.step(news(at_ms=floor.now_ms, agent=agent))


def sound_told(call: Conversation, legs: Mapping[LegId, LegView]) -> Sound:
    """What the switch holds of this call's legs now; its conferences are told anew, so their cells differ."""
    mine = [leg for leg in (call.leg, *(party.leg for party in call.parties)) if leg in legs]
    mixes: dict[ConferenceId, tuple[Hears, ...]] = {}
    pairs: set[frozenset[LegId]] = set()
    for leg in mine:
        view = legs[leg]
        if view.bridged_with is not None:
            pairs.add(frozenset((leg, view.bridged_with)))
        if view.conference is not None:
            cell = Hears(listener=leg, speaker=leg, gain=0.0)
            mixes[view.conference] = (*mixes.get(view.conference, ()), cell)
    together = {leg for pair in pairs for leg in pair}
    believed = call.sound
    return Sound(
        pairs=frozenset(pairs),
        mixes=mixes,
        music=believed.music - together,
        ringback=believed.ringback - together,
    )
