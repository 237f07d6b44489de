"""How well the standard judges the scripted calls, from perfect words and from sound: writes the figures.

PYTHONPATH=src:. nice python -m tools.proof.report [--write]       # what is not heard yet is left out
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rapidfuzz.distance import Levenshtein
from tools.proof.hearing import Heard, from_sound, words_of
from tools.proof.judging import Tally, compared
from tools.proof.script import Call, load_all
from tools.proof.shelf import NoSound
from tools.proof.timeline import Fact, judged_at_ms, perfect

from huawu.speech.spotting import Spotter
from huawu.standard import Standard, Verdict, load_standard

PAGE: Final = Path(__file__).parents[2] / "docs" / "quality-figures.md"
LEAST_PRECISION: Final = 0.95
SWITCHED: Final = "## Through the switch"
"""The page's last section; `switched.py` writes it."""


@dataclass(slots=True)
class Figures:
    """Tallies by rule, from words and from sound, and of which calls."""

    words: dict[str, Tally] = field(default_factory=dict)
    sound: dict[str, Tally] = field(default_factory=dict)
    calls: int = 0
    sounding: int = 0
    heard: int = 0
    heard_ms: int = 0
    heard_cpu_ms: int = 0
    by: str = ""
    signs: dict[str, list[int]] = field(default_factory=dict)
    """By language: signs said, and how many of them were made out wrongly."""
    unheard: list[str] = field(default_factory=list)


def figures(standard: Standard, calls: Iterable[Call]) -> Figures:
    """Judge every call twice and hold it against its labels."""
    spotter = Spotter(standard.phrases)
    found = Figures()
    for call in calls:
        found.calls += 1
        _add(found.words, compared(call, judged(standard, spotter, call, perfect(call))))
        try:
            heard = words_of(call)
            facts = from_sound(call, heard)
        except NoSound:
            found.unheard.append(call.id)
            continue
        found.sounding += 1
        tallies = compared(call, judged(standard, spotter, call, facts), heard=heard.said if heard else ())
        if heard is None:
            found.unheard.append(call.id)
            tallies = {rule: tally for rule, tally in tallies.items() if not by_words(standard, rule)}
        else:
            _note(found, call, heard)
        _add(found.sound, tallies)
    return found


def judged(standard: Standard, spotter: Spotter, call: Call, facts: tuple[Fact, ...]) -> tuple[Verdict, ...]:
    """All verdicts when the script is over."""
    return standard.judge(facts, spotter.spot, judged_at_ms(call))


def by_words(standard: Standard, rule: str) -> bool:
    """Whether a rule looks at what is said."""
    return rule in standard.rules and "P" in standard.rules[rule].looks_at


def _add(into: dict[str, Tally], tallies: dict[str, Tally]) -> None:
    for rule, tally in tallies.items():
        into.setdefault(rule, Tally()).add(tally)


def _note(found: Figures, call: Call, heard: Heard) -> None:
    found.heard += 1
    found.by = heard.by
    found.heard_ms += heard.duration_ms
    found.heard_cpu_ms += heard.took_cpu_ms
    signs = found.signs.setdefault(call.language, [0, 0])
    for side in ("caller", "agent"):
        said = _plain("".join(getattr(one, side) for one in call.happens))
        made_out = _plain("".join(fields["text"] for party, fields in heard.said if party == side))
        signs[0] += len(said)
        signs[1] += Levenshtein.distance(said, made_out)


def _plain(text: str) -> str:
    return "".join(sign for sign in text.lower() if sign.isalnum())


# ── The page ──────────────────────────────────────────────────────────────────────────────────────


_HEAD: Final = """\
# How well the standard is judged

Written by `python -m tools.proof.report --write` on {date}; the standard is {version}.

The scripted calls of `tools/proof` say what must be found in them: good calls and bad ones, Mandarin and
English, labelled by hand. Each is judged twice: with every word as it stands in the script, and from sound
alone: telephone audio with noise and crosstalk, the switch's talk detection, the recogniser's words. What
happened on the line and in the wrap-up form is given, as it is in a centre. At the end stands what the same
calls came to through a real switch, live and afterwards (`python -m tools.proof.switched --write`).

*Precision*: of all breaches that were told, how many are labelled. *Recall*: of all labelled breaches, how
many were told. *Kept*: of the places labelled as kept, how many were told to be. A dash: nothing of the kind.

"""


WHY: Final = {
    "open.surname": "a surname is one short syllable, and is written as another word that sounds alike",
    "open.taboo": "您 at the end of an utterance is often written 你: the recogniser cannot tell them apart",
    "unclear.voice": "on a noisy line the very sentences of the procedure are misheard",
    "ban.hangup": "a hang-up is excused by the procedure's sentences, and those were misheard",
    "close.caller-first": "as ban.hangup",
    "close.more": "a call that ends by a procedure is excused by its sentences, and those were misheard",
    "close.farewell": "as close.more",
    "apology.accept": "a short apology ran into a filler word",
}
"""Known reasons, by rule; told where the sound leads astray."""


def page(standard: Standard, found: Figures) -> str:
    """The figures as Markdown."""
    lines = [
        *_HEAD.format(date=time.strftime("%Y-%m-%d"), version=standard.version).splitlines(),
        *_summary(standard, found),
        "",
        "| rule | looks at | breaches | kept | words: precision | recall | kept "
        "| sound: precision | recall | kept |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    none = Tally()
    for rule in standard.book.rules:
        words, sound = found.words.get(rule.id), found.sound.get(rule.id)
        if words is None and sound is None:
            continue
        words, sound = words or none, sound or none
        labelled = f"{words.found + len(words.missed)} | {words.kept + len(words.kept_missed)}"
        lines.append(f"| {rule.id} | {rule.looks_at} | {labelled} | {cells(words)} | {cells(sound)} |")
    lines += _told("Where words are perfect and the standard still errs", found.words)
    lines += _told("Where the sound leads astray, and what was heard there", found.sound)
    astray = [rule for rule, tally in found.sound.items() if tally.missed or tally.false or tally.kept_missed]
    lines += ["", *(f"- Why {rule}: {WHY[rule]}." for rule in sorted(astray) if rule in WHY)]
    if found.unheard:
        lines += ["", f"Not heard yet, so not among the figures from sound: {', '.join(found.unheard)}."]
    return "\n".join(lines) + "\n"


def _summary(standard: Standard, found: Figures) -> list[str]:
    lines = [f"- Calls: {found.calls}; with sound {found.sounding}; words recognised in {found.heard}."]
    for name, wanted in (("T, V and W", False), ("P", True)):
        for source, tallies in (("words", found.words), ("sound", found.sound)):
            whole = Tally()
            for rule, tally in tallies.items():
                if by_words(standard, rule) == wanted:
                    whole.add(tally)
            if whole.true or whole.missed or whole.false:
                lines.append(
                    f"- Rules that look at {name}, from {source}: precision {share(whole.precision)} of "
                    f"{whole.true + len(whole.false)} told, recall {share(whole.recall)} of "
                    f"{whole.found + len(whole.missed)} labelled."
                )
    for language, (said, wrong) in sorted(found.signs.items()):
        name = {"zh": "Mandarin", "en": "English"}[language]
        lines.append(
            f"- {name}: {100 * wrong / max(said, 1):.1f} % of {said} signs made out wrongly ({found.by})."
        )
    if found.heard_ms:
        factor = found.heard_cpu_ms / found.heard_ms
        lines.append(f"- Recognition took {factor:.2f} CPU-seconds for a second of two-channel sound.")
    return lines


def cells(tally: Tally) -> str:
    """Precision, recall and share of the kept, as three cells of a table."""
    kept = tally.kept + len(tally.kept_missed)
    kept_share = tally.kept / kept if kept else None
    return f"{share(tally.precision)} | {share(tally.recall)} | {share(kept_share)}"


def share(value: float | None) -> str:
    """In whole per cent; a dash where there is nothing of the kind."""
    return "–" if value is None else f"{100 * value:.0f} %"


def _told(title: str, tallies: dict[str, Tally]) -> list[str]:
    lines = ["", f"## {title}", ""]
    for rule, tally in sorted(tallies.items()):
        lines += [f"- {rule}, missed: {one}" for one in tally.missed]
        lines += [f"- {rule}, false alarm: {one}" for one in tally.false]
        lines += [f"- {rule}, not seen to be kept: {one}" for one in tally.kept_missed]
    return lines if len(lines) > 3 else [*lines, "Nowhere."]


def section_of(page: str) -> str:
    """The page's last section, which is of calls through a switch; empty if there is none."""
    _, title, text = page.partition(SWITCHED)
    return title + text


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    standard = load_standard()
    text = page(standard, figures(standard, load_all()))
    if options.write:
        through = section_of(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else ""
        PAGE.write_text(f"{text}\n{through}" if through else text, encoding="utf-8")
    else:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
