"""One call as one agent's desk shows it: pure, from the engine's memory and the call's facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from huawu.acd.events import AgentId, AgentState, CallId
from huawu.calls.conversation import Agent, Conversation, Dialler, PartyLeg, Phase
from huawu.calls.desk_views import Consulted, DeskAgent, DeskCall, Named, NextState, WrapUpDue
from huawu.calls.engine import Engine
from huawu.calls.facts import Fact
from huawu.calls.queueing import ACD_TIMER
from huawu.calls.seat_states import seat_since_ms, seat_state
from huawu.calls.views import PartyView

Due = Callable[[str], int | None]
"""When a timer of this name runs out, Unix ms; None = none runs."""
Facts = Sequence[dict[str, Any]]

NEXT: Final = {"take_a_break": "break", "sign_out": "signed_out", "lose_the_phone": "unavailable"}
"""What was noted during a call, as the state that follows."""


def calls_of(engine: Engine, agent: AgentId) -> list[CallId]:
    """All calls in which the agent has a part, oldest first; looks at every call in the house."""
    wrapped = engine.floor.wrapping.get(agent)
    return [
        call.call for call in engine.floor.calls.values() if call.call == wrapped or has_part(call, agent)
    ]


def has_part(call: Conversation, agent: AgentId) -> bool:
    """Whether the agent is being rung for the call, in it, or dialled it."""
    if call.party_of(agent) is not None:
        return True
    return call.dialled_by == agent and call.phase is not Phase.ENDED


def desk_call(engine: Engine, agent: AgentId, call_id: CallId, facts: Facts, due: Due) -> DeskCall | None:
    """The call on this agent's desk; None = the agent has no part in it (any more)."""
    call = engine.floor.calls.get(call_id)
    if call is None:
        return None
    party = call.party_of(agent)
    wraps = engine.floor.wrapping.get(agent) == call_id
    if not wraps and not has_part(call, agent):
        return None
    sits = call.as_agent(agent)
    state = _state(call, party, agent, wraps=wraps)
    told = _told(facts, agent)
    centre = engine.floor.centre
    queue = call.queue or ""
    policy = centre.queue(queue) if queue else None
    numbers = centre.configuration.numbers
    return DeskCall(
        id=call.call,
        direction="out" if told.get("direction") == "out" or call.dialled_by is not None else "in",
        purpose=_purpose(call, party, agent, told),
        state=state,
        caller=call.caller,
        caller_name=call.caller_name,
        number=call.number,
        number_name=next((each.name for each in numbers if each.number == call.number), ""),
        queue=queue,
        queue_name=policy.name if policy is not None else "",
        language=call.language,
        began_ms=call.began_ms,
        queued_ms=call.queued_ms,
        offered_ms=told.get("offered_ms"),
        waited_ms=told.get("waited_ms"),
        ring_until_ms=due(f"{ACD_TIMER}ring:{agent}") if state == "ringing" else None,
        answered_ms=told.get("answered_ms"),
        ended_ms=told.get("ended_ms"),
        at=sits.at.value if sits is not None else "away",
        caller_at=call.caller_at.value,
        slot=call.slot,
        consult=_consult(call, sits),
        parties=parties_of(call),
        held_by=tuple(sorted({held.party for held in call.held_by.values()})),
        recording=recording_of(call),
        urgent=call.urgent,
        leads=_leads(call, sits),
        mode=party.mode or "" if party is not None else "",
        muted=party.muted if party is not None else call.dialled_by == agent and call.muted,
    )


def recording_of(call: Conversation) -> str:
    """As its agent sees it: `none`, `running`, `paused`, or `broken` while it cannot be written."""
    if call.recording is None:
        return "none"
    if call.recording_paused:
        return "paused"
    return "running" if call.recording_broke_ms is None else "broken"


def parties_of(call: Conversation) -> tuple[PartyView, ...]:
    """All parties besides the caller."""
    return tuple(
        PartyView(
            role=party.role.value,
            agent=party.agent or "",
            number=party.number,
            at=party.at.value,
            answered=party.answered,
            mode=party.mode or "",
        )
        for party in call.parties
    )


def _state(call: Conversation, party: PartyLeg | None, agent: AgentId, *, wraps: bool) -> str:
    if party is not None:
        return "talking" if party.answered else "ringing"
    if wraps:
        return "wrap_up"
    return "ringing" if call.awaited else "talking"


def _purpose(call: Conversation, party: PartyLeg | None, agent: AgentId, told: dict[str, Any]) -> str:
    if told.get("purpose") in ("callback", "redial"):
        return str(told["purpose"])
    if party is not None:
        return party.purpose.value
    return "dialled" if call.dialled_by == agent else "talk"


def _leads(call: Conversation, sits: Agent | None) -> bool:
    if isinstance(sits, Dialler):
        return call.phase is Phase.TALKING
    return sits is not None and call.talking is sits


def _consult(call: Conversation, sits: Agent | None) -> Consulted | None:
    consult = call.consult
    if consult is None or sits is None or consult.by != sits:
        return None
    if consult.party is None:
        return Consulted(queue=consult.queue or "", state="looking")
    asked = consult.party
    return Consulted(
        agent=asked.agent or "", number=asked.number, state="talking" if asked.answered else "ringing"
    )


def _told(facts: Facts, agent: AgentId) -> dict[str, Any]:
    """What the timeline says of this agent's part."""
    found: dict[str, Any] = {}
    answered: dict[Any, int | None] = {}  # by leg
    for fact in facts:
        kind = fact["kind"]
        if kind == "offered":
            found |= {name: fact[name] for name in ("direction", "purpose") if name in fact}
        elif kind == "ended":
            found["ended_ms"] = fact.get("until_ms", fact["at_ms"])
        elif fact.get("agent") != agent:
            continue
        elif kind == "offer_made":
            found |= {"offered_ms": fact["at_ms"], "waited_ms": fact.get("waited_ms")}
        elif kind in ("party_rung", "agent_ringing", "party_ringing"):
            found.setdefault("offered_ms", fact["at_ms"])
        elif kind == "agent_answered":
            found["answered_ms"] = answered[fact.get("leg")] = fact["at_ms"]
        elif kind == "replaced":  # the same conversation goes on at another phone, or in the page loaded anew
            since = answered.get(fact.get("old"), found.get("answered_ms"))
            found["answered_ms"] = answered[fact.get("leg")] = since
    return found


def shown(fact: Fact) -> dict[str, Any]:
    """A fact as pages get it."""
    return {**fact.fields, "seq": fact.seq, "at_ms": fact.at_ms, "kind": fact.kind, "party": fact.party}


def desk_agent(engine: Engine, agent: AgentId, by: str = "") -> DeskAgent:
    """The agent's own state. Raises `UnknownAgent`."""
    floor = engine.floor
    view = floor.acd.agent_view(agent)
    endpoint = floor.centre.endpoint_of.get(agent)
    follows = NEXT.get(view.wish)
    queues = floor.centre.configuration.queues
    return DeskAgent(
        id=agent,
        name=view.name,
        extension=floor.centre.extension(agent),
        state=seat_state(floor, view),
        since_ms=seat_since_ms(floor, view),
        reason=view.reason,
        by=by,
        next=NextState(state=follows, reason=view.wish_reason) if follows is not None else None,
        queue=view.queue,
        queues=tuple(Named(id=name, name=queues[name].name) for name in view.queues if name in queues),
        reachable=endpoint is not None and bool(floor.reachable.get(endpoint)),
        task=view.task,
        task_until_ms=view.task_until_ms or None,
    )


def wrap_up_due(engine: Engine, agent: AgentId, due: Due) -> WrapUpDue | None:
    """The wrap-up that runs; None = none does."""
    view = engine.floor.acd.agent_view(agent)
    if view.state is not AgentState.WRAP_UP or view.call is None:
        return None
    policy = engine.floor.centre.queue(view.queue or "")
    return WrapUpDue(
        call=view.call,
        queue=view.queue or "",
        began_ms=view.since_ms,
        due_ms=due(f"{ACD_TIMER}wrap:{agent}"),
        required=policy is not None and policy.form_required,
        overdue=view.form is not None and due(f"{ACD_TIMER}wrap:{agent}") is None,
        filed=policy is not None and policy.form_required and view.form is None,
    )
