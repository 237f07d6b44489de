"""The shift leader's screen: what pages apply to the snapshot is what the centre holds."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from huawu.acd.events import AgentId, Overflow
from huawu.calls.acting import Supervise
from huawu.calls.agent_days import AgentDays
from huawu.calls.desks import Desks
from huawu.calls.effects import Effects
from huawu.calls.monitor.lost import LostCallers
from huawu.calls.monitor.screen import MonitorDesk
from huawu.calls.monitor.views import Monitor, MonitorChange, apply
from huawu.calls.monitor.warner import AgentNow, CentreNow, Warner
from huawu.calls.notices import Notice
from huawu.calls.steering import Divert, Door, Move, Steering
from huawu.config.warnings import Warnings
from huawu.link.messages import LegId
from huawu.platform.live import Viewer
from huawu.sim.virtual import Caller
from tests.calls.desks import offices


class Post:
    """A small centre, and a leader's page that looks at it."""

    def __init__(self) -> None:
        self.floor = offices()
        self.world = self.floor.world
        self.engine = self.world.engine
        self.days = AgentDays(self.world.now_ms)
        self.desks = Desks(self.engine, self, self.world.timers.get)
        self.desks.days = self.days
        self.lost = LostCallers()
        self.warner = Warner(Warnings(), dict.fromkeys(self.engine.acd.queues, 0.8))
        self.notices: list[Notice] = []
        self.desk = MonitorDesk(self.engine, self, self.days, self.lost, self.warner, lambda: self.notices)
        self.viewer: Viewer | None = None
        self.shown = Monitor(at_ms=0)
        carry_out = self.world.carry_out

        def carried(effects: Effects) -> None:
            carry_out(effects)
            self.desk.tell(effects)
            self.desks.tell(effects)

        self.world.carry_out = carried  # type: ignore[method-assign]
        self.desk.touch = lambda: None  # type: ignore[method-assign]  # the page renews when it looks

    def now_ms(self) -> int:
        return self.world.now_ms

    def open(self) -> None:
        self.viewer = self.desk.watch().subscribe()

    def close(self) -> None:
        assert self.viewer is not None
        self.viewer.close()
        self.desk.left()

    async def page(self) -> Monitor:
        """What the page shows by the frames it was sent: what the centre holds."""
        assert self.viewer is not None
        self.desk._queues_ms = 0  # a second has passed
        self.desk.renew()
        while self.viewer.behind:
            frame: dict[str, Any] = msgspec.json.decode(await self.viewer.frame())
            if frame["type"] == "snapshot":
                self.shown = msgspec.convert(frame["state"], Monitor)
            for event in frame.get("events", ()):
                change = {name: event[name] for name in event if name != "seq"}
                self.shown = apply(self.shown, msgspec.convert(change, MonitorChange))
        return self.shown

    def steer(self, *rulings: Door | Divert | Move) -> None:
        self.world.carry_out(self.engine.steer(Steering.of(rulings), self.world.now_ms))


@pytest.fixture
def post() -> Post:
    return Post()


def comparable(board: Monitor) -> Any:
    """All that does not move with the clock alone, whatever its order."""
    told = msgspec.to_builtins(board)
    for seat in told["seats"]:
        for name in [name for name in seat if name.endswith("_ms")]:
            del seat[name]
    for call in told["calls"]:
        del call["since_ms"]
    for queue in told["queues"]:
        del queue["estimate_ms"]
    names = {"queues": "id", "seats": "id", "lost": "call", "warnings": "id", "calls": "id"}
    return {many: sorted(told[many], key=lambda one: one[name]) for many, name in names.items()}


async def test_who_waits_is_shown_in_order_with_whose_phone_rings(post: Post) -> None:
    post.open()
    post.world.call(Caller(number="4002", caller="13800000001"))
    post.world.run_for(4_000)
    assert (await post.page()).queues[1].waiting_calls == (), "billing has nobody, so nobody waits there"
    for number in (1, 2):
        post.world.call(Caller(number="4001", caller=f"1380000000{number}", talk_ms=0))
        post.world.run_for(1_000)
    post.floor.ready("1001")
    post.world.run_for(500)
    control = next(one for one in (await post.page()).queues if one.id == "general")
    assert [(one.place, one.caller, one.offered) for one in control.waiting_calls] == [
        (1, "13800000001", "1001"),
        (2, "13800000002", ""),
    ]
    post.world.run_for(5_000)
    page = await post.page()
    control = next(one for one in page.queues if one.id == "general")
    assert [one.caller for one in control.waiting_calls] == ["13800000002"]
    seat = next(one for one in page.seats if one.id == "1001")
    assert seat.with_ is not None
    assert (seat.with_.number, seat.with_.direction, seat.calls) == ("13800000001", "in", 1)
    assert {(call.caller, call.state, call.agent) for call in page.calls} == {
        ("13800000001", "talking", "1001"),
        ("13800000002", "waiting", ""),
    }


async def test_a_leader_in_a_call_is_shown_and_the_call_goes_when_it_is_over(post: Post) -> None:
    for agent in ("1001", "1009"):
        post.world.plug_in(agent)
    post.floor.ready("1001")
    post.open()
    leg = post.world.call(Caller(number="4001", talk_ms=0))
    post.world.run_for(5_000)
    (call,) = (await post.page()).calls
    began_ms = call.since_ms
    post.world.carry_out(post.engine.act(Supervise(call=call.id, by="1009", way="listen"), post.world.now_ms))
    post.world.run_for(5_000)
    (call,) = (await post.page()).calls
    assert [(one.agent, one.mode) for one in call.supervised_by] == [("1009", "listen")]
    assert call.since_ms == began_ms, "it is the same conversation"
    post.world.hang_up(leg)
    post.world.run_for(60_000)
    assert (await post.page()).calls == ()


async def test_what_leaders_set_is_shown_with_who_and_until_when(post: Post) -> None:
    post.open()
    await post.page()
    now_ms = post.world.now_ms
    post.steer(
        Door(by="1009", at_ms=now_ms, queue="general", state="closed", until_ms=now_ms + 60_000, note="停电"),
        Divert(by="1009", at_ms=now_ms, queue="billing", to=Overflow(action="queue", target="night")),
        Move(by="1009", at_ms=now_ms, agent="1001", queues=("billing",), note="账单忙"),
    )
    page = await post.page()
    general, billing = page.queues[0], page.queues[1]
    assert (general.door, general.door_by_name, general.door_until_ms, general.door_note) == (
        "closed",
        "班长",
        now_ms + 60_000,
        "停电",
    )
    assert (general.members, general.taken, billing.added) == (("1002",), ("1001",), ("1001",))
    assert billing.divert is not None
    assert (billing.divert.queue, billing.divert.by) == ("night", "1009")
    moved = next(seat for seat in page.seats if seat.id == "1001").moved
    assert moved is not None
    assert (moved.queues, moved.before, moved.reason) == (("billing",), ("general",), "账单忙")
    post.world.run_for(60_000)
    assert (await post.page()).queues[0].door == "hours"


async def test_notices_in_force_are_shown_when_their_time_comes(post: Post) -> None:
    post.open()
    notice = Notice(id="n", queue="general", prompts=("welcome",), from_ms=post.world.now_ms + 5_000)
    post.notices.append(notice)
    post.desk.touch_queues()
    assert (await post.page()).queues[0].notices == ()
    post.world.run_for(5_000)
    post.desk.touch_queues()
    assert (await post.page()).queues[0].notices == ("n",)


async def test_a_departure_is_shown_at_the_seat_and_goes_with_its_warning(post: Post) -> None:
    post.floor.ready("1001")
    post.open()
    agent = AgentId("1001")
    post.world.carry_out(post.engine.set_agent_state(agent, "break", "rest", post.world.now_ms))  # type: ignore[arg-type]
    for minutes, rules in ((10, []), (6, ["break_long"])):
        post.world.run_for(minutes * 60_000)
        now = AgentNow(post.engine.acd.agent_view(agent), post.days.of(agent))
        post.warner.look(post.world.now_ms, (), [now], CentreNow())
        page = await post.page()
        seat = next(one for one in page.seats if one.id == "1001")
        assert [depart.rule for depart in seat.departs] == rules
        assert [(one.kind, one.agent) for one in page.warnings] == [(rule, "1001") for rule in rules]
    post.warner.look(post.world.now_ms, (), (), CentreNow())
    page = await post.page()
    assert page.warnings == ()
    assert next(one for one in page.seats if one.id == "1001").departs == ()


def test_nothing_is_gathered_while_nobody_looks(post: Post) -> None:
    post.floor.ready("1001")
    post.world.call(Caller(number="4001"))
    post.world.run_for(5_000)
    assert not post.desk._calls
    assert not post.desk._agents
    post.open()
    post.close()
    assert not post.desk.is_watched


doings = st.lists(
    st.tuples(
        st.sampled_from(["call", "ready", "break", "hang_up", "door", "divert", "move", "time"]),
        st.integers(0, 2),
    ),
    max_size=15,
)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(doings)
@example(
    [("break", 2), ("call", 1), ("hang_up", 0)]
)  # who waited alone left: the line is empty on screens too
async def test_the_page_shows_what_the_centre_holds(doings: list[tuple[str, int]]) -> None:
    post, rulings = Post(), dict[str, Door | Divert | Move]()
    agents, queues = ("1001", "1002", "1003"), ("general", "billing", "night")
    for agent in agents:
        post.floor.ready(agent)
    post.open()
    legs: list[LegId] = []
    for what, which in doings:
        now_ms = post.world.now_ms
        if what == "call":
            legs.append(post.world.call(Caller(number=f"400{1 + which}", caller=f"1380000000{len(legs)}")))
        elif what == "ready":
            post.floor.ready(agents[which])
        elif what == "break":
            effects = post.engine.set_agent_state(AgentId(agents[which]), "break", "rest", now_ms)  # type: ignore[arg-type]
            post.world.carry_out(effects)
        elif what == "hang_up" and legs:
            post.world.hang_up(legs.pop(0))
        elif what == "door":
            rulings["door"] = Door(by="1009", at_ms=now_ms, queue=queues[which], state="closed")
        elif what == "divert":
            to = Overflow(action="queue", target=queues[which])
            rulings["divert"] = Divert(by="1009", at_ms=now_ms, queue=queues[which - 1], to=to)
        elif what == "move":
            rulings["move"] = Move(by="1009", at_ms=now_ms, agent=agents[which], queues=queues[which:])
        else:
            post.world.run_for(20_000)
        post.steer(*rulings.values())
        post.world.run_for(3_000)
        assert comparable(await post.page()) == comparable(post.desk.whole())
