"""What callers in line are asked who would rather be called back: a key, perhaps a number, and they agree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from huawu.acd.events import CallId
from huawu.calls.callbacks import Callback, CallbackId, State
from huawu.calls.conversation import Conversation, Phase
from huawu.calls.floor import Floor
from huawu.calls.owed import Owed
from huawu.calls.queueing import Queueing
from huawu.link.messages import Collect, CollectId, DigitsCollected, Music

TRIES_OF_A_NUMBER: Final = 2


class CallbackOffer:
    """From the offer in line to a callback that is agreed."""

    def __init__(self, floor: Floor, queueing: Queueing, owed: Owed) -> None:
        self._floor = floor
        self._queueing = queueing
        self._owed = owed
        self._asking: dict[CallId, int] = {}  # callers who say their number: how often they were asked

    def wait_for_key(self, call: Conversation, prompts: Iterable[str]) -> bool:
        """Let the caller wait to music with the choice to be called back; False: there is none."""
        if call.queue is None or not self._may_be_called(call):
            return False
        floor = self._floor
        call.play = None
        call.collect = CollectId(floor.name(call, "w"))
        clips = floor.clips((*prompts, "callback-offer"), call.language)
        prompt = (*clips, Music(path=floor.hold_music))  # has no end: waits for a key as long as it takes
        floor.do(Collect(leg=call.leg, collect=call.collect, prompt=prompt, end_key=""))
        return True

    def is_asking(self, call: Conversation) -> bool:
        """The caller is saying the number: no announcement now."""
        return call.call in self._asking

    def caller_gone(self, call: Conversation) -> None:
        """The caller's line is over: nothing is asked any more."""
        self._asking.pop(call.call, None)

    def collected(self, call: Conversation, event: DigitsCollected) -> bool:
        """Keys of a caller in line; False: they are not for this."""
        if not event.collect.rpartition(".")[2].startswith("w"):
            return False
        asked = self._asking.pop(call.call, None)
        if event.collect != call.collect:
            return True
        call.collect = None
        if call.phase is not Phase.WAITING or call.queue is None:
            return True
        terms = self._owed.terms(call.queue)
        own = self._owed.number_of(call.caller, call.queue)
        if asked is not None:
            self._number_keyed(call, event.digits, asked, own)
        elif event.digits != terms.key or call.ringing is not None:
            self._queueing.wait_on(call)  # another key, or an agent's phone rings already
        elif terms.other_number:
            self._ask_number(call, 1, "callback-number")
        else:
            self._agree(call, own)
        return True

    def _may_be_called(self, call: Conversation) -> bool:
        queue = self._floor.centre.configuration.queues.get(call.queue or "")
        if queue is None or queue.callback is None:
            return False
        return queue.callback.other_number or bool(self._owed.number_of(call.caller, call.queue or ""))

    def _ask_number(self, call: Conversation, times: int, prompt: str) -> None:
        floor = self._floor
        self._asking[call.call] = times
        call.collect = CollectId(floor.name(call, "w"))
        clips = floor.clips((prompt,), call.language)
        floor.do(Collect(leg=call.leg, collect=call.collect, prompt=clips, max_digits=20, first_ms=6_000))

    def _number_keyed(self, call: Conversation, digits: str, asked: int, own: str) -> None:
        """No key confirms the number the caller calls from."""
        allowed = self._owed.terms(call.queue or "").allowed
        if not digits and own:
            self._agree(call, own)
        elif digits and digits.startswith(allowed) and self._owed.number_of(digits, call.queue or ""):
            self._agree(call, self._owed.number_of(digits, call.queue or ""))
        elif asked < TRIES_OF_A_NUMBER:
            self._ask_number(call, asked + 1, "callback-not-allowed")
        else:
            self._queueing.wait_on(call)

    def _agree(self, call: Conversation, number: str) -> None:
        floor, queue = self._floor, call.queue
        assert queue is not None
        expires_ms = floor.now_ms + self._owed.terms(queue).expires_ms
        callback = self._owed.open(
            Callback(
                id=CallbackId(floor.token()),
                kind="callback",
                state=State.AGREED,
                queue=queue,
                number=number,
                created_ms=floor.now_ms,
                queued_ms=floor.now_ms if call.queued_ms is None else call.queued_ms,
                expires_ms=expires_ms,
                origin=call.call,
                caller=call.caller,
                caller_name=call.caller_name,
                own_number=call.number,
                language=call.language,
                priority=call.priority,
                skills=call.skills,
            )
        )
        self._owed.set_timer(callback)
        floor.fact(call, "callback_agreed", "caller", callback=callback.id, queue=queue, callee=number)
        self._queueing.leave(call, agreed=True)
        self._queueing.leader.say_and_end(call, ("callback-agreed", "goodbye"), "normal")
