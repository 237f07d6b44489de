"""What pages are told of inspections and appeals (docs/api.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.quality.forms import SHOWN_TO_AGENTS, Appeal, Form, Item, StepDone
from huawu.quality.inspection_record import Inspection
from huawu.quality.quotes import sees_whole, without_numbers
from huawu.quality.sampling import Why
from huawu.quality.views import ScoreView, score_view
from huawu.standard import Standard, Text

Able = Literal["save", "submit", "tell", "appeal", "decide", "reassign"]

_WHY: dict[str, tuple[str, str]] = {
    "fatal": ("有一票否决的发现", "A fatal finding"),
    "lost_points": ("共扣 {n:g} 分", "{n:g} points lost"),
    "complaint": ("投诉", "A complaint"),
    "dropped": ("通话中断", "The line dropped"),
    "long": ("通话时间长：{m} 分 {s} 秒", "A long call: {m} min {s} s"),
    "unsure": ("{n:g} 处机器判不准", "{n:g} findings the machine is not sure of"),
    "stratum": ("随机抽样（该坐席 {n:g} 通）", "Drawn at random from {n:g} calls of the agent"),
}


class WhyView(msgspec.Struct, frozen=True, kw_only=True):
    """Why a call was chosen; `text` is ready to show."""

    kind: str
    value: float | None
    text: Text


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a form's history; `by` "" = by itself."""

    at_ms: int
    by: str
    by_name: str
    what: str
    note: str


class AppealView(msgspec.Struct, frozen=True, kw_only=True):
    """The agent's own word, and what became of it."""

    by: str
    by_name: str
    at_ms: int
    text: str
    items: list[str]
    decide_until_ms: int
    decided_by: str
    decided_by_name: str
    decided_ms: int | None
    decisions: list[DecisionView]
    reason: str


class DecisionView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one item of it."""

    item: str
    outcome: Literal["upheld", "changed"]
    verdict: str | None


class InspectionBrief(msgspec.Struct, frozen=True, kw_only=True):
    """An inspection on a list. `total` is people's, `machine_total` the machine's."""

    id: str
    call: str
    state: str
    plan: str
    plan_name: str
    round: str
    inspector: str
    inspector_name: str
    agent: str
    agent_name: str
    queue: str
    began_ms: int
    why: list[WhyView]
    created_ms: int
    due_ms: int | None
    overdue: bool
    submitted_ms: int | None
    machine_total: float | None
    total: float | None
    fatal: bool
    appeal_until_ms: int | None
    appeal: AppealView | None
    version: int
    came: bool
    """False: it is about a ring that the agent did not answer."""


class Inspections(msgspec.Struct, frozen=True, kw_only=True):
    """A page of them."""

    inspections: list[InspectionBrief]
    next: str | None


class Appeals(msgspec.Struct, frozen=True, kw_only=True):
    """A page of inspections that were appealed against."""

    appeals: list[InspectionBrief]
    next: str | None


class InspectionView(InspectionBrief, frozen=True, kw_only=True):
    """The whole form. `may`: what the viewer may do now."""

    comment: str
    praise: str
    items: list[Item]
    score: ScoreView
    machine_score: ScoreView
    book: int
    book_version: str
    words: bool
    steps: list[StepView]
    may: list[Able]


Names = Mapping[str, str]


def why_view(why: Why) -> WhyView:
    """A reason in words."""
    zh, en = _WHY[why.kind]
    n = why.value or 0
    minutes, seconds = divmod(round(n / 1000), 60)
    values = {"n": n, "m": minutes, "s": seconds}
    return WhyView(kind=why.kind, value=why.value, text=Text(zh.format(**values), en.format(**values)))


def sees(inspection: Inspection, who: Principal, *, round_open: bool) -> bool:
    """Whether somebody may read a form: nobody another's of an open round, and agents none before told."""
    if inspection.inspector == who.user and who.may(Permission.INSPECT):
        return True
    if inspection.agent == who.user:
        shown = inspection.state in SHOWN_TO_AGENTS and not inspection.round
        return shown and (who.may(Permission.APPEAL_OWN) or who.may(Permission.SEE_QUALITY))
    return who.may(Permission.SEE_QUALITY) and not (inspection.round and round_open)


def able(inspection: Inspection, who: Principal, now_ms: int) -> list[Able]:
    """What somebody may do to a form now."""
    form, found = inspection.form, list[Able]()
    mine = inspection.inspector == who.user and who.may(Permission.INSPECT)
    if inspection.state == "draft" and mine:
        found += ["save", "submit"]
    if inspection.state == "submitted" and mine and not inspection.round:
        found.append("tell")
    in_time = now_ms <= (form.appeal_until_ms or 0)
    own = inspection.agent == who.user and who.may(Permission.APPEAL_OWN)
    if inspection.state == "told" and own and in_time:
        found.append("appeal")
    stranger = who.user not in (inspection.inspector, inspection.agent, *form.agents)
    if inspection.state == "appealed" and who.may(Permission.INSPECT) and stranger:
        found.append("decide")
    if inspection.state == "draft" and who.may(Permission.PLAN_INSPECTIONS) and not inspection.round:
        found.append("reassign")
    return found


def brief(inspection: Inspection, names: Names, plans: Names, now_ms: int) -> InspectionBrief:
    """An inspection on a list."""
    return InspectionBrief(**_fields(inspection, names, plans, now_ms))  # type: ignore[arg-type]


def inspection_view(
    inspection: Inspection, standard: Standard, who: Principal, names: Names, plans: Names, now_ms: int
) -> InspectionView:
    """The whole form, for one viewer."""
    form = inspection.form
    return InspectionView(
        **_fields(inspection, names, plans, now_ms),  # type: ignore[arg-type]
        comment=form.comment,
        praise=form.praise,
        items=form.items if sees_whole(who, form.agents) else [_without_numbers(each) for each in form.items],
        score=score_view(form.score, standard),
        machine_score=score_view(form.machine_score, standard),
        book=form.book,
        book_version=form.version,
        words=form.words,
        steps=[_step(each, names) for each in form.steps],
        may=able(inspection, who, now_ms),
    )


def _without_numbers(item: Item) -> Item:
    if item.finding is None:
        return item
    finding = msgspec.structs.replace(item.finding, found=without_numbers(item.finding.found))
    return msgspec.structs.replace(item, finding=finding)


def _fields(inspection: Inspection, names: Names, plans: Names, now_ms: int) -> dict[str, object]:
    form: Form = inspection.form
    due_ms = inspection.due_ms
    return {
        "id": inspection.id,
        "call": inspection.call,
        "state": inspection.state,
        "plan": inspection.plan,
        "plan_name": plans.get(inspection.plan, ""),
        "round": inspection.round,
        "inspector": inspection.inspector,
        "inspector_name": names.get(inspection.inspector, inspection.inspector),
        "agent": inspection.agent,
        "agent_name": names.get(inspection.agent, inspection.agent),
        "queue": form.queue,
        "began_ms": form.began_ms,
        "why": [why_view(each) for each in form.why],
        "created_ms": inspection.created_ms,
        "due_ms": due_ms,
        "overdue": inspection.state == "draft" and due_ms is not None and now_ms > due_ms,
        "submitted_ms": form.submitted_ms,
        "machine_total": form.machine_score.total,
        "total": form.score.total,
        "fatal": form.fatal,
        "appeal_until_ms": form.appeal_until_ms,
        "appeal": None if form.appeal is None else _appeal(form.appeal, names),
        "version": inspection.version,
        "came": not inspection.missed,
    }


def _appeal(appeal: Appeal, names: Names) -> AppealView:
    return AppealView(
        by=appeal.by,
        by_name=names.get(appeal.by, appeal.by),
        at_ms=appeal.at_ms,
        text=appeal.text,
        items=appeal.items,
        decide_until_ms=appeal.decide_until_ms,
        decided_by=appeal.decided_by,
        decided_by_name=names.get(appeal.decided_by, appeal.decided_by),
        decided_ms=appeal.decided_ms,
        decisions=[
            DecisionView(item=each.item, outcome=each.outcome, verdict=each.verdict)
            for each in appeal.decisions
        ],
        reason=appeal.reason,
    )


def _step(step: StepDone, names: Names) -> StepView:
    name = names.get(step.by, step.by)
    return StepView(at_ms=step.at_ms, by=step.by, by_name=name, what=step.what, note=step.note)
