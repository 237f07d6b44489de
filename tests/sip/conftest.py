"""A real switch, a scripted centre and SIPp phones for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.rtp import RtpPeer, rtp_peer
from tests.support.sipp import Sipp, start_sipp
from tests.support.switch import RunningSwitch, running_switch
from tests.switch.scripted_centre import PUBLIC, ScriptedCentre

SCENARIOS = Path(__file__).parent / "scenarios"

Phone = Callable[..., Awaitable[Sipp]]


@pytest.fixture
async def switch(tmp_path: Path) -> AsyncIterator[RunningSwitch]:
    async with running_switch(tmp_path) as switch:
        yield switch


@pytest.fixture
async def centre(switch: RunningSwitch) -> AsyncIterator[ScriptedCentre]:
    """Connected, and set up so that strangers may call `PUBLIC`."""
    centre = ScriptedCentre(switch.client())
    async with centre.running():
        await centre.configure()
        yield centre


@pytest.fixture
async def phone(switch: RunningSwitch, tmp_path: Path) -> AsyncIterator[Phone]:
    """`await phone("caller_waits", rtp_port=…)` starts a SIPp scenario; none outlives the test."""
    started: list[Sipp] = []

    async def start(scenario: str, **how: Any) -> Sipp:
        how.setdefault("number", PUBLIC)
        how.setdefault("peer_port", switch.port)
        sipp = await start_sipp(
            SCENARIOS / f"{scenario}.xml", tmp_path, name=f"{scenario}{len(started)}", **how
        )
        started.append(sipp)
        return sipp

    yield start
    for sipp in started:
        await sipp.program.stop()


@pytest.fixture
async def ear() -> AsyncIterator[RtpPeer]:
    """The caller's ear and mouth."""
    async with rtp_peer() as peer:
        yield peer


@pytest.fixture
async def agent_ear() -> AsyncIterator[RtpPeer]:
    """The agent's."""
    async with rtp_peer() as peer:
        yield peer
