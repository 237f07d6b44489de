"""What is wrong with a configuration, as a stable code with values and in Chinese too.

The checks say it in English, where they find it. Each English sentence has one row in `words.py`; what varies
in it are its values. One without a row is told in English with the code `other`; a test looks for those.
"""

from __future__ import annotations

import functools
import re
from typing import Final

import msgspec

from huawu.config.words import NOUNS, WORDS

_MEANT: Final = re.compile(r' \(did you mean "?(.*?)"?\?\)', re.DOTALL)
_VALUE: Final = re.compile(r"\{(\w+)\}")
OTHER: Final = "other"


class Worded(msgspec.Struct, frozen=True, kw_only=True):
    """A message as data. `values` are those of the sentence; `meant` is what was probably meant."""

    code: str
    values: dict[str, str]
    message_zh: str


def worded(message: str) -> Worded:
    """The code, values and Chinese of an English message of the checks."""
    meant = _MEANT.search(message)
    bare = _MEANT.sub("", message)
    for code, pattern, chinese in _rows():
        found = pattern.fullmatch(bare)
        if found is None:
            continue
        values = found.groupdict()
        shown = {name: NOUNS.get(value, value) if name == "what" else value for name, value in values.items()}
        said = _VALUE.sub(lambda place, shown=shown: shown[place[1]], chinese)  # type: ignore[misc]
        if meant is not None:
            values["meant"] = meant[1]
            said += f"（是不是“{meant[1]}”？）"
        return Worded(code=code, values=values, message_zh=said)
    return Worded(code=OTHER, values={}, message_zh=message)


@functools.cache
def _rows() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    return tuple((code, _pattern(english), chinese) for code, english, chinese in WORDS)


def _pattern(english: str) -> re.Pattern[str]:
    parts = _VALUE.split(english)
    seen: set[str] = set()
    built = ""
    for index, part in enumerate(parts):
        if index % 2 == 0:
            built += re.escape(part)
        else:
            built += f"(?P={part})" if part in seen else f"(?P<{part}>.*?)"
            seen.add(part)
    return re.compile(built, re.DOTALL)
