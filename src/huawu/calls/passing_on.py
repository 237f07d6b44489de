"""Who dialled a call leaves it, and whom they dialled is served on.

A colleague who talks with them takes the line of who dialled: it is the same call (docs/decisions/0055). If
there is none they are sent on. Everything in a call turns round its caller, so whoever is sent on becomes the
caller of a call of their own, and the call in which they were called is over.
"""

from __future__ import annotations

from typing import Protocol

from huawu.acd.events import AgentId, CallId, ContactBegan, QueueId
from huawu.calls.conversation import Conversation, PartyLeg, Phase, Purpose, Role, Transfer
from huawu.calls.floor import Floor
from huawu.calls.holds import end_hold
from huawu.calls.queueing import Queueing
from huawu.calls.seating import Seating
from huawu.calls.sound import SILENCE, At
from huawu.config.plan import ToAgent, ToOutside, ToQueue
from huawu.link.messages import HangUp, Music, Play, PlayId


class Leaders(Protocol):
    """Who barged in stays; satisfied by `Supervising`."""

    def leader_stays(self, call: Conversation) -> bool: ...


class PassingOn:
    """Calls that were dialled, without who dialled them."""

    leaders: Leaders

    def __init__(self, floor: Floor, queueing: Queueing, seating: Seating) -> None:
        self._floor = floor
        self._queueing = queueing
        self._seating = seating

    def leaves(self, call: Conversation) -> bool:
        """Who dialled is going, or gone; False: this call is over, whoever goes on in another."""
        if call.dialled_by is None or call.phase is not Phase.TALKING:
            return False
        if call.dialler_asks:
            return self.complete(call, by=call.dialled_by)
        return self.leaders.leader_stays(call) or (len(call.talkers) > 1 and self._serve_on(call))

    def complete(self, call: Conversation, *, by: str) -> bool:
        """Who dialled leaves whom they dialled and whom they asked together; False: in another call."""
        consult, call.consult = call.consult, None
        assert consult is not None
        asked = consult.party
        target = asked.whom if asked is not None else {"queue": str(consult.queue)}
        self._floor.fact(call, "transfer", "agent", **target, by=by, of=consult.by.agent, how="attended")
        if asked is not None and asked.answered:
            asked.role = Role.OUTSIDE if asked.agent is None else Role.AGENT
            self._seating.to_room(call, asked)
        else:
            self._seating.to_room(call)
        if asked is None or (asked.offered_by_queue is not None and not asked.answered):
            self._queueing.leave(call)  # and an offer is withdrawn
            asked = None
        if len(call.talkers) > 1:
            if asked is not None:
                asked.purpose = Purpose.JOIN  # who still rings joins them
            return self._serve_on(call)
        sender = call.dialled_by
        onward = self.call_of_its_own(call, self._number_of(asked, consult.queue))
        onward.transfer = Transfer(by=sender, queue=None, skills={})
        if asked is not None:
            self.bring(onward, asked, call)
            self.await_party(onward)
        elif consult.queue is not None:
            self._queueing.join(onward, consult.queue, prompts=("transfer",))
        return False

    def _number_of(self, asked: PartyLeg | None, queue: str | None) -> str:
        numbers = self._floor.centre.numbers
        if asked is None:
            return numbers.number_of(ToQueue(queue=QueueId(queue or "")))
        return numbers.number_of(
            ToOutside(number=asked.number) if asked.agent is None else ToAgent(agent=asked.agent)
        )

    def _serve_on(self, call: Conversation) -> bool:
        """Several are there beside who dialled: they talk on."""
        colleagues = [party for party in call.talkers if party.agent is not None]
        colleagues.sort(key=lambda party: party is call.lead)  # rather not who was dialled
        if colleagues:
            of, taker = call.dialled_by, colleagues[0]
            self._floor.fact(call, "taken_over", "agent", agent=taker.agent, by=taker.agent, of=of)
            self.take_the_line(call, taker)
            if call.lead is taker:
                self._seating.note_leading(call, call.talkers[0])
            return True
        others = [party for party in call.parties if party is not call.lead and party.role is not Role.LEADER]
        for party in others:
            party.at = At.AWAY
        onward = self.call_of_its_own(call, self._number_of(others[0], None))
        for party in others:
            self._seating.note_leaving(call, party, "normal", by="centre")
            self.bring(onward, party, call)
        there = [party for party in others if party.answered]
        self._seating.to_room(onward, *there)
        self._seating.note_leading(onward, there[0])
        self._seating.arrange(onward)
        return False

    def take_the_line(self, call: Conversation, party: PartyLeg) -> None:
        """Who dialled is let go, and this agent's line is the one that calls."""
        floor = self._floor
        dialler = call.dialled_by
        end_hold(floor, call, party.leg)
        floor.part(call, party)
        if call.muted:
            floor.fact(call, "unmuted", "agent", agent=dialler)
        call.dialled_by, call.muted = party.agent, party.muted
        if party.agent is not None:
            call.endpoint = floor.centre.endpoint_of.get(party.agent)
        self._seating.replace_caller(call, party.leg)
        if dialler is not None:
            self._queueing.contact_ended(call, dialler)
            if floor.centre.agent(dialler) is not None:
                floor.effects.changed_agents.add(dialler)  # signed out, to the ACD nothing has changed

    def end(self, call: Conversation) -> None:
        """The call of who dialled has served its purpose."""
        if call.phase is Phase.WAITING:
            self._queueing.leave(call)
        call.phase, call.sound, call.closing = Phase.FLOW, SILENCE, "normal"
        call.run = None
        self._floor.do(HangUp(leg=call.leg))

    def bring(self, call: Conversation, party: PartyLeg, out_of: Conversation) -> None:
        """The party's line becomes one of this call."""
        floor = self._floor
        floor.part(out_of, party)
        party.call, party.purpose, party.offered_by_queue = call.call, Purpose.TALK, None
        party.role = Role.OUTSIDE if party.agent is None else Role.AGENT
        floor.join(call, party)
        if party.agent is not None:
            began = ContactBegan(at_ms=floor.now_ms, call=call.call, agent=party.agent)
            self._queueing.step(began)
            self._queueing.contact_ended(out_of, party.agent)

    def await_party(self, call: Conversation) -> None:
        """The caller hears music until the party who is being rung answers."""
        call.phase = Phase.TRANSFERRING
        call.play = PlayId(self._floor.name(call, "p"))
        self._floor.do(Play(leg=call.leg, play=call.play, clips=(Music(path=self._floor.hold_music),)))

    def call_of_its_own(self, call: Conversation, number: str) -> Conversation:
        """Whom the agent called becomes the caller of another call, who wants this number."""
        floor, party = self._floor, call.lead
        assert party is not None
        party.at = call.caller_at = At.AWAY
        self._seating.arrange(call)
        self._seating.note_leaving(call, party, "normal", by=str(call.dialled_by))
        floor.part(call, party)
        phone = floor.centre.endpoint_of.get(party.agent) if party.agent is not None else None
        onward = Conversation(
            call=CallId(floor.token()),
            leg=party.leg,
            caller=party.number or floor.centre.extension(str(party.agent)) or str(party.agent),
            number=number,
            language=floor.centre.language,
            began_ms=floor.now_ms,
            endpoint=phone,
            switch=call.switch,
            answered=True,
        )
        floor.calls[onward.call] = onward
        floor.callers[party.leg] = onward.call
        source = {"endpoint": phone, "switch": call.switch or None}
        floor.fact(
            onward,
            "offered",
            "caller",
            leg=party.leg,
            caller=onward.caller,
            caller_name="",
            number=number,
            language=onward.language,
            origin=call.call,
            **{name: value for name, value in source.items() if value is not None},
        )
        floor.fact(onward, "answered", "caller")
        floor.fact(call, "moved", "centre", into=onward.call, **party.whom)
        if party.agent is not None:
            self._goes_with(call, onward, party.agent)
        return onward

    def _goes_with(self, call: Conversation, onward: Conversation, agent: AgentId) -> None:
        """The agent who was called is busy in the new call, as if in one dialled from their phone."""
        onward.dialled_by = agent
        self._queueing.step(ContactBegan(at_ms=self._floor.now_ms, call=onward.call, agent=agent))
        self._queueing.contact_ended(call, agent)
