"""What agents' desks and pages with a phone are given to work with, once calls are served."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import Any

from huawu.accounts.lending import LentPhone
from huawu.acd.events import AgentId
from huawu.calls.desk_reader import DeskReader
from huawu.calls.desk_reading import Sources
from huawu.calls.desk_views import DeskPhone, HelpRequest, Tasks
from huawu.calls.engine import Engine
from huawu.calls.help_desk import HelpDesk
from huawu.calls.phone_desk import PhoneDesk
from huawu.calls.places import find_place
from huawu.calls.service import CallService
from huawu.calls.store import CallStore
from huawu.calls.web_desk import WebDesk
from huawu.config.schema import Configuration
from huawu.config.webrtc import for_guests, ice_servers, turn_secret
from huawu.platform.clock import Clock
from huawu.platform.database import Database, DatabaseError
from huawu.web.phone import PhoneSurroundings
from huawu.web.web_calls import WebCallSurroundings


async def seat_desks(
    service: CallService, engine: Engine, phones: PhoneDesk, store: CallStore, db: Database, clock: Clock
) -> HelpDesk:
    """The desks see earlier calls, tasks, phones and who asks for help; whoever helps is found here."""
    reader = DeskReader(db)
    help_desk = HelpDesk(db, clock)
    await help_desk.start()

    def help_told(request: HelpRequest) -> None:
        service.desks.help_changed(request)
        if request.state == "taken":
            service.desks.news(AgentId(request.agent), "help_taken", by=request.taken_by)

    async def tasks(queues: tuple[str, ...], agent: str) -> Tasks:
        with contextlib.suppress(DatabaseError):  # what was written before it is shown all the same
            await store.flush()
        return await reader.tasks(queues, agent, engine.owed)

    help_desk.told = help_told
    service.desks.sources = Sources(
        facts=store.facts,
        earlier=reader.earlier,
        place=find_place,
        tasks=tasks,
        phone=lambda agent: _desk_phone(phones.held_by(agent)),
        help=help_desk.of,
    )
    phones.told = lambda user, _before: service.desks.phone_changed(AgentId(user))
    return help_desk


def rooms_of_pages(
    service: CallService,
    engine: Engine,
    phones: PhoneDesk,
    configuration: Callable[[], Configuration],
    now_ms: Callable[[], int],
) -> dict[str, object]:
    """What a page with a phone in it needs: of somebody who works here, and of a visitor elsewhere."""
    web_desk = WebDesk(
        centre=lambda: engine.floor.centre,
        running=engine.web.count,
        admit=service.switches.admit,
        now_ms=now_ms,
    )
    return {
        "phones": PhoneSurroundings(
            desk=phones,
            web_sockets=service.switches.web_sockets,
            configuration=configuration,
            ice=lambda user: _ice(configuration(), user),
        ),
        "web_calls": WebCallSurroundings(
            desk=web_desk,
            web_sockets=service.switches.web_sockets,
            configuration=configuration,
            ice=lambda guest: _ice(configuration(), guest, guest=True),
        ),
    }


def _desk_phone(lent: LentPhone | None) -> DeskPhone:
    if lent is None:
        return DeskPhone()
    return DeskPhone(
        loan=lent.loan,
        lent_ms=lent.lent_ms,
        since_ms=lent.since_ms,
        address=lent.address,
        browser=lent.browser,
    )


def _ice(configuration: Configuration, user: str, *, guest: bool = False) -> list[dict[str, Any]]:
    """By the clock on the wall, which TURN servers go by."""
    settings = configuration.webrtc
    if guest:
        settings = for_guests(settings, configuration.web_callers.longest_call_ms)
    return ice_servers(settings, user, time.time(), turn_secret(settings, os.environ))
