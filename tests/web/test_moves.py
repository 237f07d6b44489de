"""Calls are moved over HTTP by who may, and refusals are told."""

from __future__ import annotations

from typing import Any

import pytest

from huawu.calls import acting
from tests.web.conftest import SignInAs
from tests.web.fake_centre import FakeCentre

TO_LI = acting.Target(agent="li")
CALL = "/calls/c1"


@pytest.mark.parametrize(
    ("method", "path", "body", "action"),
    [
        ("POST", "transfer", {"agent": "li"}, acting.TransferCall(call="c1", by="wang", own=True, to=TO_LI)),
        ("POST", "consult", {"agent": "li"}, acting.ConsultFor(call="c1", by="wang", own=True, to=TO_LI)),
        ("POST", "consult/swap", None, acting.ConsultNext(call="c1", by="wang", own=True, step="swap")),
        ("POST", "parties", {"agent": "li"}, acting.AddParty(call="c1", by="wang", own=True, to=TO_LI)),
        ("DELETE", "parties/li", None, acting.RemoveParty(call="c1", by="wang", own=True, party="li")),
        ("POST", "park", {"slot": "702"}, acting.ParkCall(call="c1", by="wang", own=True, slot="702")),
        ("POST", "retrieve", {}, acting.RetrieveCall(call="c1", by="wang", own=True)),
        ("POST", "pick-up", {}, acting.PickUpCall(call="c1", by="wang", own=True)),
    ],
)
async def test_an_agent_moves_the_own_calls(
    sign_in_as: SignInAs,
    centre: FakeCentre,
    method: str,
    path: str,
    body: dict[str, Any] | None,
    action: acting.AnyAction,
) -> None:
    client = await sign_in_as("agent")
    answer = await client.request(method, f"{CALL}/{path}", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"call": "c1", "state": "talking", "slot": "", "parties": []}
    assert centre.acted == [action_by(action, centre)]


def action_by(action: acting.AnyAction, centre: FakeCentre) -> acting.AnyAction:
    """The action as whoever is signed in asks for it."""
    from dataclasses import replace

    return replace(action, by=centre.acted[0].by)


async def test_an_agent_does_not_move_a_colleagues_part(sign_in_as: SignInAs, centre: FakeCentre) -> None:
    client = await sign_in_as("agent")
    answer = await client.post(f"{CALL}/transfer", json={"agent": "li", "of": "somebody"})
    assert answer.status_code == 403
    assert centre.acted == []


async def test_a_leader_supervises_and_an_agent_does_not(sign_in_as: SignInAs, centre: FakeCentre) -> None:
    client = await sign_in_as("agent")
    assert (await client.post(f"{CALL}/supervise", json={"mode": "listen"})).status_code == 403
    leader = await sign_in_as("shift_leader")
    assert (await leader.post(f"{CALL}/supervise", json={"mode": "whisper"})).status_code == 200
    assert (await leader.delete(f"{CALL}/supervise")).status_code == 200
    assert [type(action) for action in centre.acted] == [acting.Supervise, acting.StopSupervising]
    assert (await leader.post(f"{CALL}/supervise", json={"mode": "shout"})).status_code == 422


@pytest.mark.parametrize("body", [{}, {"agent": "li", "queue": "help"}])
async def test_a_target_is_exactly_one_thing(
    sign_in_as: SignInAs, centre: FakeCentre, body: dict[str, str]
) -> None:
    client = await sign_in_as("agent")
    assert (await client.post(f"{CALL}/transfer", json=body)).status_code == 422
    assert centre.acted == []


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [("gone", 404, "not_found"), ("nowhere", 404, "not_found"), ("busy", 409, "not_possible")],
)
async def test_a_move_that_cannot_be_is_told(sign_in_as: SignInAs, call: str, status: int, code: str) -> None:
    client = await sign_in_as("agent")
    answer = await client.post(f"/calls/{call}/transfer", json={"agent": "li"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    if call == "busy":
        assert answer.json()["error"]["why"] == {"code": "agent_not_free", "agent": "1002"}
