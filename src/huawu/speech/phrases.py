"""What the rules and the spotting say to each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec


class PhraseLike(Protocol):
    """A phrase of the book: how it may be said in Chinese and English, and how strictly."""

    @property
    def zh(self) -> tuple[str, ...]: ...

    @property
    def en(self) -> tuple[str, ...]: ...

    @property
    def how(self) -> str:
        """close | exact | word | opening | whole."""

    @property
    def negatable(self) -> bool:
        """It counts only where it is neither taken back (我不是说…) nor quoted (您说…)."""


class FactLike(Protocol):
    """What is looked at of a fact."""

    @property
    def kind(self) -> str: ...

    @property
    def party(self) -> str: ...

    @property
    def at_ms(self) -> int: ...

    @property
    def fields(self) -> Mapping[str, Any]: ...


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A phrase in what was said. `value` is a surname, digits or the word itself where there is one."""

    phrase: str
    from_ms: int
    to_ms: int
    score: float
    value: str = ""
