"""What the service standard sees and says: facts and marks of a call go in, verdicts and hints come out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, Protocol

import msgspec

Party = Literal["caller", "agent", "centre"]
Outcome = Literal["pass", "breach", "not_applicable", "unsure"]
Severity = Literal["minor", "major", "fatal"]
Kind = Literal["expect", "warn", "procedure"]

FOREVER: Final = 1 << 62
"""Later than every instant: what is complete up to here is complete."""


class Text(msgspec.Struct, gc=False, frozen=True):
    """What a person reads, in the languages of the screens."""

    zh: str = ""
    en: str = ""

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)

    def filled(self, **values: object) -> Text:
        """With `{name}` replaced in both languages; a value that is a Text gives each language its own."""
        zh = {name: value.zh if isinstance(value, Text) else value for name, value in values.items()}
        en = {name: value.en if isinstance(value, Text) else value for name, value in values.items()}
        return Text(self.zh.format(**zh), self.en.format(**en))


class FactLike(Protocol):
    """A line of a timeline, as `huawu.calls.facts.Fact` is one. `at_ms` in one clock for the whole call."""

    @property
    def at_ms(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def party(self) -> str: ...
    @property
    def fields(self) -> Mapping[str, Any]: ...


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that comes from no call's record: of a recording from elsewhere, of a script, of a test."""

    at_ms: int
    kind: str
    party: str = "centre"
    fields: Mapping[str, Any] = {}


class Mark(msgspec.Struct, gc=False, frozen=True, kw_only=True):
    """A phrase found in what was said. `score` 0–1; `value`: a surname, digits, or ""."""

    phrase: str
    from_ms: int
    to_ms: int
    score: float = 1.0
    value: str = ""


class Verdict(msgspec.Struct, gc=False, frozen=True, kw_only=True):
    """One rule's judgement of one occurrence of what it looks at; instants in the facts' clock."""

    rule: str
    version: int
    verdict: Outcome
    from_ms: int
    to_ms: int
    expected: Text
    found: Text
    confidence: float = 1.0
    hint: Text = Text()
    party: Party = "agent"
    agent: str = ""
    """Whose it is: who led the conversation then, or whom the check says; "" = unknown."""
    check: str = ""
    """Which of the rule's checks spoke; "" = its only one."""


class Pending(msgspec.Struct, gc=False, frozen=True, kw_only=True):
    """What the standard waits for at this moment. `due_ms` None: no hurry before the call ends."""

    rule: str
    check: str
    kind: Kind
    since_ms: int
    due_ms: int | None
    say: Text
    hint: Text
    step: int = 0
    """From 1; 0 = no procedure."""
    of_steps: int = 0
    not_before_ms: int | None = None
    spoken: bool = False
    """The agent has spoken since; what was said is not known yet."""


class PartScore(msgspec.Struct, frozen=True, kw_only=True):
    """Points kept of those that could be kept, of the rules that were judged."""

    kept: float
    possible: float


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """`total` 0–100, None when nothing could be judged. `fatal`: a fatal rule was broken."""

    total: float | None
    parts: Mapping[str, PartScore]
    fatal: bool = False


class RulePlace(msgspec.Struct, frozen=True):
    """Where something is wrong in a standard's text, and what.

    `code` names the kind of mistake and `about` what it is of, for those who word it in another language.
    """

    source: str
    line: int
    where: str
    message: str
    code: str = "other"
    about: Mapping[str, str] = {}

    def __str__(self) -> str:
        return f"{self.source}:{self.line} {self.where}: {self.message}"


class BookError(Exception):
    """A standard's text is wrong; `places` lists all that is."""

    def __init__(self, places: tuple[RulePlace, ...]) -> None:
        super().__init__("\n".join(map(str, places)))
        self.places = places


class BrokenTimeline(Exception):
    """A fact of a timeline cannot be understood; whoever wrote it is to be asked."""

    def __init__(self, fact: FactLike, problem: Exception) -> None:
        kind = getattr(fact, "kind", fact)
        why = f"{problem.args[0]!r} is missing" if isinstance(problem, KeyError) else str(problem)
        super().__init__(f"the fact {kind!r} at {getattr(fact, 'at_ms', '?')} cannot be understood: {why}")
        self.fact = fact
