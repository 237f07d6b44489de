"""How calls on record are asked for: filters, pages and their cursors."""

from __future__ import annotations

import msgspec
from sqlalchemy import ColumnElement, Select, and_, or_, select, true, union_all

from huawu.calls.desk_tables import alarms, wrap_ups
from huawu.calls.record import CallRecord
from huawu.calls.tables import call_agents, calls


class BadCursor(ValueError):
    """The cursor is not one that a page of calls gave."""

    def __init__(self, cursor: str) -> None:
        super().__init__(f"{cursor!r} is not a place in the list of calls; start again without a cursor.")


class CallFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls; an empty field asks nothing.

    `agent` has the call, had it and sent the caller on, or dialled it.
    `query` is a part of the caller's number, the dialled number, the agent's id or the call's id.
    """

    query: str = ""
    state: str = ""
    queue: str = ""
    agent: str = ""
    outcome: str = ""
    from_ms: int | None = None
    to_ms: int | None = None  # exclusive
    disposition: str = ""  # filed of it; a branch of the tree takes all below it
    urgent: bool = False  # somebody said so


class CallPage(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first; `next` is the cursor of the following page."""

    calls: list[CallRecord]
    next: str | None = None


def page_of(wanted: CallFilter, cursor: str | None, limit: int) -> Select[str]:
    """The records of a page, newest first. Raises `BadCursor`.

    An agent's own calls and those they sent on are each read in their order and no further than the page
    goes: asked for in one, a database collects all that the agent ever had, to put it in order. Text is
    looked for in an index, without the records.
    """
    newest = (calls.c.began_ms.desc(), calls.c.id.desc())
    where = _conditions(wanted, cursor)
    page = select(calls.c.record).order_by(*newest).limit(limit)
    if wanted.agent:
        had = select(call_agents.c.call).where(call_agents.c.agent == wanted.agent)
        ways = [calls.c.agent == wanted.agent, calls.c.id.in_(had)]
    elif wanted.query.strip():
        ways = [true()]
    else:
        return page.where(*where)
    parts = [select(calls.c.id).where(way, *where).order_by(*newest).limit(limit).subquery() for way in ways]
    return page.where(calls.c.id.in_(union_all(*(select(part.c.id) for part in parts))))


def _conditions(wanted: CallFilter, cursor: str | None) -> list[ColumnElement[bool]]:
    """All that is asked but for whom; raises `BadCursor`."""
    conditions: list[ColumnElement[bool]] = []
    for name in ("state", "queue", "outcome"):
        if value := getattr(wanted, name):
            conditions.append(calls.c[name] == value)
    if wanted.state not in ("", "ended"):  # a call that lasts has no outcome: none that is over is read
        conditions.append(calls.c.outcome == "")
    if wanted.from_ms is not None:
        conditions.append(calls.c.began_ms >= wanted.from_ms)
    if wanted.to_ms is not None:
        conditions.append(calls.c.began_ms < wanted.to_ms)
    if text := wanted.query.strip():
        columns = (calls.c.caller, calls.c.number, calls.c.agent, calls.c.id)
        conditions.append(or_(*(column.contains(text, autoescape=True) for column in columns)))
    if wanted.disposition:
        filed = wrap_ups.c.disposition
        below = filed.startswith(f"{wanted.disposition}.", autoescape=True)
        conditions.append(
            calls.c.id.in_(select(wrap_ups.c.call).where((filed == wanted.disposition) | below))
        )
    if wanted.urgent:
        conditions.append(calls.c.id.in_(select(alarms.c.call)))
    if cursor:
        began, _, call = cursor.partition(".")
        if not (began.isascii() and began.isdigit() and len(began) < 19 and call):
            raise BadCursor(cursor)
        at = int(began)
        conditions.append(
            or_(calls.c.began_ms < at, and_(calls.c.began_ms == at, calls.c.id < call)),
        )
    return conditions
