"""`python -m tools.chaos`: kills under load, then a long stretch of recorded calls."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tools.chaos.story import Plan, run


def main() -> int:
    """The exit code: 1 when a law was broken."""
    ask = argparse.ArgumentParser(prog="make soak", description=__doc__)
    ask.add_argument("--kills", type=int, default=500)
    ask.add_argument("--seed", type=int, default=0, help="0: one of chance, which is told")
    ask.add_argument("--folder", type=Path, default=None, help="kept afterwards; default: a temporary one")
    given = ask.parse_args()
    seed = given.seed or random.SystemRandom().randrange(1, 1_000_000)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="huawu-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    told = run(folder, Plan(kills=given.kills, seed=seed), lambda words: print(words, flush=True))
    print("\n".join([*told.lines(), *(f"BROKEN: {words}" for words in told.breaches)]))
    return 1 if told.breaches else 0


if __name__ == "__main__":
    sys.exit(main())
