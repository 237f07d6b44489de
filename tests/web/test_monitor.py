"""The shift leader's page over HTTP: who may, what is audited, what is refused, what others don't see."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI

from huawu.calls.agent_days import AgentDays
from huawu.calls.callbacks import Callback
from huawu.calls.monitor.views import LiveCall, LostCall, Monitor, Seat, With
from huawu.calls.monitor.watch import Watch
from huawu.calls.promising import Wish
from huawu.calls.record import CallRecord
from huawu.calls.steering import Steering
from huawu.calls.store import StoreState
from huawu.platform.database import Database
from huawu.sim.virtual import Caller
from huawu.web.live import Refusal, _screen
from huawu.web.monitor import add_warnings, masked_frame
from tests.calls.desks import offices
from tests.web.conftest import SignInAs


class House:
    """A small centre in virtual time behind the page."""

    def __init__(self) -> None:
        self.floor = offices()
        self.world = self.floor.world
        self.engine = self.world.engine
        self.switch_up = True

    def now_ms(self) -> int:
        return self.world.now_ms

    def steer(self, steering: Steering) -> None:
        self.world.carry_out(self.engine.steer(steering, self.world.now_ms))

    def move_waiting(self, queue: str, to: str, calls: Collection[str] | None, by: str) -> int:
        moved, effects = self.engine.move_waiting(queue, to, calls, by, self.world.now_ms)
        self.world.carry_out(effects)
        return moved

    def call_back(self, wish: Wish, person: str, mine: bool) -> Callback:
        callback, effects = self.engine.call_back(wish, person, mine=mine, at_ms=self.world.now_ms)
        self.world.carry_out(effects)
        return callback


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
async def watch(app: FastAPI, house: House, db: Database, tmp_path: Path) -> AsyncIterator[Watch]:
    watch = Watch(house, house.engine, house, AgentDays(house.world.now_ms))
    watch.keep_in(db, tmp_path, lambda: StoreState(state="writing", waiting=0))
    app.state.watch = watch
    yield watch
    await watch.stop()


async def audited(sign_in_as: SignInAs) -> list[tuple[str, str, dict[str, Any]]]:
    client = await sign_in_as("manager")
    entries = (await client.get("/audit")).json()["entries"]
    return [(one["what"], one["subject"], one["detail"]) for one in entries if one["what"] != "signed_in"]


@pytest.mark.parametrize("role", ["agent", "inspector", "trainer", "support", "administrator"])
async def test_only_leaders_run_queues(sign_in_as: SignInAs, watch: Watch, role: str) -> None:
    client = await sign_in_as(role)
    refused = [
        await client.get("/monitor"),
        await client.get("/monitor/trends"),
        await client.get("/thresholds"),
        await client.post("/warnings/x/seen"),
        await client.post("/queues/general/door", json={"door": "closed"}),
        await client.post("/queues/general/divert", json={"hang_up": True}),
        await client.delete("/queues/general/divert"),
        await client.post("/queues/general/waiting", json={"to": "billing"}),
        await client.post("/agents/1001/queues", json={"queues": []}),
        await client.delete("/agents/1001/queues"),
        await client.post("/lost/x/call_back", json={}),
        await client.post("/lost/x/set_aside", json={}),
    ]
    assert {answer.status_code for answer in refused} == {403}


async def test_a_leader_closes_diverts_and_moves_and_all_of_it_is_in_the_audit(
    sign_in_as: SignInAs, watch: Watch, house: House
) -> None:
    client = await sign_in_as("shift_leader")
    until_ms = house.now_ms() + 60_000
    wanted = {"door": "closed", "note": "停电", "until_ms": until_ms}
    door = (await client.post("/queues/general/door", json=wanted)).json()
    assert (door["door"], door["door_by"], door["door_until_ms"]) == ("closed", "shift_leader", until_ms)
    divert = (await client.post("/queues/billing/divert", json={"queue": "night"})).json()
    assert divert["divert"]["queue"] == "night"
    seat = (await client.post("/agents/1001/queues", json={"queues": ["billing"], "reason": "账单忙"})).json()
    assert (seat["moved"]["queues"], seat["moved"]["before"]) == (["billing"], ["general"])
    assert (await client.delete("/queues/billing/divert")).json()["divert"] is None
    assert (await client.delete("/agents/1001/queues")).json()["moved"] is None
    assert (await client.post("/queues/general/door", json={"door": "hours"})).json()["door"] == "hours"
    assert (await audited(sign_in_as))[::-1] == [
        ("door_turned", "general", wanted),
        ("queue_diverted", "billing", {"queue": "night"}),
        ("agent_moved", "1001", {"queues": ["billing"], "reason": "账单忙"}),
        ("divert_taken_back", "billing", {}),
        ("agent_moved_back", "1001", {}),
        ("door_turned", "general", {"door": "hours"}),
    ]


async def test_callers_in_line_are_moved(sign_in_as: SignInAs, watch: Watch, house: House) -> None:
    house.floor.ready("1003")
    house.world.call(Caller(number="4001", talk_ms=0))
    house.world.run_for(1_000)
    client = await sign_in_as("shift_leader")
    shown = (await client.get("/monitor")).json()
    (waiting,) = next(one for one in shown["queues"] if one["id"] == "general")["waiting_calls"]
    assert waiting["caller"] == "13800005678"
    nobody = await client.post("/queues/general/waiting", json={"to": "billing", "calls": ["other"]})
    assert nobody.json() == {"moved": 0}
    wanted = {"to": "billing", "calls": [waiting["call"]]}
    assert (await client.post("/queues/general/waiting", json=wanted)).json() == {"moved": 1}
    house.world.run_for(10_000)
    assert house.floor.state("1003") == "talking"
    assert ("waiting_moved", "general", {"to": "billing", "moved": 1}) in await audited(sign_in_as)


async def test_refusals_say_what_to_do(sign_in_as: SignInAs, watch: Watch) -> None:
    client = await sign_in_as("shift_leader")

    async def refusal(path: str, body: dict[str, Any]) -> tuple[int, str]:
        answer = await client.post(path, json=body)
        return answer.status_code, answer.json()["error"]["code"]

    assert await refusal("/queues/nowhere/door", {"door": "open"}) == (404, "not_found")
    assert await refusal("/queues/general/door", {"door": "ajar"}) == (422, "invalid")
    assert await refusal("/queues/general/door", {"door": "closed", "until_ms": 1}) == (422, "invalid")
    assert await refusal("/queues/general/divert", {}) == (422, "invalid")
    assert await refusal("/queues/general/divert", {"queue": "x", "flow": "news"}) == (422, "invalid")
    assert await refusal("/queues/general/divert", {"queue": "x"}) == (404, "not_found")
    assert await refusal("/queues/general/divert", {"number": "4001"}) == (409, "circle")
    assert await refusal("/queues/general/waiting", {"to": "general"}) == (409, "not_possible")
    assert await refusal("/agents/ghost/queues", {"queues": []}) == (404, "not_found")
    assert await refusal("/lost/none/set_aside", {}) == (404, "not_found")
    assert await refusal("/warnings/none/seen", {}) == (404, "not_found")
    assert (await client.get("/monitor/trends?hours=24&step_ms=60000")).status_code == 422


async def test_a_lost_caller_is_set_aside_once(sign_in_as: SignInAs, watch: Watch) -> None:
    assert watch.kept is not None
    watch.kept.lost.written(
        CallRecord(
            id="a",
            began_ms=1,
            queued_ms=2,
            ended_ms=3,
            caller="013800005678",
            queue="general",
            state="ended",
            outcome="abandoned",
        )
    )
    client = await sign_in_as("shift_leader")
    aside = (await client.post("/lost/a/set_aside", json={"note": "打错了"})).json()
    assert (aside["state"], aside["note"], aside["by"]) == ("set_aside", "打错了", "shift_leader")
    again = await client.post("/lost/a/call_back", json={})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "not_possible")


async def test_trends_and_thresholds_are_there_for_every_queue(sign_in_as: SignInAs, watch: Watch) -> None:
    client = await sign_in_as("manager")
    told = (await client.get("/thresholds")).json()
    assert set(told["queues"]) == {"general", "billing", "night"}
    assert told["queues"]["general"]["service_level"] == 0.8
    assert told["agents"]["break_long_ms"] == 900_000
    trends = (await client.get("/monitor/trends?hours=1")).json()
    assert (trends["step_ms"], trends["queues"]) == (300_000, [])  # the fake centre has no queues


async def test_warnings_are_seen_and_counted(app: FastAPI, sign_in_as: SignInAs, watch: Watch) -> None:
    assert watch.kept is not None
    add_warnings(app.state.metrics, watch)
    house: Any = watch._hands
    house.world.call(Caller(number="4001", talk_ms=0))
    house.world.run_for(70_000)
    watch.kept.warnings.look()
    client = await sign_in_as("shift_leader")
    kinds = {one["kind"]: one["id"] for one in (await client.get("/monitor")).json()["warnings"]}
    assert set(kinds) == {"longest_wait", "no_agent"}
    seen = (await client.post(f"/warnings/{kinds['no_agent']}/seen")).json()
    assert (seen["seen_by"], seen["queue"]) == ("shift_leader", "general")
    text = app.state.metrics.text().decode()
    assert 'huawu_warnings_total{kind="no_agent"} 1.0' in text
    assert 'huawu_warnings_now{kind="disk"} 0.0' in text


def test_who_may_not_see_numbers_sees_none() -> None:
    board = Monitor(
        at_ms=1,
        seats=(Seat(id="1001", with_=With(call="c", number="13800005678")),),
        lost=(LostCall(call="a", queue="general", caller="13900001111", number="4001"),),
        calls=(LiveCall(id="c", caller="13700002222", number="013600003333"),),
    )
    frame = b'{"type":"snapshot","seq":1,"state":%b}' % msgspec.json.encode(board)
    hidden = masked_frame(frame).decode()
    assert not any(
        number in hidden for number in ("13800005678", "13900001111", "13700002222", "013600003333")
    )
    assert '"queue":"general"' in hidden


async def test_the_screen_is_for_leaders(app: FastAPI, watch: Watch) -> None:
    class Who:
        def may(self, permission: str) -> bool:
            return permission == "watch"

    class Socket:
        pass

    socket: Any = Socket()
    socket.app = app
    who: Any = Who()
    with pytest.raises(Refusal, match="role"):
        _screen(socket, who, "monitor")
