"""The table of codecs: each to the house's μ-law and back, and bridges between any two."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from G722 import G722
from hypothesis import given, settings
from hypothesis import strategies as st

from huawu.link.messages import CodecName, TalkStarted, TalkStopped
from huawu.switch.codecs import CODECS
from huawu.switch.media.g711 import decode_ulaw
from huawu.switch.media.tones import tone
from huawu.switch.sip.sdp import STATIC_TYPES
from tests.switch.media.fakes import Peer, Stage
from tests.switch.media.recordings import channels, pitch, start

SECOND = tone((1_000.0,), 1_000, -10.0)


def frames(ulaw: bytes) -> list[bytes]:
    return [ulaw[at : at + 160] for at in range(0, len(ulaw), 160)]


def coded(codec: CodecName, ulaw: bytes) -> list[bytes]:
    """As a phone of this codec would send it; G.722 by its full band at 16 kHz."""
    if codec == "G722":
        samples = np.repeat(decode_ulaw(ulaw), 2)
        encode = G722(16_000, 64_000).encode
        return [encode(samples[at : at + 320]) for at in range(0, len(samples), 320)]
    encoder = CODECS[codec].encoder
    return frames(ulaw) if encoder is None else [encoder()(frame) for frame in frames(ulaw)]


def heard_by(codec: CodecName, payloads: list[bytes]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """What a phone of this codec plays, at 8 kHz."""
    if codec == "G722":
        decode = G722(16_000, 64_000).decode
        wide = np.concatenate([np.asarray(decode(payload), np.float64) for payload in payloads])
        return wide[::2]
    decoder = CODECS[codec].decoder
    convert = (lambda payload: payload) if decoder is None else decoder()
    return decode_ulaw(b"".join(map(convert, payloads))).astype(np.float64)


def loudest(samples: np.ndarray[tuple[int], np.dtype[np.float64]]) -> int:
    return int(np.abs(np.fft.rfft(samples[-8_000:], 8_000)).argmax())


def test_types_are_those_of_rfc_3551_with_g722s_famous_clock() -> None:
    assert STATIC_TYPES == {"8": "PCMA/8000", "0": "PCMU/8000", "9": "G722/8000"}


@pytest.mark.parametrize("codec", CODECS)
def test_there_and_back_keeps_pitch_and_level(codec: CodecName) -> None:
    made = CODECS[codec]
    encode = made.encoder() if made.encoder else bytes
    decode = made.decoder() if made.decoder else bytes
    back = b"".join(decode(encode(frame)) for frame in frames(SECOND))
    assert len(back) == len(SECOND)
    assert pitch(back) == 1_000
    assert decode_ulaw(back)[800:].std() == pytest.approx(decode_ulaw(SECOND).std(), rel=0.05)


@settings(deadline=None)
@given(st.sampled_from(list(CODECS)), st.lists(st.binary(max_size=400), max_size=5))
def test_any_octets_are_converted_one_to_one(codec: CodecName, payloads: list[bytes]) -> None:
    for make in (CODECS[codec].decoder, CODECS[codec].encoder):
        if make is not None:
            convert = make()
            assert [len(convert(payload)) for payload in payloads] == [len(one) for one in payloads]


@pytest.mark.parametrize(("one", "other"), list(itertools.product(CODECS, CODECS)))
def test_any_two_codecs_are_bridged_recorded_and_listened_to(
    tmp_path: Path, one: CodecName, other: CodecName
) -> None:
    stage = Stage()
    a, b = stage.peer("a", one), stage.peer("b", other)
    stage.engine.bridge(a.leg, b.leg)
    start(stage, tmp_path / "r.wav")
    voices = coded(one, tone((500.0,), 2_000, -10.0)), coded(other, tone((900.0,), 2_000, -10.0))
    for mine, theirs in zip(*voices, strict=True):
        a.say(mine)
        b.say(theirs)
        stage.step()
    stage.run(1_000)
    stage.engine.close(a.leg)
    for peer, hertz, size in ((b, 500, len(voices[0])), (a, 900, len(voices[1]))):
        played = [packet.payload for packet in peer.heard()][:size]
        assert loudest(heard_by(peer.codec, played)) == hertz
    left, right = channels(tmp_path / "r.wav")
    assert (pitch(left[8_000:16_000]), pitch(right[8_000:16_000])) == (500, 900)
    assert {event.leg for event in stage.told(TalkStarted)} == {a.leg, b.leg}
    for stopped in stage.told(TalkStopped):
        assert stopped.level_db == pytest.approx(-10, abs=2)


def test_between_two_of_g722_the_wide_band_passes_untouched() -> None:
    stage = Stage()
    a, b = stage.peer("a", "G722"), stage.peer("b", "G722")
    stage.engine.bridge(a.leg, b.leg)
    said = coded("G722", SECOND)
    for payload in said:
        a.say(payload)
        stage.step()
    assert [packet.payload for packet in b.heard()][: len(said)] == said
    timestamps = [packet.timestamp for packet in b.heard()][: len(said)]
    assert {(later - earlier) & 0xFFFFFFFF for earlier, later in itertools.pairwise(timestamps)} == {160}


def test_tones_and_silence_of_ours_come_in_the_peers_codec() -> None:
    stage = Stage()
    a = stage.peer("a", "G722", digits=None)
    stage.engine.send_digits(a.leg, "5")
    stage.run(2_000)
    packets = a.heard()
    assert {packet.payload_type for packet in packets} == {9}
    spectrum = np.abs(np.fft.rfft(heard_by("G722", [packet.payload for packet in packets]), 8_000))
    assert {int(np.argmax(spectrum[:1_000])), 1_000 + int(np.argmax(spectrum[1_000:]))} == {770, 1_336}


def test_a_codec_changed_in_mid_call_is_followed() -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    a.say(frames(SECOND)[0])
    a.codec = "G722"
    Peer.agree(a)
    stage.now += 20
    for payload in coded("G722", SECOND):
        a.say(payload)
        stage.step()
    assert loudest(heard_by("PCMU", [packet.payload for packet in b.heard()][1:])) == 1_000
    assert {packet.payload_type for packet in b.heard()} == {0}
