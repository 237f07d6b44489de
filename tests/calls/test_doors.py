"""Leaders close and open queues, lead new callers elsewhere, move callers and agents between queues."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huawu.acd.events import AgentId, Overflow, QueueId
from huawu.calls.conversation import Phase
from huawu.calls.errors import NotPossible
from huawu.calls.facts import Fact
from huawu.calls.steering import AnyRuling, Divert, Door, Move, Steering, goes_round
from huawu.config.compile import Centre
from huawu.link.messages import LegId
from huawu.sim.virtual import Caller
from tests.calls.worlds import Desk, centre_of, desk_of

CENTRE = """
company: {name: 测试, language: zh, time_zone: Asia/Shanghai, country: CN}
numbers:
  - {number: 4000, name: hotline, flow: main, public: true}
  - {number: 4001, name: general, queue: general, public: true}
  - {number: 4002, name: billing, queue: billing, public: true}
  - {number: 4003, name: sales, queue: sales, public: true}
  - {number: 4004, name: spare, queue: spare, public: true}
flows:
  main:
    start: hours
    steps:
      hours: {do: hours, calendar: office, open: menu, closed: closed}
      menu: {do: menu, say: menu, keys: {1: general, 2: billing}, tries: 2, otherwise: general}
      general: {do: queue, queue: general, overflow: sorry}
      billing: {do: queue, queue: billing, overflow: sorry}
      sorry: {do: hang_up, say: queue-full}
      closed: {do: play, say: closed, next: message}
      message: {do: voicemail, queue: general}
calendars:
  office: {hours: {every: "00:00-24:00"}, special: {2026-01-02: closed}}
queues:
  general: {name: 综合, ring: 15s, wrap_up: 0s, announce_every: 0s}
  billing: {name: 账单, ring: 15s, wrap_up: 0s, announce_every: 0s}
  sales: {name: 销售, ring: 15s, wrap_up: 0s, announce_every: 0s, no_agent: {queue: general}}
  spare: {name: 备用, ring: 15s, wrap_up: 0s, announce_every: 0s}
people:
  - {user: "1001", name: 甲, extension: "1001", queues: [general]}
  - {user: "1002", name: 乙, extension: "1002", queues: [billing]}
  - {user: "1009", name: 班长, role: shift_leader, extension: "1009"}
endpoints:
  - {endpoint: "1001", person: "1001"}
  - {endpoint: "1002", person: "1002"}
"""
DAY_MS = 86_400_000


@cache
def centre() -> Centre:
    return centre_of(CENTRE)


class Leader:
    """A centre without agents at work, and what a leader sets."""

    def __init__(self) -> None:
        self.floor: Desk = desk_of(centre())
        self.world = self.floor.world
        self.steering = Steering()

    def sets(self, *rulings: AnyRuling) -> None:
        for ruling in rulings:
            self.steering = self.steering.having(ruling)
        self.steer()

    def steer(self) -> None:
        self.world.carry_out(self.world.engine.steer(self.steering, self.world.now_ms))

    def door(self, queue: str, state: str, until_ms: int = 0) -> Door:
        return Door(by="1009", at_ms=self.world.now_ms, queue=queue, state=state, until_ms=until_ms)  # type: ignore[arg-type]

    def divert(self, queue: str, action: str, target: str = "") -> Divert:
        to = Overflow(action=action, target=target)  # type: ignore[arg-type]
        return Divert(by="1009", at_ms=self.world.now_ms, queue=queue, to=to)

    def move(self, agent: str, *queues: str, until_ms: int = 0) -> Move:
        return Move(by="1009", at_ms=self.world.now_ms, agent=agent, queues=queues, until_ms=until_ms)

    def calls(self, number: str, caller: str = "13800005678", wait_ms: int = 5_000, *keys: str) -> str:
        leg = self.world.call(Caller(number=number, caller=caller, keys=list(keys), talk_ms=0))
        self.world.run_for(wait_ms)
        return self.call_of(leg)

    def call_of(self, leg: LegId) -> str:
        offered = (fact for fact in self.world.facts if fact.kind == "offered")
        return next(fact.call for fact in offered if fact.fields["leg"] == leg)

    def phase(self, call: str) -> str:
        found = [one for one in self.world.engine.floor.calls.values() if one.call == call]
        return found[0].phase if found else "over"

    def queue(self, call: str) -> str | None:
        return next(one.queue for one in self.world.engine.floor.calls.values() if one.call == call)

    def kinds(self, call: str) -> list[str]:
        return self.floor.kinds(call)

    def said(self, call: str) -> list[str]:
        facts = [fact for fact in self.floor.facts(call) if fact.kind == "prompt"]
        return [prompt for fact in facts for prompt in fact.fields.get("prompts", ())]


@pytest.fixture
def leader() -> Leader:
    return Leader()


# ── Doors ─────────────────────────────────────────────────────────────────────────────────────────


def test_who_waits_is_served_when_the_queue_closes_and_who_comes_is_turned_away(leader: Leader) -> None:
    waits = leader.calls("4003")
    leader.sets(leader.door("general", "closed"), leader.door("sales", "closed"))
    comes = leader.calls("4003", "13900001111")
    assert (leader.phase(waits), leader.phase(comes)) == (Phase.WAITING, Phase.FLOW)
    leader.floor.ready("1001")
    leader.world.run_for(5_000)
    assert leader.phase(waits) == Phase.TALKING
    assert "queued" not in leader.kinds(comes)


def test_a_closed_queue_in_a_flow_leads_where_the_closed_hours_lead(leader: Leader) -> None:
    leader.sets(leader.door("general", "closed"))
    call = leader.calls("4000", "13900001111", 30_000, "1")
    assert leader.said(call)[:2] == ["menu", "closed"]
    assert "turned_away" in leader.kinds(call)
    assert "voicemail_began" in leader.kinds(call)
    other = leader.calls("4000", "13900002222", 10_000, "2")
    assert leader.phase(other) == Phase.WAITING, "the other queue of the flow is open"


def test_a_number_of_a_closed_queue_takes_a_message_where_some_flow_does(leader: Leader) -> None:
    leader.sets(leader.door("general", "closed"))
    call = leader.calls("4001", wait_ms=8_000)
    assert leader.said(call)[0] == "closed"
    assert "voicemail_began" in leader.kinds(call)


def test_without_messages_the_queues_own_way_is_taken_else_try_later_is_said(leader: Leader) -> None:
    leader.sets(leader.door("sales", "closed"), leader.door("billing", "closed"))
    sales = leader.calls("4003")
    assert (leader.phase(sales), leader.queue(sales)) == (Phase.WAITING, "general")
    billing = leader.calls("4002", "13900001111", 30_000)
    assert leader.said(billing) == ["closed", "try-later", "goodbye"]
    assert leader.phase(billing) == "over"


def test_two_closed_queues_that_lead_to_each_other_come_to_an_end(leader: Leader) -> None:
    leader.sets(leader.door("general", "closed"), leader.door("sales", "closed"))
    call = leader.calls("4003", wait_ms=8_000)
    assert "voicemail_began" in leader.kinds(call), "sales → general → its message"


def test_a_door_opens_by_itself_and_the_record_is_to_be_renewed(leader: Leader) -> None:
    leader.sets(leader.door("billing", "closed", leader.world.now_ms + 60_000))
    effects = leader.world.engine.timer("steering", leader.world.now_ms + 60_000)
    assert effects.steered
    assert QueueId("billing") in effects.changed_queues
    assert not leader.world.engine.floor.steering.rulings
    call = leader.calls("4002")
    assert leader.phase(call) == Phase.WAITING


def test_a_queue_opened_by_hand_is_served_out_of_hours_and_the_others_are_not(leader: Leader) -> None:
    leader.world.run_for(DAY_MS)  # 2 January: closed
    closed = leader.calls("4000", "13900001111", 10_000, "1")
    assert leader.said(closed)[0] == "closed"
    leader.sets(leader.door("general", "open"))
    general = leader.calls("4000", "13900002222", 10_000, "1")
    assert (leader.phase(general), leader.queue(general)) == (Phase.WAITING, "general")
    billing = leader.calls("4000", "13900003333", 30_000, "2")
    assert leader.said(billing)[:2] == ["menu", "closed"]


def test_what_is_said_of_a_queue_that_is_gone_is_over_with_it(leader: Leader) -> None:
    leader.sets(leader.door("billing", "closed"), leader.move("1002", "billing", "general"))
    other = centre_of(CENTRE.replace("  billing:", "  accounts:").replace("billing", "accounts"))
    leader.world.carry_out(leader.world.engine.configure(other, leader.world.now_ms))
    steering = leader.world.engine.floor.steering
    assert steering.door("billing") is None
    agent = leader.world.engine.acd.agent_view(AgentId("1002"))
    assert agent.queues == ("general",), "the move holds for the queue there still is"


# ── Diversions ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("action", "target"), [("queue", "general"), ("number", "4001"), ("flow", "main")])
def test_new_callers_are_led_elsewhere_at_once(leader: Leader, action: str, target: str) -> None:
    leader.sets(leader.divert("billing", action, target))
    call = leader.calls("4002", "13800005678", 10_000, "1")
    assert (leader.phase(call), leader.queue(call)) == (Phase.WAITING, "general")
    told = next(fact for fact in leader.floor.facts(call) if fact.kind == "diverted")
    assert told.fields == {"queue": "billing", "action": action, "target": target, "by": "1009"}


def test_a_diversion_to_the_end_says_so(leader: Leader) -> None:
    leader.sets(leader.divert("billing", "hang_up"))
    call = leader.calls("4002", wait_ms=20_000)
    assert leader.phase(call) == "over"
    assert leader.said(call) == ["no-agent", "goodbye"]


def test_a_circle_that_nobody_foresaw_ends_in_the_line(leader: Leader) -> None:
    leader.sets(leader.divert("general", "queue", "sales"))  # whose callers overflow to general
    call = leader.calls("4001")
    assert (leader.phase(call), leader.queue(call)) == (Phase.WAITING, "general")


def test_circles_are_seen_before_they_are_set(leader: Leader) -> None:
    first = leader.divert("general", "queue", "billing")
    steering = Steering.of([first])
    for action, target in (("queue", "general"), ("number", "4001"), ("flow", "main")):
        back = leader.divert("billing", action, target)
        assert goes_round(back, steering, centre()), (action, target)
    assert goes_round(leader.divert("spare", "queue", "spare"), Steering(), centre())
    assert not goes_round(leader.divert("spare", "queue", "general"), steering, centre())


# ── Those who wait ────────────────────────────────────────────────────────────────────────────────


def test_callers_are_moved_with_the_wait_they_have_had(leader: Leader) -> None:
    first, second = leader.calls("4002"), leader.calls("4002", "13900001111")
    later = leader.calls("4001", "13900002222")
    engine, now_ms = leader.world.engine, leader.world.now_ms
    moved, effects = engine.move_waiting("billing", "general", None, "1009", now_ms)
    leader.world.carry_out(effects)
    assert moved == 2
    line = engine.acd.lines({QueueId("general")}, 10)[QueueId("general")]
    assert [view.call for view in line] == [first, second, later]
    view = engine.acd.queue_view(QueueId("billing"))
    assert (view.offered, view.overflowed, view.abandoned, view.waiting) == (2, 2, 0, 0)
    overflowed = next(fact for fact in leader.floor.facts(first) if fact.kind == "overflowed")
    assert (overflowed.fields["why"], overflowed.fields["by"]) == ("moved", "1009")


def test_whose_phone_is_being_rung_for_stays_and_is_answered(leader: Leader) -> None:
    leader.floor.ready("1002")
    call = leader.calls("4002", wait_ms=500)
    moved, effects = leader.world.engine.move_waiting("billing", "general", None, "1009", leader.world.now_ms)
    leader.world.carry_out(effects)
    assert moved == 0
    leader.world.run_for(5_000)
    assert leader.phase(call) == Phase.TALKING


def test_nobody_is_moved_into_a_closed_queue_nor_one_that_leads_elsewhere(leader: Leader) -> None:
    leader.calls("4002")
    leader.sets(leader.door("general", "closed"), leader.divert("sales", "queue", "spare"))
    for to in ("general", "sales", "billing"):
        with pytest.raises(NotPossible):
            leader.world.engine.move_waiting("billing", to, None, "1009", leader.world.now_ms)


# ── Agents ────────────────────────────────────────────────────────────────────────────────────────


def test_an_agent_moved_to_a_queue_gets_its_waiting_caller(leader: Leader) -> None:
    leader.floor.ready("1001")
    call = leader.calls("4002")
    assert leader.phase(call) == Phase.WAITING
    leader.sets(leader.move("1001", "billing"))
    leader.world.run_for(5_000)
    assert leader.phase(call) == Phase.TALKING
    profile = leader.world.engine.floor.centre.agent("1001")
    assert profile is not None
    assert profile.queues == ("billing",)


def test_a_call_under_way_is_not_hurt_when_its_agent_is_moved(leader: Leader) -> None:
    leader.floor.ready("1001")
    call = leader.calls("4001")
    assert leader.phase(call) == Phase.TALKING
    leader.sets(leader.move("1001", "billing"))
    next_caller = leader.calls("4001", "13900001111")
    assert leader.phase(call) == Phase.TALKING
    assert leader.phase(next_caller) == Phase.WAITING, "nobody serves general now"


def test_a_move_ends_by_itself(leader: Leader) -> None:
    leader.floor.ready("1001")
    leader.sets(leader.move("1001", "billing", until_ms=leader.world.now_ms + 60_000))
    call = leader.calls("4001")
    assert leader.phase(call) == Phase.WAITING
    leader.world.run_for(60_000)
    assert leader.phase(call) == Phase.TALKING


# ── Laws ──────────────────────────────────────────────────────────────────────────────────────────

QUEUES, AGENTS = ("general", "billing", "sales", "spare"), ("1001", "1002")
doings = st.lists(
    st.tuples(
        st.sampled_from(["call", "call", "ready", "door", "open", "divert", "move", "waiting", "time"]),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    max_size=14,
)


@settings(deadline=None, max_examples=30)
@given(doings)
def test_no_caller_is_lost_and_nobody_is_offered_a_queue_they_were_moved_out_of(
    doings: list[tuple[str, int, int]],
) -> None:
    leader = Leader()
    world, engine = leader.world, leader.world.engine
    legs: list[LegId] = []

    def offered(fact: Fact) -> None:
        if fact.kind == "offer_made":
            profile = engine.floor.centre.agent(fact.fields["agent"])
            assert profile is not None
            assert fact.fields["queue"] in profile.queues, fact

    world.watch = offered
    for what, one, two in doings:
        if what == "call":
            number = str(4000 + one) if two else "4004"
            legs.append(world.call(Caller(number=number, caller=f"1390000{len(legs):04d}", keys=["1"])))
        elif what == "ready":
            leader.floor.ready(AGENTS[one % 2])
        elif what in ("door", "open"):
            leader.sets(leader.door(QUEUES[one], "closed" if what == "door" else "open"))
        elif what == "divert":
            leader.sets(leader.divert(QUEUES[one], "queue", QUEUES[two]))
        elif what == "move":
            leader.sets(leader.move(AGENTS[one % 2], *QUEUES[two:]))
        elif what == "waiting":
            before = {call.call for call in engine.floor.calls.values() if call.phase is Phase.WAITING}
            try:
                moved, effects = engine.move_waiting(QUEUES[one], QUEUES[two], None, "1009", world.now_ms)
            except NotPossible:
                continue
            world.carry_out(effects)
            assert moved <= len(before)
        world.run_for(2_500)
        lines = engine.acd.lines(set(map(QueueId, QUEUES)), 1_000)
        standing = {view.call for line in lines.values() for view in line}
        waiting = {call.call for call in engine.floor.calls.values() if call.phase is Phase.WAITING}
        assert standing == waiting, "who waits stands in a line, and nobody else does"
    world.run_for(10 * 60_000)
    for agent in AGENTS:
        leader.steering = Steering()
        leader.steer()
        leader.floor.ready(agent)
    world.run_for(30 * 60_000)
    still = [call for call in engine.floor.calls.values() if call.phase not in (Phase.ENDED, Phase.WAITING)]
    assert not still, "every call comes to its end, or to a queue that nobody serves"
    assert all(call.queue in ("sales", "spare") for call in engine.floor.calls.values() if call.in_line)
