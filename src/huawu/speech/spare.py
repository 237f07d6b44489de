"""How many cores have nothing to do: idle ones, and those whose work gives way to any other."""

from __future__ import annotations

from pathlib import Path

STAT = Path("/proc/stat")


class SpareCores:
    """Since it was asked last; 0 where the system does not tell."""

    def __init__(self, stat: Path = STAT) -> None:
        self._stat = stat
        self._before = self._read()

    def cores(self) -> float:
        """Cores that were free or did niced work, on average since the last asking."""
        before, self._before = self._before, self._read()
        if before is None or self._before is None:
            return 0.0
        free, total, count = (now - then for now, then in zip(self._before, before, strict=True))
        return free / total * self._before[2] if total > 0 and count == 0 else 0.0

    def _read(self) -> tuple[int, int, int] | None:
        """Ticks free or niced, all ticks, and how many cores there are (proc_stat(5))."""
        try:
            lines = self._stat.read_text().splitlines()
        except OSError:
            return None
        times = [line.split() for line in lines if line.startswith("cpu")]
        try:
            ticks = [int(each) for each in times[0][1:9]]
        except (IndexError, ValueError):
            return None
        return ticks[1] + ticks[3] + ticks[4], sum(ticks), len(times) - 1
