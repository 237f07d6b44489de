"""Phone, identity and card numbers in what was said, hidden from those who need not know them.

A number is seven digits and more, said or written, whatever pauses and fillers lie between, and also across a
party's turns when it is told in pieces. Shorter ones (an order, a staff number) stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from huawu.speech.naming import digits_of

LEAST_DIGITS: Final = 7
HIDDEN: Final = "＊"
TOGETHER_MS: Final = 8_000
"""Turns of one party that follow each other within this may hold one number in pieces."""
AROUND_MS: Final = 80
_ENGLISH: Final = r"\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)\b"
_DIGIT: Final = rf"(?:[0-9零〇一二三四五六七八九幺两]|{_ENGLISH})"
_BETWEEN: Final = (
    r"(?:[\s,，、.。\-—…？?!！]|嗯|呃|啊|哦|那个|然后|接着|后面|中间|最后|再|是|横?杠|空格|"
    r"and\b|then\b|um\b|uh\b|dash\b|hyphen\b|space\b){0,6}"
)
_NUMBER: Final = re.compile(rf"{_DIGIT}(?:{_BETWEEN}{_DIGIT})+{_BETWEEN}[xX]?", re.IGNORECASE)
_APART: Final = "\v"


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What masking looks at of a turn: `words` are [text, from_ms, to_ms, confidence] and make the text."""

    party: str
    from_ms: int
    to_ms: int
    text: str
    words: tuple[tuple[str, int, int, float], ...]
    masked: bool = False


def said_of(party: str, fields: dict[str, Any]) -> Said:
    """From a `said` fact's fields."""
    words = tuple(
        (str(text), int(begin), int(end), float(sure)) for text, begin, end, sure in fields["words"]
    )
    return Said(
        party=party,
        from_ms=int(fields["from_ms"]),
        to_ms=int(fields["to_ms"]),
        text=str(fields["text"]),
        words=words,
    )


def masked(turns: Sequence[Said]) -> list[Said]:
    """The same turns with every digit of private numbers hidden, in the text and in its words."""
    changed = list(turns)
    for place, hidden in _hidden(turns).items():
        turn = turns[place]
        words: list[tuple[str, int, int, float]] = []
        at = 0
        for text, begin, end, sure in turn.words:
            words.append((_cover(text, hidden, at), begin, end, sure))
            at += len(text)
        text = "".join(word[0] for word in words).strip()
        changed[place] = msgspec.structs.replace(turn, text=text, words=tuple(words), masked=True)
    return changed


def hidden(text: str, *, least: int = LEAST_DIGITS) -> str:
    """A text with every number of so many digits and more hidden."""
    return _NUMBER.sub(
        lambda number: (
            _cover(number.group(), set(range(len(number.group()))), 0)
            if len(digits_of(number.group())) >= least
            else number.group()
        ),
        text,
    )


def private_stretches(turns: Sequence[Said]) -> list[tuple[int, int]]:
    """From when to when private numbers are told, joined where they touch."""
    spans: list[tuple[int, int]] = []
    for place, hidden in _hidden(turns).items():
        at = 0
        for text, begin, end, _ in turns[place].words:
            if any(at <= each < at + len(text) for each in hidden):
                spans.append((begin - AROUND_MS, end + AROUND_MS))
            at += len(text)
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def _hidden(turns: Sequence[Said]) -> dict[int, set[int]]:
    """Of each turn that has any: the places in its joined words that are to be hidden."""
    found: dict[int, set[int]] = {}
    for party in dict.fromkeys(turn.party for turn in turns):
        text, origins = _strung(turns, party)
        for number in _NUMBER.finditer(text):
            if len(digits_of(number.group())) < LEAST_DIGITS:
                continue
            for each in range(number.start(), number.end()):
                place, at = origins[each]
                if text[each].isalnum() and place >= 0:
                    found.setdefault(place, set()).add(at)
    return found


def _strung(turns: Sequence[Said], party: str) -> tuple[str, list[tuple[int, int]]]:
    """All that a party said in one text, and where each sign of it comes from."""
    text: list[str] = []
    origins: list[tuple[int, int]] = []
    ended_ms: int | None = None
    for place, turn in enumerate(turns):
        if turn.party != party:
            continue
        if ended_ms is not None:
            text.append(" " if turn.from_ms - ended_ms <= TOGETHER_MS else _APART * 8)
            origins += [(-1, 0)] * len(text[-1])
        ended_ms = turn.to_ms
        whole = "".join(word[0] for word in turn.words)
        text.append(whole)
        origins += [(place, at) for at in range(len(whole))]
    return "".join(text), origins


def _cover(text: str, hidden: set[int], at: int) -> str:
    return "".join(HIDDEN if at + nth in hidden and sign.isalnum() else sign for nth, sign in enumerate(text))
