"""The form of an inspection: the machine's verdicts, what people say of them, and its states. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from huawu.quality.assessment import Assessment, Finding, Scored, h_rules, scored
from huawu.quality.errors import FormInvalid, Incomplete, StepNotPossible
from huawu.quality.sampling import Why
from huawu.standard import Standard, Text, Verdict

State = Literal["draft", "submitted", "told", "appealed", "decided", "closed"]
Step = Literal["save", "reassign", "submit", "tell", "appeal", "decide", "close"]
Stand = Literal["", "agree", "overrule", "judged"]
PeopleVerdict = Literal["pass", "breach", "not_applicable"]
Outcome = Literal["upheld", "changed"]

STEPS: Final[dict[tuple[State, Step], State]] = {
    ("draft", "save"): "draft",
    ("draft", "reassign"): "draft",
    ("draft", "submit"): "submitted",
    ("submitted", "tell"): "told",
    ("submitted", "close"): "closed",
    ("told", "appeal"): "appealed",
    ("told", "close"): "closed",
    ("appealed", "decide"): "decided",
    ("decided", "close"): "closed",
}
"""What is not listed is refused. A form of a calibration round is closed when the round is complete; others
when the time for an appeal is over."""
DONE: Final[dict[Step, str]] = {
    "save": "saved",
    "reassign": "reassigned",
    "submit": "submitted",
    "tell": "told",
    "appeal": "appealed",
    "decide": "decided",
    "close": "closed",
}
SHOWN_TO_AGENTS: Final[frozenset[State]] = frozenset({"told", "appealed", "decided", "closed"})


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One verdict. `by` machine: `machine` says what it found, `stand` what the inspector says to that;
    `by` person: a rule that only people judge. `decided`: what an appeal made of it."""

    id: str
    rule: str
    title: Text
    part: str
    source: str
    severity: str
    points: float
    by: Literal["machine", "person"]
    finding: Finding | None = None
    machine: str | None = None
    stand: Stand = ""
    verdict: PeopleVerdict | None = None
    reason: str = ""
    decided: PeopleVerdict | None = None


class ItemChange(msgspec.Struct, frozen=True, kw_only=True):
    """What an inspector says to one item."""

    id: str
    stand: Stand
    verdict: PeopleVerdict | None = None
    reason: str = ""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one item of an appeal; `verdict` of `changed`."""

    item: str
    outcome: Outcome
    verdict: PeopleVerdict | None = None


class Appeal(msgspec.Struct, frozen=True, kw_only=True):
    """The agent's own word against some items, and what the second inspector decided."""

    by: str
    at_ms: int
    text: str
    items: list[str]
    decide_until_ms: int
    decided_by: str = ""
    decided_ms: int | None = None
    decisions: list[Decision] = []
    reason: str = ""


class StepDone(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a form's history."""

    at_ms: int
    by: str
    what: str
    note: str = ""


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """All of an inspection that nothing is searched by."""

    book: int
    version: str
    words: bool
    queue: str
    began_ms: int
    agents: list[str]
    items: list[Item]
    why: list[Why] = []
    comment: str = ""
    praise: str = ""
    score: Scored = Scored()
    machine_score: Scored = Scored()
    fatal: bool = False
    submitted_ms: int | None = None
    appeal_until_ms: int | None = None
    appeal: Appeal | None = None
    steps: list[StepDone] = []


def after(state: State, step: Step) -> State:
    """The state that a step leads to. Raises `StepNotPossible`."""
    try:
        return STEPS[state, step]
    except KeyError:
        raise StepNotPossible(DONE[step], state) from None


def blank(assessment: Assessment, standard: Standard, why: Sequence[Why] = ()) -> Form:
    """A form for a call, filled in as far as the machine can."""
    items = [_of_machine(each) for each in assessment.findings]
    items += [_of_people(name, standard) for name in h_rules(standard)]
    score = assessment.rest.score
    return Form(
        book=assessment.book,
        version=assessment.version,
        words=assessment.words,
        queue=assessment.queue,
        began_ms=assessment.began_ms,
        agents=assessment.rest.agents,
        items=items,
        why=list(why),
        score=score,
        machine_score=score,
        fatal=assessment.fatal,
    )


def of_missed(form: Form, agent: str) -> Form:
    """What of a form concerns an agent whose phone rang in vain: nothing of the call that others had."""
    items = [each for each in form.items if each.finding and _missed_by(each, agent)]
    return msgspec.structs.replace(form, items=items, score=Scored(), machine_score=Scored(), fatal=False)


def _missed_by(item: Item, agent: str) -> bool:
    return item.finding is not None and not item.finding.scored and item.finding.agent == agent


def _of_machine(finding: Finding) -> Item:
    return Item(
        id=finding.id,
        rule=finding.rule,
        title=finding.title,
        part=finding.part,
        source=finding.source,
        severity=finding.severity,
        points=finding.points,
        by="machine",
        finding=finding,
        machine=finding.verdict,
    )


def _of_people(name: str, standard: Standard) -> Item:
    rule = standard.rules[name]
    return Item(
        id=f"h:{name}",
        rule=name,
        title=rule.title,
        part=rule.part,
        source=rule.source,
        severity=rule.severity,
        points=rule.points,
        by="person",
    )


def take(form: Form, changes: Iterable[ItemChange], standard: Standard) -> Form:
    """The form with what the inspector says to some items, its score anew. Raises `FormInvalid`."""
    items = {each.id: each for each in form.items}
    for change in changes:
        item = items.get(change.id)
        if item is None:
            raise FormInvalid(change.id, "no_such_item", "there is no such item on this form")
        items[change.id] = _stood(item, change)
    return rescored(msgspec.structs.replace(form, items=list(items.values())), standard)


def _stood(item: Item, change: ItemChange) -> Item:
    verdict: PeopleVerdict | None = change.verdict
    if item.by == "person":
        if change.stand not in ("", "judged"):
            raise FormInvalid(item.id, "for_people", "no machine judged this rule: say `judged`")
    elif change.stand == "judged":
        raise FormInvalid(item.id, "for_the_machine", "the machine judged this rule: agree or overrule")
    if change.stand == "":
        verdict = None
    elif change.stand == "agree":
        if item.machine not in ("pass", "breach"):
            raise FormInvalid(item.id, "machine_unsure", "the machine is not sure: say what it is")
        verdict = "pass" if item.machine == "pass" else "breach"
    elif verdict is None:
        raise FormInvalid(item.id, "verdict_missing", "a verdict is missing")
    elif change.stand == "overrule" and verdict == item.machine:
        raise FormInvalid(item.id, "machine_says_so", "this is what the machine says: agree with it")
    return msgspec.structs.replace(item, stand=change.stand, verdict=verdict, reason=change.reason)


def check_complete(form: Form) -> None:
    """Raises `Incomplete` unless every verdict that needs a person has one, and every reason is given."""
    open_items = [each.id for each in form.items if not each.stand and _needs_stand(each)]
    reasons = [
        each.id
        for each in form.items
        if each.stand == "overrule" and each.machine != "unsure" and not each.reason.strip()
    ]
    if open_items or reasons:
        raise Incomplete(open_items, reasons)


def _needs_stand(item: Item) -> bool:
    """Passes are agreed to by silence; what no words were there for may stay open."""
    if item.by == "person" or item.machine == "breach":
        return True
    return item.machine == "unsure" and item.finding is not None and item.finding.confidence > 0


def says(item: Item) -> str | None:
    """What holds of an item now; None = nobody judged it."""
    return item.decided or item.verdict or item.machine


def rescored(form: Form, standard: Standard) -> Form:
    """The form with the points of what holds now."""
    score = standard.score(_verdict(each) for each in form.items if says(each) and _is_scored(each))
    return msgspec.structs.replace(form, score=scored(score), fatal=score.fatal)


def _is_scored(item: Item) -> bool:
    return item.finding is None or item.finding.scored


def _verdict(item: Item) -> Verdict:
    holds = says(item)
    at_ms = item.finding.from_ms if item.finding else 0
    return Verdict(
        rule=item.rule,
        version=item.finding.version if item.finding else 0,
        verdict="pass" if holds == "pass" else "breach" if holds == "breach" else "unsure",
        from_ms=at_ms,
        to_ms=at_ms,
        expected=Text(),
        found=Text(),
    )


def check_appealed(form: Form, items: Sequence[str], agent: str) -> None:
    """Raises `FormInvalid` unless there are items, each of which costs this agent something."""
    known = {each.id: each for each in form.items}
    if not items:
        raise FormInvalid("", "nothing_appealed", "say which findings the appeal is against")
    for name in items:
        item = known.get(name)
        theirs = item is not None and (_is_scored(item) or _missed_by(item, agent))
        if item is None or not theirs or says(item) not in ("breach", "unsure"):
            raise FormInvalid(name, "no_such_finding", "there is no such finding against the agent")


def decide(form: Form, decisions: Sequence[Decision], standard: Standard) -> Form:
    """The form after an appeal. Raises `FormInvalid` unless each of its items is decided, once."""
    assert form.appeal is not None
    if sorted(each.item for each in decisions) != sorted(form.appeal.items):
        raise FormInvalid("", "decide_each", "decide each finding of the appeal, once")
    made = {each.item: each for each in decisions}
    items = []
    for item in form.items:
        decision = made.get(item.id)
        if decision is not None and decision.outcome == "changed":
            verdict: PeopleVerdict = decision.verdict or "pass"
            if verdict == says(item):
                raise FormInvalid(item.id, "holds_already", "this is what holds already: uphold it")
            item = msgspec.structs.replace(item, decided=verdict)
        items.append(item)
    return rescored(msgspec.structs.replace(form, items=items), standard)
