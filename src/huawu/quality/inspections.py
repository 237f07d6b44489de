"""Inspections on record: made, filled in, told to the agent, appealed against, decided, closed.

Each step is one conditional update: who saw an older form is refused and shown the newer one.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import UpdateBase, and_, or_, update

from huawu.ivr.hours import OpeningHours
from huawu.platform.clock import Clock
from huawu.platform.database import Database
from huawu.quality import forms
from huawu.quality.assessment import Assessment
from huawu.quality.book import Books
from huawu.quality.decided import decided_in
from huawu.quality.errors import (
    FirstInspector,
    FormChanged,
    NotJudged,
    NotTheirs,
    OwnCall,
    StepNotPossible,
    TooLate,
    UnknownInspection,
)
from huawu.quality.forms import Appeal, Decision, Form, ItemChange, State, Step, StepDone
from huawu.quality.inspection_record import Inspection, InspectionRecord, row_of
from huawu.quality.records import Assessments
from huawu.quality.sampling import Why
from huawu.quality.tables import inspections
from huawu.quality.working_days import end_of_working_day

APPEAL_DAYS: Final = 3
"""Working days in which an agent may appeal, and in which an appeal is to be decided."""
DUE_DAYS: Final = 5


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A form to be made."""

    call: str
    inspector: str
    why: tuple[Why, ...] = ()


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent is to know: `kind` inspected | appeal_decided."""

    agent: str
    kind: str
    inspection: str
    call: str
    by: str


def unheard(_told: Told) -> None:
    """Nobody is there to be told."""


async def unwritten(_what: str, _inspection: str) -> None:
    """Nobody keeps an audit."""


class Inspections(InspectionRecord):
    """The use cases. `calendar` counts working days; `tell` lets agents know."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        books: Books,
        assessments: Assessments,
        calendar: Callable[[], OpeningHours],
        tell: Callable[[Told], None] = unheard,
    ) -> None:
        super().__init__(db)
        self._clock = clock
        self._books = books
        self._assessments = assessments
        self._calendar = calendar
        self.tell_agent = tell
        self.audited: Callable[[str, str], Awaitable[None]] = unwritten
        """Writes down what happens to a form by itself; what people do is written where they ask for it."""

    # ── Making ────────────────────────────────────────────────────────────────────────────────────

    async def make(
        self,
        wanted: Sequence[Wanted],
        *,
        by: str,
        plan: str = "",
        in_round: str = "",
        due_days: int = DUE_DAYS,
    ) -> list[Inspection]:
        """Forms for calls, each filled in by the machine. What is being inspected already is left out."""
        now_ms = self._clock.now_ms()
        due_ms = self.working_days(now_ms, due_days)
        made = []
        for each in wanted:
            assessment = await self._judged(each.call)
            if each.inspector in assessment.rest.agents:
                if plan:
                    continue  # another part came to light since the plan was drawn
                raise OwnCall(each.call)
            made.append(await self._new(assessment, each, plan=plan, in_round=in_round, by=by, due_ms=due_ms))
        busy = set() if in_round else await self.being_inspected([each.call for each in wanted])
        fresh = [each for each in made if each.call not in busy]
        await self._insert(fresh)
        return fresh

    async def by_hand(self, call: str, inspector: str, *, by: str) -> Inspection:
        """One form. Raises `NotJudged`, `OwnCall`, and `StepNotPossible` when there is one."""
        made = await self.make([Wanted(call=call, inspector=inspector)], by=by)
        if not made:
            raise StepNotPossible("made", "open: there is a form for this call", "has_a_form")
        return made[0]

    async def _judged(self, call: str) -> Assessment:
        assessment = await self._assessments.latest(call)
        if assessment is None:
            raise NotJudged(call)
        return assessment

    async def _new(
        self,
        assessment: Assessment,
        wanted: Wanted,
        *,
        plan: str = "",
        in_round: str = "",
        by: str,
        due_ms: int | None,
        state: State = "draft",
    ) -> Inspection:
        now_ms = self._clock.now_ms()
        book = await self._books.get(assessment.book)
        form = forms.blank(assessment, book.standard, wanted.why)
        steps = [StepDone(at_ms=now_ms, by=by, what="created")]
        return Inspection(
            id=f"{now_ms:011x}{secrets.token_hex(3)}",
            call=assessment.call,
            plan=plan,
            round=in_round,
            inspector=wanted.inspector,
            agent=assessment.agent,
            state=state,
            version=1,
            created_ms=now_ms,
            due_ms=due_ms,
            wakes_ms=None,
            decided_by="",
            form=msgspec.structs.replace(form, steps=steps),
        )

    async def _insert(self, made: Sequence[Inspection]) -> None:
        if not made:
            return
        put = self._db.insert(inspections).on_conflict_do_nothing(
            index_elements=["call", "round", "inspector", "agent"]
        )
        async with self._db.begin() as connection:
            await connection.execute(put, [row_of(each) for each in made])

    # ── The inspector's steps ─────────────────────────────────────────────────────────────────────

    async def save(
        self,
        inspection: str,
        version: int,
        changes: Sequence[ItemChange],
        *,
        comment: str | None,
        praise: str | None,
        by: str,
    ) -> Inspection:
        """Keep a draft. Raises `NotTheirs`, `FormInvalid`, `FormChanged`."""
        now = await self._theirs(inspection, by)
        book = await self._books.get(now.form.book)
        form = forms.take(now.form, changes, book.standard)
        form = msgspec.structs.replace(
            form,
            comment=now.form.comment if comment is None else comment,
            praise=now.form.praise if praise is None else praise,
        )
        return await self._step(now, version, "save", form, by=by)

    async def submit(self, inspection: str, version: int, *, by: str) -> Inspection:
        """The form is done. Raises `Incomplete` besides."""
        now = await self._theirs(inspection, by)
        forms.after(now.state, "submit")
        forms.check_complete(now.form)
        form = msgspec.structs.replace(now.form, submitted_ms=self._clock.now_ms())
        return await self._step(now, version, "submit", form, by=by)

    async def tell(self, inspection: str, version: int, *, by: str) -> Inspection:
        """The agent is told; from now on the agent may appeal."""
        now = await self._theirs(inspection, by)
        if now.round:
            raise StepNotPossible("told", "part of a calibration round", "in_a_round")
        until_ms = self.working_days(self._clock.now_ms(), APPEAL_DAYS)
        form = msgspec.structs.replace(now.form, appeal_until_ms=until_ms)
        done = await self._step(now, version, "tell", form, by=by, wakes_ms=until_ms)
        self.tell_agent(Told(agent=done.agent, kind="inspected", inspection=done.id, call=done.call, by=by))
        return done

    async def reassign(self, inspection: str, inspector: str, *, by: str) -> Inspection:
        """Give a draft to somebody else. Raises `OwnCall`."""
        now = await self.get(inspection)
        if now.round:
            raise StepNotPossible("given to another", "part of a calibration round", "in_a_round")
        if inspector in now.form.agents:
            raise OwnCall(now.call)
        return await self._step(
            now, now.version, "reassign", now.form, by=by, note=inspector, inspector=inspector
        )

    async def _theirs(self, inspection: str, user: str) -> Inspection:
        now = await self.get(inspection)
        if now.inspector != user:
            raise NotTheirs
        return now

    # ── Appeals ───────────────────────────────────────────────────────────────────────────────────

    async def appeal(self, inspection: str, items: Sequence[str], text: str, *, by: str) -> Inspection:
        """The agent's own word against an inspection. Raises `TooLate`, `FormInvalid`."""
        now = await self.get(inspection)
        if now.agent != by or now.round or now.state not in forms.SHOWN_TO_AGENTS:
            raise UnknownInspection(inspection)
        at_ms = self._clock.now_ms()
        if now.form.appeal is None and at_ms > (now.form.appeal_until_ms or 0):
            raise TooLate
        forms.after(now.state, "appeal")
        forms.check_appealed(now.form, items, by)
        form = msgspec.structs.replace(now.form, appeal=self._appeal(by, items, text))
        return await self._step(now, now.version, "appeal", form, by=by, wakes_ms=None)

    async def appeal_call(self, call: str, findings: Sequence[str], text: str, *, by: str) -> Inspection:
        """The agent's own word against what the machine says of a call that nobody inspected, or of the
        agent's phone that rang in vain."""
        assessment = await self._judged(call)
        missed = by in assessment.rest.absent
        if assessment.agent != by and not missed:
            raise NotJudged(call)
        until_ms = self.appeal_until(assessment.ended_ms)
        at_ms = self._clock.now_ms()
        if at_ms > until_ms:
            raise TooLate
        if await (self.of_missed(by, [call]) if missed else self.being_inspected([call])):
            raise StepNotPossible(
                "appealed against", "made already: look at the inspections of this call", "has_a_form"
            )
        made = await self._new(
            assessment, Wanted(call=call, inspector=""), by=by, due_ms=None, state="appealed"
        )
        if missed:
            form = forms.of_missed(made.form, by)
            made = msgspec.structs.replace(made, agent=by, missed=True, form=form)
        forms.check_appealed(made.form, findings, by)
        step = StepDone(at_ms=at_ms, by=by, what="appealed")
        form = msgspec.structs.replace(
            made.form,
            appeal=self._appeal(by, findings, text),
            steps=[*made.form.steps, step],
            appeal_until_ms=until_ms,
        )
        made = msgspec.structs.replace(made, form=form)
        await self._insert([made])
        return await self.get(made.id)

    def appeal_until(self, ended_ms: int) -> int:
        """The last instant to appeal against what the machine says of a call that ended then."""
        return self.working_days(ended_ms, APPEAL_DAYS)

    def _appeal(self, by: str, items: Sequence[str], text: str) -> Appeal:
        at_ms = self._clock.now_ms()
        until_ms = self.working_days(at_ms, APPEAL_DAYS)
        return Appeal(by=by, at_ms=at_ms, text=text, items=list(items), decide_until_ms=until_ms)

    async def decide(
        self, inspection: str, version: int, decisions: Sequence[Decision], reason: str, *, by: str
    ) -> Inspection:
        """Another inspector's last word. Raises `FirstInspector`, `FormInvalid`."""
        now = await self.get(inspection)
        forms.after(now.state, "decide")
        if by == now.inspector or by == now.agent or by in now.form.agents:
            raise FirstInspector
        book = await self._books.get(now.form.book)
        form = forms.decide(now.form, decisions, book.standard)
        assert form.appeal is not None
        at_ms = self._clock.now_ms()
        appeal = msgspec.structs.replace(
            form.appeal, decided_by=by, decided_ms=at_ms, decisions=list(decisions), reason=reason
        )
        form = msgspec.structs.replace(form, appeal=appeal)
        wakes_ms = self.working_days(at_ms, APPEAL_DAYS)
        counts = await self._assessments.settling(now.call, decided_in(form))
        done = await self._step(
            now, version, "decide", form, by=by, note=reason, beside=counts, wakes_ms=wakes_ms, decided_by=by
        )
        self.tell_agent(
            Told(agent=done.agent, kind="appeal_decided", inspection=done.id, call=done.call, by=by)
        )
        return done

    # ── By themselves ─────────────────────────────────────────────────────────────────────────────

    async def close_due(self) -> int:
        """Close what nobody can appeal against any more; how many."""
        now_ms = self._clock.now_ms()
        due = and_(inspections.c.wakes_ms.is_not(None), inspections.c.wakes_ms <= now_ms)
        open_ones = or_(inspections.c.state == "told", inspections.c.state == "decided")
        closed = 0
        for each in await self.find(due, open_ones, limit=200):
            try:
                await self._step(each, each.version, "close", each.form, by="", wakes_ms=None)
                closed += 1
            except FormChanged:
                continue  # appealed against in the last moment
        return closed

    async def close(self, inspection: Inspection) -> None:
        """Close a form of a round that is complete."""
        await self._step(inspection, inspection.version, "close", inspection.form, by="")

    def working_days(self, from_ms: int, days: int) -> int:
        """The end of the so-manieth working day."""
        return end_of_working_day(self._calendar(), from_ms, days)

    async def _step(
        self,
        now: Inspection,
        version: int,
        step: Step,
        form: Form,
        *,
        by: str,
        note: str = "",
        beside: Sequence[UpdateBase] = (),
        **columns: Any,
    ) -> Inspection:
        """Take a step from the form that was seen, with what else changes by it."""
        if version != now.version:
            raise FormChanged(now)
        done = StepDone(at_ms=self._clock.now_ms(), by=by, what=forms.DONE[step], note=note[:500])
        before = form.steps[-1] if form.steps else None
        if step == "save" and before is not None and (before.what, before.by) == (done.what, by):
            steps = [*form.steps[:-1], done]  # saved again and again is one line
        else:
            steps = [*form.steps, done]
        changed = msgspec.structs.replace(
            now,
            state=forms.after(now.state, step),
            version=version + 1,
            form=msgspec.structs.replace(form, steps=steps),
            **columns,
        )
        row = row_of(changed)
        statement = (
            update(inspections)
            .where(inspections.c.id == now.id, inspections.c.version == version)
            .values({name: value for name, value in row.items() if name != "id"})
        )
        async with self._db.begin() as connection:
            taken = (await connection.execute(statement)).rowcount
            for each in beside if taken else ():
                await connection.execute(each)
        if not taken:
            raise FormChanged(await self.get(now.id))
        if not by:
            await self.audited(f"inspection_{done.what}", now.id)
        return changed
