"""Sound for the telephone, for the rendering tools: band limit, loudness, silence, WAV files.

Audio is a float array, one channel, full scale ±1. Levels are in dB of full scale: an RMS of 1 is 0 dB.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from huawu.switch.media import wav
from huawu.switch.media.g711 import encode_ulaw

Audio = npt.NDArray[np.float64]

_FRAME_MS = 10


def to_telephone_band(audio: Audio, rate: int) -> Audio:
    """Resample to 8 kHz, keeping 200 to 3600 Hz with soft edges. `rate` is a multiple of 8000."""
    if rate % wav.RATE:
        raise ValueError(f"{rate} Hz is no multiple of {wav.RATE} Hz")
    step = rate // wav.RATE
    pad = rate // 10
    padded = np.concatenate([np.zeros(pad), audio, np.zeros(pad + (-len(audio) - 2 * pad) % (2 * step))])
    spectrum = np.fft.rfft(padded)
    hertz: Audio = np.fft.rfftfreq(len(padded), 1 / rate).astype(np.float64)
    spectrum *= _rise(hertz, 120, 220) * _rise(-hertz, -3800, -3450)
    length = len(padded) // step
    narrow = np.fft.irfft(spectrum[: length // 2 + 1], length) / step
    return narrow[pad // step : (pad + len(audio)) // step]


def frames_db(audio: Audio, rate: int) -> Audio:
    """The level of each 10 ms."""
    size = rate * _FRAME_MS // 1000
    frames = audio[: len(audio) // size * size].reshape(-1, size)
    return np.asarray(10 * np.log10(np.mean(frames**2, axis=1) + 1e-12))


def speech_level(audio: Audio, rate: int) -> float:
    """The RMS level of what is sounding: the frames within 30 dB of the loudest."""
    levels = frames_db(audio, rate)
    sounding = levels[levels > levels.max() - 30]
    return float(10 * np.log10(np.mean(10 ** (sounding / 10))))


def trim(audio: Audio, rate: int, *, lead_ms: int = 40, tail_ms: int = 60) -> Audio:
    """Cut the silence (45 dB below the loudest) at both ends to so many ms, with soft ends."""
    levels = frames_db(audio, rate)
    sounding = np.flatnonzero(levels > levels.max() - 45)
    size = rate * _FRAME_MS // 1000
    start = max(0, int(sounding[0]) * size - rate * lead_ms // 1000)
    stop = min(len(audio), (int(sounding[-1]) + 1) * size + rate * tail_ms // 1000)
    return fade(audio[start:stop], rate)


def fade(audio: Audio, rate: int, ms: int = 5) -> Audio:
    """Soft ends, so that nothing clicks where recordings are joined."""
    ramp = np.linspace(0, 1, rate * ms // 1000)
    faded = audio.copy()
    faded[: len(ramp)] *= ramp
    faded[len(faded) - len(ramp) :] *= ramp[::-1]
    return faded


def set_loudness(audio: Audio, rate: int, *, level_db: float = -20) -> Audio:
    """Bring the sounding parts to a level; peaks above 0.7 are bent so that none passes 0.95."""
    loud = audio * 10 ** ((level_db - speech_level(audio, rate)) / 20)
    over = np.abs(loud) - 0.7
    bent = 0.7 + 0.25 * np.tanh(np.maximum(over, 0) / 0.25)
    return np.where(over > 0, np.sign(loud) * bent, loud)


def write(path: Path, audio: Audio) -> None:
    """Write 8 kHz audio as a mono μ-law WAV, whole or not at all."""
    data = encode_ulaw(np.rint(audio * 32767))
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(wav.header(1, len(data)) + data + b"\0" * (len(data) % 2))
    unfinished.replace(path)


def _rise(value: Audio, start: float, end: float) -> Audio:
    """0 below start, 1 above end, a raised cosine between."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip((value - start) / (end - start), 0, 1))
