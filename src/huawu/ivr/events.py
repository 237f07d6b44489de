"""What a flow's run takes in and gives out: plain frozen values; the run itself is pure (`model.py`)."""

from __future__ import annotations

from typing import Literal

import msgspec


class Value(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The base of all values here."""


# ── Events into a run ─────────────────────────────────────────────────────────────────────────────


class Started(Value, frozen=True, kw_only=True):
    at_ms: int


class PromptEnded(Value, frozen=True, kw_only=True):
    """What `Say` asked for was played (or could not be)."""

    at_ms: int


class Collected(Value, frozen=True, kw_only=True):
    """The answer to `Ask`. `digits` may be empty; `spoke`: voice was heard instead of a key."""

    at_ms: int
    digits: str
    how: Literal["complete", "end_key", "timeout", "nothing", "stopped"]
    spoke: bool = False


class TransferFailed(Value, frozen=True, kw_only=True):
    """The party `Transfer` named did not answer; the run goes on at the step's `failed` way."""

    at_ms: int
    reason: str


class Overflowed(Value, frozen=True, kw_only=True):
    """The queue gave the caller back (full, waited too long, nobody there) and named no place of its own, or
    a leader closed it: then the run goes on where the hours it passed would have led when closed."""

    at_ms: int
    why: Literal["line_full", "wait_over", "no_agent", "closed"]


class LookedUp(Value, frozen=True, kw_only=True):
    """The answer to `LookUp`: `fields` are variables and their values, `why` is of a failure."""

    at_ms: int
    how: Literal["found", "not_found", "failed"]
    fields: dict[str, str] = {}
    why: str = ""


class Recorded(Value, frozen=True, kw_only=True):
    """What `Record` asked for is over: kept, thrown away as too short, or to be begun again."""

    at_ms: int
    how: Literal["kept", "short", "again", "failed"]


FlowEvent = Started | PromptEnded | Collected | TransferFailed | Overflowed | LookedUp | Recorded

# ── Commands out of a run: zero or more notes, then exactly one that waits or ends ───────────────


class Note(Value, frozen=True, kw_only=True):
    """A fact for the timeline: which step was entered, which way was taken."""

    flow: str
    step: str
    text: str = ""


class Language(Value, frozen=True, kw_only=True):
    """From now on prompts are spoken in this language; it is also noted on the call."""

    language: str


class Say(Value, frozen=True, kw_only=True):
    """Play prompts (by id) in a row, then feed `PromptEnded`."""

    prompts: tuple[str, ...]


class Ask(Value, frozen=True, kw_only=True):
    """Play prompts and gather digits, then feed `Collected`. Lengths as in `link.messages.Collect`."""

    prompts: tuple[str, ...]
    barge_in: bool = True
    max_digits: int = 1
    end_key: str = "#"
    first_ms: int = 5_000
    between_ms: int = 3_000
    private: bool = False  # the digits may be a card's number or a secret: not to be written down


class Queue(Value, frozen=True, kw_only=True):
    """Put the caller in line; the run ends here unless `Overflowed` comes back."""

    queue: str
    priority: int = 0
    skills: dict[str, int] = {}
    prompts: tuple[str, ...] = ()  # spoken before the music


class Transfer(Value, frozen=True, kw_only=True):
    """Lead the caller to a number of the number plan, or to one agent; `TransferFailed` may come back."""

    number: str = ""
    agent: str = ""
    ring_ms: int = 30_000


class LookUp(Value, frozen=True, kw_only=True):
    """Ask a service while the caller hears prompts and music, then feed `LookedUp`.

    `send` is what it is told; `take` names for each variable the field of the answer.
    """

    service: str
    send: dict[str, str]
    take: dict[str, str]
    prompts: tuple[str, ...] = ()


class Record(Value, frozen=True, kw_only=True):
    """Prompts, a tone, then the caller alone is recorded; then feed `Recorded`."""

    purpose: Literal["voicemail", "comment"]
    queue: str = ""
    prompts: tuple[str, ...] = ()
    longest_ms: int
    shortest_ms: int
    silence_ms: int


class Rated(Value, frozen=True, kw_only=True):
    """The caller's score, to be noted on the call."""

    score: int


class Echo(Value, frozen=True, kw_only=True):
    """Send the caller's voice back until the caller hangs up."""


class HangUp(Value, frozen=True, kw_only=True):
    reason: str = "normal"


FlowCommand = Note | Language | Rated | Say | Ask | Queue | Transfer | LookUp | Record | Echo | HangUp
