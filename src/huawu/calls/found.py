"""Recordings on disk that nobody knows: a power cut came before the facts of them were written.

They are put on record, so that what was said can be found and heard: with their call where that is known, or
as a call of which nothing else is left.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Container, Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import structlog
from sqlalchemy import select

from huawu.calls.facts import Fact, Kind
from huawu.calls.left_open import recordings_of
from huawu.calls.recordings import NoRecording, find, newest_files, repair_all
from huawu.calls.store import CallStore
from huawu.calls.tables import recordings
from huawu.platform.database import Database, DatabaseError

log = structlog.get_logger(__name__)

AT_ONCE: Final = 500
WHY: Final = "its call was not yet on record when everything stopped"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that nobody knows. `path` is below the data folder, `call` its file's name."""

    path: str
    call: str
    began_ms: int
    length_ms: int


class LostAndFound:
    """Looks when the centre has taken up what it knows, and has met a new switch."""

    def __init__(self, db: Database, store: CallStore, data: Path) -> None:
        self._db = db
        self._store = store
        self._data = data

    async def put_on_record(self, is_live: Callable[[str], bool], running: Container[str] = ()) -> int:
        """Put them on record; how many there were. Those of live calls, or in `running`, have their owner.

        Headers that a dead writer left behind are finished as well.
        """
        files = await asyncio.to_thread(newest_files, self._data / "recordings")
        await asyncio.to_thread(repair_all, self._data / "recordings")
        try:
            await self._store.flush()
            known = await self._known([path.relative_to(self._data).as_posix() for path in files])
        except DatabaseError as error:
            log.warning("recordings without a call not looked for", why=str(error))
            return 0
        lost = [path for path in files if path.relative_to(self._data).as_posix() not in known]
        count = 0
        for path in lost:
            if is_live(path.stem) or path.stem in running:
                continue
            found = await asyncio.to_thread(self._measure, path)
            if found is not None:
                self._store.append(await self._facts(found))
                log.warning("recording found that was on no record", call=found.call, path=found.path)
                count += 1
        return count

    async def lengths(self, open_calls: Iterable[Iterable[Fact]]) -> dict[str, int]:
        """How long these calls' recordings are on disk, by id; those that cannot be read are left out."""
        wanted = [(facts[0].call, *each) for facts in map(list, open_calls) for each in recordings_of(facts)]

        def look() -> dict[str, int]:
            found: dict[str, int] = {}
            for call, _, recording, path in wanted:
                with contextlib.suppress(NoRecording, OSError):
                    found[recording] = find(self._data, path, call).length_ms
            return found

        return await asyncio.to_thread(look)

    async def _known(self, paths: Sequence[str]) -> set[str]:
        """Those on record; only they are asked for, not years of others."""
        known: set[str] = set()
        async with self._db.read() as connection:
            for start in range(0, len(paths), AT_ONCE):
                of_these = recordings.c.path.in_(paths[start : start + AT_ONCE])
                known |= set((await connection.execute(select(recordings.c.path).where(of_these))).scalars())
        return known

    def _measure(self, path: Path) -> Found | None:
        below = path.relative_to(self._data).as_posix()
        try:
            length_ms = find(self._data, below, path.stem).length_ms
            ended_ms = path.stat().st_mtime_ns // 1_000_000
        except (NoRecording, OSError):
            return None
        return Found(path=below, call=path.stem, began_ms=ended_ms - length_ms, length_ms=length_ms)

    async def _facts(self, found: Found) -> list[Fact]:
        before = await self._store.facts(found.call)
        at_ms = max(found.began_ms, before[-1].at_ms if before else 0)
        facts: list[Fact] = []

        def tell(kind: Kind, at_ms: int, **fields: object) -> None:
            seq = len(before) + len(facts) + 1
            facts.append(Fact(call=found.call, seq=seq, at_ms=at_ms, kind=kind, fields=fields))

        if not before:
            tell("offered", at_ms, leg="", caller="", caller_name="", number="", language="")
        tell("recovered", at_ms, what="recording_found")
        name = f"{found.call}.found"
        tell("recording_started", at_ms, recording=name, path=found.path, began_ms=found.began_ms)
        at_ms += found.length_ms
        if not any(fact.kind == "ended" for fact in before):
            tell("ended", at_ms, by="centre", reason="switch_lost", detail=WHY)
        tell("recording_failed", at_ms, recording=name, detail=WHY, length_ms=found.length_ms)
        return facts
