"""Callers who gave up are listed until they were called back, came again, or somebody set them aside."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.calls.callbacks import OPEN, Callback, CallbackId, State
from huawu.calls.monitor.lost import MOST, DealtWith, LostCallers, UnknownLostCall, digits_of, same_number
from huawu.calls.monitor.views import LostCall
from huawu.calls.record import CallRecord

NUMBER = "13800005678"


def gave_up(call: str, at_ms: int, caller: str = NUMBER, queue: str = "general") -> CallRecord:
    return CallRecord(
        id=call,
        began_ms=at_ms - 30_000,
        queued_ms=at_ms - 20_000,
        ended_ms=at_ms,
        waited_ms=20_000,
        caller=caller,
        number="4001",
        queue=queue,
        state="ended",
        outcome="abandoned",
    )


def talks(call: str, at_ms: int, *, caller: str = NUMBER, number: str = "4001", **more: object) -> CallRecord:
    record = CallRecord(
        id=call, began_ms=at_ms - 5_000, bridged_ms=at_ms, caller=caller, number=number, state="talking"
    )
    return msgspec.structs.replace(record, **more)


def callback(
    state: State,
    *,
    origin: str = "a",
    call: str = "",
    reason: str = "",
    caller: str = NUMBER,
    **more: object,
) -> Callback:
    told = Callback(
        id=CallbackId("cb"),
        kind="callback",
        state=state,
        queue="general",
        number=caller,
        caller=caller,
        created_ms=1,
        queued_ms=1,
        expires_ms=10**9,
        origin=origin,
        call=call,
        reason=reason,
        ended_ms=None if state in OPEN else 200_000,
    )
    return msgspec.structs.replace(told, **more)


@pytest.fixture
def lost() -> LostCallers:
    return LostCallers()


def test_who_gave_up_is_listed_with_the_wait(lost: LostCallers) -> None:
    lost.told(gave_up("a", 100_000))
    (view,) = lost
    assert (view.call, view.caller, view.queue, view.waited_ms) == ("a", NUMBER, "general", 20_000)
    assert (view.state, view.times) == ("open", 1)
    lost.told(gave_up("a", 100_000))
    assert len(list(lost)) == 1, "a record is written more than once"


def test_who_never_stood_in_a_line_or_was_served_is_not(lost: LostCallers) -> None:
    lost.told(msgspec.structs.replace(gave_up("a", 1), queued_ms=None))
    lost.told(msgspec.structs.replace(gave_up("b", 1), outcome="self_service"))
    assert not list(lost)


def test_who_left_to_be_called_back_is_owed_that_already(lost: LostCallers) -> None:
    lost.told(msgspec.structs.replace(gave_up("a", 0), outcome="callback"))
    assert list(lost) == []


def test_of_one_number_the_newest_stands_for_all(lost: LostCallers) -> None:
    lost.told(gave_up("a", 100_000))
    lost.told(gave_up("b", 200_000, caller="+86" + NUMBER))
    (view,) = lost
    assert (view.call, view.times) == ("b", 1), "another way to write it counts by itself"
    lost.told(gave_up("c", 300_000, caller="+86" + NUMBER))
    assert [(view.call, view.times) for view in lost] == [("c", 2)]
    assert lost.changed["a"] is None
    with pytest.raises(UnknownLostCall):
        lost.get("a")


def test_callers_without_a_number_are_each_their_own(lost: LostCallers) -> None:
    lost.told(gave_up("a", 1, caller=""))
    lost.told(gave_up("b", 2, caller="anonymous"))
    assert [(view.call, view.times) for view in lost] == [("a", 1), ("b", 1)]


def test_who_calls_again_and_is_served_came_again(lost: LostCallers) -> None:
    lost.told(gave_up("a", 100_000))
    lost.told(talks("b", 200_000))
    (view,) = lost
    assert (view.state, view.dealt_ms, view.dealt_call) == ("came_again", 200_000, "b")


@pytest.mark.parametrize(
    "record",
    [
        talks("b", 200_000, caller=NUMBER, number="4001", direction="out", queue="general"),
        talks("b", 200_000, caller="1001", number="0" + NUMBER, direction="out"),
        talks("b", 200_000, caller="1001", number="9" + NUMBER, direction="out"),
    ],
    ids=["the centre called", "somebody dialled it", "with an access code"],
)
def test_who_is_called_by_anybody_here_was_called_back(lost: LostCallers, record: CallRecord) -> None:
    lost.told(gave_up("a", 100_000))
    lost.told(record)
    (view,) = lost
    assert (view.state, view.dealt_call) == ("called_back", "b")


def test_a_conversation_from_before_deals_with_nothing(lost: LostCallers) -> None:
    lost.told(gave_up("b", 200_000))
    lost.told(talks("a", 100_000))
    assert [view.state for view in lost] == ["open"]


def test_a_callback_is_asked_for_and_made(lost: LostCallers) -> None:
    lost.told(gave_up("a", 100_000))
    assert lost.asked("a", "cb", "li", "李班长").state == "asked"
    with pytest.raises(DealtWith, match="owed already by 李班长"):
        lost.check_open("a")
    lost.callback(callback(State.WAITING))
    lost.callback(callback(State.DONE, call="x"))
    (view,) = lost
    assert (view.state, view.by, view.dealt_call) == ("called_back", "li", "x")


@pytest.mark.parametrize("state", [State.GIVEN_UP, State.EXPIRED, State.CANCELLED, State.MISSED])
def test_a_callback_that_came_to_nothing_leaves_it_open_and_says_why(lost: LostCallers, state: State) -> None:
    lost.told(gave_up("a", 100_000))
    lost.asked("a", "cb", "li", "李班长")
    lost.callback(callback(state, reason="no_answer"))
    (view,) = lost
    assert (view.state, view.callback, view.note) == ("open", "", "no_answer")
    assert lost.check_open("a")


def test_what_was_asked_for_tells_why_it_came_to_nothing_and_when_it_is_tried_again(
    lost: LostCallers,
) -> None:
    lost.told(gave_up("a", 100_000))
    lost.asked("a", "cb", "li", "李班长")
    lost.callback(callback(State.PAUSED, reason="busy", attempts=1, due_ms=500_000))
    (view,) = lost
    assert (view.state, view.note, view.attempts, view.due_ms) == ("asked", "busy", 1, 500_000)
    lost.told(gave_up("b", 200_000))
    (view,) = lost
    assert (view.call, view.note, view.due_ms) == ("b", "busy", 500_000), "who gives up again knows it too"
    lost.callback(callback(State.PLACING, reason="busy", attempts=2))
    (view,) = lost
    assert (view.attempts, view.due_ms) == (2, None)
    lost.callback(callback(State.GIVEN_UP, reason="no_answer", attempts=2))
    (view,) = lost
    assert (view.state, view.note, view.attempts, view.due_ms) == ("open", "no_answer", 2, None)
    assert lost.asked("b", "again", "li", "李班长").attempts == 0, "a new one begins anew"


@pytest.mark.parametrize("state", [State.GIVEN_UP, State.EXPIRED])
def test_who_left_to_be_called_back_and_was_not_reached_is_to_be_seen_to(
    lost: LostCallers, state: State
) -> None:
    lost.callback(callback(State.WAITING))
    lost.callback(callback(State.PAUSED, reason="busy", attempts=1, due_ms=1))
    assert not list(lost), "the queue is at it"
    lost.callback(callback(state, reason="busy", attempts=2, own_number="4001"))
    (view,) = lost
    assert (view.call, view.caller, view.number, view.state) == ("a", NUMBER, "4001", "open")
    assert (view.note, view.attempts, view.lost_ms) == ("busy", 2, 200_000)
    lost.told(talks("b", 300_000))
    assert [view.state for view in lost] == ["came_again"]


def test_who_is_listed_already_is_not_listed_for_a_callback_too(lost: LostCallers) -> None:
    lost.told(gave_up("b", 100_000))
    lost.callback(callback(State.GIVEN_UP, reason="busy"))
    assert [view.call for view in lost] == ["b"]


def test_a_callback_to_another_number_lists_that_number(lost: LostCallers) -> None:
    lost.callback(callback(State.GIVEN_UP, number="13911112222"))
    assert [view.caller for view in lost] == ["13911112222"]


@pytest.mark.parametrize("state", [State.CANCELLED, State.DONE, State.CALLED_AGAIN, State.MISSED])
def test_a_callback_that_is_settled_lists_nobody(lost: LostCallers, state: State) -> None:
    lost.callback(callback(state))
    assert not list(lost)


def test_who_gives_up_again_while_a_callback_is_owed_is_still_owed_it(lost: LostCallers) -> None:
    lost.told(gave_up("a", 100_000))
    lost.asked("a", "cb", "li", "李班长")
    lost.told(gave_up("b", 200_000, queue="billing"))
    (view,) = lost
    assert (view.call, view.state, view.callback, view.times) == ("b", "asked", "cb", 2)
    lost.callback(callback(State.DONE, call="x"))
    assert [view.state for view in lost] == ["called_back"]


def test_what_is_dealt_with_stays_half_an_hour(lost: LostCallers) -> None:
    lost.told(gave_up("a", 100_000))
    lost.told(gave_up("b", 100_000, caller="13900001111"))
    lost.set_aside("a", "打错了", "li", "李班长", 200_000)
    lost.tidy(200_000 + 30 * 60_000 - 1)
    assert len(list(lost)) == 2
    lost.tidy(200_000 + 30 * 60_000)
    assert [view.call for view in lost] == ["b"], "what is open stays"
    lost.begin_day()
    assert not list(lost)


def test_the_list_is_bounded(lost: LostCallers) -> None:
    for number in range(MOST + 5):
        lost.told(gave_up(f"c{number}", number, caller=f"139{number:08d}"))
    assert len(list(lost)) == MOST
    assert next(iter(lost)).call == "c5"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["gave_up", "talks", "callback", "never", "aside", "tidy"]),
            st.sampled_from([NUMBER, "+86" + NUMBER, "13900001111", "", "1001"]),
        ),
        max_size=30,
    )
)
def test_changes_applied_to_what_was_shown_give_what_is_shown(doings: list[tuple[str, str]]) -> None:
    lost, shown = LostCallers(), dict[str, LostCall]()
    for number, (what, caller) in enumerate(doings):
        at_ms = (number + 1) * 600_000
        views = [view for view in lost if view.state == "open"]
        if what == "gave_up":
            lost.told(gave_up(f"c{number}", at_ms, caller=caller))
        elif what == "talks":
            lost.told(talks(f"c{number}", at_ms, caller=caller))
        elif what == "never":
            lost.callback(callback(State.GIVEN_UP, origin=f"o{number}", caller=caller or "1002"))
        elif what == "tidy":
            lost.tidy(at_ms)
        elif views and what == "aside":
            lost.set_aside(views[0].call, "", "li", "", at_ms)
        elif views:
            lost.asked(views[0].call, f"cb{number}", "li", "")
        for call, view in lost.changed.items():
            shown.pop(call, None)
            if view is not None:
                shown[call] = view
        lost.changed.clear()
        assert {view.call: view for view in lost} == shown
        numbers = [digits_of(view.caller) for view in lost if digits_of(view.caller)]
        assert not any(
            same_number(one, other) for i, one in enumerate(numbers) for other in numbers[i + 1 :]
        ), "a number stands twice"
