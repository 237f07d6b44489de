"""Sampling plans and calibration rounds over HTTP."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from huawu.quality.form_views import sees
from huawu.quality.plan_views import (
    InspectorList,
    InspectorView,
    PlanList,
    PlanPreview,
    PlanView,
    RoundList,
    RoundView,
    plan_view,
    preview_view,
    round_view,
)
from huawu.quality.plans import PlanWanted
from huawu.quality.rounds import RoundWanted, agreement_of
from huawu.web.errors import json
from huawu.web.inspections import Planner, briefs
from huawu.web.quality import Cursor, Desk, Limit, Viewer, following
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1", tags=["quality"])


class NewPlan(BaseModel):
    name: str = Field(min_length=1, max_length=100)
    from_ms: int = Field(ge=0, lt=2**53)
    to_ms: int = Field(ge=0, lt=2**53)
    queues: list[str] = Field(default=[], max_length=200)
    agents: list[str] = Field(default=[], max_length=2_000)
    inspectors: list[str] = Field(default=[], max_length=200)
    risk: int = Field(default=0, ge=0, le=500)
    margin: float = Field(default=0.1, ge=0, le=0.5)
    confidence: float = Field(default=0.9, ge=0.5, le=0.999)
    expected: float = Field(default=0.5, gt=0, lt=1)
    most_per_agent: int | None = Field(default=None, ge=0, le=1_000)
    due_days: int = Field(default=5, ge=1, le=60)
    seed: int | None = Field(default=None, ge=0, lt=2**31)

    def wanted(self) -> PlanWanted:
        return PlanWanted(**self.model_dump())


class NewRound(BaseModel):
    name: str = Field(min_length=1, max_length=100)
    calls: list[str] = Field(min_length=1, max_length=20)
    inspectors: list[str] = Field(min_length=2, max_length=50)


@router.get("/quality/inspectors", operation_id="inspectors", responses=gives(InspectorList))
async def inspectors(quality: Desk, _who: Viewer) -> Response:
    """Who may be given inspections."""
    able = await quality.staff.inspectors()
    counts = await quality.inspections.drafts_of(able)
    shown = [InspectorView(user=user, name=name, open=counts.get(user, 0)) for user, name in able.items()]
    return json(InspectorList(inspectors=shown))


@router.get("/quality/plans", operation_id="inspectionPlans", responses=gives(PlanList))
async def plans(quality: Desk, _who: Viewer, limit: Limit = 50, cursor: Cursor = "") -> Response:
    """All plans, newest first, without their calls."""
    names = await quality.staff.names()
    found = await quality.plans.page(limit=limit + 1, cursor=cursor)
    shown = [plan_view(each, names, whole=False) for each in found[:limit]]
    return json(PlanList(plans=shown, next=following(found, limit)))


@router.post("/quality/plans/preview", operation_id="previewPlan", responses=gives(PlanPreview))
async def preview(quality: Desk, _who: Planner, wanted: NewPlan) -> Response:
    """What a plan would choose, for whom and why; nothing is stored."""
    drawn = await quality.plans.preview(wanted.wanted())
    return json(preview_view(drawn, await quality.staff.names()))


@router.post("/quality/plans", operation_id="createPlan", responses=gives(PlanView))
async def create(request: Request, quality: Desk, who: Planner, wanted: NewPlan) -> Response:
    """Keep a plan as a draft, with its choice."""
    made = await quality.plans.create(wanted.wanted(), by=who.user)
    request.state.audited = {"subject": made.id, "name": wanted.name}
    return json(plan_view(made, await quality.staff.names(), whole=True))


@router.get("/quality/plans/{plan}", operation_id="inspectionPlan", responses=gives(PlanView))
async def plan(quality: Desk, _who: Viewer, plan: str) -> Response:
    """A plan with its calls."""
    return json(plan_view(await quality.plans.get(plan), await quality.staff.names(), whole=True))


@router.post("/quality/plans/{plan}/start", operation_id="startPlan", responses=gives(PlanView))
async def start(quality: Desk, who: Planner, plan: str) -> Response:
    """Make the plan's inspections."""
    started = await quality.plans.start(plan, by=who.user)
    return json(plan_view(started, await quality.staff.names(), whole=True))


@router.delete("/quality/plans/{plan}", operation_id="removePlan", status_code=204)
async def remove(quality: Desk, _who: Planner, plan: str) -> Response:
    """Take away a draft."""
    await quality.plans.remove(plan)
    return Response(status_code=204)


@router.get("/quality/rounds", operation_id="calibrationRounds", responses=gives(RoundList))
async def rounds(quality: Desk, _who: Viewer, limit: Limit = 50, cursor: Cursor = "") -> Response:
    """All rounds, newest first."""
    names = await quality.staff.names()
    found = await quality.rounds.page(limit=limit + 1, cursor=cursor)
    shown = [round_view(each, names) for each in found[:limit]]
    return json(RoundList(rounds=shown, next=following(found, limit)))


@router.post("/quality/rounds", operation_id="createRound", responses=gives(RoundView))
async def create_round(request: Request, quality: Desk, who: Planner, wanted: NewRound) -> Response:
    """Give several inspectors the same calls."""
    terms = RoundWanted(name=wanted.name, calls=wanted.calls, inspectors=wanted.inspectors)
    made = await quality.rounds.create(terms, by=who.user)
    request.state.audited = {"subject": made.id, "name": wanted.name}
    return json(round_view(made, await quality.staff.names()))


@router.get("/quality/rounds/{name}", operation_id="calibrationRound", responses=gives(RoundView))
async def one_round(quality: Desk, who: Viewer, name: str) -> Response:
    """A round, and once everybody is done, how far they agree."""
    found = await quality.rounds.get(name)
    forms = await quality.rounds.forms(name)
    is_open = found.state == "open"
    seen = [each for each in forms if sees(each, who, round_open=is_open)]
    shown = round_view(
        found,
        await quality.staff.names(),
        agreement=None if is_open else agreement_of(forms),
        forms=await briefs(quality, seen),
    )
    return json(shown)
