"""Calls the centre owes: a caller who hung up and keeps the place, a dropped call that its agent takes up.

One table says what may happen to them. Kept in the database (`callback_rows.py`) with the facts they came
from, so that each is placed once, whatever dies.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal, NewType

import msgspec

CallbackId = NewType("CallbackId", str)
CallbackKind = Literal["callback", "redial"]


class State(StrEnum):
    """Where a callback stands. From `done` on it is over."""

    AGREED = "agreed"  # the caller is still on the line
    WAITING = "waiting"  # in line, or being offered to an agent
    PLACING = "placing"  # an agent took it, and the number is being called
    PAUSED = "paused"  # not reached, or out of hours: in line again at `due_ms`
    DONE = "done"  # caller and agent talked
    GIVEN_UP = "given_up"  # not reached as often as is to be tried
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    CALLED_AGAIN = "called_again"  # the caller called, and took the place over
    MISSED = "missed"  # a redial that the agent did not or could not make


class Trigger(StrEnum):
    """What may happen to a callback."""

    LINE_UP = "line_up"
    RESERVE = "reserve"  # an agent asks for it: it is theirs next
    TAKE = "take"  # by an agent, who is on the line
    REACH = "reach"
    MISS_OUT = "miss_out"  # busy, no answer, the agent hung up: again later
    GIVE_UP = "give_up"
    PUT_OFF = "put_off"  # not now: out of hours
    GO_BACK = "go_back"  # nobody was called yet: the centre or the switch died
    EXPIRE = "expire"
    CANCEL = "cancel"
    CALL_AGAIN = "call_again"
    MISS = "miss"


TRANSITIONS: Final[dict[tuple[State, Trigger], State]] = {
    (State.AGREED, Trigger.LINE_UP): State.WAITING,
    (State.AGREED, Trigger.PUT_OFF): State.PAUSED,
    (State.WAITING, Trigger.RESERVE): State.WAITING,
    (State.WAITING, Trigger.TAKE): State.PLACING,
    (State.WAITING, Trigger.PUT_OFF): State.PAUSED,
    (State.WAITING, Trigger.GO_BACK): State.WAITING,
    (State.WAITING, Trigger.MISS): State.MISSED,
    (State.PLACING, Trigger.REACH): State.DONE,
    (State.PLACING, Trigger.MISS_OUT): State.PAUSED,
    (State.PLACING, Trigger.GIVE_UP): State.GIVEN_UP,
    (State.PLACING, Trigger.GO_BACK): State.WAITING,
    (State.PLACING, Trigger.MISS): State.MISSED,
    (State.PAUSED, Trigger.LINE_UP): State.WAITING,
    (State.PAUSED, Trigger.RESERVE): State.WAITING,
    (State.PAUSED, Trigger.PUT_OFF): State.PAUSED,
    **{(state, Trigger.EXPIRE): State.EXPIRED for state in (State.AGREED, State.WAITING, State.PAUSED)},
    **{
        (state, trigger): after
        for state in (State.AGREED, State.WAITING, State.PLACING, State.PAUSED)
        for trigger, after in ((Trigger.CANCEL, State.CANCELLED), (Trigger.CALL_AGAIN, State.CALLED_AGAIN))
    },
}

OPEN: Final = frozenset({State.AGREED, State.WAITING, State.PLACING, State.PAUSED})


class NotAllowed(Exception):
    """The callback's state does not allow it."""

    def __init__(self, callback: str, state: State, trigger: Trigger) -> None:
        super().__init__(f"callback {callback} cannot {trigger.replace('_', ' ')} while {state}")


class UnknownCallback(Exception):
    """There is no such callback under way."""

    def __init__(self, callback: str) -> None:
        super().__init__(
            f"The callback {callback[:64]!r} is not owed (any more). It may have been made already."
        )


class Callback(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call that is owed. `call` is the call in which it is placed next, or was placed last."""

    id: CallbackId
    kind: CallbackKind
    state: State
    queue: str
    number: str  # as the number plan takes it
    created_ms: int
    queued_ms: int  # where the caller's wait began: the place in line
    expires_ms: int
    origin: str  # the call it came from
    caller: str = ""  # the number the caller called from
    caller_name: str = ""
    own_number: str = ""  # the centre's number that was called: shown to the caller
    language: str = "zh"
    priority: int = 0
    skills: dict[str, int] = {}
    agent: str = ""  # who takes a redial; of a callback that waits who asked for it, later who talked
    call: str = ""
    attempts: int = 0
    broken: int = 0  # attempts in a row that the line did not carry: none of `attempts`
    due_ms: int = 0  # of a paused one: when it lines up again
    ended_ms: int | None = None
    reason: str = ""  # why it was not reached last, or how it ended

    @property
    def open(self) -> bool:
        """Whether it is still owed."""
        return self.state in OPEN


def step(callback: Callback, trigger: Trigger, at_ms: int, **changes: object) -> Callback:
    """The callback after something happened to it. Raises `NotAllowed`."""
    after = TRANSITIONS.get((callback.state, trigger))
    if after is None:
        raise NotAllowed(callback.id, callback.state, trigger)
    if after not in OPEN:
        changes["ended_ms"] = at_ms
    return msgspec.structs.replace(callback, state=after, **changes)
