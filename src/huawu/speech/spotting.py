"""Phrases found in what was said, although recognisers mishear: the marks that the rules look at.

How a phrase must be said is its own `how`:
close    it sounds like that: pinyin alike by 80 % and more for five syllables, all alike for three and fewer
         (measured: short phrases found by likeness are mostly false alarms)
exact    these very signs
word     these very signs, and no longer word around them (你, but not 你们)
opening  at the beginning of what was said
whole    all that was said, said once or again (喂, 喂喂)
English phrases are found word by word, likewise alike by 85 %.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from huawu.speech.abuse import abusive
from huawu.speech.chinese import in_chinese, in_common_zh, plain_zh
from huawu.speech.english import English, in_common_en, in_english, plain_en
from huawu.speech.naming import named
from huawu.speech.sounds import is_han, sound_of
from huawu.speech.timing import Timed
from huawu.speech.whose import announced
from huawu.speech.wording import Found, Wording
from huawu.standard import FactLike, Mark, Phrase

KEPT_TEXTS: Final = 4_096
_GAP: Final = re.compile(r"\{[^}]*\}|…+|\.\.\.")


class Spotter:
    """Finds the phrases of the book, and by itself numbers, surnames, addresses, abusive words and
    sentences that announce a quotation."""

    def __init__(self, phrases: Mapping[Any, Phrase]) -> None:
        chinese: list[Wording] = []
        english: list[Wording] = []
        for name, phrase in phrases.items():
            for wordings, texts, plain in ((chinese, phrase.zh, plain_zh), (english, phrase.en, plain_en)):
                for text in texts:
                    pieces = tuple(filter(None, map(plain, _GAP.split(text))))
                    if pieces:
                        wordings.append(
                            Wording(
                                str(name), phrase.how, phrase.negatable, pieces,
                                phrase.own, phrase.now, phrase.least,
                            )
                        )  # fmt: skip
        self._chinese = _Sieve(chinese, [_signs(each.pieces) for each in chinese], in_common_zh)
        self._english = _Sieve(
            english, ["".join(each.pieces).replace(" ", "") for each in english], in_common_en
        )
        self._kept: OrderedDict[str, tuple[Found, ...]] = OrderedDict()

    def spot(self, said: FactLike) -> tuple[Mark, ...]:
        """The marks of one `said` fact, in the order of their beginnings; none of other facts."""
        if said.kind != "said":
            return ()
        text = str(said.fields.get("text", ""))
        found = self.find(text)
        if not found:
            return ()
        timed = Timed.of(said.fields, text, said.at_ms)
        return tuple(
            Mark(
                phrase=each.phrase,
                from_ms=timed.begin_of(each.start),
                to_ms=timed.end_of(each.end - 1),
                score=each.score,
                value=each.value,
            )
            for each in found
        )

    def find(self, text: str) -> tuple[Found, ...]:
        """The same as places in the text."""
        known = self._kept.get(text)
        if known is not None:
            self._kept.move_to_end(text)
            return known
        found = tuple(sorted(self._look(text), key=lambda each: (each.start, each.end, each.phrase)))
        self._kept[text] = found
        if len(self._kept) > KEPT_TEXTS:
            self._kept.popitem(last=False)
        return found

    def _look(self, text: str) -> list[Found]:
        found: list[Found] = []
        if any(is_han(sign) or sign.isdigit() for sign in text):
            signs = sound_of(text).signs
            for wording in self._chinese.may_hold(signs):
                found += in_chinese(wording, text)
        if re.search(r"[A-Za-z]{2}", text):
            spoken = English.of(text)
            for wording in self._english.may_hold(spoken.text.replace(" ", "")):
                found += in_english(wording, spoken)
        found += [Found(*each) for each in named(text)]
        found += [Found("abusive", start, end, 1.0, text[start:end]) for start, end in abusive(text)]
        found += [Found("quoting", start, end, 1.0) for start, end in announced(text)]
        return _best(found)


def _best(found: Iterable[Found]) -> list[Found]:
    """Of a phrase found more than once at the same place the best."""
    best: list[Found] = []
    for each in sorted(found, key=lambda each: (each.phrase, -each.score, each.start)):
        if not any(
            each.phrase == other.phrase and each.start < other.end and other.start < each.end
            for other in best
        ):
            best.append(each)
    return best


class _Sieve:
    """Lets through the wordings that may be in a text: enough of their signs are, in whatever order."""

    def __init__(
        self, wordings: Sequence[Wording], signs: Sequence[str], least_in_common: Callable[[Wording], float]
    ) -> None:
        self._wordings = wordings
        self._columns = {sign: place for place, sign in enumerate(sorted(set("".join(signs))))}
        self._counts = np.zeros((len(wordings), len(self._columns)), np.uint8)
        for row, each in enumerate(signs):
            self._counts[row] = self._count(each)
        self._least = (
            self._counts.sum(axis=1, dtype=np.int64) * [least_in_common(each) for each in wordings] - 0.01
        )

    def may_hold(self, signs: str) -> list[Wording]:
        if not self._wordings:
            return []
        common = np.minimum(self._counts, self._count(signs)).sum(axis=1, dtype=np.int64)
        return [self._wordings[row] for row in np.flatnonzero(common >= self._least).tolist()]

    def _count(self, signs: str) -> npt.NDArray[np.uint8]:
        places = [place for place in map(self._columns.get, signs) if place is not None]
        counted = np.bincount(np.array(places, np.intp), minlength=len(self._columns))
        return np.minimum(counted, 255).astype(np.uint8)


def _signs(pieces: Iterable[str]) -> str:
    return "".join(sound_of(piece).signs for piece in pieces)
