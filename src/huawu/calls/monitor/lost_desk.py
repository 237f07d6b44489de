"""Lost callers of a running centre: found in the records as they are written, dealt with by leaders."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import structlog

from huawu.calls.callbacks import Callback
from huawu.calls.desk_views import Place
from huawu.calls.monitor.lost import LostCallers
from huawu.calls.monitor.rows import LostRecord
from huawu.calls.monitor.views import LostCall
from huawu.calls.promising import Wish
from huawu.calls.record import CallRecord
from huawu.platform.clock import Clock

log = structlog.get_logger(__name__)

CallBack = Callable[[Wish, str, bool], Callback]
"""Have somebody called back, for a person, at their own phone or not. Raises `NotPossible`."""
NO_PLACE: Final = Place()


class LostDesk:
    """Keeps list, record and engine together. `told` hears when something is different."""

    def __init__(
        self,
        lost: LostCallers,
        record: LostRecord,
        clock: Clock,
        *,
        call_back: CallBack,
        number_of: Callable[[str, str], str],
        place: Callable[[str], Awaitable[Place]],
    ) -> None:
        self._lost = lost
        self._record = record
        self._clock = clock
        self._call_back = call_back
        self._number_of = number_of
        self._place = place
        self.told: Callable[[], None] = lambda: None
        self.watched = False  # only then is a number's place looked for
        self._lock = asyncio.Lock()
        self._looking: asyncio.Task[None] | None = None

    async def start(self, since_ms: int) -> None:
        """Find today's in the records, and what was done about them."""
        given_up = await self._record.given_up(since_ms)
        for told in await self._record.of_day(since_ms, given_up):
            if isinstance(told, Callback):
                self._lost.callback(told)
            else:
                self._lost.told(told)
        known = {lost.call for lost in self._lost}
        acts = [act for act in await self._record.acts(since_ms) if act.call in known]
        for act in acts:
            if act.state == "set_aside":
                self._lost.set_aside(act.call, act.note, act.by, act.by_name, act.dealt_ms or 0)
            elif act.callback:
                self._lost.asked(act.call, act.callback, act.by, act.by_name)
        asked = [act.callback for act in acts if act.callback]
        for callback in await self._record.callbacks(asked) if asked else ():
            self._lost.callback(callback)
        self._lost.tidy(self._clock.now_ms())
        self._can_be_called(self._lost)
        self._lost.changed.clear()

    # ── What happens ──────────────────────────────────────────────────────────────────────────────

    def written(self, record: CallRecord) -> None:
        """A call's record was written."""
        self._lost.told(record)
        self._news()

    def callbacks(self, callbacks: Iterable[Callback]) -> None:
        """These callbacks stand otherwise."""
        for callback in callbacks:
            self._lost.callback(callback)
        self._news()

    def tidy(self) -> None:
        """Time passes."""
        self._lost.tidy(self._clock.now_ms())
        self._news()

    def configured(self) -> None:
        """Other rules are in force: they say who can be called."""
        self._can_be_called(self._lost)
        self._news()

    def begin_day(self) -> None:
        self._lost.begin_day()
        self._news()

    def look(self) -> None:
        """Somebody begins to look."""
        self.watched = True
        self._find_places()

    def _news(self) -> None:
        if self._lost.changed:
            self._can_be_called(list(self._lost.changed.values()))
            if self.watched:
                self._find_places()
            self.told()

    def _can_be_called(self, those: Iterable[LostCall | None]) -> None:
        for lost in those:
            if lost is not None:
                self._lost.learn(lost.call, callable=bool(self._number_of(lost.caller, lost.queue)))

    def _find_places(self) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_for_places(), name="places of lost callers")

    async def _look_for_places(self) -> None:
        while wanted := [lost for lost in self._lost if lost.place is None]:
            for lost in wanted:
                try:
                    place = await self._place(lost.caller)
                except Exception as error:  # the list goes on without it
                    log.warning("the place of a lost caller was not found", why=str(error))
                    place = NO_PLACE
                self._lost.learn(lost.call, place=place)
            self.told()

    # ── What leaders do ───────────────────────────────────────────────────────────────────────────

    async def call_back(self, call: str, by: str, by_name: str, *, mine: bool) -> LostCall:
        """Have the caller called back. Raises `UnknownLostCall`, `DealtWith`, `NotPossible`."""
        async with self._lock:
            lost = self._lost.check_open(call)
            wish = Wish(
                call=call,
                queue=lost.view.queue,
                caller=lost.view.caller,
                caller_name=lost.caller_name,
                number=lost.view.number,
                language=lost.language,
                queued_ms=lost.queued_ms,
            )
            callback = self._call_back(wish, by, mine)
            view = self._lost.asked(call, callback.id, by, by_name)
            self._news()
            await self._record.put(view, self._clock.now_ms())
            return view

    async def set_aside(self, call: str, note: str, by: str, by_name: str) -> LostCall:
        """Nothing is to be done. Raises `UnknownLostCall`, `DealtWith`."""
        async with self._lock:
            self._lost.check_open(call)
            now_ms = self._clock.now_ms()
            view = self._lost.set_aside(call, note, by, by_name, now_ms)
            self._news()
            await self._record.put(view, now_ms)
            return view

    async def stop(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
