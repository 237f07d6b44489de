"""After the centre or the switch died: what is known again, and what is made true.

A centre that returns rebuilds its calls from their timelines, is fed the events it missed, then settles with
the switch's snapshot. A switch that returns knows no legs: every call is ended with the true reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from huawu.acd import events as acd
from huawu.acd.events import AgentId, AgentState, CallId, QueueId
from huawu.acd.snapshot import Snapshot
from huawu.calls.calling_back import CallingBack
from huawu.calls.conversation import Conversation, PartyLeg, Phase, Role
from huawu.calls.facts import Fact
from huawu.calls.floor import Floor
from huawu.calls.flowing import Flowing
from huawu.calls.queueing import Queueing
from huawu.link.messages import Answer, Bridge, EndpointId, HangUp, LegId, RecordingId, TrunkId, Welcome

SWITCH_LOST = "switch_lost"


class Recovering:
    """Brings memory, timeline and switch together again."""

    def __init__(self, floor: Floor, queueing: Queueing, flowing: Flowing, calling_back: CallingBack) -> None:
        self._floor = floor
        self._queueing = queueing
        self._flowing = flowing
        self._calling_back = calling_back
        self._rebuilt: list[Conversation] = []

    def rebuild(self, open_calls: Sequence[Sequence[Fact]], agents: Snapshot | None) -> None:
        """Take up the calls whose timelines have no end, as they stood at their last fact."""
        floor = self._floor
        for facts in open_calls:
            call = conversation_from(facts)
            floor.calls[call.call] = call
            floor.callers[call.leg] = call.call
            for party in call.parties:
                floor.parties[party.leg] = party
            self._rebuilt.append(call)
        if agents is not None:
            self._queueing.perform(floor.acd.restore(agents, floor.now_ms))

    def settle(self, welcome: Welcome) -> None:
        """Make calls, agents and phones agree with what the switch holds."""
        floor = self._floor
        legs = {view.leg: view for view in welcome.legs}
        floor.reachable = {phone.endpoint: phone.contacts for phone in welcome.endpoints}
        rebuilt, self._rebuilt = self._rebuilt, []
        known = {call.call for call in rebuilt}
        for call in list(floor.calls.values()):
            if call.phase is Phase.ENDED:
                self._close(call)
            elif call.phase is Phase.PLACING:
                self._calling_back.settle(call, set(legs))
            elif call.leg not in legs:
                self._lost(call)
            elif call.call in known:
                self._take_up(call, {leg: view.bridged_with for leg, view in legs.items()})
        self._let_go_of_strangers(set(legs))
        self._free_agents()
        self._check_phones()
        self._calling_back.resume()

    # ── One call ──────────────────────────────────────────────────────────────────────────────────

    def _lost(self, call: Conversation) -> None:
        """The caller's line is gone and nobody said how: the switch died under it."""
        floor = self._floor
        floor.callers.pop(call.leg, None)
        if call.phase is Phase.WAITING:
            self._queueing.leave(call)
        self._phones_first(call)
        self._calling_back.line_dropped(call, SWITCH_LOST)
        floor.fact(call, "recovered", what=SWITCH_LOST)
        floor.fact(call, "ended", by="centre", reason=SWITCH_LOST, detail="the switch stopped")
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

    def _close(self, call: Conversation) -> None:
        """Nothing more will be heard of the call's other legs and recording."""
        floor = self._floor
        for party in list(call.parties):
            floor.part(call, party)
            floor.do(HangUp(leg=party.leg))
            if party.agent is not None:
                self._queueing.contact_ended(call, party.agent)
        if call.recording is not None:
            floor.fact(call, "recording_failed", recording=call.recording, detail="the switch stopped")
            call.recording = None
        floor.forget_when_over(call)

    def _take_up(self, call: Conversation, bridges: dict[LegId, LegId | None]) -> None:
        """The centre was away, the caller is still there: go on where the call stood."""
        floor = self._floor
        floor.fact(call, "recovered", what="centre_returned")
        party = call.talking
        if call.phase is Phase.TALKING and party is not None and party.leg in bridges:
            if bridges[call.leg] != party.leg:
                floor.do(Bridge(a=call.leg, b=party.leg))
            self._put_to_talk(call, party)
        elif call.phase is Phase.TALKING:
            floor.do(HangUp(leg=call.leg))
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
        elif not call.leads:  # else it was answered among the missed events, and is on its way
            self._flowing.lead_to(call, call.number)

    def _put_to_talk(self, call: Conversation, party: PartyLeg) -> None:
        """The agents' states put aside may be a moment older than the conversation."""
        agent = party.agent
        if agent is None or self._floor.acd.agent_view(agent).state is AgentState.TALKING:
            return
        self._queueing.step(acd.ContactBegan(at_ms=self._floor.now_ms, call=call.call, agent=agent))

    # ── The rest ──────────────────────────────────────────────────────────────────────────────────

    def _let_go_of_strangers(self, legs: set[LegId]) -> None:
        """Legs that belong to no call (an offer under way when the centre died) are ended."""
        floor = self._floor
        for leg in legs - floor.callers.keys() - floor.parties.keys() - floor.services.keys():
            floor.do(HangUp(leg=leg, reason="cancelled"))

    def _free_agents(self) -> None:
        """Agents who are said to talk in a call that is over are told so."""
        floor = self._floor
        talking = {
            party.agent: call.call
            for call in floor.calls.values()
            for party in call.parties
            if party.agent is not None
        }
        for agent in floor.acd.agents:
            view = floor.acd.agent_view(agent)
            if view.state is AgentState.TALKING and view.call is not None and agent not in talking:
                self._queueing.step(acd.ContactEnded(at_ms=floor.now_ms, call=view.call, agent=agent))

    def _check_phones(self) -> None:
        floor = self._floor
        for endpoint, agent in floor.centre.agent_of.items():
            floor.effects.changed_agents.add(agent)
            if not floor.reachable.get(endpoint):
                self._queueing.step(acd.PhoneLost(at_ms=floor.now_ms, agent=agent))


def conversation_from(facts: Sequence[Fact]) -> Conversation:
    """A call as its timeline tells it; the first fact is `offered`, none is `ended`."""
    first = facts[0]
    call = Conversation(
        call=CallId(first.call),
        leg=LegId(first.fields["leg"]),
        caller=first.fields["caller"],
        caller_name=first.fields.get("caller_name", ""),
        number=first.fields["number"],
        language=first.fields["language"],
        began_ms=first.at_ms,
        endpoint=EndpointId(first.fields["endpoint"]) if "endpoint" in first.fields else None,
        trunk=TrunkId(first.fields["trunk"]) if "trunk" in first.fields else None,
    )
    if "callback" in first.fields:
        call.phase, call.queue, call.greeted = Phase.PLACING, QueueId(first.fields["queue"]), True
    for fact in facts:
        _retell(call, fact)
    call.seq = facts[-1].seq
    call.serial = 1_000 * (1 + call.seq)  # beyond every name the dead centre may have given
    return call


def _retell(call: Conversation, fact: Fact) -> None:
    fields = fact.fields
    match fact.kind:
        case "answered":
            call.answered = True
        case "prompt":
            call.greeted = True
        case "language":
            call.language = fields["language"]
        case "queued":
            call.phase = Phase.WAITING
            call.queued_ms = fact.at_ms if call.queued_ms is None else call.queued_ms
            if call.queue != fields["queue"]:  # else it was put in line again by an earlier restart
                call.joined_ms = fact.at_ms
            call.queue = QueueId(fields["queue"])
            call.priority = fields["priority"]
            call.skills = dict(fields.get("skills", {}))
        case "overflowed" | "step":
            call.phase = Phase.FLOW
        case "callback_resumed":
            call.queued_ms = fields["queued_ms"]
        case "callback_placed" | "redialled":
            agent = AgentId(fields["agent"])
            leg = LegId(fields["leg"])
            rung = PartyLeg(leg=leg, call=call.call, role=Role.AGENT, agent=agent)
            rung.offered_by_queue = call.queue
            call.parties = [rung]
        case "bridged":
            call.phase = Phase.TALKING
            call.agent = AgentId(fields["agent"]) if "agent" in fields else None
            party = PartyLeg(
                leg=LegId(fields["leg"]),
                call=call.call,
                role=Role.OUTSIDE if call.agent is None else Role.AGENT,
                agent=call.agent,
                offered_by_queue=call.queue,
                number=fields.get("number", ""),
                answered=True,
            )
            call.parties = [party]
        case "parted":
            call.parties = []
        case "held":
            call.held_by.add(fact.party)
        case "resumed":
            call.held_by.discard(fact.party)
        case "recording_started":
            call.recording = RecordingId(fields["recording"])
            call.recording_path = fields["path"]
        case "recording_stopped" | "recording_failed":
            call.recording = None
        case _:
            pass
