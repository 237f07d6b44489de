"""Agents who call their shift leader, and calls somebody said are urgent: one live board for all leaders."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Final

import msgspec
from sqlalchemy import select, update

from huawu.calls.desk_acts import Urgency
from huawu.calls.desk_tables import alarms, help_requests
from huawu.calls.desk_views import HelpRequest
from huawu.calls.views import View
from huawu.platform.clock import Clock
from huawu.platform.database import Database
from huawu.platform.live import Screen

OPEN: Final = frozenset({"open", "taken"})
KEPT: Final = 20
"""So many of an agent's newest requests are shown to the agent."""
ALARMS_SHOWN_MS: Final = 24 * 3_600_000


class Alarm(View, frozen=True, kw_only=True):
    """A call that somebody said is urgent (service book, part 9)."""

    id: str
    kind: str
    call: str
    agent: str
    agent_name: str = ""
    text: str = ""
    at_ms: int = 0
    seen_by: str = ""
    seen_ms: int | None = None


class HelpBoard(View, frozen=True, kw_only=True):
    """What leaders watch: requests not done, oldest first, and the alarms of the last day."""

    at_ms: int
    requests: tuple[HelpRequest, ...] = ()
    alarms: tuple[Alarm, ...] = ()


class HelpChange(View, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is different now; exactly one field is set."""

    request: HelpRequest | None = None
    request_removed: str | None = None
    alarm: Alarm | None = None
    alarm_removed: str | None = None


def apply(board: HelpBoard, change: HelpChange) -> HelpBoard:
    """The board after `change`."""
    replace = msgspec.structs.replace
    if change.request is not None:
        others = [one for one in board.requests if one.id != change.request.id]
        requests = sorted((*others, change.request), key=lambda one: (one.at_ms, one.id))
        return replace(board, requests=tuple(requests))
    if change.request_removed is not None:
        gone = change.request_removed
        return replace(board, requests=tuple(one for one in board.requests if one.id != gone))
    if change.alarm is not None:
        kept = [one for one in board.alarms if one.id != change.alarm.id]
        return replace(
            board, alarms=tuple(sorted((*kept, change.alarm), key=lambda one: (one.at_ms, one.id)))
        )
    return replace(board, alarms=tuple(one for one in board.alarms if one.id != change.alarm_removed))


def key(change: HelpChange) -> str:
    """What the change is about."""
    if change.request is not None:
        return f"request:{change.request.id}"
    if change.alarm is not None:
        return f"alarm:{change.alarm.id}"
    return f"request:{change.request_removed}" if change.request_removed else f"alarm:{change.alarm_removed}"


class UnknownRequest(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no request or alarm {name[:64]!r} that you could answer.")


class RequestNotAllowed(Exception):
    """Somebody else was first, or it is over."""

    def __init__(self, request: HelpRequest) -> None:
        if request.taken_by:
            self.why = {"code": "request_over", "by": request.taken_by}
        whose = f" by {request.taken_by_name or request.taken_by}" if request.taken_by else ""
        super().__init__(f"This request is {request.state}{whose} already. Look at the list again.")


class HelpDesk:
    """Requests and alarms: truth in the database, open ones in memory. `told` hears of each change."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._requests: dict[str, HelpRequest] = {}  # open, and the newest of each agent
        self._alarms: dict[str, Alarm] = {}
        self.told: Callable[[HelpRequest], None] = lambda request: None
        self.board: Screen[HelpBoard, HelpChange] = Screen(
            "help",
            HelpBoard(at_ms=clock.now_ms()),
            apply=apply,
            key=key,
            stamp=lambda board: msgspec.structs.replace(board, at_ms=clock.now_ms()),
        )

    async def start(self) -> None:
        """Take up what an earlier life left."""
        since = self._clock.now_ms() - ALARMS_SHOWN_MS
        wanted = help_requests.c.state.in_(OPEN) | (help_requests.c.at_ms >= since)
        async with self._db.read() as connection:
            rows = await connection.execute(
                select(help_requests.c.record).where(wanted).order_by(help_requests.c.at_ms)
            )
            found = [msgspec.json.decode(text, type=HelpRequest) for text in rows.scalars()]
            rows = await connection.execute(select(alarms.c.record).where(alarms.c.at_ms >= since))
            raised = [msgspec.json.decode(text, type=Alarm) for text in rows.scalars()]
        self._requests = {one.id: one for one in found}
        self._alarms = {one.id: one for one in raised}
        self.board.reset(
            HelpBoard(
                at_ms=self._clock.now_ms(),
                requests=tuple(one for one in found if one.state in OPEN),
                alarms=tuple(sorted(raised, key=lambda one: (one.at_ms, one.id))),
            )
        )

    # ── Requests ──────────────────────────────────────────────────────────────────────────────────

    def of(self, agent: str) -> tuple[HelpRequest, ...]:
        """What this agent asked lately."""
        mine = [one for one in self._requests.values() if one.agent == agent]
        return tuple(sorted(mine, key=lambda one: (one.at_ms, one.id))[-KEPT:])

    def get(self, request: str) -> HelpRequest:
        """Raises `UnknownRequest`."""
        found = self._requests.get(request)
        if found is None:
            raise UnknownRequest(request)
        return found

    async def ask(self, agent: str, name: str, call: str, text: str) -> HelpRequest:
        """An agent calls the shift leader; an open request for the same call gets the new words instead."""
        at_ms = self._clock.now_ms()
        same = (one for one in self._requests.values() if one.agent == agent and one.call == call)
        before = next((one for one in same if one.state == "open"), None)
        if before is not None:
            return await self._put(msgspec.structs.replace(before, text=text or before.text))
        request = HelpRequest(
            id=_name(at_ms), agent=agent, agent_name=name, call=call, text=text, at_ms=at_ms
        )
        return await self._put(request)

    async def take(self, request: str, by: str, name: str) -> HelpRequest:
        """A leader goes to help. Raises `RequestNotAllowed` when another did, or it is over."""
        found = self.get(request)
        if found.taken_by == by and found.state == "taken":
            return found
        return await self._move(
            found, ("open",), state="taken", taken_by=by, taken_by_name=name, taken_ms=self._clock.now_ms()
        )

    async def close(self, request: str, answer: str) -> HelpRequest:
        """It is done. Raises `RequestNotAllowed`."""
        found = self.get(request)
        return await self._move(
            found, ("open", "taken"), state="closed", answer=answer, closed_ms=self._clock.now_ms()
        )

    async def withdraw(self, request: str) -> HelpRequest:
        """The agent needs no help any more. Raises `RequestNotAllowed`."""
        found = self.get(request)
        return await self._move(found, ("open", "taken"), state="withdrawn", closed_ms=self._clock.now_ms())

    async def _move(self, found: HelpRequest, states: Iterable[str], **changes: object) -> HelpRequest:
        after = msgspec.structs.replace(found, **changes)
        claim = (
            update(help_requests)
            .where(help_requests.c.id == found.id, help_requests.c.state.in_(list(states)))
            .values(state=after.state, record=_json(after))
        )
        async with self._db.begin() as connection:
            if (await connection.execute(claim)).rowcount != 1:
                raise RequestNotAllowed(self.get(found.id))
        return self._tell(after)

    async def _put(self, request: HelpRequest) -> HelpRequest:
        row = {"id": request.id, "at_ms": request.at_ms, "agent": request.agent, "state": request.state}
        put = self._db.insert(help_requests).values(row | {"record": _json(request)})
        put = put.on_conflict_do_update(index_elements=["id"], set_={"record": put.excluded.record})
        async with self._db.begin() as connection:
            await connection.execute(put)
        return self._tell(request)

    def _tell(self, request: HelpRequest) -> HelpRequest:
        self._requests[request.id] = request
        is_open = request.state in OPEN
        change = HelpChange(request=request) if is_open else HelpChange(request_removed=request.id)
        self.board.publish(change)
        for old in [one for one in self._requests.values() if one.agent == request.agent][:-KEPT]:
            if old.state not in OPEN:
                del self._requests[old.id]
        self.told(request)
        return request

    # ── Alarms ────────────────────────────────────────────────────────────────────────────────────

    async def raise_alarm(
        self,
        kind: Urgency,
        call: str,
        *,
        agent: str,
        name: str,
        text: str,
    ) -> Alarm:
        """A call is urgent; said again of the same call it is the same alarm, unseen once more."""
        at_ms = self._clock.now_ms()
        before = next((one for one in self._alarms.values() if one.call == call), None)
        alarm = Alarm(
            id=before.id if before is not None else _name(at_ms),
            kind=kind,
            call=call,
            agent=agent,
            agent_name=name,
            text=text,
            at_ms=before.at_ms if before is not None else at_ms,
        )
        return await self._put_alarm(alarm)

    async def seen(self, alarm: str, by: str) -> Alarm:
        """A leader takes note. Raises `UnknownRequest`."""
        found = self._alarms.get(alarm)
        if found is None:
            raise UnknownRequest(alarm)
        if found.seen_by:
            return found
        return await self._put_alarm(msgspec.structs.replace(found, seen_by=by, seen_ms=self._clock.now_ms()))

    async def _put_alarm(self, alarm: Alarm) -> Alarm:
        row = {"id": alarm.id, "at_ms": alarm.at_ms, "call": alarm.call, "seen": int(bool(alarm.seen_by))}
        put = self._db.insert(alarms).values(row | {"record": _json(alarm)})
        put = put.on_conflict_do_update(
            index_elements=["id"], set_={"record": put.excluded.record, "seen": put.excluded.seen}
        )
        self._alarms[alarm.id] = alarm
        self.board.publish(HelpChange(alarm=alarm))  # leaders see it although the database may be away
        since = self._clock.now_ms() - ALARMS_SHOWN_MS
        for old in [one for one in self._alarms.values() if one.at_ms < since]:
            del self._alarms[old.id]
            self.board.publish(HelpChange(alarm_removed=old.id))
        async with self._db.begin() as connection:
            await connection.execute(put)
        return alarm


def _name(at_ms: int) -> str:
    return f"{at_ms:011x}{secrets.token_hex(3)}"


def _json(value: HelpRequest | Alarm) -> str:
    return msgspec.json.encode(value).decode()
