"""What live assist shows: a hint at a desk, a call that goes wrong on the leaders' page."""

from __future__ import annotations

from typing import Literal

from huawu.calls.views import View

HintKind = Literal["procedure", "warn", "expect"]


class Words(View, frozen=True, kw_only=True):
    """The same for readers of either language; a phrase to say is chosen by the call's language."""

    zh: str = ""
    en: str = ""


class Hint(View, frozen=True, kw_only=True):
    """What an agent is told now about one call; of a call there is one at most.

    `title`: the rule's; `say`: the phrase to say; `hint`: what to do. What is to be done must wait until
    `not_before_ms` and be done by `due_ms`. `step` of `of_steps`: of a procedure, from 1; 0 = it is none.
    """

    call: str
    rule: str
    kind: HintKind
    title: Words = Words()
    say: Words = Words()
    hint: Words = Words()
    since_ms: int = 0
    not_before_ms: int | None = None
    due_ms: int | None = None
    step: int = 0
    of_steps: int = 0


class TroubledCall(View, frozen=True, kw_only=True):
    """A call that goes wrong: the higher the `score`, the more. `reason`: what weighs most, by `rule`.

    `since_ms`: since when it has been on the list; `breaches`: so many rules were broken so far; `now`: what
    weighs most goes on at this moment.
    """

    call: str
    agent: str
    score: int
    rule: str
    reason: Words
    since_ms: int
    breaches: int = 0
    now: bool = False
