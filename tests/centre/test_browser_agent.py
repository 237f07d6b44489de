"""An agent in a real Chromium at a real centre: the echo number, a caller, a page loaded anew."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from tests.centre.scene import MUSIC, Scene
from tests.support.page_phone import PagePhone, chromium, served_page
from tests.support.tools import PATIENCE_S

pytestmark = [pytest.mark.browser, pytest.mark.sip]

AGENT = "1005"
CALLER_HZ, AGENT_HZ = 900.0, 440.0


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served_page(tmp_path_factory.mktemp("page")) as url:
        yield url


@pytest.fixture
async def page(tmp_path: Path, page_url: str) -> AsyncIterator[PagePhone]:
    async with chromium(tmp_path, page_url) as (phone,):
        yield phone


async def signs_in(scene: Scene, page: PagePhone) -> None:
    """The agent's page registers with the secret that the centre lends it."""
    person = scene.centre.person(AGENT)
    client = httpx.AsyncClient(base_url=f"{scene.centre.http}/api/v1", trust_env=False, timeout=PATIENCE_S)
    await scene.stack.enter_async_context(client)
    answer = await client.post("/session", json={"user": AGENT, "password": person.password})
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    phone = (await client.post("/phone", json={"take_over": True})).json()
    scene.stack.push_async_callback(client.delete, "/session")
    assert phone["ice"] == [], "the demo names no STUN or TURN server"
    await page.register(
        phone["websocket"],
        AGENT,
        hertz=AGENT_HZ,
        password=phone["password"],
        realm=phone["realm"],
        authorization_user=phone["authorization_user"],
    )
    await scene.api.reachable(AGENT)


async def test_an_agent_tries_the_page_by_the_echo_number(scene: Scene, page: PagePhone) -> None:
    await signs_in(scene, page)
    await page.call(scene.centre.numbers["echo"])
    await page.hears(AGENT_HZ, within_s=30)
    await page.do("phone.session.terminate()")
    await page.told("ended")


async def test_an_agents_page_takes_a_caller_is_loaded_anew_and_goes_on(
    scene: Scene, page: PagePhone
) -> None:
    number, api = "13800000701", scene.api
    await signs_in(scene, page)
    await api.set_state(AGENT, "ready")
    caller = await scene.caller(number, scene.centre.numbers["menu"])
    await caller.say(CALLER_HZ)
    await caller.press("1")
    await page.told("media connected", within_s=60)
    await page.hears(CALLER_HZ)
    await caller.hears(AGENT_HZ)
    replaces = str(await page.do("phone.replaces()"))
    await page.open()
    await api.fact_of(number, "line_away", party="agent", why="left")
    await caller.hears_sound(MUSIC)
    await page.call(AGENT, replaces)
    await api.fact_of(number, "replaced", party="agent")
    await page.hears(CALLER_HZ)
    await caller.hears(AGENT_HZ)
    assert (await api.agent(AGENT))["state"] == "talking"
    caller.hang_up()
    await caller.ended()
    call = await api.call_from(number, state="ended")
    assert [fact["kind"] for fact in call["facts"]].count("bridged") == 1
    assert next(fact for fact in call["facts"] if fact["kind"] == "ended")["by"] == "caller"
