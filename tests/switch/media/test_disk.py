from __future__ import annotations

import errno
import os
import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from huawu.link.messages import RecordingFailed, RecordingStopped, StopRecording
from huawu.switch.media import wav
from huawu.switch.media.disk import Disk, FileReport
from tests.switch.media.fakes import Stage
from tests.switch.media.recordings import R, channels, pitch, start, talk


def test_a_path_that_cannot_be_written_fails_once_and_the_call_goes_on(tmp_path: Path) -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    (tmp_path / "file").write_text("in the way")
    start(stage, tmp_path / "file" / "r.wav")
    talk(stage, 2_000, a=500)
    stage.engine.stop_recording(StopRecording(recording=R))
    stage.run(100)
    (failed,) = stage.told(RecordingFailed)
    assert failed == RecordingFailed(
        recording=R, path=str(tmp_path / "file" / "r.wav"), detail="Not a directory"
    )
    assert stage.told(RecordingStopped) == []
    assert len(b.heard()) >= 100


def test_a_recording_begun_on_a_full_disk_leaves_no_file_and_the_log_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(descriptor: int, data: bytes, at: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    stage = Stage()
    stage.peer("a")
    monkeypatch.setattr(os, "pwrite", full)
    start(stage, tmp_path / "r.wav", None)
    stage.run(500)
    assert [event.detail for event in stage.told(RecordingFailed)] == ["No space left on device"]
    assert list(tmp_path.iterdir()) == []
    (line,) = [one for one in caplog.records if "cannot be written" in one.getMessage()]
    told = vars(line)
    assert (told["path"], told["why"]) == (str(tmp_path / "r.wav"), "No space left on device")
    assert told["advice"].startswith("make room")


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    stage = Stage()
    stage.peer("a")
    (tmp_path / "r.wav").write_bytes(b"evidence")
    start(stage, tmp_path / "r.wav", None)
    stage.run(500)
    assert len(stage.told(RecordingFailed)) == 1
    assert (tmp_path / "r.wav").read_bytes() == b"evidence"


def test_a_full_disk_is_told_once_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    stage.peer("a"), stage.peer("b")
    start(stage, tmp_path / "r.wav")
    talk(stage, 2_000, a=500)
    pwrite = os.pwrite

    def full(descriptor: int, data: bytes, at: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

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
