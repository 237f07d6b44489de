"""The book in force: the shipped one with the centre's own changes on top, in versions that only grow."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from huawu.platform.clock import Clock
from huawu.platform.database import Database
from huawu.quality.errors import BookChanged, BookInvalid, ProposalAnswered, UnknownBook
from huawu.quality.ports import Listens, Loads, Marks, deaf
from huawu.quality.tables import book_proposals, book_versions
from huawu.standard import BookError, Standard, load_standard

SHIPPED: Final = 0
"""The number of the book without any change of the centre's."""
_KEPT_BOOKS: Final = 8


@dataclass(frozen=True, kw_only=True)
class Book:
    """One version, ready to judge by. `marks` hears its phrases."""

    number: int
    standard: Standard
    marks: Marks
    overrides: dict[str, Any]


class BookVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version on the list; `changes`: how many single changes to the shipped book it holds.

    `proposed_by` "" = whoever published it.
    """

    number: int
    version: str
    at_ms: int | None
    by: str
    by_name: str = ""
    proposed_by: str = ""
    proposed_by_name: str = ""
    why: str
    rolled_back_to: int | None
    current: bool
    changes: int


class BookChange(msgspec.Struct, frozen=True, kw_only=True):
    """One value that differs: `+` new, `-` gone, `~` another."""

    sign: str
    what: str
    before: Any = None
    after: Any = None


class Books:
    """All versions; compiled ones are kept. `loads` makes a book of the centre's changes."""

    def __init__(
        self, db: Database, clock: Clock, loads: Loads = load_standard, listens: Listens = deaf
    ) -> None:
        self._db = db
        self._clock = clock
        self._loads = loads
        self._listens = listens
        self._made: OrderedDict[int, Book] = OrderedDict()
        self._turn = asyncio.Lock()

    async def current(self) -> Book:
        """The one in force."""
        return await self.get(await self.newest())

    async def newest(self) -> int:
        """The number of the one in force."""
        statement = select(func.coalesce(func.max(book_versions.c.number), SHIPPED))
        async with self._db.read() as connection:
            return int((await connection.execute(statement)).scalar_one())

    async def get(self, number: int) -> Book:
        """A version, ready to judge by. Raises `UnknownBook`; and `BookInvalid` for one that this program's
        book no longer fits."""
        async with self._turn:
            if number in self._made:
                self._made.move_to_end(number)
                return self._made[number]
            overrides = await self.overrides(number)
            book = await self.make(overrides, number)
            self._made[number] = book
            while len(self._made) > _KEPT_BOOKS:
                self._made.popitem(last=False)
            return book

    async def make(self, overrides: Mapping[str, Any], number: int = -1) -> Book:
        """A book that is not in force, of changes that may be wrong. Raises `BookInvalid`."""
        try:
            standard = await asyncio.to_thread(self._loads, written(overrides))
        except BookError as error:
            raise BookInvalid(problems_of(error)) from error
        marks = await asyncio.to_thread(self._listens, standard)
        return Book(number=number, standard=standard, marks=marks, overrides=dict(overrides))

    async def overrides(self, number: int) -> dict[str, Any]:
        """What the centre changed in a version. Raises `UnknownBook`."""
        if number == SHIPPED:
            return {}
        statement = select(book_versions.c.overrides).where(book_versions.c.number == number)
        async with self._db.read() as connection:
            text = (await connection.execute(statement)).scalar()
        if text is None:
            raise UnknownBook(number)
        return dict(msgspec.json.decode(text))

    async def versions(self) -> list[BookVersion]:
        """All, the newest first; the shipped book is the last."""
        made_of = book_versions.outerjoin(book_proposals, book_proposals.c.became == book_versions.c.number)
        columns = (book_versions, func.coalesce(book_proposals.c.by, "").label("proposed_by"))
        statement = select(*columns).select_from(made_of).order_by(book_versions.c.number.desc())
        async with self._db.read() as connection:
            rows = (await connection.execute(statement)).all()
        newest = rows[0].number if rows else SHIPPED
        found = [
            BookVersion(
                number=row.number,
                version=row.version,
                at_ms=row.at_ms,
                by=row.by,
                proposed_by=row.proposed_by,
                why=row.why,
                rolled_back_to=row.rolled_back_to,
                current=row.number == newest,
                changes=len(changes_between({}, msgspec.json.decode(row.overrides))),
            )
            for row in rows
        ]
        shipped = await self.get(SHIPPED)
        return [
            *found,
            BookVersion(
                number=SHIPPED,
                version=shipped.standard.version,
                at_ms=None,
                by="",
                why="",
                rolled_back_to=None,
                current=newest == SHIPPED,
                changes=0,
            ),
        ]

    async def changes(self, from_number: int, to_number: int) -> list[BookChange]:
        """What differs between two versions. Raises `UnknownBook`."""
        return changes_between(await self.overrides(from_number), await self.overrides(to_number))

    async def publish(
        self,
        overrides: Mapping[str, Any],
        *,
        why: str,
        by: str,
        from_number: int,
        rolled_back_to: int | None = None,
        proposal: int | None = None,
    ) -> BookVersion:
        """Bring changes into force as the next version, which answers the `proposal` they come of.

        Raises `BookInvalid`, `BookChanged` and `ProposalAnswered`.
        """
        made = await self.make(overrides)
        now_ms = self._clock.now_ms()
        row = {
            "number": from_number + 1,
            "version": made.standard.version,
            "at_ms": now_ms,
            "by": by,
            "why": why,
            "rolled_back_to": rolled_back_to,
            "overrides": msgspec.json.encode(dict(overrides)).decode(),
        }
        newest = select(func.coalesce(func.max(book_versions.c.number), SHIPPED))
        try:
            async with self._db.begin() as connection:
                number = int((await connection.execute(newest)).scalar_one())
                if number != from_number:
                    raise BookChanged(from_number, number)
                await connection.execute(insert(book_versions).values(row))
                if proposal is not None:
                    published = {"state": "published", "became": from_number + 1}
                    answered = {"answered_by": by, "answered_ms": now_ms}
                    asked = (book_proposals.c.number == proposal, book_proposals.c.state == "open")
                    change = update(book_proposals).where(*asked).values(**published, **answered)
                    if not (await connection.execute(change)).rowcount:
                        raise ProposalAnswered(proposal)
        except IntegrityError:
            raise BookChanged(from_number, from_number + 1) from None
        return BookVersion(
            number=from_number + 1,
            version=made.standard.version,
            at_ms=now_ms,
            by=by,
            why=why,
            rolled_back_to=rolled_back_to,
            current=True,
            changes=len(changes_between({}, overrides)),
        )

    async def roll_back(self, to: int, *, why: str, by: str) -> BookVersion:
        """Bring an earlier version into force again, as a new one. Raises `UnknownBook`."""
        return await self.publish(
            await self.overrides(to), why=why, by=by, from_number=await self.newest(), rolled_back_to=to
        )


def written(overrides: Mapping[str, Any]) -> str | None:
    """Changes as the text that the book reads (JSON is YAML), the same for the same changes."""
    if not any(overrides.values()):
        return None
    return msgspec.json.encode(dict(overrides), order="deterministic").decode()


def problems_of(error: BookError) -> list[dict[str, Any]]:
    """Where changes are wrong, as plain JSON; `code` and `about` for whoever words it in another language."""
    return [
        {
            "where": each.where,
            "line": each.line,
            "message": each.message,
            "code": each.code,
            "about": dict(each.about),
        }
        for each in error.places
    ]


def changes_between(before: Any, after: Any, at: str = "") -> list[BookChange]:
    """Value by value, in the order of their names; a list is one value."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        found: list[BookChange] = []
        for name in sorted({*map(str, before), *map(str, after)}):
            where = f"{at}.{name}" if at else name
            if name not in before:
                found += _leaves("+", after[name], where)
            elif name not in after:
                found += _leaves("-", before[name], where)
            else:
                found += changes_between(before[name], after[name], where)
        return found
    return [] if before == after else [BookChange(sign="~", what=at, before=before, after=after)]


def _leaves(sign: str, value: Any, at: str) -> list[BookChange]:
    if isinstance(value, Mapping) and value:
        return [change for name in sorted(value) for change in _leaves(sign, value[name], f"{at}.{name}")]
    added = sign == "+"
    return [BookChange(sign=sign, what=at, before=None if added else value, after=value if added else None)]
