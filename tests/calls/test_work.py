"""What calls leave to be done: tickets and promises on their timelines."""

from __future__ import annotations

import pytest

from huawu.calls.facts import Fact
from huawu.calls.work import Entry, UnknownTicket, closing, filing, following_up, work_of

DAY_MS = 86_400_000


def put(facts: list[Fact], entries: list[Entry], at_ms: int) -> list[Fact]:
    for kind, fields in entries:
        facts.append(
            Fact(call="c1", seq=len(facts) + 1, at_ms=at_ms, kind=kind, party="agent", fields=fields)
        )
    return facts


def filed(
    at_ms: int = 1_000, disposition: str = "complaint.attitude", due_ms: int | None = DAY_MS
) -> list[Fact]:
    return put([], filing([], "c1", "wang", disposition, due_ms), at_ms)


def test_a_form_with_a_deadline_opens_a_ticket_and_promises_contact() -> None:
    facts = filed()
    assert [fact.kind for fact in facts] == ["filed", "ticket_opened", "promised"]
    work = work_of(facts, 2_000)
    [ticket], [promise] = work.tickets, work.promises
    assert (ticket.ticket, ticket.due_ms, ticket.closed_ms, ticket.overdue) == ("c1.t1", DAY_MS, None, False)
    assert (promise.what, promise.due_ms, promise.ticket) == ("contact", DAY_MS, "c1.t1")


def test_a_form_without_a_deadline_leaves_nothing_to_do() -> None:
    facts = filed(disposition="enquiry.answered", due_ms=None)
    assert [fact.kind for fact in facts] == ["filed"]


def test_the_same_form_again_says_nothing_new() -> None:
    assert filing(filed(), "c1", "wang", "complaint.attitude", DAY_MS) == []


def test_another_agents_form_is_its_own() -> None:
    again = filing(filed(), "c1", "li", "complaint.attitude", DAY_MS)
    assert [entry.fields.get("ticket") for entry in again] == [None, "c1.t2", "c1.t2"]


def test_a_deadline_is_never_silently_moved() -> None:
    facts = filed()
    put(facts, filing(facts, "c1", "wang", "complaint.attitude", 9 * DAY_MS), 5_000)
    assert [fact.kind for fact in facts[3:]] == ["ticket_closed", "ticket_opened", "promised"]
    work = work_of(facts, 2 * DAY_MS)
    first, second = work.tickets
    assert (first.closed_ms, first.outcome, first.overdue) == (5_000, "refiled", False)
    assert (second.ticket, second.due_ms, second.overdue) == ("c1.t2", 9 * DAY_MS, False)
    assert work.promises[0].kept_ms is None, "nobody kept it"
    assert work.promises[0].replaced_ms == 5_000


def test_what_was_late_when_it_was_filed_anew_stays_late() -> None:
    facts = filed()
    put(facts, filing(facts, "c1", "wang", "enquiry.answered", None), DAY_MS + 1)
    work = work_of(facts, 2 * DAY_MS)
    assert work.tickets[0].overdue
    assert work.promises[0].overdue


@pytest.mark.parametrize("name", ["c1.t1", "c1.p1"])
def test_following_up_in_time_keeps_the_promise(name: str) -> None:
    facts = filed()
    put(facts, following_up(facts, name, "called", "wang"), DAY_MS)
    work = work_of(facts, 9 * DAY_MS)
    assert (work.promises[0].kept_ms, work.promises[0].overdue) == (DAY_MS, False)
    assert work.tickets[0].overdue, "contact is made, the ticket is not done with"


def test_closing_late_is_late_for_ever() -> None:
    facts = filed()
    put(facts, closing(facts, "c1.t1", "refunded", "wang"), DAY_MS + 1)
    work = work_of(facts, 9 * DAY_MS)
    assert (work.tickets[0].outcome, work.tickets[0].overdue) == ("refunded", True)
    assert (work.promises[0].kept_ms, work.promises[0].overdue) == (DAY_MS + 1, True)


def test_what_is_not_open_is_neither_followed_up_nor_closed() -> None:
    facts = filed()
    put(facts, closing(facts, "c1.t1", "refunded", "wang"), 2_000)
    with pytest.raises(UnknownTicket):
        closing(facts, "c1.t1", "again", "wang")
    with pytest.raises(UnknownTicket):
        following_up(facts, "c1.t1", "called", "wang")
    with pytest.raises(UnknownTicket, match="no open ticket"):
        following_up(facts, "c9", "called", "wang")
