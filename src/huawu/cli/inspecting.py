"""Inspection within the centre's process: what it asks of the configuration, and how agents are told."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from zoneinfo import ZoneInfo

from huawu.accounts.audit import Audit
from huawu.acd.events import AgentId
from huawu.calls.desks import Desks
from huawu.config.compile import Centre
from huawu.platform.clock import Clock
from huawu.platform.database import Database
from huawu.quality.inspections import Told
from huawu.quality.service import Place, Quality, listens


def inspection_of(
    db: Database, clock: Clock, centre: Callable[[], Centre], *, judges: bool = True
) -> Quality:
    """Inspection of this centre, whose configuration is `centre` now; `judges`: calls are judged here."""
    company = centre().configuration.company
    return Quality(
        db,
        clock,
        listens=listens,
        judges=judges,
        name=f"centre {secrets.token_hex(3)}",
        place=Place(
            zone=ZoneInfo(company.time_zone),
            country=company.country,
            teams=lambda: {agent.agent: agent.queues[0] for agent in centre().agents if agent.queues},
            queues=lambda: {
                name: queue.name or name for name, queue in centre().configuration.queues.items()
            },
            agents=lambda: {person.user: person.name for person in centre().configuration.people},
        ),
    )


def tell_desks(quality: Quality, desks: Desks, audit: Audit) -> None:
    """Agents read on their desks what was found of their calls, and what became of their appeals; what
    happens to a form by itself is in the audit."""

    def tell(told: Told) -> None:
        desks.news(AgentId(told.agent), told.kind, state=told.inspection, by=told.by, call=told.call)

    async def write(what: str, inspection: str) -> None:
        await audit.write(what, by="huawu", subject=inspection)

    quality.inspections.tell_agent, quality.inspections.audited = tell, write
