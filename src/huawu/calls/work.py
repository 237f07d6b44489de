"""Work that a call leaves behind: tickets and promises, derived from the facts of its timeline. Pure.

The wrap-up form gives the first of them: what has a deadline is a ticket and a promise to the caller (service
book, part 7). A deadline is never silently moved: what is filed anew closes the one before on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, NamedTuple

import msgspec

from huawu.calls.facts import Fact, Kind

HowFollowedUp = Literal["called", "answered", "contacted", "other"]
REFILED: Final = "refiled"
PROMISED_BY_DISPOSITION: Final = (("complaint", "contact"),)
"""What a deadline promises, by the branch of the tree; `answer` otherwise."""


class Entry(NamedTuple):
    """A fact to be put on a timeline."""

    kind: Kind
    fields: dict[str, Any]


class Ticket(msgspec.Struct, kw_only=True):
    """Something to be done after a call. `due_ms` None = whenever; `outcome` "" while open."""

    ticket: str
    disposition: str
    agent: str
    opened_ms: int
    due_ms: int | None
    closed_ms: int | None = None
    outcome: str = ""
    overdue: bool = False


class Promise(msgspec.Struct, kw_only=True):
    """What the caller was told to expect, and until when. `kept_ms`: when it was done;
    `replaced_ms`: when another took its place."""

    promise: str
    what: str
    ticket: str
    agent: str
    due_ms: int | None
    kept_ms: int | None = None
    replaced_ms: int | None = None
    overdue: bool = False


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """All of one call, oldest first."""

    tickets: list[Ticket]
    promises: list[Promise]

    def ticket(self, name: str) -> Ticket | None:
        return next((each for each in self.tickets if each.ticket == name), None)

    def promise(self, name: str) -> Promise | None:
        return next((each for each in self.promises if each.promise == name), None)


class UnknownTicket(Exception):
    """The call left no such ticket or promise, or it is closed already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"This call has no open ticket or promise {name[:64]!r}. Look at them again.")


def work_of(facts: Iterable[Fact], now_ms: int) -> Work:
    """The tickets and promises of a timeline, as they stand at an instant."""
    tickets: dict[str, Ticket] = {}
    promises: dict[str, Promise] = {}
    for fact in facts:
        fields = fact.fields
        match fact.kind:
            case "ticket_opened":
                tickets[_text(fields, "ticket")] = Ticket(
                    ticket=_text(fields, "ticket"),
                    disposition=_text(fields, "disposition"),
                    agent=_text(fields, "agent"),
                    opened_ms=fact.at_ms,
                    due_ms=_instant(fields),
                )
            case "promised":
                promises[_text(fields, "promise")] = Promise(
                    promise=_text(fields, "promise"),
                    what=_text(fields, "what"),
                    ticket=_text(fields, "ticket"),
                    agent=_text(fields, "agent"),
                    due_ms=_instant(fields),
                )
            case "followed_up":
                promise, of = _text(fields, "promise"), _text(fields, "ticket")
                _keep((each for each in promises.values() if each.promise == promise), fact.at_ms)
                _keep((each for each in promises.values() if of and each.ticket == of), fact.at_ms)
            case "ticket_closed":
                if (closed := tickets.get(_text(fields, "ticket"))) is not None and closed.closed_ms is None:
                    closed.closed_ms, closed.outcome = fact.at_ms, _text(fields, "outcome")
                    of_it = [each for each in promises.values() if each.ticket == closed.ticket]
                    if closed.outcome == REFILED:
                        for each in of_it:
                            each.replaced_ms = fact.at_ms
                    else:
                        _keep(of_it, fact.at_ms)
            case _:
                pass
    for ticket in tickets.values():
        ticket.overdue = _late(ticket.due_ms, ticket.closed_ms, now_ms)
    for each in promises.values():
        each.overdue = _late(each.due_ms, each.kept_ms or each.replaced_ms, now_ms)
    return Work(tickets=list(tickets.values()), promises=list(promises.values()))


def filing(facts: Sequence[Fact], call: str, agent: str, disposition: str, due_ms: int | None) -> list[Entry]:
    """What an agent's form puts on the timeline; filed again unchanged, nothing.

    Filed anew with another disposition or deadline, the ticket before is closed as `refiled`.
    """
    filed = [fact for fact in facts if fact.kind == "filed" and fact.fields.get("agent") == agent]
    entries: list[Entry] = []
    if not filed or filed[-1].fields.get("disposition") != disposition:
        entries.append(Entry("filed", {"agent": agent, "disposition": disposition}))
    work = work_of(facts, 0)
    open_ones = [each for each in work.tickets if each.agent == agent and each.closed_ms is None]
    for ticket in open_ones:
        if (ticket.disposition, ticket.due_ms) != (disposition, due_ms):
            closed = {"agent": agent, "ticket": ticket.ticket, "outcome": REFILED}
            entries.append(Entry("ticket_closed", closed))
    stays = any((each.disposition, each.due_ms) == (disposition, due_ms) for each in open_ones)
    if due_ms is not None and not stays:
        name = f"{call}.t{len(work.tickets) + 1}"
        ticket_fields = {"agent": agent, "ticket": name, "disposition": disposition, "due_ms": due_ms}
        entries.append(Entry("ticket_opened", ticket_fields))
        promise = {
            "agent": agent,
            "promise": f"{call}.p{len(work.promises) + 1}",
            "what": promised_by(disposition),
            "due_ms": due_ms,
            "ticket": name,
        }
        entries.append(Entry("promised", promise))
    return entries


def following_up(facts: Sequence[Fact], name: str, how: HowFollowedUp, agent: str) -> list[Entry]:
    """Somebody did what a ticket or promise asks. Raises `UnknownTicket`."""
    work = work_of(facts, 0)
    if (ticket := work.ticket(name)) is not None and ticket.closed_ms is None:
        return [Entry("followed_up", {"agent": agent, "ticket": name, "how": how})]
    if work.promise(name) is not None:
        return [Entry("followed_up", {"agent": agent, "promise": name, "how": how})]
    raise UnknownTicket(name)


def closing(facts: Sequence[Fact], name: str, outcome: str, agent: str) -> list[Entry]:
    """A ticket is done with. Raises `UnknownTicket`."""
    ticket = work_of(facts, 0).ticket(name)
    if ticket is None or ticket.closed_ms is not None:
        raise UnknownTicket(name)
    return [Entry("ticket_closed", {"agent": agent, "ticket": name, "outcome": outcome})]


def promised_by(disposition: str) -> str:
    """What its deadline promises to the caller."""
    branch = disposition.partition(".")[0]
    return next((what for name, what in PROMISED_BY_DISPOSITION if name == branch), "answer")


def _keep(promises: Iterable[Promise], at_ms: int) -> None:
    for each in promises:
        if each.kept_ms is None:
            each.kept_ms = at_ms


def _late(due_ms: int | None, done_ms: int | None, now_ms: int) -> bool:
    return due_ms is not None and (now_ms if done_ms is None else done_ms) > due_ms


def _instant(fields: dict[str, Any]) -> int | None:
    due = fields.get("due_ms")
    return due if isinstance(due, int) else None


def _text(fields: dict[str, Any], name: str) -> str:
    return str(fields.get(name) or "")
