"""An agent asks a colleague, a queue or somebody outside while the caller hears music; and conferences.

Consult, swap, back, complete (attended transfer), conference; one more joins, one is let go.
"""

from __future__ import annotations

from huawu.calls.conversation import (
    Agent,
    Consult,
    Conversation,
    Dialler,
    PartyLeg,
    Phase,
    Purpose,
    Role,
    Transfer,
)
from huawu.calls.errors import NoSuchPlace, NotPossible
from huawu.calls.floor import Floor
from huawu.calls.passing_on import PassingOn
from huawu.calls.queueing import OverflowCause, Queueing
from huawu.calls.reaching import Reaching, place_told
from huawu.calls.seating import Seating
from huawu.calls.sound import At
from huawu.config.plan import Destination, ToAgent, ToOutside, ToQueue
from huawu.link.messages import Reason

MOST_PARTIES = 10
"""A conversation has at most this many parties besides the caller."""


class Consulting:
    """Private talks and conferences within a call."""

    def __init__(
        self, floor: Floor, queueing: Queueing, reaching: Reaching, seating: Seating, passing_on: PassingOn
    ) -> None:
        self._floor = floor
        self._queueing = queueing
        self._reaching = reaching
        self._seating = seating
        self._passing_on = passing_on

    # ── What agents ask for ───────────────────────────────────────────────────────────────────────

    def consult(self, call: Conversation, agent: Agent, place: Destination, *, by: str) -> None:
        """Put the caller on hold, unless others talk with it, and call somebody for the agent."""
        if call.phase is not Phase.TALKING or agent.at is not At.ROOM:
            raise NotPossible("nobody_talks")
        if call.consult is not None:
            raise NotPossible("consulting")
        self._may_come(call, place, str(agent.agent))
        self._floor.fact(call, "consult", "agent", by=by, **place_told(place))
        agent.at = At.ASIDE
        call.consult = Consult(by=agent)
        self._seating.wait(call)
        self._seating.arrange(call)
        if isinstance(place, ToQueue):
            call.consult.queue = place.queue
            self._queueing.ask(call, place.queue)
        else:
            assert isinstance(place, ToAgent | ToOutside)
            call.consult.party = self._reaching.also(
                call, place, Role.CONSULTED, Purpose.CONSULT, asks=str(agent.agent), by=by
            )
            if call.consult.party is None:
                self._return(call, "forbidden")

    def swap(self, call: Conversation, *, by: str) -> None:
        """The agent talks with the other one now: with the caller, or with who is consulted."""
        consult, party = self._consulted(call)
        if consult.by.at is At.ASIDE:
            party.at = At.HOLD
            self._seating.to_room(call, consult.by)
            now_with = "caller"
        else:
            consult.by.at = party.at = At.ASIDE
            self._seating.wait(call)
            now_with = "consulted"
        self._floor.fact(call, "swapped", "agent", by=by, **{"with": now_with})
        self._seating.arrange(call)

    def back(self, call: Conversation, *, by: str) -> None:
        """Let go who is consulted, or is being called for it, and talk with the caller again."""
        consult = self._consult(call)
        self._end(call, "normal", by=by)
        if consult.party is not None and consult.party in call.parties:
            self._seating.dismiss(call, consult.party)
        elif consult.queue is not None:
            self._queueing.leave(call)
        self._seating.to_room(call, consult.by)
        self._seating.arrange(call)

    def complete(self, call: Conversation, *, by: str) -> None:
        """Leave caller and consulted together (attended transfer); who still rings is waited for."""
        consult = self._consult(call)
        if isinstance(consult.by, Dialler):
            if not self._passing_on.complete(call, by=by):
                self._passing_on.end(call)
            return
        party = consult.party
        target = party.whom if party is not None else {"queue": str(consult.queue)}
        of = str(consult.by.agent)
        self._floor.fact(call, "transfer", "agent", **target, by=by, of=of, how="attended")
        self._seating.release(call, consult.by)
        self._hand_over(call, consult)

    def confer(self, call: Conversation, *, by: str) -> None:
        """Bring all together: caller, agent and consulted."""
        consult, party = self._consulted(call)
        call.consult = None
        party.role = Role.OUTSIDE if party.agent is None else Role.AGENT
        self._floor.fact(call, "conference", "agent", by=by, **party.whom)
        self._seating.to_room(call, consult.by, party)
        self._seating.arrange(call)

    def add(self, call: Conversation, agent: Agent, place: Destination, *, by: str) -> None:
        """Call one more to the conversation."""
        if call.phase is not Phase.TALKING:
            raise NotPossible("nobody_talks")
        if isinstance(place, ToQueue):
            raise NotPossible("no_queue_here")
        asks = str(agent.agent)
        self._may_come(call, place, asks)
        assert isinstance(place, ToAgent | ToOutside)
        self._reaching.also(call, place, Role.AGENT, Purpose.JOIN, asks=asks, by=by)

    def remove(self, call: Conversation, party: PartyLeg, *, by: str) -> None:
        """Let one go from the conversation; of the last one with the caller that is not possible."""
        if call.consult is not None and party in (call.consult.by, call.consult.party):
            raise NotPossible("consulting")
        if call.talkers == [party]:
            raise NotPossible("last_talker")
        led = party is call.lead
        self._seating.release(call, party)
        if led and call.talkers:
            self._seating.note_leading(call, call.talkers[0])
        self._seating.arrange(call)

    # ── What becomes of those called ──────────────────────────────────────────────────────────────

    def answered(self, call: Conversation, party: PartyLeg) -> None:
        """Who was called picked up: a private talk begins, or one more joins."""
        if party.purpose is Purpose.JOIN:
            self._joined(call, party)
        elif call.consult is None or call.consult.party is not party:
            self._seating.release(call, party)
        else:
            party.at = At.ASIDE
            self._floor.fact(call, "consult_answered", "agent", **party.whom)
            self._seating.arrange(call)
        if party.offered_by_queue is not None:
            self._queueing.accepted(party)

    def _joined(self, call: Conversation, party: PartyLeg) -> None:
        if call.phase is not Phase.TALKING:
            self._seating.release(call, party)
            return
        self._seating.to_room(call, party)
        self._floor.fact(call, "joined", "agent", **party.whom)
        self._seating.arrange(call)

    def failed(self, call: Conversation, party: PartyLeg, reason: Reason) -> None:
        """Who was called does not come; the agent talks with the caller again."""
        if party.offered_by_queue is not None and call.consult is not None:
            self._queueing.offer_failed(call, party, reason)  # the queue looks for another
            return
        self._floor.fact(call, "party_failed", "agent", **party.whom, reason=reason)
        self._floor.part(call, party)
        if party.agent is not None:
            self._queueing.contact_ended(call, party.agent)
        if call.consult is not None and call.consult.party is party:
            self._return(call, reason)

    def nobody_found(self, call: Conversation, why: OverflowCause) -> None:
        """The queue that was asked for a colleague has nobody."""
        self._return(call, "unavailable")

    def consulted_left(self, call: Conversation) -> None:
        """Who was consulted hung up: the agent talks with the caller again."""
        self._return(call, "normal")

    def consulting_agent_left(self, call: Conversation) -> None:
        """The agent hung up in a private talk: that completes the transfer, so the caller is not alone."""
        consult = call.consult
        assert consult is not None
        party = consult.party
        target = party.whom if party is not None else {"queue": str(consult.queue)}
        by = str(consult.by.agent or consult.by.number)
        self._floor.fact(call, "transfer", "agent", **target, by=by, of=by, how="attended")
        self._hand_over(call, consult)

    # ── Within ────────────────────────────────────────────────────────────────────────────────────

    def _hand_over(self, call: Conversation, consult: Consult) -> None:
        """The consulting agent is gone; the caller is for who was consulted."""
        call.consult = None
        party = consult.party
        if party is not None:
            party.role, party.purpose = Role.OUTSIDE if party.agent is None else Role.AGENT, Purpose.TALK
        if party is not None and party.answered:
            self._seating.to_room(call, party)
            self._seating.note_leading(call, party)
        elif call.talkers:  # others talk with the caller: who comes joins them
            self._seating.to_room(call)
            if party is not None and party.offered_by_queue is None:
                party.purpose = Purpose.JOIN
            else:
                self._queueing.leave(call)  # nobody is needed any more, and an offer is withdrawn
            self._seating.note_leading(call, call.talkers[0])
        elif party is not None and party.offered_by_queue is None:
            call.phase = Phase.TRANSFERRING
            queue, skills = call.queue, dict(call.skills)
            call.transfer = Transfer(by=consult.by.agent, queue=queue, skills=skills)
        else:
            call.phase = Phase.WAITING  # in the line where a colleague was looked for
            call.in_line = True
            call.queue = consult.queue
            call.queued_ms = self._floor.now_ms if call.queued_ms is None else call.queued_ms
            self._floor.fact(call, "queued", queue=consult.queue, priority=0, skills={})
        self._seating.arrange(call)

    def _return(self, call: Conversation, reason: Reason) -> None:
        consult = call.consult
        assert consult is not None
        self._end(call, reason, by="centre")
        self._seating.to_room(call, consult.by)
        self._seating.arrange(call)

    def _end(self, call: Conversation, reason: Reason, *, by: str) -> None:
        consult = call.consult
        assert consult is not None
        call.consult = None
        target = consult.party.whom if consult.party is not None else {"queue": str(consult.queue)}
        self._floor.fact(call, "consult_ended", "agent", reason=reason, by=by, **target)

    def _consult(self, call: Conversation) -> Consult:
        if call.consult is None:
            raise NotPossible("nobody_consulted")
        return call.consult

    def _consulted(self, call: Conversation) -> tuple[Consult, PartyLeg]:
        consult = self._consult(call)
        if consult.party is None or not consult.party.answered:
            raise NotPossible("not_answered_yet")
        return consult, consult.party

    def _may_come(self, call: Conversation, place: Destination, asks: str) -> None:
        if not isinstance(place, ToAgent | ToOutside | ToQueue):
            raise NoSuchPlace("agent, queue or number outside to call for this")
        if len(call.parties) >= MOST_PARTIES:
            raise NotPossible("call_full", n=MOST_PARTIES)
        if isinstance(place, ToAgent) and (reason := self._reaching.askable(place.agent)) is not None:
            raise NotPossible("agent_not_free", reason, agent=place.agent)
        if isinstance(place, ToOutside):
            refusal = self._reaching.may_leave(call, place.number, *self._reaching.asker(asks))
            if refusal is not None:
                raise NotPossible("may_not_leave", refusal.reason, detail=refusal.words)
        if isinstance(place, ToQueue) and self._floor.centre.queue(place.queue) is None:
            raise NoSuchPlace(f"queue {place.queue}")
