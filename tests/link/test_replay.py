"""The switch's memory of events: what it holds it holds in order, what it forgot it admits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from huawu.link.codec import Deframer, decode_from_switch
from huawu.link.messages import DigitPressed, LegId, NumberedEvent
from huawu.link.replay import EventLog


def numbers(frames: list[bytes]) -> list[int]:
    got = [decode_from_switch(body) for body in Deframer().feed(b"".join(frames))]
    return [message.number for message in got if isinstance(message, NumberedEvent)]


def press(log: EventLog, times: int) -> None:
    for _ in range(times):
        log.append(DigitPressed(leg=LegId("a"), digit="1"), at_ms=0)


def test_new_log_holds_all_of_nothing() -> None:
    log = EventLog()
    assert log.holds_after(0)
    assert log.after(0, 10) == []
    assert not log.holds_after(1)


def test_oldest_events_are_forgotten_first() -> None:
    log = EventLog(keep=3)
    press(log, 5)
    assert (log.first, log.last) == (3, 5)
    assert not log.holds_after(1)
    assert log.holds_after(2)
    assert numbers(log.after(2, 10)) == [3, 4, 5]
    assert numbers(log.after(2, 2)) == [3, 4]
    assert numbers(log.after(4, 2)) == [5]


def test_seen_events_are_forgotten() -> None:
    log = EventLog()
    press(log, 5)
    log.forget(3)
    assert not log.holds_after(2)
    assert numbers(log.after(3, 10)) == [4, 5]
    log.forget(2)  # late and old: nothing changes
    log.forget(99)
    assert log.holds_after(5)
    assert log.first == 6


@given(
    st.integers(1, 20),
    st.lists(st.tuples(st.sampled_from(["press", "forget"]), st.integers(0, 15)), max_size=20),
    st.integers(0, 60),
    st.integers(1, 30),
)
def test_what_is_held_is_told_in_order(
    keep: int, acts: list[tuple[str, int]], number: int, limit: int
) -> None:
    log, forgotten, last = EventLog(keep), 0, 0
    for act, count in acts:
        if act == "press":
            press(log, count)
            last += count
        else:
            log.forget(count)
            forgotten = max(forgotten, min(count, last))
    oldest_known = max(forgotten, last - keep)
    assert log.holds_after(number) == (oldest_known <= number <= last)
    if log.holds_after(number):
        assert numbers(log.after(number, limit)) == list(range(number + 1, min(last, number + limit) + 1))
