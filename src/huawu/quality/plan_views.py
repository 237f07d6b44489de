"""What pages are told of sampling plans and calibration rounds (docs/api.md)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from huawu.quality.form_views import InspectionBrief, Names, WhyView, why_view
from huawu.quality.plans import Drawn, LeftOut, Plan, PlanWanted
from huawu.quality.rounds import Agreement, Round
from huawu.quality.sampling import Choice


class PersonShare(msgspec.Struct, frozen=True, kw_only=True):
    """An inspector and how many forms."""

    user: str
    name: str
    inspections: int


class StratumView(msgspec.Struct, frozen=True, kw_only=True):
    """One agent's part of a plan; `margin`: the error reached, ±."""

    agent: str
    agent_name: str
    calls: int
    sample: int
    margin: float | None


class ChosenView(msgspec.Struct, frozen=True, kw_only=True):
    """A chosen call, for whom, and why; `inspector` "" = nobody may."""

    call: str
    agent: str
    agent_name: str
    began_ms: int
    total: float | None
    inspector: str
    inspector_name: str
    why: list[WhyView]


class PlanPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan would choose; nothing is stored."""

    population: int
    risk: int
    sample: int
    seed: int
    chosen: list[ChosenView]
    strata: list[StratumView]
    inspectors: list[PersonShare]
    left_out: list[LeftOut]


class PlanView(PlanPreview, frozen=True, kw_only=True):
    """A plan on record; `chosen` is empty on lists."""

    id: str
    name: str
    state: str
    by: str
    by_name: str
    at_ms: int
    started_ms: int | None
    wanted: PlanWanted
    done: int
    open: int


class PlanList(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first; `next` is the cursor of the following page."""

    plans: list[PlanView]
    next: str | None


class InspectorView(msgspec.Struct, frozen=True, kw_only=True):
    """Who may be given inspections, and how many drafts they have."""

    user: str
    name: str
    open: int


class InspectorList(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    inspectors: list[InspectorView]


class RoundShare(msgspec.Struct, frozen=True, kw_only=True):
    """An inspector of a round: so many forms of so many are done."""

    user: str
    name: str
    submitted: int
    of: int


class RoundView(msgspec.Struct, frozen=True, kw_only=True):
    """A round; `agreement` once everybody is done, `forms` those that the viewer may see."""

    id: str
    name: str
    state: str
    by: str
    by_name: str
    at_ms: int
    calls: list[str]
    inspectors: list[RoundShare]
    agreement: Agreement | None = None
    forms: list[InspectionBrief] = []


class RoundList(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first; `next` is the cursor of the following page."""

    rounds: list[RoundView]
    next: str | None


def preview_view(drawn: Drawn, names: Names) -> PlanPreview:
    """What a plan would choose."""
    return PlanPreview(**_drawn(drawn, names, whole=True))  # type: ignore[arg-type]


def plan_view(plan: Plan, names: Names, *, whole: bool) -> PlanView:
    """A plan on record."""
    return PlanView(
        **_drawn(plan.drawn, names, whole=whole),  # type: ignore[arg-type]
        id=plan.id,
        name=plan.drawn.wanted.name,
        state=plan.state,
        by=plan.by,
        by_name=names.get(plan.by, plan.by),
        at_ms=plan.at_ms,
        started_ms=plan.started_ms,
        wanted=plan.drawn.wanted,
        done=plan.done,
        open=plan.open,
    )


def _drawn(drawn: Drawn, names: Names, *, whole: bool) -> dict[str, object]:
    sample = drawn.sample
    return {
        "population": sample.population,
        "risk": sample.risk,
        "sample": sample.drawn,
        "seed": drawn.seed,
        "chosen": [_chosen(each, drawn.assigned, names) for each in sample.chosen] if whole else [],
        "strata": [
            StratumView(
                agent=each.agent,
                agent_name=names.get(each.agent, each.agent),
                calls=each.calls,
                sample=each.sample,
                margin=each.margin,
            )
            for each in sample.strata
        ],
        "inspectors": [
            PersonShare(user=user, name=names.get(user, user), inspections=count)
            for user, count in drawn.inspectors.items()
        ],
        "left_out": drawn.left_out,
    }


def _chosen(choice: Choice, assigned: Names, names: Names) -> ChosenView:
    inspector = assigned.get(choice.call, "")
    return ChosenView(
        call=choice.call,
        agent=choice.agent,
        agent_name=names.get(choice.agent, choice.agent),
        began_ms=choice.began_ms,
        total=choice.total,
        inspector=inspector,
        inspector_name=names.get(inspector, inspector),
        why=[why_view(each) for each in choice.why],
    )


def round_view(
    one: Round,
    names: Names,
    *,
    agreement: Agreement | None = None,
    forms: Iterable[InspectionBrief] = (),
) -> RoundView:
    """A round and how far it is."""
    return RoundView(
        id=one.id,
        name=one.wanted.name,
        state=one.state,
        by=one.by,
        by_name=names.get(one.by, one.by),
        at_ms=one.at_ms,
        calls=one.wanted.calls,
        inspectors=[
            RoundShare(
                user=user,
                name=names.get(user, user),
                submitted=one.submitted.get(user, 0),
                of=len(set(one.wanted.calls)),
            )
            for user in dict.fromkeys(one.wanted.inspectors)
        ],
        agreement=agreement,
        forms=list(forms),
    )
