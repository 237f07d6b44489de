"""A shift leader beside an agent: listens, whispers, barges in, takes over."""

from __future__ import annotations

from typing import Final, Literal

from huawu.accounts.roles import Permission, permissions_of
from huawu.acd.events import AgentId, ContactBegan
from huawu.calls.conversation import Coming, Conversation, PartyLeg, Phase, Purpose, Role
from huawu.calls.effects import Heard
from huawu.calls.errors import NotPossible
from huawu.calls.floor import Floor
from huawu.calls.passing_on import PassingOn
from huawu.calls.queueing import Queueing
from huawu.calls.seating import Seating
from huawu.calls.sound import At, Mode
from huawu.calls.talking import barging, take_the_place
from huawu.link.messages import LegId, Originate, Reason

Way = Literal["listen", "whisper", "barge", "take_over"]
MODES: Final[dict[Way, Mode]] = {
    "listen": "listen",
    "whisper": "whisper",
    "barge": "barge",
    "take_over": "barge",  # until the line stands and the agent is let go
}
RING_MS: Final = 30_000


class Supervising:
    """Leaders in calls. Who may is asked here too: a feature code comes from a phone, past the web."""

    def __init__(self, floor: Floor, queueing: Queueing, seating: Seating, passing_on: PassingOn) -> None:
        self._floor = floor
        self._queueing = queueing
        self._seating = seating
        self._passing_on = passing_on
        self._taking: set[LegId] = set()  # leaders' legs that take over when they stand

    def may(self, leader: str) -> bool:
        """Whether the role of this person allows it."""
        return Permission.SUPERVISE in permissions_of(self._floor.centre.role_of.get(AgentId(leader), ""))

    def supervise(self, call: Conversation, leader: str, way: Way, *, by: str, of: str = "") -> None:
        """Ring the leader's own phone for it, or change what a leader who is there may do."""
        watched = self._watched(call, of)
        present = self._present(call, leader)
        if present is not None and present.answered:
            self._change(call, present, way, by)
            return
        endpoint = self._floor.centre.endpoint_of.get(AgentId(leader))
        if endpoint is None or not self._floor.reachable.get(endpoint):
            raise NotPossible("phone_away", "unavailable", agent=leader)
        if self._in_a_call(AgentId(leader)):
            raise NotPossible("in_a_call", "busy", agent=leader)
        leg = LegId(self._floor.name(call, "s"))
        self.come(call, leg, leader, way, watched, by=by)
        self._floor.do(Originate(leg=leg, endpoint=endpoint, caller_number=call.caller, ring_ms=RING_MS))

    def come(self, call: Conversation, leg: LegId, leader: str, way: Way, watched: LegId, *, by: str) -> None:
        """A leader comes with this leg, rung or dialled by the leader."""
        party = PartyLeg(
            leg=leg,
            call=call.call,
            role=Role.LEADER,
            agent=AgentId(leader),
            purpose=Purpose.SUPERVISE,
            mode=MODES[way],
            beside=watched,
        )
        if way == "take_over":
            self._taking.add(leg)
        self._floor.join(call, party)
        self._floor.fact(call, "party_rung", agent=leader, purpose="supervise", mode=way, by=by)
        began = ContactBegan(at_ms=self._floor.now_ms, call=call.call, agent=AgentId(leader))
        self._queueing.step(began)  # no offer comes meanwhile

    def by_phone(self, leg: LegId, leader: AgentId, way: Way, agent: AgentId) -> Coming:
        """A leader dialled a feature code; "not" = there is nothing to hear, or it is not allowed."""
        call = next((call for call in self._floor.calls.values() if _hears(call, agent)), None)
        if call is None or not self.may(leader) or self._in_a_call(leader):
            return "not"
        if self._floor.apart(call):
            try:
                self.supervise(call, leader, way, by=leader, of=agent)
            except NotPossible:
                return "not"
            return "is_rung"
        self.come(call, leg, leader, way, self._watched(call, agent), by=leader)
        return "joins"

    def stop(self, call: Conversation, leader: str) -> None:
        """The leader leaves."""
        party = self._present(call, leader)
        if party is None:
            raise NotPossible("not_supervising", agent=leader)
        self._taking.discard(party.leg)
        self._seating.release(call, party)
        self._seating.arrange(call)

    # ── What becomes of it ────────────────────────────────────────────────────────────────────────

    def answered(self, call: Conversation, party: PartyLeg) -> None:
        """The leader's line stands."""
        takes = party.leg in self._taking
        self._taking.discard(party.leg)
        if not call.talkers and (call.consult is None or call.phase is not Phase.TALKING):
            self._seating.release(call, party)  # the conversation ended meanwhile
            return
        if party.beside != call.leg and call.party_at(party.beside) is None:
            party.beside = _agents_leg(call) or party.beside
        party.at = At.ROOM
        if takes:
            self._take_over(call, party, by=str(party.agent))
        else:
            self._note(call, party, by=str(party.agent))
            self._seating.arrange(call)

    def failed(self, call: Conversation, party: PartyLeg, reason: Reason) -> None:
        """The leader did not come; the call goes on as it is."""
        self._taking.discard(party.leg)
        self._floor.fact(call, "party_failed", "agent", **party.whom, reason=reason)
        if party.agent is not None:
            self._queueing.contact_ended(call, party.agent)

    def _change(self, call: Conversation, party: PartyLeg, way: Way, by: str) -> None:
        if way == "take_over":
            self._take_over(call, party, by=by)
            return
        party.mode = MODES[way]
        self._note(call, party, by)
        self._seating.arrange(call)

    def _take_over(self, call: Conversation, leader: PartyLeg, *, by: str) -> None:
        """The leader talks with the customer instead of the agent, who is let go."""
        watched = call.party_at(leader.beside)
        of = call.agent_at(leader.beside)
        self._end_consult(call, leader.beside, by=by)
        self._floor.fact(call, "taken_over", "agent", agent=leader.agent, by=by, of=of)
        if leader.beside == call.leg:
            self._passing_on.take_the_line(call, leader)
            return
        take_the_place(leader)
        if watched is not None:
            self._seating.release(call, watched)
        self._seating.to_room(call, leader)
        self._seating.note_leading(call, leader)
        self._seating.arrange(call)

    def _end_consult(self, call: Conversation, watched: LegId | None, *, by: str) -> None:
        """Who is taken over from talks with nobody aside; who asked for it is in the conversation again."""
        consult = call.consult
        if consult is None:
            return
        asked = consult.party.leg if consult.party is not None else None
        if watched not in (consult.by.leg, asked):
            return
        call.consult = None
        whom = consult.party.whom if consult.party is not None else {"queue": str(consult.queue)}
        self._floor.fact(call, "consult_ended", "agent", reason="normal", by=by, **whom)
        if consult.party is None:
            self._queueing.leave(call)
        elif asked != watched:
            self._seating.dismiss(call, consult.party)
        self._seating.to_room(call, consult.by)

    def leader_stays(self, call: Conversation) -> bool:
        """Who dialled leaves: a leader who barged in stays with whom they dialled; False: there is none."""
        leader = barging(call)
        if leader is None or not call.talkers:
            return False
        leader.beside = call.leg
        self._take_over(call, leader, by=str(leader.agent))
        return True

    def _note(self, call: Conversation, party: PartyLeg, by: str) -> None:
        of = call.agent_at(party.beside)
        self._floor.effects.heard.append(
            Heard(call=call.call, by=str(party.agent), mode=party.mode or "", of=of)
        )
        self._floor.fact(call, "supervised", "agent", agent=party.agent, mode=party.mode, by=by, of=of)

    def _watched(self, call: Conversation, of: str) -> LegId:
        """The line of the agent whom it is about."""
        leg = _leg_of(call, AgentId(of)) if of else _agents_leg(call)
        if call.phase is not Phase.TALKING or leg is None:
            raise NotPossible("nobody_talks")
        return leg

    def _in_a_call(self, person: AgentId) -> bool:
        calls = self._floor.calls.values()
        return any(
            call.party_of(person) is not None or call.dialled_by == person
            for call in calls
            if call.phase is not Phase.ENDED
        )

    @staticmethod
    def _present(call: Conversation, leader: str) -> PartyLeg | None:
        parties = (party for party in call.parties if party.role is Role.LEADER)
        return next((party for party in parties if party.agent == leader), None)


def _hears(call: Conversation, agent: AgentId) -> bool:
    return call.phase is Phase.TALKING and _leg_of(call, agent) is not None


def _leg_of(call: Conversation, agent: AgentId) -> LegId | None:
    """By which line this agent talks in the call."""
    found = call.as_agent(agent)
    if isinstance(found, PartyLeg) and not (found.answered and found.staff):
        return None
    return found.leg if found is not None else None


def _agents_leg(call: Conversation) -> LegId | None:
    """The line of the agent whose call it is."""
    serves = call.serving or call.talking
    return serves.leg if serves is not None else None
