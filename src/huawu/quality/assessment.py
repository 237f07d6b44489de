"""One call judged by one version of the book: what of it is kept. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final

import msgspec

from huawu.calls.dialled import as_the_book_sees, dialler_of
from huawu.calls.facts import Fact
from huawu.calls.record import CallRecord
from huawu.quality.ports import Marks
from huawu.standard import Rule, Score, Standard, Text, Verdict
from huawu.standard.scoring import counts_in_score, who_came


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One verdict with its evidence, and what the rule said then. Instants are those of the facts.

    `id` is the same each time the same version judges the same call. `points`: what a breach costs.
    `scored`: false of an agent who never came to the call; then it costs only that agent, and not the call.
    """

    id: str
    rule: str
    title: Text
    part: str
    source: str
    severity: str
    points: float
    version: int
    verdict: str
    party: str
    agent: str
    from_ms: int
    to_ms: int
    expected: Text
    found: Text
    hint: Text
    confidence: float
    reason: Text
    scored: bool = True


class PartKept(msgspec.Struct, frozen=True, kw_only=True):
    """Points of one part of the book."""

    part: str
    kept: float
    possible: float


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """0–100 by part; `total` None when nothing applied."""

    total: float | None = None
    parts: list[PartKept] = []


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """What of an assessment nothing is searched by. `agents`: all who had a part in the call."""

    score: Scored = Scored()
    not_applicable: list[str] = []
    by_people: list[str] = []
    agents: list[str] = []
    worst: list[str] = []
    """The breaches that cost most: rules, at most three."""
    absent: dict[str, list[str]] = {}
    """Rules that were broken by agents who never came to the call, by agent."""


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """A call as the book sees it."""

    call: str
    version: str
    book: int
    judged_ms: int
    began_ms: int
    ended_ms: int
    talk_ms: int
    caller: str
    agent: str
    queue: str
    total: float | None
    lost: float
    fatal: bool
    words: bool
    breaches: int
    unsure: int
    complaint: bool
    dropped: bool
    rest: Rest
    findings: tuple[Finding, ...] = ()
    again_ms: int | None = None
    """When it is to be judged again though nothing happens; not kept. None = never."""


WORST: Final = 3
_WORK_OPEN: Final = frozenset({"ticket_opened", "promised"})


def assess(
    record: CallRecord,
    facts: Sequence[Fact],
    standard: Standard,
    *,
    book: int,
    marks: Marks,
    now_ms: int,
) -> Assessment:
    """Judge a call that is over. Raises whatever a broken timeline makes the book raise."""
    facts = as_the_book_sees(facts)
    agent = record.agent or dialler_of(facts)
    told, settles_ms = standard.judge_so_far(facts, marks, now_ms)
    verdicts = list(told)
    again_ms = [at_ms for at_ms in (settles_ms, next_deadline(facts, now_ms)) if at_ms is not None]
    came = who_came(facts)
    found = findings_of(verdicts, standard.rules, agent, came)
    score = standard.score(each for each in verdicts if counts_in_score(each, came))
    breaches = [each for each in found if each.verdict == "breach" and each.scored]
    in_order = sorted(breaches, key=lambda each: (each.severity != "fatal", -each.points, each.from_ms))
    applied = {each.rule for each in found}
    silent = {each.rule for each in verdicts if each.verdict == "not_applicable"} - applied
    return Assessment(
        call=record.id,
        version=standard.version,
        book=book,
        judged_ms=now_ms,
        began_ms=record.began_ms,
        ended_ms=record.ended_ms or now_ms,
        talk_ms=record.talk_ms or 0,
        caller=record.caller,
        agent=agent,
        queue=record.queue,
        total=score.total,
        lost=sum({each.rule: each.points for each in breaches}.values()),
        fatal=bool(score.fatal),
        words=words_there(facts),
        breaches=len(breaches),
        unsure=sum(each.verdict == "unsure" and each.scored for each in found),
        complaint=any(_is_complaint(fact) for fact in facts),
        dropped=any(fact.kind == "dropped" for fact in facts),
        rest=Rest(
            score=scored(score),
            not_applicable=sorted(silent),
            by_people=sorted(h_rules(standard)),
            agents=sorted(agents_in(record, facts)),
            worst=list(dict.fromkeys(each.rule for each in in_order))[:WORST],
            absent=broken_by_absent(found),
        ),
        findings=tuple(found),
        again_ms=min(again_ms, default=None),
    )


def broken_by_absent(found: Iterable[Finding]) -> dict[str, list[str]]:
    """The rules that agents broke who never came to the call, by agent."""
    broken: dict[str, list[str]] = {}
    for each in found:
        if each.verdict == "breach" and not each.scored and each.rule not in broken.get(each.agent, ()):
            broken.setdefault(each.agent, []).append(each.rule)
    return broken


def findings_of(
    verdicts: Iterable[Verdict], rules: Mapping[str, Rule], agent: str, came: Set[str]
) -> list[Finding]:
    """The verdicts that say something of the call, by their instants. `came`: the agents who came to it."""
    counts: Counter[str] = Counter()
    found = []
    telling = [each for each in verdicts if each.verdict != "not_applicable"]
    for each in sorted(telling, key=lambda each: (each.from_ms, each.rule, each.check, each.to_ms)):
        name = f"{each.rule}.{each.from_ms}"
        counts[name] += 1
        again = "" if counts[name] == 1 else f".{counts[name]}"
        found.append(finding_of(each, rules[each.rule], f"{name}{again}", agent, came))
    return found


def finding_of(verdict: Verdict, rule: Rule, name: str, agent: str, came: Set[str]) -> Finding:
    """A verdict beside what its rule says; of `agent` where the book does not know whose it is."""
    return Finding(
        id=name,
        rule=verdict.rule,
        title=rule.title,
        part=rule.part,
        source=rule.source,
        severity=rule.severity,
        points=rule.points,
        version=verdict.version,
        verdict=verdict.verdict,
        party=verdict.party,
        agent=verdict.agent or agent,
        from_ms=verdict.from_ms,
        to_ms=verdict.to_ms,
        expected=verdict.expected,
        found=verdict.found,
        hint=verdict.hint or rule.hint,
        confidence=verdict.confidence,
        reason=rule.reason,
        scored=counts_in_score(verdict, came),
    )


def scored(score: Score) -> Scored:
    """The book's score as it is kept and shown."""
    parts = [
        PartKept(part=name, kept=part.kept, possible=part.possible) for name, part in score.parts.items()
    ]
    return Scored(total=score.total, parts=parts)


def h_rules(standard: Standard) -> list[str]:
    """The rules that people alone judge."""
    return [name for name, rule in standard.rules.items() if set(rule.looks_at) == {"H"} and not rule.off]


def words_there(facts: Iterable[Fact]) -> bool:
    """Whether what was said is all on the timeline."""
    return any(str(fact.kind) == "heard" and fact.fields.get("final") is True for fact in facts)


def agents_in(record: CallRecord, facts: Iterable[Fact]) -> set[str]:
    """All who had a part in a call, or stood by: none of them inspects it."""
    lines = [fact for fact in facts if fact.kind not in ("said", "heard")]  # there `by` is a recogniser
    named = {str(fact.fields[name]) for fact in lines for name in ("agent", "by") if fact.fields.get(name)}
    return (named | {record.agent, *record.earlier_agents}) - {"", "caller", "agent", "centre"}


def next_deadline(facts: Iterable[Fact], now_ms: int) -> int | None:
    """When next something that was promised falls due: the call is judged again then. None = never."""
    due = [
        fact.fields["due_ms"]
        for fact in facts
        if fact.kind in _WORK_OPEN and isinstance(fact.fields.get("due_ms"), int)
    ]
    return min((at_ms for at_ms in due if at_ms >= now_ms), default=None)


def _is_complaint(fact: Fact) -> bool:
    filed = str(fact.fields.get("disposition", "")) if fact.kind in ("filed", "ticket_opened") else ""
    return filed == "complaint" or filed.startswith("complaint.")
