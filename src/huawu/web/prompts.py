"""Prompts over HTTP: administrators hear them, record and render new ones, and go back to earlier ones."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from huawu.assets.telephone_sound import LARGEST, Levels, pcm_wav
from huawu.assets.voices import LONGEST_TEXT, VoiceView
from huawu.assets.wav_reading import UnusableSound
from huawu.config.prompt_desk import PromptDesk, PromptInUse, PromptView
from huawu.web.administration import Administrator
from huawu.web.api import Centre
from huawu.web.errors import Refused, error, json
from huawu.web.ports import CentrePort
from huawu.web.schema import gives
from huawu.web.sound import byte_range

router = APIRouter(prefix="/api/v1", tags=["prompts"])
LONGEST_COMMENT: Final = 500


class RenderWanted(BaseModel):
    """`try_` (`try`): only hear it."""

    text: str = Field(min_length=1, max_length=LONGEST_TEXT)
    voice: str = Field(default="", max_length=64)
    comment: str = Field(default="", max_length=LONGEST_COMMENT)
    try_: bool = Field(default=False, alias="try")


class BackWanted(BaseModel):
    to: int = Field(ge=0, lt=2**31)


class PromptsView(msgspec.Struct, frozen=True, kw_only=True):
    """All prompts in all languages. No voices: `voice_why` says why nothing can be rendered here."""

    prompts: list[PromptView]
    voices: list[VoiceView]
    voice_why: str


class LevelsView(msgspec.Struct, frozen=True, kw_only=True):
    """What the recording was like, and what was done to it."""

    speech_db: float
    peak_db: float
    changed_db: float
    cut_ms: int
    from_rate: int
    from_channels: int
    notes: list[str]


class PromptKept(msgspec.Struct, frozen=True, kw_only=True):
    prompt: PromptView
    level: LevelsView


class PromptVersionView(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    at_ms: int
    by: str
    by_name: str
    text: str
    comment: str
    length_ms: int
    rendered: bool
    current: bool


class PromptVersions(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first."""

    versions: list[PromptVersionView]


def desk_of(request: Request) -> PromptDesk:
    desk: PromptDesk = request.app.state.prompts
    return desk


Desk = Annotated[PromptDesk, Depends(desk_of)]


@router.get("/prompts", operation_id="prompts", responses=gives(PromptsView))
async def everything(desk: Desk, _who: Administrator) -> Response:
    """Every prompt as it is heard now, and the voices that can speak a text."""
    found = await asyncio.to_thread(desk.all)
    voice = desk.voice
    return json(PromptsView(prompts=found, voices=list(voice.voices()), voice_why=voice.why_none()))


@router.get("/prompts/{language}/{prompt}/sound", operation_id="promptSound", response_class=Response)
async def sound(
    request: Request,
    desk: Desk,
    _who: Administrator,
    language: str,
    prompt: str,
    version: Annotated[int | None, Query(ge=0, lt=2**31)] = None,
) -> Response:
    """A WAV file of 16 bits, whole or a part of it: what is heard, or a version; 0 = the shipped one."""
    octets = await asyncio.to_thread(lambda: pcm_wav(desk.file(language, prompt, version).read_bytes()))
    wanted = byte_range(request.headers.get("range", ""), len(octets))
    headers = {"Accept-Ranges": "bytes", "Content-Encoding": "identity", "Cache-Control": "private, no-cache"}
    if wanted is None:
        headers["Content-Range"] = f"bytes */{len(octets)}"
        return error(416, "bad_range", f"The recording has {len(octets)} bytes; ask within them.", headers)
    first, length = wanted
    if length != len(octets):
        headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{len(octets)}"
    status = 200 if length == len(octets) else 206
    return Response(octets[first : first + length], status, headers, "audio/wav")


@router.put("/prompts/{language}/{prompt}", operation_id="recordPrompt", responses=gives(PromptKept))
async def record(
    request: Request,
    desk: Desk,
    who: Administrator,
    language: str,
    prompt: str,
    text: Annotated[str, Query(max_length=LONGEST_TEXT)] = "",
    comment: Annotated[str, Query(max_length=LONGEST_COMMENT)] = "",
) -> Response:
    """A recording: a WAV file as the body, up to two minutes. It is heard from now on."""
    given = bytearray()
    async for piece in request.stream():
        given += piece
        if len(given) > LARGEST:
            most = LARGEST // 2**20
            raise Refused(413, "too_large", f"The file is larger than {most} MiB. Send a shorter one.")
    view, levels = await desk.record(language, prompt, bytes(given), by=who.user, text=text, comment=comment)
    request.state.audited = {"language": language, "version": view.version, "comment": comment}
    return json(_kept(view, levels))


@router.post("/prompts/{language}/{prompt}/render", operation_id="renderPrompt", responses=gives(PromptKept))
async def render(
    request: Request, desk: Desk, who: Administrator, language: str, prompt: str, wanted: RenderWanted
) -> Response:
    """A text spoken by a voice, heard from now on; with `try` only answered, as `audio/wav`."""
    if wanted.try_:
        request.state.audited = {"language": language, "tried": True}
        spoken = await desk.try_voice(language, wanted.text, wanted.voice)
        return Response(pcm_wav(spoken), 200, {"Cache-Control": "no-store"}, "audio/wav")
    view, levels = await desk.render(
        language, prompt, wanted.text, wanted.voice, by=who.user, comment=wanted.comment
    )
    request.state.audited = {"language": language, "version": view.version, "text": wanted.text[:200]}
    return json(_kept(view, levels))


@router.get(
    "/prompts/{language}/{prompt}/versions", operation_id="promptVersions", responses=gives(PromptVersions)
)
async def versions(centre: Centre, desk: Desk, _who: Administrator, language: str, prompt: str) -> Response:
    """All recordings of ours that there were, also of one that was taken away."""
    found, current = await asyncio.to_thread(desk.versions, language, prompt)
    shown = [
        PromptVersionView(
            version=each.version,
            at_ms=each.at_ms,
            by=each.by,
            by_name=_name(centre, each.by),
            text=each.text,
            comment=each.comment,
            length_ms=each.length_ms,
            rendered=each.rendered,
            current=each.version == current,
        )
        for each in found
    ]
    return json(PromptVersions(versions=shown))


@router.post(
    "/prompts/{language}/{prompt}/roll_back", operation_id="rollBackPrompt", responses=gives(PromptView)
)
async def roll_back(
    request: Request, desk: Desk, _who: Administrator, language: str, prompt: str, wanted: BackWanted
) -> Response:
    """An earlier recording is heard again; 0 = the shipped one."""
    view = await desk.go_back(language, prompt, wanted.to)
    request.state.audited = {"language": language, "version": wanted.to}
    return json(view)


@router.delete("/prompts/{language}/{prompt}", operation_id="removePrompt", status_code=204)
async def remove(request: Request, desk: Desk, _who: Administrator, language: str, prompt: str) -> Response:
    """Ours is heard no more, but the shipped one, where there is one; its versions are kept."""
    await desk.remove(language, prompt)
    request.state.audited = {"language": language}
    return Response(status_code=204)


def _kept(view: PromptView, levels: Levels) -> PromptKept:
    return PromptKept(prompt=view, level=msgspec.convert(levels, LevelsView, from_attributes=True))


def _name(centre: CentrePort, user: str) -> str:
    return next((person.name for person in centre.configuration.people if person.user == user), user)


def install(app: FastAPI) -> None:
    """Answer what is refused with all that a page needs to go on."""
    app.add_exception_handler(PromptInUse, _in_use)
    app.add_exception_handler(UnusableSound, _unusable)


async def _in_use(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, PromptInUse)
    told = {"code": "in_use", "message": str(refusal), "used_by": refusal.uses}
    return json({"error": told}, 409)


async def _unusable(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, UnusableSound)
    return json({"error": {"code": "unusable_sound", "message": str(refusal), "why": refusal.why}}, 422)
