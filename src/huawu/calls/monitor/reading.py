"""Reads the engine's memory for the shift leader's screen; nothing here changes anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from huawu.acd.events import AgentId, AgentState, Overflow, QueueId
from huawu.acd.figures import WaitingView
from huawu.calls.agent_days import AgentDay
from huawu.calls.conversation import Conversation, PartyLeg, Phase, Role
from huawu.calls.desk_views import CallbackTask, callback_task
from huawu.calls.engine import Engine
from huawu.calls.monitor.views import (
    Depart,
    DivertView,
    LiveCall,
    MoveView,
    QueueControl,
    Seat,
    Supervisor,
    WaitingCall,
    With,
)
from huawu.calls.notices import Notice
from huawu.calls.seat_states import seat_since_ms
from huawu.calls.steering import Divert

MOST_WAITING: Final = 50
STATES: Final[Mapping[Phase, str]] = {
    Phase.FLOW: "flow",
    Phase.ECHO: "flow",
    Phase.WAITING: "waiting",
    Phase.TRANSFERRING: "ringing",
    Phase.PLACING: "ringing",
    Phase.TALKING: "talking",
    Phase.PARKED: "parked",
}


def queue_controls(
    engine: Engine, queues: Iterable[QueueId], notices: Iterable[Notice], at_ms: int
) -> Iterator[QueueControl]:
    """These queues, those that are known; who waits is looked for once for all of them."""
    known = set(engine.acd.queues)
    wanted = [queue for queue in queues if queue in known]
    lines = engine.acd.lines(set(wanted), MOST_WAITING) if wanted else {}
    owed = [one for one in engine.owed if one.kind == "callback"] if wanted else []
    for queue in wanted:
        callbacks = sorted((one for one in owed if one.queue == queue), key=lambda one: one.queued_ms)
        tasks = tuple(map(callback_task, callbacks[:MOST_WAITING]))
        yield _control(engine, queue, lines.get(queue, ()), tasks, notices, at_ms)


def _control(
    engine: Engine,
    queue: QueueId,
    line: Iterable[WaitingView],
    callbacks: tuple[CallbackTask, ...],
    notices: Iterable[Notice],
    at_ms: int,
) -> QueueControl:
    floor = engine.floor
    centre, given, steering = floor.centre, engine.doors.given, floor.steering
    now, before = centre.members(queue), given.members(queue)
    door, divert = steering.door(queue), steering.divert(queue)
    return QueueControl(
        id=queue,
        door=door.state if door is not None else "hours",
        door_by=door.by if door is not None else "",
        door_by_name=centre.name_of(door.by) if door is not None else "",
        door_ms=door.at_ms if door is not None else None,
        door_until_ms=(door.until_ms or None) if door is not None else None,
        door_note=door.note if door is not None else "",
        divert=_divert(divert, engine) if divert is not None else None,
        estimate_ms=engine.acd.outlook_ms(queue),
        members=now,
        added=() if now is before else tuple(sorted(set(now).difference(before))),
        taken=() if now is before else tuple(sorted(set(before).difference(now))),
        notices=tuple(one.id for one in notices if one.queue == queue and one.in_force(at_ms)),
        waiting_calls=tuple(_waiting(engine, view) for view in line),
        callbacks=callbacks,
    )


def _divert(divert: Divert, engine: Engine) -> DivertView:
    to: Overflow = divert.to
    return DivertView(
        queue=to.target if to.action == "queue" else "",
        number=to.target if to.action == "number" else "",
        flow=to.target if to.action == "flow" else "",
        hang_up=to.action == "hang_up",
        by=divert.by,
        by_name=engine.floor.centre.name_of(divert.by),
        at_ms=divert.at_ms,
        until_ms=divert.until_ms or None,
        note=divert.note,
    )


def _waiting(engine: Engine, view: WaitingView) -> WaitingCall:
    call = engine.floor.calls.get(view.call)
    return WaitingCall(
        call=view.call,
        caller=call.caller if call is not None else "",
        place=view.place,
        queued_ms=view.queued_ms,
        language=call.language if call is not None else "",
        priority=view.priority,
        offered=view.offered or "",
    )


def seat(engine: Engine, agent: AgentId, day: AgentDay, departs: tuple[Depart, ...], at_ms: int) -> Seat:
    """One agent. Raises `UnknownAgent`."""
    floor = engine.floor
    view = floor.acd.agent_view(agent)
    figures = day.figures(view.calls_today, at_ms)
    move = floor.steering.move(agent)
    given = engine.doors.given.agent(agent)
    return Seat(
        id=agent,
        with_=_with(engine, agent, seat_since_ms(floor, view)) if view.state is AgentState.TALKING else None,
        counted_ms=figures.counted_ms,
        talk_ms=figures.talk_ms,
        ready_ms=figures.ready_ms,
        wrap_up_ms=figures.wrap_up_ms,
        break_ms=figures.break_ms,
        breaks=figures.breaks,
        missed=figures.missed,
        calls=figures.calls,
        outgoing=figures.outgoing,
        moved=None
        if move is None
        else MoveView(
            queues=view.queues,
            before=given.queues if given is not None else (),
            by=move.by,
            by_name=floor.centre.name_of(move.by),
            at_ms=move.at_ms,
            until_ms=move.until_ms or None,
            reason=move.note,
        ),
        departs=departs,
    )


def _with(engine: Engine, agent: AgentId, since_ms: int) -> With | None:
    """Whom the agent talks with now."""
    for name in engine.acd.contacts_of(agent):
        call = engine.floor.calls.get(name)
        if call is None or call.phase is Phase.ENDED:
            continue
        party = call.party_of(agent)
        number, colleague = _other(call, party)
        return With(
            call=call.call,
            number=number,
            agent=colleague,
            direction=direction(call),
            since_ms=since_ms,
            held=bool(call.held_by),
        )
    return None


def _other(call: Conversation, party: PartyLeg | None) -> tuple[str, str]:
    """Number, or agent, at the other end of this party's talk; without a party: of who dialled."""
    if party is None:  # the agent's own phone is the caller of this call
        asked = call.consult.party if call.consult is not None and call.dialler_asks else None
        there = asked or call.talking or call.ringing
        if there is not None and there.agent is not None:
            return "", there.agent
        return (there.number if there is not None else "") or call.number, ""
    consult = call.consult
    if consult is not None and party is consult.party and consult.by.agent is not None:
        return "", consult.by.agent
    if call.dialled_by is not None:
        return "", call.dialled_by
    return call.caller, ""


def direction(call: Conversation) -> str:
    """Out: a phone of the centre dialled it, or the centre called the customer."""
    ours = call.leg.startswith(f"{call.call}.")  # a leg that the centre named
    return "out" if call.dialled_by is not None or ours else "in"


def live_call(engine: Engine, call: Conversation) -> LiveCall | None:
    """A call under way; None: it is over."""
    state = STATES.get(call.phase)
    if state is None:
        return None
    ringing = call.ringing
    if state == "waiting" and ringing is not None:
        state = "ringing"
    there = call.talking if call.talking is not None else ringing
    agent = there.agent if there is not None and there.agent is not None else None
    return LiveCall(
        id=call.call,
        caller=call.caller,
        number=call.number,
        queue=call.queue or "",
        agent=agent or "",
        direction=direction(call),
        state=state,
        since_ms=_since(engine, call, state, agent),
        began_ms=call.began_ms,
        urgent=call.urgent,
        supervised_by=tuple(
            Supervisor(agent=party.agent or "", mode=party.mode or "")
            for party in call.parties
            if party.role is Role.LEADER and party.answered
        ),
    )


def _since(engine: Engine, call: Conversation, state: str, agent: AgentId | None) -> int:
    """When the state began, as well as memory can tell to who comes to look in the middle of it."""
    if state == "waiting":
        return call.joined_ms or call.queued_ms or call.began_ms
    if agent is not None and engine.floor.centre.agent(agent) is not None:
        view = engine.acd.agent_view(agent)
        if view.call == call.call:
            return seat_since_ms(engine.floor, view)
    return call.began_ms if state == "flow" else call.told_ms
