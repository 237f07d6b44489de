"""WAV files of the telephone, for the rendering tools."""

from pathlib import Path

import numpy as np

from huawu.assets.wav_reading import Audio
from huawu.switch.media import wav
from huawu.switch.media.g711 import encode_ulaw


def write(path: Path, audio: Audio) -> None:
    """Write 8 kHz audio as a mono μ-law WAV, whole or not at all."""
    data = encode_ulaw(np.rint(audio * 32767))
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(wav.header(1, len(data)) + data + b"\0" * (len(data) % 2))
    unfinished.replace(path)
