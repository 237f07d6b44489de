from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.switch.media.g711 import decode_ulaw, encode_ulaw
from huawu.switch.media.playout import Playout
from huawu.switch.media.tones import tone

VOICE = tone((440.0,), 60_000, -10.0)
BEGIN = 0xFFFF_F000  # wraps after half a second


def frame(number: int) -> bytes:
    return VOICE[160 * number : 160 * number + 160]


def played(arrivals: Iterable[tuple[float, int]], steps: int, *, drift: float = 0.0) -> tuple[bytes, Playout]:
    """What is taken every 20 ms when the packets of these numbers come at these times (ms).

    `drift`: the sender's clock runs so much faster than ours.
    """
    playout, out, queue = Playout(), bytearray(), sorted(arrivals, reverse=True)
    for step in range(steps):
        while queue and queue[-1][0] <= step * 20 * (1 + drift):
            at_ms, number = queue.pop()
            playout.hear((BEGIN + 160 * number) & 0xFFFFFFFF, frame(number), int(at_ms))
        out += playout.take() or b"\xff" * 160
    return bytes(out), playout


def voiced(out: bytes) -> bytes:
    """From the first sample that is not silent."""
    return out.replace(b"\x7f", b"\xff").lstrip(b"\xff")


def first_of(length: int) -> bytes:
    return VOICE[:length].replace(b"\x7f", b"\xff").lstrip(b"\xff")


def tone_share(ulaw: bytes, hertz: float) -> float:
    """How much of the power lies within 10 Hz of a tone."""
    samples = decode_ulaw(ulaw).astype(float) * np.hanning(len(ulaw))
    power = np.abs(np.fft.rfft(samples)) ** 2
    bins = np.fft.rfftfreq(len(samples), 1 / 8000)
    return float(power[np.abs(bins - hertz) < 10].sum() / power.sum())


def test_a_steady_stream_comes_out_whole_and_within_40_ms() -> None:
    out, playout = played([(20.0 * number, number) for number in range(1_000)], 1_000)
    said = voiced(out)
    assert first_of(len(VOICE)).startswith(said)
    assert len(out) - len(said) < 8 * 50
    assert playout.waiting_ms < 40


@given(st.lists(st.floats(0, 19), min_size=50, max_size=50), st.floats(0, 19))
def test_jitter_of_less_than_20_ms_changes_nothing(jitter: list[float], phase: float) -> None:
    out, _ = played([(20.0 * n + phase + late, n) for n, late in enumerate([0.0, *jitter])], 50)
    said = voiced(out)
    assert first_of(len(VOICE)).startswith(said)


def test_packets_in_the_wrong_order_are_put_right() -> None:
    swapped = [(20.0 * (number ^ 1 if number > 10 else number), number) for number in range(400)]
    out, playout = played(swapped, 400)
    tail = voiced(out)[-8_000:]
    assert tail in VOICE
    assert playout.waiting_ms <= 60


def test_a_lost_packet_is_stood_in_for_once_then_silence_and_time_stays_true() -> None:
    lost = {50, 100, 101, 102}
    out, _ = played([(20.0 * number, number) for number in range(200) if number not in lost], 200)
    whole, _ = played([(20.0 * number, number) for number in range(200)], 200)
    differs = {at // 160 for at in range(len(out)) if out[at] != whole[at]}
    assert len(differs) == 4
    stand_in, before = (
        decode_ulaw(out[160 * at : 160 * at + 160]) for at in (min(differs), min(differs) - 1)
    )
    assert np.allclose(stand_in, before / 2, atol=300)
    silent = [at for at in range(10, 200) if set(out[160 * at : 160 * at + 160]) <= {0x7F, 0xFF}]
    assert silent == sorted(differs)[2:]


def test_a_burst_after_a_pause_is_kept_and_the_delay_sinks_again() -> None:
    arrivals = [
        (max(20.0 * number, 1_300.0 if 50 <= number < 66 else 0.0), number) for number in range(1_500)
    ]
    out, playout = played(arrivals[:75], 75)
    assert playout.waiting_ms > 200
    assert first_of(160 * 40)[-4_000:] in out
    out, playout = played(arrivals, 1_500)
    assert playout.waiting_ms <= 60
    assert tone_share(out[-80_000:], 440) > 0.95


@pytest.mark.parametrize("drift", [-0.01, -0.001, 0.001, 0.01])
def test_clocks_that_drift_apart_lose_no_more_than_their_difference(drift: float) -> None:
    out, playout = played([(20.0 * number, number) for number in range(1_500)], 1_400, drift=drift)
    assert playout.waiting_ms < 120
    assert tone_share(out[8_000:], 440) > 0.9


def test_a_peer_that_stops_is_silent_and_begins_anew() -> None:
    spurts = [(20.0 * number, number) for number in [*range(100), *range(200, 300)]]
    out, _ = played(spurts, 310)
    assert set(out[160 * 105 : 160 * 198]) <= {0x7F, 0xFF}
    assert VOICE[160 * 200 : 160 * 290] in out


def test_another_clock_is_followed() -> None:
    playout = Playout()
    for number in range(20):
        playout.hear(1_000_000 + 160 * number, frame(number), 0)
        playout.take()
    for number in range(20):
        playout.hear(5_000 + 160 * number, frame(number), 0)
        last = playout.take()
    assert last is not None
    assert last in VOICE
    assert playout.waiting_ms < 60


@given(
    st.lists(
        st.tuples(st.integers(0, 0xFFFFFFFF), st.integers(0, 1_500)) | st.just(None), min_size=1, max_size=200
    )
)
def test_whatever_comes_a_frame_is_20_ms_and_waiting_is_bounded(doings: list[tuple[int, int] | None]) -> None:
    playout = Playout()
    for doing in doings:
        if doing is None:
            taken = playout.take()
            assert taken is None or len(taken) == 160
        else:
            playout.hear(doing[0], b"\x55" * doing[1], 0)
            assert playout.waiting_ms <= 500 + 190


def test_two_frames_are_faded_into_one_without_an_edge() -> None:
    out, _ = played([(0.0, 0), (0.0, 1), (0.0, 2), *((20.0 * n, n + 3) for n in range(400))], 400)
    samples = decode_ulaw(out[1_600:]).astype(float)
    steepest = np.abs(np.diff(decode_ulaw(VOICE[:8_000]).astype(float))).max()
    assert np.abs(np.diff(samples)).max() < 1.3 * steepest
    assert encode_ulaw(samples) == out[1_600:]
