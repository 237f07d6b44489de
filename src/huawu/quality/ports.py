"""What inspection asks of the book: its rules by name, and verdicts on a finished call."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from huawu.calls.facts import Fact

Marks = Callable[[Any], tuple[Any, ...]]
"""The phrases heard in a `said` fact."""


class TextLike(Protocol):
    """One sentence in both languages."""

    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...


class RuleLike(Protocol):
    """One rule of the book."""

    @property
    def id(self) -> Any: ...
    @property
    def part(self) -> Any: ...
    @property
    def title(self) -> TextLike: ...
    @property
    def source(self) -> str: ...
    @property
    def severity(self) -> Any: ...
    @property
    def points(self) -> int: ...
    @property
    def looks_at(self) -> Collection[str]: ...
    @property
    def reason(self) -> TextLike: ...
    @property
    def hint(self) -> TextLike: ...
    @property
    def say(self) -> Sequence[TextLike]: ...
    @property
    def version(self) -> Any: ...


class VerdictLike(Protocol):
    """What the book says of one occurrence; `verdict` pass | breach | not_applicable | unsure."""

    @property
    def rule(self) -> Any: ...
    @property
    def version(self) -> Any: ...
    @property
    def verdict(self) -> Any: ...
    @property
    def from_ms(self) -> int: ...
    @property
    def to_ms(self) -> int: ...
    @property
    def expected(self) -> TextLike: ...
    @property
    def found(self) -> TextLike: ...
    @property
    def confidence(self) -> float: ...
    @property
    def hint(self) -> TextLike: ...
    @property
    def party(self) -> Any: ...


class PartScoreLike(Protocol):
    @property
    def points_kept(self) -> float: ...
    @property
    def points_possible(self) -> float: ...


class ScoreLike(Protocol):
    """`total` 0–100, None when nothing applied."""

    @property
    def total(self) -> float | None: ...
    @property
    def parts(self) -> Mapping[Any, PartScoreLike]: ...
    @property
    def fatal(self) -> bool: ...


class StandardLike(Protocol):
    """A version of the book, the centre's own changes included."""

    @property
    def version(self) -> str: ...
    @property
    def rules(self) -> Mapping[Any, RuleLike]: ...
    @property
    def phrases(self) -> Mapping[Any, Any]: ...

    def judge(self, facts: Sequence[Fact], marks: Marks, now_ms: int) -> Iterable[VerdictLike]:
        """Every rule's verdicts on a finished call."""

    def score(self, verdicts: Iterable[Any]) -> ScoreLike: ...


Loads = Callable[[Mapping[str, Any] | None], StandardLike]
"""Makes a book of a centre's own changes; raises what says where they are wrong."""


def no_marks(_said: Any) -> tuple[Any, ...]:
    """Nobody listens for phrases here."""
    return ()
