"""A phone of a real centre dials outside: let out, refused, capped, stopped, and always helped."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from huawu.cli.demo import demo_text
from tests.centre.scene import SIP_SCENARIOS, Line, Scene
from tests.support.centre import Api, RunningCentre, eventually, running_centre
from tests.support.rtp import rtp_peer
from tests.support.sipp import Sipp, start_sipp
from tests.support.tools import free_port, until

pytestmark = pytest.mark.sip

CARRIER_HZ, AGENT_HZ = 900.0, 400.0
OUTSIDE = """
trunks:
  - {{trunk: dead, target: "127.0.0.1:{dead}"}}
  - {{trunk: city, target: "127.0.0.1:{port}"}}
outbound:
  rules:
    - {{rule: city, who: agent, prefixes: "0", strip: 1, trunks: [dead, city], form: e164}}
    - {{rule: abroad, who: agent, prefixes: ["00"], trunks: city}}
  emergency: [110]
  emergency_trunks: city
  countries: [CN, HK]
  caps_of: {{"1003": {{day: 1}}}}
  alarm: {{calls: 1, window: 1h}}
"""


class House:
    """A centre with a carrier that answers one call at a time."""

    def __init__(self, scene: Scene, port: int) -> None:
        self.scene = scene
        self.port = port
        self._calls = 0

    async def calls(self, user: str, number: str) -> Sipp:
        """Somebody's phone calls outside and both hear each other; what the carrier saw."""
        scene = self.scene
        carrier_ear = await scene.stack.enter_async_context(rtp_peer())
        self._calls += 1
        await until(lambda: _free(self.port), "the carrier's port")
        carrier = await start_sipp(
            SIP_SCENARIOS / "agent_answers.xml",
            scene.folder,
            name=f"carrier{self._calls}",
            peer_port=scene.centre.sip_port,
            port=self.port,
            rtp_port=carrier_ear.port,
        )
        far = Line(carrier, carrier_ear, scene.stack)
        scene.stack.push_async_callback(carrier.program.stop)
        phone = await scene.dials(user, number)
        await far.say(CARRIER_HZ)
        await phone.say(AGENT_HZ)
        await phone.hears(CARRIER_HZ)
        await far.hears(AGENT_HZ)
        phone.hang_up()
        await phone.ended()
        await carrier.succeeds()
        return carrier

    async def is_refused(self, user: str, number: str, words: str) -> None:
        """The phone is told 403 and why, and the call's record too."""
        scene = self.scene
        assert (await scene.refused(user, number, registered=True)).startswith("SIP/2.0 403")
        told = "".join(path.read_text() for path in scene.folder.glob("caller_refused*.messages"))
        assert f'Warning: 399 huawu "{words}' in told


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, ports: tuple[int, int]) -> Iterator[RunningCentre]:
    folder = tmp_path_factory.mktemp("tolls")
    file = folder / "centre.yaml"
    file.write_text(demo_text() + OUTSIDE.format(port=ports[0], dead=ports[1]))
    with running_centre(folder / "data") as centre:
        done = huawu(centre, "config", "import", str(file), "--yes")
        assert done.returncode == 0, done.stderr
        yield centre


@pytest.fixture
async def house(centre: RunningCentre, ports: tuple[int, int], tmp_path: Path) -> AsyncIterator[House]:
    api = Api(centre)
    async with api.http, AsyncExitStack() as stack:
        await until(lambda: "new configuration taken over" in centre.log("centre"), "the rules")
        yield House(Scene(centre, api, tmp_path, stack), ports[0])


def huawu(centre: RunningCentre, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "huawu.cli.main", *words, "--data", str(centre.folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


async def test_an_agent_reaches_a_number_outside_though_the_first_trunk_is_dead(house: House) -> None:
    carrier = await house.calls("1002", "013800138000")
    assert carrier.received[0].startswith("INVITE sip:+8613800138000@")
    call = await house.scene.api.call_from("1002", state="ended")
    assert call["direction"] == "out"
    kinds = [fact["kind"] for fact in call["facts"]]
    assert kinds.index("outside") < kinds.index("trunk_failed") < kinds.index("bridged")


async def test_what_no_rule_allows_is_refused_with_words_and_on_record(house: House) -> None:
    await house.is_refused("1002", "0013105551234", "Calls to this country are blocked here")
    await house.is_refused("1002", "016812345", "Numbers of this kind are blocked here")
    refused = await house.scene.api.fact_of("1002", "outside_refused", why="kind")
    assert refused["person"] == "1002"
    log = house.scene.centre.log("centre")
    assert "call outside refused" in log
    assert "0013105551234" not in log


async def test_a_cap_holds_and_help_is_reached_all_the_same(house: House) -> None:
    await house.calls("1003", "013800138000")
    await house.is_refused("1003", "013800138000", "As many calls outside as allowed were made today")
    carrier = await house.calls("1003", "110")
    assert carrier.received[0].startswith("INVITE sip:110@")
    assert "Priority: emergency" in carrier.received[0]
    await house.scene.api.fact_of("1003", "emergency", number="110")


async def test_the_alarm_stops_what_is_costly_over_a_restart_until_it_is_reset(house: House) -> None:
    api, centre = house.scene.api, house.scene.centre
    words = "Costly calls are stopped after the toll alarm"
    await house.calls("1004", "0085221234567")
    await house.is_refused("1004", "0085221234567", words)
    stop = (await api.get("/tolls"))["stop"]
    assert (stop["person"], stop["calls"]) == ("1004", 2)
    before = centre.kill("centre")
    await until(lambda: _another(centre, before), "another centre", 60)
    await eventually(lambda: _up(api), "the switch and the centre together", 60)
    await house.is_refused("1004", "0085221234567", words)
    await house.calls("1004", "110")
    assert "Costly calls are stopped." in huawu(centre, "tolls", "show").stdout
    answer = await api.http.post("/tolls/reset", json={"why": "known customers"})
    assert answer.status_code == 200
    assert answer.json()["stop"] is None
    assert [event["what"] for event in answer.json()["events"]] == ["reset", "stop"]
    await house.calls("1004", "0085221234567")
    await house.is_refused("1004", "0085221234567", words)
    assert huawu(centre, "tolls", "reset", "--why", "again").returncode == 0
    await until(lambda: centre.log("centre").count("costly calls may leave again") == 2, "the reset")
    assert huawu(centre, "tolls", "reset").returncode == 1


def _another(centre: RunningCentre, before: int) -> bool:
    try:
        return centre.process_of("centre").pid != before
    except LookupError:
        return False


async def _up(api: Api) -> bool:
    try:
        return bool((await api.http.get("/health")).json().get("switch") == "up")
    except Exception:
        return False


def _free(port: int) -> bool:
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
