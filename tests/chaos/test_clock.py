"""Somebody sets the clock while people talk: real processes read it through libfaketime."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.centre import story
from tests.centre.scene import Scene
from tests.support.centre import Api, running_centre
from tests.support.tools import until

pytestmark = pytest.mark.sip


class MachineClock:
    """What the processes take for the machine's clock; the monotonic one stays true, as on a real machine."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set("+0")

    def set(self, offset: str) -> None:
        """Seconds ahead of or behind the true clock, as `+7200`."""
        self._file.write_text(offset + "\n")

    @property
    def surroundings(self) -> dict[str, str]:
        (library,) = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }


@pytest.fixture
def clock(tmp_path: Path) -> MachineClock:
    return MachineClock(tmp_path / "offset")


@pytest.fixture
async def scene(clock: MachineClock, tmp_path: Path) -> AsyncIterator[Scene]:
    with running_centre(tmp_path / "data", surroundings=clock.surroundings) as centre:
        api = Api(centre)
        async with api.http, AsyncExitStack() as stack:
            yield Scene(centre, api, tmp_path, stack)


async def test_a_clock_that_is_set_moves_no_call_and_is_told(scene: Scene, clock: MachineClock) -> None:
    api, number, late = scene.api, "13800000601", "13800000602"
    agent = await scene.agent("1001")
    caller = await scene.caller(number, "4001")
    await caller.say(story.CALLER_HZ)
    await agent.say(story.AGENT_HZ)
    await caller.hears(story.AGENT_HZ)
    waiting = await scene.caller(late, "4001")
    await api.fact_of(late, "queued")
    for offset, words in (("+7200", "set forward by 7200 s"), ("-3600", "set back by 10800 s")):
        clock.set(offset)
        await until(lambda words=words: words in " ".join(scene.centre.screen.split()), words)  # type: ignore[misc]
        await caller.hears(story.AGENT_HZ)
        await agent.hears(story.CALLER_HZ)
    caller.hang_up()
    await caller.ended()
    await agent.ended()
    call = await api.call_from(number, state="ended")
    assert (call["outcome"], call["ended_by"]) == ("answered", "caller")
    assert 0 <= call["waited_ms"] < 60_000
    assert call["recording"]["length_ms"] < 60_000
    instants = [fact["at_ms"] for fact in call["facts"]]
    assert instants == sorted(instants)
    await api.agent_is("1001", "wrap_up")
    waiting.hang_up()
    await waiting.ended()
    left = await api.call_from(late, state="ended")
    assert left["outcome"] == "abandoned"
    assert 0 < left["ended_ms"] - left["queued_ms"] < 60_000
