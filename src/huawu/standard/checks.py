"""Checks as the judge holds them: written ones with their names looked up and their lengths in ms."""

from __future__ import annotations

from dataclasses import dataclass

from huawu.standard.happening import Happening
from huawu.standard.model import Text
from huawu.standard.schema import Check, Rule, Step


@dataclass(frozen=True, kw_only=True)
class Near:
    """A compiled `Beside`."""

    event: Happening
    earlier_ms: int
    later_ms: int
    same: str | tuple[str, ...] | None
    around: bool


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A compiled step of a procedure."""

    do: Happening
    written: Step
    not_before_ms: int
    within_ms: int | None


@dataclass(frozen=True, kw_only=True)
class Order:
    """A compiled procedure."""

    starts: Happening
    stages: tuple[Stage, ...]
    leaves: Happening | None
    cuts: Happening | None
    from_step: int
    left_before: int


@dataclass(frozen=True, kw_only=True)
class Gauge:
    """A compiled measure."""

    of: str
    party: str
    at_most: float | None
    at_least: float | None
    of_at_least_ms: int


@dataclass(frozen=True, kw_only=True)
class Test:
    """A compiled check."""

    number: int
    rule: Rule
    written: Check
    name: str
    expected: Text
    looks_at: str
    form: str  # must | never | count | total | procedure | measure
    event: Happening
    """What it looks at: `when`, `never`, what is counted, what starts the procedure."""
    must: Happening | None = None
    back: bool = False
    """`must` has to be there before."""
    first: bool = False
    same: str | tuple[str, ...] | None = None
    due: str | None = None
    whose: str = ""
    """Which field of the occurrence names whose verdict it is; "" = of who led the conversation then."""
    goes_on: bool = False
    """`must` has its time after the call, too."""
    later_ms: int = 0
    earlier_ms: int | None = None
    apart_ms: int = 0
    cut_ms: int = 0
    """So long the call must have gone on for `must` to be missed though its time was not over."""
    only_if: tuple[Near, ...] = ()
    unless: tuple[Near, ...] = ()
    at_most: int | None = None
    at_least: int | None = None
    warn_after_ms: int | None = None
    procedure: Order | None = None
    gauge: Gauge | None = None
    sides: frozenset[str] = frozenset()
    """Whose words it must know."""
    signals: frozenset[str] = frozenset()
    """All that it looks at."""
