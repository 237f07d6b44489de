"""How far people, and the machine, say the same of the same: percent and kappa. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations
from typing import TypeVar

import msgspec

Vote = TypeVar("Vote", bound=Hashable)


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """`percent` 0–1: the share of pairs of votes that are the same. `kappa` −1 … 1: beyond chance.

    None: nothing was voted on by two; and no kappa where all votes are the same, as chance says so too.
    """

    items: int
    percent: float | None
    kappa: float | None
    how: str


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two voters over what both voted on."""

    a: str
    b: str
    same: int
    of: int
    percent: float | None
    kappa: float | None


def cohen(votes: Sequence[tuple[Vote, Vote]]) -> float | None:
    """Two voters' kappa (Cohen 1960); None without votes or variation."""
    if not votes:
        return None
    of = len(votes)
    seen = sum(a == b for a, b in votes) / of
    firsts, seconds = Counter(a for a, _ in votes), Counter(b for _, b in votes)
    chance = sum(firsts[vote] * seconds[vote] for vote in firsts) / of**2
    return None if chance >= 1 else (seen - chance) / (1 - chance)


def fleiss(items: Sequence[Sequence[Vote]]) -> float | None:
    """Several voters' kappa (Fleiss 1971), items with fewer than two votes left out.

    With as many votes on each item it is Fleiss' own; where some did not vote, items count alike and votes
    make up the share of each answer.
    """
    counted = [Counter(votes) for votes in items if len(votes) > 1]
    if not counted:
        return None
    seen = sum(map(_same, counted)) / len(counted)
    totals = sum(counted, Counter[Vote]())
    whole = totals.total()
    chance = sum((count / whole) ** 2 for count in totals.values())
    return None if chance >= 1 else (seen - chance) / (1 - chance)


def percent(items: Sequence[Sequence[Vote]]) -> float | None:
    """The share of pairs that say the same, items alike; None without two votes on any."""
    counted = [Counter(votes) for votes in items if len(votes) > 1]
    return sum(map(_same, counted)) / len(counted) if counted else None


def _same(votes: Counter[Vote]) -> float:
    of = votes.total()
    return sum(count * (count - 1) for count in votes.values()) / (of * (of - 1))


def agreed(ballots: Sequence[Mapping[str, Vote]]) -> Agreed:
    """What several voters, by name, say of several items."""
    voters = {name for ballot in ballots for name in ballot}
    items = [list(ballot.values()) for ballot in ballots]
    counted = sum(len(votes) > 1 for votes in items)
    if len(voters) == 2:
        a, b = sorted(voters)
        both = [(ballot[a], ballot[b]) for ballot in ballots if a in ballot and b in ballot]
        return Agreed(items=counted, percent=percent(items), kappa=cohen(both), how="cohen")
    return Agreed(items=counted, percent=percent(items), kappa=fleiss(items), how="fleiss")


def pairs(ballots: Sequence[Mapping[str, Vote]]) -> list[Pair]:
    """Every two voters who voted on something together."""
    voters = sorted({name for ballot in ballots for name in ballot})
    found = []
    for a, b in combinations(voters, 2):
        both = [(ballot[a], ballot[b]) for ballot in ballots if a in ballot and b in ballot]
        if both:
            same = sum(one == other for one, other in both)
            share = same / len(both)
            found.append(Pair(a=a, b=b, same=same, of=len(both), percent=share, kappa=cohen(both)))
    return found
