"""The main story: a caller, the menu, a queue, an agent, and what is on record afterwards."""

from __future__ import annotations

import pytest

from tests.centre import story
from tests.centre.scene import Scene

pytestmark = pytest.mark.sip


async def test_a_caller_reaches_an_agent_by_the_menu_and_all_is_on_record(scene: Scene) -> None:
    call = await story.caller_reaches_an_agent_by_the_menu(scene, "13800000101")
    await story.recording_plays(scene.api, call)
