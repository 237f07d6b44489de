"""Placing a callback: the agent first, then the caller, so that nobody is called to hear silence.

The call in which it is placed has the phase `PLACING` from the first offer until the two talk; from then on
it is a conversation like any other.
"""

from __future__ import annotations

from typing import Any, Final, Literal, Protocol

from huawu.acd import events as acd
from huawu.acd.events import AgentId, CallId, QueueId
from huawu.calls.callbacks import Callback, State, Trigger
from huawu.calls.conversation import Conversation, PartyLeg, Phase
from huawu.calls.floor import Floor
from huawu.calls.outcomes import could_answer, of_outgoing
from huawu.calls.outside import Outside
from huawu.calls.owed import Owed
from huawu.calls.queueing import Queueing
from huawu.config.plan import ToAgent, ToOutside
from huawu.link.messages import HangUp, LegAnswered, LegEnded, LegId, Originate, Play, PlayId, Silence, Tone

RING_MS: Final = 45_000
RINGBACK: Final = (Tone(hertz=(450.0,), length_ms=1_000), Silence(length_ms=4_000))
"""What the agent hears while the caller's phone rings (GB/T 3380)."""

Ended = Literal["agent", "centre"]
AGENT_HUNG_UP: Final = "agent_hung_up"

MOST_PAUSE_MS: Final = 3_600_000
"""A callback that the line does not carry is tried at least so often, or as often as its queue pauses."""


class Talk(Protocol):
    """Brings caller and agent together; satisfied by `Talking`."""

    def party_answered(self, party: PartyLeg, event: LegAnswered) -> None: ...


class Placing:
    """From the offer of a callback to the conversation, or to its failure."""

    talk: Talk

    def __init__(self, floor: Floor, queueing: Queueing, owed: Owed, way_out: Outside) -> None:
        self._floor = floor
        self._way_out = way_out
        self._queueing = queueing
        self._owed = owed
        self._codecs: dict[CallId, str] = {}  # of the agents who wait for the caller

    def open(self, call_id: CallId) -> Conversation:
        """The call of a callback that is offered for the first time."""
        floor, callback = self._floor, self._owed.of_call(call_id)
        if callback is None:
            raise KeyError(call_id)
        call = Conversation(
            call=call_id,
            leg=LegId(f"{call_id}.c"),
            caller=callback.number,
            caller_name=callback.caller_name,
            number=callback.own_number,
            language=callback.language,
            began_ms=floor.now_ms,
            switch=floor.homes.healthy(floor.calls.values()),
            phase=Phase.PLACING,
            placed=True,
            queue=QueueId(callback.queue),
            queued_ms=callback.queued_ms,
            priority=callback.priority,
            skills=callback.skills,
            greeted=True,
        )
        floor.calls[call_id] = call
        floor.fact(
            call,
            "offered",
            "centre",
            **({"switch": call.switch} if call.switch else {}),
            direction="out",
            leg=call.leg,
            caller=call.caller,
            caller_name=call.caller_name,
            number=call.number,
            language=call.language,
            queue=callback.queue,
            purpose=callback.kind,
            callback=callback.id,
            origin=callback.origin,
        )
        return call

    def agent_answered(self, call: Conversation, party: PartyLeg, event: LegAnswered) -> None:
        """The agent takes the callback: now the caller is called."""
        callback = self._owed.of_call(call.call)
        if callback is None or callback.state is not State.WAITING or party.agent is None:
            self._floor.do(HangUp(leg=party.leg))
            return
        floor = self._floor
        self._queueing.accepted(party)
        self._codecs[call.call] = event.codec
        callback = self._owed.change(
            callback, Trigger.TAKE, attempts=callback.attempts + 1, agent=party.agent
        )
        floor.fact(
            call,
            "redialled" if callback.kind == "redial" else "callback_placed",
            "agent",
            agent=party.agent,
            leg=party.leg,
            callee=callback.number,
            attempt=callback.attempts,
        )
        if reason := self._call(call, callback.number, party.agent):
            self.failed(call, reason)
            return
        play = PlayId(floor.name(call, "p"))
        floor.do(Play(leg=party.leg, play=play, clips=RINGBACK, repeat=0))

    def _call(self, call: Conversation, number: str, agent: AgentId) -> str:
        """Call the caller's number as if the agent did; why that cannot be (now), "" when it can."""
        floor, place = self._floor, self._owed.way_to(number)
        match place:
            case ToOutside():
                asker = floor.centre.role_of.get(agent, "agent")
                refusal = self._way_out.place(call, call.leg, number, asker, agent, ring_ms=RING_MS)
                if refusal is not None:
                    return "failed" if refusal.why == "no_trunk" else "not_allowed"
            case ToAgent() if (endpoint := floor.centre.endpoint_of.get(place.agent)) is not None:
                floor.do(
                    Originate(leg=call.leg, endpoint=endpoint, caller_number=call.number, ring_ms=RING_MS)
                )
            case _:
                return "not_allowed"
        floor.callers[call.leg] = call.call
        return ""

    def rename(self, call: Conversation, leg: LegId) -> None:
        """The caller is called by the next trunk, as another leg."""
        self._floor.callers.pop(call.leg, None)
        call.leg = leg
        self._floor.callers[leg] = call.call

    def caller_answered(self, call: Conversation, event: LegAnswered) -> None:
        """The two talk: the callback is done."""
        callback, party = self._owed.of_call(call.call), next(iter(call.parties), None)
        if callback is None or party is None:
            self._floor.do(HangUp(leg=event.leg))
            return
        self._owed.change(callback, Trigger.REACH)
        call.answered = True
        self._floor.fact(call, "answered", "caller", codec=event.codec)
        codec = self._codecs.pop(call.call, event.codec)
        self.talk.party_answered(party, LegAnswered(leg=party.leg, codec=codec))

    def leg_ended(self, call: Conversation, event: LegEnded) -> bool:
        """A leg is over before the two talked; False: an offer failed as any other does."""
        callback = self._owed.of_call(call.call)
        party = call.party_at(event.leg)
        if callback is not None and callback.state is State.WAITING and party is not None:
            if party.offered_by_queue is not None:
                return False
            self.miss(callback, event.reason, gone=event.leg)  # rung by wish, and not answered
            return True
        if callback is None or callback.state is not State.PLACING:
            return False
        self.failed(call, event.reason if event.leg == call.leg else _why_agent_left(event), gone=event.leg)
        return True

    def failed(self, call: Conversation, reason: str, *, gone: LegId | None = None) -> None:
        """The caller was not reached: again later, or no more. The leg `gone` is over already.

        An attempt in which the caller could not have answered is none. While the line carries none,
        each waits longer than the one before.
        """
        callback = self._owed.of_call(call.call)
        if callback is None:
            return
        agent, attempt = AgentId(callback.agent), callback.attempts
        tried: dict[str, Any] = {"agent": agent, "callee": callback.number, "reason": reason}
        if callback.kind == "redial":
            self._owed.change(callback, Trigger.MISS, reason=reason)
            self._floor.fact(call, "redial_missed", **tried)
        else:
            terms, counts = self._owed.terms(callback.queue), could_answer(reason)
            broken = callback.broken + 1 if of_outgoing(reason) == "failed" else 0
            now = {
                "reason": reason,
                "agent": "",
                "attempts": attempt if counts else attempt - 1,
                "broken": broken,
            }
            if counts and attempt >= terms.tries:
                self._owed.change(callback, Trigger.GIVE_UP, due_ms=0, **now)
            else:
                tried["due_ms"] = self._floor.now_ms + pause_after(terms.pause_ms, broken)
                self._owed.change(callback, Trigger.MISS_OUT, due_ms=tried["due_ms"], **now)
            self._floor.fact(call, "callback_failed", attempt=attempt, **tried)
        self.close(call.call, reason, gone=gone, by="agent" if reason == AGENT_HUNG_UP else "centre")

    def miss(self, callback: Callback, reason: str, *, gone: LegId | None = None) -> None:
        """Nobody was called: the agent declined, did not answer, or could not."""
        call = self._floor.calls.get(CallId(callback.call)) or self.open(CallId(callback.call))
        self._floor.fact(call, "redial_missed", agent=callback.agent, reason=reason)
        self._owed.change(callback, Trigger.MISS, reason=reason)
        self.close(call.call, reason, gone=gone)

    def close(self, call_id: CallId, reason: str, *, gone: LegId | None = None, by: Ended = "centre") -> None:
        """End the call in which it was to be placed, if one was begun and the two do not talk."""
        floor = self._floor
        call = floor.calls.get(call_id)
        self._codecs.pop(call_id, None)
        if call is None or call.phase is not Phase.PLACING:
            return
        if floor.callers.pop(call.leg, None) is not None and call.leg != gone:
            floor.do(HangUp(leg=call.leg, reason="cancelled"))
        floor.fact(call, "ended", by, by=by, reason=reason, detail="")
        call.phase = Phase.ENDED
        for party in list(call.parties):
            floor.part(call, party)
            if party.leg != gone:
                floor.do(HangUp(leg=party.leg))
            if party.agent is not None:
                ended = acd.ContactEnded(at_ms=floor.now_ms, call=call.call, agent=party.agent, talked=False)
                self._queueing.step(ended)
        floor.forget_when_over(call)


def pause_after(pause_ms: int, broken: int) -> int:
    """How long a callback waits after so many attempts in a row that the line did not carry.

    Doubled each time, so that a dead trunk does not take one agent after the other at every pause.
    """
    return max(pause_ms, min(pause_ms << max(0, min(broken, 16) - 1), MOST_PAUSE_MS))


def _why_agent_left(event: LegEnded) -> str:
    """The agent is gone while the caller's phone rang: by hanging up, or with the line."""
    return AGENT_HUNG_UP if event.by == "peer" and event.reason == "normal" else "agent_left"
