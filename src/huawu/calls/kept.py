"""What a centre puts aside for its next life: agents' states, figures, the place in the link."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import msgspec
import structlog
from sqlalchemy import select

from huawu.acd.snapshot import Snapshot
from huawu.calls.agent_days import AgentDay
from huawu.calls.tables import kept
from huawu.calls.tolls import TollState
from huawu.platform.database import Database

log = structlog.get_logger(__name__)


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

    async def put(self, snapshot: Snapshot) -> None:
        """Put the agents' states and the day's figures aside."""
        value = msgspec.json.encode(snapshot).decode()
        await self._keep("acd", value)

    async def tolls(self) -> TollState | None:
        """What the last life had counted of calls outside; one of an older form counts as none."""
        text = await self._value("tolls")
        try:
            return None if text is None else msgspec.json.decode(text, type=TollState)
        except msgspec.ValidationError:
            return None

    async def put_tolls(self, state: TollState) -> None:
        """Put the counts of calls outside aside."""
        await self._keep("tolls", msgspec.json.encode(state).decode())

    async def agent_days(self) -> dict[str, AgentDay]:
        """What the last life had counted of agents' days; of an older form counts as nothing."""
        text = await self._value("agent_days")
        try:
            return {} if text is None else msgspec.json.decode(text, type=dict[str, AgentDay])
        except msgspec.ValidationError:
            return {}

    async def put_agent_days(self, days: dict[str, AgentDay]) -> None:
        """Put the agents' days aside."""
        await self._keep("agent_days", msgspec.json.encode(days).decode())

    async def _keep(self, name: str, value: str) -> None:
        row = {"name": name, "value": value}
        await self._db.bulk(lambda connection: connection.execute(self._put, [row]))

    async def _value(self, name: str) -> str | None:
        async with self._db.read() as connection:
            return (await connection.execute(select(kept.c.value).where(kept.c.name == name))).scalar()
