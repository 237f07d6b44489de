"""A small book of five rules, judged by the real evaluator, and an ear that knows one phrase."""

from __future__ import annotations

from huawu.quality.ports import Marks
from huawu.standard import FactLike, Mark, Standard
from huawu.standard.written import changed, read_book, read_changes

TEXT = """
version: "t.1"
parts:
  - {id: opening, title: {zh: 开场, en: Opening}}
  - {id: during, title: {zh: 通话中, en: During the call}}
  - {id: bans, title: {zh: 八不准, en: The eight bans}}
  - {id: promises, title: {zh: 承诺与时限, en: Promises and deadlines}}
phrases:
  greeting: {zh: [您好], en: [good day]}
rules:
  - id: open.third-ring
    part: opening
    source: S3
    looks_at: T
    title: {zh: 三声铃响内接听, en: Answer before the third ring}
    points: 4
    thresholds: {within: 10s}
    checks:
      - {whose: agent, when: {fact: agent_ringing}, must: {fact: agent_answered}, later: $within, same: agent}
  - id: open.greeting
    part: opening
    source: S0
    looks_at: P
    title: {zh: 标准开头语, en: Standard opening}
    points: 6
    checks:
      - {when: {fact: agent_answered}, must: {said: greeting, by: agent}, later: 4s}
  - id: ban.hangup
    part: bans
    source: S1
    looks_at: T
    title: {zh: 先挂断, en: The agent hangs up first}
    severity: fatal
    points: 20
    checks:
      - {never: {fact: ended, where: {by: agent}}}
  - id: ban.follow-up
    part: promises
    source: S1
    looks_at: W
    title: {zh: 有诉求未跟进, en: A request without follow-up}
    points: 10
    checks:
      - {when: {fact: ticket_opened}, must: {fact: [followed_up, ticket_closed]}, due: due_ms, same: ticket}
  - id: plain.words
    part: during
    source: S0
    looks_at: H
    title: {zh: 用语通俗, en: Plain words}
    points: 5
"""
BOOK = read_book({"small.yaml": TEXT})


def load_small_book(changes: str | None = None) -> Standard:
    """As `load_standard` does."""
    if changes is None:
        return Standard(BOOK)
    return Standard(changed(BOOK, read_changes(changes), "own.yaml"), f"t.1+{abs(hash(changes)):08x}"[:12])


def listens(_standard: Standard) -> Marks:
    """Hears 您好; what is torn it cannot hear at all."""

    def marks(said: FactLike) -> tuple[Mark, ...]:
        text = str(said.fields["text"])
        if text == "torn":
            raise ArithmeticError("these words end before they begin")
        if "您好" not in text:
            return ()
        return (Mark(phrase="greeting", from_ms=said.fields["from_ms"], to_ms=said.fields["to_ms"]),)

    return marks
