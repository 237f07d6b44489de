"""What desks show from the database: earlier calls of a number, and messages that wait."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from huawu.calls.callbacks import Callback
from huawu.calls.desk_tables import wrap_ups
from huawu.calls.desk_views import Earlier, Tasks, VoicemailTask, callback_task
from huawu.calls.rows import decode_record
from huawu.calls.tables import calls
from huawu.calls.voicemail_rows import VoicemailRecord
from huawu.calls.voicemails import State as VoicemailState
from huawu.calls.voicemails import Voicemail
from huawu.platform.database import Database

EARLIER: Final = 5
MOST_TASKS: Final = 50


class DeskReader:
    """Reads only. `owed` gives the callbacks and redials that are open."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._voicemails = VoicemailRecord(db)

    async def earlier(self, number: str, but: str) -> tuple[Earlier, ...]:
        """The last calls of this number before `but`, newest first."""
        newest = (
            select(calls.c.id, calls.c.record)
            .where(calls.c.caller == number, calls.c.id != but)
            .order_by(calls.c.began_ms.desc())
            .limit(EARLIER)
        )
        async with self._db.read() as connection:
            records = [decode_record(row.record) for row in await connection.execute(newest)]
            filed = select(wrap_ups).where(wrap_ups.c.call.in_([record.id for record in records]))
            rows = (await connection.execute(filed.order_by(wrap_ups.c.at_ms))).all() if records else []
        last = {row.call: row for row in rows}
        return tuple(
            Earlier(
                call=record.id,
                at_ms=record.began_ms,
                agent=record.agent,
                agent_name=record.agent_name,
                queue=record.queue,
                outcome=record.outcome or "",
                talk_ms=record.talk_ms,
                disposition=last[record.id].disposition if record.id in last else "",
                summary=last[record.id].summary if record.id in last else "",
            )
            for record in records
        )

    async def tasks(self, queues: tuple[str, ...], agent: str, owed: list[Callback]) -> Tasks:
        """What waits for these queues; of messages, those that nobody or this agent has taken."""
        waiting: list[Voicemail] = []
        for state in (VoicemailState.NEW, VoicemailState.TAKEN):
            found = await self._voicemails.newest(queues=list(queues), state=state.value, limit=MOST_TASKS)
            waiting += [each for each in found if each.taken_by in ("", agent)]
        mine = [each for each in owed if each.queue in queues and each.agent in ("", agent)]
        return Tasks(
            callbacks=tuple(callback_task(each) for each in mine if each.kind == "callback")[:MOST_TASKS],
            redials=tuple(callback_task(each) for each in mine if each.kind == "redial")[:MOST_TASKS],
            voicemails=tuple(
                VoicemailTask(
                    id=each.id,
                    call=each.call,
                    queue=each.queue,
                    state=each.state.value,
                    created_ms=each.created_ms,
                    caller=each.caller,
                    caller_name=each.caller_name,
                    length_ms=each.length_ms,
                    taken_by=each.taken_by,
                )
                for each in sorted(waiting, key=lambda each: each.created_ms)
            ),
        )
