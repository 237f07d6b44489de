"""How many callers stand before whom: what a caller in line wants to know every half minute."""

from __future__ import annotations

from bisect import bisect_left, insort


class Order:
    """Places in sorted order. Those who left are kept apart until they are many, then dropped together.

    Callers mostly join at the end and leave at the front, and `bisect` is in C: so two plain lists beat
    trees and blocked lists, also in their need of memory traffic.
    """

    __slots__ = ("added", "added_at", "gone", "places")

    def __init__(self) -> None:
        self.places: list[int] = []
        self.gone: list[int] = []  # sorted; in `places` too
        self.added: int | None = None  # the last to come: the one mostly asked about
        self.added_at = 0  # its index

    def __len__(self) -> int:
        return len(self.places) - len(self.gone)

    def add(self, place: int) -> None:
        places = self.places
        if not places or places[-1] < place:
            at = len(places)
            places.append(place)
        else:
            at = bisect_left(places, place)
            places.insert(at, place)
        self.added, self.added_at = place, at

    def remove(self, place: int) -> None:
        """The place has been added before."""
        gone = self.gone
        if not gone or gone[-1] < place:
            gone.append(place)
        else:
            insort(gone, place)
        if len(gone) > 32 and 2 * len(gone) > len(self.places):
            self._drop_gone()

    def before(self, place: int) -> int:
        """How many stand before this place, which must be in use."""
        gone = self.gone
        at = self.added_at if place == self.added else bisect_left(self.places, place)
        return at - (len(gone) if gone and gone[-1] < place else bisect_left(gone, place))

    def clear(self) -> None:
        self.places, self.gone, self.added = [], [], None

    def _drop_gone(self) -> None:
        """One of each pair: who left and came back has a place twice, and once among the gone."""
        kept, gone = [], iter(self.gone)
        leaver = next(gone, None)
        for place in self.places:
            if place == leaver:
                leaver = next(gone, None)
            else:
                kept.append(place)
        self.places, self.gone, self.added = kept, [], None
