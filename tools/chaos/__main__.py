"""Kills under load, then a long stretch of recorded calls: `make soak`."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tools.chaos.soak import soak
from tools.chaos.story import Plan, run


def main() -> int:
    """The exit code: 1 when a law was broken."""
    ask = argparse.ArgumentParser(prog="make soak", description=__doc__)
    ask.add_argument("--kills", type=int, default=500)
    ask.add_argument("--minutes", type=float, default=60.0)
    ask.add_argument("--calls", type=int, default=100, help="at once, in the long stretch")
    ask.add_argument("--seed", type=int, default=0, help="0: one of chance, which is told")
    ask.add_argument("--folder", type=Path, default=None, help="kept afterwards; default: a temporary one")
    given = ask.parse_args()
    seed = given.seed or random.SystemRandom().randrange(1, 1_000_000)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="huawu-chaos-"))
    breaches: list[str] = []
    if given.kills:
        told = run(_new(folder / "kills"), Plan(kills=given.kills, seed=seed), _say)
        breaches += told.breaches
        _say("\n".join(told.lines()))
    if given.minutes:
        soaked = soak(_new(folder / "soak"), at_once=given.calls, minutes=given.minutes, say=_say)
        breaches += soaked.breaches
        _say("\n".join(soaked.lines))
    _say("\n".join([*(f"BROKEN: {words}" for words in breaches)]) or "nothing was lost")
    return 1 if breaches else 0


def _new(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
