"""Text as it sounds, for recognisers write what they heard: homophones, and neighbours of the right sound.

Chinese characters become two signs each, for the initial and the final of their syllable in pinyin, without
tones. Sounds that speakers and recognisers confuse are one: z/zh, c/ch, s/sh, n/l, an/ang, en/eng, in/ing.
A character always has its commonest reading, in a phrase as in a transcript, which keeps the two alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from pypinyin.constants import PINYIN_DICT
from pypinyin.contrib.tone_convert import to_normal

_INITIALS: Final = (
    "zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l",
    "g", "k", "h", "j", "q", "x", "r", "z", "c", "s", "y", "w",
)  # fmt: skip
_ONE_INITIAL: Final = {"zh": "z", "ch": "c", "sh": "s", "l": "n"}
_ONE_FINAL: Final = {
    "ang": "an", "eng": "en", "ing": "in", "iang": "ian", "uang": "uan", "ueng": "uen", "v": "u", "ü": "u",
}  # fmt: skip
_DIGITS: Final = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_SHORT_NUMBER: Final = re.compile(r"(?<![0-9])[1-9][0-9]{0,2}(?![0-9])")
_FIRST_SIGN: Final = 0xE000  # Unicode's private use area
_signs: dict[str, str] = {}


class Sound(NamedTuple):
    """A text's signs, and for each the place in the text that it comes from."""

    signs: str
    places: tuple[int, ...]


def is_han(sign: str) -> bool:
    """A Chinese character."""
    return "一" <= sign <= "鿿" or "㐀" <= sign <= "䶿" or sign == "〇"


@lru_cache(maxsize=8_192)
def syllable(sign: str) -> tuple[str, str]:
    """Initial and final of a Chinese character's commonest reading, the confusable ones made one."""
    reading = PINYIN_DICT.get(ord(sign), "").partition(",")[0]
    plain = to_normal(reading) if reading else sign
    initial = next((each for each in _INITIALS if plain.startswith(each)), "")
    final = plain[len(initial) :]
    return _ONE_INITIAL.get(initial, initial), _ONE_FINAL.get(final, final)


@lru_cache(maxsize=8_192)
def signs_of(sign: str) -> str:
    """What one sign of a text contributes: two of a syllable, one of a letter, none of what is silent."""
    sign = _DIGITS.get(sign, sign)
    if is_han(sign):
        initial, final = syllable(sign)
        return _sign(f"{initial}-") + _sign(f"-{final}")
    return sign.lower() if sign.isalpha() else ""


@lru_cache(maxsize=4_096)
def sound_of(text: str) -> Sound:
    """The text as it sounds."""
    signs: list[str] = []
    places: list[int] = []
    for read, place in _read(text):
        for each in signs_of(read):
            signs.append(each)
            places.append(place)
    return Sound("".join(signs), tuple(places))


def _read(text: str) -> Iterator[tuple[str, int]]:
    """Each sign as it is read aloud, with its place: 24 as 二十四, longer numbers digit by digit."""
    at = 0
    for number in _SHORT_NUMBER.finditer(text):
        yield from ((sign, place) for place, sign in enumerate(text[at : number.start()], at))
        spoken = _spoken(int(number.group()))
        last = number.end() - 1
        yield from ((sign, min(number.start() + nth, last)) for nth, sign in enumerate(spoken))
        at = number.end()
    yield from ((sign, place) for place, sign in enumerate(text[at:], at))


def _spoken(number: int) -> str:
    """A number below a thousand in words."""
    digits = "零一二三四五六七八九"
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    said = f"{digits[hundreds]}百" if hundreds else ""
    if tens:
        said += ("" if tens == 1 and not hundreds else digits[tens]) + "十"
    elif hundreds and ones:
        said += "零"
    return said + (digits[ones] if ones or not number else "")


def _sign(sound: str) -> str:
    """A sign of its own for every initial and final."""
    return _signs.setdefault(sound, chr(_FIRST_SIGN + len(_signs)))
