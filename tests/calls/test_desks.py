"""An agent's own desk: calls, state, wrap-up and news, and that the page follows the centre."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.acd.events import AgentId, AgentState
from huawu.calls import desk_reading
from huawu.calls.acting import ConsultFor, ConsultNext, Supervise, Target
from huawu.calls.assist.views import Hint
from huawu.calls.desk_changes import apply, key
from huawu.calls.desk_views import (
    CallbackTask,
    Desk,
    DeskAgent,
    DeskCall,
    DeskChange,
    FactOf,
    FactsOf,
    HelpRequest,
    Place,
    PlaceOf,
    Tasks,
)
from huawu.calls.facts import Fact
from huawu.sim.virtual import Caller, Phone
from tests.calls.desk_stage import Watched
from tests.calls.desks import CENTRE
from tests.calls.worlds import centre_of, desk_of

OWED = CallbackTask(id="c1", kind="callback", state="placing", queue="general", number="13812345678")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_reading, "READ_AFTER_S", 0.0)


def set_state(stage: Watched, agent: str, state: AgentState, by: str, reason: str = "") -> None:
    world = stage.world
    world.carry_out(world.engine.set_agent_state(AgentId(agent), state, reason, world.now_ms))
    stage.desks.state_set(AgentId(agent), state, by, reason)


def calling(stage: Watched, answers_after_ms: int | None = None) -> str:
    """1001 is ready with a phone that rings so long; a caller dials the queue."""
    stage.floor.ready("1001", Phone(answers_after_ms=answers_after_ms))
    leg = stage.world.call(Caller(number="4001", caller="13812345678", talk_ms=0))
    stage.world.run_for(1_000)
    return leg


async def test_an_offer_shows_the_caller_and_how_long_there_is_to_answer() -> None:
    stage = Watched()
    stage.open("1001")
    assert (await stage.page("1001")).calls == ()
    calling(stage)
    call = await stage.call_at("1001")
    assert (call.state, call.purpose, call.direction) == ("ringing", "talk", "in")
    assert call.caller == "13812345678"
    assert call.queue_name == "综合"
    assert call.waited_ms == 0
    assert call.ring_until_ms is not None
    assert 0 < call.ring_until_ms - stage.world.now_ms <= 15_000
    page = await stage.page("1001")
    about = page.about[call.id]
    assert about.place == Place(zh="北京市", en="Beijing")
    assert about.facts[0]["kind"] == "offered"
    assert page.agent.state == "ringing"


async def test_a_page_opened_in_mid_call_shows_all_of_it() -> None:
    stage = Watched()
    calling(stage, answers_after_ms=2_000)
    stage.world.run_for(10_000)
    stage.open("1001")
    call = await stage.call_at("1001")
    assert (call.state, call.at, call.leads) == ("talking", "room", True)
    assert call.recording == "running"
    facts = (await stage.page("1001")).about[call.id].facts
    assert [fact["seq"] for fact in facts] == list(range(1, len(facts) + 1))
    assert call.answered_ms is not None
    assert call.offered_ms is not None


async def test_the_timeline_grows_as_the_call_goes_on_and_wrap_up_follows() -> None:
    stage = Watched()
    stage.open("1001")
    caller = calling(stage, answers_after_ms=2_000)
    stage.world.run_for(30_000)
    call = await stage.call_at("1001")
    before = len((await stage.page("1001")).about[call.id].facts)
    stage.world.hang_up(caller)  # type: ignore[arg-type]
    stage.world.run_for(1_000)
    page = await stage.page("1001")
    call = page.calls[0]
    assert call.state == "wrap_up"
    assert call.ended_ms is not None
    assert len(page.about[call.id].facts) > before
    assert page.wrap_up is not None
    assert page.wrap_up.call == call.id
    assert page.wrap_up.due_ms == page.wrap_up.began_ms + 20_000
    stage.world.run_for(30_000)
    page = await stage.page("1001")
    assert page.wrap_up is None
    assert page.calls == ()
    assert page.about == {}
    assert page.agent.state == "ready"
    assert page.figures.calls == 1
    assert page.figures.talk_ms > 25_000
    assert page.figures.wrap_up_ms == 20_000


async def test_the_clock_of_a_call_goes_on_in_a_page_loaded_anew() -> None:
    stage = Watched()
    stage.open("1001")
    calling(stage, answers_after_ms=2_000)
    stage.world.run_for(10_000)
    answered_ms = (await stage.call_at("1001")).answered_ms
    for _ in range(2):
        (call,) = stage.world.engine.floor.calls.values()
        assert call.talking is not None
        stage.world.replace(call.talking.leg, "1001", "1001")
        stage.world.run_for(5_000)
    assert [fact.kind for fact in stage.world.facts].count("replaced") == 2
    assert (await stage.call_at("1001")).answered_ms == answered_ms


async def test_a_desk_shows_only_its_own_calls() -> None:
    stage = Watched()
    stage.open("1002")
    calling(stage, answers_after_ms=2_000)
    stage.world.run_for(5_000)
    page = await stage.page("1002")
    assert page.calls == ()
    assert page.agent.state == "signed_out"


async def test_an_offer_that_nobody_answers_is_told_and_leaves_the_desk() -> None:
    stage = Watched()
    stage.open("1001")
    calling(stage)
    await stage.page("1001")
    stage.world.run_for(30_000)
    page = await stage.page("1001")
    assert page.calls == ()
    assert page.agent.state == "unavailable"
    assert [(news.kind, news.reason) for news in page.news] == [("missed", "no_answer")]
    assert page.figures.missed == 1


async def test_who_is_made_ready_by_another_is_told_by_whom_and_why() -> None:
    stage = Watched()
    stage.world.plug_in("1001")
    stage.open("1001")
    set_state(stage, "1001", AgentState.READY, "1009", "很多人在等")
    page = await stage.page("1001")
    assert (page.agent.state, page.agent.by) == ("ready", "1009")
    news = page.news[-1]
    assert (news.kind, news.state, news.by_name, news.reason) == ("state_set", "ready", "班长", "很多人在等")
    set_state(stage, "1001", AgentState.BREAK, "1001", "rest")
    page = await stage.page("1001")
    assert (page.agent.state, page.agent.by, len(page.news)) == ("break", "", 1)


async def test_news_wait_for_a_page_to_be_opened() -> None:
    stage = Watched()
    stage.world.plug_in("1001")
    set_state(stage, "1001", AgentState.READY, "1009", "开工")
    stage.open("1001")
    assert [news.reason for news in (await stage.page("1001")).news] == ["开工"]


async def test_what_is_asked_for_during_a_call_is_shown_as_what_follows() -> None:
    stage = Watched()
    stage.open("1001")
    calling(stage, answers_after_ms=500)
    stage.world.run_for(5_000)
    set_state(stage, "1001", AgentState.BREAK, "1001", "rest")
    page = await stage.page("1001")
    assert page.agent.state == "talking"
    assert page.agent.next is not None
    assert (page.agent.next.state, page.agent.next.reason) == ("break", "rest")


async def test_both_desks_follow_a_consultation_and_a_transfer() -> None:
    stage = Watched()
    stage.floor.ready("1003")
    stage.open("1001")
    stage.open("1003")
    calling(stage, answers_after_ms=500)
    stage.world.run_for(5_000)
    call = (await stage.call_at("1001")).id
    engine, world = stage.world.engine, stage.world
    world.carry_out(engine.act(ConsultFor(call=call, by="1001", to=Target(agent="1003")), world.now_ms))
    world.run_for(200)
    asks, asked = await stage.call_at("1001"), await stage.call_at("1003")
    assert asks.consult is not None
    assert (asks.consult.agent, asks.consult.state) == ("1003", "ringing")
    assert asks.caller_at == "hold"
    assert (asked.purpose, asked.state) == ("consult", "ringing")
    world.run_for(5_000)
    asks = await stage.call_at("1001")
    assert asks.consult is not None
    assert asks.consult.state == "talking"
    world.carry_out(engine.act(ConsultNext(call=call, by="1001", step="complete"), world.now_ms))
    world.run_for(5_000)
    assert (await stage.call_at("1001")).state == "wrap_up"
    assert (await stage.call_at("1003")).leads


async def test_a_leader_sees_the_call_that_is_listened_to() -> None:
    stage = Watched()
    stage.world.plug_in("1009")
    stage.open("1009")
    calling(stage, answers_after_ms=500)
    stage.world.run_for(5_000)
    call = next(iter(stage.world.engine.floor.calls))
    stage.world.carry_out(
        stage.world.engine.act(Supervise(call=call, by="1009", way="whisper"), stage.world.now_ms)
    )
    stage.world.run_for(5_000)
    shown = await stage.call_at("1009")
    assert (shown.purpose, shown.mode, shown.state) == ("supervise", "whisper", "talking")


async def test_an_agents_own_call_outside_is_on_the_desk() -> None:
    stage = Watched()
    stage.floor.ready("1001")
    stage.open("1001")
    leg = stage.world.call(Caller(number="013900001111", endpoint="1001", caller="1001", talk_ms=0))
    stage.world.run_for(5_000)
    call = await stage.call_at("1001")
    assert (call.purpose, call.direction, call.state, call.number) == (
        "dialled",
        "out",
        "talking",
        "013900001111",
    )
    stage.world.hang_up(leg)
    stage.world.run_for(5_000)
    page = await stage.page("1001")
    assert page.calls == ()
    assert page.figures.outgoing == 1


async def test_who_is_called_back_in_vain_is_a_call_made_and_told_to_the_agent() -> None:
    owes = "general: {name: 综合, callback: {pause: 1m, tries: 2},"
    floor = desk_of(centre_of(CENTRE.replace("general: {name: 综合,", owes)))
    number = "013900001111"
    floor.world.outside[number[1:]] = Phone(refuses="busy")
    stage = Watched(floor)
    stage.open("1001")
    stage.world.call(Caller(number="4001", caller=number, keys=["1"]))
    stage.world.run_for(20_000)
    stage.floor.ready("1001")
    stage.world.run_for(10_000)
    page = await stage.page("1001")
    assert (page.figures.calls, page.figures.outgoing) == (0, 1)
    due_ms = stage.floor.fact("callback_failed").fields["due_ms"]
    (news,) = page.news
    assert (news.kind, news.number, news.reason, news.due_ms) == ("not_reached", number, "busy", due_ms)
    stage.world.run_for(70_000)
    page = await stage.page("1001")
    assert (page.figures.calls, page.figures.outgoing) == (0, 2)
    assert (page.news[-1].kind, page.news[-1].due_ms) == ("not_reached", None)


async def test_of_two_looks_at_what_is_owed_the_later_one_is_shown_however_long_the_first_takes() -> None:
    stage = Watched()
    answers: list[asyncio.Future[Tasks]] = []

    async def tasks(_queues: tuple[str, ...], _agent: str) -> Tasks:
        answers.append(asyncio.get_running_loop().create_future())
        return await answers[-1]

    stage.desks.sources.tasks = tasks
    stage.open("1001")
    stage.desks.tasks_changed({"general"})
    while len(answers) < 2:
        await asyncio.sleep(0)
    before, after = answers
    after.set_result(Tasks())
    await stage.page("1001")
    before.set_result(Tasks(callbacks=(OWED,)))
    assert (await stage.page("1001")).tasks == Tasks()


async def test_a_desk_nobody_looks_at_is_not_kept() -> None:
    stage = Watched()
    stage.open("1001")
    stage.close("1001")
    assert stage.desks.watched == 0
    calling(stage, answers_after_ms=500)
    stage.world.run_for(60_000)
    assert stage.desks.watched == 0
    figures = stage.desks.days.of("1001").figures(0, stage.now_ms())
    assert figures.talk_ms > 50_000, "days are counted all the same"


async def test_breaks_are_counted_and_the_longest_is_known() -> None:
    stage = Watched()
    stage.floor.ready("1001")
    for minutes in (5, 20, 10):
        set_state(stage, "1001", AgentState.BREAK, "1001", "rest")
        stage.world.run_for(minutes * 60_000)
        set_state(stage, "1001", AgentState.READY, "1001")
        stage.world.run_for(60_000)
    stage.open("1001")
    figures = (await stage.page("1001")).figures
    assert figures.longest_break_ms == 20 * 60_000
    assert figures.break_ms == 35 * 60_000
    assert figures.breaks == 3
    stage.desks.days.begin(stage.world.now_ms)
    assert stage.desks.days.of("1001").figures(0, stage.world.now_ms).break_ms == 0


def test_an_older_fact_read_later_finds_its_place_and_one_told_twice_stands_once() -> None:
    desk = Desk(at_ms=0, agent=DeskAgent(id="1001", name="甲"))
    for seq in (3, 1, 2, 2):
        change = DeskChange(fact=FactOf(call="c", fact={"seq": seq, "kind": "talk"}))
        assert key(change) == f"fact:c:{seq}"
        desk = apply(desk, change)
    assert [fact["seq"] for fact in desk.about["c"].facts] == [1, 2, 3]
    assert apply(desk, DeskChange(call_removed="c")).about == {}


async def test_a_call_to_which_another_centre_writes_shows_each_fact_once_and_none_less() -> None:
    """The desk was told numbers that another centre's fact has taken; then the timeline comes anew."""
    stage = Watched()
    stage.open("1001")
    caller = calling(stage, answers_after_ms=2_000)
    stage.world.run_for(10_000)
    call = await stage.call_at("1001")
    others = Fact(call=call.id, seq=3, at_ms=stage.world.now_ms, kind="urgent", fields={"urgency": "fire"})
    own = [fact for fact in stage.world.facts if fact.call == call.id]
    on_record = [*own[:2], others, *(msgspec.structs.replace(fact, seq=fact.seq + 1) for fact in own[2:])]

    async def read(_call: str) -> list[Fact]:
        return on_record

    stage.desks.sources.facts = read
    stage.desks.renumbered(call.id, len(on_record))
    shown = (await stage.page("1001")).about[call.id].facts
    assert [(fact["seq"], fact["kind"]) for fact in shown] == [(fact.seq, fact.kind) for fact in on_record]
    stage.world.hang_up(caller)  # type: ignore[arg-type]
    stage.world.run_for(1_000)
    shown = (await stage.page("1001")).about[call.id].facts
    assert [fact["seq"] for fact in shown] == list(range(1, len(shown) + 1))
    assert [fact["kind"] for fact in shown].count("ended") == 1
    assert len(shown) > len(on_record)


CHANGES = st.one_of(
    st.builds(
        lambda call, seqs: DeskChange(
            facts=FactsOf(call=call, facts=tuple({"seq": seq, "kind": "talk"} for seq in sorted(seqs)))
        ),
        st.sampled_from("ab"),
        st.sets(st.integers(1, 5)),
    ),
    st.builds(
        lambda call, seq: DeskChange(fact=FactOf(call=call, fact={"seq": seq, "kind": "talk"})),
        st.sampled_from("ab"),
        st.integers(1, 5),
    ),
    st.builds(
        lambda call, state, began: DeskChange(
            call=DeskCall(
                id=call, direction="in", purpose="talk", state=state, caller="1", began_ms=ord(call) + began
            )
        ),
        st.sampled_from("ab"),
        st.sampled_from(["ringing", "talking"]),
        st.just(0),
    ),
    st.builds(lambda call: DeskChange(place=PlaceOf(call=call, zh="北京", en="")), st.sampled_from("ab")),
    st.builds(lambda name: DeskChange(agent=DeskAgent(id="1001", name=name)), st.sampled_from("xy")),
    st.builds(
        lambda call, rule: DeskChange(hint=Hint(call=call, rule=rule, kind="warn")),
        st.sampled_from("ab"),
        st.sampled_from("xy"),
    ),
    st.builds(lambda call: DeskChange(hint_over=call), st.sampled_from("ab")),
    st.builds(lambda at: DeskChange(help=HelpRequest(id=str(at), agent="1", at_ms=at)), st.integers(1, 4)),
)


@given(st.lists(CHANGES, max_size=12))
def test_a_page_that_fell_behind_and_is_sent_the_newest_of_each_shows_the_same(
    changes: list[DeskChange],
) -> None:
    """What `platform/live.py` leaves out of waiting changes may not be missed."""
    before = Desk(at_ms=0, agent=DeskAgent(id="1001", name="甲"))
    whole = before
    waiting: dict[str, DeskChange] = {}
    for change in changes:
        if apply(whole, change) == whole:
            continue
        whole = apply(whole, change)
        waiting.pop(key(change), None)
        waiting[key(change)] = change
    behind = before
    for change in waiting.values():
        behind = apply(behind, change)
    assert behind == whole
