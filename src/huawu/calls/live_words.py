"""The words of calls that go on: what was just said is put before a worker, and told when it is heard.

Costs a call nothing while no worker has time to listen. The database is asked only while something that was
said is being heard.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from huawu.calls.facts import Fact
from huawu.platform.clock import Clock
from huawu.platform.database import Database, DatabaseError
from huawu.speech.live import STALE_MS, JustSaid, LiveBoard

log = structlog.get_logger(__name__)

LOOK_S: Final = 0.3
"""Between looks for what is heard by now, while something is waited for."""
AGAIN_S: Final = 5.0
"""Between looks whether anybody listens."""
SHORTEST_MS: Final = 250
LONGEST_MS: Final = 25_000
MOST_CALLS: Final = 2_000
Told = Callable[[Fact], None]


@dataclass(slots=True)
class _Tape:
    """A running call's recording."""

    path: str
    zero_ms: int
    language: str
    paused: bool = False
    broken: bool = False  # it cannot be written now


class LiveWords:
    """Tell it each fact as it happens; `told` hears `said` and `heard` facts (seq 0: they are not stored)."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._board = LiveBoard(db)
        self._clock = clock
        self._tapes: dict[str, _Tape] = {}
        self._languages: dict[str, str] = {}
        self._new: list[JustSaid] = []
        self._waited: dict[str, JustSaid] = {}
        self.listening = False
        """Whether a worker has time for what is said just now."""
        self._counted = 0
        self._work = asyncio.Event()
        self.told: Told = _unheard

    def tell(self, facts: Iterable[Fact]) -> None:
        """What happened. Never fails, never waits."""
        for fact in facts:
            match fact.kind:
                case "talk":
                    if self.listening:
                        self._talked(fact)
                case "language" | "offered":
                    if (language := str(fact.fields.get("language", ""))) and len(
                        self._languages
                    ) < MOST_CALLS:
                        self._languages[fact.call] = language
                case "recording_started":
                    if len(self._tapes) < MOST_CALLS:
                        self._tapes[fact.call] = _Tape(
                            path=str(fact.fields.get("path", "")),
                            zero_ms=int(fact.fields.get("began_ms") or fact.at_ms),
                            language=self._languages.get(fact.call, ""),
                        )
                case "recording_paused" | "recording_resumed":
                    if (tape := self._tapes.get(fact.call)) is not None:
                        tape.paused = fact.kind == "recording_paused"
                case "recording_recovered":
                    if (tape := self._tapes.get(fact.call)) is not None:
                        tape.broken = False
                case "recording_failed" if fact.fields.get("goes_on"):
                    if (tape := self._tapes.get(fact.call)) is not None:
                        tape.broken = True
                case "recording_stopped" | "recording_failed":
                    self._tapes.pop(fact.call, None)
                case "ended":
                    self._tapes.pop(fact.call, None)
                    self._languages.pop(fact.call, None)

    def _talked(self, fact: Fact) -> None:
        tape = self._tapes.get(fact.call)
        if tape is None or tape.paused or tape.broken or fact.party not in ("caller", "agent"):
            return
        began_ms, ended_ms = fact.fields.get("began_ms"), fact.fields.get("ended_ms")
        if not isinstance(began_ms, int) or not isinstance(ended_ms, int):
            return
        began_ms = max(began_ms, tape.zero_ms, ended_ms - LONGEST_MS)
        if ended_ms - began_ms < SHORTEST_MS:
            return
        self._counted += 1
        self._new.append(
            JustSaid(
                id=f"{self._clock.now_ms():x}-{self._counted:x}-{fact.call}"[:64],
                call=fact.call,
                path=tape.path,
                zero_ms=tape.zero_ms,
                party=fact.party,
                from_ms=began_ms,
                to_ms=ended_ms,
                language=tape.language,
            )
        )
        self._work.set()

    async def run(self) -> None:
        """For good."""
        looking = asyncio.create_task(self._for_ever(self._look_around, AGAIN_S), name="who listens")
        try:
            await self._for_ever(self._fetch, 0.0)
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking

    async def _for_ever(self, act: Callable[[], Awaitable[None]], pause_s: float) -> None:
        while True:
            try:
                await act()
            except DatabaseError as error:
                log.debug("live words: the database is away", why=str(error))
                self.listening = False
                await asyncio.sleep(AGAIN_S)
            await asyncio.sleep(pause_s)

    async def _look_around(self) -> None:
        self.listening = await self._board.somebody_listens(self._clock.now_ms())

    async def _fetch(self) -> None:
        """Put down what is new, and tell what is heard."""
        if not self._new and not self._waited:
            self._work.clear()
            await self._work.wait()
        now_ms = self._clock.now_ms()
        if self._new:
            new, self._new = self._new, []
            await self._board.put(new, now_ms)
            self._waited |= {said.id: said for said in new}
        await asyncio.sleep(LOOK_S)
        for heard in await self._board.done(list(self._waited)):
            said = self._waited.pop(heard.id)
            self._tell(said, heard.fields)
        late = self._clock.now_ms() - 2 * STALE_MS
        self._waited = {name: said for name, said in self._waited.items() if said.to_ms > late}

    def _tell(self, said: JustSaid, fields: dict[str, object] | None) -> None:
        at_ms = said.to_ms
        facts = [] if fields is None else [_fact(said, at_ms, "said", fields)]
        facts.append(_fact(said, at_ms, "heard", {"until_ms": at_ms, "by": "", "final": False}))
        for fact in facts:
            self.told(fact)


def _fact(said: JustSaid, at_ms: int, kind: str, fields: dict[str, object]) -> Fact:
    return Fact(call=said.call, seq=0, at_ms=at_ms, kind=kind, party=said.party, fields=fields)  # type: ignore[arg-type]


def _unheard(_fact: Fact) -> None:
    """Nobody wants to know."""
