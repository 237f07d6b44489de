"""Voicemails, surveys and announcements over HTTP: each role may what its permissions say, and no more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest
from fastapi import FastAPI

from huawu.accounts.roles import PERMISSIONS, Permission, Role
from huawu.calls.notice_desk import NoticeDesk
from huawu.calls.notice_rows import NoticeRecord
from huawu.calls.notices import Notice
from huawu.calls.store import CallStore
from huawu.calls.views import AgentView, Change
from huawu.calls.voicemail_desk import VoicemailDesk
from huawu.calls.voicemails import State, Voicemail
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database
from tests.calls.worlds import centre_of, engine_of
from tests.web.conftest import SignInAs
from tests.web.fake_centre import FakeCentre

MESSAGE = Voicemail(
    id="m1",
    call="c1",
    queue="help",
    state=State.NEW,
    created_ms=1,
    caller="13800005678",
    caller_name="客户",
    path="messages/c1.wav",
    length_ms=4_000,
)


@pytest.fixture(autouse=True)
async def desks(app: FastAPI, db: Database, tmp_path: Path, clock: VirtualClock) -> AsyncIterator[CallStore]:
    """Two messages: one for the queue of the agent `agent`, one for nobody's."""
    store = CallStore(db)
    await store.start()
    other = msgspec.structs.replace(MESSAGE, id="m2", queue="other")
    store.append([], None, (), [MESSAGE, other])
    await store.flush()
    app.state.voicemails = VoicemailDesk(store.voicemails, tmp_path, clock)
    app.state.database = db
    app.state.notices = NoticeDesk(engine_of(centre_of()), NoticeRecord(db), tmp_path, clock)
    await app.state.notices.start()
    yield store
    await store.close()


@pytest.fixture(autouse=True)
def an_agent(centre: FakeCentre) -> None:
    centre.screen.publish(Change(agent=AgentView(id="agent", name="agent", queues=("help",))))


async def listed(client: httpx.AsyncClient) -> list[str]:
    return [each["id"] for each in (await client.get("/voicemails")).json()["voicemails"]]


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_nobody_who_is_not_signed_in_learns_anything(client: httpx.AsyncClient) -> None:
    for method, path in (
        ("GET", "/voicemails"),
        ("POST", "/voicemails/m1/take"),
        ("POST", "/voicemails/m1/give_back"),
        ("POST", "/voicemails/m1/done"),
        ("GET", "/voicemails/m1/recording"),
        ("GET", "/surveys"),
        ("GET", "/notices"),
        ("POST", "/notices"),
        ("DELETE", "/notices/n1"),
    ):
        assert (await client.request(method, path, json={} if method == "POST" else None)).status_code == 401


async def test_an_agent_has_the_messages_of_the_own_queues_alone(sign_in_as: SignInAs) -> None:
    client = await sign_in_as("agent")
    assert await listed(client) == ["m1"]
    assert (await client.get("/voicemails", params={"queue": "other"})).json() == {"voicemails": []}
    for path in ("take", "give_back", "done"):
        answer = await client.post(f"/voicemails/m2/{path}", json={})
        assert code(answer) == (404, "not_found"), path
    assert (await client.get("/voicemails/m2/recording")).status_code == 404


async def test_who_sees_calls_sees_all_messages_and_numbers_as_the_role_may(sign_in_as: SignInAs) -> None:
    for role in [role for role in Role if Permission.SEE_CALLS in PERMISSIONS[role]]:
        client = await sign_in_as(role)
        assert sorted(await listed(client)) == ["m1", "m2"]
        (shown, _) = (await client.get("/voicemails")).json()["voicemails"]
        whole = Permission.SEE_NUMBERS in PERMISSIONS[role]
        assert (shown["caller"] == MESSAGE.caller) is whole, role
        assert (shown["caller_name"] == MESSAGE.caller_name) is whole, role


async def test_a_colleagues_message_is_the_colleagues_unless_a_leader_says_otherwise(
    sign_in_as: SignInAs,
) -> None:
    client = await sign_in_as("trainer")
    assert (await client.post("/voicemails/m1/take")).json()["taken_by"] == "trainer"
    client = await sign_in_as("agent")
    for path in ("take", "give_back", "done"):
        assert code(await client.post(f"/voicemails/m1/{path}", json={})) == (409, "not_allowed"), path
    client = await sign_in_as("shift_leader")
    assert (await client.post("/voicemails/m1/take")).json()["taken_by"] == "shift_leader"
    assert (await client.post("/voicemails/m1/give_back")).json()["state"] == "new"
    client = await sign_in_as("agent")
    await client.post("/voicemails/m1/take")
    done = await client.post("/voicemails/m1/done", json={"result": "not_reached", "note": "two tries"})
    assert (done.json()["result"], done.json()["note"]) == ("not_reached", "two tries")
    assert (await client.post("/voicemails/m1/done", json={"result": "maybe"})).status_code == 422


async def test_messages_are_heard_and_scores_seen_by_who_may(sign_in_as: SignInAs) -> None:
    """There is no file here: who may hear is told so, who may not is told that."""
    for role in Role:
        client = await sign_in_as(role)
        held = PERMISSIONS[role]
        heard = await client.get("/voicemails/m1/recording")
        may_hear = bool(held & {Permission.HEAR_CALLS, Permission.SET_OWN_STATE})
        assert code(heard) == ((404, "no_recording") if may_hear else (403, "forbidden")), role
        seen = await client.get("/surveys")
        assert seen.status_code == (200 if Permission.SEE_CALLS in held else 403), role


async def test_announcements_are_seen_by_all_and_changed_by_who_may(
    sign_in_as: SignInAs, app: FastAPI
) -> None:
    for role in Role:
        stands = await app.state.notices.put_up(Notice(id="", queue="general"), "manager")
        client = await sign_in_as(role)
        assert (await client.get("/notices")).status_code == 200
        allowed = Permission.ANNOUNCE in PERMISSIONS[role]
        answers = [
            await client.post("/notices", json={"queue": "general", "prompts": ["welcome"]}),
            await client.post(f"/notices/{stands.id}", json={"on": False}),
            await client.put(f"/notices/{stands.id}/sound", content=b"no sound"),
            await client.delete(f"/notices/{stands.id}"),
        ]
        codes = [answer.status_code for answer in answers]
        assert codes == ([200, 200, 422, 204] if allowed else [403, 403, 403, 403]), role
        left = [each.id for each in app.state.notices.all()]
        assert (stands.id in left) is not allowed, role
