"""Abusive words, Chinese and English; whose list it is stands in `lists/README.md`."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources


def abusive(text: str) -> list[tuple[int, int]]:
    """Where abusive words stand in a text."""
    return [found.span() for found in _pattern().finditer(text)]


@cache
def _pattern() -> re.Pattern[str]:
    """Longer words first; Latin ones as words of their own."""
    words = {
        line.strip()
        for name in ("abusive-zh.txt", "abusive-en.txt")
        for line in (resources.files("huawu.speech") / "lists" / name).read_text("utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    }
    ordered = sorted(words, key=lambda word: (-len(word), word))
    parts = [
        rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])" if word.isascii() else re.escape(word)
        for word in ordered
    ]
    return re.compile("|".join(parts), re.IGNORECASE)
