"""The voicemails of a running centre: how many wait where, who takes them, and what is thrown away."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
import structlog

from huawu.acd.events import QueueId
from huawu.calls import recordings
from huawu.calls.effects import Effects, GiveVoicemail, TakeVoicemailBack
from huawu.calls.facts import Kind
from huawu.calls.recordings import NoRecording
from huawu.calls.taping import FOLDER
from huawu.calls.voicemail_rows import VoicemailRecord
from huawu.calls.voicemails import (
    State,
    Trigger,
    UnknownVoicemail,
    Voicemail,
    VoicemailNotAllowed,
    give_back,
    step,
)
from huawu.platform.clock import Clock
from huawu.platform.database import DatabaseError

log = structlog.get_logger(__name__)


RETRY_S: Final = 2.0
"""So often it is tried to take a message back while the database is away."""


class Told(Protocol):
    """Who is told what became of a message; satisfied by `CallService`."""

    def __call__(self, voicemail: Voicemail, kind: Kind | None, **fields: Any) -> None: ...


def nobody_listens(voicemail: Voicemail, kind: Kind | None, **fields: Any) -> None:
    """Before a centre is at work."""


async def _at_once() -> None:
    """Nothing is on its way into the database."""


class VoicemailDesk:
    """Counts in memory, truth in the database."""

    def __init__(self, record: VoicemailRecord, data: Path, clock: Clock) -> None:
        self._record = record
        self._data = data
        self._clock = clock
        self._waiting: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._turn = asyncio.Lock()  # messages are given and taken back in order
        self.renew: Callable[[QueueId], None] = lambda queue: None
        self.told: Told = nobody_listens
        self.not_given: Callable[[str], None] = lambda voicemail: None
        self.all_written: Callable[[], Awaitable[None]] = _at_once

    async def start(self) -> list[Voicemail]:
        """Those whose recording the last life did not see the end of, as long as they are on disk; then
        those that nobody has done yet, oldest first."""
        self._waiting = Counter(await self._record.waiting())
        unfinished = await self._record.unfinished()
        measured = [await asyncio.to_thread(self._measured, each) for each in unfinished]
        return [*measured, *await self._record.undone()]

    def _measured(self, voicemail: Voicemail) -> Voicemail:
        try:
            length_ms = recordings.find(self._data, voicemail.path, voicemail.call).length_ms
        except NoRecording:
            length_ms = 0
        return msgspec.structs.replace(voicemail, length_ms=length_ms)

    def tell(self, effects: Effects) -> None:
        """What became of messages."""
        for each in effects.voicemails:
            if each.state is State.NEW:
                self._waiting[each.queue] += 1
        if effects.discarded:
            self._begin(asyncio.to_thread(self._throw_away, list(effects.discarded)))
        for wanted in effects.work:
            self._begin(self._give(wanted) if isinstance(wanted, GiveVoicemail) else self._take_back(wanted))

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _throw_away(self, paths: list[str]) -> None:
        root = (self._data / FOLDER).resolve()
        for path in paths:
            file = (self._data / path).resolve()
            if not path or not file.is_relative_to(root):
                continue
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                log.warning("recording not thrown away", path=path, why=str(error))

    async def stop(self) -> None:
        """Finish what is under way."""
        self._stopping = True
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def waiting(self, queue: str) -> int:
        """How many of this queue nobody has done yet."""
        return max(0, self._waiting[queue])

    async def newest(self, *, queues: list[str] | None, state: str, limit: int) -> list[Voicemail]:
        """Newest first; of these queues, or of all."""
        return await self._record.newest(queues=queues, state=state, limit=limit)

    async def get(self, voicemail: str, queues: list[str] | None) -> Voicemail:
        """One of these queues, or of all. Raises `UnknownVoicemail`."""
        found = await self._record.get(voicemail)
        if found is None or found.state in (State.RECORDING, State.DISCARDED):
            raise UnknownVoicemail(voicemail)
        if queues is not None and found.queue not in queues:
            raise UnknownVoicemail(voicemail)
        return found

    # ── What people do ────────────────────────────────────────────────────────────────────────────

    async def take(self, found: Voicemail, by: str, *, over: bool) -> Voicemail:
        """It is this person's to do; `over`: even if somebody else's so far. Raises `VoicemailNotAllowed`."""
        if found.state is State.TAKEN and found.taken_by == by:
            return found
        trigger = Trigger.TAKE_OVER if over and found.state is State.TAKEN else Trigger.TAKE
        at_ms = self._clock.now_ms()
        taken = step(found, trigger, taken_by=by, taken_ms=at_ms, until_ms=None)
        return await self._change(found, taken, "voicemail_taken", by=by)

    async def give_back(self, found: Voicemail, by: str, *, over: bool) -> Voicemail:
        """To the queue again, and not to the same person as work. Raises `VoicemailNotAllowed`."""
        if not over and found.taken_by not in ("", by):
            raise VoicemailNotAllowed(found.id, found.state, found.taken_by)
        told = {"agent": found.taken_by, "by": by, "why": "gave_back"}
        return await self._change(found, give_back(found), "voicemail_returned", **told)

    async def finish(
        self, found: Voicemail, by: str, note: str, *, over: bool, result: str = ""
    ) -> Voicemail:
        """It is done, by who took it or somebody who may take `over`. Raises `VoicemailNotAllowed`."""
        if found.state is State.DONE and found.done_by == by:
            return found
        if not over and found.taken_by not in ("", by):
            raise VoicemailNotAllowed(found.id, found.state, found.taken_by)
        at_ms = self._clock.now_ms()
        done = step(found, Trigger.FINISH, done_by=by, done_ms=at_ms, note=note, result=result)
        changed = await self._change(found, done, "voicemail_done", by=by, result=result)
        self._waiting[found.queue] -= 1
        self.renew(QueueId(found.queue))
        return changed

    async def _change(self, before: Voicemail, after: Voicemail, kind: Kind, **fields: Any) -> Voicemail:
        """The message first, then the timeline of its call; what is told of it waits for both."""
        await self._record.change(before, after)
        self.told(after, kind, **fields)
        self.renew(QueueId(after.queue))
        with contextlib.suppress(DatabaseError):  # the fact waits in memory
            await self.all_written()
        return after

    # ── Given out as work ─────────────────────────────────────────────────────────────────────────

    async def _give(self, wanted: GiveVoicemail) -> None:
        """It is the agent's, unless somebody was first; told either way."""
        async with self._turn:
            try:
                await self.all_written()  # the message itself may still be on its way
                found = await self._record.get(wanted.voicemail)
                if found is None:
                    self.not_given(wanted.voicemail)
                    return
                at_ms, until_ms = self._clock.now_ms(), wanted.until_ms
                taken = step(found, Trigger.TAKE, taken_by=wanted.agent, taken_ms=at_ms, until_ms=until_ms)
                told = {"agent": wanted.agent, "until_ms": until_ms}
                await self._change(found, taken, "voicemail_given", **told)
            except VoicemailNotAllowed:
                await self._tell_how_it_stands(wanted.voicemail)
            except DatabaseError as error:
                log.warning("voicemail not given to anybody", voicemail=wanted.voicemail, why=str(error))
                self.not_given(wanted.voicemail)

    async def _tell_how_it_stands(self, voicemail: str) -> None:
        try:
            found = await self._record.get(voicemail)
        except DatabaseError:
            found = None
        if found is None:
            self.not_given(voicemail)
        else:
            self.told(found, None)

    async def _take_back(self, wanted: TakeVoicemailBack) -> None:
        """Until it is on record, however long the database is away; a stop leaves it to the next start."""
        async with self._turn:
            while True:
                try:
                    found = await self._record.get(wanted.voicemail)
                    if found is None or found.state is not State.TAKEN or found.taken_by != wanted.agent:
                        return
                    told = {"agent": wanted.agent, "by": "", "why": wanted.why}
                    await self._change(found, give_back(found), "voicemail_returned", **told)
                    return
                except VoicemailNotAllowed:
                    return  # somebody was first
                except DatabaseError as error:
                    log.warning("voicemail not taken back yet", voicemail=wanted.voicemail, why=str(error))
                    if self._stopping:
                        return
                    await asyncio.sleep(RETRY_S)
