"""What an ear tells of one party's talk."""

from __future__ import annotations

import msgspec


class Began(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    at_ms: int


class Ended(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    at_ms: int
    level_db: float
    peak_db: float
    levels_db: tuple[float, ...] = ()  # of each full second since it began


class Second(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A full second of a talk that goes on: the mean level of its loud packets, as `loudness_db` says."""

    from_ms: int
    level_db: float
