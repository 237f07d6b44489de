"""Callers who are called back and dropped calls taken up, by real phones and processes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from huawu.cli.demo import demo_text
from tests.centre.scene import MUSIC, SIP_SCENARIOS, Line, Scene
from tests.support.centre import Api, RunningCentre, describe, eventually, running_centre
from tests.support.rtp import rtp_peer
from tests.support.sipp import start_sipp
from tests.support.tools import free_port, until

pytestmark = pytest.mark.sip

CUSTOMER_HZ, AGENT_HZ = 900.0, 400.0
OUTSIDE = """
trunks:
  - {{trunk: city, target: "127.0.0.1:{port}"}}
outbound:
  rules:
    - {{rule: mobiles, who: [agent, shift_leader], prefixes: "1", trunks: city}}
"""


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[RunningCentre]:
    folder = tmp_path_factory.mktemp("callbacks")
    text = demo_text()
    assert "    name: 业务咨询\n" in text
    text = text.replace("    name: 业务咨询\n", "    name: 业务咨询\n    callback: true\n    redial: 2m\n")
    with running_centre(folder / "data") as centre:
        describe(centre.folder, text + OUTSIDE.format(port=port))
        yield centre


@pytest.fixture
async def scene(centre: RunningCentre, tmp_path: Path) -> AsyncIterator[Scene]:
    api = Api(centre)
    async with api.http, AsyncExitStack() as stack:
        await until(lambda: "new configuration taken over" in centre.log("centre"), "the rules")
        await api.quiet()
        yield Scene(centre, api, tmp_path, stack)


async def customer(scene: Scene, port: int, scenario: Path = SIP_SCENARIOS / "agent_answers.xml") -> Line:
    """The customer's phone behind the carrier, which answers one call."""
    ear = await scene.stack.enter_async_context(rtp_peer())
    sipp = await start_sipp(
        scenario,
        scene.folder,
        name="customer",
        peer_port=scene.centre.sip_port,
        port=port,
        rtp_port=ear.port,
    )
    scene.stack.push_async_callback(sipp.program.stop)
    return Line(sipp, ear, scene.stack)


async def owed(api: Api, within_s: float = 20.0, **values: Any) -> dict[str, Any]:
    """Wait for a callback or redial with these values."""

    async def look() -> dict[str, Any] | None:
        found = (await api.get("/callbacks"))["callbacks"]
        return next((one for one in found if all(one[name] == v for name, v in values.items())), None)

    return await eventually(look, f"a callback with {values}", within_s)


async def talk(agent: Line, far: Line) -> None:
    await far.say(CUSTOMER_HZ)
    await agent.say(AGENT_HZ)
    await agent.hears(CUSTOMER_HZ)
    await far.hears(AGENT_HZ)


async def test_who_presses_one_is_called_back_once_although_centre_and_switch_died(
    scene: Scene, port: int
) -> None:
    api, number = scene.api, "13800001001"
    caller = await scene.caller(number, "4001")
    await caller.hears_sound(MUSIC, within_s=30)
    await caller.press("1")
    await caller.ended()
    waiting = await owed(api, number=number, state="waiting")
    assert (await api.queue("general"))["callbacks"] == 1
    for process in ("centre", "switch"):
        pid = scene.centre.kill(process)

        async def back(pid: int = pid, process: str = process) -> bool:
            try:
                there = scene.centre.process_of(process).pid != pid  # type: ignore[arg-type]
                return there and (await api.http.get("/health")).json()["switch"] == "up"
            except Exception:  # not yet
                return False

        await eventually(back, f"the {process} to be back", 60)
    assert (await owed(api, id=waiting["id"]))["state"] == "waiting"
    far = await customer(scene, port)
    agent = await scene.agent("1001")
    await talk(agent, far)
    done = await owed(api, id=waiting["id"], state="done")
    assert (done["agent"], done["attempts"]) == ("1001", 1)
    assert [line for line in far.sipp.received if line.startswith("INVITE")] == far.sipp.received[:1]
    assert far.sipp.received[0].startswith(f"INVITE sip:{number}@")
    agent.hang_up()
    await agent.ended()
    call = await api.get(f"/calls/{done['call']}")
    assert call["direction"] == "out"
    kinds = [fact["kind"] for fact in call["facts"]]
    assert kinds.index("callback_placed") < kinds.index("outside") < kinds.index("bridged")


async def test_a_callback_can_be_cancelled(scene: Scene) -> None:
    api, number = scene.api, "13800001002"
    caller = await scene.caller(number, "4001")
    await caller.hears_sound(MUSIC, within_s=30)
    await caller.press("1")
    await caller.ended()
    waiting = await owed(api, number=number, state="waiting")
    assert (await api.http.delete(f"/callbacks/{waiting['id']}")).status_code == 204
    assert (await owed(api, id=waiting["id"]))["state"] == "cancelled"
    assert (await api.http.delete(f"/callbacks/{waiting['id']}")).status_code == 404


async def test_a_callback_to_a_busy_customer_is_on_record_as_that(scene: Scene, port: int) -> None:
    api, number = scene.api, "13800001004"
    caller = await scene.caller(number, "4001")
    await caller.hears_sound(MUSIC, within_s=30)
    await caller.press("1")
    await caller.ended()
    await owed(api, number=number, state="waiting")
    await customer(scene, port, SIP_SCENARIOS / "agent_busy.xml")
    agent = await scene.agent("1003")
    missed = await owed(api, number=number, state="paused")
    assert (missed["attempts"], missed["reason"]) == (1, "busy")
    await agent.ended()
    call = await api.call_from(number, state="ended", direction="out")
    assert (call["id"], call["outcome"], call["reason"]) == (missed["call"], "busy", "busy")
    assert (await api.http.delete(f"/callbacks/{missed['id']}")).status_code == 204


async def test_a_call_that_dies_with_the_switch_is_taken_up_by_its_agent(scene: Scene, port: int) -> None:
    api, number = scene.api, "13800001003"
    agent = await scene.agent("1002")
    caller = await scene.caller(number, "4001")
    await talk(agent, caller)
    scene.centre.kill("switch")
    await agent.sipp.program.stop()
    await caller.sipp.program.stop()
    redial = await owed(api, 60, kind="redial", number=number)
    assert (redial["agent"], redial["state"]) == ("1002", "waiting")
    far = await customer(scene, port)
    again = await scene.agent("1002", ready=False)
    await talk(again, far)
    done = await owed(api, id=redial["id"], state="done")
    again.hang_up()
    await again.ended()
    first = await api.get(f"/calls/{redial['origin']}")
    assert first["reason"] == "switch_lost"
    assert [f["redial"] for f in first["facts"] if f["kind"] == "redial_offered"] == [done["call"]]
