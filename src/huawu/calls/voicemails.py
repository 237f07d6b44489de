"""Messages that callers leave for a queue: a task each, taken and done by somebody who serves the queue.

One table says what may happen to them. Written with the facts they came from (`voicemail_rows.py`), so that
each is delivered once, whatever dies; from then on the database alone says who has it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NewType

import msgspec

from huawu.acd.events import AgentId

VoicemailId = NewType("VoicemailId", str)


class State(StrEnum):
    """Where a message stands."""

    RECORDING = "recording"
    NEW = "new"
    TAKEN = "taken"
    DONE = "done"
    DISCARDED = "discarded"  # too short, or begun anew


RESULTS: Final = ("reached", "not_reached", "no_need", "passed_on")
"""The caller was called back; was called and not reached; need not be called; somebody else sees to it."""


class Trigger(StrEnum):
    """What may happen to a message."""

    DELIVER = "deliver"
    DISCARD = "discard"
    TAKE = "take"
    TAKE_OVER = "take_over"  # a leader, from somebody who has it
    GIVE_BACK = "give_back"  # by who has it, or because the time for it is over
    FINISH = "finish"


TRANSITIONS: Final[dict[tuple[State, Trigger], State]] = {
    (State.RECORDING, Trigger.DELIVER): State.NEW,
    (State.RECORDING, Trigger.DISCARD): State.DISCARDED,
    (State.NEW, Trigger.TAKE): State.TAKEN,
    (State.TAKEN, Trigger.TAKE_OVER): State.TAKEN,
    (State.TAKEN, Trigger.GIVE_BACK): State.NEW,
    (State.TAKEN, Trigger.FINISH): State.DONE,
}


class VoicemailNotAllowed(Exception):
    """The message's state, or who has it, does not allow it."""

    def __init__(self, voicemail: str, state: State, by: str = "") -> None:
        if by and state is not State.NEW:
            self.why = {"code": "voicemail_taken", "by": by}
        whose = f" by {by}" if by and state is not State.NEW else ""
        hint = "Take it first." if state is State.NEW else "Look at the list again."
        super().__init__(f"Voicemail {voicemail[:64]!r} is {state}{whose}. {hint}")


class UnknownVoicemail(Exception):
    """There is no such message, or not for this person."""

    def __init__(self, voicemail: str) -> None:
        super().__init__(f"There is no voicemail {voicemail[:64]!r} that you may hear.")


class Voicemail(msgspec.Struct, frozen=True, kw_only=True):
    """One message. Instants are Unix ms; `path` lies below the data folder."""

    id: str
    call: str
    queue: str
    state: State
    created_ms: int
    caller: str = ""
    caller_name: str = ""
    number: str = ""  # the centre's number that was called
    language: str = ""
    recording: str = ""
    path: str = ""
    length_ms: int = 0
    taken_by: str = ""
    taken_ms: int | None = None
    done_by: str = ""
    done_ms: int | None = None
    note: str = ""  # what came of it, in words
    result: str = ""  # what came of it: one of `RESULTS`, or not said
    until_ms: int | None = None  # it was given to `taken_by` as work, until then
    passed: str = ""  # who had it and gave it back, or let the time go by: not given it again

    @property
    def passed_by(self) -> frozenset[AgentId]:
        """Who is not to be given it again."""
        return frozenset(AgentId(agent) for agent in self.passed.split("\n") if agent)


def give_back(voicemail: Voicemail) -> Voicemail:
    """To the queue again, and not to the same person as work. Raises `VoicemailNotAllowed`."""
    passed = "\n".join(sorted(voicemail.passed_by | {voicemail.taken_by}))
    return step(voicemail, Trigger.GIVE_BACK, taken_by="", taken_ms=None, until_ms=None, passed=passed)


def step(voicemail: Voicemail, trigger: Trigger, **changes: object) -> Voicemail:
    """The message after something happened to it. Raises `VoicemailNotAllowed`."""
    after = TRANSITIONS.get((voicemail.state, trigger))
    if after is None:
        raise VoicemailNotAllowed(voicemail.id, voicemail.state, voicemail.done_by or voicemail.taken_by)
    return msgspec.structs.replace(voicemail, state=after, **changes)
