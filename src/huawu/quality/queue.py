"""The calls to be judged: asked for by whoever knows that something changed, claimed by whoever judges.

Several processes on one database share the work: a claim is a conditional update with an end, so that the
calls of one that died are taken up by another. Asking twice is as asking once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, and_, bindparam, case, delete, exists, func, select, update

from huawu.calls.tables import calls
from huawu.platform.cause import Cause, kept_cause
from huawu.platform.database import Database
from huawu.quality.tables import assessments, judging

Asked = Literal["ended", "words", "deadline", "asked"]
CLAIM_MS: Final = 60_000
RETRY_MS: Final = (5_000, 30_000, 120_000, 600_000)


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A call that is ours to judge for a while."""

    call: str
    wanted: int
    attempts: int
    why: str


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A call whose timeline could not be judged; `why`: {code, …}, `detail` the same for who mends it."""

    call: str
    at_ms: int
    why: dict[str, Any]
    detail: str
    attempts: int


class JudgingQueue:
    """The table of it. `name` tells one process from another."""

    def __init__(self, db: Database, name: str) -> None:
        self._db = db
        self._name = name
        its, free = judging.c.call == bindparam("of"), {"claimed_by": "", "claimed_until_ms": 0}
        anew: dict[str, Any] = {**free, "attempts": 0, "detail": "", "cause": ""}
        same, other = judging.c.wanted == bindparam("as_wanted"), judging.c.wanted != bindparam("as_wanted")
        self._over = db.plain(delete(judging).where(its, same))
        later = {**anew, "due_ms": bindparam("again_ms"), "why": "deadline"}
        self._again = db.plain(update(judging).where(its, same).values(later))
        at_once = {**anew, "due_ms": bindparam("now_ms")}
        self._asked_for = db.plain(update(judging).where(its, other).values(at_once))

    async def ask(self, names: Collection[str], why: Asked, *, due_ms: int, now_ms: int) -> None:
        """Have these calls judged, from `due_ms` on; sooner if somebody asked for it sooner."""
        if not names:
            return
        put = self._db.insert(judging)
        rows = [
            {
                "call": call,
                "state": "waiting",
                "why": why,
                "due_ms": due_ms,
                "wanted": 1,
                "claimed_by": "",
                "claimed_until_ms": 0,
                "attempts": 0,
                "at_ms": now_ms,
                "detail": "",
            }
            for call in names
        ]
        sooner = case((put.excluded.due_ms < judging.c.due_ms, put.excluded.due_ms), else_=judging.c.due_ms)
        statement = put.on_conflict_do_update(
            index_elements=["call"],
            set_={
                "wanted": judging.c.wanted + 1,
                "why": put.excluded.why,
                "due_ms": case((judging.c.state == "broken", put.excluded.due_ms), else_=sooner),
                "state": "waiting",
                "at_ms": put.excluded.at_ms,
            },
        )
        async with self._db.begin() as connection:
            await connection.execute(statement, rows)

    async def claim(self, *, now_ms: int, most: int) -> list[Claimed]:
        """Some of those that are due, ours for `CLAIM_MS`."""
        free = and_(
            judging.c.state == "waiting",
            judging.c.due_ms <= now_ms,
            judging.c.claimed_until_ms <= now_ms,
        )
        due = (
            select(judging.c.call, judging.c.wanted, judging.c.attempts, judging.c.why)
            .where(free)
            .order_by(judging.c.due_ms)
            .limit(most)
        )
        async with self._db.read() as connection:  # nothing to do costs no turn at writing
            if (await connection.execute(due.limit(1))).first() is None:
                return []
        async with self._db.begin() as connection:
            rows = (await connection.execute(due.with_for_update(skip_locked=True))).all()
            names = [row.call for row in rows]
            await connection.execute(
                update(judging)
                .where(judging.c.call.in_(names), free)
                .values(claimed_by=self._name, claimed_until_ms=now_ms + CLAIM_MS)
            )
        return [Claimed(**row._mapping) for row in rows]

    def done(
        self, connection: Connection, judged: Sequence[tuple[Claimed, int | None]], *, now_ms: int
    ) -> None:
        """They are judged; until the instant beside each (None = never), or whenever it was asked for
        meanwhile, nobody needs to again.
        """
        rows = [
            {"of": claimed.call, "as_wanted": claimed.wanted, "again_ms": again_ms, "now_ms": now_ms}
            for claimed, again_ms in judged
        ]
        self._over.run(connection, [row for row in rows if row["again_ms"] is None])
        self._again.run(connection, [row for row in rows if row["again_ms"] is not None])
        self._asked_for.run(connection, rows)

    async def broken(self, claimed: Claimed, why: Cause, *, now_ms: int) -> None:
        """Its timeline cannot be judged: it waits until somebody asks again."""
        await self._put_back(claimed, "broken", why, due_ms=now_ms, now_ms=now_ms)

    async def later(self, claimed: Claimed, why: Cause, *, now_ms: int) -> None:
        """Something else failed (the database, say): it is tried again, less and less often."""
        wait_ms = RETRY_MS[min(claimed.attempts, len(RETRY_MS) - 1)]
        await self._put_back(claimed, "waiting", why, due_ms=now_ms + wait_ms, now_ms=now_ms)

    async def _put_back(self, claimed: Claimed, state: str, why: Cause, *, due_ms: int, now_ms: int) -> None:
        unchanged = judging.c.wanted == claimed.wanted  # else: asked for anew, which is worth a new try
        statement = (
            update(judging)
            .where(judging.c.call == claimed.call)
            .values(
                state=case((unchanged, state), else_="waiting"),
                due_ms=due_ms,
                **why.kept(),
                attempts=judging.c.attempts + 1,
                claimed_by="",
                claimed_until_ms=0,
                at_ms=now_ms,
            )
        )
        async with self._db.begin() as connection:
            await connection.execute(statement)

    async def never_judged(self, *, since_ms: int, most: int) -> list[tuple[str, int]]:
        """Calls that are over and neither judged nor asked for, and when they began, the oldest first: what
        a life before left."""
        judged = exists().where(assessments.c.call == calls.c.id)
        asked = exists().where(judging.c.call == calls.c.id)
        statement = (
            select(calls.c.id, calls.c.began_ms)
            .where(calls.c.began_ms >= since_ms, calls.c.outcome != "", ~judged, ~asked)
            .order_by(calls.c.began_ms)
            .limit(most)
        )
        async with self._db.read() as connection:
            return [(row.id, row.began_ms) for row in await connection.execute(statement)]

    async def state_of(self, call: str, now_ms: int) -> tuple[str, Cause | None]:
        """`waiting` (judged anew soon), `broken` with why, or `none`."""
        statement = select(judging).where(judging.c.call == call)
        async with self._db.read() as connection:
            row = (await connection.execute(statement)).first()
        if row is None:
            return "none", None
        if row.state == "broken":
            return "broken", kept_cause(row.cause, row.detail)
        soon = row.due_ms <= now_ms + CLAIM_MS
        return ("waiting" if soon else "none"), None

    async def backlog(self, now_ms: int) -> tuple[int, int | None]:
        """How many are due, and since when the oldest is."""
        statement = select(func.count(), func.min(judging.c.due_ms)).where(
            judging.c.state == "waiting", judging.c.due_ms <= now_ms
        )
        async with self._db.read() as connection:
            count, oldest = (await connection.execute(statement)).one()
        return count, oldest

    async def broken_ones(self, most: int = 100) -> list[Broken]:
        """Those that nobody could judge, the newest first."""
        statement = (
            select(judging).where(judging.c.state == "broken").order_by(judging.c.at_ms.desc()).limit(most)
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(statement)).all()
        return [
            Broken(
                call=row.call,
                at_ms=row.at_ms,
                why=kept_cause(row.cause, row.detail).why,
                detail=row.detail,
                attempts=row.attempts,
            )
            for row in rows
        ]
