"""Assessments over HTTP: what the book says of calls, one by one and on lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Protocol

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.platform.log import masked
from huawu.quality.assessment import Assessment
from huawu.quality.decided import UNCHANGED, decided_in, still_broken
from huawu.quality.errors import NotJudged
from huawu.quality.form_views import sees
from huawu.quality.inspection_record import Inspection
from huawu.quality.listing import CallsWanted
from huawu.quality.quotes import findings_without_numbers, sees_whole
from huawu.quality.records import AssessmentPage
from huawu.quality.service import Quality
from huawu.quality.views import (
    Asked,
    AssessmentView,
    BacklogView,
    InspectionOf,
    JudgedCalls,
    assessment_view,
    judged_call,
    missed_call,
    of_missed,
)
from huawu.web.api import Centre, call_seen_by
from huawu.web.auth import may
from huawu.web.errors import json
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1", tags=["quality"])
Viewer = Annotated[Principal, Depends(may(Permission.SEE_QUALITY))]
Inspector = Annotated[Principal, Depends(may(Permission.INSPECT))]
Judged = Annotated[Principal, Depends(may(Permission.APPEAL_OWN))]
ViewerOrJudged = Annotated[Principal, Depends(may(Permission.SEE_QUALITY, Permission.APPEAL_OWN))]
Instant = Annotated[int | None, Query(ge=0, lt=2**53)]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str, Query(max_length=100)]


class _Named(Protocol):
    @property
    def id(self) -> str: ...


def following(found: Sequence[_Named], limit: int) -> str | None:
    """The cursor of the next page, where one more was found than this one holds."""
    return found[limit - 1].id if len(found) > limit else None


def quality_of(request: Request) -> Quality:
    quality: Quality = request.app.state.quality
    return quality


Desk = Annotated[Quality, Depends(quality_of)]


@router.get("/calls/{call}/assessment", operation_id="assessment", responses=gives(AssessmentView))
async def assessment(quality: Desk, centre: Centre, who: ViewerOrJudged, call: str) -> Response:
    """What the book says of a call, with its evidence; agents ask for their own calls."""
    found = await quality.assessments.latest(call)
    missed, form = found is not None and who.user in found.rest.absent, None
    if not who.may(Permission.SEE_QUALITY) and not missed:
        await call_seen_by(centre, who, call)
    state, why = await quality.judging.queue.state_of(call, quality.now_ms())
    if found is None:
        raise NotJudged(call, state, why)
    book = await quality.books.get(found.book)
    names = await quality.staff.names()
    of_call = (await quality.inspections.of_calls([call])).get(call, [])
    if missed:
        theirs = await quality.inspections.of_missed(who.user, [call])
        form = theirs[call].form if call in theirs else None
        of_call = [*theirs.values()] if not who.may(Permission.SEE_QUALITY) else of_call
    seen = [brief_of(each, names) for each in of_call if sees(each, who, round_open=False)]
    inspected = bool(theirs if missed else of_call)
    until_ms = appeal_until(quality, found, who, inspected=inspected)
    told = assessment_view(found, book.standard, names, seen, state, until_ms)
    if not sees_whole(who, found.rest.agents):
        told = msgspec.structs.replace(told, findings=findings_without_numbers(told.findings))
    if missed and not who.may(Permission.SEE_QUALITY):
        told = of_missed(told, who.user, decided_in(form) if form else UNCHANGED)
    return json(told)


@router.post("/calls/{call}/judge", operation_id="judgeCall", status_code=202, responses=gives(Asked))
async def judge(quality: Desk, _who: Inspector, call: str) -> Response:
    """Judge a call again, soon: by a newer version of the book, say."""
    if await quality.calls.get(call) is None:
        raise NotJudged(call)
    await quality.judging.wanted(call, "asked")
    return json(Asked(call=call), 202)


@router.get("/quality/calls", operation_id="judgedCalls", responses=gives(JudgedCalls))
async def judged_calls(
    quality: Desk,
    who: Viewer,
    agent: Annotated[str, Query(max_length=64)] = "",
    queue: Annotated[str, Query(max_length=64)] = "",
    rule: Annotated[str, Query(max_length=64)] = "",
    verdict: Literal["pass", "breach", "unsure"] = "breach",
    fatal: bool | None = None,
    words: bool | None = None,
    below: Annotated[float | None, Query(ge=0, le=101)] = None,
    from_ms: Instant = None,
    to_ms: Instant = None,
    order: Literal["newest", "worst"] = "newest",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response:
    """Assessed calls, the newest or the worst first."""
    wanted = CallsWanted(
        agent=agent,
        queue=queue,
        rule=rule,
        verdict=verdict,
        fatal=fatal,
        words=words,
        below=below,
        from_ms=from_ms,
        to_ms=to_ms,
    )
    page = await quality.assessments.page(wanted, order=order, limit=limit, cursor=cursor)
    return json(await shown(quality, page, who))


@router.get("/quality/mine", operation_id="myJudgedCalls", responses=gives(JudgedCalls))
async def mine(quality: Desk, who: Judged, limit: Limit = 50, cursor: Cursor = "") -> Response:
    """One's own assessed calls, newest first."""
    page = await quality.assessments.page(CallsWanted(agent=who.user), limit=limit, cursor=cursor)
    return json(await shown(quality, page, who, own=who.user))


@router.get("/quality/backlog", operation_id="judgingBacklog", responses=gives(BacklogView))
async def backlog(quality: Desk, _who: Viewer) -> Response:
    """How far judging is behind, and which calls cannot be judged."""
    return json(await quality.backlog())


@router.post(
    "/quality/backlog/{call}/retry", operation_id="retryJudging", status_code=202, responses=gives(Asked)
)
async def retry(quality: Desk, who: Inspector, call: str) -> Response:
    """Try once more to judge a call that could not be."""
    return await judge(quality, who, call)


async def shown(quality: Quality, page: AssessmentPage, who: Principal, *, own: str = "") -> JudgedCalls:
    """A page of assessments for people, or for the agent whose `own` they are."""
    names = await quality.staff.names()
    named = [each.call for each in page.calls]
    inspected = await quality.inspections.of_calls(named)
    missed = await quality.inspections.of_missed(own, named) if own else {}
    calls = []
    for each in page.calls:
        book = await quality.books.get(each.book)
        caller = each.caller if who.may(Permission.SEE_NUMBERS) else masked(each.caller)
        absent = own in each.rest.absent
        of_call = inspected.get(each.call, [])
        if absent:
            of_call = [missed[each.call]] if each.call in missed else []
        states = [one.state for one in of_call if sees(one, who, round_open=False)]
        judged = judged_call(
            each,
            book.standard,
            names,
            caller=caller,
            inspected=states[0] if states else "",
            appeal_until_ms=appeal_until(quality, each, who, inspected=bool(of_call)),
        )
        if absent:
            form = missed[each.call].form if each.call in missed else None
            broken = still_broken(each.rest.absent[own], form)
            judged = missed_call(judged, broken, book.standard, own)
        calls.append(judged)
    return JudgedCalls(calls=calls, next=page.next)


def appeal_until(quality: Quality, found: Assessment, who: Principal, *, inspected: bool) -> int | None:
    """Until when the viewer may appeal against the machine alone; None = not (any more), or not theirs."""
    theirs = (found.agent == who.user and found.breaches) or who.user in found.rest.absent
    if inspected or not theirs or not who.may(Permission.APPEAL_OWN):
        return None
    until_ms = quality.inspections.appeal_until(found.ended_ms)
    return until_ms if quality.now_ms() <= until_ms else None


def brief_of(inspection: Inspection, names: Mapping[str, str]) -> InspectionOf:
    """An inspection beside its call's assessment."""
    return InspectionOf(
        id=inspection.id,
        state=inspection.state,
        inspector=inspection.inspector,
        inspector_name=names.get(inspection.inspector, inspection.inspector),
        score=inspection.form.score.total,
        submitted_ms=inspection.form.submitted_ms,
    )
