"""A call's recording for the player, whole or in parts, and its waveform."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.calls import recordings
from huawu.calls.record import CallRecord
from huawu.web.api import Caller, Centre, call_seen_by
from huawu.web.auth import forbidden
from huawu.web.errors import error, json
from huawu.web.ports import CentrePort
from huawu.web.schema import gives
from huawu.web.transcripts import sees_private, stretches_to_beep

router = APIRouter(prefix="/api/v1", tags=["calls"])
PIECE = 256 * 1024


@router.get("/calls/{call}/recording", operation_id="recording", response_class=Response)
async def recording(
    request: Request,
    centre: Centre,
    who: Caller,
    call: str,
    format: recordings.Format = "pcm",
    masked: bool = False,
) -> Response:
    """A WAV file of two channels, caller left and agent right; `Range` works.

    `masked`: a tone covers private numbers; always for those without the right to them.
    """
    record, sound = await _find(request, centre, who, call)
    beeps: Sequence[tuple[int, int]] = ()
    if masked or not sees_private(who, record):
        beeps = await stretches_to_beep(request, record)
    return played(request, sound, format, beeps)


@router.get("/calls/{call}/comment", operation_id="comment", response_class=Response)
async def comment(request: Request, centre: Centre, who: Caller, call: str) -> Response:
    """What the caller said of the call after it, as a WAV file; the right channel is silent."""
    record, _ = await call_seen_by(centre, who, call)
    may_hear = who.may(Permission.HEAR_CALLS) or (record.talked_to(who.user) and record.ended_ms is not None)
    if not may_hear:
        raise forbidden()
    data: Path = request.app.state.data
    sound = await asyncio.to_thread(recordings.find, data, record.comment_path, call)
    return played(request, sound, "pcm")


def played(
    request: Request,
    sound: recordings.Sound,
    format: recordings.Format,
    beeps: Sequence[tuple[int, int]] = (),
) -> Response:
    """The sound for a player, whole or in parts; `beeps` (ms from its beginning) are covered by a tone."""
    playback = recordings.Playback(sound, format, beeps)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Encoding": "identity",  # parts are counted in these very bytes
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'inline; filename="{sound.path.name}"',
    }
    wanted = byte_range(request.headers.get("range", ""), playback.size)
    if wanted is None:
        headers["Content-Range"] = f"bytes */{playback.size}"
        return error(416, "bad_range", f"The recording has {playback.size} bytes; ask within them.", headers)
    first, length = wanted
    partial = length != playback.size
    if partial:
        headers["Content-Range"] = f"bytes {first}-{first + length - 1}/{playback.size}"
    headers["Content-Length"] = str(length)
    return StreamingResponse(
        _pieces(playback, first, length), 206 if partial else 200, headers, media_type="audio/wav"
    )


@router.get("/calls/{call}/waveform", operation_id="waveform", responses=gives(recordings.Waveform))
async def waveform(
    request: Request,
    centre: Centre,
    who: Caller,
    call: str,
    points: Annotated[int, Query(ge=1, le=10_000)] = 1_200,
) -> Response:
    """The loudest sample of each stretch, 0–1, per channel."""
    record, sound = await _find(request, centre, who, call)
    return json(await asyncio.to_thread(recordings.waveform, sound, points, record.recording_began_ms))


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """First byte and length of a `Range` (RFC 9110 §14.2); the whole for none or several; None outside."""
    asked = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", header.strip())
    if asked is None or asked.group(0) == "bytes=-":
        return 0, size
    first, last = asked.groups()
    if not first:
        length = min(int(last), size)
        return (size - length, length) if length else None
    start, end = int(first), min(int(last or size - 1), size - 1)
    if start >= size:
        return None
    return (start, end - start + 1) if start <= end else (0, size)


async def _find(
    request: Request, centre: CentrePort, who: Principal, call: str
) -> tuple[CallRecord, recordings.Sound]:
    record, _ = await call_seen_by(centre, who, call)
    if not who.may(Permission.HEAR_CALLS) and not record.talked_to(who.user):
        raise forbidden()
    data: Path = request.app.state.data
    return record, await asyncio.to_thread(recordings.find, data, record.recording_path, call)


async def _pieces(playback: recordings.Playback, first: int, length: int) -> AsyncIterator[bytes]:
    end = first + length
    while first < end:
        piece = await asyncio.to_thread(playback.read, first, min(PIECE, end - first))
        if not piece:
            return
        first += len(piece)
        yield piece
