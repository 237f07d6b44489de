"""Nobody's first request holds up calls: routes are analysed and all is loaded before the centre is ready."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.dependencies.utils import get_dependant
from fastapi.routing import APIRoute

from huawu.web.first_request import answer_one

LATER = """
import asyncio, sys
from pathlib import Path

from huawu.web.app import create_app
from huawu.web.first_request import answer_one

async def main():
    app = create_app(object(), None, data=Path("/tmp"), metrics=object(), static=Path("/nowhere"))
    before = set(sys.modules)
    assert await answer_one(app) == 200
    first = set(sys.modules)
    assert await answer_one(app) == 200
    print(len(first - before), len(set(sys.modules) - first))

asyncio.run(main())
"""


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of routes, as FastAPI looks into their parameters."""
    paths: list[str] = []

    def noted(**words: Any) -> Any:
        paths.append(words["path"])
        return get_dependant(**words)

    monkeypatch.setattr("fastapi.routing.get_dependant", noted)
    return paths


async def test_no_route_is_analysed_when_it_is_first_asked(
    app: FastAPI, client: httpx.AsyncClient, analysed: list[str]
) -> None:
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    assert len(routes) > 100
    for route in routes:
        path = re.sub(r"\{[^}]*\}", "x", route.path)
        for method in route.methods or ():
            answer = await client.request(method, f"http://centre{path}")
            assert answer.status_code != 405, path
    assert analysed == []


async def test_a_router_that_is_included_is_analysed_when_it_is_first_asked(analysed: list[str]) -> None:
    """What our routes are spared; if it no longer holds, they may be included like anybody's."""
    router = APIRouter()

    @router.get("/late")
    def late() -> dict[str, str]:
        return {}

    assert analysed == ["/late"]
    app = FastAPI()
    app.include_router(router)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
        for _ in range(2):
            assert (await client.get("/late")).json() == {}
    assert analysed == ["/late", "/late"]


async def test_the_request_that_nobody_made_is_answered(app: FastAPI, tmp_path: Path) -> None:
    assert await answer_one(app) == 200


def test_what_the_first_request_loads_the_next_finds() -> None:
    done = subprocess.run([sys.executable, "-c", LATER], capture_output=True, text=True, check=True)
    at_first, later = map(int, done.stdout.split())
    assert at_first > 0
    assert later == 0
