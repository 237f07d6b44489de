from __future__ import annotations

import errno
import os
import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from huawu.link.messages import RecordingFailed, RecordingStarted, RecordingStopped, StopRecording
from huawu.switch.media import wav
from huawu.switch.media.disk import Disk, FileReport
from tests.switch.media.fakes import Stage
from tests.switch.media.recordings import R, channels, pitch, start, talk


def full(descriptor: int, data: bytes, at: int) -> int:
    """What `os.pwrite` does on a full disk."""
    raise OSError(errno.ENOSPC, "No space left on device")


def failures(stage: Stage) -> list[tuple[str, bool]]:
    return [(event.detail, event.goes_on) for event in stage.told(RecordingFailed)]


def test_a_path_that_cannot_be_written_is_told_and_the_call_goes_on(tmp_path: Path) -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / "r.wav"
    start(stage, path)
    talk(stage, 2_000, a=500)
    (failed,) = stage.told(RecordingFailed)
    assert failed == RecordingFailed(recording=R, path=str(path), detail="Not a directory", goes_on=True)
    stage.engine.stop_recording(StopRecording(recording=R))
    stage.run(100)
    assert failures(stage) == [("Not a directory", True), ("Not a directory", False)]
    assert [*stage.told(RecordingStarted), *stage.told(RecordingStopped)] == []
    assert stage.engine.holds()["recordings"] == 0
    assert len(b.heard()) >= 100


def test_a_recording_begun_on_a_full_disk_leaves_no_file_and_the_log_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stage()
    stage.peer("a")
    monkeypatch.setattr(os, "pwrite", full)
    start(stage, tmp_path / "r.wav", None)
    stage.run(6_000)
    assert failures(stage) == [("No space left on device", True)]
    assert list(tmp_path.iterdir()) == []
    stage.engine.stop_recording(StopRecording(recording=R))
    stage.run(100)
    assert failures(stage)[1:] == [("No space left on device", False)]
    assert stage.told(RecordingStopped) == []
    first, last = (vars(one) for one in caplog.records if one.name.endswith("recordings"))
    assert (first["path"], first["why"]) == (str(tmp_path / "r.wav"), "No space left on device")
    assert first["advice"] == "make room, or mend the disk; writing is tried again every 5 s"
    assert last["advice"].endswith("the next call's is tried")


def test_a_recording_begun_on_a_full_disk_goes_on_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage()
    stage.peer("a"), stage.peer("b")
    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        start(stage, tmp_path / "r.wav")
        talk(stage, 7_000, a=500)
    talk(stage, 6_000, a=700)
    assert [event.recording for event in stage.told(RecordingStarted)] == [R]
    stage.engine.stop_recording(StopRecording(recording=R))
    stage.run(20)
    assert failures(stage) == [("No space left on device", True)]
    assert [event.length_ms for event in stage.told(RecordingStopped)] == [13_000]
    left, _ = channels(tmp_path / "r.wav")
    assert [pitch(left[8_000 * at : 8_000 * at + 8_000]) for at in (0, 6, 11, 12)] == [0, 0, 700, 700]
    assert stage.engine.holds()["recordings"] == 0


def test_each_time_that_writing_fails_and_works_again_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    stage = Stage()
    stage.peer("a"), stage.peer("b")
    start(stage, tmp_path / "r.wav")
    for _ in range(2):
        talk(stage, 2_000, a=500)
        with monkeypatch.context() as patched:
            patched.setattr(os, "pwrite", full)
            talk(stage, 2_000, a=500)
        talk(stage, 6_000, a=500)
    assert [event.goes_on for event in stage.told(RecordingFailed)] == [True, True]
    assert len(stage.told(RecordingStarted)) == 3
    assert [one.getMessage() for one in caplog.records].count("recording is written again") == 2


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    stage = Stage()
    stage.peer("a")
    (tmp_path / "r.wav").write_bytes(b"evidence")
    start(stage, tmp_path / "r.wav", None)
    stage.run(500)
    assert failures(stage) == [("File exists", False)]
    assert (tmp_path / "r.wav").read_bytes() == b"evidence"


def test_a_full_disk_is_told_once_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    stage.peer("a"), stage.peer("b")
    start(stage, tmp_path / "r.wav")
    talk(stage, 2_000, a=500)
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", full)
    talk(stage, 12_000, a=600)
    kept = (tmp_path / "r.wav").stat().st_size
    assert kept >= wav.HEADER_OCTETS + 16 * 1_400
    monkeypatch.setattr(os, "pwrite", pwrite)
    talk(stage, 8_000, a=700)
    stage.engine.stop_recording(StopRecording(recording=R))
    stage.run(20)
    (failed,) = stage.told(RecordingFailed)
    assert failed.detail == "No space left on device"
    assert [event.length_ms for event in stage.told(RecordingStopped)] == [22_000]
    left, _ = channels(tmp_path / "r.wav")
    assert pitch(left[:8000]) == 500
    assert pitch(left[8 * 5_000 : 8 * 6_000]) == 0
    assert pitch(left[8 * 21_000 : 8 * 22_000]) == 700


@pytest.fixture
def room() -> Iterator[Callable[[int], None]]:
    """Lets the operating system itself refuse to let a file of ours grow beyond so many octets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda octets: resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_that_cannot_grow_takes_the_rest_once_there_is_room(
    tmp_path: Path, room: Callable[[int], None]
) -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    start(stage, tmp_path / "r.wav")
    room(60_000)
    talk(stage, 8_000, a=500)  # 128 kB
    (failed,) = stage.told(RecordingFailed)
    assert "too large" in failed.detail
    assert len(b.heard()) >= 400
    room(10_000_000)
    talk(stage, 2_000, a=700)
    stage.engine.stop_recording(StopRecording(recording=R))
    stage.run(20)
    assert len(stage.told(RecordingFailed)) == 1
    assert len(stage.told(RecordingStopped)) == 1
    left, _ = channels(tmp_path / "r.wav")
    assert pitch(left[8_000:16_000]) == 500


@pytest.mark.parametrize("ended", [False, True])
def test_a_vanished_folder_is_told_once_and_the_call_goes_on(tmp_path: Path, ended: bool) -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    start(stage, tmp_path / "day" / "r.wav")
    talk(stage, 2_000, a=500)
    shutil.rmtree(tmp_path / "day")
    if not ended:
        talk(stage, 3_000, a=500)
        assert len(stage.told(RecordingFailed)) == 1
    stage.engine.stop_recording(StopRecording(recording=R))
    stage.run(20)
    (failed,) = stage.told(RecordingFailed)
    assert "removed" in failed.detail
    assert stage.told(RecordingStopped) == []
    assert len(b.heard()) >= (100 if ended else 250)


def test_a_disk_far_behind_loses_voice_but_never_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huawu.switch.media.disk.MOST_WAITING", 3_200)
    disk = Disk(threaded=True)  # its thread is not started yet: nothing is taken off
    file = disk.open(str(tmp_path / "r.wav"))
    for second in range(5):
        disk.write([(file, 1_600 * second, b"\x10" * 1_600)])
    disk.write([(file, 16_000, b"\x10" * 1_600)])
    disk.close(file)
    disk.start()
    disk.stop()
    reports: list[FileReport] = disk.reports()
    assert [bool(report.failed) for report in reports] == [False, True, False]
    assert reports[-1].length_ms == 200
