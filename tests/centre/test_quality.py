"""Inspection at a real centre: a call is judged within seconds, and people go on from there."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.centre.scene import Scene
from tests.support.centre import eventually

pytestmark = pytest.mark.sip

AGENT, NUMBER = "1001", "01305001"


async def _page(scene: Scene, user: str) -> httpx.AsyncClient:
    centre = scene.centre
    client = httpx.AsyncClient(base_url=f"{centre.http}/api/v1", trust_env=False, timeout=20)
    scene.stack.push_async_callback(client.aclose)
    answer = await client.post("/session", json={"user": user, "password": centre.person(user).password})
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


async def test_a_call_is_judged_inspected_and_told_to_its_agent(scene: Scene) -> None:
    agent = await scene.agent(AGENT)
    page, inspector = await _page(scene, AGENT), await _page(scene, "inspector")
    caller = await scene.caller(NUMBER, scene.centre.numbers["queue"])
    await caller.say(400.0)
    await agent.say(900.0)
    await caller.hears(900.0)
    talking = await scene.api.call_from(NUMBER, state="talking")
    caller.hang_up()
    await caller.ended()
    await agent.ended()
    call = talking["id"]

    async def judged() -> dict[str, Any] | None:
        answer = await inspector.get(f"/calls/{call}/assessment")
        assert answer.status_code == 200 or answer.json()["error"]["code"] == "not_judged", answer.text
        return answer.json() if answer.status_code == 200 else None

    first = await eventually(judged, "the call's assessment")
    verdicts = {each["rule"]: each["verdict"] for each in first["findings"]}
    assert verdicts["open.third-ring"] == "pass", "it was answered at once"
    assert (first["agent"], first["words"]) == (AGENT, False)

    form = {"disposition": "complaint.attitude", "summary": "态度", "done": True}
    assert (await page.put(f"/calls/{call}/wrap-up", json=form)).status_code == 200
    kinds = [one["kind"] for one in (await page.get(f"/calls/{call}")).json()["facts"]]
    assert {"filed", "ticket_opened", "promised"} <= set(kinds)
    [ticket] = (await page.get(f"/calls/{call}/tickets")).json()["tickets"]
    assert (ticket["disposition"], ticket["overdue"]) == ("complaint.attitude", False)

    made = (await inspector.post("/quality/inspections", json={"call": call})).json()
    items = [
        {"id": each["id"], "stand": "judged", "verdict": "pass"}
        if each["by"] == "person"
        else {"id": each["id"], "stand": "overrule", "verdict": "not_applicable", "reason": "测试通话"}
        for each in made["items"]
        if each["by"] == "person" or each["machine"] in ("breach", "unsure")
    ]
    url = f"/quality/inspections/{made['id']}"
    saved = await inspector.put(url, json={"version": made["version"], "items": items, "comment": "好"})
    assert saved.status_code == 200, saved.text
    version = {"version": saved.json()["version"]}
    told = await inspector.post(f"{url}/submit?tell=true", json=version)
    assert (told.status_code, told.json()["state"]) == (200, "told")
    mine = (await page.get("/quality/inspections")).json()["inspections"]
    assert made["id"] in [each["id"] for each in mine]
    assert (await page.get(url)).json()["comment"] == "好"
    figures = (await inspector.get("/quality/figures?by=rule")).json()["rows"]
    ring = next(each for each in figures if each["key"] == "open.third-ring")
    assert ring["calls"] >= 1
    assert ring["low"] <= ring["rate"] <= ring["high"]
    own = {
        "id": "own.rule",
        "part": "opening",
        "source": "test",
        "title": {"zh": "规则", "en": "rule"},
        "looks_at": "T",
        "points": 1,
        "checks": [{"never": {"conversation": True}}],
    }
    tried = {"overrides": {"add": [own]}, "calls": 50}
    told = await inspector.post("/book/trial", json=tried)
    trial = json.loads(told.text.splitlines()[-1])["result"]
    gained = [each["call"] for each in trial["changes"] if each["rule"] == "own.rule"]
    assert call in gained, trial
