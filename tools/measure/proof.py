"""How well the standard judges: precision and recall over the scripted calls, from words and from sound."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

from tools.measure.parts import Row, Trouble
from tools.proof.hearing import usual_hearer, words_of
from tools.proof.judging import Tally
from tools.proof.report import Figures, by_words, figures
from tools.proof.script import Call, Spoken, load_all
from tools.proof.shelf import NoSound, all_lines, sound_of

from huawu.speech.recogniser import NoRecogniser
from huawu.standard import Standard, load_standard

ROOT = Path(__file__).parents[2]
SPEAKER, VOICES = ROOT / ".venv-voice" / "bin" / "python", ROOT / "package" / "voices"
"""As tools/proof/render.py says how to set them up."""


def quality(trouble: Trouble) -> Iterator[Row]:
    """Part n. What cannot be spoken or heard here is told, and left out."""
    calls = load_all()
    speak(trouble)
    hear(calls, trouble)
    standard = load_standard()
    found = figures(standard, calls)
    if found.unheard:
        trouble.lines.append(f"{len(found.unheard)} of {len(calls)} scripted calls were not heard")
    for letters, words in (("T, V, W", False), ("P", True)):
        for source, tallies in (("words", found.words), ("sound", found.sound)):
            whole = together(standard, tallies, words=words)
            if whole.precision is None or whole.recall is None:
                continue
            yield Row(
                "n",
                f"breaches of rules that look at {letters}, from {source} ({_calls(found, source)} calls)",
                "%",
                {"precision": 100 * whole.precision, "recall": 100 * whole.recall},
                judged=100 * whole.precision,
                must=95 if words else 100,
                aim=100,
                at_least=True,
            )


def together(standard: Standard, tallies: dict[str, Tally], *, words: bool) -> Tally:
    """All rules that look at words, or all that do not, as one."""
    whole = Tally()
    for rule, tally in tallies.items():
        if by_words(standard, rule) == words:
            whole.add(tally)
    return whole


def _calls(found: Figures, source: str) -> int:
    return found.calls if source == "words" else found.sounding


def speak(trouble: Trouble) -> None:
    """Have the voices speak what has no sound yet, where they are set up."""
    lacking = sum(not _sounds(line) for line in all_lines().values())
    if not lacking:
        return
    if not SPEAKER.exists() or not VOICES.is_dir():
        trouble.lines.append(
            f"{lacking} lines of the scripted calls have no sound, and no voices are set up to speak them: "
            "tools/proof/render.py says how"
        )
        return
    subprocess.run(
        [SPEAKER, "-m", "tools.proof.render", "--voices", VOICES],
        cwd=ROOT,
        env={"PYTHONPATH": "src:."},
        check=True,
    )


def _sounds(line: Spoken) -> bool:
    try:
        sound_of(line)
    except NoSound:
        return False
    return True


def hear(calls: tuple[Call, ...], trouble: Trouble) -> None:
    """Recognise the words of calls that were not heard yet, where there is a recogniser."""
    try:
        hearer = usual_hearer()
    except NoRecogniser as error:
        trouble.lines.append(str(error))
        return
    for call in calls:
        try:
            words_of(call, hearer)
        except NoSound:
            continue
