"""Inspections and appeals over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.quality.errors import FormChanged, UnknownInspection
from huawu.quality.form_views import (
    Appeals,
    InspectionBrief,
    Inspections,
    InspectionView,
    brief,
    inspection_view,
    sees,
)
from huawu.quality.forms import SHOWN_TO_AGENTS, Decision, ItemChange
from huawu.quality.inspection_record import Inspection
from huawu.quality.service import Quality
from huawu.quality.tables import inspections as table
from huawu.web.auth import forbidden, may
from huawu.web.errors import json
from huawu.web.quality import Cursor, Desk, Inspector, Judged, Limit, following
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1", tags=["quality"])
Reader = Annotated[Principal, Depends(may(Permission.SEE_QUALITY, Permission.INSPECT, Permission.APPEAL_OWN))]
Planner = Annotated[Principal, Depends(may(Permission.PLAN_INSPECTIONS))]
Giver = Annotated[Principal, Depends(may(Permission.INSPECT, Permission.PLAN_INSPECTIONS))]


class FormWanted(BaseModel):
    call: str = Field(max_length=64)
    inspector: str = Field(default="", max_length=64)


class ItemWanted(BaseModel):
    id: str = Field(max_length=120)
    stand: Literal["", "agree", "overrule", "judged"]
    verdict: Literal["pass", "breach", "not_applicable"] | None = None
    reason: str = Field(default="", max_length=1_000)


class DraftWanted(BaseModel):
    version: int = Field(ge=1, lt=2**31)
    items: list[ItemWanted] = Field(default=[], max_length=1_000)
    comment: str | None = Field(default=None, max_length=4_000)
    praise: str | None = Field(default=None, max_length=4_000)


class VersionSeen(BaseModel):
    version: int = Field(ge=1, lt=2**31)


class InspectorWanted(BaseModel):
    inspector: str = Field(min_length=1, max_length=64)


class AppealWanted(BaseModel):
    items: list[str] = Field(max_length=200)
    text: str = Field(min_length=1, max_length=4_000)


class CallAppealWanted(BaseModel):
    findings: list[str] = Field(max_length=200)
    text: str = Field(min_length=1, max_length=4_000)


class DecisionWanted(BaseModel):
    item: str = Field(max_length=120)
    outcome: Literal["upheld", "changed"]
    verdict: Literal["pass", "breach", "not_applicable"] | None = None


class DecisionsWanted(BaseModel):
    version: int = Field(ge=1, lt=2**31)
    decisions: list[DecisionWanted] = Field(max_length=200)
    reason: str = Field(min_length=1, max_length=4_000)


async def view(quality: Quality, inspection: Inspection, who: Principal) -> InspectionView:
    """The whole form, for one viewer."""
    book = await quality.books.get(inspection.form.book)
    names, plans = await quality.staff.names(), await quality.plans.names([inspection.plan])
    return inspection_view(inspection, book.standard, who, names, plans, quality.now_ms())


async def briefs(quality: Quality, found: list[Inspection]) -> list[InspectionBrief]:
    """Inspections on a list."""
    names, plans = await quality.staff.names(), await quality.plans.names(each.plan for each in found)
    return [brief(each, names, plans, quality.now_ms()) for each in found]


async def seen_by(quality: Quality, inspection: str, who: Principal) -> Inspection:
    """The form, if this person may read it. Raises `UnknownInspection`."""
    found = await quality.inspections.get(inspection)
    is_open = bool(found.round) and (await quality.rounds.get(found.round)).state == "open"
    if not sees(found, who, round_open=is_open):
        raise UnknownInspection(inspection)
    return found


def changed(refusal: FormChanged, shown: InspectionView) -> Response:
    """The 409 that shows the newer form."""
    return json({"error": {"code": "changed", "message": str(refusal), "inspection": shown}}, 409)


@router.get("/quality/inspections", operation_id="inspections", responses=gives(Inspections))
async def inspections(
    quality: Desk,
    who: Reader,
    mine: bool = True,
    state: Annotated[str, Query(max_length=16)] = "",
    done: bool | None = None,
    plan: Annotated[str, Query(max_length=64)] = "",
    agent: Annotated[str, Query(max_length=64)] = "",
    call: Annotated[str, Query(max_length=64)] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response:
    """One's own forms as an inspector, those of one's own calls as an agent, or everybody's."""
    asked: list[ColumnElement[bool]] = []
    if not mine:
        if not who.may(Permission.SEE_QUALITY):
            raise forbidden()
        shown = table.c.state.in_(SHOWN_TO_AGENTS) | (table.c.agent != who.user)
        asked += [table.c.round == "", shown]
    elif who.may(Permission.INSPECT):
        asked.append(table.c.inspector == who.user)
    else:
        asked += [table.c.agent == who.user, table.c.round == "", table.c.state.in_(SHOWN_TO_AGENTS)]
    for column, value in ((table.c.state, state), (table.c.plan, plan), (table.c.agent, agent)):
        if value:
            asked.append(column == value)
    if call:
        asked.append(table.c.call == call)
    if done is not None:
        asked.append((table.c.state != "draft") if done else (table.c.state == "draft"))
    found = await quality.inspections.find(*asked, limit=limit + 1, cursor=cursor)
    listed = await briefs(quality, found[:limit])
    return json(Inspections(inspections=listed, next=following(found, limit)))


@router.post("/quality/inspections", operation_id="inspectCall", responses=gives(InspectionView))
async def inspect_call(request: Request, quality: Desk, who: Giver, wanted: FormWanted) -> Response:
    """A form for one call, for oneself or (who plans) for somebody else."""
    inspector = wanted.inspector or who.user
    if inspector != who.user and not who.may(Permission.PLAN_INSPECTIONS):
        raise forbidden()
    await quality.check_inspector(inspector)
    made = await quality.inspections.by_hand(wanted.call, inspector, by=who.user)
    request.state.audited = {"subject": made.id, "call": made.call, "inspector": inspector}
    return json(await view(quality, made, who))


@router.get("/quality/inspections/{inspection}", operation_id="inspection", responses=gives(InspectionView))
async def inspection(quality: Desk, who: Reader, inspection: str) -> Response:
    """The whole form."""
    return json(await view(quality, await seen_by(quality, inspection, who), who))


@router.put(
    "/quality/inspections/{inspection}", operation_id="saveInspection", responses=gives(InspectionView)
)
async def save(quality: Desk, who: Inspector, inspection: str, wanted: DraftWanted) -> Response:
    """Keep a draft: the items given are replaced, the others stay."""
    changes = [
        ItemChange(id=each.id, stand=each.stand, verdict=each.verdict, reason=each.reason)
        for each in wanted.items
    ]
    try:
        saved = await quality.inspections.save(
            inspection,
            wanted.version,
            changes,
            comment=wanted.comment,
            praise=wanted.praise,
            by=who.user,
        )
    except FormChanged as refusal:
        return changed(refusal, await view(quality, refusal.inspection, who))
    return json(await view(quality, saved, who))


@router.post(
    "/quality/inspections/{inspection}/submit",
    operation_id="submitInspection",
    responses=gives(InspectionView),
)
async def submit(
    quality: Desk, who: Inspector, inspection: str, wanted: VersionSeen, tell: bool = False
) -> Response:
    """The form is done; with `tell` the agent is told at once."""
    try:
        done = await quality.submit(inspection, wanted.version, by=who.user)
        if tell and not done.round:
            done = await quality.inspections.tell(inspection, done.version, by=who.user)
    except FormChanged as refusal:
        return changed(refusal, await view(quality, refusal.inspection, who))
    return json(await view(quality, done, who))


@router.post(
    "/quality/inspections/{inspection}/tell", operation_id="tellInspection", responses=gives(InspectionView)
)
async def tell(quality: Desk, who: Inspector, inspection: str, wanted: VersionSeen) -> Response:
    """Tell the agent; the time for an appeal begins."""
    try:
        told = await quality.inspections.tell(inspection, wanted.version, by=who.user)
    except FormChanged as refusal:
        return changed(refusal, await view(quality, refusal.inspection, who))
    return json(await view(quality, told, who))


@router.post(
    "/quality/inspections/{inspection}/reassign",
    operation_id="reassignInspection",
    responses=gives(InspectionView),
)
async def reassign(
    request: Request, quality: Desk, who: Planner, inspection: str, wanted: InspectorWanted
) -> Response:
    """Give a draft to another inspector."""
    await quality.check_inspector(wanted.inspector)
    try:
        given = await quality.inspections.reassign(inspection, wanted.inspector, by=who.user)
    except FormChanged as refusal:
        return changed(refusal, await view(quality, refusal.inspection, who))
    request.state.audited = {"inspector": wanted.inspector}
    return json(await view(quality, given, who))


# ── Appeals ───────────────────────────────────────────────────────────────────────────────────────


@router.post(
    "/quality/inspections/{inspection}/appeal",
    operation_id="appealInspection",
    responses=gives(InspectionView),
)
async def appeal(quality: Desk, who: Judged, inspection: str, wanted: AppealWanted) -> Response:
    """The agent's own word against findings of an inspection."""
    made = await quality.inspections.appeal(inspection, wanted.items, wanted.text, by=who.user)
    return json(await view(quality, made, who))


@router.post("/calls/{call}/appeal", operation_id="appealCall", responses=gives(InspectionView))
async def appeal_call(
    request: Request, quality: Desk, who: Judged, call: str, wanted: CallAppealWanted
) -> Response:
    """The agent's own word against what the machine says of a call that nobody inspected."""
    made = await quality.inspections.appeal_call(call, wanted.findings, wanted.text, by=who.user)
    request.state.audited = {"subject": made.id, "call": call}
    return json(await view(quality, made, who))


@router.get("/quality/appeals", operation_id="appeals", responses=gives(Appeals))
async def appeals(
    quality: Desk,
    who: Reader,
    state: Literal["open", "decided"] = "open",
    mine: bool = False,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response:
    """Appeals that one may decide; with `mine`, or for agents, one's own."""
    states = ("appealed",) if state == "open" else ("decided", "closed")
    asked: list[ColumnElement[bool]] = [table.c.state.in_(states), table.c.round == ""]
    if state == "decided":
        asked.append(table.c.decided_by != "")
    if mine or not who.may(Permission.INSPECT):
        if not who.may(Permission.APPEAL_OWN):
            raise forbidden()
        asked.append(table.c.agent == who.user)
    elif state == "open":
        asked += [table.c.inspector != who.user, table.c.agent != who.user]
    found = await quality.inspections.find(*asked, limit=limit + 1, cursor=cursor)
    shown = await briefs(quality, found[:limit])
    return json(Appeals(appeals=shown, next=following(found, limit)))


@router.post(
    "/quality/inspections/{inspection}/decide", operation_id="decideAppeal", responses=gives(InspectionView)
)
async def decide(quality: Desk, who: Inspector, inspection: str, wanted: DecisionsWanted) -> Response:
    """Another inspector's last word on an appeal."""
    decisions = [
        Decision(item=each.item, outcome=each.outcome, verdict=each.verdict) for each in wanted.decisions
    ]
    try:
        decided = await quality.inspections.decide(
            inspection, wanted.version, decisions, wanted.reason, by=who.user
        )
    except FormChanged as refusal:
        return changed(refusal, await view(quality, refusal.inspection, who))
    return json(await view(quality, decided, who))
