"""The shift leader called, urgent calls, a recording paused, a call ended, a number looked at."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.calls import acting
from huawu.calls.desk_acts import Urgency
from huawu.calls.desk_views import HelpRequest, Place
from huawu.calls.errors import NotYours
from huawu.calls.help_desk import Alarm, HelpBoard, HelpDesk, UnknownRequest
from huawu.calls.numbers import DialView, look_at
from huawu.calls.places import find_place
from huawu.calls.views import PartiesView
from huawu.web.api import Anybody, Centre
from huawu.web.auth import may
from huawu.web.errors import json
from huawu.web.moves import Leader, Mover, _asked
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1", tags=["help"])
Asker = Annotated[Principal, Depends(may(Permission.SET_OWN_STATE, Permission.MOVE_OWN_CALLS))]


class TextWanted(BaseModel):
    text: str = Field(default="", max_length=500)


class TakeWanted(BaseModel):
    mode: Literal["", "listen", "whisper", "barge"] = ""


class AnswerWanted(BaseModel):
    answer: str = Field(default="", max_length=500)


class UrgentWanted(BaseModel):
    kind: Urgency
    text: str = Field(default="", max_length=500)


class MuteWanted(BaseModel):
    on: bool


class EndWanted(BaseModel):
    whole: bool = False


def desk_of(request: Request) -> HelpDesk:
    desk: HelpDesk = request.app.state.help
    return desk


Desk = Annotated[HelpDesk, Depends(desk_of)]


# ── The shift leader ──────────────────────────────────────────────────────────────────────────────


@router.get("/help", operation_id="help", responses=gives(HelpBoard))
async def board(desk: Desk, _who: Leader) -> Response:
    """Requests that are not done, and the alarms of the last day."""
    return json(desk.board.snapshot())


@router.post("/help", operation_id="askForHelp", responses=gives(HelpRequest))
async def ask(desk: Desk, who: Asker, wanted: TextWanted) -> Response:
    """Call the shift leader, not about a call."""
    return json(await desk.ask(who.user, who.name, "", wanted.text))


@router.post("/calls/{call}/help", operation_id="askForHelpInCall", responses=gives(HelpRequest))
async def ask_in_call(centre: Centre, desk: Desk, who: Asker, call: str, wanted: TextWanted) -> Response:
    """Call the shift leader to one's call; it is on the call's timeline."""
    if not centre.has_part(call, who.user):
        raise NotYours(call)
    request = await desk.ask(who.user, who.name, call, wanted.text)
    await centre.act(acting.AskForHelp(call=call, by=who.user, own=True, request=request.id))
    return json(request)


@router.post("/help/{request}/take", operation_id="takeHelp", responses=gives(HelpRequest))
async def take(centre: Centre, desk: Desk, who: Leader, request: str, wanted: TakeWanted) -> Response:
    """Go to help; with a mode one's own phone is rung into the call. 409 when a colleague was first."""
    found = await desk.take(request, who.user, who.name)
    if wanted.mode and found.call:
        await centre.act(acting.Supervise(call=found.call, by=who.user, agent=found.agent, way=wanted.mode))
    return json(found)


@router.post("/help/{request}/close", operation_id="closeHelp", responses=gives(HelpRequest))
async def close(desk: Desk, who: Anybody, request: str, wanted: AnswerWanted) -> Response:
    """It is done; the answer is shown to the agent."""
    if desk.get(request).agent != who.user and not who.may(Permission.SUPERVISE):
        raise UnknownRequest(request)
    return json(await desk.close(request, wanted.answer))


@router.delete("/help/{request}", operation_id="withdrawHelp", status_code=204)
async def withdraw(desk: Desk, who: Anybody, request: str) -> Response:
    """One needs no help any more."""
    if desk.get(request).agent != who.user:
        raise UnknownRequest(request)
    await desk.withdraw(request)
    return Response(status_code=204)


# ── Emergencies ───────────────────────────────────────────────────────────────────────────────────


@router.post("/calls/{call}/urgent", operation_id="sayUrgent", responses=gives(Alarm))
async def urgent(centre: Centre, desk: Desk, who: Mover, call: str, wanted: UrgentWanted) -> Response:
    """Say that somebody is in danger: on the timeline, and an alarm at every leader's screen."""
    asked = _asked(call, who)
    await centre.act(acting.SayUrgent(**asked, urgency=wanted.kind, text=wanted.text))
    return json(await desk.raise_alarm(wanted.kind, call, agent=who.user, name=who.name, text=wanted.text))


@router.post("/alarms/{alarm}/seen", operation_id="alarmSeen", responses=gives(Alarm))
async def seen(desk: Desk, who: Leader, alarm: str) -> Response:
    """Take note of an alarm."""
    return json(await desk.seen(alarm, who.user))


# ── The call itself ───────────────────────────────────────────────────────────────────────────────


@router.post("/calls/{call}/recording/{step}", operation_id="holdRecording", responses=gives(PartiesView))
async def hold_recording(centre: Centre, who: Mover, call: str, step: Literal["pause", "resume"]) -> Response:
    """Record silence, for what nobody is to hear later; or the voices again."""
    action = acting.HoldRecording(**_asked(call, who), paused=step == "pause")
    return json(await centre.act(action))


@router.post("/calls/{call}/mute", operation_id="mute", responses=gives(PartiesView))
async def mute(centre: Centre, who: Mover, call: str, wanted: MuteWanted) -> Response:
    """One's own page sends silence from now on, or the voice again: only it can know."""
    return json(await centre.act(acting.Mute(**_asked(call, who), on=wanted.on)))


@router.post("/calls/{call}/end", operation_id="endCall", responses=gives(PartiesView))
async def end(centre: Centre, who: Mover, call: str, wanted: EndWanted) -> Response:
    """Leave the call as by hanging up; with `whole` it ends for all: one's own, or with `move_calls`."""
    return json(await centre.act(acting.EndCall(**_asked(call, who), whole=wanted.whole)))


@router.get("/numbers/{number}", operation_id="number", responses=gives(DialView))
async def number(centre: Centre, who: Asker, number: str) -> Response:
    """What a number is and whether one may call it: ask before dialling."""
    view = look_at(centre.numbers, number[:40], who.role)
    place: Place = await find_place(view.meant or view.number, centre.configuration.company.country)
    return json(msgspec.structs.replace(view, place=place))
