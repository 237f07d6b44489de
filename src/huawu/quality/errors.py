"""What inspection refuses.

QualityError
├── NotJudged          the call has no assessment yet, or its timeline cannot be judged
├── UnknownInspection  ─┐
├── UnknownPlan         ├ there is no such thing, or not for this person
├── UnknownRound        │
├── UnknownBook        ─┘
├── FormChanged        somebody saved since the version that was seen
├── Incomplete         verdicts or reasons are missing
├── FormInvalid        an item or a verdict that cannot be
├── OwnCall            the inspector had a part in the call
├── NotTheirs          this person may not do this to it
│   └── OthersProposal
├── FirstInspector     an appeal is decided by somebody else than who judged first
├── StepNotPossible    the state does not allow it
├── TooLate            the time for an appeal is over
├── BookChanged        somebody published since
├── BookInvalid        the centre's changes do not fit the book
├── ProposalOpen       another proposal waits for an answer
├── ProposalAnswered   it was published or sent back, or there never was such a one
└── PlanRefused        the plan asks for what cannot be
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from huawu.platform.cause import Cause


class QualityError(Exception):
    """The base of all; nothing has changed when one is raised. `why`: facts for pages, if any."""

    why: dict[str, Any] | None = None


class NotJudged(QualityError):
    """`broken`: why nobody could judge it, in state `broken`."""

    def __init__(self, call: str, state: str = "none", broken: Cause | None = None) -> None:
        told = {
            "waiting": "It is about to be judged: look again in a few seconds.",
            "broken": f"Its timeline could not be judged: {broken.detail if broken else ''}.",
        }
        known = told.get(state, "Only calls that are over are judged.")
        super().__init__(f"The call {call[:64]!r} has no assessment. {known}")
        self.why = {
            "state": state,
            "broken": broken and broken.why,
            "detail": broken.detail if broken else "",
        }


class UnknownInspection(QualityError):
    def __init__(self, inspection: str) -> None:
        super().__init__(f"There is no inspection {inspection[:64]!r} that you may see.")


class UnknownPlan(QualityError):
    def __init__(self, plan: str) -> None:
        super().__init__(f"There is no plan {plan[:64]!r}. Look at the list of plans.")


class UnknownRound(QualityError):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no calibration round {name[:64]!r}. Look at the list of rounds.")


class UnknownBook(QualityError):
    def __init__(self, number: int) -> None:
        super().__init__(f"There is no version {number} of the book. Look at the list of versions.")


class FormChanged(QualityError):
    """`inspection`: the form as it is now."""

    def __init__(self, inspection: Any) -> None:
        super().__init__("Somebody saved this form meanwhile. Look at theirs, then save yours again.")
        self.inspection = inspection


class Incomplete(QualityError):
    def __init__(self, open_items: list[str], reasons: list[str]) -> None:
        super().__init__(
            f"The form is not complete: {len(open_items)} verdicts and {len(reasons)} reasons are missing."
        )
        self.why = {"code": "form_incomplete", "open": open_items, "reasons": reasons}


class FormInvalid(QualityError):
    """`code` tells pages which it is."""

    def __init__(self, item: str, code: str, why: str) -> None:
        at = f"{item[:120]}: " if item else ""
        super().__init__(f"This cannot be kept: {at}{why}.")
        self.why = {"code": code, "item": item}


class OwnCall(QualityError):
    def __init__(self, call: str) -> None:
        super().__init__(
            f"Whoever had a part in the call {call[:64]!r} does not inspect it. Give it to another."
        )


class NotTheirs(QualityError):
    def __init__(self) -> None:
        super().__init__("This form is another inspector's. Ask them, or have it given to you.")


class FirstInspector(QualityError):
    def __init__(self) -> None:
        super().__init__("An appeal is decided by an inspector who has not judged this call. Ask another.")


class StepNotPossible(QualityError):
    """`code` tells pages which it is."""

    def __init__(self, step: str, state: str, code: str = "inspection_moved_on") -> None:
        super().__init__(f"This inspection is {state}: it cannot be {step} now. Look at it again.")
        self.why = {"code": code}


class TooLate(QualityError):
    def __init__(self) -> None:
        super().__init__(
            "The time for an appeal against these findings is over. Speak with your shift leader."
        )


class BookChanged(QualityError):
    def __init__(self, expected: int, number: int) -> None:
        super().__init__(
            f"The book is at version {number}, not {expected}: somebody published meanwhile. "
            "Look at what changed, then publish yours on top of it."
        )
        self.why = {"code": "book_changed", "number": number}


class BookInvalid(QualityError):
    """`problems`: each {path, message, message_zh}."""

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        first = problems[0]["message"] if problems else "they cannot be read"
        super().__init__(f"These changes do not fit the book: {first}")
        self.problems = problems


class ProposalOpen(QualityError):
    def __init__(self) -> None:
        super().__init__("Another proposal waits for an answer. Hand yours over when it has one.")
        self.why = {"code": "proposal_open"}


class OthersProposal(NotTheirs):
    def __init__(self) -> None:
        QualityError.__init__(self, "Who may publish sends a proposal back, who made it takes it back.")


class ProposalAnswered(QualityError):
    def __init__(self, number: int) -> None:
        super().__init__(f"The proposal {number} does not wait any more. Look at what became of it.")
        self.why = {"code": "proposal_answered"}


class PlanRefused(QualityError):
    """The message says what to change; `code` and `facts` let pages say it in their own words."""

    def __init__(self, message: str, code: str, **facts: object) -> None:
        super().__init__(message)
        self.why = {"code": code, **facts}


def may_not_inspect(people: Sequence[str]) -> PlanRefused:
    """These people were chosen, and lack the right."""
    who = ", ".join(person[:64] for person in people)
    return PlanRefused(
        f"{who} may not inspect. Choose others, or change their role.", "may_not_inspect", who=who
    )
