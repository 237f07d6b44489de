"""What a centre puts aside for its next life: agents' states, figures, the place in the link."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import msgspec
import structlog
from sqlalchemy import select

from huawu.acd.snapshot import Snapshot
from huawu.calls.agent_days import AgentDay
from huawu.calls.homes import SwitchId
from huawu.calls.tables import kept
from huawu.calls.tolls import TollState
from huawu.platform.database import Database

log = structlog.get_logger(__name__)

KEEP_EVERY_S: Final = 1.0
"""How often the agents' states, the day's figures and the switches' marks are put aside for a restart."""


@contextlib.contextmanager
def told_if_not_kept(what: str) -> Iterator[None]:
    """A database that is away holds nobody up, least of all who stops: what could not be kept is told."""
    try:
        yield
    except Exception as error:
        log.warning("not put aside", what=what, why=str(error))


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """The last event of a switch's life whose facts are stored. Written together with those facts."""

    switch: str = ""
    event: int = 0
    link: str = ""  # which of several switches; each has a place of its own


def position_row(position: Position) -> tuple[str, str]:
    """The row (name, value) that says up to where events are stored."""
    return _position_name(position.link), msgspec.json.encode(position).decode()


def _position_name(link: str) -> str:
    return f"position:{link}" if link else "position"


def _mark_name(switch: SwitchId) -> str:
    return f"heard:{switch}" if switch else "heard"


class Kept:
    """The table of things put aside."""

    def __init__(self, db: Database) -> None:
        self._db = db
        put = db.insert(kept)
        self._put = put.on_conflict_do_update(index_elements=["name"], set_={"value": put.excluded["value"]})

    async def agents(self) -> Snapshot | None:
        """The ACD's snapshot of the last life, or None; one of an older form counts as none."""
        text = await self._value("acd")
        try:
            return None if text is None else msgspec.json.decode(text, type=Snapshot)
        except msgspec.ValidationError:
            return None

    async def position(self, link: str = "") -> Position:
        """Up to where the link's events are stored."""
        text = await self._value(_position_name(link))
        return Position(link=link) if text is None else msgspec.json.decode(text, type=Position)

    async def put(self, snapshot: Snapshot | None, marks: Mapping[SwitchId, int]) -> None:
        """Put the agents' states and the day's figures aside, if given, and when switches were heard."""
        rows = {_mark_name(switch): str(at_ms) for switch, at_ms in marks.items()}
        if snapshot is not None:
            rows["acd"] = msgspec.json.encode(snapshot).decode()
        await self._keep(rows)

    async def marks(self, switches: Iterable[SwitchId]) -> dict[SwitchId, int]:
        """When the last life put aside that it heard these; those of which it never did are left out."""
        found = {switch: await self._value(_mark_name(switch)) for switch in switches}
        return {switch: int(text) for switch, text in found.items() if text is not None}

    async def tolls(self) -> TollState | None:
        """What the last life had counted of calls outside; one of an older form counts as none."""
        text = await self._value("tolls")
        try:
            return None if text is None else msgspec.json.decode(text, type=TollState)
        except msgspec.ValidationError:
            return None

    async def put_tolls(self, state: TollState) -> None:
        """Put the counts of calls outside aside."""
        await self._keep({"tolls": msgspec.json.encode(state).decode()})

    async def agent_days(self) -> dict[str, AgentDay]:
        """What the last life had counted of agents' days; of an older form counts as nothing."""
        text = await self._value("agent_days")
        try:
            return {} if text is None else msgspec.json.decode(text, type=dict[str, AgentDay])
        except msgspec.ValidationError:
            return {}

    async def put_agent_days(self, days: dict[str, AgentDay]) -> None:
        """Put the agents' days aside."""
        await self._keep({"agent_days": msgspec.json.encode(days).decode()})

    async def _keep(self, values: Mapping[str, str]) -> None:
        rows = [{"name": name, "value": value} for name, value in sorted(values.items())]
        if rows:
            await self._db.bulk(lambda connection: connection.execute(self._put, rows))

    async def _value(self, name: str) -> str | None:
        async with self._db.read() as connection:
            return (await connection.execute(select(kept.c.value).where(kept.c.name == name))).scalar()


async def keep(
    kept: Kept, snapshot: Callable[[], Snapshot], marks: Callable[[], Mapping[SwitchId, int]]
) -> None:
    """Put aside, again and again, what the switch could not tell a restarted centre."""
    before = None
    while True:
        await asyncio.sleep(KEEP_EVERY_S)
        now = snapshot()
        with told_if_not_kept("agents' states"):  # the next second tries again
            await kept.put(now if now != before else None, marks())
            before = now
