"""What a call costs the store: CPU time per call at 40 calls a second with 20 facts each, on SQLite.

The facts come at the instants and in the portions in which the switch's events would bring them (eight or
nine portions over a life of some four seconds), each with its place in the link. What the traffic maker
itself takes is measured first, with a store that drops everything, and subtracted. The figure holds both
threads, the kernel's part and the closing. The database is new, unless `--calls-before` fills it.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import secrets
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from huawu.calls.facts import Fact, Kind, Party
from huawu.calls.kept import Position
from huawu.calls.store import CallStore
from huawu.platform.database import Database

RATE = 40.0
SECONDS = 10.0
LIFE_MS = 4_000
SWITCH = "5f0c2a9e17d3b846"

Portion = tuple[int, list[Fact]]


class Taker(Protocol):
    """What the traffic is fed to."""

    def append(self, facts: Sequence[Fact], position: Position | None = None) -> None: ...


class Nothing:
    """Drops everything."""

    def append(self, facts: Sequence[Fact], position: Position | None = None) -> None:
        pass


def life(began_ms: int, dice: random.Random) -> list[Portion]:
    """A call with a menu, a queue and a conversation: 20 facts, each portion when it is due."""
    call = secrets.token_hex(8)
    agent = f"{dice.randrange(1001, 1200)}"
    queue = dice.choice(("general", "billing", "vip", "night"))
    caller = f"138{dice.randrange(10**8):08d}"
    number, path = "4000", f"/data/recordings/2026/01/02/{call}.wav"
    sound = {"packets": 9_000, "lost": 2, "jitter_ms": 3, "mos": 4.36}
    spoken = {"began_ms": began_ms, "ended_ms": began_ms + 900, "level_db": -21.5, "peak_db": -9.2}
    talk: tuple[Kind, Party, dict[str, Any]]
    talk = ("talk", "caller", spoken)
    portions: list[tuple[float, list[tuple[Kind, Party, dict[str, Any]]]]] = [
        (0.00, [("offered", "caller", {"number": number, "caller": caller, "flow": "main", "trunk": "t1"})]),
        (0.01, [("answered", "caller", {"codec": "PCMA"}),
                ("step", "centre", {"flow": "main", "step": "menu"}),
                ("prompt", "centre", {"prompts": ["welcome", "menu"]})]),
        (0.25, [("keys", "caller", {"digits": "1", "how": "rfc4733"}),
                ("step", "centre", {"flow": "main", "step": "person"}),
                ("queued", "centre", {"queue": queue, "priority": 5}),
                ("offer_made", "centre", {"agent": agent, "queue": queue, "waited_ms": 0})]),
        (0.28, [("agent_ringing", "agent", {"agent": agent})]),
        (0.45, [("agent_answered", "agent", {"agent": agent, "codec": "PCMA"}),
                ("bridged", "centre", {"agent": agent}),
                ("recording_started", "centre", {"recording": call, "path": path})]),
        (0.60, [talk]),
        (0.75, [("talk", "agent", spoken)]),
        (0.98, [("ended", "caller", {"by": "caller", "reason": "normal"}),
                ("recording_stopped", "centre", {"recording": call, "length_ms": 60_000}),
                ("quality", "caller", sound), ("quality", "agent", sound),
                ("wrap_up_began", "agent", {"agent": agent})]),
        (1.00, [("wrap_up_ended", "agent", {"agent": agent})]),
    ]  # fmt: skip
    seq = 0
    told = []
    length_ms = LIFE_MS * dice.uniform(0.7, 1.0)
    for share, lines in portions:
        facts = []
        for kind, party, fields in lines:
            seq += 1
            at_ms = began_ms + int(share * length_ms)
            facts.append(Fact(call=call, seq=seq, at_ms=at_ms, kind=kind, party=party, fields=fields))
        told.append((int(share * length_ms), facts))
    return told


def traffic(seconds: float, rate: float) -> tuple[list[Portion], int]:
    """Portions by their instant in ms, and how many calls they are."""
    dice = random.Random(1)
    count = int(seconds * rate)
    now_ms = time.time_ns() // 1_000_000
    due = []
    for number in range(count):
        began_ms = int(number * 1000 / rate)
        due += [(began_ms + after, facts) for after, facts in life(now_ms + began_ms, dice)]
    return sorted(due, key=lambda portion: portion[0]), count


async def feed(store: Taker, due: Sequence[Portion]) -> None:
    """Give each portion at its instant."""
    began = time.monotonic()
    for event, (at_ms, facts) in enumerate(due, start=1):
        if (ahead := at_ms / 1000 - (time.monotonic() - began)) > 0:
            await asyncio.sleep(ahead)
        store.append(facts, Position(switch=SWITCH, event=event))


async def fill(store: CallStore, calls: int) -> None:
    """Calls of earlier days."""
    for first in range(0, calls, 1_000):
        due, _ = traffic(min(1_000, calls - first) / RATE, RATE)
        store.append([fact for _, facts in due for fact in facts])
        await store.flush()


async def measure(url: str, seconds: float, rate: float, before: int) -> float:
    """CPU-ms per call."""
    idle, calls = traffic(seconds / 3, rate)
    began = time.process_time()
    await feed(Nothing(), idle)
    feeding = (time.process_time() - began) / calls

    db = Database(url)
    await db.migrate()
    store = CallStore(db)
    await store.start()
    await fill(store, before)
    due, calls = traffic(seconds, rate)
    began = time.process_time()
    await feed(store, due)
    await store.close()
    spent = (time.process_time() - began) / calls
    await db.close()
    return 1000 * (spent - feeding)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=RATE, help="calls a second")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long calls begin")
    parser.add_argument("--calls-before", type=int, default=0, help="calls on record already")
    parser.add_argument("--database", default="", help="another address than a new SQLite file")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.database or f"sqlite:///{Path(folder)}/huawu.db"
        cost = asyncio.run(measure(url, asked.seconds, asked.rate, asked.calls_before))
    print(f"{cost:.2f} CPU-ms per call in the store at {asked.rate:g} calls/s, 20 facts each")


if __name__ == "__main__":
    main()
