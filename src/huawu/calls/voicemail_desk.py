"""The voicemails of a running centre: how many wait where, who takes them, and what is thrown away."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog

from huawu.acd.events import QueueId
from huawu.calls import recordings
from huawu.calls.effects import Effects
from huawu.calls.recordings import NoRecording
from huawu.calls.taping import FOLDER
from huawu.calls.voicemail_rows import VoicemailRecord
from huawu.calls.voicemails import (
    State,
    Trigger,
    UnknownVoicemail,
    Voicemail,
    VoicemailNotAllowed,
    step,
)
from huawu.platform.clock import Clock

log = structlog.get_logger(__name__)


class VoicemailDesk:
    """Counts in memory, truth in the database."""

    def __init__(self, record: VoicemailRecord, data: Path, clock: Clock) -> None:
        self._record = record
        self._data = data
        self._clock = clock
        self._waiting: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self.renew: Callable[[QueueId], None] = lambda queue: None

    async def start(self) -> list[Voicemail]:
        """Those whose recording the last life did not see the end of, as long as they are on disk."""
        self._waiting = Counter(await self._record.waiting())
        unfinished = await self._record.unfinished()
        return [await asyncio.to_thread(self._measured, each) for each in unfinished]

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
            task = asyncio.create_task(asyncio.to_thread(self._throw_away, list(effects.discarded)))
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

    async def take(self, found: Voicemail, by: str, *, over: bool) -> Voicemail:
        """It is this person's to do; `over`: even if somebody else's so far. Raises `VoicemailNotAllowed`."""
        if found.state is State.TAKEN and found.taken_by == by:
            return found
        trigger = Trigger.TAKE_OVER if over and found.state is State.TAKEN else Trigger.TAKE
        return await self._change(found, step(found, trigger, taken_by=by, taken_ms=self._clock.now_ms()))

    async def finish(self, found: Voicemail, by: str, note: str, *, over: bool) -> Voicemail:
        """It is done, by who took it or somebody who may take `over`. Raises `VoicemailNotAllowed`."""
        if found.state is State.DONE and found.done_by == by:
            return found
        if not over and found.taken_by not in ("", by):
            raise VoicemailNotAllowed(found.id, found.state, found.taken_by)
        done = step(found, Trigger.FINISH, done_by=by, done_ms=self._clock.now_ms(), note=note)
        changed = await self._change(found, done)
        self._waiting[found.queue] -= 1
        self.renew(QueueId(found.queue))
        return changed

    async def _change(self, before: Voicemail, after: Voicemail) -> Voicemail:
        await self._record.change(before, after)
        self.renew(QueueId(after.queue))
        return after
