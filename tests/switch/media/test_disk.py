from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
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
    assert "r.wav" in failed.detail
    assert stage.told(RecordingStopped) == []
    assert len(b.heard()) >= 100


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
    assert kept >= wav.HEADER_OCTETS + 16 * 1_700
    monkeypatch.setattr(os, "pwrite", pwrite)
    talk(stage, 8_000, a=700)
    stage.engine.stop_recording(StopRecording(recording=R))
    stage.run(20)
    (failed,) = stage.told(RecordingFailed)
    assert "No space left" in failed.detail
    assert [event.length_ms for event in stage.told(RecordingStopped)] == [22_000]
    left, _ = channels(tmp_path / "r.wav")
    assert pitch(left[:8000]) == 500
    assert pitch(left[8 * 5_000 : 8 * 6_000]) == 0
    assert pitch(left[8 * 21_000 : 8 * 22_000]) == 700


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 128 KiB, where the tests may mount one."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", folder], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.skipif(shutil.which("mount") is None or os.geteuid() != 0, reason="only root may mount")
def test_a_disk_that_is_really_full_takes_the_rest_once_there_is_room(tiny_disk: Path) -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    (tiny_disk / "other").write_bytes(bytes(60_000))
    start(stage, tiny_disk / "r.wav")
    talk(stage, 8_000, a=500)  # 128 kB
    (failed,) = stage.told(RecordingFailed)
    assert "No space left" in failed.detail
    assert len(b.heard()) >= 400
    (tiny_disk / "other").unlink()
    talk(stage, 2_000, a=700)
    stage.engine.stop_recording(StopRecording(recording=R))
    stage.run(20)
    assert len(stage.told(RecordingFailed)) == 1
    assert len(stage.told(RecordingStopped)) == 1
    left, _ = channels(tiny_disk / "r.wav")
    assert pitch(left[8_000:16_000]) == 500


@pytest.mark.skipif(shutil.which("mount") is None or os.geteuid() != 0, reason="only root may mount")
def test_a_disk_that_may_not_be_written_fails_once(tiny_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", tiny_disk], check=True)
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    start(stage, tiny_disk / "r.wav")
    talk(stage, 1_000, a=500)
    (failed,) = stage.told(RecordingFailed)
    assert "Read-only" in failed.detail
    assert len(b.heard()) >= 50


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_fails_once(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    stage = Stage()
    stage.peer("a")
    start(stage, tmp_path / "r.wav", None)
    talk(stage, 1_000, a=500)
    (failed,) = stage.told(RecordingFailed)
    assert "Permission denied" in failed.detail


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
