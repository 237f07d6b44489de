"""A caller goes on at another phone: the recording of each of the two lines is over with its true length."""

from __future__ import annotations

import pytest

from huawu.calls.record import CallRecord, derive
from huawu.calls.recorded import Recorded, recordings_in
from huawu.link import messages as link
from huawu.sim.virtual import Caller
from tests.calls.test_recovery import open_timelines, restart, snapshot
from tests.calls.worlds import Desk, desk

NEW = link.Welcome(switch="new", replays=False, last_event=0)


def test_both_recordings_are_over_when_the_call_is() -> None:
    floor, new = _replaced()
    replaced_ms = floor.fact("replaced").at_ms
    floor.world.run_for(20_000)
    floor.world.hang_up(new)
    floor.world.run_for(60_000)
    first, second = _recordings(floor)
    assert first.sound.length_ms == replaced_ms - first.began_ms == 9_000
    assert (first.sound.state, second.sound.state) == ("complete", "complete")
    assert first.path != second.path
    assert second.began_ms == replaced_ms
    assert _record(floor).recording == second.sound, "the list shows the later one"
    assert not floor.world.engine.floor.calls


def test_a_call_is_not_forgotten_before_its_earlier_recording_is_told_of() -> None:
    floor, new = _replaced(tells=False)
    floor.world.hang_up(new)
    floor.world.run_for(60_000)
    assert floor.world.engine.floor.calls
    _tell_of_the_first(floor)
    assert _recordings(floor)[0].sound.length_ms == 9_000
    assert not floor.world.engine.floor.calls


def test_a_centre_that_returns_knows_of_the_earlier_recording() -> None:
    floor, new = _replaced(tells=False)
    restart(floor)
    (call,) = floor.world.engine.floor.calls.values()
    assert [*call.old_recordings] == [_recordings(floor)[0].id]
    assert call.recording == _recordings(floor)[1].id
    _tell_of_the_first(floor)
    floor.world.hang_up(new)
    floor.world.run_for(60_000)
    assert [each.sound.state for each in _recordings(floor)] == ["complete", "complete"]


@pytest.mark.parametrize("read", [True, False], ids=["files read", "files not to be read"])
def test_both_are_over_when_everything_died_meanwhile(read: bool) -> None:
    floor, _ = _replaced(tells=False)
    floor.world.carry_out(floor.world.engine.settle(snapshot(floor.world), floor.world.now_ms))
    floor.world.run_for(20_000)
    marks = floor.world.engine.marks(floor.world.now_ms)
    first, second = _recordings(floor)
    floor.world.now_ms += 3_600_000
    floor.world.legs.clear()
    lengths = {first.id: 8_960, second.id: 19_200} if read else {}
    restart(floor, welcome=NEW, marks=marks, lengths=lengths)
    sounds = [each.sound for each in _recordings(floor)]
    assert [sound.length_ms for sound in sounds] == ([8_960, 19_200] if read else [9_000, 20_000])
    assert [sound.state for sound in sounds] == ["failed", "failed"]
    assert not open_timelines(floor.world.facts)


def _replaced(*, tells: bool = True) -> tuple[Desk, link.LegId]:
    """A colleague called the queue, talked for nine seconds, and went on at another phone: its leg.

    `tells`: the switch told how long the first recording became.
    """
    floor = desk()
    floor.ready("1001")
    floor.world.plug_in("1002")
    old = floor.world.call(Caller(number="4001", endpoint="1002", caller="1002", talk_ms=600_000))
    while "recording_started" not in floor.kinds() and floor.world.legs:
        floor.world.run_for(10)
    started_ms = floor.fact("recording_started").at_ms
    floor.world.run_for(started_ms + 9_000 - floor.world.now_ms)
    if not tells:
        floor.world.pretended.recordings.clear()
    new = floor.world.replace(old, "1002", "1002")
    assert floor.world.now_ms == started_ms + 9_000
    floor.world.run_for(0)
    assert floor.fact("replaced").at_ms == started_ms + 9_000
    return floor, new


def _tell_of_the_first(floor: Desk) -> None:
    first = _recordings(floor)[0]
    floor.world.report(
        link.RecordingStopped(recording=link.RecordingId(first.id), path=first.path, length_ms=9_000)
    )


def _record(floor: Desk) -> CallRecord:
    record = derive(floor.facts(floor.fact("recording_started").call))
    assert record is not None
    return record


def _recordings(floor: Desk) -> tuple[Recorded, ...]:
    return recordings_in(_record(floor))
