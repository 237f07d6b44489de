"""The spoken lines: their sound where it is at hand, and their measures, which are always there.

`lines.json` holds for each line how long it lasts and where the switch's talk detection hears voice in it, so
that a script can be laid out in time without sound. `lines-*.zip` hold the sound: μ-law, packed with LZMA.
What was spoken later comes in a pack of its own. Freshly spoken lines lie in `.proof/lines`.

    PYTHONPATH=src python -m tools.proof.shelf          # measure and pack what tools.proof.render has spoken
"""

from __future__ import annotations

import json
import zipfile
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from tools.proof.script import Spoken, load_all, spoken

from huawu.switch.media.talk import TalkEar, mean_power
from huawu.switch.media.talk_facts import Began, Ended

HERE: Final = Path(__file__).parent
FRESH: Final = HERE.parents[1] / ".proof" / "lines"
MEASURES: Final = HERE / "lines.json"
FRAME: Final = 160
FRAME_MS: Final = 20
OCTETS_A_MS: Final = 8
_QUIET: Final = b"\xff" * FRAME
_A_SECOND: Final = 8_000


class NoSound(Exception):
    """A line was never spoken here, and its sound is not packed."""

    def __init__(self, line: Spoken) -> None:
        super().__init__(
            f"there is no sound of {line.text!r} ({line.voice}, {line.name}); "
            "speak it with tools.proof.render, then run tools.proof.shelf"
        )


class Stretch(msgspec.Struct, frozen=True, array_like=True):
    """A stretch of voice in a line, and how loud each full second of it is."""

    from_ms: int
    to_ms: int
    level_db: float
    levels_db: tuple[float, ...]


class Measure(msgspec.Struct, frozen=True, array_like=True):
    """What must be known of a line's sound to lay it out in time."""

    length_ms: int
    stretches: tuple[Stretch, ...]


def measured(octets: bytes) -> Measure:
    """What the switch's talk detection hears in a line."""
    ear = TalkEar()
    for at in range(-50, 0):
        ear.hear(_QUIET, False, at * FRAME_MS)
    stretches: list[tuple[int, Ended]] = []
    began = 0
    padded = octets + _QUIET * 20
    for at in range(0, len(padded) - FRAME + 1, FRAME):
        match ear.hear(padded[at : at + FRAME], False, at // OCTETS_A_MS):
            case Began(at_ms=began):
                pass
            case Ended() as ended:
                stretches.append((began, ended))
    return Measure(
        len(octets) // OCTETS_A_MS,
        tuple(
            Stretch(begins, ended.at_ms, ended.level_db, _seconds(octets, begins, ended.at_ms))
            for begins, ended in stretches
        ),
    )


def _seconds(octets: bytes, from_ms: int, to_ms: int) -> tuple[float, ...]:
    begins = range(from_ms * OCTETS_A_MS, to_ms * OCTETS_A_MS - _A_SECOND + 1, _A_SECOND)
    powers = (mean_power(octets[at : at + _A_SECOND], False) for at in begins)
    return tuple(round(float(10 * np.log10(max(power, 1e-9))), 1) for power in powers)


@cache
def measures() -> dict[str, Measure]:
    """The measures of all lines that were ever spoken, by the line's name."""
    if not MEASURES.exists():
        return {}
    return msgspec.json.decode(MEASURES.read_bytes(), type=dict[str, Measure])


def measure_of(line: Spoken) -> Measure:
    """How long a line lasts; of one that was never spoken, about how long."""
    if found := measures().get(line.name):
        return found
    try:
        return measured(sound_of(line))
    except NoSound:
        return estimated(line)


def estimated(line: Spoken) -> Measure:
    """What a line will be like when it is spoken: good enough to write a script by."""
    a_sign = 210 if line.voice.startswith("z") else 70
    length_ms = max(400, round(a_sign * len(line.words) / line.pace))
    levels = (-17.0,) * ((length_ms - 100) // 1000)
    return Measure(length_ms, (Stretch(40, length_ms - 60, -17.0, levels),))


def sound_of(line: Spoken) -> bytes:
    """A line as μ-law, clean. Raises `NoSound`."""
    fresh = FRESH / f"{line.name}.ulaw"
    if fresh.exists():
        return fresh.read_bytes()
    pack = packs().get(line.name)
    if pack is None:
        raise NoSound(line)
    with zipfile.ZipFile(pack) as packed:
        return packed.read(line.name)


@cache
def packs() -> dict[str, Path]:
    """In which pack each line is."""
    found = {}
    for pack in sorted(HERE.glob("lines-*.zip")):
        with zipfile.ZipFile(pack) as packed:
            found.update(dict.fromkeys(packed.namelist(), pack))
    return found


def all_lines() -> dict[str, Spoken]:
    """Every line that some call needs, by its name."""
    lines = (spoken(call, happening) for call in load_all() for happening in call.happens if happening.by)
    return {line.name: line for line in lines}


def main() -> None:
    lines = dict(sorted(all_lines().items()))
    sounds = {}
    missing = []
    for name, line in lines.items():
        try:
            sounds[name] = sound_of(line)
        except NoSound:
            missing.append(line)
    told = {name: msgspec.to_builtins(measured(octets)) for name, octets in sounds.items()}
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(measure)}" for name, measure in told.items())
    MEASURES.write_text(f"{{\n{rows}\n}}\n")
    new = {name: octets for name, octets in sounds.items() if name not in packs()}
    if new:
        pack = HERE / f"lines-{len(set(packs().values())) + 1}.zip"
        unfinished = pack.with_suffix(".part")
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_LZMA) as packed:
            for name, octets in new.items():
                packed.writestr(zipfile.ZipInfo(name), octets, zipfile.ZIP_LZMA)
        unfinished.replace(pack)
        print(f"{pack.name}: {len(new)} lines, {pack.stat().st_size / 1e6:.1f} MB")
    print(f"{len(sounds)} lines have sound; {len(missing)} are not yet spoken")


if __name__ == "__main__":
    main()
