"""Figures of quality: how often rules are broken, by whom and when, and how sure that is.

The unit is an agent's part of a call in which a rule applied: several breaches of one rule in it are one,
because they hang together.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Select, select

from huawu.platform.clock import Clock
from huawu.platform.database import Database
from huawu.quality.book import Books
from huawu.quality.daily_sums import DailySums
from huawu.quality.intervals import Interval, difference, mean_of, ranks, wilson
from huawu.quality.tables import book_versions
from huawu.quality.tallies import (
    DAY_MS,
    FIRST_MONDAY_MS,
    WEEK_MS,
    By,
    FiguresWanted,
    Span,
    of_assessments,
    of_book,
    of_rules,
    of_verdicts,
)
from huawu.standard import Standard, Text

LEAST_RANKED: Final = 10
"""With fewer calls an interval is so wide that it would make everybody alike."""


class FigureRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line: `low`–`high` is the interval of `rate`.

    Lines whose intervals overlap have the same `rank`; none with fewer than `LEAST_RANKED` calls.
    """

    key: str
    title: Text
    calls: int
    breaches: int
    unsure: int
    rate: float | None
    low: float | None
    high: float | None
    rank: int | None = None
    score: float | None = None
    score_low: float | None = None
    score_high: float | None = None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """All lines, the fewest breaches first; over time, in its order."""

    by: By
    from_ms: int
    to_ms: int
    confidence: float
    rows: list[FigureRow]


class _Counted(msgspec.Struct, kw_only=True):
    calls: int = 0
    breaches: int = 0
    unsure: int = 0
    scored: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, other: _Counted) -> None:
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Breaches of a rule under one version of the book."""

    version: str
    calls: int
    breaches: int
    rate: float | None
    low: float | None
    high: float | None


class RuleChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A rule before and after a version; `clear`: the change can be told from none."""

    rule: str
    title: Text
    before: Share
    after: Share
    difference: float | None
    low: float | None
    high: float | None
    clear: bool


class SinceVersion(msgspec.Struct, frozen=True, kw_only=True):
    """What changed since the version in force was published."""

    version: str
    before_version: str | None
    published_ms: int | None
    why: str
    rows: list[RuleChanged]


class FigureDesk:
    """The questions. `zone` makes days; `team_of` tells whose team an agent is in."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        books: Books,
        *,
        zone: Callable[[], ZoneInfo],
        team_of: Callable[[str], str],
        name_of: Callable[[By, str], str],
    ) -> None:
        self._db = db
        self._sums = DailySums(db)
        self._clock = clock
        self._books = books
        self._zone = zone
        self._team_of = team_of
        self._name_of = name_of

    async def ask(self, wanted: FiguresWanted) -> Figures:
        """Count the newest assessment of each call that ended in the time asked for."""
        standard = (await self._books.current()).standard
        statement = await self._statement(wanted, _rules_of(wanted, standard))
        counted: dict[str, _Counted] = {}
        async with self._db.read() as connection:
            for row in await connection.execute(statement):
                key = self._team_of(str(row.key)) if wanted.by == "team" else str(row.key)
                fields = {name: value or 0 for name, value in row._mapping.items() if name != "key"}
                counted.setdefault(key, _Counted()).add(_Counted(**fields))
        rows = [
            _row(shown, each, wanted.confidence, standard, self._name_of(wanted.by, shown))
            for shown, each in ((self._key(key, wanted.by), each) for key, each in counted.items() if key)
        ]
        return Figures(
            by=wanted.by,
            from_ms=wanted.from_ms,
            to_ms=wanted.to_ms,
            confidence=wanted.confidence,
            rows=_in_order(rows, wanted),
        )

    async def _statement(self, wanted: FiguresWanted, rules: list[str] | None) -> Select[Any]:
        """The cheapest that counts it, its sums brought up."""
        offset_ms = self._offset_ms(wanted.to_ms)
        if wanted.by != "rule":
            return (
                of_assessments(wanted, offset_ms) if rules is None else of_verdicts(wanted, rules, offset_ms)
            )
        if wanted.agent:
            return of_verdicts(wanted, rules, offset_ms)
        span = Span.of(wanted.from_ms, wanted.to_ms)
        await self._sums.bring_up(span.days)
        return of_rules(wanted, rules, span)

    async def since_version(self, *, rule: str, days: int, confidence: float = 0.95) -> SinceVersion:
        """Each rule before and after the version in force; without one of the centre's own, nothing."""
        now_ms, number = self._clock.now_ms(), await self._books.newest()
        book = await self._books.get(number)
        if not number:
            return SinceVersion(
                version=book.standard.version, before_version=None, published_ms=None, why="", rows=[]
            )
        earlier = await self._books.get(number - 1)
        about = select(book_versions.c.at_ms, book_versions.c.why).where(book_versions.c.number == number)
        async with self._db.read() as connection:
            published = (await connection.execute(about)).one()
        after = await self._of_book(number, rule, published.at_ms, now_ms)
        before = await self._of_book(number - 1, rule, published.at_ms - days * DAY_MS, published.at_ms)
        rows = []
        for name in sorted({*before, *after}):
            old, new = before.get(name, (0, 0)), after.get(name, (0, 0))
            change = difference(old, new, confidence)
            known = book.standard.rules.get(name) or earlier.standard.rules.get(name)
            rows.append(
                RuleChanged(
                    rule=name,
                    title=known.title if known else Text(),
                    before=_share(earlier.standard.version, old, confidence),
                    after=_share(book.standard.version, new, confidence),
                    difference=None if change is None else change.value,
                    low=None if change is None else change.low,
                    high=None if change is None else change.high,
                    clear=change is not None and change.clear,
                )
            )
        rows.sort(key=lambda each: (not each.clear, -abs(each.difference or 0), each.rule))
        return SinceVersion(
            version=book.standard.version,
            before_version=earlier.standard.version,
            published_ms=published.at_ms,
            why=published.why,
            rows=rows,
        )

    async def _of_book(self, number: int, rule: str, from_ms: int, to_ms: int) -> dict[str, tuple[int, int]]:
        """By rule, breaches and calls in which it applied."""
        span = Span.of(from_ms, to_ms)
        await self._sums.bring_up(span.days)
        async with self._db.read() as connection:
            rows = await connection.execute(of_book(number, rule, span))
            return {row.key: (row.breaches, row.calls) for row in rows}

    def _offset_ms(self, at_ms: int) -> int:
        """The zone's distance from UTC then; a change of it within the time asked for moves midnight once."""
        offset = datetime.fromtimestamp(at_ms / 1000, self._zone()).utcoffset()
        return 0 if offset is None else round(offset.total_seconds() * 1000)

    @staticmethod
    def _key(key: str, by: By) -> str:
        if by not in ("day", "week"):
            return key
        at_ms = int(key) * (DAY_MS if by == "day" else WEEK_MS) + (FIRST_MONDAY_MS if by == "week" else 0)
        return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()


def _rules_of(wanted: FiguresWanted, standard: Standard) -> list[str] | None:
    """The rules asked for; None: nothing is asked of rules."""
    if not wanted.rule and not wanted.part:
        return None
    of_part = [name for name, rule in standard.rules.items() if rule.part == wanted.part]
    if wanted.rule:
        return [wanted.rule] if not wanted.part or wanted.rule in of_part else []
    return of_part


def _row(key: str, counted: _Counted, confidence: float, standard: Standard, name: str) -> FigureRow:
    rate = wilson(counted.breaches, counted.calls, confidence)
    mean = mean_of(counted.scored, counted.total, counted.squares, confidence, least=0, most=100)
    of_mean = None if mean is None else mean.interval
    rule = standard.rules.get(key)
    return FigureRow(
        key=key,
        title=rule.title if rule else Text(name, name),
        calls=counted.calls,
        breaches=counted.breaches,
        unsure=counted.unsure,
        rate=counted.breaches / counted.calls if counted.calls else None,
        low=None if rate is None else rate.low,
        high=None if rate is None else rate.high,
        score=None if mean is None else mean.value,
        score_low=None if of_mean is None else of_mean.low,
        score_high=None if of_mean is None else of_mean.high,
    )


def _in_order(rows: list[FigureRow], wanted: FiguresWanted) -> list[FigureRow]:
    """Ranked where that says something: never over time, and never where intervals overlap."""
    if wanted.by in ("day", "week"):
        return sorted(rows, key=lambda each: each.key)
    by_score = wanted.by in ("agent", "team", "queue") and any(each.score is not None for each in rows)
    places = ranks([_standing(each, by_score) for each in rows])
    ranked = [msgspec.structs.replace(each, rank=place) for each, place in zip(rows, places, strict=True)]
    return sorted(
        ranked, key=lambda each: (each.rank is None, each.rank or 0, _worth(each, by_score), each.key)
    )


def _standing(row: FigureRow, by_score: bool) -> Interval | None:
    """From best to worst upwards; None where there is too little to rank by."""
    if row.calls < LEAST_RANKED:
        return None
    if not by_score:
        return None if row.low is None or row.high is None else Interval(row.low, row.high)
    if row.score_low is None or row.score_high is None:
        return None
    return Interval(-row.score_high, -row.score_low)


def _worth(row: FigureRow, by_score: bool) -> float:
    return -(row.score or 0) if by_score else (row.rate or 0)


def _share(version: str, share: tuple[int, int], confidence: float) -> Share:
    breaches, calls = share
    found = wilson(breaches, calls, confidence)
    return Share(
        version=version,
        calls=calls,
        breaches=breaches,
        rate=breaches / calls if calls else None,
        low=None if found is None else found.low,
        high=None if found is None else found.high,
    )
