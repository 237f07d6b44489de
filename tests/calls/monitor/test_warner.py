"""Leaders are warned when a bound is passed, once, and until all has been well for a while."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.acd.events import AgentId, AgentState, QueueId
from huawu.acd.figures import AgentView, QueueView
from huawu.calls.agent_days import AgentDay
from huawu.calls.monitor.views import Warned
from huawu.calls.monitor.warner import CALM_MS, AgentNow, CentreNow, Warner
from huawu.config.warnings import QueueWarnings, Warnings

CALM = Warnings()
ALL_WELL = CentreNow()
T = 1_000_000


def queue(name: str = "general", **fields: Any) -> QueueView:
    view = QueueView(
        queue=QueueId(name),
        name=name,
        waiting=0,
        callbacks=0,
        longest_since_ms=None,
        ready=1,
        ringing=0,
        talking=0,
        wrap_up=0,
        on_break=0,
        unavailable=0,
        signed_in=1,
        offered=0,
        answered=0,
        abandoned=0,
        overflowed=0,
        called_back=0,
        answered_in_goal=0,
        service_level=None,
        goal_share=0.8,
        goal_ms=20_000,
        average_wait_ms=None,
    )
    return msgspec.structs.replace(view, **fields)


def agent(state: AgentState, since_ms: int, day: AgentDay | None = None, task: str = "") -> AgentNow:
    view = AgentView(
        agent=AgentId("1001"),
        name="甲",
        state=state,
        since_ms=since_ms,
        reason="",
        call=None,
        queue=None,
        queues=(),
        calls_today=0,
        task=task,
    )
    return AgentNow(view, day or AgentDay())


class Post:
    """Somebody who looks every two seconds."""

    def __init__(self, warnings: Warnings = CALM) -> None:
        self.warner = Warner(warnings, {"general": 0.8, "billing": 0.8})
        self.at_ms = T

    def look(
        self,
        *queues: QueueView,
        agents: tuple[AgentNow, ...] = (),
        centre: CentreNow = ALL_WELL,
        after_ms: int = 2_000,
    ) -> list[str]:
        self.at_ms += after_ms
        self.warner.look(self.at_ms, queues, agents, centre)
        return [warned.kind for warned in self.warner]

    def only(self) -> Warned:
        (warned,) = self.warner
        return warned


@pytest.fixture
def post() -> Post:
    return Post()


def test_a_long_wait_warns_and_is_over_only_when_it_was_short_for_a_while(post: Post) -> None:
    since = T - 57_000
    assert post.look(queue(waiting=1, longest_since_ms=since)) == []
    assert post.look(queue(waiting=1, longest_since_ms=since)) == ["longest_wait"]
    warned = post.only()
    assert (warned.queue, warned.limit, warned.unit, warned.book) == (
        "general",
        60_000,
        "ms",
        "complaint.busy-line",
    )
    assert post.look(queue(waiting=1, longest_since_ms=since)) == ["longest_wait"]
    assert post.only().value == 63_000
    assert post.look(queue(waiting=1, longest_since_ms=post.at_ms - 50_000)) == ["longest_wait"], "too near"
    for _ in range(CALM_MS // 2_000):
        assert post.look(queue()) == ["longest_wait"]
    assert post.look(queue()) == []
    assert post.warner.changed[warned.id] is None
    assert post.warner.begun["longest_wait"] == 1


def test_each_queue_has_its_own_bounds(post: Post) -> None:
    post.warner.configure(
        Warnings(waiting=5, queues={"billing": QueueWarnings(waiting=0, longest_wait_ms=10_000)}),
        {"general": 0.8, "billing": 0.8},
    )
    kinds = post.look(
        queue("general", waiting=5, longest_since_ms=T),
        queue("billing", waiting=50, longest_since_ms=T - 8_000),
    )
    assert kinds == ["waiting", "longest_wait"]


def test_callers_and_nobody_at_work(post: Post) -> None:
    assert post.look(queue(waiting=2, ready=0, on_break=1)) == ["no_agent"]
    assert post.only().value == 2
    assert post.look(queue(waiting=0, ready=0)) == ["no_agent"], "not yet over"


def test_shares_are_of_the_last_while_and_of_enough_calls(post: Post) -> None:
    bad: dict[str, Any] = {"answered": 6, "answered_in_goal": 0, "judged": 6}
    assert post.look(queue()) == []
    assert post.look(queue(**bad)) == [], "six calls say nothing"
    bad = {"answered": 12, "answered_in_goal": 6, "judged": 12}
    assert post.look(queue(**bad)) == ["service_level"]
    assert post.only().value == 0.5
    for _ in range(70):  # half an hour in which all is answered in time
        bad = {name: count + 4 for name, count in bad.items()}
        kinds = post.look(queue(**bad), after_ms=30_000)
    assert kinds == []


def test_too_many_who_gave_up(post: Post) -> None:
    post.look(queue())
    assert post.look(queue(answered=8, answered_in_goal=8, judged=8, abandoned=2)) == ["abandoned_share"]
    assert post.only().value == 0.2


def test_a_new_day_begins_from_nothing(post: Post) -> None:
    post.look(queue(answered=100, answered_in_goal=100, judged=100))
    kinds = post.look(queue(answered=1, answered_in_goal=0, judged=1))
    assert kinds == []


@pytest.mark.parametrize(
    ("state", "limit_ms", "rule"),
    [
        (AgentState.WRAP_UP, 120_000, "wrap_up_long"),
        (AgentState.BREAK, 900_000, "break_long"),
        (AgentState.TALKING, 900_000, "talk_long"),
        (AgentState.UNAVAILABLE, 120_000, "unavailable_long"),
    ],
)
def test_a_state_that_lasts_too_long_is_a_departure_until_it_ends(
    post: Post, state: AgentState, limit_ms: int, rule: str
) -> None:
    since = T + 2_000 - limit_ms
    assert post.look(agents=(agent(state, since + 1),), after_ms=2_000) == []
    assert post.look(agents=(agent(state, since),), after_ms=1) == [rule]
    (depart,) = post.warner.departs("1001")
    assert (depart.rule, depart.limit) == (rule, limit_ms)
    assert post.look(agents=(agent(AgentState.READY, post.at_ms),)) == []
    assert post.warner.departs("1001") == ()


def test_a_message_to_be_done_is_no_long_wrap_up(post: Post) -> None:
    assert post.look(agents=(agent(AgentState.WRAP_UP, 0, task="v1"),)) == []


def test_all_breaks_of_the_day_together(post: Post) -> None:
    day = AgentDay(spent={"break": 3_500_000}, counted_ms=T, since_ms=T, state=AgentState.BREAK)
    assert post.look(agents=(agent(AgentState.BREAK, T, day),), after_ms=99_000) == []
    assert post.look(agents=(agent(AgentState.BREAK, T, day),), after_ms=1_000) == ["break_sum"]


def test_missed_offers_count_within_the_hour(post: Post) -> None:
    day = AgentDay()
    post.look(agents=(agent(AgentState.READY, T, day),))
    day.missed = 2
    assert post.look(agents=(agent(AgentState.READY, T, day),)) == []
    day.missed = 3
    assert post.look(agents=(agent(AgentState.READY, T, day),), after_ms=60_000) == ["offers_missed"]
    assert post.only().book == "open.third-ring"
    assert post.look(agents=(agent(AgentState.READY, T, day),), after_ms=3_600_000) == []


def test_what_was_missed_in_a_former_life_or_yesterday_counts_no_more(post: Post) -> None:
    day = AgentDay(missed=2)
    post.look(agents=(agent(AgentState.READY, T, day),))
    day.missed = 3
    assert post.look(agents=(agent(AgentState.READY, T, day),)) == []
    post.look()  # a new day: nobody missed anything
    day.missed = 2
    assert post.look(agents=(agent(AgentState.READY, T, day),)) == []
    day.missed = 3
    assert post.look(agents=(agent(AgentState.READY, T, day),)) == ["offers_missed"]


def test_the_machine_and_the_lines(post: Post) -> None:
    down = CentreNow(down_since_ms=T + 1_000)
    assert post.look(centre=down) == [], "a switch that is started again is no news"
    assert post.look(centre=down) == ["switch_down"]
    assert post.look(centre=CentreNow(toll_stop=True)) == ["toll_stop"]
    assert post.look() == []
    assert post.look(centre=CentreNow(disk_free=4, disk_size=100)) == ["disk"]


def test_a_database_that_takes_nothing_is_told_with_what_waits_until_it_takes_it(post: Post) -> None:
    away = CentreNow(unwritten_since_ms=T + 1_000, waiting=20)
    assert post.look(centre=away) == [], "one that is busy for a moment is no news"
    assert post.look(centre=away) == ["not_writing"]
    assert (post.only().value, post.only().unit) == (20, "count")
    post.look(centre=msgspec.structs.replace(away, waiting=90))
    assert post.only().value == 90
    assert post.look() == []


def test_who_saw_it_first_stays_and_a_new_one_is_unseen(post: Post) -> None:
    post.look(centre=CentreNow(toll_stop=True))
    seen = post.warner.seen(post.only().id, "li", "李班长", post.at_ms)
    assert seen is not None
    again = post.warner.seen(seen.id, "wu", "吴经理", post.at_ms)
    assert again is not None
    assert (again.seen_by, again.seen_ms) == ("li", post.at_ms)
    post.look()
    assert post.warner.seen(seen.id, "li", "", post.at_ms) is None
    post.look(centre=CentreNow(toll_stop=True))
    assert (post.only().seen_by, post.only().id != seen.id) == ("", True)


def marked(about: str = "general") -> Post:
    """The next life's post: `li` took note of many who wait in a queue, in the last one."""
    before, after = Post(Warnings(waiting=5)), Post(Warnings(waiting=5))
    before.look(queue(about, waiting=6))
    before.warner.seen(before.only().id, "li", "李班长", before.at_ms)
    after.warner.take_up(before.warner.marks(), after.at_ms)
    return after


def test_who_took_note_is_known_in_the_next_life_while_it_lasts() -> None:
    post = marked()
    post.look(queue("general", waiting=7), queue("billing", waiting=7))
    seen = {warned.queue: (warned.seen_by, warned.seen_by_name, warned.seen_ms) for warned in post.warner}
    assert seen == {"general": ("li", "李班长", T + 2_000), "billing": ("", "", None)}
    assert {mark.about for mark in post.warner.marks()} == {"general"}
    post.look()
    post.look(after_ms=CALM_MS)
    assert post.warner.marks() == frozenset(), "with the warning its mark is gone"
    post.look(queue("general", waiting=7))
    assert post.only().seen_by == ""


def test_what_begins_long_after_the_restart_is_new() -> None:
    post = marked()
    post.look()
    assert post.warner.marks(), "it may come again yet"
    post.look(after_ms=post.warner.warnings.window_ms)
    assert not post.warner.marks()
    post.look(queue("general", waiting=7))
    assert post.only().seen_by == ""


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from([500, 2_000, 15_000])), max_size=60))
def test_a_warning_lasts_while_it_is_passed_and_does_not_flap(looks: list[tuple[int, int]]) -> None:
    post, begun_ms, over_ms = Post(), list[int](), list[int]()
    for waiting, after_ms in looks:
        before = post.warner.begun["waiting"]
        kinds = post.look(queue(waiting=waiting), after_ms=after_ms)
        if waiting >= 10:
            assert "waiting" in kinds
        if post.warner.begun["waiting"] > before:
            begun_ms.append(post.at_ms)
        if "waiting" not in kinds and len(begun_ms) > len(over_ms):
            over_ms.append(post.at_ms)
    assert all(over - began >= CALM_MS for began, over in zip(begun_ms, over_ms, strict=False))
