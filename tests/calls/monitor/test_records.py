"""Trends, lost callers and what leaders set, in both databases and after a restart of the centre."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from huawu.acd.errors import UnknownAgent, UnknownQueue
from huawu.acd.events import AgentId, Overflow
from huawu.calls.agent_days import AgentDays
from huawu.calls.callbacks import Callback, CallbackId, State
from huawu.calls.errors import NoSuchPlace, NotPossible
from huawu.calls.facts import Fact
from huawu.calls.monitor.lost import DealtWith
from huawu.calls.monitor.steering_desk import GoesRound, SteeringRefused
from huawu.calls.monitor.trends import TooManyPoints, TrendReader, statement_of
from huawu.calls.monitor.watch import Kept, Watch
from huawu.calls.promising import Wish
from huawu.calls.steering import Steering
from huawu.calls.store import CallStore
from huawu.platform.database import Database, DatabaseBusy
from huawu.sim.virtual import Phone
from tests.calls.desks import CENTRE, offices
from tests.calls.worlds import centre_of
from tests.support.tools import PATIENCE_S

Facts = list[tuple[int, str, dict[str, Any]]]


class Life:
    """One life of a centre: an engine in virtual time over a real database."""

    def __init__(self, db: Database, store: CallStore, folder: Path, now_ms: int | None = None) -> None:
        self.floor = offices()
        self.world = self.floor.world
        if now_ms is not None:
            self.world.now_ms = now_ms
        self.engine = self.world.engine
        self.store = store
        self.switch_up = True
        self.watch = Watch(self, self.engine, self, AgentDays(self.world.now_ms))
        self.kept: Kept = self.watch.keep_in(db, folder, lambda: self.store.state)
        self.news: list[tuple[str, ...]] = []
        self.audited: list[tuple[str, str]] = []
        self.kept.steering.told = lambda agent, kind, by, reason, queues: self.news.append(
            (agent, kind, by, reason, *queues)
        )
        self.kept.steering.audit = self._audit
        store.told = self.kept.lost.written
        carry_out = self.world.carry_out

        def carried(effects: Any) -> None:
            carry_out(effects)
            store.append(effects.facts, None, effects.callbacks)
            self.watch.tell(effects)

        self.world.carry_out = carried  # type: ignore[method-assign]

    async def _audit(self, what: str, *, subject: str, **_rest: object) -> None:
        self.audited.append((what, subject))

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

    async def begin(self, day_ms: int) -> Life:
        await self.watch.begin(self.floor.centre)
        await self.watch.start(day_ms)
        return self

    def lost(self) -> list[tuple[str, str, str]]:
        return [(one.call, one.state, one.by) for one in self.watch.desk.whole().lost]


@pytest.fixture
async def store(db: Database) -> AsyncIterator[CallStore]:
    store = CallStore(db)
    await store.start()
    yield store
    await store.close()


DAY = 1_767_225_600_000


def write(store: CallStore, call: str, at_ms: int, facts: Facts, caller: str = "013800005678") -> None:
    told: Facts = [(0, "offered", {"caller": caller, "number": "4001"}), *facts]
    store.append(
        [
            Fact(call=call, seq=seq, at_ms=at_ms + after_ms, kind=kind, fields=fields)  # type: ignore[arg-type]
            for seq, (after_ms, kind, fields) in enumerate(told, 1)
        ]
    )


def gave_up(after_ms: int, queue: str = "general") -> Facts:
    ended = {"by": "caller", "reason": "normal"}
    return [(1_000, "queued", {"queue": queue}), (1_000 + after_ms, "ended", ended)]


def served(after_ms: int, queue: str = "general", agent: str = "1001", over: bool = True) -> Facts:
    ended: Facts = [(after_ms + 60_000, "ended", {"by": "caller", "reason": "normal"})]
    talk: Facts = [(1_000, "queued", {"queue": queue}), (1_000 + after_ms, "bridged", {"agent": agent})]
    return talk + (ended if over else [])


# ── Trends ────────────────────────────────────────────────────────────────────────────────────────


async def test_trends_count_each_step_by_when_callers_were_put_in_line(
    db: Database, store: CallStore, tmp_path: Path
) -> None:
    life = Life(db, store, tmp_path, DAY + 4 * 3_600_000 - 1)
    minute = 60_000
    write(store, "a", DAY, served(5_000))
    write(store, "b", DAY + minute, served(40_000, agent="1002"))
    write(store, "c", DAY + 2 * minute, gave_up(50_000))
    write(store, "d", DAY + 2 * minute, gave_up(3_000))
    asked: Facts = [(40_000, "callback_agreed", {"callback": "k"})]
    write(store, "k", DAY + 3 * minute, [gave_up(50_000)[0], *asked, gave_up(50_000)[1]])
    write(store, "e", DAY + 6 * minute, served(10_000, "billing", over=False))
    write(store, "f", DAY - 2_000, served(1_000))  # put in line before the first step
    write(store, "g", DAY + 6 * minute, [(1_000, "ended", {"by": "caller", "reason": "normal"})])
    await store.flush()
    trends = await life.kept.trends.read(4, 5 * minute, {"general": 20_000, "billing": 5_000})
    assert (trends.from_ms, trends.to_ms, trends.step_ms) == (DAY, DAY + 4 * 3_600_000, 5 * minute)
    assert [(one.id, len(one.points)) for one in trends.queues] == [("general", 48), ("billing", 48)]
    general = trends.queues[0].points[0]
    assert (general.offered, general.answered, general.abandoned, general.answered_in_goal) == (5, 2, 2, 1)
    assert general.service_level == pytest.approx(1 / 3), "who gave up within the goal was not failed"
    assert (general.average_wait_ms, general.longest_wait_ms, general.agents) == (22_500, 50_000, 2)
    billing = trends.queues[1].points[1]
    assert (billing.at_ms, billing.offered, billing.answered) == (DAY + 5 * minute, 1, 1)
    assert (billing.answered_in_goal, billing.service_level) == (0, 0)
    assert sum(point.offered for queue in trends.queues for point in queue.points) == 6
    with pytest.raises(TooManyPoints):
        await life.kept.trends.read(24, minute, {})


async def test_leaders_who_look_at_once_are_one_question(
    db: Database, store: CallStore, tmp_path: Path
) -> None:
    life = Life(db, store, tmp_path)
    reader = TrendReader(db, life)
    first = await reader.read(1, 60_000, {"general": 1})
    assert await reader.read(1, 60_000, {"general": 1}) is first
    life.world.now_ms += 5_000
    assert await reader.read(1, 60_000, {"general": 1}) is not first


async def test_trends_open_only_the_calls_of_their_time(db: Database) -> None:
    statement = statement_of(["WHEN 'general' THEN 1"], is_sqlite=db.is_sqlite)
    values = {"from_ms": DAY, "to_ms": DAY + 1, "step_ms": 1, "began_ms": DAY}
    async with db.begin() as connection:
        if not db.is_sqlite:
            await connection.execute(text("SET LOCAL enable_seqscan = off"))  # else few rows are just read
        explain = "EXPLAIN QUERY PLAN " if db.is_sqlite else "EXPLAIN "
        plan = " ".join(map(str, (await connection.execute(text(explain + statement), values)).all()))
    assert "ix_calls_newest" in plan, plan


# ── Lost callers ──────────────────────────────────────────────────────────────────────────────────


async def test_lost_callers_are_found_as_calls_are_written_and_again_after_a_restart(
    db: Database, store: CallStore, tmp_path: Path
) -> None:
    life = await Life(db, store, tmp_path).begin(DAY)
    write(store, "old", DAY - 3_600_000, gave_up(5_000), "013100000000")
    write(store, "a", DAY, gave_up(5_000))
    write(store, "b", DAY + 1_000, gave_up(5_000), "013900001111")
    write(store, "c", DAY + 2_000, gave_up(5_000), "013900002222")
    await store.flush()
    write(store, "d", DAY + 60_000, served(1_000), "013900001111")
    await store.flush()
    assert life.lost()[1:] == [("a", "open", ""), ("b", "came_again", ""), ("c", "open", "")]
    view = await life.kept.lost.set_aside("c", "打错了", "1009", "班长")
    assert (view.state, view.note) == ("set_aside", "打错了")
    with pytest.raises(DealtWith, match="set aside by 班长"):
        await life.kept.lost.call_back("c", "1009", "班长", mine=False)
    again = await Life(db, store, tmp_path, DAY + 120_000).begin(DAY)
    assert again.lost() == [("a", "open", ""), ("b", "came_again", ""), ("c", "set_aside", "1009")]


async def test_a_caller_is_called_back_by_the_queue_and_the_list_knows_it(
    db: Database, store: CallStore, tmp_path: Path
) -> None:
    life = await Life(db, store, tmp_path).begin(DAY)
    now_ms = life.world.now_ms
    write(store, "a", now_ms - 60_000, gave_up(5_000))
    await store.flush()
    assert life.watch.desk.whole().lost[0].callable
    view = await life.kept.lost.call_back("a", "1009", "班长", mine=False)
    assert (view.state, view.by_name) == ("asked", "班长")
    (owed,) = life.watch.desk.control("general").callbacks
    assert (owed.id, owed.state, owed.origin) == (view.callback, "waiting", "a")
    life.floor.ready("1001")
    life.world.run_for(20_000)
    await store.flush()
    (lost,) = life.watch.desk.whole().lost
    assert (lost.state, lost.by) == ("called_back", "1009")
    assert life.floor.state("1001") == "talking"
    again = await Life(db, store, tmp_path).begin(DAY - 3_600_000)
    assert again.lost() == [("a", "called_back", "1009")]


async def test_a_leaders_own_phone_is_rung_and_then_the_caller(
    db: Database, store: CallStore, tmp_path: Path
) -> None:
    life = await Life(db, store, tmp_path).begin(DAY)
    write(store, "a", life.world.now_ms - 60_000, gave_up(5_000))
    await store.flush()
    with pytest.raises(NotPossible, match="not registered"):
        await life.kept.lost.call_back("a", "1009", "班长", mine=True)
    life.world.plug_in("1009")
    view = await life.kept.lost.call_back("a", "1009", "班长", mine=True)
    assert view.state == "asked"
    life.world.run_for(1_000)
    with pytest.raises(DealtWith):
        await life.kept.lost.call_back("a", "1009", "班长", mine=True)
    life.world.run_for(19_000)
    await store.flush()
    assert life.lost() == [("a", "called_back", "1009")]
    (call,) = life.watch.desk.whole().calls
    assert (call.agent, call.caller, call.direction, call.state) == (
        "1009",
        "013800005678",
        "out",
        "talking",
    )


async def test_a_leader_whom_the_number_plan_bars_is_told_before_anything_rings(
    db: Database, store: CallStore, tmp_path: Path
) -> None:
    life = await Life(db, store, tmp_path).begin(DAY)
    write(store, "a", life.world.now_ms - 60_000, gave_up(5_000), caller="813800005678")
    await store.flush()
    life.world.plug_in("1009")
    with pytest.raises(NotPossible) as refusal:
        await life.kept.lost.call_back("a", "1009", "班长", mine=True)
    assert refusal.value.why == {"code": "not_for_you"}
    assert not life.engine.floor.calls
    assert life.lost() == [("a", "open", "")]
    assert (await life.kept.lost.call_back("a", "1009", "班长", mine=False)).state == "asked"


async def test_a_leader_who_does_not_answer_leaves_it_open(
    db: Database, store: CallStore, tmp_path: Path
) -> None:
    life = await Life(db, store, tmp_path).begin(DAY)
    write(store, "a", life.world.now_ms - 60_000, gave_up(5_000))
    await store.flush()
    life.world.plug_in("1009", Phone(answers_after_ms=None))
    await life.kept.lost.call_back("a", "1009", "班长", mine=True)
    life.world.run_for(60_000)
    await store.flush()
    (lost,) = life.watch.desk.whole().lost
    assert (lost.state, lost.note) == ("open", "no_answer")
    assert life.floor.state("1009") == "signed_out"
    assert not life.engine.floor.calls


async def test_who_left_to_be_called_back_and_was_never_reached_is_known_after_a_restart(
    db: Database, store: CallStore, tmp_path: Path
) -> None:
    life = await Life(db, store, tmp_path, DAY + 60_000).begin(DAY)
    for number, (reached_ms, state) in enumerate(((0, "open"), (200_000, "came_again")), 1):
        caller = f"01380000000{number}"
        callback = Callback(
            id=CallbackId(f"k{number}"),
            kind="callback",
            state=State.GIVEN_UP,
            queue="general",
            number=caller,
            caller=caller,
            created_ms=DAY + 1_000,
            queued_ms=DAY,
            expires_ms=DAY + 900_000,
            ended_ms=DAY + 100_000 + number,
            origin=f"o{number}",
            attempts=2,
            reason="busy",
        )
        store.append([], None, [callback])
        life.kept.lost.callbacks([callback])
        if reached_ms:
            write(store, f"b{number}", DAY + reached_ms, served(5_000), caller)
        await store.flush()
        assert (f"o{number}", state, "") in life.lost()
    assert all(lost.callable for lost in life.watch.desk.whole().lost)
    again = await Life(db, store, tmp_path, DAY + 300_000).begin(DAY)
    assert again.watch.desk.whole().lost == life.watch.desk.whole().lost


async def test_who_showed_no_number_cannot_be_called(db: Database, store: CallStore, tmp_path: Path) -> None:
    life = await Life(db, store, tmp_path).begin(DAY)
    write(store, "a", life.world.now_ms - 60_000, gave_up(5_000), "anonymous")
    await store.flush()
    assert not life.watch.desk.whole().lost[0].callable
    with pytest.raises(NotPossible, match="showed no number"):
        await life.kept.lost.call_back("a", "1009", "班长", mine=False)
    assert life.lost() == [("a", "open", "")]


async def test_who_can_be_called_is_decided_by_the_rules_in_force(
    db: Database, store: CallStore, tmp_path: Path
) -> None:
    life = await Life(db, store, tmp_path).begin(DAY)
    write(store, "a", life.world.now_ms - 60_000, gave_up(5_000))
    write(store, "b", life.world.now_ms - 60_000, gave_up(5_000), "anonymous")
    await store.flush()
    for prefix, callable in (("7", False), ("0", True)):
        centre = centre_of(CENTRE.replace('prefixes: "0"', f'prefixes: "{prefix}"'))
        life.world.carry_out(life.engine.configure(centre, life.world.now_ms))
        life.watch.configure(centre)
        shown = {lost.call: lost.callable for lost in life.watch.desk.whole().lost}
        assert shown == {"a": callable, "b": False}


# ── What leaders set ──────────────────────────────────────────────────────────────────────────────


async def test_what_leaders_set_holds_in_the_next_life_and_ends_in_time(
    db: Database, store: CallStore, tmp_path: Path
) -> None:
    life = await Life(db, store, tmp_path).begin(DAY)
    until_ms = life.world.now_ms + 60_000
    desk = life.kept.steering
    await desk.turn_door("general", "closed", "1009", "停电", 0)
    await desk.divert("billing", Overflow(action="queue", target="night"), "1009", "", until_ms)
    await desk.move_agent("1001", ("billing", "billing"), "1009", "账单忙", until_ms)
    assert life.news == [("1001", "queues_set", "1009", "账单忙", "billing")]
    next_life = await Life(db, store, tmp_path).begin(DAY)
    general, billing, _ = next_life.watch.desk.whole().queues
    assert (general.door, general.door_note) == ("closed", "停电")
    assert billing.divert is not None
    assert billing.added == ("1001",)
    assert next_life.engine.acd.agent_view(AgentId("1001")).queues == ("billing",)
    later = await Life(db, store, tmp_path, until_ms).begin(DAY)
    await later.kept.steering.stop()
    general, billing, _ = later.watch.desk.whole().queues
    assert (general.door, billing.divert, billing.added) == ("closed", None, ())
    assert later.news == [("1001", "queues_back", "", "", "general")]
    assert sorted(later.audited) == [("divert_ended", "billing"), ("move_ended", "1001")]
    last = await Life(db, store, tmp_path, until_ms).begin(DAY)
    await last.kept.steering.stop()
    assert last.audited == [], "it ended once"


async def test_who_took_note_of_a_warning_is_known_in_the_next_life_until_it_is_over(
    db: Database, store: CallStore, tmp_path: Path
) -> None:
    life = await Life(db, store, tmp_path).begin(DAY)
    life.switch_up = False

    def looks(one: Life) -> list[tuple[str, str]]:
        for _ in range(2):
            one.kept.warnings.look()
            one.world.now_ms += 5_000
        return [(warned.kind, warned.seen_by_name) for warned in one.watch.desk.whole().warnings]

    assert looks(life) == [("switch_down", "")]
    (warned,) = life.watch.desk.whole().warnings
    await life.kept.warnings.seen(warned.id, "1009", "班长")
    again = await Life(db, store, tmp_path, life.now_ms()).begin(DAY)
    again.switch_up = False
    assert looks(again) == [("switch_down", "班长")]
    again.switch_up = True
    assert looks(again) == []
    await again.kept.warnings.keep()
    last = await Life(db, store, tmp_path, again.now_ms()).begin(DAY)
    last.switch_up = False
    assert looks(last) == [("switch_down", "")], "it was over meanwhile"


async def test_what_is_taken_back_is_gone_for_good(db: Database, store: CallStore, tmp_path: Path) -> None:
    life = await Life(db, store, tmp_path).begin(DAY)
    desk = life.kept.steering
    await desk.turn_door("general", "closed", "1009", "", 0)
    await desk.turn_door("general", "hours", "1009", "", 0)
    await desk.divert("billing", Overflow(action="hang_up"), "1009", "", 0)
    await desk.end_divert("billing")
    await desk.move_agent("1001", (), "1009", "", 0)
    await desk.move_back("1001", "1009")
    assert life.news[-1] == ("1001", "queues_back", "1009", "", "general")
    assert not life.engine.floor.steering.rulings
    assert not (await Life(db, store, tmp_path).begin(DAY)).engine.floor.steering.rulings


async def test_what_makes_no_sense_is_refused(db: Database, store: CallStore, tmp_path: Path) -> None:
    life = await Life(db, store, tmp_path).begin(DAY)
    desk = life.kept.steering
    with pytest.raises(UnknownQueue):
        await desk.turn_door("nowhere", "closed", "1009", "", 0)
    with pytest.raises(UnknownAgent):
        await desk.move_agent("nobody", (), "1009", "", 0)
    with pytest.raises(UnknownQueue):
        await desk.move_agent("1001", ("nowhere",), "1009", "", 0)
    with pytest.raises(SteeringRefused, match="end before it began"):
        await desk.turn_door("general", "closed", "1009", "", 1)
    for to in (
        ("number", "77"),
        ("number", "*11"),
        ("number", "013800005678"),
        ("queue", "x"),
        ("flow", "x"),
    ):
        with pytest.raises(NoSuchPlace):
            await desk.divert("general", Overflow(action=to[0], target=to[1]), "1009", "", 0)
    with pytest.raises(GoesRound):
        await desk.divert("general", Overflow(action="number", target="4001"), "1009", "", 0)
    assert not life.engine.floor.steering.rulings


async def test_leaders_are_warned_of_the_fullest_disk_and_the_log_names_it(
    db: Database, store: CallStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = tmp_path / "recordings"
    sound.symlink_to("/dev")  # a disk of its own on every Linux
    free = {tmp_path: 40, sound: 1}
    monkeypatch.setattr("shutil.disk_usage", lambda place: SimpleNamespace(total=100, free=free[place]))
    life = await Life(db, store, tmp_path).begin(DAY)
    desk = life.kept.warnings
    looked = asyncio.Event()
    desk.tick = looked.set
    with capture_logs() as lines:
        watching = asyncio.create_task(desk.run())
        await looked.wait()
        watching.cancel()
    assert desk.running()["disk"] == 1
    assert [(line["value"], line["folder"]) for line in lines if line.get("kind") == "disk"] == [
        (1, str(sound))
    ]


async def test_leaders_are_told_that_the_database_takes_nothing_without_its_help(
    db: Database, store: CallStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = await Life(db, store, tmp_path).begin(DAY)
    desk, bulk = life.kept.warnings, db.bulk

    async def locked(_work: object) -> object:
        raise DatabaseBusy(db.where, "database is locked")

    def warnings() -> list[tuple[str, float]]:
        life.world.now_ms += 2_000
        desk.look()
        return [(warned.kind, warned.value) for warned in life.watch.desk.whole().warnings]

    assert warnings() == []
    monkeypatch.setattr(db, "bulk", locked)
    write(store, "a", DAY, gave_up(1_000))
    with pytest.raises(DatabaseBusy):
        await store.flush()
    with capture_logs() as lines:
        assert warnings() == [], "a moment is no news"
        warnings()
        waiting = float(store.state.waiting)
        assert waiting > 0
        assert warnings() == [("not_writing", waiting)]
    assert [line["why"] for line in lines if line.get("kind") == "not_writing"] == [store.state.detail]
    (warned,) = life.watch.desk.whole().warnings
    assert (await desk.seen(warned.id, "li", "李班长")).seen_by == "li", "though it cannot be written down"
    monkeypatch.setattr(db, "bulk", bulk)
    with contextlib.suppress(DatabaseBusy):
        await store.flush()
    await store.flush()
    assert warnings() == []


async def test_who_looks_does_not_wait_for_a_database_that_does_not_answer(
    db: Database, store: CallStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = await Life(db, store, tmp_path).begin(DAY)
    desk, asked, looked = life.kept.warnings, asyncio.Event(), asyncio.Event()

    async def stalled(_marks: object) -> None:
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(desk._record, "put", stalled)
    monkeypatch.setattr("huawu.calls.monitor.warning_desk.EVERY_S", 0.0)
    monkeypatch.setattr(desk, "_kept", None)  # there is something to write
    watching = asyncio.create_task(desk.run())
    async with asyncio.timeout(PATIENCE_S):
        await asked.wait()
        desk.tick = looked.set
        await looked.wait()
    watching.cancel()
