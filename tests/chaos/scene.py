"""A house under a little load, to which a test does something bad; afterwards every law must hold."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from tools.chaos import invariants
from tools.chaos.ears import Ears, listening
from tools.chaos.house import House, free_port
from tools.chaos.invariants import Death
from tools.chaos.phones import Callers, Registrations, calling
from tools.chaos.story import AGAIN_S, SETTLED_S, all_ready, settle, wait_for_talk


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is."""

    house: House
    callers: Callers
    ears: Ears

    def talk_goes_on(self, since: float, within_s: float = AGAIN_S) -> None:
        """A call made after that instant came to an agent."""
        wait_for_talk(self.house, self.callers, since, within_s)

    def settles(self, deaths: Sequence[Death] = ()) -> None:
        """No new calls; those under way end; then everything on record is looked at."""
        self.callers.stop_politely(SETTLED_S)
        settle(self.house)
        seen = list(self.callers.trace.read().values())
        books = invariants.read_books(self.house.database_url)
        assert books.records
        breaches = [
            *invariants.timelines(books, settled=True),
            *invariants.records(books),
            *invariants.recordings(books, self.house.data, deaths, settled=True),
            *invariants.callers(books, seen, deaths),
            *invariants.agents(self.house.agents_now(), self.house.waiting()),
        ]
        assert not breaches, "\n".join(breaches)


@contextlib.contextmanager
def busy_house(
    folder: Path, *, database: str = "", talk_ms: Sequence[int] = (1_500, 4_000, 8_000)
) -> Iterator[Scene]:
    """Four agents, up to six calls at once; it has worked once when this is entered."""
    house = House(folder, agents=4, phones_port=free_port(), database=database)
    house.prepare()
    house.start()
    registrations = Registrations(house)
    try:
        house.wait_until_whole()
        registrations.start()
        all_ready(house)
        with (
            listening(48) as ears,
            calling(house, folder, ears, rate=1.5, at_once=6, talk_ms=talk_ms) as (callers, _),
        ):
            scene = Scene(house, callers, ears)
            scene.talk_goes_on(0.0)
            yield scene
        registrations.stop()
        assert house.stop() == 0
    finally:
        registrations.stop()
        house.stop()


def eventually(look: Callable[[], bool], what: str, within_s: float = 60.0) -> None:
    """Wait until it is so; fails, naming `what`."""
    until = time.monotonic() + within_s
    while not look():
        if time.monotonic() > until:
            pytest.fail(f"waited {within_s:.0f} s in vain for {what}")
        time.sleep(0.1)
