"""`huawu inspect`: any recording judged by the service standard, in the terminal or as JSON."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from huawu.cli.overheard import timeline
from huawu.speech.choosing import choose
from huawu.speech.hearing import Hearer, Hearing, notes_of
from huawu.speech.installed import can_hear
from huawu.speech.recogniser import NoRecogniser, SpeechError
from huawu.speech.sound_files import SoundFile
from huawu.speech.spotting import Spotter
from huawu.standard import Score, Standard, Text, Verdict, load_standard

PARTIES: Final = {"caller", "agent"}
_COLOURS: Final = {"breach": "red", "unsure": "yellow", "pass": "green", "not_applicable": "dim"}
_WORDS: Final = {
    "zh": {"breach": "违反", "unsure": "存疑", "pass": "做到", "caller": "客户", "agent": "坐席"},
    "en": {"breach": "breach", "unsure": "unsure", "pass": "kept", "caller": "caller", "agent": "agent"},
}
_NOTES: Final = {
    "cut_off": "The file ends before its header says; what is there was judged.",
    "silent": "There is next to no sound in it.",
    "caller_silent": "The caller's channel is silent.",
    "agent_silent": "The agent's channel is silent.",
    "speakers_guessed": "It has one channel: who speaks is guessed by the voices; the first is the agent.",
}
BEGINS: Final = (
    "The recording is taken to begin when the agent answers. Ringing, queue and who hung up are not in it."
)


def inspect_file(file: Path, *, as_json: bool, channels: str, language: str, model: str, data: Path) -> int:
    """Judge a recording; the exit code: 0 done, 1 it cannot be heard, 2 asked wrongly."""
    console = Console(stderr=True, highlight=False)
    parties = tuple(each.strip() for each in channels.split(","))
    if set(parties) != PARTIES or len(parties) != 2:
        console.print(
            "[red]--channels takes caller,agent or agent,caller: who is left and who is right.[/red]"
        )
        return 2
    if language not in ("", "zh", "en"):
        console.print("[red]--language takes zh or en.[/red]")
        return 2
    try:
        sound = SoundFile.open(file)
        hearing = _heard(sound, parties, language, model, data, console)
    except SpeechError as error:
        console.print(f"[red]{escape(str(error))}[/red]")
        return 1
    for note in notes_of(sound) if hearing is None else hearing.notes:
        console.print(f"[yellow]{_NOTES[note]}[/yellow]")
    standard = load_standard()
    facts = timeline(sound, parties, hearing)
    spotter = Spotter(standard.phrases)
    verdicts = standard.judge(facts, spotter.spot if hearing is not None else None, sound.length_ms + 1)
    verdicts = tuple(sorted(verdicts, key=lambda one: (one.from_ms, one.rule)))
    score = standard.score(verdicts)
    tongue = hearing.language if hearing is not None else "zh"
    if as_json:
        sys.stdout.buffer.write(as_data(sound.length_ms, hearing, verdicts, score, tongue) + b"\n")
    else:
        _show(Console(highlight=False), standard, sound, hearing, verdicts, score, tongue)
    return 0


def as_data(
    length_ms: int, hearing: Hearing | None, verdicts: Sequence[Verdict], score: Score, language: str
) -> bytes:
    """The result as JSON; `expected` and `found` in the call's language."""
    turns = [] if hearing is None else hearing.turns
    told: dict[str, Any] = {
        "duration_ms": length_ms,
        "turns": [
            {"party": turn.party, "from_ms": turn.from_ms, "to_ms": turn.to_ms, "text": turn.text}
            for turn in turns
        ],
        "findings": [
            {
                "rule": one.rule,
                "version": one.version,
                "verdict": one.verdict,
                "from_ms": one.from_ms,
                "to_ms": one.to_ms,
                "expected": _in(one.expected, language),
                "found": _in(one.found, language),
                "confidence": one.confidence,
            }
            for one in verdicts
        ],
        "score": score.total,
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2)


def _heard(
    sound: SoundFile, parties: Sequence[str], language: str, model: str, data: Path, console: Console
) -> Hearing | None:
    """What was said; None, told plainly, where nothing here can hear. A model that was named must work."""
    why_deaf = can_hear(model)
    if why_deaf:
        console.print(f"[yellow]Words are not judged, only timing and voice.[/yellow] {escape(why_deaf)}")
        return None
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(), console=console, transient=True,
    )  # fmt: skip
    with bar:
        task = bar.add_task("hearing", total=1.0)
        try:
            hearer = Hearer(choose(model, data.absolute()))
        except NoRecogniser as error:
            if model:
                raise
            console.print(
                f"[yellow]Words are not judged, only timing and voice.[/yellow] {escape(str(error))}"
            )
            return None
        return hearer.hear(
            sound,
            parties=parties,
            language=language,
            progress=lambda share: bar.update(task, completed=share),
        )


def _show(
    console: Console,
    standard: Standard,
    sound: SoundFile,
    hearing: Hearing | None,
    verdicts: Sequence[Verdict],
    score: Score,
    language: str,
) -> None:
    words = _WORDS[language]
    console.print(f"[dim]{BEGINS}[/dim]")
    if hearing is not None:
        table = Table(box=None, show_header=False, pad_edge=False)
        for turn in hearing.turns:
            colour = "cyan" if turn.party == "agent" else "magenta"
            who = f"[{colour}]{words.get(turn.party, turn.party)}[/{colour}]"
            table.add_row(f"[dim]{_clock(turn.from_ms)}[/dim]", who, escape(turn.text))
        console.print(table)
    console.print()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "", "rule", "expected", "found"):
        table.add_column(title)
    spoken = [one for one in verdicts if one.verdict != "not_applicable"]
    for one in spoken:
        colour = _COLOURS[one.verdict]
        table.add_row(
            f"[dim]{_clock(one.from_ms)}[/dim]",
            f"[{colour}]{words[one.verdict]}[/{colour}]",
            f"{escape(_in(standard.rules[one.rule].title, language))} [dim]{one.rule}[/dim]",
            escape(_in(one.expected, language)),
            escape(_in(one.found, language)),
        )
    console.print(table)
    rest = len(verdicts) - len(spoken)
    if rest:
        console.print(f"[dim]{rest} rules had no occasion in this recording.[/dim]")
    total = "–" if score.total is None else f"{score.total:g}"
    failed = " [red](a fatal rule was broken)[/red]" if score.fatal else ""
    console.print(
        f"\n[bold]Score {total}[/bold] of 100{failed} "
        f"[dim]{_clock(sound.length_ms)}, standard {standard.version}[/dim]"
    )


def _in(text: Text, language: str) -> str:
    return (text.en or text.zh) if language == "en" else (text.zh or text.en)


def _clock(ms: int) -> str:
    return f"{ms // 60_000}:{ms // 1000 % 60:02}.{ms % 1000 // 100}"
