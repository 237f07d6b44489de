"""How long recordings are kept in a running centre: what still needs them, and how it is put on record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from huawu.accounts.audit import Audit
from huawu.calls.old_recordings import Deleted, OldRecordings
from huawu.config.schema import Configuration
from huawu.platform.clock import Clock
from huawu.platform.database import Database
from huawu.quality.inspection_record import InspectionRecord
from huawu.speech.backlog import Backlog


def old_recordings(
    db: Database, data: Path, clock: Clock, configuration: Callable[[], Configuration]
) -> OldRecordings:
    """What is to be heard, and what is being inspected or appealed against, stays until that is over."""
    backlog, inspections, audit = Backlog(db), InspectionRecord(db), Audit(db, clock)

    async def needed() -> frozenset[str]:
        return await backlog.unheard() | await inspections.open_calls()

    async def told(deleted: Deleted) -> None:
        detail = msgspec.to_builtins(deleted)
        await audit.write("recordings_deleted", by="huawu", subject="recordings", detail=detail)

    return OldRecordings(db, data, clock, configuration=configuration, needed=needed, told=told)
