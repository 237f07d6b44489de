"""When each sign of what was said was said: from the words' times, or evenly where they are not known."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, NamedTuple


class Timed(NamedTuple):
    """The instants of a text's signs: sign `places[n]` begins at `begins[n]` and ends at `ends[n]`."""

    places: tuple[int, ...]
    begins: tuple[int, ...]
    ends: tuple[int, ...]
    begin_ms: int
    end_ms: int

    @classmethod
    def of(cls, fields: Mapping[str, Any], text: str, at_ms: int) -> Timed:
        """By the `words` of a said fact; signs that its words leave out take their neighbour's time."""
        end_ms = int(fields.get("to_ms", at_ms))
        begin_ms = int(fields.get("from_ms", end_ms))
        spoken = [(place, sign.lower()) for place, sign in enumerate(text) if sign.isalnum()]
        places: list[int] = []
        begins: list[int] = []
        ends: list[int] = []
        at = 0
        for word, from_ms, to_ms, *_ in fields.get("words") or ():
            signs = [sign for sign in str(word).lower() if sign.isalnum()]
            if not signs:
                continue
            each_ms = (to_ms - from_ms) / len(signs)
            for nth, sign in enumerate(signs):
                found = next((n for n in range(at, min(at + 8, len(spoken))) if spoken[n][1] == sign), None)
                if found is None:
                    continue
                places.append(spoken[found][0])
                begins.append(int(from_ms + nth * each_ms))
                ends.append(int(from_ms + (nth + 1) * each_ms))
                at = found + 1
        if not places and spoken:
            each_ms = (end_ms - begin_ms) / len(spoken)
            places = [place for place, _ in spoken]
            begins = [int(begin_ms + nth * each_ms) for nth in range(len(spoken))]
            ends = [int(begin_ms + (nth + 1) * each_ms) for nth in range(len(spoken))]
        return cls(tuple(places), tuple(begins), tuple(ends), begin_ms, end_ms)

    def begin_of(self, place: int) -> int:
        """When the sign at this place of the text begins."""
        nth = bisect_right(self.places, place) - 1
        return self.begins[nth] if nth >= 0 else self.begin_ms

    def end_of(self, place: int) -> int:
        """When it ends."""
        nth = bisect_right(self.places, place) - 1
        return self.ends[nth] if nth >= 0 else self.end_ms
