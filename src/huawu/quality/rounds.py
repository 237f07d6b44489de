"""Calibration rounds: several inspectors judge the same calls, blind, and see how far they agree."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import Select, func, insert, select, update

from huawu.platform.clock import Clock
from huawu.platform.database import Database
from huawu.quality.agreement import Agreed, Pair, agreed, pairs
from huawu.quality.errors import FormChanged, PlanRefused, UnknownRound, may_not_inspect
from huawu.quality.forms import says
from huawu.quality.inspection_record import Inspection
from huawu.quality.inspections import Inspections, Wanted
from huawu.quality.staff import Staff
from huawu.quality.tables import calibration_rounds, inspections
from huawu.standard import Text

MACHINE = "machine"
RoundState = Literal["open", "complete"]


class RoundWanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a round is of."""

    name: str
    calls: list[str]
    inspectors: list[str]


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """A round on record; `submitted`: how many forms each inspector has done."""

    id: str
    state: RoundState
    by: str
    at_ms: int
    wanted: RoundWanted
    submitted: dict[str, int]


class Votes(msgspec.Struct, frozen=True, kw_only=True):
    """What everybody says of one item: by user, and the machine where it judged."""

    call: str
    item: str
    votes: dict[str, str]


class RuleAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """How far they agree on one rule."""

    rule: str
    title: Text
    items: int
    people: Agreed
    with_machine: Agreed
    pairs: list[Pair]
    votes: list[Votes]


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """How far they agree: all together with the machine, people alone, and rule by rule, worst first."""

    overall: Agreed
    people: Agreed
    rules: list[RuleAgreement]


class Rounds:
    """The use cases."""

    def __init__(self, db: Database, clock: Clock, made: Inspections, staff: Staff) -> None:
        self._db = db
        self._clock = clock
        self._inspections = made
        self._staff = staff

    async def create(self, wanted: RoundWanted, *, by: str) -> Round:
        """A form of each call for each inspector. Raises `PlanRefused`, `OwnCall`, `NotJudged`."""
        able = await self._staff.inspectors()
        strangers = [one for one in wanted.inspectors if one not in able]
        if strangers:
            raise may_not_inspect(strangers)
        if len(set(wanted.inspectors)) < 2 or not wanted.calls:
            raise PlanRefused("A round needs a call and two inspectors at least.", "round_too_small")
        now_ms = self._clock.now_ms()
        name = f"{now_ms:011x}{secrets.token_hex(3)}"
        row = {
            "id": name,
            "state": "open",
            "by": by,
            "at_ms": now_ms,
            "record": msgspec.json.encode(wanted).decode(),
        }
        forms = [
            Wanted(call=call, inspector=inspector)
            for call in dict.fromkeys(wanted.calls)
            for inspector in dict.fromkeys(wanted.inspectors)
        ]
        await self._inspections.make(forms, by=by, in_round=name)
        async with self._db.begin() as connection:
            await connection.execute(insert(calibration_rounds).values(row))
        return await self.get(name)

    async def page(self, *, limit: int, cursor: str = "") -> list[Round]:
        """Newest first; `cursor` is the id of the last one seen."""
        statement = select(calibration_rounds).order_by(calibration_rounds.c.id.desc()).limit(limit)
        return await self._found(statement.where(calibration_rounds.c.id < cursor) if cursor else statement)

    async def get(self, name: str) -> Round:
        """Raises `UnknownRound`."""
        found = await self._found(select(calibration_rounds).where(calibration_rounds.c.id == name))
        if not found:
            raise UnknownRound(name)
        return found[0]

    async def forms(self, name: str) -> list[Inspection]:
        """The forms of a round: of 20 calls by 50 inspectors at most."""
        return await self._inspections.find(inspections.c.round == name, limit=10_000)

    async def submitted(self, inspection: Inspection) -> None:
        """A form is done: with the last one the round is complete, and nobody is blind any more."""
        forms = await self.forms(inspection.round)
        if any(each.state == "draft" for each in forms):
            return
        statement = (
            update(calibration_rounds)
            .where(calibration_rounds.c.id == inspection.round)
            .values(state="complete")
        )
        async with self._db.begin() as connection:
            await connection.execute(statement)
        for each in forms:
            if each.state == "submitted":
                try:
                    await self._inspections.close(each)
                except FormChanged:
                    continue  # the other who was last closed it

    async def _found(self, statement: Select[Any]) -> list[Round]:
        done: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        async with self._db.read() as connection:
            rows = (await connection.execute(statement)).all()
            for each in await connection.execute(forms_of(row.id for row in rows)):
                done[each.round][each.inspector] += each.forms if each.state != "draft" else 0
        return [
            Round(
                id=row.id,
                state=row.state,
                by=row.by,
                at_ms=row.at_ms,
                wanted=msgspec.json.decode(row.record, type=RoundWanted),
                submitted=dict(done[row.id]),
            )
            for row in rows
        ]


def forms_of(rounds: Iterable[str]) -> Select[Any]:
    """How many forms of these rounds stand where, by inspector."""
    table = inspections.c
    what = (table.round, table.inspector, table.state)
    return select(*what, func.count().label("forms")).where(table.round.in_(list(rounds))).group_by(*what)


def agreement_of(forms: Sequence[Inspection]) -> Agreement:
    """How far the forms of one round agree; what nobody judged is left out. Pure."""
    votes: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    rules: dict[tuple[str, str], tuple[str, Text]] = {}
    for form in forms:
        for item in form.form.items:
            at = (form.call, item.id)
            rules[at] = (item.rule, item.title)
            if (holds := says(item)) is not None and holds != "unsure":
                votes[at][form.inspector] = holds
            if item.machine is not None and item.machine != "unsure":
                votes[at][MACHINE] = item.machine
    of_rule: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for at, (rule, _) in rules.items():
        of_rule[rule].append(at)
    found = []
    for rule, places in of_rule.items():
        ballots = [votes[at] for at in sorted(places) if votes[at]]
        found.append(
            RuleAgreement(
                rule=rule,
                title=rules[places[0]][1],
                items=len(ballots),
                people=agreed([_people(each) for each in ballots]),
                with_machine=agreed(ballots),
                pairs=pairs(ballots),
                votes=[Votes(call=at[0], item=at[1], votes=votes[at]) for at in sorted(places) if votes[at]],
            )
        )
    everything = [each for each in votes.values() if each]
    found.sort(key=lambda each: (1.0 if each.people.percent is None else each.people.percent, each.rule))
    return Agreement(
        overall=agreed(everything), people=agreed([_people(each) for each in everything]), rules=found
    )


def _people(ballot: dict[str, str]) -> dict[str, str]:
    return {name: vote for name, vote in ballot.items() if name != MACHINE}
