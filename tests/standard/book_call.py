"""Calls told in lines for tests of the shipped book: who says what, from when to when, in seconds.

Each line is speech and words; phrases are found in it by the spotter, as in a real call. A call begins at 0,
rings at 1 s, is answered at 4 s.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from huawu.speech.spotting import Spotter
from huawu.standard import Happened, Standard, Verdict, load_standard
from tests.standard.script import at, ended, fact, heard, opened, talk

Line = tuple[Happened, ...]


@cache
def book() -> Standard:
    return load_standard()


@cache
def spotter() -> Spotter:
    return Spotter(book().phrases)


def line(party: str, begins: float, ends: float, text: str) -> Line:
    """A party speaks these words from–to."""
    words = fact(ends, "said", party, from_ms=at(begins), to_ms=at(ends), text=text, confidence=0.9)
    return (talk(party, begins, ends), words)


def agent(begins: float, ends: float, text: str) -> Line:
    return line("agent", begins, ends, text)


def caller(begins: float, ends: float, text: str) -> Line:
    return line("caller", begins, ends, text)


def held(begins: float, ends: float, party: str = "agent", **whom: str) -> Line:
    return (fact(begins, "held", party, **whom), fact(ends, "resumed", party, **whom))


HELLO = agent(4.5, 8, "您好，这里是云程出行，工号8016，请问有什么可以帮您？")
HOW_MUCH = caller(8.5, 11, "请问从东门到机场要多少钱？")
MORE = agent(40, 42, "请问还有什么可以帮您？")
NO_MORE = caller(42.5, 43.5, "没有了，谢谢。")
FAREWELL = agent(44, 47, "不客气，感谢您的来电，祝您生活愉快，再见。")


def verdicts(
    *lines: Line | Happened, end: float = 60, by: str = "caller", wordless: bool = False, until: float = 0
) -> tuple[Verdict, ...]:
    """What the book says of the call. `wordless`: nothing was recognised; `until`: work goes on."""
    facts = [*opened(), *_flat(lines), ended(end, by)]
    if wordless:
        facts = [each for each in facts if each.kind != "said"]
    else:
        facts += [heard("agent"), heard("caller")]
    facts.sort(key=lambda each: each.at_ms)
    return book().judge(facts, spotter().spot, now_ms=at(until) if until else None)


def judged(
    rule: str,
    *lines: Line | Happened,
    end: float = 60,
    by: str = "caller",
    wordless: bool = False,
    until: float = 0,
) -> dict[str, str]:
    """Of each check of a rule its worst outcome (breach, unsure, pass); without `not_applicable`."""
    found: dict[str, str] = {}
    order = ("pass", "unsure", "breach")
    for verdict in verdicts(*lines, end=end, by=by, wordless=wordless, until=until):
        if verdict.rule == rule and verdict.verdict != "not_applicable":
            before = found.get(verdict.check, "pass")
            found[verdict.check] = max(before, verdict.verdict, key=order.index)
    return found


def _flat(lines: Iterable[Line | Happened]) -> list[Happened]:
    facts: list[Happened] = []
    for each in lines:
        facts += [each] if isinstance(each, Happened) else each
    return facts
