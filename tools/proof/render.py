"""Speak the scripted calls' lines, and mix them into two-channel telephone calls.

    python -m venv .venv-voice
    .venv-voice/bin/pip install -r tools/requirements-voice.txt msgspec
    npm pack kokoro-js@1.2.1 && tar xzf kokoro-js-1.2.1.tgz      # its folder package/voices
    PYTHONPATH=src nice .venv-voice/bin/python -m tools.proof.render --voices package/voices

A line whose text, voice and pace have not changed is left alone. What is spoken lies in `.proof/lines`;
`tools.proof.shelf` packs it. Speaking needs the voices; mixing (`tools.proof.mixing`) does not.
"""

import argparse
import os
import sys
from pathlib import Path

import numpy as np
from rich.progress import track
from tools.proof.script import Spoken, load_all, spoken

from huawu.assets.kokoro import Kokoro, render
from huawu.switch.media.g711 import encode_ulaw

LINES = Path(__file__).parents[2] / ".proof" / "lines"
ENGLISH = "af_heart"
"""Speaks English words in a Chinese line."""


def due() -> list[Spoken]:
    """The lines that have no sound yet; those of calls that lack least come first."""
    lacking = []
    for call in load_all():
        lines = [spoken(call, happening) for happening in call.happens if happening.by]
        lacking.append([line for line in lines if not (LINES / f"{line.name}.ulaw").exists()])
    lacking.sort(key=lambda lines: sum(len(line.words) for line in lines))
    return list({line.name: line for lines in lacking for line in lines}.values())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voices", type=Path, required=True, help="folder with <voice>.bin, from kokoro-js")
    parser.add_argument("--model", type=Path, help="the .onnx file (default: the installed packages)")
    options = parser.parse_args()
    LINES.mkdir(parents=True, exist_ok=True)
    lines = due()
    if not lines:
        print("All lines are spoken.")
        return
    kokoro = Kokoro(options.model, options.voices)
    for line in track(lines, description="Speaking", disable=not sys.stdout.isatty()):
        audio = render(kokoro, line.words, line.voice, ENGLISH, speed=line.pace)
        unfinished = LINES / f"{line.name}.{os.getpid()}"
        unfinished.write_bytes(encode_ulaw(np.rint(audio * 32767)))
        unfinished.replace(LINES / f"{line.name}.ulaw")
        print(f"{len(audio) / 8000:5.2f} s  {line.voice}  {line.words}", flush=True)


if __name__ == "__main__":
    main()
