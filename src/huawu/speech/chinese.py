"""Phrases in Chinese text, by their signs or by their sound."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from pypinyin.seg.mmseg import seg
from rapidfuzz import fuzz

from huawu.speech.sounds import is_han, sound_of, syllable
from huawu.speech.whose import anothers_zh, read_back_zh
from huawu.speech.wording import Found, Span, Wording

ALIKE: Final = 80.0
"""Of a hundred, for five syllables and more."""
ALIKE_OF_FOUR: Final = 87.0
"""Seven of the eight signs of four syllables."""
_FILLERS: Final = "嗯啊呃哦噢唉诶那"
_NEGATION: Final = re.compile(
    r"(不是(说|讲|要|指)?|并不是|并非|不是在|没有?(说|讲)(过)?|不会(说|讲)?|不能(说|讲)|不(敢|要|可以)(说|讲)?|"
    r"别(说|讲)?|怎么(会|能)(说|讲)?|绝不|从不|哪(里|能|会)(说|讲)?)[^,。!?;，。！？；]{0,4}$"
    r"|没有?$"
    r"|(气|累|烦|热|饿|急|笑|忙|困|馋|堵|卡|冷)得[^,。!?;，。！？；]{0,6}$"  # so much, as one says
)
_ANOTHER_TIME: Final = re.compile(
    r"(昨|前天|上周|上个?月|上次|上回|去年|前几天|前两天|前些天|前阵子|以前|曾经|那次|那天|新闻|电视|电影|视频|小说|游戏|万一|如果|要是|假如|防)"
    r"[^,。!?;，。！？；]{0,16}$"
)
_DESCRIBES: Final = re.compile("的(?!时候|吗|呀|啊|[,。!?;，。！？；]|$)|怎么赔")
"""着火了的那家店, 着火了怎么赔: what or whom it was about, what would be, not that it is."""
_GAP: Final = re.compile(r"[^。!?！？]{0,16}")
"""What may stand between the pieces of a phrase: a name, a thing, a few words, but no end of a sentence."""
_TURNING: Final = frozenset({"bu", "mei", "bie"})
"""Syllables that turn the sense: likeness must not bridge them."""


def plain_zh(text: str) -> str:
    """Without what is not said: punctuation and spaces."""
    return "".join(sign for sign in text if sign.isalnum())


def in_chinese(wording: Wording, text: str) -> list[Found]:
    match wording.how:
        case "whole":
            spans = _whole(wording.pieces[0], text)
        case "opening":
            spans = _opening(wording, text)
        case "exact":
            spans = _literally(wording.pieces[0], text)
        case "word":
            spans = [each for each in _literally(wording.pieces[0], text) if own_word(text, *each[:2])]
        case _:
            spans = _closely(wording, text)
    return [
        Found(wording.phrase, start, end, score)
        for start, end, score in spans
        if not (wording.negatable and _NEGATION.search(text[:start]))
        and not (wording.now and (_ANOTHER_TIME.search(text[:start]) or _DESCRIBES.match(text[end:])))
        and not ((wording.negatable or wording.own) and _anothers(wording, text, start, end))
    ]


def _literally(piece: str, text: str) -> list[Span]:
    """Where these very signs stand, whatever punctuation is between them."""
    plain, places = _plain(text)
    if piece not in plain:
        return []
    return [
        (places[at.start()], places[at.start() + len(piece) - 1] + 1, 1.0)
        for at in re.finditer(re.escape(piece), plain)
        if _of_one_clause(text[places[at.start()] : places[at.start() + len(piece) - 1]])
    ]


@lru_cache(maxsize=64)
def _plain(text: str) -> tuple[str, tuple[int, ...]]:
    places = tuple(place for place, sign in enumerate(text) if sign.isalnum())
    return "".join(text[place] for place in places), places


def _of_one_clause(text: str) -> bool:
    return not re.search(r"[。!?;！？；]", text)


def _whole(piece: str, text: str) -> list[Span]:
    """All that was said is this, once or again, but for fillers; of one or two syllables by sound too."""
    spoken, _ = _plain(text)
    if bare := piece.strip(_FILLERS):
        spoken, piece = spoken.strip(_FILLERS), bare
    if not spoken or len(spoken) % len(piece):
        return []
    times = len(spoken) // len(piece)
    if spoken == piece * times:
        return [(0, len(text), 1.0)]
    if sound_of(spoken).signs == sound_of(piece * times).signs:
        return [(0, len(text), 0.9)]
    return []


def _opening(wording: Wording, text: str) -> list[Span]:
    """It begins so, after fillers at most."""
    pieces = wording.pieces
    if len(pieces) == 1 and len(pieces[0]) <= 2:
        spans = [each for each in _literally(pieces[0], text) if own_word(text, *each[:2])]
    else:
        spans = _closely(wording, text)
    return [each for each in spans if not plain_zh(text[: each[0]]).strip(_FILLERS)]


def own_word(text: str, start: int, end: int) -> bool:
    """Whether no longer word of the dictionary crosses the ends."""
    around = text[max(0, start - 6) : end + 6]
    begin, finish = start - max(0, start - 6), end - max(0, start - 6)
    at = 0
    for word in _words(around):
        ends = at + len(word)
        if at < begin < ends or at < finish < ends:
            return False
        at = ends
    return True


@lru_cache(maxsize=2_048)
def _words(text: str) -> tuple[str, ...]:
    return tuple(seg.cut(text))


def _closely(wording: Wording, text: str) -> list[Span]:
    """Where the pieces sound, one after the other, the first time that they do."""
    piece = wording.pieces[0]
    begins = [each.start() for each in re.finditer(piece, text)] if _is_one_sign(piece) else [0]
    return next((found for at in begins if (found := _closely_from(wording, text, at))), [])


def _closely_from(wording: Wording, text: str, at: int) -> list[Span]:
    first: int | None = None
    scores = []
    for piece in wording.pieces:
        span = _sounding(piece, text[at:], wording.least)
        if span is None or (first is not None and not _GAP.fullmatch(text[at : at + span[0]])):
            return []
        first = at + span[0] if first is None else first
        scores.append(span[2])
        at += span[1]
    assert first is not None
    return [(first, at, min(scores))]


def _sounding(piece: str, text: str, wanted_least: float) -> Span | None:
    """Where the piece sounds most alike, alike enough for its length; one sign alone is that very sign."""
    if _is_one_sign(piece):
        at = text.find(piece)
        return (at, at + 1, 1.0) if at >= 0 else None
    wanted, heard = sound_of(piece), sound_of(text)
    least = wanted_least * 100 or _usual(piece)
    if len(heard.signs) <= len(wanted.signs):
        score = fuzz.ratio(wanted.signs, heard.signs, score_cutoff=least)
        return (0, len(text), score / 100) if score and not _turned(piece, text) else None
    found = fuzz.partial_ratio_alignment(wanted.signs, heard.signs, score_cutoff=least)
    if found is None:
        return None
    start, end = found.dest_start, min(found.dest_end, len(heard.places))
    if end - start < len(wanted.signs) * 0.7:
        return None  # the text broke off amid it
    if least == 100.0 and (
        _amid(heard.places, start) or (end < len(heard.places) and _amid(heard.places, end))
    ):
        return None  # half a syllable is no likeness
    span = heard.places[start], heard.places[end - 1] + 1, found.score / 100
    return None if _turned(piece, text[span[0] : span[1]]) else span


def _is_one_sign(piece: str) -> bool:
    return len(piece) == 1 and is_han(piece)


def _turned(piece: str, text: str) -> bool:
    """Whether one of them denies what the other says, alike as they sound."""
    return sum(_turns(sign) for sign in piece) != sum(_turns(sign) for sign in text)


def _turns(sign: str) -> bool:
    return is_han(sign) and "".join(syllable(sign)) in _TURNING


def in_common_zh(wording: Wording) -> float:
    """So much of the wording's signs must be in a text, in whatever order, or it cannot be there.

    Of two texts alike by r (twice what they share ÷ both lengths), the shorter may be no longer than what is
    shared; so it is r ÷ (2 - r) of the longer.
    """
    if wording.how in ("exact", "word"):
        return 1.0
    if wording.how == "whole":
        return 0.5  # fillers around it may be missing
    alike = wording.least or min(_usual(piece) for piece in wording.pieces) / 100
    return alike / (2 - alike)


def _usual(piece: str) -> float:
    """How alike a piece of this length must sound."""
    return ALIKE if len(piece) >= 5 else ALIKE_OF_FOUR if len(piece) == 4 else 100.0


def _amid(places: Sequence[int], at: int) -> bool:
    return 0 < at < len(places) and places[at] == places[at - 1]


def _anothers(wording: Wording, text: str, start: int, end: int) -> bool:
    """Likeness may take in the last syllable before the phrase, such as the 说 that tells whose it is.

    The phrase's own first syllable tells nothing: the 骂 of 司机骂我 is what the caller complains of.
    """
    blurred = wording.how in ("close", "opening") and text[start] != wording.pieces[0][0]
    if anothers_zh(text[:start]) or read_back_zh(text[:start], text[end:]):
        return True
    return blurred and anothers_zh(text[: start + 1])
