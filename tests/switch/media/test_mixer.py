from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from huawu.switch.media.g711 import decode_ulaw, encode_ulaw
from huawu.switch.media.mixer import FULL, KNEE, Gains, Mixer, softened


def babble(seed: int) -> bytes | None:
    """20 ms of any codes; of one seed in five, nothing."""
    return None if seed % 5 == 0 else np.random.default_rng(seed).integers(0, 256, 160, np.uint8).tobytes()


@st.composite
def conferences(draw: st.DrawFn) -> list[tuple[Gains, list[bytes | None]]]:
    found = []
    for size in draw(st.lists(st.integers(2, 6), min_size=1, max_size=5)):
        cells = draw(st.lists(st.sampled_from([0, 0.25, 0.5, 1, 1.5, 4]), min_size=size**2, max_size=size**2))
        gains = np.array(cells, np.float32).reshape(size, size)
        np.fill_diagonal(gains, 0)
        found.append(
            (
                gains,
                [
                    babble(seed)
                    for seed in draw(st.lists(st.integers(0, 1_000), min_size=size, max_size=size))
                ],
            )
        )
    return found


@given(conferences())
@settings(max_examples=60)
def test_what_each_hears_is_the_plain_sum_of_gain_times_voice(
    given_: list[tuple[Gains, list[bytes | None]]],
) -> None:
    mixer = Mixer([gains for gains, _ in given_])
    out = mixer.mix([frame for index in mixer.order for frame in given_[index][1]])
    at = 0
    for index in mixer.order:
        gains, frames = given_[index]
        voices = [decode_ulaw(frame or b"\xff" * 160).astype(float) for frame in frames]
        for row in gains:
            plain = sum((float(gain) * voice for gain, voice in zip(row, voices, strict=True)), np.zeros(160))
            heard = decode_ulaw(out[at : at + 160]).astype(float)
            want = softened(np.clip(plain, -131_072, 131_071))
            # half a step of μ-law is 1/33 of a sample's size and its bias, and the coder cuts off two bits
            assert np.all(np.abs(heard - want) <= (np.abs(want) + 132) / 32 + 4)
            at += 160
    assert at == len(out)


@given(st.binary(min_size=160, max_size=160))
def test_one_voice_at_gain_one_comes_out_as_it_was_up_to_the_knee(voice: bytes) -> None:
    quiet = bytes(code if abs(int(decode_ulaw(bytes((code,)))[0])) <= KNEE else 0xFF for code in voice)
    quiet = quiet.replace(b"\x7f", b"\xff")
    mixer = Mixer([np.array([[0, 1], [0, 0]], np.float32)])
    assert mixer.mix([None, quiet]) == quiet + b"\xff" * 160


def test_loud_sums_bend_and_never_fold_over() -> None:
    ramp = np.arange(-131_072, 131_072, dtype=np.float64)
    bent = softened(ramp)
    assert np.all(np.diff(bent) >= 0)
    assert np.abs(bent).max() <= FULL
    assert np.abs(np.diff(bent)).max() <= 1.001  # no edge: nowhere steeper than the sum itself
    loud = encode_ulaw(np.full(160, 30_000.0))
    mixer = Mixer([np.array([[0, 8, 8], [0, 0, 0], [0, 0, 0]], np.float32)])
    heard = decode_ulaw(mixer.mix([None, loud, loud])[:160])
    assert heard.min() > 31_000
