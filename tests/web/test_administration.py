"""First passwords, second factors, people and the audit over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import Response

from huawu.accounts import totp
from huawu.accounts.audit import Audit
from huawu.accounts.service import Accounts, PersonGiven
from huawu.calls import recordings
from huawu.calls.facts import Fact
from huawu.platform.clock import VirtualClock
from huawu.web import sound
from huawu.web.auditing import AUDITED
from tests.web.conftest import SignInAs
from tests.web.fake_centre import FakeCentre


async def sign_in(client: httpx.AsyncClient, user: str, password: str, code: str = "") -> httpx.Response:
    answer = await client.post("/session", json={"user": user, "password": password, "code": code})
    if answer.status_code == 200:
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return answer


async def entries(app: FastAPI, what: str = "") -> list[tuple[str, str, str, dict[str, Any]]]:
    audit: Audit = app.state.audit
    found = (await audit.find(what=what, limit=500)).entries
    return [(one.what, one.by, one.subject, one.detail) for one in reversed(found)]


# ── First passwords ───────────────────────────────────────────────────────────────────────────────


async def test_a_first_password_opens_nothing_but_the_way_to_change_it(
    sign_in_as: SignInAs, client: httpx.AsyncClient, app: FastAPI
) -> None:
    admin = await sign_in_as("administrator")
    wanted = {"user": "zhao", "name": "赵一", "role": "inspector"}
    made = (await admin.post("/people", json=wanted)).json()
    assert (
        "person_created",
        "administrator",
        "zhao",
        {"role": "inspector", "name": "赵一"},
    ) in await entries(app)
    assert made["person"]["source"] == "here"
    answer = await sign_in(client, "zhao", made["password"])
    assert answer.json()["must_change"]
    refused = await client.get("/agents")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "must_change_password")
    assert (await client.get("/centre")).status_code == 200, "the page can show where it is"
    change = {"old": made["password"], "new": "a longer horse"}
    assert (await client.put("/session/password", json=change)).status_code == 204
    assert not (await client.get("/session")).json()["must_change"]
    assert (await client.get("/agents")).status_code == 200


# ── Second factors ────────────────────────────────────────────────────────────────────────────────


async def test_a_role_that_needs_a_code_sets_one_up_first(
    sign_in_as: SignInAs, client: httpx.AsyncClient, accounts: Accounts, clock: VirtualClock
) -> None:
    accounts.second_factor_roles = frozenset({"administrator"})
    admin = await sign_in_as("administrator")
    assert (await admin.get("/session")).json()["second_factor"] == {"enrolled": False, "required": True}
    assert (await admin.get("/people")).json()["error"]["code"] == "second_factor_needed"
    begun = (await admin.post("/session/totp")).json()
    assert begun["uri"].startswith("otpauth://totp/Huawu%20")
    code = totp.code_at(begun["secret"], clock.now_ms() // totp.STEP_MS)
    recovery = (await admin.post("/session/totp/confirm", json={"code": code})).json()["recovery"]
    assert len(recovery) == 10
    assert (await admin.get("/people")).status_code == 200
    refused = await sign_in(client, "administrator", "correct horse")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "code_needed")
    refused = await sign_in(client, "administrator", "correct horse", "nonsense")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "wrong_code")
    clock.advance(totp.STEP_MS)
    code = totp.code_at(begun["secret"], clock.now_ms() // totp.STEP_MS)
    assert (await sign_in(client, "administrator", "correct horse", code)).status_code == 200
    password = {"password": "correct horse"}
    refused = await client.request("DELETE", "/session/totp", json=password)
    assert refused.status_code == 403, "the role needs it"


async def test_who_set_a_code_up_by_choice_takes_it_away_with_the_password(
    sign_in_as: SignInAs, clock: VirtualClock
) -> None:
    client = await sign_in_as("wang")
    begun = (await client.post("/session/totp")).json()
    code = totp.code_at(begun["secret"], clock.now_ms() // totp.STEP_MS)
    await client.post("/session/totp/confirm", json={"code": code})
    wrong = await client.request("DELETE", "/session/totp", json={"password": "wrong"})
    assert wrong.status_code == 403
    gone = await client.request("DELETE", "/session/totp", json={"password": "correct horse"})
    assert gone.status_code == 204
    assert not (await client.get("/session")).json()["second_factor"]["enrolled"]


# ── People ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_blocked_person_is_signed_out_and_stays_out(
    sign_in_as: SignInAs, app: FastAPI, client: httpx.AsyncClient, accounts: Accounts
) -> None:
    wang = await accounts.sign_in("wang", "correct horse", address="10.0.0.9")
    admin = await sign_in_as("administrator")
    blocked = (await admin.post("/people/wang", json={"blocked": True})).json()
    assert (blocked["blocked"], blocked["active"], blocked["signed_in"]) == (True, False, 0)
    assert await accounts.who(wang.token) is None
    assert (
        await client.post("/session", json={"user": "wang", "password": "correct horse"})
    ).status_code == 401
    admin = await sign_in_as("administrator")
    assert (await admin.post("/people/wang", json={"blocked": False})).json()["active"]


async def test_the_configuration_decides_names_and_roles_of_its_own_people(sign_in_as: SignInAs) -> None:
    admin = await sign_in_as("administrator")
    refused = await admin.post("/people/wang", json={"role": "manager"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "in_configuration")
    await admin.post("/people", json={"user": "zhao", "name": "赵一", "role": "trainer"})
    changed = (await admin.post("/people/zhao", json={"role": "inspector", "name": "赵怡"})).json()
    assert (changed["role"], changed["name"]) == ("inspector", "赵怡")
    again = await admin.post("/people", json={"user": "zhao", "name": "x", "role": "trainer"})
    assert again.status_code == 409
    assert (await admin.post("/people/nobody", json={"blocked": True})).status_code == 404


async def test_an_administrator_does_not_lock_the_own_door(sign_in_as: SignInAs) -> None:
    admin = await sign_in_as("administrator")
    refused = await admin.post("/people/administrator", json={"blocked": True})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_yourself")


async def test_a_reset_password_is_a_first_one_again(sign_in_as: SignInAs, client: httpx.AsyncClient) -> None:
    admin = await sign_in_as("administrator")
    password = (await admin.post("/people/wang/password")).json()["password"]
    assert (await sign_in(client, "wang", "correct horse")).status_code == 401
    assert (await sign_in(client, "wang", password)).json()["must_change"]


@pytest.mark.parametrize("user", ["wang", "manager", "support"])
async def test_only_administrators_manage_people(sign_in_as: SignInAs, user: str) -> None:
    client = await sign_in_as(user)
    assert (await client.get("/people")).status_code == 403
    assert (await client.post("/people/wang/password")).status_code == 403


async def test_who_was_made_here_outlives_the_configuration_and_who_is_blocked_stays_so(
    sign_in_as: SignInAs, accounts: Accounts
) -> None:
    admin = await sign_in_as("administrator")
    await admin.post("/people", json={"user": "zhao", "name": "赵一", "role": "trainer"})
    await admin.post("/people/wang", json={"blocked": True})
    keep = PersonGiven(user="administrator", name="a", role="administrator", password="correct horse")
    await accounts.sync_people([keep, PersonGiven(user="wang", name="王芳", password="correct horse")])
    people = {one["user"]: one for one in (await admin.get("/people")).json()["people"]}
    assert people["zhao"]["active"]
    assert not people["wang"]["active"]
    assert not people["manager"]["active"], "the configuration names them no more"


# ── The audit ─────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_done_to_others_stands_in_the_audit(
    sign_in_as: SignInAs, app: FastAPI, centre: FakeCentre
) -> None:
    leader = await sign_in_as("shift_leader")
    await leader.post("/agents/wang/state", json={"state": "ready", "reason": "很多人在等"})
    await leader.post("/calls/c1/supervise", json={"mode": "listen"})
    await leader.post("/agents/ghost/state", json={"state": "ready"})
    await leader.get("/agents")
    told = await entries(app)
    assert told == [
        ("signed_in", "shift_leader", "shift_leader", {}),
        ("state_set", "shift_leader", "wang", {"state": "ready", "reason": "很多人在等"}),
        ("supervised", "shift_leader", "c1", {"mode": "listen"}),
    ], "what was refused, and what was only looked at, does not"


async def test_ones_own_state_and_moves_of_ones_own_calls_are_not_repeated_there(
    sign_in_as: SignInAs, app: FastAPI
) -> None:
    client = await sign_in_as("wang")
    await client.post("/agents/wang/state", json={"state": "ready"})
    await client.post("/calls/c1/end", json={})
    assert [what for what, *_ in await entries(app)] == ["signed_in"]


async def test_a_recording_heard_in_parts_is_one_hearing(
    sign_in_as: SignInAs,
    app: FastAPI,
    centre: FakeCentre,
    clock: VirtualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    centre.timelines["c1"] = [Fact(call="c1", seq=1, at_ms=1, kind="offered", fields={})]
    monkeypatch.setattr(recordings, "find", lambda *_: None)
    monkeypatch.setattr(sound, "played", lambda *_: Response(b"x"))
    client = await sign_in_as("inspector")
    for _ in range(3):
        assert (await client.get("/calls/c1/recording")).status_code == 200
    clock.advance(601_000)
    await client.get("/calls/c1/recording")
    heard = await entries(app, "recording_heard")
    assert heard == [("recording_heard", "inspector", "c1", {})] * 2


async def test_a_list_taken_away_as_a_file_stands_there_without_the_number_searched_for(
    sign_in_as: SignInAs, app: FastAPI
) -> None:
    asked = {"query": "13800138021", "queue": "enquiry", "agent": ""}
    leader = await sign_in_as("shift_leader")
    made = await leader.post("/exports", json={"what": "calls", "rows": 3, "asked": asked})
    assert made.status_code == 204
    agent = await sign_in_as("wang")
    assert (await agent.post("/exports", json={"what": "calls", "rows": 3})).status_code == 403
    kept = {"rows": 3, "asked": {"query": "138****8021", "queue": "enquiry"}}
    assert await entries(app, "list_exported") == [("list_exported", "shift_leader", "calls", kept)]


async def test_failed_sign_ins_stand_there_without_the_password(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    await sign_in(client, "wang", "guess-this")
    told = await entries(app)
    assert told == [("sign_in_failed", "wang", "", {"why": "WrongCredentials"})]
    assert "guess-this" not in str(told)


async def test_the_audit_is_read_by_few_and_page_by_page(sign_in_as: SignInAs, app: FastAPI) -> None:
    audit: Audit = app.state.audit
    for n in range(5):
        await audit.write("state_set", by="a", subject=f"s{n}")
    client = await sign_in_as("manager")
    first = (await client.get("/audit", params={"what": "state_set", "limit": 3})).json()
    assert [one["subject"] for one in first["entries"]] == ["s4", "s3", "s2"]
    rest = (await client.get("/audit", params={"what": "state_set", "cursor": first["next"]})).json()
    assert ([one["subject"] for one in rest["entries"]], rest["next"]) == (["s1", "s0"], None)
    assert (await client.get("/audit", params={"cursor": "x"})).status_code == 400
    for user in ("shift_leader", "inspector", "wang"):
        assert (await (await sign_in_as(user)).get("/audit")).status_code == 403


def test_everything_that_is_audited_exists(app: FastAPI) -> None:
    operations = {
        operation["operationId"] for path in app.openapi()["paths"].values() for operation in path.values()
    }
    assert set(AUDITED) <= operations
