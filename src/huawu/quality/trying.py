"""Try a rule: what changes to the book would say of past calls, before anybody publishes them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final, Literal

import msgspec
import structlog

from huawu.calls.dialled import as_the_book_sees
from huawu.calls.facts import Fact
from huawu.calls.reading import CallReader
from huawu.quality.assessment import Assessment
from huawu.quality.book import Book, Books
from huawu.quality.listing import CallsWanted
from huawu.quality.records import Assessments
from huawu.standard import BrokenTimeline, Standard, Text, Verdict
from huawu.standard.scoring import counts_in_score, who_came

log = structlog.get_logger(__name__)

MOST_CALLS: Final = 2_000
MOST_CHANGES: Final = 500
TOLD_EVERY: Final = 20
"""After so many calls it is told how far a trial is."""
_WORST: Final = ("breach", "unsure", "pass", "not_applicable")


class TryWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which changes, on which of the newest calls."""

    overrides: dict[str, Any]
    calls: int = 200
    rules: list[str] = []
    agent: str = ""
    queue: str = ""
    from_ms: int | None = None
    to_ms: int | None = None


class TriedRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that would say otherwise of some calls. Rates are of the calls in which it applies."""

    rule: str
    title: Text
    gained: int
    lost: int
    same: int
    breaches_before: int
    breaches_after: int
    rate_before: float | None
    rate_after: float | None


class TriedChange(msgspec.Struct, frozen=True, kw_only=True):
    """A call of which a rule would say otherwise; `gained` = a breach that was none."""

    call: str
    rule: str
    began_ms: int
    agent: str
    kind: Literal["gained", "lost", "other"]
    before: str | None
    after: str | None
    from_ms: int
    to_ms: int
    found: Text


class TriedScores(msgspec.Struct, frozen=True, kw_only=True):
    """The mean of all scores before and after; `changed`: how many calls have another."""

    before: float | None
    after: float | None
    changed: int


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What would change. `skipped`: timelines that could not be judged."""

    version: str
    tried_version: str
    calls: int
    skipped: int
    took_ms: int
    rules: list[TriedRule]
    changes: list[TriedChange]
    scores: TriedScores


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """How far a trial is: `tried` calls `of` so many (None = it waits for its turn); `result` ends it."""

    tried: int
    of: int | None
    result: Tried | None = None


class _Judged(msgspec.Struct, frozen=True):
    """One call by both books: the worst verdict by rule, and the total."""

    before: dict[str, Verdict]
    after: dict[str, Verdict]
    total_before: float | None
    total_after: float | None


class Trying:
    """The use case; one is tried at a time."""

    def __init__(self, books: Books, assessments: Assessments, calls: CallReader) -> None:
        self._books = books
        self._assessments = assessments
        self._calls = calls
        self._turn = asyncio.Lock()

    async def made(self, wanted: TryWanted) -> Book:
        """The changed book. Raises `BookInvalid`."""
        return await self._books.make(wanted.overrides)

    async def follow(self, wanted: TryWanted, new: Book) -> AsyncGenerator[Trial, None]:
        """Judge the newest calls by the book in force and by the changed one, told as it goes on.

        The last line has the result. Whoever stops listening ends it.
        """
        yield Trial(tried=0, of=None)  # another's may go first
        async with (
            self._turn,
            aclosing(self._follow(wanted, await self._books.current(), new)) as lines,
        ):
            async for line in lines:
                yield line

    async def _follow(self, wanted: TryWanted, old: Book, new: Book) -> AsyncGenerator[Trial, None]:
        began = time.monotonic()
        among = CallsWanted(
            agent=wanted.agent, queue=wanted.queue, from_ms=wanted.from_ms, to_ms=wanted.to_ms
        )
        calls = await self._assessments.all(among, most=min(wanted.calls, MOST_CALLS))
        judged: dict[str, _Judged] = {}
        for nth in range(0, len(calls), TOLD_EVERY):
            yield Trial(tried=nth, of=len(calls))
            some = calls[nth : nth + TOLD_EVERY]
            timelines = await self._calls.timelines([each.call for each in some])
            judged |= await asyncio.to_thread(_all_by_both, old, new, some, timelines)
        about = {each.call: each for each in calls}
        changes = [
            TriedChange(
                call=call,
                rule=rule,
                began_ms=about[call].began_ms,
                agent=told.agent or about[call].agent,
                kind=_kind(one.before.get(rule), one.after.get(rule)),
                before=_said(one.before.get(rule)),
                after=_said(one.after.get(rule)),
                from_ms=told.from_ms,
                to_ms=told.to_ms,
                found=told.found,
            )
            for call, one in judged.items()
            for rule, told in _changed(one, wanted.rules)
        ]
        result = Tried(
            version=old.standard.version,
            tried_version=new.standard.version,
            calls=len(judged),
            skipped=len(calls) - len(judged),
            took_ms=round((time.monotonic() - began) * 1000),
            rules=_rules(changes, judged.values(), new.standard, old.standard),
            changes=changes[:MOST_CHANGES],
            scores=_scores(list(judged.values())),
        )
        yield Trial(tried=len(calls), of=len(calls), result=result)


def _all_by_both(
    old: Book, new: Book, calls: Sequence[Assessment], timelines: Mapping[str, Sequence[Fact]]
) -> dict[str, _Judged]:
    judged = {}
    for each in calls:
        try:
            judged[each.call] = _both(old, new, timelines[each.call], each.judged_ms)
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, BrokenTimeline) as error:
            log.warning("a call cannot be judged in a trial", call=each.call, why=str(error))
    return judged


def _both(old: Book, new: Book, facts: Sequence[Fact], now_ms: int) -> _Judged:
    facts = as_the_book_sees(facts)
    before = old.standard.judge(facts, old.marks, now_ms)
    after = new.standard.judge(facts, new.marks, now_ms)
    came = who_came(facts)
    totals = [
        standard.score(each for each in verdicts if counts_in_score(each, came)).total
        for standard, verdicts in ((old.standard, before), (new.standard, after))
    ]
    return _Judged(_by_rule(before), _by_rule(after), *totals)


def _by_rule(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    """The worst verdict of each rule."""
    found: dict[str, Verdict] = {}
    for each in verdicts:
        known = found.get(each.rule)
        if known is None or _WORST.index(each.verdict) < _WORST.index(known.verdict):
            found[each.rule] = each
    return found


def _changed(judged: _Judged, rules: Sequence[str]) -> list[tuple[str, Verdict]]:
    """The rules that say otherwise, each with the verdict to show: what is there, or what was."""
    found = []
    for rule in sorted({*judged.before, *judged.after}):
        if rules and rule not in rules:
            continue
        before, after = judged.before.get(rule), judged.after.get(rule)
        if _said(before) != _said(after) and (told := _telling(before, after)) is not None:
            found.append((rule, told))
    return found


def _telling(before: Verdict | None, after: Verdict | None) -> Verdict | None:
    if after is not None and after.verdict != "not_applicable":
        return after
    return before if before is not None else after


def _said(verdict: Verdict | None) -> str | None:
    return None if verdict is None or verdict.verdict == "not_applicable" else verdict.verdict


def _kind(before: Verdict | None, after: Verdict | None) -> Literal["gained", "lost", "other"]:
    if _said(after) == "breach":
        return "gained"
    return "lost" if _said(before) == "breach" else "other"


def _rules(
    changes: Sequence[TriedChange], judged: Iterable[_Judged], new: Standard, old: Standard
) -> list[TriedRule]:
    kinds = Counter((each.rule, each.kind) for each in changes)
    names = sorted({each.rule for each in changes})
    everything = list(judged)
    found = []
    for name in names:
        before = Counter(_said(each.before.get(name)) for each in everything)
        after = Counter(_said(each.after.get(name)) for each in everything)
        rule = new.rules.get(name) or old.rules[name]
        gained, lost = kinds[name, "gained"], kinds[name, "lost"]
        found.append(
            TriedRule(
                rule=name,
                title=rule.title,
                gained=gained,
                lost=lost,
                same=len(everything) - gained - lost - kinds[name, "other"],
                breaches_before=before["breach"],
                breaches_after=after["breach"],
                rate_before=_rate(before),
                rate_after=_rate(after),
            )
        )
    return sorted(found, key=lambda each: (-(each.gained + each.lost), each.rule))


def _rate(counts: Mapping[str | None, int]) -> float | None:
    applied = counts.get("breach", 0) + counts.get("pass", 0)
    return counts.get("breach", 0) / applied if applied else None


def _scores(judged: Sequence[_Judged]) -> TriedScores:
    return TriedScores(
        before=_mean([each.total_before for each in judged]),
        after=_mean([each.total_after for each in judged]),
        changed=sum(each.total_before != each.total_after for each in judged),
    )


def _mean(totals: Sequence[float | None]) -> float | None:
    known = [each for each in totals if each is not None]
    return sum(known) / len(known) if known else None
