"""Live assist judges by the book that is in force: when another is published, calls from then on go by it."""

from __future__ import annotations

import asyncio

import structlog

from huawu.calls.assist.assist import Assist
from huawu.platform.database import DatabaseError
from huawu.quality.book import Books
from huawu.quality.errors import BookInvalid
from huawu.standard import load_standard

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 5.0
"""The book may be published by any of several centres, so the database is asked."""


async def take_up_book(books: Books, assist: Assist) -> None:
    """Have assist begin with the book in force; with the shipped one where that cannot be read."""
    try:
        book = await books.current()
    except (DatabaseError, BookInvalid) as error:
        log.error("the book in force cannot be read; live assist goes by the shipped one", why=str(error))
        assist.standard = await asyncio.to_thread(load_standard)
        return
    assist.standard, assist.marks = book.standard, book.marks


async def follow_book(books: Books, assist: Assist) -> None:
    """Take up each book that is published, for ever. The database may go away meanwhile."""
    known = -1
    while True:
        try:
            newest = await books.newest()
            if newest != known:
                book = await books.get(newest)
                assist.standard, assist.marks, known = book.standard, book.marks, newest
        except DatabaseError:
            pass
        except BookInvalid as error:
            known = newest
            log.error("a published book cannot be read; live assist keeps the one before", why=str(error))
        await asyncio.sleep(LOOK_EVERY_S)
