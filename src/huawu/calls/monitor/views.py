"""What the shift leader's screen shows beside the wallboard, and how a change turns one into the next."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, Literal

import msgspec

from huawu.calls.assist.views import TroubledCall
from huawu.calls.desk_views import CallbackTask, Place
from huawu.calls.steering import DoorState
from huawu.calls.views import View

LostState = Literal["open", "asked", "called_back", "came_again", "set_aside"]
AgentRule = Literal[
    "wrap_up_long", "break_long", "break_sum", "unavailable_long", "talk_long", "offers_missed"
]
QueueRule = Literal["longest_wait", "waiting", "service_level", "abandoned_share", "no_agent"]
CentreRule = Literal["switch_down", "toll_stop", "disk", "not_writing"]
WarningKind = AgentRule | QueueRule | CentreRule
Unit = Literal["ms", "count", "share", "bytes", ""]


class DivertView(View, frozen=True, kw_only=True):
    """Where new callers are led; one of the first four is set."""

    queue: str = ""
    number: str = ""
    flow: str = ""
    hang_up: bool = False
    by: str = ""
    by_name: str = ""
    at_ms: int = 0
    until_ms: int | None = None
    note: str = ""


class WaitingCall(View, frozen=True, kw_only=True):
    """A caller in line. `offered`: the agent whose phone rings for them."""

    call: str
    caller: str
    place: int
    queued_ms: int
    language: str = ""
    priority: int = 0
    offered: str = ""


class QueueControl(View, frozen=True, kw_only=True):
    """A queue as leaders turn it. `added` and `taken`: whom a leader moved here, and away from here."""

    id: str
    door: DoorState = "hours"
    door_by: str = ""
    door_by_name: str = ""
    door_ms: int | None = None
    door_until_ms: int | None = None
    door_note: str = ""
    divert: DivertView | None = None
    estimate_ms: int | None = None
    members: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    waiting_calls: tuple[WaitingCall, ...] = ()
    callbacks: tuple[CallbackTask, ...] = ()


class With(View, frozen=True, kw_only=True):
    """Whom an agent talks with: a customer or somebody outside by `number`, a colleague by `agent`."""

    call: str
    number: str = ""
    agent: str = ""
    direction: str = "in"
    since_ms: int = 0
    held: bool = False


class MoveView(View, frozen=True, kw_only=True):
    """An agent moved between queues: what they serve now, and what the configuration says."""

    queues: tuple[str, ...]
    before: tuple[str, ...]
    by: str
    by_name: str
    at_ms: int
    until_ms: int | None = None
    reason: str = ""


class Depart(View, frozen=True, kw_only=True):
    """A state rule that an agent departs from; `book` is the service book's rule, if one is behind it."""

    rule: AgentRule
    book: str = ""
    since_ms: int = 0
    value: float = 0
    limit: float = 0


class Seat(View, frozen=True, kw_only=True):
    """An agent's day and doings; figures of the day up to `counted_ms`."""

    id: str
    with_: With | None = msgspec.field(default=None, name="with")
    counted_ms: int = 0
    talk_ms: int = 0
    ready_ms: int = 0
    wrap_up_ms: int = 0
    break_ms: int = 0
    breaks: int = 0
    missed: int = 0
    calls: int = 0
    outgoing: int = 0
    moved: MoveView | None = None
    departs: tuple[Depart, ...] = ()


class LostCall(View, frozen=True, kw_only=True):
    """A caller of today who gave up in a queue; of one number the newest stands for all (`times`)."""

    call: str
    queue: str
    caller: str
    number: str = ""
    place: Place | None = None
    lost_ms: int = 0
    waited_ms: int = 0
    times: int = 1
    callable: bool = False
    state: LostState = "open"
    callback: str = ""
    attempts: int = 0
    """How often the callback was tried; why it came to nothing last stands in `note`."""
    due_ms: int | None = None
    """When it is tried next, while it waits for that."""
    by: str = ""
    by_name: str = ""
    note: str = ""
    dealt_ms: int | None = None
    dealt_call: str = ""


class Warned(View, frozen=True, kw_only=True):
    """A threshold that is passed, for as long as it is."""

    id: str
    kind: WarningKind
    book: str = ""
    queue: str = ""
    agent: str = ""
    value: float = 0
    limit: float = 0
    unit: Unit = ""
    since_ms: int = 0
    seen_by: str = ""
    seen_by_name: str = ""
    seen_ms: int | None = None


class Supervisor(View, frozen=True, kw_only=True):
    """A leader who is in a call."""

    agent: str
    mode: str


class LiveCall(View, frozen=True, kw_only=True):
    """A call in the house. `state`: flow | waiting | ringing | talking | parked."""

    id: str
    caller: str
    number: str
    queue: str = ""
    agent: str = ""
    direction: str = "in"
    state: str = "flow"
    since_ms: int = 0
    began_ms: int = 0
    urgent: str = ""
    supervised_by: tuple[Supervisor, ...] = ()


class Monitor(View, frozen=True, kw_only=True):
    """The whole screen at one instant."""

    at_ms: int
    queues: tuple[QueueControl, ...] = ()
    seats: tuple[Seat, ...] = ()
    lost: tuple[LostCall, ...] = ()
    warnings: tuple[Warned, ...] = ()
    calls: tuple[LiveCall, ...] = ()
    troubles: tuple[TroubledCall, ...] = ()


class MonitorChange(View, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is different now; exactly one field is set. A view replaces the one of the same id."""

    queue: QueueControl | None = None
    queue_removed: str | None = None
    seat: Seat | None = None
    seat_removed: str | None = None
    lost: LostCall | None = None
    lost_removed: str | None = None
    warning: Warned | None = None
    warning_removed: str | None = None
    call: LiveCall | None = None
    call_removed: str | None = None
    trouble: TroubledCall | None = None
    trouble_removed: str | None = None


_id: Callable[[Any], str] = attrgetter("id")
_LISTS: Final = (
    ("queue", "queue_removed", "queues", _id),
    ("seat", "seat_removed", "seats", _id),
    ("lost", "lost_removed", "lost", attrgetter("call")),
    ("warning", "warning_removed", "warnings", _id),
    ("call", "call_removed", "calls", _id),
    ("trouble", "trouble_removed", "troubles", attrgetter("call")),
)
"""The fields of a change, the list they are about, and what a view goes by there."""


def apply(board: Monitor, change: MonitorChange) -> Monitor:
    """The screen after `change`. What is new joins at the end; removing an unknown one does nothing."""
    for field, removed, many, name_of in _LISTS:
        if (new := getattr(change, field)) is not None:
            return msgspec.structs.replace(board, **{many: _placed(getattr(board, many), new, name_of)})
        if (gone := getattr(change, removed)) is not None:
            kept = tuple(view for view in getattr(board, many) if name_of(view) != gone)
            return msgspec.structs.replace(board, **{many: kept})
    return board


def key(change: MonitorChange) -> str:
    """What the change is about: of two with the same key only the later one matters."""
    for field, removed, _, name_of in _LISTS:
        if (new := getattr(change, field)) is not None:
            return f"{field}:{name_of(new)}"
        if (gone := getattr(change, removed)) is not None:
            return f"{field}:{gone}"
    return ""


def _placed(views: tuple[Any, ...], new: Any, name_of: Callable[[Any], str]) -> tuple[Any, ...]:
    names = list(map(name_of, views))
    try:
        place = names.index(name_of(new))
    except ValueError:
        return (*views, new)
    return (*views[:place], new, *views[place + 1 :])
