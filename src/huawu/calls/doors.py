"""What leaders set of queues and agents, at work: who is led elsewhere, turned away, moved to another line.

It is about new callers. Who waits is served, who was in a queue before comes back to it, and what a centre
promised (callbacks) is kept.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Final

from huawu.acd import events as acd
from huawu.acd.events import AgentId, CallId, Overflow, QueueId
from huawu.calls.conversation import Conversation, Phase
from huawu.calls.effects import CancelTimer, SetTimer
from huawu.calls.errors import NoSuchPlace, NotPossible
from huawu.calls.floor import Floor
from huawu.calls.flowing import Flowing
from huawu.calls.queueing import Queueing
from huawu.calls.steering import STEERING_TIMER, Kind, Move, Steering, steered
from huawu.config.compile import Centre
from huawu.ivr.reach import message_places

TURNED_AWAY: Final = ("closed", "try-later", "goodbye")


class Doors:
    """Holds what leaders set, beside the configuration as it was given."""

    def __init__(self, floor: Floor, queueing: Queueing, flowing: Flowing) -> None:
        self._floor = floor
        self._queueing = queueing
        self._flowing = flowing
        self._given = floor.centre  # without what leaders set

    @property
    def given(self) -> Centre:
        """The centre as its configuration describes it."""
        return self._given

    # ── What leaders set ──────────────────────────────────────────────────────────────────────────

    def configure(self, centre: Centre) -> None:
        """A new configuration: what is about queues and agents it does not have is over."""
        self._given = centre
        self._set(self._floor.steering.without(*self._strange(self._floor.steering)))
        self._tell_acd()

    def steer(self, steering: Steering) -> None:
        """All this holds from now on, and nothing else."""
        over = [ruling.key for ruling in steering.over(self._floor.now_ms)]
        before = self._floor.steering
        self._set(steering.without(*over, *self._strange(steering)))
        if self._moves(before) != self._moves(self._floor.steering):
            self._tell_acd()
        touched = {
            key
            for key in before.rulings.keys() | steering.rulings.keys()
            if before.rulings.get(key) != self._floor.steering.rulings.get(key)
        }
        effects = self._floor.effects
        effects.steered = True
        effects.changed_queues.update(QueueId(name) for kind, name in touched if kind != "move")
        effects.changed_agents.update(AgentId(name) for kind, name in touched if kind == "move")

    def due(self) -> None:
        """The time of something is over."""
        self.steer(self._floor.steering)

    def _strange(self, steering: Steering) -> list[tuple[Kind, str]]:
        return [ruling.key for ruling in steering.strange_to(self._given)]

    @staticmethod
    def _moves(steering: Steering) -> dict[str, tuple[str, ...]]:
        return {
            ruling.agent: ruling.queues for ruling in steering.rulings.values() if isinstance(ruling, Move)
        }

    def _set(self, steering: Steering) -> None:
        floor = self._floor
        floor.steering = steering
        floor.centre = steered(self._given, steering)
        end_ms = steering.next_end_ms()
        timer = CancelTimer(STEERING_TIMER) if end_ms is None else SetTimer(STEERING_TIMER, end_ms)
        floor.effects.timers.append(timer)

    def _tell_acd(self) -> None:
        floor, centre = self._floor, self._floor.centre
        before = {agent: floor.acd.agent_view(agent).queues for agent in floor.acd.agents}
        self._queueing.step(acd.PolicyChanged(at_ms=floor.now_ms, queues=centre.queues, agents=centre.agents))
        for profile in centre.agents:
            if before.get(profile.agent) != profile.queues:
                floor.effects.changed_agents.add(profile.agent)
                floor.effects.changed_queues.update((*before.get(profile.agent, ()), *profile.queues))

    # ── New callers ───────────────────────────────────────────────────────────────────────────────

    def turned(
        self, call: Conversation, queue: str, priority: int, skills: dict[str, int], queued_ms: int
    ) -> bool:
        """Lead a new caller of a queue elsewhere, if a leader said so; False: there is room in line."""
        steering = self._floor.steering
        if call.queue == queue and call.queued_ms is not None:
            return False  # was there before
        divert, door = steering.divert(queue), steering.door(queue)
        again = queue in call.turned
        if divert is not None and not again:
            call.turned.add(queue)
            to = divert.to
            self._floor.fact(call, "diverted", queue=queue, action=to.action, target=to.target, by=divert.by)
            call.priority, call.skills, call.queued_ms = priority, skills, queued_ms
            self._queueing.lead_on(call, to, "diverted")
            return True
        if door is not None and door.state == "closed":
            call.turned.add(queue)
            self._floor.fact(call, "turned_away", queue=queue, by=door.by)
            self._closed_way(call, queue, again=again)
            return True
        return False

    def _closed_way(self, call: Conversation, queue: str, *, again: bool) -> None:
        """As in closed hours: the flow's way, a message, what the queue does without agents, or the end."""
        call.phase = Phase.FLOW
        centre, flowing = self._floor.centre, self._flowing
        policy = centre.queue(queue)
        message = message_places(centre.configuration.flows).get(queue)
        if call.transfer is not None:
            flowing.transfers.came_to_nothing(call, "closed")
        elif again:
            flowing.say_and_end(call, TURNED_AWAY, "congestion")
        elif call.run is not None and call.run.waiting == "queue" and call.run.has_closed_way:
            flowing.turned_away(call)
        elif message is not None:
            flowing.say_and_go_on(call, ("closed",), partial(flowing.start, call, message[0], at=message[1]))
        elif policy is not None and policy.no_agent.action != "none":
            self._queueing.lead_on(call, policy.no_agent, "no_agent")
        else:
            flowing.say_and_end(call, TURNED_AWAY, "congestion")

    # ── Those who wait ────────────────────────────────────────────────────────────────────────────

    def move_waiting(self, queue: str, to: str, calls: Collection[str] | None, by: str) -> int:
        """Put callers of one line into another, each with the wait so far; how many were moved.

        Whose offer rings already stays. Raises `NoSuchPlace`, `NotPossible`.
        """
        floor = self._floor
        for name in (queue, to):
            if floor.centre.queue(name) is None:
                raise NoSuchPlace(f"queue {name}")
        door = floor.steering.door(to)
        if queue == to:
            raise NotPossible("same_queue")
        if floor.steering.divert(to) is not None or (door is not None and door.state == "closed"):
            raise NotPossible("queue_shut", queue=to)
        moved = 0
        for view in floor.acd.lines({QueueId(queue)}, len(floor.calls)).get(QueueId(queue), ()):
            call = floor.calls.get(view.call)
            wanted = calls is None or view.call in calls
            if call is None or not wanted or view.offered is not None or call.phase is not Phase.WAITING:
                continue
            self._move(call, QueueId(queue), to, by)
            moved += 1
        floor.effects.changed_queues.update((QueueId(queue), QueueId(to)))
        return moved

    def _move(self, call: Conversation, queue: QueueId, to: str, by: str) -> None:
        self._floor.fact(call, "overflowed", queue=queue, why="moved", action="queue", target=to, by=by)
        self._queueing.step(acd.CallLedOn(at_ms=self._floor.now_ms, call=CallId(call.call)))
        self._queueing.lead_on(call, Overflow(action="queue", target=to), "moved")
