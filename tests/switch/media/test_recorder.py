from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huawu.link.messages import (
    LegId,
    MoveRecording,
    PauseRecording,
    RecordingStarted,
    RecordingStopped,
    ResumeRecording,
    StopRecording,
)
from huawu.switch.media import wav
from huawu.switch.media.recorder import LAG_MS, Recording
from tests.switch.media.fakes import LOUD, Stage
from tests.switch.media.recordings import OFF_HZ, R, channels, frames, pitch, start, talk


def test_each_party_is_on_its_channel_for_its_time(tmp_path: Path) -> None:
    stage = Stage()
    stage.peer("a", "PCMA"), stage.peer("b"), stage.peer("c")
    stage.engine.bridge(LegId("a"), LegId("b"))
    path = tmp_path / "deep" / "down" / "r.wav"
    start(stage, path)
    talk(stage, 1_000, a=500)
    talk(stage, 1_000, a=500, b=800)
    stage.engine.move_recording(MoveRecording(recording=R, right=LegId("c")))
    talk(stage, 1_000, b=800, c=1_100)
    stage.engine.stop_recording(StopRecording(recording=R))
    stage.run(20)
    assert stage.told(RecordingStarted) == [RecordingStarted(recording=R, path=str(path))]
    assert stage.told(RecordingStopped) == [RecordingStopped(recording=R, path=str(path), length_ms=3_000)]
    left, right = channels(path)
    assert len(left) == len(right) == 24_000
    assert [pitch(left[at : at + 8000]) for at in (0, 8000, 16000)] == [500, 500, 0]
    assert [pitch(right[at : at + 8000]) for at in (0, 8000, 16000)] == [0, 800, 1100]


def test_a_pause_and_a_muted_party_are_silence_of_true_length(tmp_path: Path) -> None:
    stage = Stage()
    stage.peer("a"), stage.peer("b")
    start(stage, tmp_path / "r.wav")
    talk(stage, 500, a=500, b=800)
    stage.engine.pause_recording(PauseRecording(recording=R))
    talk(stage, 1_000, a=600, b=900)
    stage.engine.resume_recording(ResumeRecording(recording=R))
    talk(stage, 500, a=700, b=1000)
    stage.engine.mute(LegId("b"))
    talk(stage, 500, a=700, b=1000)
    stage.engine.close(LegId("a"))
    stage.run(20)
    (stopped,) = stage.told(RecordingStopped)
    assert stopped.length_ms == 2_500
    left, right = channels(stopped.path)
    assert [pitch(left[at : at + 4000]) for at in range(0, 20_000, 4000)] == [500, 0, 0, 700, 700]
    assert [pitch(right[at : at + 4000]) for at in range(0, 20_000, 4000)] == [800, 0, 0, 1000, 0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False), st.integers(0, 2**32 - 1), st.integers(0, 60))
def test_time_in_the_file_is_true_whatever_the_network_does(
    rng: random.Random, timestamp: int, jitter_ms: int
) -> None:
    """The recorder law: each packet that comes within the lag is at its place, all else is silence."""
    recording = Recording(0)
    arrivals = []
    for number in range(150):
        if number == 0 or rng.random() > 0.1:
            delay = 0 if number == 0 else rng.randint(0, jitter_ms)
            arrivals.append((20 * (number + 1) + delay, number))
            if rng.random() < 0.05:
                arrivals.append((20 * (number + 1) + delay, number))
    written = bytearray()
    arrivals.sort()
    now = 0
    for at_ms, number in arrivals:
        while now + 20 <= at_ms:
            now += 20
            if now % 100 == 0:
                at, data = recording.take(now - LAG_MS)
                assert at == len(written)
                written += data
        payload = bytes((number % 250,)) * 160
        recording.left.hear((timestamp + 160 * number) & 0xFFFFFFFF, payload, at_ms)
    written += recording.take(150 * 20 + 200)[1]
    came = {number for _, number in arrivals}
    left, right = bytes(written[0::2]), bytes(written[1::2])
    assert right == b"\xff" * len(right)
    for number in range(150):
        expected = bytes((number % 250,)) * 160 if number in came else b"\xff" * 160
        assert left[160 * number : 160 * number + 160] == expected


@pytest.mark.parametrize("rate", [0.998, 1.002])
def test_clocks_that_drift_apart_never_shift_a_voice_by_much(rate: float) -> None:
    recording = Recording(0)
    written = bytearray()
    for number in range(5_000):
        at_ms = int(20 * (number + 1) * rate)
        recording.left.hear(160 * number, bytes((number % 250,)) * 160, at_ms)
        if number % 5 == 4:
            written += recording.take(at_ms - LAG_MS)[1]
    left = written[0::2]
    shifts = []
    for place in range(8000, len(left) - 16_000, 4_000):
        if left[place] == 0xFF:
            continue
        number = next(
            n
            for n in range(place // 160 - 40, place // 160 + 40)
            if n % 250 == left[place] and abs(20 * n * rate - place / 8) < 400
        )
        shifts.append(place / 8 - 20 * number * rate)
    assert len(shifts) > 100
    assert max(shifts) - min(shifts) <= 180


def test_a_voice_that_restarts_its_timestamps_stays_in_place() -> None:
    recording = Recording(0)
    for number in range(100):
        base = 5_000_000 if number < 50 else 77
        recording.left.hear(base + 160 * number, bytes((number,)) * 160, 20 * (number + 1))
    left = recording.take(2_000)[1][0::2]
    for number in [*range(50), *range(56, 100)]:
        assert left[160 * number] == number


def test_a_stall_longer_than_the_memory_is_silence() -> None:
    recording = Recording(0)
    recording.left.hear(0, LOUD, 20)
    at, data = recording.take(60_000)
    assert (at, len(data)) == (0, 960_000)
    assert data[0:320:2] == LOUD
    assert data[320:] == b"\xff" * 959_680


def test_packets_that_waited_through_a_stall_find_their_places(tmp_path: Path) -> None:
    stage = Stage()
    a = stage.peer("a")
    start(stage, tmp_path / "r.wav", None)
    wave = frames(500, 3_000)
    for step in range(50):
        a.voice = wave[step]
        stage.run(20)
    a.voice = None
    stage.now += 400  # nothing is read nor done
    stage.engine.tick(stage.now)
    for step in range(50, 70):
        a.say(wave[step])
    for step in range(70, 100):
        a.voice = wave[step]
        stage.run(20)
    stage.engine.stop_recording(StopRecording(recording=R))
    left, _ = channels(tmp_path / "r.wav")
    assert left == b"".join(wave[:100])


def test_the_file_can_be_opened_while_it_grows(tmp_path: Path) -> None:
    stage = Stage()
    stage.peer("a")
    start(stage, tmp_path / "r.wav", None)
    talk(stage, 5_000, a=500)
    left, _ = channels(tmp_path / "r.wav")
    assert len(left) >= 8 * 3_900
    assert (tmp_path / "r.wav").stat().st_size >= wav.HEADER_OCTETS + 16 * 4_400  # all but 600 ms
    assert wav.repair(tmp_path / "r.wav") >= 4_400


def test_repair_refuses_what_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"RIFFxxxx")
    with pytest.raises(wav.BadWav):
        wav.repair(tmp_path / "x")


CHILD = """
import asyncio, sys, time
from huawu.link.messages import LegId, RecordingId, StartRecording
from huawu.switch.media.engine import MediaEngine
from huawu.switch.media.tones import tone
from huawu.switch.sip.negotiation import AgreedMedia
from huawu.switch.media.rtp import RtpPacket

async def main():
    engine = MediaEngine(host="127.0.0.1", ports=range(48300, 48400), emit=lambda event: None,
                         now_ms=lambda: time.time_ns() // 1_000_000)
    await engine.start()
    leg = LegId("a")
    engine.open(leg)
    engine.agree(leg, AgreedMedia(codec="PCMU", payload_type=0, digits_type=None, remote_host="127.0.0.1",
                 remote_port=9, remote_rtcp_port=9, rtcp_mux=True, direction="inactive"))
    engine.start_recording(StartRecording(recording=RecordingId("r"), path=sys.argv[1], left=leg))
    wave = tone((500.0,), 60_000)
    for number in range(10_000):
        packet = RtpPacket(payload_type=0, sequence=number, timestamp=160 * number, ssrc=1,
                           payload=wave[160 * (number % 3000) :][:160])
        engine.receive_rtp(leg, bytes(packet), ("127.0.0.1", 9))
        if number == 125:
            print("recording", flush=True)
        await asyncio.sleep(0.02)  # who is late does not catch up in a rush: the recorder would, later

asyncio.run(main())
"""


def test_a_killed_process_leaves_a_file_that_opens_with_all_but_the_last_second(tmp_path: Path) -> None:
    path = tmp_path / "r.wav"
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == b"recording\n"  # 2.5 s are spoken
        child.send_signal(signal.SIGKILL)
        child.wait()
    left, _ = channels(path)
    assert len(left) >= 8 * 1_400
    assert abs(pitch(left[4_000:8_000]) - 500) < OFF_HZ
    assert wav.repair(path) >= 1_700
    left, right = channels(path)
    spoken = left.rstrip(b"\xff")  # a child that was kept waiting just before has silence last
    assert len(spoken) >= 8 * 1_000
    assert abs(pitch(spoken[-4_000:]) - 500) < OFF_HZ
    assert len(left) == len(right)
