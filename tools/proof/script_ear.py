"""A worker that hears recordings as any other does, and knows the scripts by heart: perfect words, no CPU.

It meets the centre over the same tables: what was just said in calls that go on, and recordings that wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from tools.proof.layout import answered_ms, laid_out
from tools.proof.script import Call
from tools.proof.timeline import BEGAN_MS, BY, Fact, perfect

from huawu.calls.reading import CallReader
from huawu.calls.to_be_heard import newly_recorded
from huawu.platform.clock import Clock
from huawu.platform.database import Database
from huawu.speech.backlog import Backlog
from huawu.speech.hearing import Hearing, Turn
from huawu.speech.live import JustSaid, LiveBoard
from huawu.speech.recogniser import Word

NAME: Final = "script-ear"
LOOK_S: Final = 0.1
SEEN_EVERY_S: Final = 5.0
EDGE_MS: Final = 160
"""A worker listens so long before a stretch of voice and after it: words begin and end no further away."""


@dataclass(slots=True)
class Spoken:
    """A script that is played: since when on the clock of the facts, and what was made out of it so far."""

    call: Call
    zero_ms: int
    """The agent's answer."""
    said: tuple[Fact, ...] = ()
    known: set[tuple[int, int]] = field(default_factory=set)
    """Words that were made out, by their utterance's number and their place in it."""
    made_out: list[tuple[JustSaid, Turn]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.said = tuple(fact for fact in perfect(self.call) if fact.kind == "said")

    def turn(self, said: JustSaid) -> Turn | None:
        """The words of a stretch of voice; milliseconds from the recording's beginning.

        As with any worker's turn its first word begins it and its last one ends it.
        """
        shift = self.zero_ms - BEGAN_MS - answered_ms(laid_out(self.call)) - said.zero_ms
        earliest, latest = said.from_ms - said.zero_ms - EDGE_MS, said.to_ms - said.zero_ms + EDGE_MS
        texts: list[str] = []
        words: list[Word] = []
        for fact in self.said:
            if fact.party != said.party:
                continue
            every = [
                Word(text=text, from_ms=begins + shift, to_ms=ends + shift, confidence=sure)
                for text, begins, ends, sure in fact.fields["words"]
            ]
            inside = [
                word
                for nth, word in enumerate(every)
                if earliest <= (word.from_ms + word.to_ms) // 2 < latest and self._is_new(fact, nth)
            ]
            words += [
                replace(word, from_ms=max(word.from_ms, earliest), to_ms=min(word.to_ms, latest))
                for word in inside
            ]
            if inside:
                space = " " if self.call.language == "en" else ""
                whole = len(inside) == len(every)
                texts.append(fact.fields["text"] if whole else space.join(word.text for word in inside))
        if not words:
            return None
        return Turn(
            party=said.party,
            from_ms=words[0].from_ms,
            to_ms=words[-1].to_ms,
            text=" ".join(texts),
            words=tuple(words),
            confidence=1.0,
        )

    def _is_new(self, fact: Fact, nth: int) -> bool:
        """Two stretches that nearly touch do not both have it."""
        new = (fact.seq, nth) not in self.known
        self.known.add((fact.seq, nth))
        return new


class ScriptEar:
    """`played` knows which script a caller's number stands for."""

    def __init__(self, db: Database, clock: Clock, played: Mapping[str, Spoken]) -> None:
        self._db = db
        self._clock = clock
        self._played = played
        self._board, self._backlog, self._reader = LiveBoard(db), Backlog(db), CallReader(db)

    async def run(self) -> None:
        """For good."""
        seen = 0.0
        loop = asyncio.get_running_loop()
        while True:
            if loop.time() - seen > SEEN_EVERY_S:
                seen = loop.time()
                await self._backlog.seen(NAME, BY, live=True, now_ms=self._clock.now_ms())
            while (said := await self._board.claim(NAME, self._clock.now_ms())) is not None:
                await self._hear(said)
            await asyncio.sleep(LOOK_S)

    async def _hear(self, said: JustSaid) -> None:
        spoken = await self._script_of(said.call)
        turn = None if spoken is None else spoken.turn(said)
        if spoken is not None and turn is not None:
            spoken.made_out.append((said, turn))
        await self._board.heard(NAME, said, turn, BY)

    async def _script_of(self, call: str) -> Spoken | None:
        record = await self._reader.get(call)
        return None if record is None else self._played.get(record.caller)

    async def hear_recordings(self) -> None:
        """All recordings that wait: the words are those that were made out while the calls went on."""
        now_ms = self._clock.now_ms()
        await self._backlog.put(await newly_recorded(self._db, now_ms), now_ms)
        while (wanted := await self._backlog.claim(NAME, now_ms)) is not None:
            spoken = await self._script_of(wanted.call)
            made_out: list[tuple[JustSaid, Turn]] = [] if spoken is None else spoken.made_out
            turns = tuple(_moved(turn, said.zero_ms - wanted.zero_ms) for said, turn in made_out)
            heard = Hearing(
                duration_ms=wanted.audio_ms, turns=turns, by=BY, language=wanted.language, took_ms=1
            )
            await self._backlog.finish(NAME, wanted.call, heard, now_ms)


def _moved(turn: Turn, by_ms: int) -> Turn:
    words = [replace(word, from_ms=word.from_ms + by_ms, to_ms=word.to_ms + by_ms) for word in turn.words]
    return replace(turn, from_ms=turn.from_ms + by_ms, to_ms=turn.to_ms + by_ms, words=tuple(words))
