"""What a call's course is written in: spans, and the names of the signals that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

NO_FIELDS: Final[Mapping[str, Any]] = {}
SIDES: Final = ("caller", "agent")


class Span:
    """Something that lasted from–to; an instant has both the same. `value`: what a mark found."""

    __slots__ = ("fields", "from_ms", "score", "to_ms", "value")

    def __init__(
        self,
        from_ms: int,
        to_ms: int,
        fields: Mapping[str, Any] = NO_FIELDS,
        value: str = "",
        score: float = 1.0,
    ) -> None:
        self.from_ms = from_ms
        self.to_ms = to_ms
        self.fields = fields
        self.value = value
        self.score = score


class Asked:
    """The signals that a standard asks for: by name, and by what they are made of."""

    __slots__ = ("facts", "names", "said")

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self.facts = {name[5:]: name for name in names if name.startswith("fact:")}
        self.said: dict[str, dict[str, str]] = {side: {} for side in SIDES}
        """Of each party the signals of phrases, by phrase."""
        for name in names:
            if name.startswith("said:"):
                _, side, phrase = name.split(":", 2)
                self.said[side][phrase] = name


class Names:
    """A party's signals, by name once and for all."""

    __slots__ = ("other", "overlap", "party", "raised", "speaks", "talk", "turn", "words")

    def __init__(self, party: str, other: str) -> None:
        self.party = party
        self.other = other
        self.talk = f"talk:{party}"
        self.speaks = f"speaks:{party}"
        self.turn = f"turn:{party}"
        self.words = f"words:{party}"
        self.overlap = f"overlap:{party}"
        self.raised = f"raised:{party}"
