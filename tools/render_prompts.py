"""Speak the hotline's texts: prompts.yaml and dialogues.yaml become 8 kHz μ-law WAVs beside them.

    python -m venv .venv-voice
    .venv-voice/bin/pip install -r tools/requirements-voice.txt
    npm pack kokoro-js@1.2.1 && tar xzf kokoro-js-1.2.1.tgz      # its folder package/voices
    PYTHONPATH=src nice .venv-voice/bin/python -m tools.render_prompts --voices package/voices

A recording whose text, voice and reading have not changed is left alone; one whose text is gone is deleted.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.progress import track
from tools.telephone_audio import write

from huawu.assets.catalogue import PromptCatalogue, PromptId, SpokenText, load_dialogues
from huawu.assets.kokoro import Kokoro, render
from huawu.assets.telephone_sound import speech_level
from huawu.switch.media import wav

ASSETS = Path(__file__).parents[1] / "src" / "huawu" / "assets"
HASHES = ASSETS / "prompts" / "hashes.json"


def recordings() -> Iterator[tuple[Path, SpokenText]]:
    """Every file that there must be, and what it says."""
    for (prompt_id, language), spoken in PromptCatalogue.load(ASSETS).texts.items():
        yield ASSETS / "prompts" / language / f"{prompt_id}.wav", spoken
    for dialogue in load_dialogues(ASSETS):
        for turn in dialogue.turns:
            yield turn.path, turn.spoken


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voices", type=Path, required=True, help="folder with <voice>.bin, from kokoro-js")
    parser.add_argument(
        "--model", type=Path, help="Kokoro-82M v1.0 .onnx file (default: the installed packages)"
    )
    parser.add_argument("--only", default="", help="render just the files whose path contains this")
    parser.add_argument("--force", action="store_true", help="render even what has not changed")
    options = parser.parse_args()

    hashes: dict[str, str] = json.loads(HASHES.read_text()) if HASHES.exists() else {}
    wanted = {str(path.relative_to(ASSETS)): spoken for path, spoken in recordings()}
    for name in hashes.keys() - wanted.keys():
        (ASSETS / name).unlink(missing_ok=True)
    hashes = {name: value for name, value in hashes.items() if name in wanted}
    due = [
        name
        for name, spoken in wanted.items()
        if options.only in name
        and (options.force or hashes.get(name) != spoken.hash or not (ASSETS / name).exists())
    ]
    if not due:
        print(f"All {len(wanted)} recordings are up to date.")
        return
    english_voice = PromptCatalogue.load(ASSETS).texts[PromptId("welcome"), "en"].voice
    kokoro = Kokoro(options.model, options.voices)
    for name in track(due, description="Speaking", disable=not sys.stdout.isatty()):
        spoken = wanted[name]
        audio = render(kokoro, spoken.spoken, spoken.voice, english_voice, followed_by=spoken.followed_by)
        write(ASSETS / name, audio)
        hashes[name] = wanted[name].hash
        HASHES.write_text(json.dumps(dict(sorted(hashes.items())), indent=1) + "\n")
        print(f"{len(audio) / wav.RATE:5.2f} s  {speech_level(audio, wav.RATE):6.1f} dB  {name}", flush=True)


if __name__ == "__main__":
    main()
