"""Sampling plans: which calls are inspected and by whom, seen before it is done, and kept with its seed."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Row, Select, delete, func, insert, select, update

from huawu.platform.clock import Clock
from huawu.platform.database import Database
from huawu.quality.assessment import Assessment
from huawu.quality.errors import PlanRefused, StepNotPossible, UnknownPlan, may_not_inspect
from huawu.quality.inspections import Inspections, Wanted
from huawu.quality.listing import CallsWanted
from huawu.quality.records import Assessments
from huawu.quality.sampling import Candidate, Sample, Terms, assign, choose
from huawu.quality.staff import Staff
from huawu.quality.tables import inspection_plans, inspections

MOST_CALLS: Final = 50_000
MOST_INSPECTED: Final = 2_000

PlanState = Literal["draft", "started", "done"]
LeftOutWhy = Literal["own_call", "being_inspected"]


class PlanWanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan asks for; empty lists = all. `due_days` are working days."""

    name: str
    from_ms: int
    to_ms: int
    queues: list[str] = []
    agents: list[str] = []
    inspectors: list[str] = []
    risk: int = 0
    margin: float = 0.1
    confidence: float = 0.9
    expected: float = 0.5
    most_per_agent: int | None = None
    due_days: int = 5
    seed: int | None = None


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """Calls that are not chosen, or chosen for nobody."""

    why: LeftOutWhy
    calls: int


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a plan: the same for the same calls and seed."""

    wanted: PlanWanted
    seed: int
    sample: Sample
    inspectors: dict[str, int]
    assigned: dict[str, str]
    left_out: list[LeftOut]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan on record. `done` and `open`: its inspections."""

    id: str
    state: PlanState
    by: str
    at_ms: int
    started_ms: int | None
    drawn: Drawn
    done: int = 0
    open: int = 0


class _Called(msgspec.Struct, frozen=True):
    name: str


class _Headed(msgspec.Struct, frozen=True):
    """Of a plan's record, which may name thousands of calls, what it is called alone."""

    wanted: _Called


_encode = msgspec.json.Encoder().encode
_drawn = msgspec.json.Decoder(Drawn).decode
_headed = msgspec.json.Decoder(_Headed).decode


class Plans:
    """The use cases of those who plan."""

    def __init__(
        self, db: Database, clock: Clock, assessments: Assessments, made: Inspections, staff: Staff
    ) -> None:
        self._db = db
        self._clock = clock
        self._assessments = assessments
        self._inspections = made
        self._staff = staff

    async def preview(self, wanted: PlanWanted) -> Drawn:
        """Which calls it would be, for whom. Nothing is stored. Raises `PlanRefused`."""
        able = await self._staff.inspectors()
        chosen_ones = wanted.inspectors or list(able)
        strangers = [one for one in chosen_ones if one not in able]
        if strangers:
            raise may_not_inspect(strangers)
        if not chosen_ones:
            raise PlanRefused(
                "Nobody here may inspect. Give somebody the role of an inspector first.", "nobody_inspects"
            )
        if wanted.to_ms <= wanted.from_ms:
            raise PlanRefused(
                "The time of the plan ends before it begins. Choose another.", "plan_without_time"
            )
        among = CallsWanted(
            queues=tuple(wanted.queues),
            agents=tuple(wanted.agents),
            from_ms=wanted.from_ms,
            to_ms=wanted.to_ms,
        )
        calls = await self._assessments.all(among, most=MOST_CALLS + 1)
        if len(calls) > MOST_CALLS:
            raise PlanRefused(
                f"More than {MOST_CALLS} calls: choose a shorter time, or some queues only.",
                "plan_of_too_many_calls",
                n=MOST_CALLS,
            )
        talks = [each for each in calls if each.agent]
        busy = await self._inspections.being_inspected(each.call for each in talks)
        free = [each for each in talks if each.call not in busy]
        seed = secrets.randbelow(2**31) if wanted.seed is None else wanted.seed
        terms = Terms(
            risk=wanted.risk,
            margin=wanted.margin,
            confidence=wanted.confidence,
            expected=wanted.expected,
            most_per_agent=wanted.most_per_agent,
        )
        sample = choose(map(candidate, free), terms, seed)
        if len(sample.chosen) > MOST_INSPECTED:
            raise PlanRefused(
                f"{len(sample.chosen)} inspections are more than {MOST_INSPECTED}: "
                "state a larger error, or a shorter time.",
                "plan_of_too_many_forms",
                n=len(sample.chosen),
                most=MOST_INSPECTED,
            )
        assigned = assign(sample.chosen, chosen_ones, seed)
        counts = Counter(assigned.values())
        own = len(sample.chosen) - len(assigned)
        left_out = [LeftOut(why="being_inspected", calls=len(talks) - len(free))]
        left_out.append(LeftOut(why="own_call", calls=own))
        return Drawn(
            wanted=msgspec.structs.replace(wanted, seed=seed),
            seed=seed,
            sample=sample,
            inspectors={one: counts[one] for one in chosen_ones},
            assigned=assigned,
            left_out=[each for each in left_out if each.calls],
        )

    async def create(self, wanted: PlanWanted, *, by: str) -> Plan:
        """Keep it as a draft, its choice with it."""
        drawn = await self.preview(wanted)
        now_ms = self._clock.now_ms()
        name = f"{now_ms:011x}{secrets.token_hex(3)}"
        row = {
            "id": name,
            "state": "draft",
            "by": by,
            "at_ms": now_ms,
            "started_ms": None,
            "record": _encode(drawn).decode(),
        }
        async with self._db.begin() as connection:
            await connection.execute(insert(inspection_plans).values(row))
        return await self.get(name)

    async def start(self, plan: str, *, by: str) -> Plan:
        """Make its inspections. Raises `StepNotPossible` when it was started."""
        found = await self.get(plan)
        if found.state != "draft":
            raise StepNotPossible("started", "started already", "plan_started")
        drawn = found.drawn
        await self._inspections.make(
            [
                Wanted(call=each.call, inspector=drawn.assigned[each.call], why=each.why)
                for each in drawn.sample.chosen
                if each.call in drawn.assigned
            ],
            by=by,
            plan=plan,
            due_days=drawn.wanted.due_days,
        )  # again after a crash in between, it makes what is missing
        statement = (
            update(inspection_plans)
            .where(inspection_plans.c.id == plan, inspection_plans.c.state == "draft")
            .values(state="started", started_ms=self._clock.now_ms())
        )
        async with self._db.begin() as connection:
            await connection.execute(statement)
        return await self.get(plan)

    async def remove(self, plan: str) -> None:
        """Only a draft. Raises `StepNotPossible`."""
        await self.get(plan)
        statement = delete(inspection_plans).where(
            inspection_plans.c.id == plan, inspection_plans.c.state == "draft"
        )
        async with self._db.begin() as connection:
            if not (await connection.execute(statement)).rowcount:
                raise StepNotPossible("removed", "started already", "plan_started")

    async def page(self, *, limit: int, cursor: str = "") -> list[Plan]:
        """Newest first; `cursor` is the id of the last one seen."""
        statement = select(inspection_plans).order_by(inspection_plans.c.id.desc()).limit(limit)
        return await self._found(statement.where(inspection_plans.c.id < cursor) if cursor else statement)

    async def get(self, plan: str) -> Plan:
        """Raises `UnknownPlan`."""
        found = await self._found(select(inspection_plans).where(inspection_plans.c.id == plan))
        if not found:
            raise UnknownPlan(plan)
        return found[0]

    async def names(self, plans: Iterable[str]) -> dict[str, str]:
        """What each of these plans is called."""
        wanted = inspection_plans.c.id.in_({plan for plan in plans if plan})
        statement = select(inspection_plans.c.id, inspection_plans.c.record).where(wanted)
        async with self._db.read() as connection:
            return {row.id: _headed(row.record).wanted.name for row in await connection.execute(statement)}

    async def _found(self, statement: Select[Any]) -> list[Plan]:
        async with self._db.read() as connection:
            rows = (await connection.execute(statement)).all()
            counts = await connection.execute(forms_of(row.id for row in rows))
        states: dict[tuple[str, bool], int] = {}
        for each in counts:
            key = each.plan, each.state == "draft"
            states[key] = states.get(key, 0) + each.forms
        return [
            _plan(row, done=states.get((row.id, False), 0), open_ones=states.get((row.id, True), 0))
            for row in rows
        ]


def forms_of(plans: Iterable[str]) -> Select[Any]:
    """How many forms of these plans stand where."""
    table = inspections.c
    statement = select(table.plan, table.state, func.count().label("forms"))
    return statement.where(table.plan.in_(list(plans))).group_by(table.plan, table.state)


def _plan(row: Row[Any], *, done: int, open_ones: int) -> Plan:
    started: PlanState = "done" if done and not open_ones else "started"
    return Plan(
        id=row.id,
        state="draft" if row.state == "draft" else started,
        by=row.by,
        at_ms=row.at_ms,
        started_ms=row.started_ms,
        drawn=_drawn(row.record),
        done=done,
        open=open_ones,
    )


def candidate(assessment: Assessment) -> Candidate:
    """An assessed call as the choice sees it."""
    return Candidate(
        call=assessment.call,
        agent=assessment.agent,
        began_ms=assessment.began_ms,
        agents=frozenset(assessment.rest.agents),
        total=assessment.total,
        lost=assessment.lost,
        fatal=assessment.fatal,
        complaint=assessment.complaint,
        dropped=assessment.dropped,
        unsure=assessment.unsure if assessment.words else 0,
        talk_ms=assessment.talk_ms,
    )
