"""What was said in a call, over HTTP; and how the hearing of recordings gets on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Literal, assert_never

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.calls.facts import Fact
from huawu.calls.hearing_watch import HearingWatch
from huawu.calls.record import CallRecord
from huawu.calls.spoken import speakers
from huawu.calls.to_be_heard import why_unheard
from huawu.platform.metrics import Metrics
from huawu.speech.backlog import Backlog, Heard, Summary, Words
from huawu.speech.live import LiveBoard
from huawu.speech.masking import Said, masked, private_stretches, said_of
from huawu.web.api import Caller, Centre, call_seen_by
from huawu.web.auth import forbidden, may
from huawu.web.errors import Refused, json
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1", tags=["calls"])
State = Literal["none", "waiting", "partial", "done", "failed"]


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """What was said. A turn's `words` are `[text, from_ms, to_ms, confidence]`, joined they are its text.

    `masked` turns hold a private number in `＊`. `progress` 0–1 while it is heard. `why` ({code, …}) tells
    why it is not heard (`none`), what it waits for besides its turn (`waiting`), or why it `failed`; `error`
    the last of these in English. `done` without turns: it was heard, and there are no words in it.
    """

    state: State
    turns: Sequence[Said] = ()
    by: str = ""
    progress: float = 0.0
    notes: Sequence[str] = ()
    why: dict[str, Any] | None = None
    error: str = ""


@router.get("/calls/{call}/transcript", operation_id="transcript", responses=gives(Transcript))
async def transcript(request: Request, centre: Centre, who: Caller, call: str) -> Response:
    """Who said what and when; for those who may hear the call."""
    record, facts = await call_seen_by(centre, who, call)
    if not may_hear(who, record):
        raise forbidden()
    backlog = backlog_of(request)
    heard = await backlog.of_call(call)
    turns = said_by(facts, await backlog.words(call)) if heard.state == "done" else []
    state, why = await _standing(backlog, record, heard, centre.now_ms())
    if record.ended_ms is None and state == "none":
        turns = await _said_so_far(request, call, facts)
        state, why = ("partial", None) if turns else (state, why)
    shown = turns if sees_private(who, record) else masked(turns)
    return json(
        Transcript(
            state=state,
            turns=shown,
            by=heard.by,
            progress=heard.progress,
            notes=heard.notes,
            why=why,
            error=heard.error.detail if heard.error else "",
        )
    )


@router.get("/hearings/summary", operation_id="hearings", responses=gives(Summary))
async def summary(
    request: Request,
    centre: Centre,
    _who: Annotated[Principal, Depends(may(Permission.SEE_CALLS, Permission.MEASURE))],
) -> Response:
    """How many recordings wait to be heard, how fast they are, and whether anybody hears."""
    return json(await backlog_of(request).summary(centre.now_ms()))


@router.post("/calls/{call}/transcript", operation_id="hearAgain", status_code=202, response_class=Response)
async def hear_again(
    request: Request,
    centre: Centre,
    who: Annotated[Principal, Depends(may(Permission.HEAR_CALLS))],
    call: str,
) -> Response:
    """Let a recording that could not be heard be tried once more. 409 when it did not fail."""
    await call_seen_by(centre, who, call)
    if not await backlog_of(request).retry(call):
        raise Refused(409, "not_possible", f"The hearing of call {call[:64]} did not fail.")
    return Response(status_code=202)


def may_hear(who: Principal, record: CallRecord) -> bool:
    """Anybody's call with the right to, one's own in any case."""
    return who.may(Permission.HEAR_CALLS) or record.talked_to(who.user)


def sees_private(who: Principal, record: CallRecord) -> bool:
    """Numbers of phones, identity papers and cards: with the right to, and whoever was told them."""
    return who.may(Permission.SEE_PRIVATE) or record.talked_to(who.user)


def said_by(facts: Iterable[Fact], words: Iterable[Words]) -> list[Said]:
    """The turns of a call in the order of their beginnings, each with who spoke."""
    return [said_of(party, one.fields) for party, one in speakers(facts, words)]


async def stretches_to_beep(request: Request, record: CallRecord) -> list[tuple[int, int]]:
    """Where a recording tells private numbers, in ms from its beginning.

    Raises 409 `not_heard` while nobody knows: then nothing can be hidden.
    """
    backlog = backlog_of(request)
    heard = await backlog.of_call(record.id)
    if heard.state != "done":
        raise Refused(
            409,
            "not_heard",
            f"The recording of call {record.id[:64]} is not heard yet: numbers in it cannot be covered. "
            "Try again once its transcript is there.",
        )
    turns = said_by((), await backlog.words(record.id))
    return [(max(0, begin - heard.zero_ms), end - heard.zero_ms) for begin, end in private_stretches(turns)]


def backlog_of(request: Request) -> Backlog:
    """The recordings that are, or were, to be heard."""
    backlog: Backlog = request.app.state.backlog
    return backlog


def add_hearings(metrics: Metrics, watch: HearingWatch) -> None:
    """The backlog among the figures for a monitoring system, some seconds old."""

    def of(read: Callable[[Summary], float | None]) -> Callable[[], float]:
        return lambda: 0.0 if watch.summary is None else read(watch.summary) or 0.0

    metrics.gauge(
        "hearings_waiting", "Recordings that wait to be heard", of(lambda now: now.waiting + now.claimed)
    )
    metrics.gauge("hearings_waiting_seconds", "Sound in them", of(lambda now: now.waiting_ms / 1000))
    metrics.gauge("hearings_failed", "Recordings that could not be heard", of(lambda now: now.failed))
    metrics.gauge("hearings_factor", "Time to hear by time of sound", of(lambda now: now.factor))
    metrics.gauge("speech_workers", "Workers that hear", of(lambda now: now.workers))


async def _said_so_far(request: Request, call: str, facts: Iterable[Fact]) -> list[Said]:
    board: LiveBoard = request.app.state.live_board
    heard = [
        Words(party=each.party, at_ms=each.to_ms, fields=each.fields)
        for each in await board.of_call(call)
        if each.fields
    ]
    return sorted(said_by(facts, heard), key=lambda said: said.from_ms)


async def _standing(
    backlog: Backlog, record: CallRecord, heard: Heard, now_ms: int
) -> tuple[State, dict[str, Any] | None]:
    """How it stands, and why. A call that has just ended is in line only after some seconds: it waits too."""
    match heard.state:
        case "none":
            why = await why_unheard(backlog.db, record, now_ms)
            return ("waiting", None) if why is None else ("none", {"code": why})
        case "waiting":
            alive = (await backlog.summary(now_ms)).workers
            return "waiting", None if alive else {"code": "no_recogniser"}
        case "claimed":
            return "waiting", None
        case "done" | "failed":
            return heard.state, heard.error.why if heard.error else None
        case _:
            assert_never(heard.state)
