"""The shift leader's page over HTTP: doors, callers and agents moved, lost callers, warnings, trends."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.acd.events import AgentId, Overflow, OverflowAction
from huawu.calls.monitor.trends import Trends
from huawu.calls.monitor.views import LostCall, Monitor, QueueControl, Seat, Warned
from huawu.calls.monitor.watch import Kept, Watch
from huawu.config.warnings import QueueLimits
from huawu.platform.log import masked
from huawu.platform.metrics import Metrics
from huawu.web.api import Centre
from huawu.web.auth import may
from huawu.web.errors import Refused, json
from huawu.web.moves import Leader
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1", tags=["monitor"])
Runner = Annotated[Principal, Depends(may(Permission.RUN_QUEUES))]
Until = Annotated[int | None, Field(ge=0, lt=2**53)]
Name = Annotated[str, Field(max_length=64)]


class DoorWanted(BaseModel):
    door: Literal["hours", "open", "closed"]
    note: str = Field(default="", max_length=200)
    until_ms: Until = None


class DivertWanted(BaseModel):
    queue: Name = ""
    number: Name = ""
    flow: Name = ""
    hang_up: bool = False
    note: str = Field(default="", max_length=200)
    until_ms: Until = None


class WaitingWanted(BaseModel):
    to: Name
    calls: Annotated[list[Name], Field(max_length=1_000)] | None = None


class QueuesWanted(BaseModel):
    queues: list[Name] = Field(max_length=100)
    reason: str = Field(default="", max_length=200)
    until_ms: Until = None


class CallBackWanted(BaseModel):
    mine: bool = False


class NoteWanted(BaseModel):
    note: str = Field(default="", max_length=500)


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """How many callers stand in another line now."""

    moved: int


class AgentLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What agents may do so long, or so often; 0 = no bound."""

    wrap_up_long_ms: int
    break_long_ms: int
    break_sum_ms: int
    talk_long_ms: int
    unavailable_long_ms: int
    offers_missed: int
    offers_missed_window_ms: int


class CentreLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Over how long shares are taken, of how many calls at least; how much of the disk is to be free."""

    window_ms: int
    least_calls: int
    disk_free_share: float


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """What warns at what, by the configuration that holds."""

    queues: dict[str, QueueLimits]
    agents: AgentLimits
    centre: CentreLimits


def watch_of(request: Request) -> Watch:
    watch: Watch = request.app.state.watch
    return watch


def kept_of(request: Request) -> Kept:
    kept = watch_of(request).kept
    assert kept is not None
    return kept


Board = Annotated[Watch, Depends(watch_of)]
Desks = Annotated[Kept, Depends(kept_of)]


def add_warnings(metrics: Metrics, watch: Watch) -> None:
    """Warnings by kind among the figures."""
    if watch.kept is not None:
        warnings = watch.kept.warnings
        metrics.by_kind("warnings", "Warnings begun since the centre started", warnings.begun, total=True)
        metrics.by_kind("warnings_now", "Warnings that last", warnings.running, total=False)


def without_callers(value: Any) -> Any:
    """What the screen shows, for those who may not see whom agents talk with."""
    if isinstance(value, list | tuple):
        return [without_callers(each) for each in value]
    if not isinstance(value, dict):
        return value
    hidden = {"caller"} if "hang_up" in value else {"caller", "number"}
    return {
        name: masked(each) if name in hidden and isinstance(each, str) and each else without_callers(each)
        for name, each in value.items()
    }


def masked_frame(frame: bytes) -> bytes:
    """A frame of the live screen for them."""
    return msgspec.json.encode(without_callers(msgspec.json.decode(frame)))


def _given(request: Request, wanted: BaseModel) -> None:
    """What was asked goes into the audit."""
    request.state.audited = wanted.model_dump(exclude_none=True, exclude_defaults=True)


# ── Looking ───────────────────────────────────────────────────────────────────────────────────────


@router.get("/monitor", operation_id="monitor", responses=gives(Monitor))
async def monitor(board: Board, who: Leader) -> Response:
    """Queues as leaders turn them, agents' days, lost callers, warnings, calls: as the live screen."""
    whole = board.desk.whole()
    return json(whole if who.may(Permission.SEE_NUMBERS) else without_callers(msgspec.to_builtins(whole)))


@router.get("/monitor/trends", operation_id="trends", responses=gives(Trends))
async def trends(
    centre: Centre,
    desks: Desks,
    _who: Leader,
    hours: Annotated[int, Query(ge=1, le=24)] = 4,
    step_ms: Annotated[int, Query(ge=60_000, le=3_600_000)] = 300_000,
) -> Response:
    """The last hours of each queue, step by step, from the calls on record."""
    goals = {name: queue.goal_ms for name, queue in centre.configuration.queues.items()}
    return json(await desks.trends.read(hours, step_ms, goals))


@router.get("/thresholds", operation_id="thresholds", responses=gives(Thresholds))
async def thresholds(desks: Desks, _who: Leader) -> Response:
    """What warns at what, after the configuration's part `warnings`."""
    bounds, queues = desks.warnings.thresholds()
    return json(
        Thresholds(
            queues=queues,
            agents=AgentLimits(
                wrap_up_long_ms=bounds.wrap_up_ms,
                break_long_ms=bounds.break_ms,
                break_sum_ms=bounds.breaks_ms,
                talk_long_ms=bounds.talk_ms,
                unavailable_long_ms=bounds.unavailable_ms,
                offers_missed=bounds.missed,
                offers_missed_window_ms=bounds.missed_within_ms,
            ),
            centre=CentreLimits(
                window_ms=bounds.window_ms,
                least_calls=bounds.least_calls,
                disk_free_share=bounds.disk_free,
            ),
        )
    )


@router.post("/warnings/{warning}/seen", operation_id="warningSeen", responses=gives(Warned))
async def seen(desks: Desks, who: Leader, warning: str) -> Response:
    """Take note of a warning; who was first stays. 404 when it is over."""
    return json(await desks.warnings.seen(warning, who.user, who.name))


# ── Queues ────────────────────────────────────────────────────────────────────────────────────────


@router.post("/queues/{queue}/door", operation_id="turnDoor", responses=gives(QueueControl))
async def door(
    request: Request, board: Board, desks: Desks, who: Runner, queue: str, wanted: DoorWanted
) -> Response:
    """Open or close a queue for new callers, or let it be as its flow and calendar say."""
    _given(request, wanted)
    await desks.steering.turn_door(queue, wanted.door, who.user, wanted.note, wanted.until_ms or 0)
    return json(board.desk.control(queue))


@router.post("/queues/{queue}/divert", operation_id="divertQueue", responses=gives(QueueControl))
async def divert(
    request: Request, board: Board, desks: Desks, who: Runner, queue: str, wanted: DivertWanted
) -> Response:
    """Lead new callers elsewhere at once; to exactly one of queue, number, flow and the end."""
    ways: tuple[tuple[OverflowAction, str], ...] = (
        ("queue", wanted.queue),
        ("number", wanted.number),
        ("flow", wanted.flow),
    )
    to = [Overflow(action=action, target=target) for action, target in ways if target]
    to += [Overflow(action="hang_up")] if wanted.hang_up else []
    if len(to) != 1:
        raise Refused(422, "invalid", "Name exactly one of queue, number, flow and hang_up.")
    _given(request, wanted)
    await desks.steering.divert(queue, to[0], who.user, wanted.note, wanted.until_ms or 0)
    return json(board.desk.control(queue))


@router.delete("/queues/{queue}/divert", operation_id="endDivert", responses=gives(QueueControl))
async def end_divert(board: Board, desks: Desks, _who: Runner, queue: str) -> Response:
    """New callers come into the queue again."""
    await desks.steering.end_divert(queue)
    return json(board.desk.control(queue))


@router.post("/queues/{queue}/waiting", operation_id="moveWaiting", responses=gives(Moved))
async def waiting(request: Request, desks: Desks, who: Runner, queue: str, wanted: WaitingWanted) -> Response:
    """Put those who wait, or some of them, into another line; the wait so far goes along."""
    calls = None if wanted.calls is None else set(wanted.calls)
    moved = desks.steering.move_waiting(queue, wanted.to, calls, who.user)
    request.state.audited = {"to": wanted.to, "moved": moved}
    return json(Moved(moved=moved))


# ── Agents ────────────────────────────────────────────────────────────────────────────────────────


@router.post("/agents/{agent}/queues", operation_id="moveAgent", responses=gives(Seat))
async def move(
    request: Request, board: Board, desks: Desks, who: Runner, agent: str, wanted: QueuesWanted
) -> Response:
    """Let an agent serve these queues instead of those of the configuration; the agent is told."""
    _given(request, wanted)
    queues = tuple(wanted.queues)
    await desks.steering.move_agent(agent, queues, who.user, wanted.reason, wanted.until_ms or 0)
    return json(board.desk.seat(AgentId(agent)))


@router.delete("/agents/{agent}/queues", operation_id="moveAgentBack", responses=gives(Seat))
async def move_back(board: Board, desks: Desks, who: Runner, agent: str) -> Response:
    """Back to the queues of the configuration; the agent is told."""
    await desks.steering.move_back(agent, who.user)
    return json(board.desk.seat(AgentId(agent)))


# ── Lost callers ──────────────────────────────────────────────────────────────────────────────────


@router.post("/lost/{call}/call_back", operation_id="callBackLost", responses=gives(LostCall))
async def call_back(
    request: Request, desks: Desks, who: Runner, call: str, wanted: CallBackWanted
) -> Response:
    """Have a caller called back who gave up; `mine`: one's own phone is rung now, then the caller called."""
    _given(request, wanted)
    return json(await desks.lost.call_back(call, who.user, who.name, mine=wanted.mine))


@router.post("/lost/{call}/set_aside", operation_id="setLostAside", responses=gives(LostCall))
async def set_aside(request: Request, desks: Desks, who: Runner, call: str, wanted: NoteWanted) -> Response:
    """Nothing is to be done about a lost call, and why."""
    _given(request, wanted)
    return json(await desks.lost.set_aside(call, wanted.note, who.user, who.name))
