"""Notes and wrap-up forms over HTTP: whoever had a part in a call writes about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.acd.events import AgentId, CallId
from huawu.calls.call_papers import (
    LONGEST_NOTE,
    LONGEST_SUMMARY,
    Note,
    NoteChanged,
    UnknownDisposition,
    WrapUp,
)
from huawu.calls.work import HowFollowedUp, Work, closing, filing, following_up, work_of
from huawu.config.dispositions import leaves_of, tree_of
from huawu.config.schema import Disposition
from huawu.web.api import Anybody, Caller, Centre, papers_of
from huawu.web.auth import forbidden, may
from huawu.web.errors import Refused, json
from huawu.web.ports import CentrePort
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1", tags=["papers"])
SUPERVISES = (Permission.MOVE_CALLS, Permission.SUPERVISE)
Worker = Annotated[Principal, Depends(may(Permission.SET_OWN_STATE, *SUPERVISES))]


class NoteWanted(BaseModel):
    text: str = Field(max_length=LONGEST_NOTE)
    version: int = Field(ge=0, lt=2**31)


class WrapUpWanted(BaseModel):
    disposition: str = Field(max_length=200)
    summary: str = Field(default="", max_length=LONGEST_SUMMARY)
    deadline_ms: int | None = Field(default=None, ge=0, lt=2**53)
    done: bool = False


class FollowUpWanted(BaseModel):
    ticket: str = Field(default="", max_length=80)
    promise: str = Field(default="", max_length=80)
    how: HowFollowedUp = "contacted"


class ClosingWanted(BaseModel):
    ticket: str = Field(max_length=80)
    outcome: str = Field(min_length=1, max_length=200)


class DispositionView(msgspec.Struct, frozen=True, kw_only=True):
    """One of the tree; only those without children are filed. `id` holds those above: complaint.attitude."""

    id: str
    name: str
    name_en: str
    deadline_ms: int | None
    children: list[DispositionView]


class Dispositions(msgspec.Struct, frozen=True, kw_only=True):
    dispositions: list[DispositionView]


class WrapUps(msgspec.Struct, frozen=True, kw_only=True):
    wrap_ups: list[WrapUp]


@router.get("/dispositions", operation_id="dispositions", responses=gives(Dispositions))
async def dispositions(centre: Centre, _who: Anybody) -> Response:
    """What calls can be about."""
    return json(Dispositions(dispositions=_shown(tree_of(centre.configuration), "")))


def _shown(tree: Mapping[str, Disposition], above: str) -> list[DispositionView]:
    return [_one(f"{above}.{name}" if above else name, disposition) for name, disposition in tree.items()]


def _one(path: str, disposition: Disposition) -> DispositionView:
    return DispositionView(
        id=path,
        name=disposition.name,
        name_en=disposition.name_en or disposition.name,
        deadline_ms=disposition.deadline_ms or None,
        children=_shown(disposition.children, path),
    )


@router.get("/calls/{call}/notes", operation_id="notes", responses=gives(Note))
async def notes(request: Request, centre: Centre, who: Caller, call: str) -> Response:
    """The notes of a call; version 0 when nothing was written."""
    await _check_part(centre, who, call, writes=False)
    return json(await papers_of(request).note(call))


@router.put("/calls/{call}/notes", operation_id="saveNotes", responses=gives(Note))
async def save_notes(
    request: Request, centre: Centre, who: Caller, call: str, wanted: NoteWanted
) -> Response:
    """Save them over the version that was seen; 409 with the newer ones when somebody else was first."""
    await _check_part(centre, who, call)
    try:
        saved = await papers_of(request).save_note(call, wanted.text, version=wanted.version, by=who.user)
    except NoteChanged as refusal:
        told = {"code": "changed", "message": str(refusal), "note": refusal.note}
        return json({"error": told}, 409)
    return json(saved)


@router.get("/calls/{call}/wrap-ups", operation_id="wrapUps", responses=gives(WrapUps))
async def wrap_ups(request: Request, centre: Centre, who: Caller, call: str) -> Response:
    """What was filed of a call, by whom."""
    await _check_part(centre, who, call, writes=False)
    return json(WrapUps(wrap_ups=_named(centre, await papers_of(request).wrap_ups(call))))


@router.put("/calls/{call}/wrap-up", operation_id="wrapUp", responses=gives(WrapUp))
async def wrap_up(
    request: Request,
    centre: Centre,
    who: Worker,
    call: str,
    wanted: WrapUpWanted,
) -> Response:
    """File what the call was about; with `done` one's wrap-up ends now."""
    ended_ms = await _check_part(centre, who, call)
    leaf = dict(leaves_of(tree_of(centre.configuration))).get(wanted.disposition)
    if leaf is None:
        raise UnknownDisposition(wanted.disposition)
    deadline_ms = wanted.deadline_ms
    if deadline_ms is None and leaf.deadline_ms:
        deadline_ms = ended_ms + leaf.deadline_ms
    filed = await papers_of(request).file(
        WrapUp(
            call=call,
            agent=who.user,
            disposition=wanted.disposition,
            summary=wanted.summary,
            deadline_ms=deadline_ms,
        )
    )
    await centre.note_work(
        call, lambda facts: filing(facts, call, who.user, filed.disposition, filed.deadline_ms)
    )
    centre.form_filed(AgentId(who.user), CallId(call), done=wanted.done)
    return json(_named(centre, [filed])[0])


@router.get("/calls/{call}/tickets", operation_id="tickets", responses=gives(Work))
async def tickets(centre: Centre, who: Caller, call: str) -> Response:
    """What the call left to be done: tickets and promises, and whether they are late."""
    await _check_part(centre, who, call, writes=False)
    found = await centre.call(call)
    return json(work_of(found[1] if found else [], centre.now_ms()))


@router.post("/calls/{call}/follow-up", operation_id="followUp", responses=gives(Work))
async def follow_up(centre: Centre, who: Worker, call: str, wanted: FollowUpWanted) -> Response:
    """Say on record that what a ticket or promise asks was done."""
    await _check_part(centre, who, call)
    name = wanted.ticket or wanted.promise
    await centre.note_work(call, lambda facts: following_up(facts, name, wanted.how, who.user))
    return await tickets(centre, who, call)


@router.post("/calls/{call}/close-ticket", operation_id="closeTicket", responses=gives(Work))
async def close_ticket(centre: Centre, who: Worker, call: str, wanted: ClosingWanted) -> Response:
    """Close a ticket; promises that hang on it are kept with it."""
    await _check_part(centre, who, call)
    await centre.note_work(call, lambda facts: closing(facts, wanted.ticket, wanted.outcome, who.user))
    return await tickets(centre, who, call)


async def _check_part(centre: CentrePort, who: Principal, call: str, *, writes: bool = True) -> int:
    """When the call ended, or now; raises 404 without such a call and 403 for who had no part in it.

    Those who see all calls read what others wrote.
    """
    whole = who.may(Permission.SEE_CALLS)
    part = centre.has_part(call, who.user)
    found = await centre.call(call)
    if found is None:
        if part:
            return centre.now_ms()
        raise Refused(404, "not_found", f"There is no call {call[:64]!r} that you may see.")
    record, facts = found
    part = part or record.agent == who.user or any(fact.fields.get("agent") == who.user for fact in facts)
    if not part and not whole:
        raise Refused(404, "not_found", f"There is no call {call[:64]!r} that you may see.")
    if writes and not part and not any(map(who.may, SUPERVISES)):
        raise forbidden()
    return record.ended_ms or centre.now_ms()


def _named(centre: CentrePort, filed: list[WrapUp]) -> list[WrapUp]:
    names = {one.id: one.name for one in centre.agents()}
    return [msgspec.structs.replace(one, agent_name=names.get(one.agent, one.agent)) for one in filed]
