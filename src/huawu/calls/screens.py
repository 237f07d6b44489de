"""The wallboard's truth: queues, agents and counts as views, renewed as the engine changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from huawu.acd import figures
from huawu.acd.events import AgentId, CallId, QueueId
from huawu.calls.callbacks import Callback, State
from huawu.calls.conversation import Phase
from huawu.calls.engine import Engine
from huawu.calls.errors import NoSuchCall
from huawu.calls.seat_states import before_talk, seat_since_ms, seat_state
from huawu.calls.views import (
    AgentView,
    CallCounts,
    Change,
    PartiesView,
    PartyView,
    QueueView,
    SeatState,
    SwitchState,
    Wallboard,
    apply,
    key,
)
from huawu.platform.clock import Clock
from huawu.platform.live import Screen


class Screens:
    """Makes views of the engine's state and publishes what changed."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._switch: SwitchState = "down"
        self.voicemails: Callable[[str], int] = lambda queue: 0
        self._extensions: dict[str, str] = {}
        self.wallboard: Screen[Wallboard, Change] = Screen(
            "wallboard",
            Wallboard(at_ms=clock.now_ms()),
            apply=apply,
            key=key,
            stamp=lambda board: msgspec.structs.replace(board, at_ms=clock.now_ms()),
        )

    def reset(self) -> None:
        """Everything may be different: all viewers get the whole anew."""
        people = self._engine.floor.centre.configuration.people
        self._extensions = {person.user: person.extension for person in people}
        self.wallboard.reset(self._whole())

    def _whole(self) -> Wallboard:
        return Wallboard(
            at_ms=self._clock.now_ms(),
            company=self._engine.floor.centre.configuration.company.name,
            queues=self.queues(),
            agents=self.agents(),
            calls=self.counts(),
            switch=self._switch,
        )

    def renew(self, queues: Iterable[QueueId], agents: Iterable[AgentId]) -> None:
        """Publish these queues and agents, and the counts, as they are now."""
        if not self.wallboard.viewers:
            self.wallboard.outdated(self._whole)
            return
        publish = self.wallboard.publish
        acd = self._engine.acd
        known_queues, known_agents = set(acd.queues), set(acd.agents)
        before = before_talk(self._engine.floor) if queues else {}
        for queue in queues:
            if queue in known_queues:
                publish(Change(queue=self._queue(queue, before)))
        for agent in agents:
            if agent in known_agents:
                publish(Change(agent=self._agent(agent)))
        publish(Change(calls=self.counts()))

    def switch_is(self, state: SwitchState) -> None:
        """The switch came or went."""
        self._switch = state
        self.wallboard.publish(Change(switch=state))

    def queues(self) -> tuple[QueueView, ...]:
        """All queues."""
        before = before_talk(self._engine.floor)
        return tuple(self._queue(queue, before) for queue in self._engine.acd.queues)

    def agents(self) -> tuple[AgentView, ...]:
        """All agents."""
        return tuple(map(self._agent, self._engine.acd.agents))

    def agent(self, agent: AgentId) -> AgentView:
        """One agent; raises `acd.errors.UnknownAgent`."""
        return self._agent(agent)

    def counts(self) -> CallCounts:
        """The calls in the house."""
        phases = [call.phase for call in self._engine.floor.calls.values()]
        return CallCounts(
            active=sum(phase is not Phase.ENDED for phase in phases),
            waiting=phases.count(Phase.WAITING),
            talking=phases.count(Phase.TALKING),
        )

    def _queue(self, queue: QueueId, before: Mapping[AgentId, SeatState]) -> QueueView:
        view = queue_view(self._engine.acd.queue_view(queue))
        members = self._engine.floor.centre.members(queue) if before else ()
        if here := [before[agent] for agent in members if agent in before]:
            calling = here.count(SeatState.CALLING)
            ringing = len(here) - calling
            view = msgspec.structs.replace(
                view, calling=calling, ringing=view.ringing + ringing, talking=view.talking - len(here)
            )
        waiting, paused = self.voicemails(queue), callbacks_paused(self._engine.owed, queue)
        if not waiting and not paused:
            return view
        return msgspec.structs.replace(view, voicemails=waiting, callbacks_paused=paused)

    def _agent(self, agent: AgentId) -> AgentView:
        floor = self._engine.floor
        view = floor.acd.agent_view(agent)
        call = floor.calls.get(view.call) if view.call is not None else None
        endpoint = floor.centre.endpoint_of.get(agent)
        return AgentView(
            id=agent,
            name=view.name,
            extension=self._extensions.get(agent, ""),
            state=seat_state(floor, view),
            since_ms=seat_since_ms(floor, view),
            reason=view.reason,
            call=view.call,
            caller=call.caller if call is not None else None,
            queue=view.queue,
            queues=view.queues,
            calls_today=view.calls_today,
            reachable=endpoint is not None and bool(floor.reachable.get(endpoint)),
            task=view.task,
            task_until_ms=view.task_until_ms or None,
        )


def callbacks_paused(owed: Iterable[Callback], queue: QueueId) -> int:
    """How many were not reached, and are out of this queue's line until the next try."""
    return sum(one.state is State.PAUSED and one.queue == queue for one in owed)


def queue_view(view: figures.QueueView) -> QueueView:
    """The ACD's view of a queue, as screens name things."""
    return QueueView(
        id=view.queue,
        name=view.name,
        waiting=view.waiting,
        callbacks=view.callbacks,
        longest_since_ms=view.longest_since_ms,
        ready=view.ready,
        ringing=view.ringing,
        talking=view.talking,
        wrap_up=view.wrap_up,
        on_break=view.on_break,
        signed_in=view.signed_in,
        offered=view.offered,
        answered=view.answered,
        abandoned=view.abandoned,
        called_back=view.called_back,
        answered_in_goal=view.answered_in_goal,
        service_level=view.service_level,
        goal_share=view.goal_share,
        goal_ms=view.goal_ms,
        average_wait_ms=view.average_wait_ms,
        estimate_ms=view.estimate_ms,
    )


def parties_view(engine: Engine, call: str) -> PartiesView:
    """Who is in a call now; raises `NoSuchCall`."""
    found = engine.floor.calls.get(CallId(call))
    if found is None:
        raise NoSuchCall(call)
    return PartiesView(
        call=call,
        state=found.phase.value,
        slot=found.slot,
        parties=tuple(
            PartyView(
                role=party.role.value,
                agent=party.agent or "",
                number=party.number,
                at=party.at.value,
                answered=party.answered,
                mode=party.mode or "",
            )
            for party in found.parties
        ),
    )
