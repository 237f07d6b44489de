"""A call's record, derived from its facts alone: what lists, searches and reports show of a call.

`apply` is pure and takes the facts in order; applying them one by one as they come, or all afterwards, gives
the same record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

import msgspec

from huawu.calls import recorded
from huawu.calls.facts import Fact, Kind
from huawu.calls.outcomes import BROKEN, Outcome, of_direct, of_outgoing
from huawu.calls.recorded import Recorded, RecordingView

Direction = Literal["in", "out"]
CallState = Literal["flow", "waiting", "ringing", "talking", "parked", "ended"]
EndedBy = Literal["caller", "agent", "centre"]


class SurveyView(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller said of the call: the score, and how long the spoken comment is (0 = none)."""

    score: int
    at_ms: int
    agent: str = ""
    queue: str = ""
    comment_ms: int = 0


class VoicemailBrief(msgspec.Struct, frozen=True, kw_only=True):
    """The message the caller left, and for whom."""

    id: str
    queue: str
    length_ms: int


class CallRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call as `Call` in docs/api.md, and at its end what the derivation itself must remember."""

    id: str
    began_ms: int
    direction: Direction = "in"
    caller: str = ""
    caller_name: str = ""
    number: str = ""
    flow: str = ""
    language: str = ""
    queue: str = ""
    agent: str = ""
    agent_name: str = ""
    earlier_agents: tuple[str, ...] = ()
    """Who led the conversation before `agent` and sent the caller on."""
    dialled_by: str = ""
    """The agent from whose phone the call comes, or who took the line of who dialled."""
    answered_ms: int | None = None
    queued_ms: int | None = None
    bridged_ms: int | None = None
    ended_ms: int | None = None
    waited_ms: int | None = None
    """From the queue to the first conversation, or to the end without one."""
    talk_ms: int | None = None
    """All conversations with agents together, once one is over."""
    state: CallState = "flow"
    outcome: Outcome | None = None
    ended_by: EndedBy | None = None
    reason: str = ""
    recording: RecordingView | None = None
    survey: SurveyView | None = None
    voicemail: VoicemailBrief | None = None
    urgent: str = ""
    """Of what kind, once an agent said so."""

    comment_path: str = ""
    recording_id: str = ""
    recording_path: str = ""
    recording_began_ms: int = 0
    recording_broke: bool = False
    earlier_recordings: tuple[Recorded, ...] = ()
    talking_since_ms: int | None = None
    talked_with: str = ""
    in_line: bool = False
    callback_agreed: bool = False
    not_reached: str = ""
    """Of an outgoing or direct call: why the line of whoever was called ended before they talked."""
    internal: bool = False
    """A phone of the centre dialled a number of the centre."""
    direct: bool = False
    """It asked for one person, by a number of the plan that leads nowhere else."""

    def talked_to(self, agent: str) -> bool:
        """Whether the agent has, or had, or dialled the call: it is among the agent's own."""
        return bool(agent) and agent in (self.agent, self.dialled_by, *self.earlier_agents)

    @property
    def maker(self) -> str:
        """The agent of a call outside even before, and without, an answer: who dialled it."""
        return self.dialled_by if self.direction == "out" else ""


def derive(facts: Iterable[Fact]) -> CallRecord | None:
    """The record of a call's facts in order; None of no facts."""
    record: CallRecord | None = None
    for fact in facts:
        record = apply(record, fact)
    return record


def apply(record: CallRecord | None, fact: Fact) -> CallRecord:
    """The record after one more fact; the same object when the fact changes nothing.

    Without facts at the start the call began when first seen.
    """
    if record is None:
        record = CallRecord(id=fact.call, began_ms=fact.at_ms)
    change = _CHANGES.get(fact.kind)
    if change is None or (record.state == "ended" and fact.kind not in _AFTERWARDS):
        return record
    changed = msgspec.structs.replace(record, **change(record, fact))
    return record if changed == record else changed


def _offered(record: CallRecord, fact: Fact) -> dict[str, Any]:
    fields = fact.fields
    out, dialler = fields.get("direction") == "out", _text(fields, "by")
    return {
        "began_ms": fact.at_ms,
        "direction": "out" if out else "in",
        "dialled_by": dialler,
        "agent": dialler if out else "",
        "caller": _text(fields, "caller"),
        "caller_name": _text(fields, "caller_name"),
        "number": _text(fields, "number"),
        "flow": _text(fields, "flow"),
        "language": _text(fields, "language") or record.language,
        "queue": _text(fields, "queue") or record.queue,
        "internal": bool(fields.get("endpoint")) and not out,
    }


def _answered(record: CallRecord, fact: Fact) -> dict[str, Any]:
    first = record.answered_ms is None and fact.party != "agent"
    return {"answered_ms": fact.at_ms} if first else {}


def _language(_record: CallRecord, fact: Fact) -> dict[str, Any]:
    return {"language": _text(fact.fields, "language")}


def _step(record: CallRecord, fact: Fact) -> dict[str, Any]:
    return {} if record.flow else {"flow": _text(fact.fields, "flow")}


def _queued(record: CallRecord, fact: Fact) -> dict[str, Any]:
    return {
        "queue": _text(fact.fields, "queue") or record.queue,
        "queued_ms": fact.at_ms if record.queued_ms is None else record.queued_ms,
        "in_line": True,
        "state": _at_rest(record, True),
    }


def _overflowed(record: CallRecord, _fact: Fact) -> dict[str, Any]:
    return {"in_line": False, "state": _at_rest(record, False)}


def _offer_made(record: CallRecord, fact: Fact) -> dict[str, Any]:
    offered = {"agent": _text(fact.fields, "agent"), "agent_name": _text(fact.fields, "agent_name")}
    return offered | _ringing(record)


def _agent_ringing(record: CallRecord, fact: Fact) -> dict[str, Any]:
    return {"agent": _text(fact.fields, "agent") or record.agent} | _ringing(record)


def _offer_failed(record: CallRecord, _fact: Fact) -> dict[str, Any]:
    return {
        "agent": record.talked_with or record.maker,
        "agent_name": record.agent_name if record.talked_with == record.agent else "",
        "state": _at_rest(record, record.in_line),
    }


def _transfer(record: CallRecord, fact: Fact) -> dict[str, Any]:
    """The plan, and neither a flow nor a queue nor an agent, leads the caller to somebody."""
    by_the_plan = not record.flow and record.queued_ms is None and record.bridged_ms is None
    return {"direct": True} if by_the_plan else {}


def _transfer_failed(record: CallRecord, fact: Fact) -> dict[str, Any]:
    """Who dialled may be told of it, and let go, by an ordinary end."""
    changed = _offer_failed(record, fact)
    if (record.direction == "out" or record.direct) and record.bridged_ms is None:
        changed["not_reached"] = _text(fact.fields, "reason")
    return changed


def _bridged(record: CallRecord, fact: Fact) -> dict[str, Any]:
    agent = _text(fact.fields, "agent") or record.agent
    name = _text(fact.fields, "agent_name") or (record.agent_name if agent == record.agent else "")
    changed = _talk_over(record, fact.at_ms) | {
        "agent": agent,
        "agent_name": name,
        "talked_with": agent,
        "talking_since_ms": fact.at_ms,
        "in_line": False,
        "state": "talking",
    }
    before = record.talked_with
    if before and before != agent and before not in record.earlier_agents:
        changed["earlier_agents"] = (*record.earlier_agents, before)
    if record.bridged_ms is None:
        changed["bridged_ms"] = fact.at_ms
        if record.queued_ms is not None:
            changed["waited_ms"] = max(0, fact.at_ms - record.queued_ms)
    return changed


def _taken_over(record: CallRecord, fact: Fact) -> dict[str, Any]:
    """The line of who dialled is another's now."""
    of, agent = _text(fact.fields, "of"), _text(fact.fields, "agent")
    if not of or of != record.dialled_by:
        return {}
    earlier = record.earlier_agents if of in record.earlier_agents else (*record.earlier_agents, of)
    changed: dict[str, Any] = {"dialled_by": agent, "earlier_agents": earlier}
    return changed | ({"agent": agent, "talked_with": agent} if record.direction == "out" else {})


def _parted(record: CallRecord, fact: Fact) -> dict[str, Any]:
    return _talk_over(record, fact.at_ms) | {"state": "flow"}


def _parked(_record: CallRecord, _fact: Fact) -> dict[str, Any]:
    return {"state": "parked"}


def _unparked(record: CallRecord, _fact: Fact) -> dict[str, Any]:
    return {"state": _at_rest(record, record.in_line)}


def _talk_over(record: CallRecord, at_ms: int) -> dict[str, Any]:
    if record.talking_since_ms is None:
        return {}
    talked_ms = max(0, at_ms - record.talking_since_ms)
    return {"talk_ms": (record.talk_ms or 0) + talked_ms, "talking_since_ms": None}


def _ended(record: CallRecord, fact: Fact) -> dict[str, Any]:
    by = fact.fields.get("by", fact.party)
    ended_by: EndedBy = by if by in ("caller", "agent", "centre") else "centre"
    reason = _text(fact.fields, "reason")
    until_ms = fact.over_ms
    changed = _talk_over(record, until_ms) | {
        "ended_ms": until_ms,
        "ended_by": ended_by,
        "reason": reason,
        "state": "ended",
        "outcome": _outcome(record, ended_by, reason),
        "in_line": False,
    }
    if record.bridged_ms is None:
        changed |= {"agent": record.maker, "agent_name": ""}  # rung perhaps, but spoke with nobody
        if record.queued_ms is not None:
            changed["waited_ms"] = max(0, until_ms - record.queued_ms)
    return changed


def _outcome(record: CallRecord, by: EndedBy, reason: str) -> Outcome:
    if record.bridged_ms is not None:
        return "answered"
    if record.direction == "out":
        return of_outgoing(record.not_reached or reason)
    if record.direct:
        return of_direct(record.not_reached or reason, internal=record.internal)
    if record.callback_agreed:  # and is owed, however the line ended then
        return "callback"
    if reason in BROKEN:
        return "failed"
    if record.voicemail is not None:
        return "self_service"
    if record.internal and record.answered_ms is None and not record.flow:  # led nowhere
        return of_direct(reason, internal=True)
    if record.queued_ms is not None or record.answered_ms is None:
        return "refused" if by == "centre" else "abandoned"
    return "self_service"


def _rated(record: CallRecord, fact: Fact) -> dict[str, Any]:
    score = fact.fields.get("score")
    if not isinstance(score, int):
        return {}
    agent, queue = _text(fact.fields, "agent"), _text(fact.fields, "queue")
    return {"survey": SurveyView(score=score, at_ms=fact.at_ms, agent=agent, queue=queue)}


def _comment_began(_record: CallRecord, fact: Fact) -> dict[str, Any]:
    return {"comment_path": _text(fact.fields, "path")}


def _comment_left(record: CallRecord, fact: Fact) -> dict[str, Any]:
    length_ms = fact.fields.get("length_ms")
    if record.survey is None or not isinstance(length_ms, int):
        return {}
    return {"survey": msgspec.structs.replace(record.survey, comment_ms=length_ms)}


def _voicemail_left(record: CallRecord, fact: Fact) -> dict[str, Any]:
    """Who left a message was served, though nobody talked."""
    length_ms = fact.fields.get("length_ms")
    brief = VoicemailBrief(
        id=_text(fact.fields, "voicemail"),
        queue=_text(fact.fields, "queue"),
        length_ms=length_ms if isinstance(length_ms, int) else 0,
    )
    served = record.outcome in ("abandoned", "refused")
    return {"voicemail": brief} | ({"outcome": "self_service"} if served else {})


def _callback_agreed(_record: CallRecord, _fact: Fact) -> dict[str, Any]:
    return {"callback_agreed": True}


def _urgent(_record: CallRecord, fact: Fact) -> dict[str, Any]:
    return {"urgent": _text(fact.fields, "urgency")}


def _ringing(record: CallRecord) -> dict[str, Any]:
    """While a conversation goes on (a transfer being prepared) it stays one."""
    return {} if record.state == "talking" else {"state": "ringing"}


def _at_rest(record: CallRecord, in_line: bool) -> CallState:
    if record.state == "talking":
        return "talking"
    return "waiting" if in_line else "flow"


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return "" if value is None else str(value)


_CHANGES: Final[dict[Kind, Callable[[CallRecord, Fact], dict[str, Any]]]] = {
    "offered": _offered,
    "answered": _answered,
    "language": _language,
    "step": _step,
    "queued": _queued,
    "overflowed": _overflowed,
    "offer_made": _offer_made,
    "agent_ringing": _agent_ringing,
    "offer_failed": _offer_failed,
    "transfer": _transfer,
    "transfer_failed": _transfer_failed,
    "bridged": _bridged,
    "taken_over": _taken_over,
    "parted": _parted,
    "parked": _parked,
    "park_over": _unparked,
    "callback_agreed": _callback_agreed,
    "ended": _ended,
    "recording_started": recorded.began,
    "recording_failed": recorded.broke,
    "recording_stopped": recorded.stopped,
    "rated": _rated,
    "comment_began": _comment_began,
    "comment_left": _comment_left,
    "voicemail_left": _voicemail_left,
    "urgent": _urgent,
}
"""What each kind of fact changes; kinds not listed change nothing that a list shows."""

_AFTERWARDS: Final = frozenset(
    {"recording_started", "recording_stopped", "recording_failed", "comment_left", "voicemail_left"}
)
"""These count even once the call is over."""
