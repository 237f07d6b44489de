"""What pages are told of inspection (docs/api.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from huawu.quality.assessment import Assessment, Finding, Scored
from huawu.quality.decided import Decided, settled
from huawu.quality.queue import Broken
from huawu.standard import Rule, Standard, Text

JudgedState = Literal["judged", "waiting"]


class PartView(msgspec.Struct, frozen=True, kw_only=True):
    """Points of one part of the book."""

    part: str
    title: Text
    kept: float
    possible: float


class ScoreView(msgspec.Struct, frozen=True, kw_only=True):
    """0–100; `total` null when nothing applied."""

    total: float | None
    parts: list[PartView]


class InspectionOf(msgspec.Struct, frozen=True, kw_only=True):
    """An inspection of a call, in short."""

    id: str
    state: str
    inspector: str
    inspector_name: str
    score: float | None
    submitted_ms: int | None


class AssessmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A call as the book sees it. `state` waiting: it is judged anew soon."""

    call: str
    version: str
    book: int
    judged_ms: int
    agent: str
    agent_name: str
    queue: str
    began_ms: int
    ended_ms: int
    talk_ms: int
    words: bool
    fatal: bool
    score: ScoreView
    findings: list[Finding]
    not_applicable: list[str]
    by_people: list[str]
    inspections: list[InspectionOf]
    state: JudgedState
    appeal_until_ms: int | None
    """The viewer may appeal against the machine alone until then; None = may not."""


class WorstView(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that was broken, and what it costs."""

    rule: str
    title: Text
    points: float
    severity: str


class JudgedCall(msgspec.Struct, frozen=True, kw_only=True):
    """An assessed call on a list. `inspected`: the state of its newest inspection, "" = none.

    `came`: false where it is among one's own for one's phone rang, and one did not come: then it says of the
    call only what is held against oneself.
    """

    call: str
    began_ms: int
    ended_ms: int
    agent: str
    agent_name: str
    queue: str
    caller: str
    total: float | None
    fatal: bool
    words: bool
    breaches: int
    unsure: int
    version: str
    worst: list[WorstView]
    inspected: str
    appeal_until_ms: int | None
    """The viewer may appeal against the machine alone until then; None = may not."""
    came: bool = True


class JudgedCalls(msgspec.Struct, frozen=True, kw_only=True):
    """A page of them."""

    calls: list[JudgedCall]
    next: str | None


class BacklogView(msgspec.Struct, frozen=True, kw_only=True):
    """How far judging is behind. `without_words`: judged in the last day, their words still to come."""

    waiting: int
    oldest_ms: int | None
    without_words: int
    judged_today: int
    broken: list[Broken]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """It is judged soon."""

    call: str
    state: JudgedState = "waiting"


def score_view(score: Scored, standard: Standard) -> ScoreView:
    """In the order of the book."""
    kept = {each.part: each for each in score.parts}
    parts = [
        PartView(part=part.id, title=part.title, kept=kept[part.id].kept, possible=kept[part.id].possible)
        for part in standard.book.parts
        if part.id in kept
    ]
    return ScoreView(total=score.total, parts=parts)


def assessment_view(
    assessment: Assessment,
    standard: Standard,
    names: Mapping[str, str],
    inspections: Iterable[InspectionOf],
    state: str,
    appeal_until_ms: int | None,
) -> AssessmentView:
    """An assessment with its findings."""
    return AssessmentView(
        call=assessment.call,
        version=assessment.version,
        book=assessment.book,
        judged_ms=assessment.judged_ms,
        agent=assessment.agent,
        agent_name=names.get(assessment.agent, assessment.agent),
        queue=assessment.queue,
        began_ms=assessment.began_ms,
        ended_ms=assessment.ended_ms,
        talk_ms=assessment.talk_ms,
        words=assessment.words,
        fatal=assessment.fatal,
        score=score_view(assessment.rest.score, standard),
        findings=list(assessment.findings),
        not_applicable=assessment.rest.not_applicable,
        by_people=assessment.rest.by_people,
        inspections=list(inspections),
        state="waiting" if state == "waiting" else "judged",
        appeal_until_ms=appeal_until_ms,
    )


def of_missed(told: AssessmentView, agent: str, decided: Decided) -> AssessmentView:
    """What of it concerns an agent whose phone rang in vain, and who never came to the call."""
    theirs = [each for each in told.findings if not each.scored and each.agent == agent]
    own = [each for each in settled(theirs, decided) if each.verdict != "not_applicable"]
    return msgspec.structs.replace(
        told,
        agent=agent,
        agent_name="",
        talk_ms=0,
        words=False,
        fatal=False,
        score=ScoreView(total=None, parts=[]),
        findings=own,
        not_applicable=[],
        by_people=[],
    )


def judged_call(
    assessment: Assessment,
    standard: Standard,
    names: Mapping[str, str],
    *,
    caller: str,
    inspected: str,
    appeal_until_ms: int | None,
) -> JudgedCall:
    """An assessment on a list."""
    rules = [standard.rules[name] for name in assessment.rest.worst if name in standard.rules]
    return JudgedCall(
        call=assessment.call,
        began_ms=assessment.began_ms,
        ended_ms=assessment.ended_ms,
        agent=assessment.agent,
        agent_name=names.get(assessment.agent, assessment.agent),
        queue=assessment.queue,
        caller=caller,
        total=assessment.total,
        fatal=assessment.fatal,
        words=assessment.words,
        breaches=assessment.breaches,
        unsure=assessment.unsure,
        version=assessment.version,
        worst=_worst(rules),
        inspected=inspected,
        appeal_until_ms=appeal_until_ms,
    )


def missed_call(judged: JudgedCall, broken: Iterable[str], standard: Standard, agent: str) -> JudgedCall:
    """The same for an agent whose phone rang, and who never came to the call."""
    rules = [standard.rules[name] for name in broken if name in standard.rules]
    return msgspec.structs.replace(
        judged,
        agent=agent,
        agent_name="",
        total=None,
        fatal=False,
        breaches=len(rules),
        unsure=0,
        worst=_worst(rules),
        came=False,
    )


def _worst(rules: Iterable[Rule]) -> list[WorstView]:
    return [
        WorstView(rule=rule.id, title=rule.title, points=rule.points, severity=rule.severity)
        for rule in rules
    ]
