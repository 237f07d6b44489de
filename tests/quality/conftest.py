from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from huawu.calls.facts import Fact
from huawu.calls.store import CallStore
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database
from huawu.quality.book import Books
from huawu.quality.judging import Judging
from huawu.quality.records import Assessments
from tests.quality.small_book import listens, load_small_book

Talk = Callable[..., Awaitable[str]]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Statements are the same on either kind; what is claimed is tested on both (test_claims)."""
    return f"sqlite:///{tmp_path}/huawu.db"


@pytest.fixture
async def store(db: Database) -> AsyncIterator[CallStore]:
    store = CallStore(db)
    await store.start()
    yield store
    await store.close()


@pytest.fixture
def books(db: Database, clock: VirtualClock) -> Books:
    return Books(db, clock, load_small_book, listens)


@pytest.fixture
def judging(db: Database, clock: VirtualClock, books: Books, store: CallStore) -> Judging:
    judging = Judging(db, clock, books)
    store.told = judging.told
    return judging


@pytest.fixture
def kept(db: Database) -> Assessments:
    return Assessments(db)


def call_facts(
    call: str,
    *,
    at_ms: int,
    agent: str = "wang",
    queue: str = "help",
    rings_ms: int = 4_000,
    talk_ms: int = 60_000,
    by: str = "caller",
    said: str | None = None,
    ended: bool = True,
    offered: dict[str, Any] | None = None,
    missed_by: str = "",
) -> list[Fact]:
    """A call from its offer to its end; `said`: its words are there, and these are the agent's first.

    `missed_by`: before, it rang in vain at this agent's phone for fifteen seconds.
    """
    fields: dict[str, Any] = {"caller": "01305000", "number": "12345", **(offered or {})}
    came = -15_000 if missed_by else 0
    lines: list[tuple[int, str, str, dict[str, Any]]] = [
        (came, "offered", "centre", fields),
        (came, "answered", "caller", {"codec": "PCMA"}),
        (came, "queued", "centre", {"queue": queue}),
    ]
    if missed_by:
        lines.append((came, "agent_ringing", "agent", {"agent": missed_by}))
        lines.append((0, "offer_failed", "agent", {"agent": missed_by, "reason": "no_answer"}))
    if agent:
        lines.append((0, "agent_ringing", "agent", {"agent": agent}))
        lines.append((rings_ms, "agent_answered", "agent", {"agent": agent}))
        lines.append((rings_ms, "bridged", "centre", {"agent": agent, "agent_name": agent}))
    over = rings_ms + talk_ms
    if said is not None:
        when = {"from_ms": at_ms + rings_ms + 500, "to_ms": at_ms + rings_ms + 1_500}
        lines.append((rings_ms + 1_500, "said", "agent", {"text": said, **when}))
    if ended:
        lines.append((over, "ended", by, {"by": by, "reason": "normal"}))
    if said is not None:
        for party in ("caller", "agent"):
            lines.append((over, "heard", party, {"until_ms": at_ms + over, "final": True}))
    return [
        Fact(call=call, seq=seq, at_ms=at_ms + after, kind=kind, party=party, fields=more)  # type: ignore[arg-type]
        for seq, (after, kind, party, more) in enumerate(lines, start=1)
    ]


@pytest.fixture
def talk(store: CallStore, clock: VirtualClock, judging: Judging) -> Talk:
    """Have a call on record that ends now, and is judged."""

    async def have(call: str, *, judged: bool = True, **more: Any) -> str:
        rings_ms, talk_ms = more.get("rings_ms", 4_000), more.get("talk_ms", 60_000)
        store.append(call_facts(call, at_ms=clock.now_ms() - rings_ms - talk_ms, **more))
        await store.flush()
        if judged:
            await judge_all(judging, clock)
        return call

    return have


async def judge_all(judging: Judging, clock: VirtualClock) -> None:
    """Whatever was told is judged."""
    await judging.turn()
    clock.advance(2_000)
    while await judging.turn():
        pass
