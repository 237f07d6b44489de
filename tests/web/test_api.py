from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from huawu.accounts.roles import Permission
from huawu.accounts.service import Accounts
from huawu.calls.facts import Fact
from huawu.web.serve import PortTaken, listen
from tests.web.conftest import SignInAs
from tests.web.fake_centre import FakeCentre


def _timeline(call: str, agent: str) -> list[Fact]:
    return [
        Fact(call=call, seq=1, at_ms=1, kind="offered", fields={"caller": "13800005678", "number": "12345"}),
        Fact(call=call, seq=2, at_ms=2, kind="bridged", fields={"agent": agent}),
    ]


async def test_signing_in_gives_a_cookie_that_scripts_cannot_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/session", json={"user": "wang", "password": "correct horse"})
    me = answer.json()
    assert me["user"] == "wang"
    assert me["agent"]
    assert "set_own_state" in me["permissions"]
    assert "administer" not in me["permissions"]
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert (await client.get("/session")).json() == answer.json()


async def test_a_wrong_password_is_told_and_in_the_end_locked(client: httpx.AsyncClient) -> None:
    for _ in range(5):
        answer = await client.post("/session", json={"user": "wang", "password": "wrong"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "wrong_credentials")
    answer = await client.post("/session", json={"user": "wang", "password": "correct horse"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "locked")
    assert answer.headers["retry-after"] == "2"


async def test_signing_out_ends_the_session(sign_in_as: SignInAs) -> None:
    client = await sign_in_as("wang")
    assert (await client.delete("/session")).status_code == 204
    assert (await client.get("/session")).status_code == 401


async def test_a_person_changes_the_own_password(sign_in_as: SignInAs) -> None:
    client = await sign_in_as("wang")
    wanted = {"old": "correct horse", "new": "battery staple"}
    assert (await client.put("/session/password", json=wanted)).status_code == 204
    assert (await client.get("/session")).status_code == 200
    answer = await client.post("/session", json={"user": "wang", "password": "battery staple"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "status", "code"),
    [
        ("wrong", "battery staple", 403, "wrong_password"),
        ("correct horse", "short", 422, "weak_password"),
        ("correct horse", "x" * 257, 422, "invalid"),
    ],
)
async def test_a_password_is_not_changed(
    sign_in_as: SignInAs, old: str, new: str, status: int, code: str
) -> None:
    client = await sign_in_as("wang")
    answer = await client.put("/session/password", json={"old": old, "new": new})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_guessing_the_old_password_is_locked_out(sign_in_as: SignInAs) -> None:
    client = await sign_in_as("wang")
    for _ in range(5):
        await client.put("/session/password", json={"old": "guess", "new": "battery staple"})
    answer = await client.put("/session/password", json={"old": "correct horse", "new": "battery staple"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")


async def test_a_password_is_changed_by_its_person_on_our_page_only(
    client: httpx.AsyncClient, accounts: Accounts, sign_in_as: SignInAs
) -> None:
    wanted = {"old": "correct horse", "new": "battery staple"}
    assert (await client.put("/session/password", json=wanted)).status_code == 401
    token = await accounts.create_token("robot", list(Permission), by="wang")
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await client.put("/session/password", json=wanted, headers=bearer)).status_code == 403
    client = await sign_in_as("wang")
    del client.headers["X-CSRF-Token"]
    answer = await client.put("/session/password", json=wanted)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "csrf")


async def test_a_foreign_page_cannot_sign_in(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/session", json={"user": "wang", "password": "correct horse"}, headers={"Origin": "http://evil"}
    )
    assert answer.status_code == 403


async def test_a_write_without_the_csrf_token_is_refused(sign_in_as: SignInAs) -> None:
    client = await sign_in_as("wang")
    del client.headers["X-CSRF-Token"]
    answer = await client.post("/agents/wang/state", json={"state": "ready"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "csrf")


@pytest.mark.parametrize(
    "path",
    [
        "/session",
        "/centre",
        "/queues",
        "/agents",
        "/calls",
        "/calls/c1",
        "/calls/c1/recording",
        "/simulation",
        "/tolls",
    ],
)
async def test_nobody_sees_anything_without_signing_in(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_signed_in")


async def test_the_centre_queues_and_agents_are_told(sign_in_as: SignInAs) -> None:
    client = await sign_in_as("wang")
    assert (await client.get("/centre")).json()["numbers"] == [{"number": "12345", "name": "热线"}]
    assert (await client.get("/queues")).json()["queues"][0]["waiting"] == 2
    assert (await client.get("/agents")).json()["agents"][0]["caller"] == "13800005678"


async def test_numbers_are_masked_for_roles_that_need_them_not(
    sign_in_as: SignInAs, centre: FakeCentre
) -> None:
    centre.timelines["c1"] = _timeline("c1", "wang")
    client = await sign_in_as("support")
    assert (await client.get("/agents")).json()["agents"][0]["caller"] == "138****5678"
    assert (await client.get("/calls")).json()["calls"][0]["caller"] == "138****5678"
    assert "13800005678" not in (await client.get("/calls/c1")).text


async def test_an_agent_sets_the_own_state_only(sign_in_as: SignInAs, centre: FakeCentre) -> None:
    client = await sign_in_as("wang")
    answer = await client.post("/agents/wang/state", json={"state": "break", "reason": "lunch"})
    assert (answer.json()["state"], answer.json()["reason"]) == ("break", "lunch")
    assert (await client.post("/agents/li/state", json={"state": "ready"})).status_code == 403
    assert centre.set_by == [("wang", "break", "wang")]


@pytest.mark.parametrize(
    ("agent", "state", "status", "code"),
    [
        ("ghost", "ready", 404, "not_found"),
        ("wang", "signed_out", 409, "not_allowed"),
        ("wang", "dancing", 422, "invalid"),
    ],
)
async def test_a_state_that_cannot_be_is_refused(
    sign_in_as: SignInAs, agent: str, state: str, status: int, code: str
) -> None:
    client = await sign_in_as("manager")
    answer = await client.post(f"/agents/{agent}/state", json={"state": state})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_an_agent_sees_the_own_calls_only(sign_in_as: SignInAs, centre: FakeCentre) -> None:
    centre.timelines = {"c1": _timeline("c1", "wang"), "c2": _timeline("c2", "li")}
    client = await sign_in_as("wang")
    await client.get("/calls", params={"agent": "li"})
    assert centre.asked[0].agent == "wang"
    call = (await client.get("/calls/c1")).json()
    assert (call["agent_name"], call["facts"][1]) == (
        "王芳",
        {"agent": "wang", "seq": 2, "at_ms": 2, "kind": "bridged", "party": "centre"},
    )
    assert (await client.get("/calls/c2")).status_code == 404


async def test_calls_are_asked_for_by_filter(sign_in_as: SignInAs, centre: FakeCentre) -> None:
    client = await sign_in_as("manager")
    asked: dict[str, str | int] = {
        "query": "138",
        "state": "ended",
        "queue": "help",
        "from_ms": 5,
        "to_ms": 9,
    }
    await client.get("/calls", params=asked)
    assert {name: getattr(centre.asked[0], name) for name in asked} == asked
    assert (await client.get("/calls?cursor=bad")).json()["error"]["code"] == "bad_cursor"
    assert (await client.get("/calls?limit=0")).status_code == 422


async def test_the_simulation_is_switched_by_who_may(sign_in_as: SignInAs, centre: FakeCentre) -> None:
    client = await sign_in_as("wang")
    assert (await client.post("/simulation", json={"on": True})).status_code == 403
    client = await sign_in_as("manager")
    assert (await client.post("/simulation", json={"on": True})).json()["on"] is True


async def test_the_stop_of_costly_calls_is_lifted_by_who_may(
    sign_in_as: SignInAs, centre: FakeCentre
) -> None:
    client = await sign_in_as("wang")
    assert (await client.get("/tolls")).status_code == 403
    client = await sign_in_as("shift_leader")
    assert (await client.get("/tolls")).json()["stop"]["person"] == "wang"
    assert (await client.post("/tolls/reset", json={})).status_code == 403
    client = await sign_in_as("manager")
    answer = await client.post("/tolls/reset", json={"why": "a campaign"})
    assert (answer.status_code, answer.json()["stop"]) == (200, None)
    assert centre.set_by == [("tolls", "a campaign", "manager")]
    answer = await client.post("/tolls/reset", json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "nothing_stopped")


async def test_a_programme_comes_in_with_a_token_and_needs_no_csrf(
    client: httpx.AsyncClient, accounts: Accounts
) -> None:
    token = await accounts.create_token("robot", [Permission.WATCH, Permission.SIMULATE], by="wang")
    client.headers["Authorization"] = f"Bearer {token}"
    assert (await client.post("/simulation", json={"on": True})).status_code == 200
    assert (await client.get("/calls")).status_code == 403


async def test_health_says_whether_the_database_answers(
    client: httpx.AsyncClient, centre: FakeCentre
) -> None:
    found = {"status": "ok", "switch": "up", "facts_waiting": 0, "facts_lost": 0}
    assert (await client.get("/health")).json() == found
    centre.database_gone = True
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_unavailable")


async def test_metrics_are_for_this_machine_or_a_token(app: FastAPI, client: httpx.AsyncClient) -> None:
    assert (await client.get("/metrics")).status_code == 403
    here = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=here, base_url="http://centre/api/v1") as local:
        figures = (await local.get("/metrics")).text
        assert "huawu_switch_up 1.0" in figures
        assert "huawu_facts_waiting 0.0" in figures
        assert (await local.get("/metrics", headers={"X-Forwarded-For": "1.2.3.4"})).status_code == 403


async def test_every_answer_carries_the_security_headers(client: httpx.AsyncClient) -> None:
    for path in ("/health", "/nothing", "/session"):
        headers = (await client.get(path)).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


async def test_an_unknown_path_of_the_interface_is_told_as_json(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nothing")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_pages_that_are_not_built_are_told(client: httpx.AsyncClient) -> None:
    answer = await client.get("http://centre/wallboard")
    assert "make ui" in answer.text


async def test_every_page_address_gives_the_page_and_files_themselves(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    assets = tmp_path / "static" / "assets"
    assets.mkdir(parents=True)
    (assets.parent / "index.html").write_text("the page")
    (assets / "app-1a2b.js").write_text("code")
    assert (await client.get("http://centre/calls/c1")).text == "the page"
    script = await client.get("http://centre/assets/app-1a2b.js")
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-type"].startswith("text/javascript")
    assert (await client.get("http://centre/assets/old.js")).status_code == 404
    outside = await client.get("http://centre/%2e%2e/huawu.db")
    assert outside.text == "the page"


async def test_scripts_go_out_packed_to_who_can_unpack_them_and_the_same_each_time(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    assets = tmp_path / "static" / "assets"
    assets.mkdir(parents=True)
    (assets / "app-1a2b.js").write_text("code " * 1_000)
    path, packed = "http://centre/assets/app-1a2b.js", {"Accept-Encoding": "gzip"}
    first = await client.get(path, headers=packed)
    again = await client.get(path, headers=packed)
    plain = await client.get(path, headers={"Accept-Encoding": "identity"})
    assert first.headers["content-encoding"] == "gzip"
    assert int(first.headers["content-length"]) < 1_000
    assert first.headers == again.headers
    assert first.text == plain.text == "code " * 1_000
    assert "content-encoding" not in plain.headers


async def test_the_interface_describes_itself_for_client_generators(client: httpx.AsyncClient) -> None:
    described = (await client.get("http://centre/api/openapi.json")).json()
    schemas = described["components"]["schemas"]
    assert {"Me", "Calls", "CallWithFacts", "Wallboard", "Change", "QueueView", "Error"} <= schemas.keys()
    answer = described["paths"]["/api/v1/calls"]["get"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Calls"}


def test_a_taken_port_is_told() -> None:
    with listen("127.0.0.1", 0) as first, pytest.raises(PortTaken, match="taken by another programme"):
        listen("127.0.0.1", first.getsockname()[1])
