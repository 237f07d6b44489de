"""Voicemails over HTTP: those who serve a queue see, hear, take and do what callers left for it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.calls import recordings
from huawu.calls.survey_rows import Scores, scores
from huawu.calls.voicemail_desk import VoicemailDesk
from huawu.calls.voicemails import Voicemail
from huawu.platform.database import Database
from huawu.platform.log import masked
from huawu.web.api import Centre, Watcher
from huawu.web.auth import may
from huawu.web.desk_views import Voicemails, VoicemailView
from huawu.web.errors import json
from huawu.web.ports import CentrePort
from huawu.web.schema import gives
from huawu.web.sound import played

router = APIRouter(prefix="/api/v1")


class DoneWanted(BaseModel):
    note: str = Field(default="", max_length=500)
    result: Literal["", "reached", "not_reached", "no_need", "passed_on"] = ""


def desk_of(request: Request) -> VoicemailDesk:
    desk: VoicemailDesk = request.app.state.voicemails
    return desk


Desk = Annotated[VoicemailDesk, Depends(desk_of)]


def queues_of(centre: CentrePort, who: Principal) -> list[str] | None:
    """Whose messages somebody may see: their own queues', or all."""
    if who.may(Permission.SEE_CALLS):
        return None
    return [queue for agent in centre.agents() if agent.id == who.user for queue in agent.queues]


def _view(voicemail: Voicemail, who: Principal) -> VoicemailView:
    fields = {name: getattr(voicemail, name) for name in VoicemailView.__struct_fields__}
    if not who.may(Permission.SEE_NUMBERS):
        fields |= {name: masked(fields[name]) for name in ("caller", "caller_name")}
    return VoicemailView(**fields)


@router.get("/voicemails", tags=["voicemails"], operation_id="voicemails", responses=gives(Voicemails))
async def voicemails(
    centre: Centre,
    desk: Desk,
    who: Watcher,
    queue: Annotated[str, Query(max_length=64)] = "",
    state: Annotated[str, Query(pattern="^(new|taken|done|)$")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Response:
    """Messages, newest first; agents see those of their queues."""
    queues = queues_of(centre, who)
    if queue:
        queues = [queue] if queues is None or queue in queues else []
    found = await desk.newest(queues=queues, state=state, limit=limit)
    return json(Voicemails(voicemails=[_view(each, who) for each in found]))


@router.post(
    "/voicemails/{voicemail}/take",
    tags=["voicemails"],
    operation_id="takeVoicemail",
    responses=gives(VoicemailView),
)
async def take(centre: Centre, desk: Desk, who: Watcher, voicemail: str) -> Response:
    """It is one's own to do; 409 when a colleague was first. Leaders take it from somebody who has it."""
    found = await desk.get(voicemail, queues_of(centre, who))
    return json(_view(await desk.take(found, who.user, over=who.may(Permission.SET_STATES)), who))


@router.post(
    "/voicemails/{voicemail}/done",
    tags=["voicemails"],
    operation_id="finishVoicemail",
    responses=gives(VoicemailView),
)
async def done(centre: Centre, desk: Desk, who: Watcher, voicemail: str, wanted: DoneWanted) -> Response:
    """It is done; result and note say what came of it. 409 when it is not one's own."""
    found = await desk.get(voicemail, queues_of(centre, who))
    over = who.may(Permission.SET_STATES)
    finished = await desk.finish(found, who.user, wanted.note, over=over, result=wanted.result)
    return json(_view(finished, who))


@router.post(
    "/voicemails/{voicemail}/give_back",
    tags=["voicemails"],
    operation_id="giveVoicemailBack",
    responses=gives(VoicemailView),
)
async def give_back(centre: Centre, desk: Desk, who: Watcher, voicemail: str) -> Response:
    """A colleague is to do it: it goes back to the queue. 409 when it is not one's own."""
    found = await desk.get(voicemail, queues_of(centre, who))
    return json(_view(await desk.give_back(found, who.user, over=who.may(Permission.SET_STATES)), who))


@router.get(
    "/voicemails/{voicemail}/recording",
    tags=["voicemails"],
    operation_id="voicemailRecording",
    response_class=Response,
)
async def recording(
    request: Request,
    centre: Centre,
    desk: Desk,
    who: Annotated[Principal, Depends(may(Permission.HEAR_CALLS, Permission.SET_OWN_STATE))],
    voicemail: str,
) -> Response:
    """The message as a WAV file of two channels, the right one silent; `Range` works."""
    queues = None if who.may(Permission.HEAR_CALLS) else queues_of(centre, who)
    found = await desk.get(voicemail, queues)
    data: Path = request.app.state.data
    sound = await asyncio.to_thread(recordings.find, data, found.path, found.call)
    return played(request, sound, "pcm")


@router.get("/surveys", tags=["surveys"], operation_id="surveys", responses=gives(Scores))
async def surveys(
    request: Request,
    _who: Annotated[Principal, Depends(may(Permission.SEE_CALLS))],
    from_ms: Annotated[int, Query(ge=0, lt=2**53)] = 0,
    to_ms: Annotated[int, Query(ge=0, lt=2**53)] = 2**53 - 1,
) -> Response:
    """How queues and agents were rated: how often, and on average."""
    db: Database = request.app.state.database
    return json(await scores(db, from_ms, to_ms))
