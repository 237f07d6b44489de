import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huawu.calls.views import AgentView, CallCounts, Change, QueueView, Wallboard, apply, key
from huawu.platform.live import Screen, Viewer

IDS = st.sampled_from(["a", "b", "c"])
CHANGES = st.one_of(
    st.builds(QueueView, id=IDS, name=IDS, waiting=st.integers(0, 3)).map(lambda view: Change(queue=view)),
    st.builds(AgentView, id=IDS, name=IDS, calls_today=st.integers(0, 3)).map(
        lambda view: Change(agent=view)
    ),
    IDS.map(lambda one: Change(queue_removed=one)),
    IDS.map(lambda one: Change(agent_removed=one)),
    st.builds(CallCounts, active=st.integers(0, 2)).map(lambda counts: Change(calls=counts)),
    st.sampled_from([Change(switch="up"), Change(switch="down")]),
)


def screen(backlog: int = 256) -> Screen[Wallboard, Change]:
    return Screen("wallboard", Wallboard(at_ms=1), apply=apply, key=key, backlog=backlog)


@pytest.fixture
def virtual_loop_time(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Sleeps take no time; how long they would have been."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 1))

    monkeypatch.setattr("huawu.platform.live.asyncio.sleep", sleep)
    return slept


async def _message(viewer: Viewer) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await viewer.frame())
    return message


def _seen(state: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    """What a page does with a message."""
    if message["type"] == "snapshot":
        snapshot: dict[str, Any] = message["state"]
        return snapshot
    for event in message["events"]:
        for what, value in event.items():
            match what:
                case "queue" | "agent":
                    views = {view["id"]: view for view in state[f"{what}s"]}
                    state[f"{what}s"] = list((views | {value["id"]: value}).values())
                case "queue_removed" | "agent_removed":
                    name = f"{what.partition('_')[0]}s"
                    state[name] = [view for view in state[name] if view["id"] != value]
                case "calls" | "switch":
                    state[what] = value
    return state


def _unordered(state: dict[str, Any]) -> dict[str, Any]:
    return state | {
        name: sorted(state[name], key=lambda view: str(view["id"])) for name in ("queues", "agents")
    }


@settings(deadline=None)  # a busy machine takes its time
@given(st.lists(CHANGES, max_size=40), st.integers(1, 5), st.integers(1, 6))
async def test_an_old_snapshot_and_the_events_give_the_new_snapshot(
    changes: list[Change], every: int, backlog: int
) -> None:
    """Whatever was coalesced, and however far behind the viewer was."""
    shown = screen(backlog)
    viewer = shown.subscribe()
    state = _seen({}, await _message(viewer))
    for number, change in enumerate(changes):
        before = shown.seq
        shown.publish(change)
        if number % every == 0 and shown.seq > before:
            state = _seen(state, await _message(viewer))
    before = shown.seq
    shown.publish(Change(calls=CallCounts(active=99)))
    state = _seen(state, await _message(viewer))
    fresh = _seen({}, await _message(shown.subscribe()))
    assert _unordered(state) == _unordered(fresh)


async def test_a_change_that_changes_nothing_is_not_sent() -> None:
    shown = screen()
    shown.publish(Change(switch="down"))
    assert shown.seq == 0


async def test_of_two_changes_to_one_thing_only_the_later_is_sent() -> None:
    shown = screen()
    viewer = shown.subscribe()
    await viewer.frame()
    for active in (1, 2):
        shown.publish(Change(calls=CallCounts(active=active)))
    message = await _message(viewer)
    assert [(event["seq"], event["calls"]["active"]) for event in message["events"]] == [(2, 2)]


async def test_a_viewer_that_falls_behind_gets_a_fresh_snapshot() -> None:
    shown = screen(backlog=2)
    viewer = shown.subscribe()
    await viewer.frame()
    for one in "abcd":
        shown.publish(Change(queue=QueueView(id=one, name=one)))
    message = await _message(viewer)
    assert (message["type"], message["seq"]) == ("snapshot", 4)


async def test_a_new_configuration_gives_everyone_a_fresh_snapshot() -> None:
    shown = screen()
    with shown.subscribe() as viewer:
        await viewer.frame()
        shown.reset(Wallboard(at_ms=2))
        assert (await _message(viewer))["state"]["at_ms"] == 2
    assert shown.viewers == 0


async def test_every_snapshot_carries_the_instant_at_which_it_is_sent() -> None:
    now_ms = 5
    shown = Screen(
        "wallboard",
        Wallboard(at_ms=1),
        apply=apply,
        key=key,
        backlog=1,
        stamp=lambda board: msgspec.structs.replace(board, at_ms=now_ms),
    )
    viewer = shown.subscribe()
    now_ms = 6  # subscribed before, sent now
    assert (await _message(viewer))["state"]["at_ms"] == 6
    now_ms = 7
    for one in "ab":
        shown.publish(Change(queue=QueueView(id=one, name=one)))
    assert (await _message(viewer))["state"]["at_ms"] == 7  # it fell behind
    assert shown.snapshot().at_ms == 1


async def test_time_alone_is_no_change() -> None:
    now_ms = 5
    shown = Screen(
        "wallboard",
        Wallboard(at_ms=1),
        apply=apply,
        key=key,
        stamp=lambda board: msgspec.structs.replace(board, at_ms=now_ms),
    )
    now_ms = 6
    shown.publish(Change(switch="down"))
    assert shown.seq == 0


async def test_what_nobody_watched_is_made_whole_when_somebody_asks() -> None:
    made: list[str] = []

    def whole() -> tuple[str, ...]:
        made.append("made")
        return ("new",)

    screen: Screen[tuple[str, ...], str] = Screen(
        "s", ("old",), apply=lambda state, change: (*state, change), key=lambda change: change
    )
    screen.outdated(whole)
    screen.outdated(whole)
    assert made == []
    with screen.subscribe() as viewer:
        assert b'"state":["new"]' in await viewer.frame()
    assert made == ["made"]
    screen.outdated(whole)
    assert screen.snapshot() == ("new",)


async def test_viewers_who_saw_the_same_are_sent_the_same_octets() -> None:
    shown = screen()
    viewers = [shown.subscribe() for _ in range(20)]
    for viewer in viewers:
        await viewer.frame()
    shown.publish(Change(switch="up"))
    shown.publish(Change(calls=CallCounts(active=1)))
    frames = [await viewer.frame() for viewer in viewers]
    assert len({id(frame) for frame in frames}) == 1


async def test_what_happens_within_a_viewers_pace_comes_together(virtual_loop_time: list[float]) -> None:
    shown = screen()
    hasty, calm = shown.subscribe(), shown.subscribe(pace_s=2.0)
    for viewer in (hasty, calm):
        await viewer.frame()
    shown.publish(Change(calls=CallCounts(active=1)))
    assert [event["seq"] for event in (await _message(calm))["events"]] == [1], "the first comes at once"
    for active in (2, 3):
        shown.publish(Change(calls=CallCounts(active=active)))
        await hasty.frame()
    assert [event["seq"] for event in (await _message(calm))["events"]] == [3]
    assert virtual_loop_time == [2.0]


async def test_what_everybody_was_told_is_forgotten() -> None:
    shown = screen()
    viewer = shown.subscribe()
    await viewer.frame()
    for active in range(1, 4):
        shown.publish(Change(calls=CallCounts(active=active)))
        await viewer.frame()
    assert not shown._news
