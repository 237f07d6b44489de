"""Recordings made for a centre that died before it wrote so come on record all the same."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from huawu.calls.engine import Engine
from huawu.calls.facts import Fact
from huawu.calls.found import LostAndFound
from huawu.calls.recordings import header
from huawu.calls.store import CallStore
from huawu.link import messages as link
from huawu.link.messages import LegId, RecordingId
from huawu.platform.database import Database
from tests.calls.worlds import FakeVoice, centre_of

DAY = "recordings/2026/11/26"
LEG = LegId("l1")


def life(name: str) -> Engine:
    """An engine as one life of the centre's process has it."""
    tokens = itertools.count()
    return Engine(
        centre_of(),
        FakeVoice(),
        token=lambda: f"{name}{next(tokens)}",
        recording_path=lambda call, at_ms: f"{DAY}/{call}.wav",
        data="/data",
        hold_music="/music.wav",
        call_name=lambda leg, at_ms: f"{at_ms}{leg}",
        life=name,
    )


def missed() -> list[link.NumberedEvent]:
    """What happened before a centre died that wrote nothing of it: it had led the caller to an agent."""
    events: list[link.Event] = [
        link.LegOffered(leg=LEG, from_number="138", to_number="4001"),
        link.LegAnswered(leg=LEG, codec="PCMU"),
        link.LegAnswered(leg=LegId("1000l1.aold-1"), codec="PCMU"),
        link.RecordingStarted(recording=RecordingId("1000l1.rold-2"), path=f"/data/{DAY}/1000l1.wav"),
    ]
    return [
        link.NumberedEvent(number=number, at_ms=1_000 + 10 * (number - 1), event=event)
        for number, event in enumerate(events, 1)
    ]


def test_a_recording_of_a_life_that_wrote_nothing_is_taken_over() -> None:
    engine = life("new-")
    facts: list[Fact] = []
    commands: list[link.Command] = []
    for event in missed():
        effects = engine.switch(event)
        facts += effects.facts
        commands += effects.commands
    started = next(fact for fact in facts if fact.kind == "recording_started")
    assert (started.call, started.fields) == (
        "1000l1",
        {"recording": "1000l1.rold-2", "path": f"{DAY}/1000l1.wav"},
    )
    assert link.HangUp(leg=LegId("1000l1.aold-1")) in commands
    stopped = link.RecordingStopped(recording=RecordingId("1000l1.rold-2"), path="", length_ms=700)
    effects = engine.switch(link.NumberedEvent(number=5, at_ms=2_000, event=stopped))
    assert [(fact.kind, fact.fields["length_ms"]) for fact in effects.facts] == [("recording_stopped", 700)]


def test_no_life_gives_a_name_of_another() -> None:
    names = []
    for name in ("old-", "new-"):
        engine = life(name)
        commands = [command for event in missed()[:2] for command in engine.switch(event).commands]
        names += [command.play for command in commands if isinstance(command, link.Play)]
    assert len(names) == len(set(names)) > 0


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / DAY).mkdir(parents=True)
    for name in ("strange", "known", "live", "open", "runs"):
        sound = header(8_000, "ulaw") + b"\xff" * 16_000
        (tmp_path / DAY / f"{name}.wav").write_bytes(sound)
    return tmp_path


async def test_a_recording_that_is_found_was_made_when_its_writer_died(db: Database, tmp_path: Path) -> None:
    store = CallStore(db)
    await store.start()
    path = tmp_path / DAY / "unfinished.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(header(0, "ulaw") + b"\xff" * 16_000)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert await LostAndFound(db, store, tmp_path).put_on_record(lambda call: False) == 1
    await store.flush()
    record = await store.get("unfinished")
    assert record is not None
    assert record.recording is not None
    assert (record.began_ms, record.recording.length_ms) == (1_699_999_999_000, 1_000)
    await store.close()


async def test_files_that_nobody_knows_come_on_record(db: Database, data: Path) -> None:
    store = CallStore(db)
    await store.start()

    def fact(call: str, seq: int, **fields: object) -> Fact:
        kind = "offered" if seq == 1 else "recording_started"
        return Fact(call=call, seq=seq, at_ms=1_000 * seq, kind=kind, fields=fields)  # type: ignore[arg-type]

    told = {"leg": "l", "caller": "138", "number": "4001", "language": "zh"}
    store.append([fact("known", 1, **told), fact("known", 2, recording="r", path=f"{DAY}/known.wav")])
    store.append([fact("open", 1, **told)])
    found = LostAndFound(db, store, data)
    assert await found.put_on_record(lambda call: call == "live", {"runs"}) == 2
    await store.flush()
    for call, kinds in (
        ("strange", ["offered", "recovered", "recording_started", "ended", "recording_failed"]),
        ("open", ["offered", "recovered", "recording_started", "ended", "recording_failed"]),
    ):
        facts = await store.facts(call)
        assert [each.kind for each in facts] == kinds
        assert [each.seq for each in facts] == list(range(1, 6))
        record = await store.get(call)
        assert record is not None
        assert (record.state, record.reason, record.recording_path) == (
            "ended",
            "switch_lost",
            f"{DAY}/{call}.wav",
        )
        assert record.recording is not None
        assert (record.recording.state, record.recording.length_ms) == ("failed", 1_000)
    assert await store.get("live") is None
    assert await found.put_on_record(lambda call: call == "live", {"runs"}) == 0
    await store.close()
