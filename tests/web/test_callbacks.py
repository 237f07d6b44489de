"""Callbacks over HTTP: who sees which numbers, and who may cancel."""

from __future__ import annotations

import msgspec

from huawu.calls.callbacks import Callback, CallbackId, State
from tests.web.conftest import SignInAs
from tests.web.fake_centre import FakeCentre

OWED = Callback(
    id=CallbackId("b1"),
    kind="callback",
    state=State.WAITING,
    queue="help",
    number="13800005678",
    created_ms=5,
    queued_ms=1,
    expires_ms=100,
    origin="c1",
    call="c2",
)


async def test_numbers_are_shown_to_those_who_may_see_them(centre: FakeCentre, sign_in_as: SignInAs) -> None:
    centre.owed = [OWED]
    client = await sign_in_as("manager")
    (shown,) = (await client.get("/callbacks")).json()["callbacks"]
    assert (shown["number"], shown["state"], shown["call"]) == ("13800005678", "waiting", None)
    assert (await client.get("/callbacks", params={"queue": "other"})).json() == {"callbacks": []}
    client = await sign_in_as("trainer")
    (shown,) = (await client.get("/callbacks")).json()["callbacks"]
    assert "0000" not in shown["number"]


async def test_leaders_cancel_and_others_do_not(centre: FakeCentre, sign_in_as: SignInAs) -> None:
    centre.owed = [OWED]
    client = await sign_in_as("agent")
    assert (await client.delete("/callbacks/b1")).status_code == 403
    client = await sign_in_as("shift_leader")
    assert (await client.delete("/callbacks/b1")).status_code == 204
    assert centre.cancelled == ["b1"]
    answer = await client.delete("/callbacks/b9")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_an_agent_takes_one_and_is_told_who_was_first(centre: FakeCentre, sign_in_as: SignInAs) -> None:
    centre.owed = [OWED, msgspec.structs.replace(OWED, id=CallbackId("b2"), agent="li")]
    client = await sign_in_as("agent")
    assert (await client.post("/callbacks/b1/take")).status_code == 204
    assert centre.taken == [("b1", "agent")]
    answer = await client.post("/callbacks/b2/take")
    assert (answer.status_code, answer.json()["error"]["why"]) == (
        409,
        {"code": "callback_taken", "agent": "li"},
    )
    assert (await client.post("/callbacks/b9/take")).status_code == 404
    client = await sign_in_as("inspector")
    assert (await client.post("/callbacks/b1/take")).status_code == 403
