"""What pages are given, as values; the wallboard's come from `calls`. See docs/api.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from huawu.calls.call_papers import Note, WrapUp
from huawu.calls.callbacks import Callback, CallbackKind
from huawu.calls.facts import Fact
from huawu.calls.outcomes import Outcome
from huawu.calls.record import (
    CallRecord,
    CallState,
    Direction,
    EndedBy,
    SurveyView,
    VoicemailBrief,
)
from huawu.calls.recorded import RecordingView
from huawu.calls.views import AgentView, CallCounts, Change, QueueView, SwitchState, Wallboard, apply, key
from huawu.platform.log import masked

__all__ = [
    "AgentView",
    "Agents",
    "BreakView",
    "Call",
    "CallCounts",
    "CallWithFacts",
    "CallbackView",
    "Callbacks",
    "Calls",
    "CentreView",
    "Change",
    "Me",
    "NumberView",
    "QueueView",
    "Queues",
    "SimulationBrief",
    "SimulationView",
    "Wallboard",
    "apply",
    "key",
]


class SecondFactor(msgspec.Struct, frozen=True, kw_only=True):
    """Whether somebody signs in with a code besides the password, and whether that is asked of the role."""

    enrolled: bool = False
    required: bool = False


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in; `csrf` goes into the X-CSRF-Token of each write.

    `agent`: takes calls, so has a desk; `phone` is the person's own, "" = none. With `must_change` nothing
    but a new password is taken.
    """

    user: str
    name: str
    role: str
    language: str
    csrf: str
    permissions: list[str]
    agent: bool
    phone: str
    must_change: bool
    second_factor: SecondFactor


class NumberView(msgspec.Struct, frozen=True, kw_only=True):
    """A number that callers may dial."""

    number: str
    name: str


class BreakView(msgspec.Struct, frozen=True, kw_only=True):
    """A reason to be away that an agent may choose."""

    id: str
    name: str
    name_en: str


class SimulationBrief(msgspec.Struct, frozen=True, kw_only=True):
    on: bool
    callers: int


class SimulationView(msgspec.Struct, frozen=True, kw_only=True):
    """The traffic maker of the demo."""

    available: bool = False
    on: bool = False
    callers: int = 0
    calls_per_minute: float = 0.0


class PersonBrief(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who works here, by the name that pages show."""

    user: str
    name: str


class CentreView(msgspec.Struct, frozen=True, kw_only=True):
    """What this centre is."""

    company: str
    company_en: str
    version: str
    time_zone: str
    demo: bool
    switch: SwitchState
    numbers: list[NumberView]
    breaks: list[BreakView]
    people: list[PersonBrief]
    simulation: SimulationBrief | None


class Queues(msgspec.Struct, frozen=True, kw_only=True):
    queues: list[QueueView]


class Agents(msgspec.Struct, frozen=True, kw_only=True):
    agents: list[AgentView]


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call on record."""

    id: str
    direction: Direction
    caller: str
    caller_name: str
    number: str
    flow: str
    language: str
    queue: str
    agent: str
    agent_name: str
    dialled_by: str
    dialled_by_name: str
    began_ms: int
    answered_ms: int | None
    queued_ms: int | None
    bridged_ms: int | None
    ended_ms: int | None
    waited_ms: int | None
    talk_ms: int | None
    state: CallState
    outcome: Outcome | None
    ended_by: EndedBy | None
    reason: str
    recording: RecordingView | None
    survey: SurveyView | None
    voicemail: VoicemailBrief | None
    urgent: str
    disposition: str = ""
    """What was filed of it last."""


class CallWithFacts(Call, frozen=True, kw_only=True):
    """A call with its timeline: each fact has seq, at_ms, kind, party and its kind's own fields."""

    facts: list[dict[str, Any]]
    note: Note | None = None
    wrap_ups: list[WrapUp] = []


class Calls(msgspec.Struct, frozen=True, kw_only=True):
    """A page, newest first; `next` is the following page's cursor."""

    calls: list[Call]
    next: str | None


class CallbackView(msgspec.Struct, frozen=True, kw_only=True):
    """A callback, or a redial after a dropped call. Instants are Unix ms."""

    id: str
    kind: CallbackKind
    state: str
    queue: str
    number: str
    agent: str
    created_ms: int
    queued_ms: int
    expires_ms: int
    due_ms: int | None
    ended_ms: int | None
    attempts: int
    reason: str
    origin: str
    call: str | None


class Callbacks(msgspec.Struct, frozen=True, kw_only=True):
    callbacks: list[CallbackView]


def callback_view(callback: Callback, *, whole_number: bool) -> CallbackView:
    """The number masked unless the viewer may see numbers; the call only once there is one."""
    return CallbackView(
        id=callback.id,
        kind=callback.kind,
        state=callback.state,
        queue=callback.queue,
        number=callback.number if whole_number else masked(callback.number),
        agent=callback.agent,
        created_ms=callback.created_ms,
        queued_ms=callback.queued_ms,
        expires_ms=callback.expires_ms,
        due_ms=callback.due_ms or None,
        ended_ms=callback.ended_ms,
        attempts=callback.attempts,
        reason=callback.reason,
        origin=callback.origin,
        call=callback.call if callback.attempts else None,
    )


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """`not_writing`: facts of calls cannot be written, and wait in memory. `facts_lost`: they never will be,
    of this life of the centre.
    """

    status: Literal["ok", "not_writing"]
    switch: SwitchState
    facts_waiting: int
    facts_lost: int


HIDDEN = ("caller", "caller_name", "callee")
HIDDEN_OUTSIDE = (*HIDDEN, "number")
OWN_NUMBERS = ("offered", "notice")
"""In these the number is the centre's own, unless an agent dialled it; in others, of somebody outside."""


def is_outside(kind: str, fields: Mapping[str, Any]) -> bool:
    """Whether the `number` in a fact is that of somebody outside."""
    dialled = fields.get("direction") == "out" and "callback" not in fields
    return dialled or kind not in OWN_NUMBERS


def fields_of(record: CallRecord, names: Mapping[str, str], *, whole_number: bool) -> dict[str, Any]:
    """A record's fields as a `Call` has them; the caller masked unless the viewer may see numbers."""
    told_elsewhere = ("disposition", "dialled_by_name")
    fields = {name: getattr(record, name) for name in Call.__struct_fields__ if name not in told_elsewhere}
    fields["agent_name"] = record.agent_name or names.get(record.agent, "")
    fields["dialled_by_name"] = names.get(record.dialled_by, "")
    if record.ended_ms is None:
        fields["survey"] = None  # whom it is about sees it when the call is over
    if not whole_number:
        fields["caller"] = masked(record.caller)
        fields["caller_name"] = masked(record.caller_name)
        if record.direction == "out" and not record.queue:  # an agent dialled the customer
            fields["number"] = masked(record.number)
    return fields


def fact_view(fact: Fact, *, whole_number: bool) -> dict[str, Any]:
    """A fact as the pages get it: its own fields beside seq, at_ms, kind and party."""
    fields = fact.fields
    if not whole_number:
        hidden = HIDDEN_OUTSIDE if is_outside(fact.kind, fields) else HIDDEN
        fields = {
            name: masked(str(value)) if name in hidden and value else value for name, value in fields.items()
        }
    return {**fields, "seq": fact.seq, "at_ms": fact.at_ms, "kind": fact.kind, "party": fact.party}


def without_number(agent: AgentView) -> AgentView:
    """For viewers who may not see whom an agent talks with."""
    return msgspec.structs.replace(agent, caller=masked(agent.caller)) if agent.caller else agent
