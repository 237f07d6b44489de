"""Callers who hang up and keep their place, and dropped calls that their agent takes up again.

When a callback stands in line, and what ends it; what is asked of the caller is in `callback_offer.py`, how
it is placed in `placing.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from huawu.acd import events as acd
from huawu.acd.events import AgentId, AgentState, CallId, QueueId, SkillId
from huawu.calls.callback_offer import CallbackOffer
from huawu.calls.callbacks import Callback, CallbackId, State, Trigger, UnknownCallback
from huawu.calls.conversation import Conversation, Phase
from huawu.calls.errors import NotPossible
from huawu.calls.facts import Party
from huawu.calls.floor import Floor
from huawu.calls.owed import Owed
from huawu.calls.placing import Placing
from huawu.calls.queueing import Queueing, TakenOver
from huawu.link.messages import LegEnded, LegId

TAKEN_FOR_MS: Final = 600_000
"""So long a callback waits for the agent who asked for it; then it is everybody's again."""
AT_WORK: Final = frozenset({AgentState.READY, AgentState.RINGING, AgentState.TALKING, AgentState.WRAP_UP})
BROKEN: Final = frozenset({"failed", "media_timeout", "congestion", "shutdown"})
"""Reasons by which the line, not a person, ends a conversation (`ban.dropped` of the service book)."""


class CallingBack:
    """Satisfies `queueing.Promises`."""

    def __init__(self, floor: Floor, queueing: Queueing, owed: Owed, placing: Placing) -> None:
        self._floor = floor
        self._queueing = queueing
        self._owed = owed
        self._placing = placing
        self.offer = CallbackOffer(floor, queueing, owed)

    # ── Callers ───────────────────────────────────────────────────────────────────────────────────

    def wait_for_key(self, call: Conversation, prompts: Iterable[str]) -> bool:
        """Let the caller wait to music with the choice to be called back; False: there is none."""
        return self.offer.wait_for_key(call, prompts)

    def is_asking(self, call: Conversation) -> bool:
        """The caller is saying the number: no announcement now."""
        return self.offer.is_asking(call)

    def caller_gone(self, call: Conversation) -> None:
        """The caller's line is over: who agreed to be called back can be called now."""
        self.offer.caller_gone(call)
        callback = self._owed.of_call(call.call)
        if callback is not None and callback.state is State.AGREED:
            self.line_up(callback)

    def take_over(self, call: Conversation, queue: str) -> TakenOver | None:
        """The caller calls again: what was owed ends, and the place is the new call's."""
        callback = self._owed.of_caller(call.caller, queue) if call.caller else None
        if callback is None or callback.call == call.call:
            return None
        self._end(callback, Trigger.CALL_AGAIN, "called_again")
        if callback.kind == "redial":
            return TakenOver(agent=self._owed.agent_of(callback))
        self._floor.fact(
            call,
            "callback_resumed",
            "caller",
            callback=callback.id,
            queue=queue,
            queued_ms=callback.queued_ms,
        )
        return TakenOver(queued_ms=callback.queued_ms, priority=callback.priority)

    # ── Dropped conversations ─────────────────────────────────────────────────────────────────────

    def leg_ended(self, call: Conversation, event: LegEnded) -> None:
        """A leg of a conversation is over: was it the line?"""
        if event.reason in BROKEN and event.by != "centre":
            self.line_dropped(call, event.reason, event.leg)

    def line_dropped(self, call: Conversation, reason: str, leg: LegId | None = None) -> None:
        """The line, and nobody's wish, ends this conversation: its agent is to call back at once."""
        party = call.talking
        if call.phase is not Phase.TALKING or call.closing is not None or party is None:
            return
        if party.agent is None or leg not in (None, call.leg, party.leg):
            return
        floor, agent = self._floor, party.agent
        by: Party = "agent" if leg == party.leg else "caller" if leg == call.leg else "centre"
        floor.fact(call, "dropped", by, reason=reason, agent=agent)
        queue = self._queue_of(call, agent)
        if queue is None:
            return
        redial_ms = floor.centre.configuration.queues[queue].redial_ms
        number = self._owed.number_of(call.caller, queue)
        if not redial_ms:
            return
        if not number:
            why = "not_allowed" if any(map(str.isdigit, call.caller)) else "no_number"
            floor.fact(call, "redial_missed", agent=agent, reason=why)
            return
        until_ms = floor.now_ms + redial_ms
        callback = self._owed.open(
            Callback(
                id=CallbackId(floor.token()),
                kind="redial",
                state=State.WAITING,
                queue=queue,
                number=number,
                created_ms=floor.now_ms,
                queued_ms=floor.now_ms,
                expires_ms=until_ms,
                origin=call.call,
                caller=call.caller,
                caller_name=call.caller_name,
                own_number=call.number,
                language=call.language,
                agent=agent,
                call=floor.token(),
            )
        )
        floor.fact(call, "redial_offered", agent=agent, redial=callback.call, until_ms=until_ms)
        self._stand(callback)

    def _queue_of(self, call: Conversation, agent: AgentId) -> QueueId | None:
        """The call's queue; of a direct call, the agent's first."""
        profile = self._floor.centre.agent(agent)
        names = (call.queue, *(profile.queues if profile is not None else ()))
        queues = self._floor.centre.configuration.queues
        return next((name for name in names if name is not None and name in queues), None)

    # ── In line ───────────────────────────────────────────────────────────────────────────────────

    def line_up(self, callback: Callback) -> None:
        """Put it in line, or off until it may be placed."""
        now_ms = self._floor.now_ms
        if now_ms >= callback.expires_ms:
            self._end(callback, Trigger.EXPIRE, "expired")
            return
        opens_ms = self._owed.opens_ms(callback)
        if opens_ms > now_ms:
            self._owed.change(callback, Trigger.PUT_OFF, due_ms=opens_ms, reason="closed")
        elif self._owed.way_to(callback.number) is None:  # no agent is to pick up for nothing
            due_ms = now_ms + self._owed.terms(callback.queue).pause_ms
            self._owed.change(callback, Trigger.PUT_OFF, due_ms=due_ms, reason="not_allowed")
        else:
            self._stand(self._owed.change(callback, Trigger.LINE_UP, call=self._floor.token()))

    def _stand(self, callback: Callback) -> None:
        """Its place is that of the caller's wait, in the line or ahead of everybody."""
        now_ms, is_redial, taken = self._floor.now_ms, callback.kind == "redial", bool(callback.agent)
        until_ms = callback.expires_ms if is_redial else min(callback.expires_ms, now_ms + TAKEN_FOR_MS)
        self._owed.in_line.add(callback.id)
        self._queueing.step(
            acd.CallQueued(
                at_ms=self._floor.now_ms,
                call=CallId(callback.call),
                queue=QueueId(callback.queue),
                queued_ms=callback.queued_ms,
                joined_ms=callback.queued_ms,
                priority=callback.priority,
                skills={SkillId(skill): level for skill, level in callback.skills.items()},
                agent=self._owed.agent_of(callback) if taken else None,
                kind="redial" if taken else callback.kind,  # before all others, at this agent alone
                until_ms=until_ms if taken else 0,
            )
        )
        self._floor.effects.changed_queues.add(QueueId(callback.queue))

    def _leave_line(self, callback: Callback) -> None:
        if callback.id in self._owed.in_line:
            self._owed.in_line.discard(callback.id)
            self._queueing.step(acd.CallWithdrawn(at_ms=self._floor.now_ms, call=CallId(callback.call)))
            self._floor.effects.changed_queues.add(QueueId(callback.queue))

    def begin(self, offer: acd.MakeOffer) -> Conversation:
        """The call in which the callback that is offered will be placed."""
        return self._placing.open(offer.call)

    def overflowed(self, overflow: acd.CallOverflowed) -> bool:
        """A callback or redial is no longer in line; False: it is a caller."""
        callback = self._owed.of_call(overflow.call)
        if callback is None or callback.call != overflow.call:
            return False
        self._owed.in_line.discard(callback.id)
        if callback.kind == "redial":
            self._placing.miss(callback, overflow.why)
        elif callback.agent:
            self._give_back(callback, overflow.why)
        else:
            self._end(callback, Trigger.CANCEL, "queue_removed")
        return True

    # ── Asked for by an agent ─────────────────────────────────────────────────────────────────────

    def take(self, callback_id: str, agent: AgentId) -> None:
        """It is this agent's next call. Raises `UnknownCallback` and `NotPossible`; twice is once."""
        callback = self._owed.find(CallbackId(callback_id))
        if callback is None:
            raise UnknownCallback(callback_id)
        if callback.kind == "callback" and callback.agent == agent:
            return
        self._may_take(callback, agent)
        self._leave_line(callback)
        self._placing.close(CallId(callback.call), "callback_taken")
        call = self._floor.token()
        self._stand(self._owed.change(callback, Trigger.RESERVE, call=call, agent=agent, due_ms=0))

    def _may_take(self, callback: Callback, agent: AgentId) -> None:
        """Raises `NotPossible`."""
        floor = self._floor
        profile, rung = floor.centre.agent(agent), self._rung_for(callback)
        if profile is None or agent not in floor.centre.endpoint_of or callback.queue not in profile.queues:
            raise NotPossible("callback_elsewhere", agent=agent)
        if callback.kind == "redial":
            raise NotPossible("callback_of_redial", agent=callback.agent)
        if callback.state is State.AGREED:
            raise NotPossible("callback_on_line")
        if callback.state is State.PLACING:
            raise NotPossible("callback_placing")
        if callback.agent:
            raise NotPossible("callback_taken", agent=callback.agent)
        if rung is not None and rung != agent:
            raise NotPossible("callback_offered", agent=rung)
        if self._owed.opens_ms(callback) > floor.now_ms:
            raise NotPossible("callback_closed")
        if floor.acd.agent_view(agent).state not in AT_WORK:
            raise NotPossible("callback_not_at_work")

    def _rung_for(self, callback: Callback) -> AgentId | None:
        """At whose phone it rings now."""
        call = self._floor.calls.get(CallId(callback.call)) if callback.call else None
        return next((party.agent for party in call.parties), None) if call is not None else None

    def _give_back(self, callback: Callback, reason: str) -> None:
        """Who asked for it did not take it after all: it is everybody's again, at its old place."""
        call = self._floor.token()
        after = self._owed.change(callback, Trigger.GO_BACK, call=call, agent="")
        self._placing.close(CallId(callback.call), reason)
        self._stand(after)

    # ── Ends ──────────────────────────────────────────────────────────────────────────────────────

    def due(self, name: str) -> None:
        """The timer of a callback has run out: its time is over, its pause is, or the hours may be."""
        callback = self._owed.find(CallbackId(name))
        if callback is None:
            return
        if self._floor.now_ms >= callback.expires_ms and callback.state is not State.PLACING:
            self._end(callback, Trigger.EXPIRE, "expired")
        elif callback.state is State.PAUSED:
            self.line_up(callback)
        elif callback.state is State.WAITING and self._owed.opens_ms(callback) > self._floor.now_ms:
            self._leave_line(callback)
            self._placing.close(CallId(callback.call), "closed")
            self._owed.change(
                callback, Trigger.PUT_OFF, due_ms=self._owed.opens_ms(callback), reason="closed"
            )
        else:
            self._owed.set_timer(callback)

    def cancel(self, callback_id: str) -> None:
        """Somebody of the centre says that it need not be made. Raises `UnknownCallback`."""
        callback = self._owed.find(CallbackId(callback_id))
        if callback is None:
            raise UnknownCallback(callback_id)
        self._end(callback, Trigger.CANCEL, "cancelled")

    def _end(self, callback: Callback, trigger: Trigger, reason: str) -> None:
        """It is owed no longer; what is under way for it ends."""
        self._leave_line(callback)
        self._owed.change(callback, trigger, reason=reason)
        self._placing.close(CallId(callback.call), reason)

    # ── After a restart ───────────────────────────────────────────────────────────────────────────

    def take_up(self, owed: Iterable[Callback]) -> None:
        """What an earlier life owed."""
        for callback in owed:
            if callback.open:
                self._owed.add(callback)

    def settle(self, call: Conversation, legs: set[LegId]) -> None:
        """A call in which a callback was being placed, and the switch has these legs."""
        callback = self._owed.of_call(call.call)
        gone = None if call.leg in legs else call.leg  # or never was: the agent was called first
        if callback is None:
            self._placing.close(call.call, "recovered", gone=gone)
            return
        party = next(iter(call.parties), None)
        taken = callback.state is State.PLACING
        if party is not None and party.leg in legs and (not taken or call.leg in legs):
            if taken and party.agent is not None:
                self._queueing.step(
                    acd.ContactBegan(at_ms=self._floor.now_ms, call=call.call, agent=party.agent)
                )
            return  # goes on
        if taken:
            self._placing.failed(call, "switch_lost")
            return
        self._leave_line(callback)
        self._placing.close(call.call, "switch_lost", gone=gone)

    def resume(self) -> None:
        """Whatever is owed and not under way is under way again."""
        floor = self._floor
        for callback in self._owed:
            origin = floor.calls.get(CallId(callback.origin))
            match callback.state:
                case State.AGREED if origin is None or origin.phase is Phase.ENDED:
                    self.line_up(callback)
                case State.WAITING if callback.id not in self._owed.in_line:
                    self._stand_again(callback)
                case State.PLACING if CallId(callback.call) not in floor.calls:
                    self._stand_again(callback)
                case _:
                    self._owed.set_timer(callback)

    def _stand_again(self, callback: Callback) -> None:
        if callback.kind == "redial" and self._floor.now_ms >= callback.expires_ms:
            self._placing.miss(callback, "redial_missed")
        else:
            begun = callback.kind == "callback" and callback.state is State.PLACING
            kept = "" if begun else callback.agent
            call = self._floor.token()
            self._stand(self._owed.change(callback, Trigger.GO_BACK, call=call, agent=kept))
