"""What the centre and the demo's traffic maker tell each other."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.calls.service import CallService
from huawu.platform.clock import Clock
from huawu.web.auth import may
from huawu.web.errors import json
from huawu.web.schema import gives
from huawu.web.views import SimulationView

SILENT_AFTER_MS: Final = 10_000
"""A traffic maker that has not reported for this long is gone."""

router = APIRouter(prefix="/api/v1/simulation", tags=["simulation"])


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """What the traffic maker hears: whether new callers shall come, who talks, how its agents stand."""

    on: bool
    talking: list[str]  # callers' numbers
    agents: dict[str, str]  # agent → state


class Report(BaseModel):
    """How the traffic maker is doing."""

    callers: int = Field(ge=0)
    calls_per_minute: float = Field(ge=0)


class SimulationDesk:
    """The centre's side of it."""

    def __init__(self, service: CallService, clock: Clock, *, on: bool = True) -> None:
        self._service = service
        self._clock = clock
        self._on = on
        self._reported_ms = 0
        self._report = Report(callers=0, calls_per_minute=0)

    def take(self, report: Report) -> Orders:
        """The traffic maker reports and is given its orders."""
        self._reported_ms = self._clock.now_ms()
        self._report = report
        return Orders(
            on=self._on,
            talking=self._service.callers_talking(),
            agents={view.id: view.state for view in self._service.screens.agents()},
        )

    def view(self) -> SimulationView:
        """What pages show of it."""
        available = self._clock.now_ms() - self._reported_ms < SILENT_AFTER_MS
        return SimulationView(
            available=available,
            on=self._on and available,
            callers=self._report.callers if available else 0,
            calls_per_minute=self._report.calls_per_minute,
        )

    async def turn(self, on: bool) -> SimulationView:
        """Let new simulated callers come, or not; those on the line finish their calls."""
        self._on = on
        return self.view()


@router.post("/report", operation_id="reportSimulation", responses=gives(Orders))
async def report(
    request: Request, told: Report, _who: Annotated[Principal, Depends(may(Permission.SIMULATE))]
) -> Response:
    """The traffic maker's own door."""
    desk: SimulationDesk = request.app.state.simulation
    return json(desk.take(told))
