"""What must be true of the records and files of a centre, whatever died: read from outside.

Each law returns its breaches in words; none means that it holds.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from tools.chaos.traces import Seen

from huawu.calls.facts import Fact
from huawu.calls.record import CallRecord, derive
from huawu.calls.recordings import NoRecording, find
from huawu.calls.tolls import TollState

LOST_MS = 1_000
"""Of a recording whose writer is killed, at most this much may be missing."""
NEAR_S = 1.0
"""What was said to a process so shortly before it was killed may not have reached anybody else."""


@dataclass(frozen=True, slots=True)
class Death:
    """A kill, and when the house was whole again; seconds of the wall's clock."""

    victim: str
    at: float
    whole_at: float

    @property
    def ended_calls(self) -> bool:
        """Whether the switch died with it, and so the calls."""
        return self.victim in ("switch", "power")


@dataclass(slots=True)
class Books:
    """Everything on record, read in one go."""

    facts: dict[str, list[Fact]] = field(default_factory=dict)
    records: dict[str, CallRecord] = field(default_factory=dict)
    recordings: list[dict[str, Any]] = field(default_factory=list)
    callbacks: list[dict[str, Any]] = field(default_factory=list)
    voicemails: list[dict[str, Any]] = field(default_factory=list)
    tolls: TollState = field(default_factory=TollState)
    judged: list[str] = field(default_factory=list)
    """Calls, once for each assessment that is said to be the latest."""
    unjudged: list[str] = field(default_factory=list)
    """Calls that could not be judged."""


def read_books(url: str) -> Books:
    """What the database says now."""
    return asyncio.run(_read_books(url))


async def _read_books(url: str) -> Books:
    books = Books()
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            await _at_one_instant(connection)
            facts = await connection.execute(text("SELECT * FROM facts ORDER BY call, seq"))
            for row in facts.mappings():
                values = {**row, "fields": json.loads(row["fields"])}
                books.facts.setdefault(row["call"], []).append(msgspec.convert(values, Fact))
            records = await connection.execute(text("SELECT id, record FROM calls"))
            for row in records.mappings():
                books.records[row["id"]] = msgspec.json.decode(row["record"], type=CallRecord)
            sounds = await connection.execute(text("SELECT * FROM recordings"))
            books.recordings = [dict(row) for row in sounds.mappings()]
            owed = await connection.execute(text("SELECT * FROM callbacks"))
            books.callbacks = [dict(row) for row in owed.mappings()]
            left = await connection.execute(text("SELECT * FROM voicemails"))
            books.voicemails = [dict(row) for row in left.mappings()]
            latest = text("SELECT call FROM assessments WHERE latest = 1")
            books.judged = list((await connection.execute(latest)).scalars())
            broken = text("SELECT call FROM judging WHERE state = 'broken'")
            books.unjudged = list((await connection.execute(broken)).scalars())
            kept = (await connection.execute(text("SELECT value FROM kept WHERE name = 'tolls'"))).scalar()
            books.tolls = msgspec.json.decode(kept, type=TollState) if kept else TollState()
    finally:
        await engine.dispose()
    return books


async def _at_one_instant(connection: AsyncConnection) -> None:
    """All that is read is of one moment, while others write."""
    sqlite = connection.dialect.name == "sqlite"
    await connection.exec_driver_sql("BEGIN" if sqlite else "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


async def _talked(url: str, since_ms: int) -> set[str]:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT caller, record FROM calls WHERE began_ms >= :since"), {"since": since_ms}
            )
            return {
                caller for caller, record in rows if msgspec.json.decode(record, type=CallRecord).talked_with
            }
    finally:
        await engine.dispose()


def callers_talked_with(url: str, since_ms: int) -> set[str]:
    """Callers whose calls began since then and came to an agent."""
    return asyncio.run(_talked(url, since_ms))


def timelines(books: Books, *, settled: bool) -> Iterable[str]:
    """Facts without hole or double, the first `offered`, one end and nothing of the conversation after it."""
    for call, facts in books.facts.items():
        kinds = [fact.kind for fact in facts]
        if [fact.seq for fact in facts] != list(range(1, len(facts) + 1)):
            yield f"call {call}: its facts are numbered {[fact.seq for fact in facts]}"
        if kinds[0] != "offered" or kinds.count("offered") != 1:
            yield f"call {call}: its facts begin {kinds[:3]}"
        ends = kinds.count("ended")
        if ends > 1 or (settled and ends != 1):
            yield f"call {call}: it ended {ends} times: {kinds}"
        if ends and "bridged" in kinds[kinds.index("ended") :]:
            yield f"call {call}: somebody talks after its end: {kinds}"
        if [fact.at_ms for fact in facts] != sorted(fact.at_ms for fact in facts):
            yield f"call {call}: its facts are not in order of time"


def records(books: Books) -> Iterable[str]:
    """Each record is what its facts say."""
    if books.records.keys() != books.facts.keys():
        yield f"calls with facts or record alone: {books.records.keys() ^ books.facts.keys()}"
    for call, facts in books.facts.items():
        record = books.records.get(call)
        if record is not None and derive(facts) != record:
            yield f"call {call}: its record is not what its facts say: {record} / {derive(facts)}"


def recordings(books: Books, data: Path, deaths: Sequence[Death], *, settled: bool) -> Iterable[str]:
    """Each recording on record opens and is as long as it says, or up to the last second before a kill."""
    known = set()
    for row in books.recordings:
        name, path = row["id"], row["path"]
        known.add((data / path).resolve())
        if row["state"] == "running":
            if settled:
                yield f"recording {name} is still said to run"
            continue
        ends = [death.at for death in deaths if death.ended_calls and death.at * 1000 > row["began_ms"]]
        due_ms = min(ends) * 1000 - row["began_ms"] if row["state"] == "failed" and ends else 0.0
        try:
            length_ms = find(data, path, row["call"]).length_ms
        except NoRecording:
            if row["state"] == "failed" and _never_began(books.facts.get(row["call"], [])):
                continue
            if 0 < due_ms < LOST_MS:  # killed before the file was made
                continue
            yield f"recording {name} ({row['state']}) does not open: {path}"
            continue
        if row["state"] == "complete" and abs(length_ms - row["length_ms"]) > 1:
            yield f"recording {name} is {length_ms} ms long, on record {row['length_ms']} ms"
        if due_ms and length_ms < due_ms - LOST_MS:
            yield f"recording {name}: {length_ms} ms are there of {due_ms:.0f} ms up to the kill"
    if settled:
        for file in (data / "recordings").rglob("*.wav"):
            if file.resolve() not in known:
                yield f"a recording that nobody knows: {file.relative_to(data)}"


def _never_began(facts: Sequence[Fact]) -> bool:
    """The caller's line was over when the recording should have begun."""
    return any(
        fact.kind == "recording_failed" and "before it began" in str(fact.fields.get("detail"))
        for fact in facts
    )


def assessments(books: Books, *, settled: bool) -> Iterable[str]:
    """Each call that is over is judged, and has one latest assessment, whoever died over it."""
    for call in books.unjudged:
        yield f"call {call} cannot be judged"
    for call, count in Counter(books.judged).items():
        if count != 1:
            yield f"call {call} has {count} latest assessments"
    if settled:
        for call in not_judged(books):
            yield f"call {call} is over and was not judged"


def not_judged(books: Books) -> list[str]:
    """Calls that are over and wait to be judged."""
    judged = set(books.judged)
    return [call for call, record in books.records.items() if record.state == "ended" and call not in judged]


def callers(books: Books, seen: Iterable[Seen], deaths: Sequence[Death]) -> Iterable[str]:
    """Who was answered is on record, once; nobody whose switch lives was hung up on; the reasons are true."""
    by_caller: dict[str, list[str]] = {}
    for call, record in books.records.items():
        by_caller.setdefault(record.caller, []).append(call)
    fatal = [death for death in deaths if death.ended_calls]
    for one in seen:
        calls = by_caller.get(one.caller, [])
        if len(calls) > 1:
            yield f"caller {one.caller} is on record as {len(calls)} calls: {calls}"
        near = any(death.at - NEAR_S < one.invited_at < death.whole_at for death in fatal)
        if one.answered and not calls and not near:
            yield f"caller {one.caller} was answered and is not on record"
        if one.told_bye_at and not one.hung_up_at:
            yield f"caller {one.caller} was hung up on ({one.bye_reason or 'no reason'})"
        if one.final not in (0, 200, 503) or (one.final == 503 and not one.retry_after):
            yield f"caller {one.caller} was refused with {one.final}, Retry-After {one.retry_after!r}"
        if len(calls) == 1 and (record := books.records[calls[0]]).state == "ended":
            yield from _true_end(one, record, fatal)


def _true_end(one: Seen, record: CallRecord, fatal: Sequence[Death]) -> Iterable[str]:
    over = one.hung_up_at or float("inf")
    under_it = [death for death in fatal if one.answered and one.final_at < death.at < over]
    if under_it and record.reason != "switch_lost" and over - under_it[0].at > NEAR_S:
        yield f"caller {one.caller}: the switch died under the call, on record is {record.reason!r}"
    if not under_it and record.reason == "switch_lost":
        near = any(
            abs(death.at - at) < NEAR_S for death in fatal for at in (one.final_at, over, one.invited_at)
        )
        if not near:
            yield f"caller {one.caller}: on record is switch_lost, but no switch died under the call"


def agents(now: Sequence[dict[str, Any]], waiting: int) -> Iterable[str]:
    """Once no call is left: nobody talks, everybody is ready, nobody waits."""
    for agent in now:
        if agent["state"] != "ready" or not agent["reachable"]:
            yield f"agent {agent['id']} is {agent['state']}, reachable: {agent['reachable']}"
    if waiting:
        yield f"{waiting} callers wait in line, but there are none"
