"""Announcements over HTTP: leaders put up, switch and take down what callers are told first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.assets.telephone_sound import NOTICE_LARGEST
from huawu.calls.notice_desk import NoticeDesk
from huawu.calls.notices import Notice
from huawu.web.api import Watcher
from huawu.web.auth import may
from huawu.web.desk_views import Notices, NoticeView
from huawu.web.errors import Refused, json
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1", tags=["notices"])


class NoticeWanted(BaseModel):
    queue: str = Field(default="", max_length=64)
    number: str = Field(default="", max_length=64)
    prompts: list[str] = Field(default=[], max_length=10)
    from_ms: int = Field(default=0, ge=0, lt=2**53)
    until_ms: int = Field(default=0, ge=0, lt=2**53)
    on: bool = True
    note: str = Field(default="", max_length=200)


class SwitchWanted(BaseModel):
    on: bool


def desk_of(request: Request) -> NoticeDesk:
    desk: NoticeDesk = request.app.state.notices
    return desk


Desk = Annotated[NoticeDesk, Depends(desk_of)]
Announcer = Annotated[Principal, Depends(may(Permission.ANNOUNCE))]


def _view(notice: Notice) -> NoticeView:
    fields = {name: getattr(notice, name) for name in NoticeView.__struct_fields__ if name != "sound"}
    fields["prompts"] = list(notice.prompts)
    return NoticeView(**fields, sound=bool(notice.path))


@router.get("/notices", operation_id="notices", responses=gives(Notices))
async def notices(desk: Desk, _who: Watcher) -> Response:
    """What callers are told first, and who changed what."""
    return json(Notices(notices=[_view(each) for each in desk.all()], events=await desk.events()))


@router.post("/notices", operation_id="putUpNotice", responses=gives(NoticeView))
async def put_up(desk: Desk, who: Announcer, wanted: NoticeWanted) -> Response:
    """A new one in front of a queue or a number."""
    notice = Notice(
        id="",
        queue=wanted.queue,
        number=wanted.number,
        prompts=tuple(wanted.prompts),
        from_ms=wanted.from_ms,
        until_ms=wanted.until_ms,
        on=wanted.on,
        note=wanted.note,
    )
    return json(_view(await desk.put_up(notice, who.user)))


@router.post("/notices/{notice}", operation_id="switchNotice", responses=gives(NoticeView))
async def switch(desk: Desk, who: Announcer, notice: str, wanted: SwitchWanted) -> Response:
    """Let callers hear it, or not."""
    return json(_view(await desk.switch(notice, wanted.on, who.user)))


@router.put("/notices/{notice}/sound", operation_id="recordNotice", responses=gives(NoticeView))
async def record(request: Request, desk: Desk, who: Announcer, notice: str) -> Response:
    """Its sound: a WAV file as the body, PCM or μ-law, up to a minute. 422 when it cannot be used."""
    sound = bytearray()
    async for piece in request.stream():
        sound += piece
        if len(sound) > NOTICE_LARGEST:
            raise Refused(
                413,
                "too_large",
                f"The file is larger than {NOTICE_LARGEST // 2**20} MiB. Send a shorter one.",
            )
    return json(_view(await desk.record(notice, bytes(sound), who.user)))


@router.delete("/notices/{notice}", operation_id="takeDownNotice", status_code=204)
async def take_down(desk: Desk, who: Announcer, notice: str) -> Response:
    """It is gone."""
    await desk.take_down(notice, who.user)
    return Response(status_code=204)
