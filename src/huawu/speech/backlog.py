"""Recordings that wait to be heard: workers claim them, and what they heard is kept with the claim's end.

A claim is a conditional update and runs out, so a worker that dies loses no call and two never write one:
whoever does not hold the claim any more cannot finish it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import and_, delete, func, insert, or_, select, update

from huawu.platform.cause import Cause, kept_cause
from huawu.platform.database import Database
from huawu.speech.hearing import Hearing
from huawu.speech.tables import hearings, said, workers

CLAIM_MS: Final = 120_000
"""So long a claim holds from its last renewal."""
MOST_ATTEMPTS: Final = 3
SEEN_WITHIN_MS: Final = 15_000
"""A worker that was not seen for so long is gone."""
FACTOR_OVER: Final = 200
"""So many hearings the real-time factor is taken over."""
BROKE_OFF: Final = Cause(
    code="hearing_broke_off",
    values={"n": MOST_ATTEMPTS},
    detail=f"{MOST_ATTEMPTS} workers began it and none came to an end.",
)
_NOT_DONE: Final = ("waiting", "claimed", "failed")
HearingState = Literal["none", "waiting", "claimed", "done", "failed"]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class ClaimLost(Exception):
    """Somebody else has the recording by now: this worker was away for too long."""

    def __init__(self, call: str) -> None:
        super().__init__(f"The recording of call {call} was claimed by another worker.")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A recording to be heard. `zero_ms`: when it began; `path`: below the data folder."""

    call: str
    recording: str
    path: str
    zero_ms: int
    language: str = ""
    audio_ms: int = 0


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """How the hearing of a call's recording stands."""

    call: str
    state: HearingState
    progress: float = 0.0
    by: str = ""
    zero_ms: int = 0
    audio_ms: int = 0
    done_ms: int = 0
    notes: tuple[str, ...] = ()
    error: Cause | None = None


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """One `said` fact of a call: `at_ms` is its end."""

    party: str
    at_ms: int
    fields: dict[str, Any]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The backlog, and how fast it is worked off. `factor`: time to hear ÷ time of sound; None = none yet."""

    waiting: int
    claimed: int
    failed: int
    waiting_ms: int
    """Of sound that waits or is being heard."""
    oldest_ms: int | None
    factor: float | None
    workers: int
    live: bool
    """Some worker has a core to spare for calls that go on."""


class Backlog:
    """Where recordings wait, for the centre and any number of workers on any number of machines."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def put(self, wanted: Sequence[Wanted], now_ms: int) -> None:
        """Add recordings that are not there yet."""
        rows = [
            {
                **msgspec.to_builtins(one),
                "state": "waiting",
                "claimed_by": "",
                "claim_until_ms": 0,
                "attempts": 0,
                "progress": 0.0,
                "created_ms": now_ms,
                "done_ms": 0,
                "took_ms": 0,
                "by": "",
                "notes": "",
                "error": "",
                "cause": "",
            }
            for one in wanted
        ]
        if rows:
            async with self.db.begin() as connection:
                await connection.execute(self.db.insert(hearings).on_conflict_do_nothing(), rows)

    async def claim(self, worker: str, now_ms: int) -> Wanted | None:
        """The oldest that waits, or whose claim ran out; None when there is none.

        One that was tried too often fails instead: it kills workers.
        """
        runs_out = and_(hearings.c.state == "claimed", hearings.c.claim_until_ms < now_ms)
        free = or_(hearings.c.state == "waiting", runs_out)
        first = (
            select(hearings.c.call)
            .where(free)
            .order_by(hearings.c.created_ms, hearings.c.call)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        async with self.db.begin() as connection:
            await connection.execute(
                update(hearings)
                .where(runs_out, hearings.c.attempts >= MOST_ATTEMPTS)
                .values(state="failed", done_ms=now_ms, **_kept(BROKE_OFF))
            )
            claimed = await connection.execute(
                update(hearings)
                .where(hearings.c.call == first.scalar_subquery(), free)
                .values(
                    state="claimed",
                    claimed_by=worker,
                    claim_until_ms=now_ms + CLAIM_MS,
                    attempts=hearings.c.attempts + 1,
                    progress=0.0,
                )
                .returning(*(hearings.c[name] for name in Wanted.__struct_fields__))
            )
            row = claimed.first()
        return None if row is None else Wanted(**row._mapping)

    async def renew(self, worker: str, call: str, progress: float, now_ms: int) -> None:
        """Go on holding it. Raises `ClaimLost`."""
        async with self.db.begin() as connection:
            kept = await connection.execute(
                update(hearings)
                .where(_mine(worker, call))
                .values(claim_until_ms=now_ms + CLAIM_MS, progress=progress)
            )
        if not kept.rowcount:
            raise ClaimLost(call)

    async def finish(self, worker: str, call: str, heard: Hearing, now_ms: int) -> None:
        """Keep what was heard, whole or not at all. Raises `ClaimLost`."""
        async with self.db.begin() as connection:
            row = (
                await connection.execute(
                    update(hearings)
                    .where(_mine(worker, call))
                    .values(
                        state="done",
                        progress=1.0,
                        claim_until_ms=0,
                        done_ms=now_ms,
                        audio_ms=heard.duration_ms,
                        took_ms=heard.took_ms,
                        by=heard.by[:64],
                        notes=" ".join(heard.notes),
                        error="",
                        cause="",
                    )
                    .returning(hearings.c.zero_ms)
                )
            ).first()
            if row is None:
                raise ClaimLost(call)
            await connection.execute(delete(said).where(said.c.call == call))
            rows = [
                {
                    "call": call,
                    "nth": nth,
                    "party": turn.party,
                    "at_ms": row.zero_ms + turn.to_ms,
                    "fields": _encode(turn.fields(row.zero_ms, heard.by)).decode(),
                }
                for nth, turn in enumerate(heard.turns, 1)
            ]
            if rows:
                await connection.execute(insert(said), rows)

    async def fail(self, worker: str, call: str, why: Cause, now_ms: int) -> None:
        """It cannot be heard, however often one tries. Raises `ClaimLost`."""
        async with self.db.begin() as connection:
            kept = await connection.execute(
                update(hearings)
                .where(_mine(worker, call))
                .values(state="failed", claim_until_ms=0, done_ms=now_ms, **_kept(why))
            )
        if not kept.rowcount:
            raise ClaimLost(call)

    async def give_back(self, worker: str, call: str) -> None:
        """The worker stops: another may have it at once, and this was no attempt."""
        async with self.db.begin() as connection:
            await connection.execute(
                update(hearings)
                .where(_mine(worker, call))
                .values(state="waiting", claimed_by="", claim_until_ms=0, attempts=hearings.c.attempts - 1)
            )

    async def retry(self, call: str) -> bool:
        """Let one that failed be heard again; whether there is such a one."""
        async with self.db.begin() as connection:
            changed = await connection.execute(
                update(hearings)
                .where(hearings.c.call == call, hearings.c.state == "failed")
                .values(state="waiting", attempts=0, error="", cause="", done_ms=0)
            )
        return bool(changed.rowcount)

    # ── What is read ──────────────────────────────────────────────────────────────────────────────

    async def of_call(self, call: str) -> Heard:
        """How a call's hearing stands; state `none` when nobody is to hear it."""
        async with self.db.read() as connection:
            row = (await connection.execute(select(hearings).where(hearings.c.call == call))).first()
        return Heard(call=call, state="none") if row is None else _heard(row)

    async def words(self, call: str) -> list[Words]:
        """What was said in a call, in the order of its beginnings; none before it is heard."""
        statement = select(said).where(said.c.call == call).order_by(said.c.nth)
        async with self.db.read() as connection:
            rows = (await connection.execute(statement)).all()
        return list(map(_words, rows))

    async def heard_of(self, calls: Sequence[str]) -> list[tuple[Heard, list[Words]]]:
        """Those of the calls that are heard to the end, each with what was said in it."""
        of_calls = select(hearings).where(hearings.c.call.in_(calls))
        async with self.db.read() as connection:
            heard = [_heard(row) for row in await connection.execute(of_calls) if row.state == "done"]
            words: dict[str, list[Words]] = {each.call: [] for each in heard}
            if words:
                rows = select(said).where(said.c.call.in_(words)).order_by(said.c.call, said.c.nth)
                for row in await connection.execute(rows):
                    words[row.call].append(_words(row))
        return [(each, words[each.call]) for each in heard]

    async def over_since(self, done_ms: int, *, most: int = 200) -> list[Heard]:
        """Hearings that came to an end (done or failed) at or after that instant, oldest first."""
        statement = (
            select(hearings)
            .where(hearings.c.done_ms >= max(done_ms, 1))
            .order_by(hearings.c.done_ms, hearings.c.call)
            .limit(most)
        )
        async with self.db.read() as connection:
            return [_heard(row) for row in await connection.execute(statement)]

    async def known(self, calls: Sequence[str]) -> set[str]:
        """Which of these are there already."""
        statement = select(hearings.c.call).where(hearings.c.call.in_(calls))
        async with self.db.read() as connection:
            return set((await connection.execute(statement)).scalars())

    async def unheard(self) -> frozenset[str]:
        """The calls whose recordings are still to be heard."""
        statement = select(hearings.c.call).where(hearings.c.state.in_(["waiting", "claimed"]))
        async with self.db.read() as connection:
            return frozenset((await connection.execute(statement)).scalars())

    async def summary(self, now_ms: int) -> Summary:
        """The backlog now. Asked every few seconds: what years have heard is not looked at."""
        counted = (
            select(
                hearings.c.state,
                func.count(),
                func.sum(hearings.c.audio_ms),
                func.min(hearings.c.created_ms),
            )
            .where(hearings.c.state.in_(_NOT_DONE))
            .group_by(hearings.c.state)
        )
        newest = (
            select(hearings.c.audio_ms, hearings.c.took_ms)
            .where(hearings.c.done_ms > 0, hearings.c.state.not_in(_NOT_DONE), hearings.c.audio_ms > 0)
            .order_by(hearings.c.done_ms.desc())
            .limit(FACTOR_OVER)
        )
        alive = select(workers.c.live).where(workers.c.seen_ms >= now_ms - SEEN_WITHIN_MS)
        async with self.db.read() as connection:
            states = {row[0]: row for row in await connection.execute(counted)}
            times = (await connection.execute(newest)).all()
            here = list((await connection.execute(alive)).scalars())
        open_ones = [states[state] for state in ("waiting", "claimed") if state in states]
        audio_ms = sum(row.audio_ms for row in times)
        return Summary(
            waiting=_count(states, "waiting"),
            claimed=_count(states, "claimed"),
            failed=_count(states, "failed"),
            waiting_ms=sum(int(row[2] or 0) for row in open_ones),
            oldest_ms=min((int(row[3]) for row in open_ones), default=None),
            factor=round(sum(row.took_ms for row in times) / audio_ms, 3) if audio_ms else None,
            workers=len(here),
            live=any(here),
        )

    async def seen(self, worker: str, recogniser: str, *, live: bool, now_ms: int) -> None:
        """A worker is there."""
        row = {"name": worker, "seen_ms": now_ms, "recogniser": recogniser[:64], "live": int(live)}
        statement = self.db.insert(workers).values(**row)
        changed = {name: statement.excluded[name] for name in ("seen_ms", "recogniser", "live")}
        async with self.db.begin() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changed))

    async def gone(self, worker: str, now_ms: int) -> None:
        """A worker leaves; those of old are forgotten."""
        async with self.db.begin() as connection:
            old = workers.c.seen_ms < now_ms - 86_400_000
            await connection.execute(delete(workers).where(or_(workers.c.name == worker, old)))


def _kept(why: Cause) -> dict[str, str]:
    columns = why.kept()
    return {"cause": columns["cause"], "error": columns["detail"]}


def _mine(worker: str, call: str) -> Any:
    return and_(hearings.c.call == call, hearings.c.state == "claimed", hearings.c.claimed_by == worker)


def _count(states: Mapping[str, Any], state: str) -> int:
    return int(states[state][1]) if state in states else 0


def _heard(row: Any) -> Heard:
    return Heard(
        call=row.call,
        state=row.state,
        progress=round(row.progress, 3),
        by=row.by,
        zero_ms=row.zero_ms,
        audio_ms=row.audio_ms,
        done_ms=row.done_ms,
        notes=tuple(row.notes.split()),
        error=kept_cause(row.cause, row.error) if row.state == "failed" else None,
    )


def _words(row: Any) -> Words:
    return Words(party=row.party, at_ms=row.at_ms, fields=_decode(row.fields))
