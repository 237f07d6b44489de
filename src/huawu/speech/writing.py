"""Words as one reads them: Simplified, with punctuation, numbers in digits.

The words of a sentence, joined, are its text: whatever is added or changed belongs to a word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

from huawu.speech.recogniser import Word
from huawu.speech.sounds import is_han

COMMA_MS: Final = 350
"""A pause of this length within a sentence is a comma, where the recogniser wrote none."""
_DIGITS: Final = str.maketrans("零〇一二三四五六七八九幺", "001234567891")
_IN_DIGITS: Final = re.compile(r"[零〇一二三四五六七八九幺]{4,}(?![十百千万亿点成分])")
_SHORT_NUMBER: Final = re.compile(r"(?<=[号单牌码])[零〇一二三四五六七八九幺]{2,3}(?![十百千万亿点])")
_WIDE: Final = str.maketrans(",?!:;", "，？！：；")
_ASKS: Final = re.compile(
    r"(吗|呢|么|没有|几点|多少|哪里|哪儿|谁|怎么样|好不好|对不对|是不是|行不行)$|请问[^，。]*什么"
)
_ASKS_EN: Final = re.compile(
    r"^(so |and |okay |well )?(what|who|where|when|why|how|is|are|do|does|did|can|could|may|would|will)\b",
    re.IGNORECASE,
)
_BROKEN: Final = "�"
"""A sign of which a recogniser wrote half the octets."""
_MARKS: Final = "，。？！：；、,.?!:;"


def written(words: Sequence[Word]) -> list[Word]:
    """The words as they are to be read; those that hold nothing are left out."""
    whole = (replace(word, text=word.text.replace(_BROKEN, "")) for word in words)
    kept = [word for word in whole if word.text.strip()]
    if not kept:
        return []
    texts = _same_lengths([word.text for word in kept])
    chinese = any(map(is_han, "".join(texts)))
    if chinese:
        texts = [_wide(text) for text in _without_gaps(texts)]
    texts = _with_marks(kept, texts, chinese)
    return [replace(word, text=text) for word, text in zip(kept, texts, strict=True) if text]


def text_of(words: Sequence[Word]) -> str:
    """What the words say together."""
    return "".join(word.text for word in words).strip()


def simplified(text: str) -> str:
    """In Simplified characters; as it is where opencc is not installed."""
    converter = _converter()
    return str(converter.convert(text)) if converter is not None else text


@cache
def _converter() -> Any:
    try:
        from opencc import OpenCC
    except ImportError:
        return None
    return OpenCC("t2s")


def _same_lengths(texts: Sequence[str]) -> list[str]:
    """Simplified and with digits: each sign becomes one sign, so the words keep their limits."""
    whole = "".join(texts)
    plain = simplified(whole)
    if len(plain) != len(whole):
        plain = "".join(each if len(each := simplified(sign)) == 1 else sign for sign in whole)
    for pattern in (_IN_DIGITS, _SHORT_NUMBER):
        plain = pattern.sub(lambda found: found.group().translate(_DIGITS), plain)
    parts, at = [], 0
    for text in texts:
        parts.append(plain[at : at + len(text)])
        at += len(text)
    return parts


def _without_gaps(texts: Sequence[str]) -> list[str]:
    """Chinese has no spaces, but beside Latin words."""
    parts: list[str] = []
    for nth, text in enumerate(texts):
        before = parts[-1][-1:] if parts else ""
        bare = text.strip()
        apart = nth and text[:1] == " " and before.isascii() and before.isalnum() and bare[:1].isascii()
        parts.append((" " if apart else "") + bare)
    return parts


def _wide(text: str) -> str:
    """Chinese punctuation is wide; a full stop between digits is none."""
    return re.sub(r"(?<![A-Za-z0-9])\.|\.$", "。", text.translate(_WIDE)) if not text.isdigit() else text


def _with_marks(words: Sequence[Word], texts: Sequence[str], chinese: bool) -> list[str]:
    marked = list(texts)
    comma, stop, ask = ("，", "。", "？") if chinese else (",", ".", "?")
    if not any(text[-1:] in _MARKS for text in marked[:-1]):
        for nth in range(len(marked) - 1):
            if words[nth + 1].from_ms - words[nth].to_ms >= COMMA_MS and marked[nth][-1:] not in _MARKS:
                marked[nth] += comma
    last = marked[-1].rstrip()
    if last[-1:] in ("，", ",", "、"):
        last = last[:-1]
    if last[-1:] not in _MARKS:
        asked = (
            _ASKS.search("".join(marked[:-1]) + last) if chinese else _ASKS_EN.match("".join(marked).strip())
        )
        last += ask if asked else stop
    marked[-1] = last
    return marked
