"""The demo centre that all these tests share, found quiet by each, and the phones around it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.centre.scene import Scene
from tests.support.centre import Api, RunningCentre
from tests.support.tools import PATIENCE_S

expect.set_options(timeout=PATIENCE_S * 1000)


@pytest.fixture
async def api(demo_centre: RunningCentre) -> AsyncIterator[Api]:
    """The interface of a quiet centre."""
    api = Api(demo_centre)
    async with api.http:
        await api.quiet()
        yield api


@pytest.fixture
async def scene(demo_centre: RunningCentre, api: Api, tmp_path: Path) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        yield Scene(demo_centre, api, tmp_path, stack)
