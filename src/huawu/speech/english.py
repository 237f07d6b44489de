"""Phrases in English text, word by word."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from rapidfuzz import fuzz

from huawu.speech.whose import anothers_en
from huawu.speech.wording import Found, Span, Wording

ALIKE_ENGLISH: Final = 85.0
ALIKE_FEW_WORDS: Final = 90.0
"""Of English phrases of four words and fewer."""
_NEGATION_EN: Final = re.compile(
    r"\b(not|never|no|cannot|didn t|don t|doesn t|wasn t|isn t|wouldn t|won t)"
    r"( \w+){0,3} ?$"
)
_TURNING: Final = re.compile(r"\b(not|never|no)\b")
_ANOTHER_TIME: Final = re.compile(
    r".*\b(yesterday|last (night|week|month|year)|the other day|the news|a (film|movie|novel)|in case|if)\b"
    r"( \w+){0,8} ?$"
    r"|( \w+){0,6} (yesterday|last (week|month|year)|the other day)\b"
)
_MINE: Final = re.compile(r"\b(my|our)\b")
_YOURS: Final = re.compile(r"\byour\b")
_FILLERS: Final = re.compile(r"\b(oh|um|uh|well|so)\b")
_WORDS_EN: Final = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_SHORT_FORMS: Final = (
    ("can't", "cannot"), ("won't", "will not"), ("n't", " not"), ("'re", " are"), ("'ll", " will"),
    ("'ve", " have"), ("i'm", "i am"), ("it's", "it is"), ("that's", "that is"), ("what's", "what is"),
    ("let's", "let us"), ("there's", "there is"), ("here's", "here is"), ("how's", "how is"),
)  # fmt: skip


def plain_en(text: str) -> str:
    """Small letters, short forms at length, nothing but words."""
    return English.of(text).text


class English(NamedTuple):
    """An English text in plain words, and for each of its signs the place in the text."""

    text: str
    places: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> English:
        signs: list[str] = []
        places: list[int] = []
        for word in _WORDS_EN.finditer(text.lower().replace("’", "'")):
            plain = word.group()
            for short, long in _SHORT_FORMS:
                plain = plain.replace(short, long) if plain.endswith(short) else plain
            plain = plain.replace("'", " ")
            if signs:
                signs.append(" ")
                places.append(word.start())
            for nth, sign in enumerate(plain):
                signs.append(sign)
                places.append(min(word.start() + nth, word.end() - 1))
        return cls("".join(signs), tuple(places))


def in_english(wording: Wording, spoken: English) -> list[Found]:
    spans: list[Span] = []
    at, scores, first = 0, [], -1
    for piece in wording.pieces:
        span = _words_alike(piece, spoken.text, at, wording)
        if span is None:
            return []
        first = span[0] if first < 0 else first
        scores.append(span[2])
        at = span[1]
    if wording.how == "opening" and re.search(
        r"[a-z]", re.sub(r"\b(oh|um|uh|well|so)\b", "", spoken.text[:first])
    ):
        return []
    if (
        wording.how == "whole"
        and re.sub(r"\b(oh|um|uh|well)\b", "", spoken.text).strip() != wording.pieces[0]
    ):
        return []
    before = spoken.text[:first]
    if wording.now and (_ANOTHER_TIME.search(before) or _ANOTHER_TIME.match(spoken.text[at:])):
        return []
    if wording.negatable and _NEGATION_EN.search(before):
        return []
    if (wording.negatable or wording.own) and anothers_en(before):
        return []
    spans.append((first, at, min(scores)))
    return [
        Found(wording.phrase, spoken.places[start], spoken.places[end - 1] + 1, score)
        for start, end, score in spans
    ]


def in_common_en(wording: Wording) -> float:
    """So much of its letters must be in a text; see `in_common_zh`."""
    if wording.how in ("exact", "word", "whole"):
        return 1.0
    alike = wording.least or ALIKE_ENGLISH / 100
    return alike / (2 - alike)


def _words_alike(piece: str, text: str, at: int, wording: Wording) -> Span | None:
    """Where these words are said: whole words, alike enough."""
    literal = re.search(rf"(?<![a-z0-9]){re.escape(piece)}(?![a-z0-9])", text[at:])
    if literal:
        return at + literal.start(), at + literal.end(), 1.0
    if wording.how not in ("close", "opening"):
        return None
    count = piece.count(" ") + 1
    if count < 3 and len(piece) < 9:
        return None  # a short word that is merely alike is another word
    words = [(one.start() + at, one.end() + at) for one in re.finditer(r"\S+", text[at:])]
    least = wording.least * 100 or (ALIKE_ENGLISH if count > 4 else ALIKE_FEW_WORDS)
    best: Span | None = None
    for first in range(len(words)):
        for size in (count - 1, count, count + 1):
            if not size or first + size > len(words):
                continue
            start, end = words[first][0], words[first + size - 1][1]
            if _turned(piece, text[start:end]):
                continue
            score = fuzz.ratio(piece, text[start:end], score_cutoff=least)
            if score and (best is None or score / 100 > best[2]):
                best = (start, end, score / 100)
    return best


def _turned(piece: str, text: str) -> bool:
    """Whether one of them denies what the other says, or says it of another, alike as they read."""
    if len(_TURNING.findall(piece)) != len(_TURNING.findall(text)):
        return True
    mine, yours = (
        (bool(_MINE.search(each)) for each in (piece, text)),
        (bool(_YOURS.search(each)) for each in (piece, text)),
    )
    return (*mine, *yours) in ((True, False, False, True), (False, True, True, False))
