"""Callers who gave up in a queue today, and what became of them; pure: fed with records and callbacks.

Of one number only the newest lost call stands, with how often it was lost. That somebody called again and
was served, or was called back, is found in the records as they are written. See `ban.follow-up` of the
service book: no caller's wish is left without follow-up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from huawu.calls.callbacks import Callback, State
from huawu.calls.monitor.views import LostCall, LostState
from huawu.calls.record import CallRecord

KEPT_MS: Final = 30 * 60_000
"""Those that are dealt with are shown so long."""
MOST: Final = 300
OWED: Final = frozenset({"open", "asked"})
NEVER_REACHED: Final = frozenset({State.GIVEN_UP, State.EXPIRED})
_OF_CALLBACK: Final = ("callback", "by", "by_name", "note", "attempts", "due_ms")
_INDEXED: Final = 7
"""Numbers are looked for by so many last digits, then compared whole."""


class LostCaller(msgspec.Struct, frozen=True, kw_only=True):
    """A lost call, and what a callback to it needs to know."""

    view: LostCall
    caller_name: str = ""
    language: str = "zh"
    queued_ms: int = 0


class UnknownLostCall(Exception):
    def __init__(self, call: str) -> None:
        self.why = {"code": "lost_gone"}
        super().__init__(f"There is no lost call {call[:64]!r} of today that is still listed.")


class DealtWith(Exception):
    """Somebody was first, or the caller came again."""

    def __init__(self, lost: LostCall) -> None:
        self.why = {"code": f"lost_{lost.state}", "by": lost.by}
        whose = f" by {lost.by_name or lost.by}" if lost.by else ""
        words = {
            "asked": "A callback to this caller is owed already",
            "called_back": "This caller was called back",
            "came_again": "This caller called again and was served",
            "set_aside": "This lost call was set aside",
        }
        super().__init__(f"{words.get(lost.state, 'It is open')}{whose}. Look at the list again.")


class LostCallers:
    """The list of one day. `changed` gathers what is different: a view, or None where one is gone."""

    def __init__(self) -> None:
        self.changed: dict[str, LostCall | None] = {}
        self._lost: dict[str, LostCaller] = {}  # by call, oldest first
        self._by_number: dict[str, list[str]] = {}
        self._times: dict[str, int] = {}  # by number
        self._by_callback: dict[str, str] = {}

    def __iter__(self) -> Iterator[LostCall]:
        return iter([lost.view for lost in self._lost.values()])

    def get(self, call: str) -> LostCaller:
        """Raises `UnknownLostCall`."""
        found = self._lost.get(call)
        if found is None:
            raise UnknownLostCall(call)
        return found

    def of_number(self, number: str) -> LostCaller | None:
        """The lost call of this number, however it is written."""
        digits = digits_of(number)
        for call in self._by_number.get(digits[-_INDEXED:], ()) if digits else ():
            if same_number(digits, digits_of(self._lost[call].view.caller)):
                return self._lost[call]
        return None

    # ── What the records tell ─────────────────────────────────────────────────────────────────────

    def told(self, record: CallRecord) -> None:
        """A call's record as it was written now, whether anything about it is news or not."""
        if record.bridged_ms is not None:
            if self._lost:
                self._reached(record, record.bridged_ms)
        elif record.outcome == "abandoned" and record.queued_ms is not None and record.id not in self._lost:
            self._gave_up(record)

    def _gave_up(self, record: CallRecord) -> None:
        before = self.of_number(record.caller)
        digits = digits_of(record.caller)
        times = self._times.get(digits, 0) + 1 if digits else 1
        if digits:
            self._times[digits] = times
        view = LostCall(
            call=record.id,
            queue=record.queue,
            caller=record.caller,
            number=record.number,
            lost_ms=record.ended_ms or record.began_ms,
            waited_ms=record.waited_ms or 0,
            times=times,
        )
        if before is not None and before.view.state == "asked":
            kept = {name: getattr(before.view, name) for name in _OF_CALLBACK}
            view = msgspec.structs.replace(view, state="asked", **kept)
        queued_ms = record.queued_ms if record.queued_ms is not None else record.began_ms
        self._enter(view, record.caller_name, record.language, queued_ms)

    def _never_reached(self, callback: Callback) -> None:
        """Who left to be called back was not: nobody will, unless somebody here sees to it."""
        theirs = bool(callback.caller) and callback.number.endswith(callback.caller)
        caller = callback.caller if theirs else callback.number
        before = self.of_number(caller)
        if before is not None and before.view.state in OWED:
            return  # listed already
        view = LostCall(
            call=callback.origin,
            queue=callback.queue,
            caller=caller,
            number=callback.own_number,
            lost_ms=callback.ended_ms or 0,
            waited_ms=max(0, callback.created_ms - callback.queued_ms),
            times=max(1, self._times.get(digits_of(caller), 0)),
            attempts=callback.attempts,
            note=callback.reason or callback.state.value,
        )
        self._enter(view, callback.caller_name, callback.language, callback.queued_ms)

    def _enter(self, view: LostCall, caller_name: str, language: str, queued_ms: int) -> None:
        """It is the newest of its number."""
        before, digits = self.of_number(view.caller), digits_of(view.caller)
        if before is not None:
            self._forget(before.view.call)
        if view.callback:
            self._by_callback[view.callback] = view.call
        self._by_number.setdefault(digits[-_INDEXED:], []).append(view.call)
        self._put(
            LostCaller(view=view, caller_name=caller_name, language=language or "zh", queued_ms=queued_ms)
        )
        while len(self._lost) > MOST:
            self._forget(next(iter(self._lost)))

    def _reached(self, record: CallRecord, at_ms: int) -> None:
        """Two talk: was one of them lost before?"""
        for number, state in _who_talks(record):
            lost = self.of_number(number)
            if lost is not None and lost.view.state in OWED and lost.view.lost_ms <= at_ms:
                self._change(lost.view.call, state=state, dealt_ms=at_ms, dealt_call=record.id)

    def callback(self, callback: Callback) -> None:
        """A callback stands otherwise: was it for one of these?"""
        call = self._by_callback.get(callback.id, callback.origin)
        lost = self._lost.get(call)
        if lost is None and callback.state in NEVER_REACHED and callback.kind == "callback":
            self._never_reached(callback)
        if lost is None or lost.view.state not in OWED:
            return
        due_ms = callback.due_ms if callback.state is State.PAUSED else None
        tried: dict[str, Any] = {"attempts": callback.attempts, "due_ms": due_ms, "note": callback.reason}
        at_ms = callback.ended_ms or 0
        match callback.state:
            case State.DONE:
                self._change(call, state="called_back", dealt_ms=at_ms, dealt_call=callback.call)
            case State.GIVEN_UP | State.EXPIRED | State.CANCELLED | State.MISSED:
                tried["note"] = callback.reason or callback.state.value
                self._change(call, state="open", callback="", **tried)
            case State.CALLED_AGAIN:
                self._change(call, state="open", callback="")  # until they are served
            case _:
                self._by_callback[callback.id] = call
                self._change(call, state="asked", callback=callback.id, **tried)

    # ── What people do ────────────────────────────────────────────────────────────────────────────

    def check_open(self, call: str) -> LostCaller:
        """Raises `UnknownLostCall`, or `DealtWith`."""
        lost = self.get(call)
        if lost.view.state != "open":
            raise DealtWith(lost.view)
        return lost

    def asked(self, call: str, callback: str, by: str, by_name: str) -> LostCall:
        """Somebody has the caller called back."""
        self._by_callback[callback] = call
        before = self.get(call).view
        again = {} if before.callback == callback else {"note": "", "attempts": 0, "due_ms": None}
        return self._change(call, state="asked", callback=callback, by=by, by_name=by_name, **again)

    def set_aside(self, call: str, note: str, by: str, by_name: str, at_ms: int) -> LostCall:
        """Nothing is to be done about it, and why."""
        return self._change(call, state="set_aside", note=note, by=by, by_name=by_name, dealt_ms=at_ms)

    def learn(self, call: str, **fields: Any) -> None:
        """What is found out beside: the place of the number, whether it can be called."""
        if call in self._lost:
            self._change(call, **fields)

    # ── Time ──────────────────────────────────────────────────────────────────────────────────────

    def tidy(self, at_ms: int) -> None:
        """What was dealt with a while ago is gone."""
        for lost in list(self._lost.values()):
            dealt_ms = lost.view.dealt_ms
            if dealt_ms is not None and lost.view.state not in OWED and at_ms - dealt_ms >= KEPT_MS:
                self._forget(lost.view.call)

    def begin_day(self) -> None:
        """A new day: the list is empty."""
        for call in list(self._lost):
            self._forget(call)
        self._times.clear()

    def _change(self, call: str, **fields: Any) -> LostCall:
        lost = self._lost[call]
        view = msgspec.structs.replace(lost.view, **fields)
        if view != lost.view:
            self._put(msgspec.structs.replace(lost, view=view))
        return view

    def _put(self, lost: LostCaller) -> None:
        self._lost[lost.view.call] = lost
        self.changed[lost.view.call] = lost.view

    def _forget(self, call: str) -> None:
        lost = self._lost.pop(call)
        self.changed[call] = None
        self._by_callback.pop(lost.view.callback, None)
        index = digits_of(lost.view.caller)[-_INDEXED:]
        calls = self._by_number[index]
        calls.remove(call)
        if not calls:
            del self._by_number[index]


def _who_talks(record: CallRecord) -> tuple[tuple[str, LostState], ...]:
    """The numbers in a conversation, and what it means for them to be in it."""
    if record.direction == "out":  # the centre called the customer, or somebody here dialled
        return ((record.caller if record.queue else record.number, "called_back"),)
    return ((record.caller, "came_again"), (record.number, "called_back"))


def digits_of(number: str) -> str:
    """What is left of a number to compare it by; "" = nobody's."""
    digits = "".join(filter(str.isdigit, number)).lstrip("0")
    return digits if len(digits) >= 3 else ""


def same_number(one: str, other: str) -> bool:
    """Whether two numbers, as `digits_of` gives them, mean the same line: an access code may stand before."""
    short, long = sorted((one, other), key=len)
    return short == long or (len(short) >= _INDEXED and long.endswith(short))
