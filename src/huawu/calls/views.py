"""What the wallboard shows, as values, and how a change turns one wallboard into the next.

They live in `calls`, which makes them; `web/views.py` hands them on to pages.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, TypeVar

import msgspec

SwitchState = Literal["up", "down"]
V = TypeVar("V", bound="QueueView | AgentView")


class SeatState(StrEnum):
    """What an agent is doing, as screens say it: the ACD's states, and one more (`calls/seat_states.py`)."""

    SIGNED_OUT = "signed_out"
    READY = "ready"
    RINGING = "ringing"
    CALLING = "calling"  # makes a call that nobody has answered yet: to the ACD, the agent talks
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    BREAK = "break"
    UNAVAILABLE = "unavailable"


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all that a screen shows. Instants are Unix ms."""


class QueueView(View, frozen=True, kw_only=True):
    """One queue (技能组) now, and its counts since the day began."""

    id: str
    name: str
    waiting: int = 0
    callbacks: int = 0
    callbacks_paused: int = 0  # not reached, and out of the line until their next try
    """Callers who hung up and keep their place, to be called back."""
    voicemails: int = 0
    """Messages for the queue that nobody has done yet."""
    longest_since_ms: int | None = None
    ready: int = 0
    ringing: int = 0
    calling: int = 0
    talking: int = 0
    wrap_up: int = 0
    on_break: int = 0
    signed_in: int = 0
    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    called_back: int = 0
    """Callers who left to be called back."""
    answered_in_goal: int = 0
    service_level: float | None = None
    """Share 0–1 of calls answered within `goal_ms`; None before the first call."""
    goal_share: float = 0.8
    goal_ms: int = 20_000
    average_wait_ms: int | None = None
    estimate_ms: int | None = None
    """The wait of a caller who came now; None: nothing is known."""


class AgentView(View, frozen=True, kw_only=True):
    """One agent (坐席) now."""

    id: str
    name: str
    extension: str = ""
    state: SeatState = SeatState.SIGNED_OUT
    since_ms: int = 0
    reason: str = ""
    call: str | None = None
    caller: str | None = None
    """The number of whom they talk with."""
    queue: str | None = None
    queues: tuple[str, ...] = ()
    calls_today: int = 0
    reachable: bool = False
    task: str = ""
    """The voicemail that is the agent's work (between calls `state` is wrap_up and `reason` voicemail)."""
    task_until_ms: int | None = None
    """Then it goes back to the queue."""


class PartyView(View, frozen=True, kw_only=True):
    """One party of a call besides the caller. `at`: room | aside | hold | away; `mode` of a leader."""

    role: str
    agent: str = ""
    number: str = ""
    at: str = "away"
    answered: bool = False
    mode: str = ""


class PartiesView(View, frozen=True, kw_only=True):
    """Who is in a call now. `state` is the call's phase, `slot` where it is parked."""

    call: str
    state: str
    slot: str = ""
    parties: tuple[PartyView, ...] = ()


class CallCounts(View, frozen=True, kw_only=True):
    """Calls in the house: all, those in a queue, those in conversation."""

    active: int = 0
    waiting: int = 0
    talking: int = 0


class Wallboard(View, frozen=True, kw_only=True):
    """The whole screen at one instant."""

    at_ms: int
    company: str = ""
    queues: tuple[QueueView, ...] = ()
    agents: tuple[AgentView, ...] = ()
    calls: CallCounts = CallCounts()
    switch: SwitchState = "down"


class Change(View, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is different now; exactly one field is set. A view replaces the one of the same id."""

    queue: QueueView | None = None
    agent: AgentView | None = None
    queue_removed: str | None = None
    agent_removed: str | None = None
    calls: CallCounts | None = None
    switch: SwitchState | None = None


def apply(board: Wallboard, change: Change) -> Wallboard:
    """The wallboard after `change`. What is new joins at the end; removing an unknown one does nothing."""
    replaced: dict[str, object] = {}
    if change.queue is not None:
        replaced["queues"] = _placed(board.queues, change.queue)
    if change.agent is not None:
        replaced["agents"] = _placed(board.agents, change.agent)
    if change.queue_removed is not None:
        replaced["queues"] = tuple(queue for queue in board.queues if queue.id != change.queue_removed)
    if change.agent_removed is not None:
        replaced["agents"] = tuple(agent for agent in board.agents if agent.id != change.agent_removed)
    if change.calls is not None:
        replaced["calls"] = change.calls
    if change.switch is not None:
        replaced["switch"] = change.switch
    return msgspec.structs.replace(board, **replaced)


def key(change: Change) -> str:
    """What the change is about: of two changes with the same key only the later one matters."""
    if change.queue is not None:
        return f"queue:{change.queue.id}"
    if change.agent is not None:
        return f"agent:{change.agent.id}"
    if change.queue_removed is not None:
        return f"queue:{change.queue_removed}"
    if change.agent_removed is not None:
        return f"agent:{change.agent_removed}"
    return "calls" if change.calls is not None else "switch"


def _placed(views: tuple[V, ...], new: V) -> tuple[V, ...]:
    for place, view in enumerate(views):
        if view.id == new.id:
            return (*views[:place], new, *views[place + 1 :])
    return (*views, new)
