"""The announcements of a running centre: put up, switched and taken down by leaders, each on record."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

import msgspec

from huawu.assets.catalogue import UnknownPrompt
from huawu.assets.telephone_sound import telephone_wav
from huawu.calls.engine import Engine
from huawu.calls.notice_rows import NoticeEvent, NoticeRecord
from huawu.calls.notices import Notice
from huawu.platform.clock import Clock

MOST_NOTICES = 100


class UnknownNotice(Exception):
    """There is no such announcement."""

    def __init__(self, notice: str) -> None:
        super().__init__(f"There is no announcement {notice[:64]!r}. It may have been taken down.")


class NoticeRefused(Exception):
    """The announcement could not be put up as it is."""


class NoticeDesk:
    """Keeps record, files and engine together."""

    def __init__(self, engine: Engine, record: NoticeRecord, data: Path, clock: Clock) -> None:
        self._engine = engine
        self._record = record
        self._data = data
        self._clock = clock
        self._notices: dict[str, Notice] = {}
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Put up what stood there before."""
        self._notices = {notice.id: notice for notice in await self._record.all()}
        self._put_up()

    def all(self) -> list[Notice]:
        """Oldest first."""
        return list(self._notices.values())

    async def events(self) -> list[NoticeEvent]:
        """Who did what, newest first."""
        return await self._record.events()

    async def put_up(self, wanted: Notice, by: str) -> Notice:
        """A new one; its id is given here. Raises `NoticeRefused`."""
        self._check(wanted)
        now_ms = self._clock.now_ms()
        notice = msgspec.structs.replace(wanted, id=secrets.token_hex(8), created_ms=now_ms, by=by, path="")
        async with self._lock:
            return await self._keep(notice, "put_up", by)

    async def switch(self, notice: str, on: bool, by: str) -> Notice:
        """Let callers hear it, or not. Raises `UnknownNotice`."""
        async with self._lock:
            changed = msgspec.structs.replace(self._get(notice), on=on)
            return await self._keep(changed, "on" if on else "off", by)

    async def record(self, notice: str, sound: bytes, by: str) -> Notice:
        """The sound of one, from a WAV file. Raises `UnknownNotice` or `UnusableSound`."""
        self._get(notice)
        wav = await asyncio.to_thread(telephone_wav, sound)
        name = (
            f"notices/{notice}-{secrets.token_hex(4)}.wav"  # a new name: who hears the old one hears it out
        )
        async with self._lock:
            before = self._get(notice)
            await asyncio.to_thread(self._write, name, wav)
            changed = await self._keep(msgspec.structs.replace(before, path=name), "sound", by)
            await asyncio.to_thread(self._remove, before.path)
            return changed

    async def take_down(self, notice: str, by: str) -> None:
        """It is gone. Raises `UnknownNotice`."""
        async with self._lock:
            found = self._get(notice)
            await self._record.remove(notice, self._event(found, "removed", by))
            del self._notices[notice]
            self._put_up()
            await asyncio.to_thread(self._remove, found.path)

    def _get(self, notice: str) -> Notice:
        found = self._notices.get(notice)
        if found is None:
            raise UnknownNotice(notice)
        return found

    def _check(self, wanted: Notice) -> None:
        centre = self._engine.floor.centre
        if bool(wanted.queue) == bool(wanted.number):
            raise NoticeRefused("Name a queue or a number, one of them: that is where callers hear it.")
        if wanted.queue and wanted.queue not in centre.configuration.queues:
            raise NoticeRefused(f"There is no queue {wanted.queue!r}. Choose one of the configuration.")
        if wanted.number and wanted.number not in [each.number for each in centre.configuration.numbers]:
            raise NoticeRefused(f"There is no number {wanted.number!r}. Choose one of the configuration.")
        if wanted.until_ms and wanted.until_ms <= max(wanted.from_ms, self._clock.now_ms()):
            raise NoticeRefused("It would end before anybody could hear it. Choose a later end.")
        if len(self._notices) >= MOST_NOTICES:
            raise NoticeRefused(f"There are {MOST_NOTICES} announcements already. Take some down first.")
        for prompt in wanted.prompts:
            try:
                self._engine.floor.voice.path(prompt, centre.language)
            except UnknownPrompt as error:
                raise NoticeRefused(f"There is no prompt {prompt!r}. Choose one of the catalogue.") from error

    async def _keep(self, notice: Notice, what: str, by: str) -> Notice:
        await self._record.put(notice, self._event(notice, what, by))
        self._notices[notice.id] = notice
        self._put_up()
        return notice

    def _event(self, notice: Notice, what: str, by: str) -> NoticeEvent:
        where = f"queue {notice.queue}" if notice.queue else f"number {notice.number}"
        return NoticeEvent(at_ms=self._clock.now_ms(), notice=notice.id, what=what, by=by, detail=where)

    def _put_up(self) -> None:
        self._engine.put_up(list(self._notices.values()))

    def _write(self, name: str, wav: bytes) -> None:
        path = self._data / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(wav)

    def _remove(self, name: str) -> None:
        if name:
            (self._data / name).unlink(missing_ok=True)
