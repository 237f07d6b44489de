"""Changes to the book handed to whoever may publish them, one at a time: put in force, or sent back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.platform.clock import Clock
from huawu.platform.database import Database
from huawu.quality.book import Books
from huawu.quality.errors import OthersProposal, ProposalAnswered, ProposalOpen
from huawu.quality.tables import book_proposals

ProposalState = Literal["open", "published", "returned"]


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody would have otherwise; `base` is what the version had that they changed.

    `became` is the version it was published as, `word` what it was sent back with.
    """

    number: int
    from_number: int
    base: dict[str, Any]
    overrides: dict[str, Any]
    why: str
    by: str
    by_name: str = ""
    at_ms: int
    state: ProposalState
    answered_by: str
    answered_by_name: str = ""
    answered_ms: int | None
    word: str
    became: int | None


class Proposals:
    """All that were made; `Books.publish` puts one in force."""

    def __init__(self, db: Database, clock: Clock, books: Books) -> None:
        self._db = db
        self._clock = clock
        self._books = books

    async def newest(self) -> Proposal | None:
        """The one that is open, else the last that was."""
        statement = select(book_proposals).order_by(book_proposals.c.number.desc()).limit(1)
        async with self._db.read() as connection:
            row = (await connection.execute(statement)).one_or_none()
        if row is None:
            return None
        return Proposal(
            number=row.number,
            from_number=row.from_number,
            base=await self._books.overrides(row.from_number),
            overrides=msgspec.json.decode(row.overrides),
            why=row.why,
            by=row.by,
            at_ms=row.at_ms,
            state=row.state,
            answered_by=row.answered_by,
            answered_ms=row.answered_ms,
            word=row.word,
            became=row.became,
        )

    async def make(self, overrides: Mapping[str, Any], *, why: str, by: str, from_number: int) -> int:
        """Hand changes over; gives their number.

        Raises `BookInvalid`, `UnknownBook`, and `ProposalOpen` while another waits.
        """
        await self._books.make(overrides)
        await self._books.overrides(from_number)
        newest = select(func.coalesce(func.max(book_proposals.c.number), 0))
        waits = select(book_proposals.c.by).where(book_proposals.c.state == "open")
        try:
            async with self._db.begin() as connection:
                if (await connection.execute(waits)).first() is not None:
                    raise ProposalOpen
                number = int((await connection.execute(newest)).scalar_one()) + 1
                row = {
                    "number": number,
                    "from_number": from_number,
                    "overrides": msgspec.json.encode(dict(overrides)).decode(),
                    "why": why,
                    "by": by,
                    "at_ms": self._clock.now_ms(),
                    "state": "open",
                    "answered_by": "",
                    "answered_ms": None,
                    "word": "",
                    "became": None,
                }
                await connection.execute(insert(book_proposals).values(row))
        except IntegrityError:  # somebody else's came first
            raise ProposalOpen from None
        return number

    async def send_back(self, number: int, word: str, who: Principal) -> None:
        """By whoever may publish; and by whoever made it, who takes it back.

        Raises `OthersProposal`, and `ProposalAnswered` for one that is not open.
        """
        one = book_proposals.c.number == number
        done = {
            "state": "returned",
            "answered_by": who.user,
            "answered_ms": self._clock.now_ms(),
            "word": word,
        }
        async with self._db.begin() as connection:
            maker = (await connection.execute(select(book_proposals.c.by).where(one))).scalar()
            if maker != who.user and not who.may(Permission.CHANGE_BOOK):
                raise OthersProposal
            change = update(book_proposals).where(one, book_proposals.c.state == "open").values(done)
            if not (await connection.execute(change)).rowcount:
                raise ProposalAnswered(number)
