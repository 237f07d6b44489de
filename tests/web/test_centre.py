"""The real centre behind the web's door, on SQLite, while its switch is away."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest
from structlog.testing import capture_logs

from huawu.accounts.roles import Permission
from huawu.accounts.service import Accounts
from huawu.acd.errors import UnknownAgent
from huawu.calls.call_papers import CallPapers
from huawu.calls.engine import Engine
from huawu.calls.finding import BadCursor, CallFilter
from huawu.calls.homes import THE_ONE
from huawu.calls.kept import Kept
from huawu.calls.phoning import PhoneNotReachable
from huawu.calls.record import derive
from huawu.calls.service import CallService
from huawu.calls.store import CallStore
from huawu.calls.toll_desk import TollDesk
from huawu.calls.toll_record import TollRecord
from huawu.calls.views import SeatState
from huawu.config.compile import switch_settings
from huawu.link.client import LinkClient
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database, DatabaseError, DiskFull
from huawu.web.app import create_app
from huawu.web.centre import LiveCentre
from huawu.web.views import BreakView, NumberView, SimulationBrief, SimulationView
from tests.calls.test_record import OFFERED, QUEUED, TALKING, timeline
from tests.calls.worlds import centre_of, engine_of

OVER = timeline(*TALKING, (69_000, "ended", {"by": "caller", "reason": "normal"}), call="over")
WAITING = timeline(*QUEUED, call="waiting")


@pytest.fixture
async def store(db: Database) -> AsyncIterator[CallStore]:
    store = CallStore(db)
    await store.start()
    yield store
    await store.close()


@pytest.fixture
def engine() -> Engine:
    return engine_of(centre_of())


@pytest.fixture
def tolls(db: Database, clock: VirtualClock, engine: Engine) -> TollDesk:
    return TollDesk(engine, TollRecord(db), Kept(db), clock)


@pytest.fixture
async def service(
    db: Database, store: CallStore, clock: VirtualClock, engine: Engine, tolls: TollDesk, tmp_path: Path
) -> AsyncIterator[CallService]:
    compiled = centre_of()
    service = CallService(
        engine,
        store,
        Kept(db),
        {THE_ONE: LinkClient(str(tmp_path / "nobody"), "token")},
        clock,
        switch_settings=switch_settings(compiled.configuration),
        tolls=tolls,
    )
    await service.start(compiled)
    yield service
    await service.stop()


@pytest.fixture
def live_centre(service: CallService, store: CallStore, db: Database, tolls: TollDesk) -> LiveCentre:
    return LiveCentre(service, store, db, centre_of().configuration, tolls)


@pytest.fixture
async def page(
    live_centre: LiveCentre, accounts: Accounts, db: Database, clock: VirtualClock, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """A programme that may do everything, at the real centre's interface."""
    token = await accounts.create_token("test", list(Permission), by="test")
    app = create_app(live_centre, accounts, data=tmp_path, static=tmp_path / "static")
    app.state.papers = CallPapers(db, clock)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://centre/api/v1",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        yield client


def test_it_says_what_it_is(live_centre: LiveCentre) -> None:
    about = live_centre.about()
    assert (about.company, about.company_en, about.time_zone) == ("测试", "测试", "Asia/Shanghai")
    assert (about.switch, about.demo, about.simulation) == ("down", False, None)
    assert about.numbers[:2] == [
        NumberView(number="4000", name="menu"),
        NumberView(number="4001", name="direct"),
    ]
    assert about.breaks == [BreakView(id="rest", name="小休", name_en="小休")]


def test_its_queues_and_agents_are_those_configured(live_centre: LiveCentre) -> None:
    [queue] = live_centre.queues()
    assert (queue.id, queue.name, queue.waiting, queue.signed_in) == ("general", "综合", 0, 0)
    first = live_centre.agents()[0]
    assert (first.id, first.name, first.extension, first.state) == ("1001", "甲", "1001", "signed_out")
    assert not first.reachable


async def test_an_agent_without_a_phone_takes_a_break_but_no_calls(live_centre: LiveCentre) -> None:
    on_break = await live_centre.set_agent_state("1001", "break", "rest", by="1001")
    assert (on_break.state, on_break.reason) == (SeatState.BREAK, "rest")
    assert live_centre.queues()[0].on_break == 1
    with pytest.raises(PhoneNotReachable):
        await live_centre.set_agent_state("1001", "ready", "", by="1001")
    assert live_centre.agents()[0].state == "break"
    with pytest.raises(UnknownAgent):
        await live_centre.set_agent_state("ghost", "break", "", by="1001")


@pytest.mark.parametrize(
    ("agent", "state", "status", "said"),
    [
        ("1001", "ready", 409, "phone of agent 1001 is not registered"),
        ("ghost", "ready", 404, "ghost"),
        ("ghost", "break", 404, "ghost"),
        ("ghost", "signed_out", 404, "ghost"),
    ],
)
async def test_what_an_agent_cannot_do_has_its_status(
    page: httpx.AsyncClient, agent: str, state: str, status: int, said: str
) -> None:
    answer = await page.post(f"/agents/{agent}/state", json={"state": state})
    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]


async def test_calls_are_found_in_the_store(live_centre: LiveCentre, store: CallStore) -> None:
    store.append([*OVER, *WAITING])
    await store.flush()
    everything = await live_centre.find_calls(CallFilter(), limit=1, cursor=None)
    assert [call.id for call in everything.calls] == ["waiting"]
    rest = await live_centre.find_calls(CallFilter(), limit=1, cursor=everything.next)
    assert rest.calls == [derive(OVER)]
    talked = await live_centre.find_calls(CallFilter(agent="8001"), limit=50, cursor=None)
    assert [call.id for call in talked.calls] == ["over"]
    with pytest.raises(BadCursor):
        await live_centre.find_calls(CallFilter(), limit=1, cursor="made up")


async def test_a_call_comes_with_its_timeline(
    live_centre: LiveCentre, store: CallStore, page: httpx.AsyncClient
) -> None:
    store.append(OVER)
    await store.flush()
    assert await live_centre.call("over") == (derive(OVER), OVER)
    assert await live_centre.call("none") is None
    shown = (await page.get("/calls/over")).json()
    assert [fact["kind"] for fact in shown["facts"]] == [fact.kind for fact in OVER]
    assert shown["caller"] == OFFERED[2]["caller"]
    assert (await page.get("/calls/none")).status_code == 404


async def test_it_lives_without_a_switch(live_centre: LiveCentre, page: httpx.AsyncClient) -> None:
    assert not live_centre.switch_up
    found = (await page.get("/health")).json()
    assert (found["status"], found["switch"]) == ("ok", "down")


async def test_health_says_that_facts_wait_while_the_disk_of_the_database_is_full(
    store: CallStore, db: Database, page: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads as ever; an outside monitor is told by the status, and by how many wait."""

    async def full(_work: object) -> None:
        raise DiskFull(db.where)

    with monkeypatch.context() as disk:
        disk.setattr(db, "bulk", full)
        store.append(OVER)
        with pytest.raises(DiskFull):
            await store.flush()
        answer = await page.get("/health")
        waiting = {"status": "not_writing", "switch": "down", "facts_waiting": len(OVER), "facts_lost": 0}
        assert (answer.status_code, answer.json()) == (503, waiting)
    await store.flush()
    answer = await page.get("/health")
    assert (answer.status_code, answer.json()["facts_waiting"]) == (200, 0)


async def test_health_fails_when_the_database_is_gone(
    service: CallService, store: CallStore, tolls: TollDesk, tmp_path: Path
) -> None:
    gone = Database(f"sqlite:///{tmp_path}/no/such/folder/huawu.db")
    with pytest.raises(DatabaseError):
        await LiveCentre(service, store, gone, centre_of().configuration, tolls).check()
    await gone.close()


async def test_without_simulated_callers_there_is_nothing_to_switch(live_centre: LiveCentre) -> None:
    assert live_centre.simulation() == SimulationView()
    assert await live_centre.set_simulation(True) == SimulationView()


async def test_simulated_callers_are_switched_by_their_desk(
    service: CallService, store: CallStore, db: Database, tolls: TollDesk
) -> None:
    traffic = SimulationView(available=True, callers=3)

    async def switch(on: bool) -> SimulationView:
        return msgspec.structs.replace(traffic, on=on)

    configuration = centre_of().configuration
    centre = LiveCentre(
        service, store, db, configuration, tolls, simulation=lambda: traffic, switch_simulation=switch
    )
    assert centre.about().simulation == SimulationBrief(on=False, callers=3)
    assert (await centre.set_simulation(True)).on


async def test_a_wallboard_opened_later_is_told_the_present_instant(
    live_centre: LiveCentre, clock: VirtualClock
) -> None:
    live_centre.live.subscribe()
    clock.advance(60_000)
    with live_centre.live.subscribe() as viewer:
        snapshot = json.loads(await viewer.frame())
    assert snapshot["state"]["at_ms"] == clock.now_ms()
    assert (snapshot["state"]["company"], snapshot["state"]["switch"]) == ("测试", "down")


async def test_a_centre_stops_though_nothing_can_be_put_aside(
    service: CallService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits to be written is rescued only afterwards."""

    async def full(self: Database, work: object) -> None:
        raise DiskFull(self.where)

    with monkeypatch.context() as patched, capture_logs() as lines:
        patched.setattr(Database, "bulk", full)
        await service.stop()
    assert [line["what"] for line in lines if line["event"] == "not put aside"] == ["agents' states", "tolls"]
