"""Centre and switch died at the same instant: what is on record counts no time in which nobody was there."""

from __future__ import annotations

from pathlib import Path

import pytest

from huawu.acd.events import CallId
from huawu.calls.facts import Fact
from huawu.calls.found import LostAndFound
from huawu.calls.homes import THE_ONE
from huawu.calls.kept import Kept
from huawu.calls.left_open import left_open
from huawu.calls.record import CallRecord, derive
from huawu.calls.recordings import header
from huawu.calls.store import CallStore
from huawu.calls.voicemails import State, Voicemail
from huawu.link import messages as link
from huawu.platform.database import Database
from huawu.sim.virtual import Caller
from tests.calls.test_recovery import open_timelines, restart, snapshot
from tests.calls.worlds import CENTRE, Desk, centre_of, desk, desk_of

NIGHT_MS = 8 * 3_600_000
NEW = link.Welcome(switch="new", replays=False, last_event=0)
MESSAGES = CENTRE.replace(
    "flows:\n",
    """  - {number: 4002, name: message, flow: leave, public: true}
flows:
  leave:
    start: message
    steps:
      message: {do: voicemail, queue: general, next: bye}
      bye: {do: hang_up}
""",
)


def test_a_quiet_talk_lasted_until_the_mark_that_was_put_aside() -> None:
    floor = _talking(20 * 60_000)
    died_ms = floor.world.now_ms
    marks = floor.world.engine.marks(died_ms - 400)
    record = _returned(floor, marks=marks)
    assert record.bridged_ms is not None
    assert record.talk_ms == died_ms - 400 - record.bridged_ms
    assert record.ended_ms == died_ms - 400


def test_without_a_mark_the_newest_fact_is_the_last_sign() -> None:
    floor = _talking(60_000)
    leg = floor.fact("offered").fields["leg"]
    floor.world.report(link.TalkStarted(leg=leg, began_ms=floor.world.now_ms))
    floor.world.run_for(2_000)
    floor.world.report(link.TalkStopped(leg=leg, ended_ms=floor.world.now_ms, level_db=-22, peak_db=-9))
    spoke_ms = floor.world.facts[-1].at_ms
    floor.world.run_for(30_000)
    record = _returned(floor)
    assert record.ended_ms == spoke_ms


def test_a_recording_that_goes_on_beyond_the_mark_is_the_last_sign() -> None:
    """The switch outlived the centre by a minute."""
    floor = _talking(60_000)
    started = floor.fact("recording_started")
    floor.world.run_for(60_000)
    lived_ms = floor.world.now_ms - started.at_ms
    marks = {THE_ONE: floor.world.now_ms - 60_000}
    record = _returned(floor, marks=marks, lengths={started.fields["recording"]: lived_ms - 700})
    assert record.recording is not None
    assert record.recording.length_ms == lived_ms - 700
    assert record.ended_ms == started.at_ms + lived_ms - 700


def test_a_recording_is_as_long_as_its_file_whenever_its_call_was_heard_of() -> None:
    floor = _talking(60_000)
    started = floor.fact("recording_started")
    marks = floor.world.engine.marks(floor.world.now_ms)
    lost_ms = 31_000  # what the machine had not written to its disk yet
    length_ms = floor.world.now_ms - started.at_ms - lost_ms
    record = _returned(floor, marks=marks, lengths={started.fields["recording"]: length_ms})
    assert record.recording is not None
    assert (record.recording.length_ms, record.recording.state) == (length_ms, "failed")
    assert record.ended_ms == marks[THE_ONE]


def test_nobody_waited_while_nobody_was_there() -> None:
    floor = desk()
    floor.world.call(Caller(number="4001", talk_ms=60_000))
    _meet(floor)
    floor.world.run_for(95_000)
    died_ms = floor.world.now_ms
    record = _returned(floor, marks=floor.world.engine.marks(died_ms))
    assert record.queued_ms is not None
    assert record.waited_ms == died_ms - record.queued_ms > 60_000


@pytest.mark.parametrize("read", [True, False], ids=["file read", "file not to be read"])
def test_a_message_is_as_long_as_was_spoken(read: bool) -> None:
    floor = desk_of(centre_of(MESSAGES))
    floor.world.call(Caller(number="4002", talk_ms=60_000))
    _meet(floor)
    while "voicemail_began" not in floor.kinds() and floor.world.legs:
        floor.world.run_for(100)
    began = floor.fact("voicemail_began")
    floor.world.run_for(2_500)
    spoken_ms = floor.world.now_ms - began.at_ms
    stored = Voicemail(
        id=began.fields["voicemail"],
        call=CallId(began.call),
        queue=began.fields["queue"],
        state=State.RECORDING,
        created_ms=began.at_ms,
        recording=began.fields["recording"],
        path=began.fields["path"],
    )
    lengths = {began.fields["recording"]: spoken_ms - 300} if read else {}
    marks = floor.world.engine.marks(floor.world.now_ms)
    record = _returned(floor, marks=marks, lengths=lengths, voicemails=[stored])
    assert record.voicemail is not None
    assert record.voicemail.length_ms == spoken_ms - 300 * read


def test_a_call_whose_switch_lives_is_heard_of_again() -> None:
    """What its former life left counts no more once the switch was met: then it dies, too."""
    floor = _talking(60_000)
    started = floor.fact("recording_started")
    restart(
        floor,
        marks=floor.world.engine.marks(floor.world.now_ms),
        lengths={started.fields["recording"]: floor.world.now_ms - started.at_ms},
    )
    floor.world.run_for(30_000)
    died_ms = floor.world.now_ms
    floor.world.engine.switch_away(THE_ONE, died_ms)
    floor.world.legs.clear()
    floor.world.carry_out(floor.world.engine.settle(NEW, died_ms + 4_000))
    record = _record(floor)
    assert record.recording is not None
    assert record.recording.length_ms == died_ms - started.at_ms
    assert record.ended_ms == died_ms


def test_marks_are_put_aside_only_while_there_are_calls() -> None:
    floor = desk()
    assert floor.world.engine.marks(floor.world.now_ms) == {}
    floor = _talking(1_000)
    assert floor.world.engine.marks(7) == {THE_ONE: 7}
    floor.world.engine.switch_away(THE_ONE, floor.world.now_ms)
    assert floor.world.engine.marks(8) == {}, "it is not heard"


@pytest.mark.parametrize(
    ("mark_ms", "length_ms", "sign_ms"),
    [
        pytest.param(None, None, 4_000, id="the newest fact"),
        pytest.param(3_000, None, 4_000, id="a mark before it"),
        pytest.param(9_000, None, 9_000, id="a mark behind it"),
        pytest.param(9_000, 8_500, 10_500, id="a file behind both"),
        pytest.param(90_000, None, 50_000, id="never beyond now"),
    ],
)
def test_the_last_sign_is_the_latest_there_is(
    mark_ms: int | None, length_ms: int | None, sign_ms: int
) -> None:
    facts = [
        _fact(1, 1_000, "offered"),
        _fact(2, 2_000, "recording_started", recording="c.r", path="recordings/c.wav"),
        _fact(3, 4_000, "talk", began_ms=3_000, ended_ms=4_000),
    ]
    lengths = {} if length_ms is None else {"c.r": length_ms}
    left = left_open(facts, mark_ms=mark_ms, lengths=lengths | {"other.r": 40_000}, now_ms=50_000)
    assert (left.sign_ms, left.lengths) == (sign_ms, lengths)


def test_a_recording_tells_of_all_calls_of_its_switch() -> None:
    """No mark could be put aside: the database was away when the power went."""
    floor = desk()
    floor.ready("1001")
    floor.world.call(Caller(number="4001", talk_ms=600_000))
    floor.world.run_for(2_000)
    floor.world.call(Caller(number="4001", talk_ms=60_000))
    _meet(floor)
    floor.world.run_for(20_000)
    marks = floor.world.engine.marks(floor.world.now_ms)
    floor.world.run_for(45_000)
    started = floor.fact("recording_started")
    length_ms = floor.world.now_ms - started.at_ms - 300
    record = _returned(floor, marks=marks, lengths={started.fields["recording"]: length_ms})
    waited = next(derive(floor.facts(fact.call)) for fact in floor.world.facts if _waits(floor, fact))
    assert waited is not None
    assert waited.queued_ms is not None
    assert record.ended_ms == waited.ended_ms == started.at_ms + length_ms
    assert waited.waited_ms == started.at_ms + length_ms - waited.queued_ms


def test_a_call_that_had_ended_gives_no_sign_after_its_end() -> None:
    facts = [
        _fact(1, 1_000, "offered"),
        _fact(2, 2_000, "recording_started", recording="c.r", path="recordings/c.wav"),
        _fact(3, 4_000, "ended"),
        _fact(4, 9_000, "filed"),
    ]
    assert left_open(facts, mark_ms=9_500, lengths={}, now_ms=50_000).sign_ms == 4_000


async def test_marks_are_kept_for_the_next_life(db: Database) -> None:
    kept = Kept(db)
    west, east = link_names = (THE_ONE, type(THE_ONE)("east"))
    assert await kept.marks(link_names) == {}
    await kept.put(None, {west: 1_000, east: 1_000})
    await kept.put(None, {east: 2_000})
    assert await kept.marks(link_names) == {west: 1_000, east: 2_000}


async def test_recordings_on_disk_are_measured(db: Database, tmp_path: Path) -> None:
    file = tmp_path / "recordings" / "c.wav"
    file.parent.mkdir()
    file.write_bytes(header(0, "ulaw") + bytes(2 * 8_000 * 3))  # three seconds, its header never finished
    started = _fact(1, 0, "recording_started", recording="c.r", path="/elsewhere/recordings/c.wav")
    gone = _fact(2, 0, "voicemail_began", recording="c.v", path="messages/c.wav")
    found = LostAndFound(db, CallStore(db), tmp_path)
    assert await found.lengths([[started, gone]]) == {"c.r": 3_000}


def _fact(seq: int, at_ms: int, kind: str, **fields: object) -> Fact:
    return Fact(call="c", seq=seq, at_ms=at_ms, kind=kind, fields=fields)  # type: ignore[arg-type]


def _waits(floor: Desk, fact: Fact) -> bool:
    return fact.kind == "queued" and "bridged" not in floor.kinds(fact.call)


def _talking(for_ms: int) -> Desk:
    floor = desk()
    floor.ready("1001")
    floor.world.call(Caller(number="4001", talk_ms=for_ms + 3_600_000))
    floor.world.run_for(5_000)
    _meet(floor)
    floor.world.run_for(for_ms)
    assert floor.state("1001") == "talking"
    return floor


def _meet(floor: Desk) -> None:
    """The switch is there, with all that it holds."""
    floor.world.carry_out(floor.world.engine.settle(snapshot(floor.world), floor.world.now_ms))


def _returned(floor: Desk, **left: object) -> CallRecord:
    """Both are back after a night, of which the call knows nothing."""
    assert open_timelines(floor.world.facts)
    floor.world.now_ms += NIGHT_MS
    floor.world.legs.clear()
    floor.world.phones.clear()
    restart(floor, welcome=NEW, **left)  # type: ignore[arg-type]
    return _record(floor)


def _record(floor: Desk) -> CallRecord:
    call = floor.fact("offered").call
    record = derive(floor.facts(call))
    assert record is not None
    assert record.state == "ended"
    assert record.reason == "switch_lost"
    return record
