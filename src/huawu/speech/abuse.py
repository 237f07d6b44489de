"""Abusive words, Chinese and English; whose list it is stands in `lists/README.md`.

A word counts where it is one: not within a longer word (废物利用), not where signs that stand for a sound are
a number or a letter (炸鸡8折), not where it says whose something is (他妈的手机号), not where another's
words or a name are told.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Final

from huawu.speech.chinese import own_word
from huawu.speech.english import English
from huawu.speech.sounds import is_han
from huawu.speech.whose import anothers_en, anothers_zh, read_back_zh

_COUNTED: Final = re.compile(r"[八8Bb][0-9零一二三四五六七八九十百千点折元块只个份斤号年月超站座型区楼栋]")
_OWNED: Final = re.compile(
    r"[他她]妈的[^,。!?;，。！？；]{0,2}(手机|电话|号码|名字|姓名|身份证|地址|账户|帐户|账号|订单|医保|社保|行李|生日|病历|银行卡|车票)"
)


def abusive(text: str) -> list[tuple[int, int]]:
    """Where abusive words stand in a text."""
    return [found.span() for found in _pattern().finditer(text) if _meant(text, *found.span())]


def _meant(text: str, start: int, end: int) -> bool:
    if not is_han(text[start]):
        return not anothers_en(English.of(text[:start]).text)
    if _COUNTED.match(text, end - 1) or _OWNED.match(text, start):
        return False
    ordinary = any(at.start() < end and start < at.end() for at in _ordinary().finditer(text))
    anothers = anothers_zh(text[:start]) or read_back_zh(text[:start], text[end:])
    return not ordinary and own_word(text, start, end) and not anothers


@cache
def _pattern() -> re.Pattern[str]:
    """Longer words first; Latin ones as words of their own."""
    words = {*_listed("abusive-zh.txt"), *_listed("abusive-en.txt")}
    parts = [
        rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])" if word.isascii() else re.escape(word)
        for word in sorted(words, key=lambda word: (-len(word), word))
    ]
    return re.compile("|".join(parts), re.IGNORECASE)


@cache
def _ordinary() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, _listed("ordinary-zh.txt"))))


def _listed(name: str) -> list[str]:
    lines = (resources.files("huawu.speech") / "lists" / name).read_text("utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
