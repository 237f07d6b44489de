"""The main story with PostgreSQL, and Ctrl-C in mid-call."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from huawu.calls.finding import CallFilter
from huawu.calls.store import CallStore
from huawu.platform.database import Database
from tests.centre import story
from tests.centre.scene import Scene
from tests.support.centre import Api, running_centre

pytestmark = [pytest.mark.sip, pytest.mark.postgres]


async def test_the_main_story_on_postgresql_and_an_end_by_ctrl_c(postgres_url: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_centre(data, arguments=("--database", postgres_url)) as centre:
        api = Api(centre)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(api.http)
            scene = Scene(centre, api, tmp_path, stack)
            call = await story.caller_reaches_an_agent_by_the_menu(scene, "13800000701")
            await story.recording_plays(api, call)

            agent = await scene.agent("1002")
            caller = await scene.caller("13800000702", "4001")
            await agent.say(story.AGENT_HZ)
            await caller.hears(story.AGENT_HZ)
            code = await asyncio.to_thread(centre.stop, signal.SIGINT)
            assert code == 0, centre.screen
            await caller.ended()  # both were sent BYE
            await agent.ended()
    assert not (data / "ready.json").exists()
    database = Database(postgres_url)
    try:
        store = CallStore(database, rescue=tmp_path / "rescue")
        assert await store.open_calls() == []
        [ended] = (await store.find(CallFilter(query="13800000702"))).calls
    finally:
        await database.close()
    assert (ended.state, ended.outcome, ended.reason) == ("ended", "answered", "shutdown")
    assert ended.recording is not None
    assert ended.recording.state == "complete"
