"""A scripted call as the switch would have recorded it: caller left, agent right, 8 kHz μ-law.

PYTHONPATH=src python -m tools.proof.mixing FOLDER [ID …]      # writes <id>.wav
"""

from __future__ import annotations

import sys
import zlib
from pathlib import Path
from typing import Final

import numpy as np
from tools.proof.layout import Placed, PlacedLine, answered_ms, laid_out, over_ms
from tools.proof.script import CALLS, Call, load, load_all
from tools.proof.shelf import sound_of

from huawu.assets.telephone_sound import to_telephone_band
from huawu.assets.wav_reading import Audio
from huawu.switch.media import wav
from huawu.switch.media.g711 import decode_ulaw, encode_ulaw

RATE: Final = 8_000
USUAL_DB: Final = -8.0
"""The lines are spoken at the loudness of prompts; people on the phone speak about so much softer."""
SHOUTING_DB: Final = 6.0
"""So much louder than usual, nobody speaks with ups and downs."""
FULL: Final = 32_768.0
_HOUSE_DB: Final = -20.0
_EVEN_OUT: Final = RATE // 4


def mixed(call: Call) -> tuple[bytes, bytes]:
    """Both channels, from the agent's answer to the end: (caller, agent) as μ-law. Raises `NoSound`."""
    placed = laid_out(call)
    began, over = answered_ms(placed), over_ms(placed)
    size = (over - began) * RATE // 1000
    voices = {side: np.zeros(size) for side in ("caller", "agent")}
    for one in placed:
        if isinstance(one, PlacedLine) and began <= one.from_ms < over:
            sound = _spoken(one)
            at = (one.from_ms - began) * RATE // 1000
            room = voices[str(one.by)][at : at + len(sound)]
            room += sound[: len(room)]
    chance = np.random.default_rng(zlib.crc32(call.id.encode()))
    channels = []
    for side, other in (("caller", "agent"), ("agent", "caller")):
        channel = voices[side] + _noise(chance, size, call.line.noise_db)
        if call.line.crosstalk_db is not None:
            channel += voices[other] * 10 ** (call.line.crosstalk_db / 20)
        if side == "agent":
            _silence(channel, placed, began)
        channels.append(encode_ulaw(np.rint(np.clip(channel, -1, 1) * 32_767)))
    return channels[0], channels[1]


def _spoken(one: PlacedLine) -> Audio:
    sound: Audio = decode_ulaw(sound_of(one.line)).astype(np.float64) / FULL
    gain = 10 ** ((USUAL_DB + one.what.louder) / 20)
    loud: Audio = (_shouted(sound) if one.what.louder >= SHOUTING_DB else sound) * gain
    return loud


def _shouted(sound: Audio) -> Audio:
    """Who shouts is as loud from word to word: half of the ups and downs are gone."""
    window = np.ones(_EVEN_OUT) / _EVEN_OUT
    level_db = 10 * np.log10(np.convolve(sound**2, window, "same") + 1e-9)
    even: Audio = sound * 10 ** (np.clip((_HOUSE_DB - level_db) / 2, -10, 10) / 20)
    return even


def _noise(chance: np.random.Generator, size: int, level_db: float) -> Audio:
    noise = to_telephone_band(chance.standard_normal(size), RATE)
    return noise * 10 ** (level_db / 20) / max(float(np.sqrt(np.mean(noise**2))), 1e-9)


def line_noise(call: Call, length_ms: int) -> bytes:
    """The line alone, as μ-law: what is heard before anybody speaks, and afterwards."""
    chance = np.random.default_rng(zlib.crc32(call.id.encode()) + 1)
    noise = _noise(chance, length_ms * RATE // 1000, call.line.noise_db)
    return encode_ulaw(np.rint(np.clip(noise, -1, 1) * 32_767))


def _silence(channel: Audio, placed: tuple[Placed, ...], began: int) -> None:
    """While the caller is on hold or the agent is muted, nothing comes from the agent's side."""
    since: int | None = None
    for one in placed:
        if one.what.act in ("hold", "mute", "consult"):
            since = one.from_ms
        elif one.what.act in ("resume", "unmute", "transfer") and since is not None:
            channel[(since - began) * RATE // 1000 : (one.from_ms - began) * RATE // 1000] = 0
            since = None


def recording(call: Call) -> bytes:
    """The call as a two-channel WAV file. Raises `NoSound`."""
    caller, agent = mixed(call)
    both = bytearray(2 * len(caller))
    both[0::2], both[1::2] = caller, agent
    return wav.header(2, len(both)) + bytes(both)


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [load(CALLS / f"{name}.yaml") for name in sys.argv[2:]] or load_all()
    for call in chosen:
        file = folder / f"{call.id}.wav"
        file.write_bytes(recording(call))
        print(f"{file}  {(file.stat().st_size - wav.HEADER_OCTETS) / 16_000:.1f} s")


if __name__ == "__main__":
    main()
