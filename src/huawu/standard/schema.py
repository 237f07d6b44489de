"""The standard as it is written: rules, phrases and named events. docs/standard.md explains each word.

Lengths are written `3s`, `500ms`, `24h`, `3d`; `$name` stands for one of the rule's thresholds.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from huawu.standard.model import Severity, Text

Length = str
Side = Literal["caller", "agent"]
How = Literal["close", "exact", "word", "opening", "whole"]


class Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is written in a standard: a field that does not exist is an error."""


class Phrase(Written, frozen=True, kw_only=True):
    """What may be said in several ways.

    `how` it is looked for: `close` by sound, forgiving; `exact` by its characters; `word` as a word of its
    own; `opening` where an utterance begins; `whole` when nothing else is said. `negatable`: not found where
    it is denied (我不是说…). `own`: nor where it is another's. `now`: nor where it is of another day, or of
    what might be (昨天着火了的那家).
    """

    id: str = ""
    zh: tuple[str, ...] = ()
    en: tuple[str, ...] = ()
    how: How = "close"
    negatable: bool = False
    own: bool = False
    now: bool = False
    least: float = 0.0
    """The least likeness 0–1; 0 = the usual one."""


class Event(Written, frozen=True, kw_only=True):
    """Something that can happen in a call: exactly one of the first group, narrowed by the rest."""

    event: str | None = None  # a named one
    fact: str | tuple[str, ...] | None = None  # a kind of fact
    said: str | tuple[str, ...] | None = None  # a phrase, or `number`, `surname`, `address`
    words: Side | None = None  # an utterance, whatever was said
    speaks: Side | None = None  # the instant a party begins to speak
    talk: Side | None = None  # one stretch of speech
    turn: Side | None = None  # speech with pauses of less than 1.5 s in it, whatever the other does
    silence: bool | None = None  # nobody speaks and nobody is on hold
    overlap: Side | None = None  # the party begins while the other speaks
    hold: bool | None = None  # the caller is on hold
    conversation: bool | None = None  # from the agent's answer until one of them leaves
    raised: Side | None = None  # louder than the party's own usual level
    any: tuple[Event | str, ...] | None = None  # whichever of these

    by: Side | None = None  # of `said`
    digits: int | None = None  # of `said: number`: so many digits at the least
    party: str | None = None  # of `fact`
    where: dict[str, str | int | bool | tuple[str, ...]] | None = None  # fields of the fact
    but: dict[str, str | int | bool | tuple[str, ...]] | None = None  # fields it must not have so
    longer: Length | None = None
    shorter: Length | None = None
    after: Literal["caller", "agent", "nobody"] | None = None  # of `silence`: who spoke last
    before: Literal["caller", "agent", "end", "hold"] | None = None  # of `silence`: what ended it
    by_db: float | str | None = None  # of `raised`
    pace_over: float | str | None = None  # of `words`: syllables a minute
    nth: int | None = None  # only the n-th of the call (1 the first, -1 the last one)


class Beside(Written, frozen=True, kw_only=True):
    """An event near another: not earlier before its beginning, nor later after its end, than said here."""

    event: Event | str
    earlier: Length | Literal["start"] | None = None
    later: Length | Literal["end"] | None = None
    same: str | tuple[str, ...] | None = None
    """Both must agree in this or one of these: `value` of marks, `alike` (most digits), a field of facts."""
    around: bool = False
    """The event's span holds the other's beginning: during a hold, while on mute."""


class Step(Written, frozen=True, kw_only=True):
    """One step of a procedure: what is done, how long after the step before at the least and at the most."""

    do: Event | str
    say: Text = Text()
    title: Text = Text()
    not_before: Length | None = None
    within: Length | None = None
    optional: bool = False


class Procedure(Written, frozen=True, kw_only=True):
    """Steps in their order with timers. `leaves`: with this it ends, rightly; `cuts`: with this, wrongly.

    Judged only once `from_step` steps were taken (1: from its first step on; 0: from its start). Left with
    fewer than `left_before` steps taken it was none: the caller of a silent call speaks up at once.
    """

    starts: Event | str
    steps: tuple[Step, ...]
    leaves: Event | str | None = None
    cuts: Event | str | None = None
    from_step: int = 0
    left_before: int = 1


class Measure(Written, frozen=True, kw_only=True):
    """A number taken over the whole conversation."""

    of: Literal["pace", "talk_share", "silence_share", "overlap_share", "level_spread_db"]
    party: Side = "agent"
    at_most: float | str | None = None
    at_least: float | str | None = None
    of_at_least: Length = "20s"
    """Less speech than this is not measured."""


class Check(Written, frozen=True, kw_only=True):
    """One thing a rule looks at: `when` with `must`, or one of the five forms below.

    `must` is looked for from the beginning of `when`, or so much earlier, until so much later than its end.
    """

    name: str = ""
    looks_at: str = ""
    """Letters of T, P, V, W; the rule's when empty."""
    when: Event | str | None = None
    must: Event | str | None = None
    never: Event | str | None = None
    count: Event | str | None = None
    total: Event | str | None = None
    procedure: Procedure | None = None
    measure: Measure | None = None

    later: Length | None = None  # `must`: at the latest so long after `when`; `end` = before the call ends
    earlier: Length | None = None  # `must`: at most so long before `when`; `start` = since the call began
    due: str | None = None  # `must`: a field of the fact `when` says until when
    same: str | tuple[str, ...] | None = None  # `must`: agrees with `when` in this, or in any of these
    cut: Length | Literal["excused", "breach", "goes-on"] = "excused"
    """What it means that the call ended before the time was over. A length: excused if it ended sooner than
    that after `when`, else a breach. `goes-on`: work has its time after the call."""
    apart: Length | None = None  # an occurrence that begins sooner after the one before is no other one
    first: bool = False  # only the first `when` or `never` of a call is looked at
    at_most: int | str | None = None  # `count`, `total` (a length), `never`: so many are allowed
    at_least: int | str | None = None
    only_if: tuple[Beside, ...] = ()
    unless: tuple[Beside, ...] = ()
    warn_after: Length | None = None
    """`never` of something that lasts: the agent is warned when it has lasted so long.
    `measure` of a pace: when the newest words, so long together, were too fast."""
    expected: Text = Text()
    say: Text = Text()
    silent: bool = False
    """No live hint comes of it."""
    unheard: Literal["unsure", "judge"] = "unsure"
    """No words were recognised and only `only_if` and `unless` ask for some: `judge` goes without these."""
    severity: Severity | None = None
    """Where this check weighs otherwise than its rule."""
    whose: str = ""
    """A field of the fact `when` or `never` that names the agent whose verdict it is, whether that agent ever
    talked or not. Otherwise it is of who led the conversation then."""


class Rule(Written, frozen=True, kw_only=True):
    """One rule of the standard. `looks_at`: letters of T timing, P words, V voice, W work, H a person."""

    id: str
    version: int = 1
    part: str
    source: str
    title: Text
    looks_at: str
    severity: Severity = "minor"
    points: float = 0
    reason: Text = Text()
    hint: Text = Text()
    say: tuple[Text, ...] = ()
    banned: tuple[str, ...] = ()
    """Phrases (ids) that the rule bans; for people to read, the checks look for them."""
    thresholds: dict[str, str | int | float] = {}
    checks: tuple[Check, ...] = ()
    off: bool = False


class Part(Written, frozen=True, kw_only=True):
    id: str
    title: Text


class Book(Written, frozen=True, kw_only=True):
    """A standard, whole."""

    version: str
    parts: tuple[Part, ...]
    phrases: dict[str, Phrase]
    events: dict[str, Event]
    rules: tuple[Rule, ...]


class PhraseChange(Written, frozen=True, kw_only=True):
    """A centre's own ways to say a phrase: instead of the shipped ones, or beside them."""

    zh: tuple[str, ...] | None = None
    en: tuple[str, ...] | None = None
    add_zh: tuple[str, ...] = ()
    add_en: tuple[str, ...] = ()
    how: How | None = None
    least: float | None = None


class RuleChange(Written, frozen=True, kw_only=True):
    """What a centre has otherwise in a shipped rule."""

    points: float | None = None
    severity: Severity | None = None
    thresholds: dict[str, str | int | float] = {}
    hint: Text | None = None
    say: tuple[Text, ...] | None = None
    off: bool | None = None


class Changes(Written, frozen=True, kw_only=True):
    """A centre's own part of the standard, in a file of its own."""

    rules: dict[str, RuleChange] = {}
    phrases: dict[str, PhraseChange] = {}
    events: dict[str, Event] = {}
    add: tuple[Rule, ...] = ()
