"""The disks that a centre writes to, and how much room is left on them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

UNITS: Final = ("kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """`places` are the centre's folders on it, as they are called in the centre; sizes in octets."""

    places: tuple[Path, ...]
    free: int
    size: int

    @property
    def share(self) -> float:
        """How much of it is free, 0-1; all of one that has no size, as the kernel's own have none."""
        return self.free / self.size if self.size else 1.0


def places_of(data: Path, database: Path | None = None) -> list[Path]:
    """Where a centre writes: its data folder, each folder in it (one may be a disk of its own, or lead to
    another), and where the SQLite file `database` really lies.
    """
    inner = sorted(each for each in data.iterdir() if each.is_dir()) if data.is_dir() else []
    return [data, *([database.resolve().parent] if database else []), *inner]


def disks_of(places: Iterable[Path]) -> list[Disk]:
    """Each disk once, in the order of its first place; what is not there yet counts where it would be made.

    Raises `OSError`.
    """
    found: dict[int, list[Path]] = {}
    for place in places:
        found.setdefault(standing(place).stat().st_dev, []).append(place)
    disks = []
    for there in found.values():
        usage = shutil.disk_usage(standing(there[0]))
        disks.append(Disk(places=tuple(dict.fromkeys(there)), free=usage.free, size=usage.total))
    return disks


def standing(place: Path) -> Path:
    """The place itself, or the nearest above it that is there."""
    place = place.absolute()
    while not place.exists():
        place = place.parent
    return place


def readable(octets: float) -> str:
    """As people read it, to three digits: `953 MB`, `1.99 GB`; a GB is 1,000 MB, as on disks. So do pages."""
    size, unit = octets / 1000, 0
    while size >= 999.5 and unit + 1 < len(UNITS):
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {UNITS[unit]}" if size < 999.5 else f"{size:,.0f} {UNITS[unit]}"
