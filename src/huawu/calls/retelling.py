"""A call under way as its timeline tells it: what a centre that returns knows of the calls it left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from huawu.acd.events import AgentId, CallId, QueueId
from huawu.calls.conversation import Consult, Conversation, Dialler, Held, PartyLeg, Phase, Role, Transfer
from huawu.calls.facts import Fact
from huawu.calls.homes import THE_ONE, SwitchId
from huawu.calls.sound import At
from huawu.calls.taping import tape_from
from huawu.link.messages import EndpointId, LegId, RecordingId, TrunkId


def conversation_from(facts: Sequence[Fact]) -> Conversation:
    """A call as its timeline tells it; the first fact is `offered`."""
    first = facts[0]
    call = Conversation(
        call=CallId(first.call),
        leg=LegId(first.fields["leg"]),
        caller=first.fields["caller"],
        caller_name=first.fields.get("caller_name", ""),
        number=first.fields["number"],
        language=first.fields["language"],
        began_ms=first.at_ms,
        endpoint=EndpointId(first.fields["endpoint"]) if "endpoint" in first.fields else None,
        trunk=TrunkId(first.fields["trunk"]) if "trunk" in first.fields else None,
        page=first.fields.get("page", ""),
        switch=SwitchId(first.fields.get("switch", THE_ONE)),
    )
    if "callback" in first.fields:
        call.phase, call.queue, call.greeted = Phase.PLACING, QueueId(first.fields["queue"]), True
        call.placed = True
    for fact in facts:
        _retell(call, fact)
    if call.phase is Phase.FLOW:
        call.transfer = None
    if call.transfer is not None:  # an agent who asked for it by phone may wait for the outcome
        waiting = (party for party in call.parties if party.at is At.AWAY)
        call.transfer.leg = next((party.leg for party in waiting), None)
    call.recording_silent = call.recording_paused or call.caller_at is At.ASIDE
    call.seq, call.told_ms = facts[-1].seq, facts[-1].at_ms
    call.serial = 1_000 * (1 + call.seq)  # beyond every name the dead centre may have given
    return call


def _retell(call: Conversation, fact: Fact) -> None:
    fields = fact.fields
    match fact.kind:
        case "answered":
            call.answered = True
        case "ended":
            call.phase = Phase.ENDED
        case "prompt":
            call.greeted = True
        case "language":
            call.language = fields["language"]
        case "queued":
            call.phase = Phase.WAITING
            call.queued_ms = fact.at_ms if call.queued_ms is None else call.queued_ms
            if call.queue != fields["queue"]:  # else it was put in line again by an earlier restart
                call.joined_ms = fact.at_ms
            call.queue = QueueId(fields["queue"])
            call.priority = fields["priority"]
            call.skills = dict(fields.get("skills", {}))
        case "overflowed" if call.phase is not Phase.WAITING:
            pass  # of a queue that was asked for a colleague
        case "overflowed" | "step" | "diverted" | "turned_away":
            call.phase = Phase.FLOW
        case "callback_resumed":
            call.queued_ms = fields["queued_ms"]
        case "callback_placed" | "redialled":
            agent, leg = AgentId(fields["agent"]), LegId(fields["leg"])
            rung = PartyLeg(leg=leg, call=call.call, role=Role.AGENT, agent=agent)
            rung.offered_by_queue = call.queue
            call.parties = [rung]
        case "survey_began":
            call.phase, call.survey, call.caller_at = Phase.FLOW, fields["flow"], At.AWAY
        case "rated":
            call.rated = True
        case "notice":
            call.announced.update(f"{name}:{fields[name]}" for name in ("queue", "number") if name in fields)
        case "voicemail_began" | "comment_began":
            call.phase, call.tape = Phase.FLOW, tape_from(fact)
        case "voicemail_left" | "voicemail_discarded" | "comment_left" | "comment_discarded":
            call.tape = None
        case "held":
            _hold(call, Held(fact.party, fields))
        case "resumed":
            held = Held(fact.party, fields)
            call.held_by = {leg: each for leg, each in call.held_by.items() if each != held}
        case "line_away":
            call.away.add(LegId(fields["leg"]))
        case "line_back":
            call.away.discard(LegId(fields["leg"]))
        case "recording_started":
            call.recording = RecordingId(fields["recording"])
            call.recording_path = fields["path"]
        case "recording_failed" if fields.get("goes_on"):
            if fields["recording"] == call.recording:
                call.recording_broke_ms = fact.at_ms
            elif call.tape is not None and fields["recording"] == call.tape.recording:
                call.tape.broken = True
        case "recording_recovered":
            call.recording_broke_ms = None
        case "recording_stopped" | "recording_failed":
            call.old_recordings.pop(RecordingId(fields.get("recording", "")), None)
            if fields.get("recording") == call.recording:
                call.recording = call.recording_broke_ms = None
                call.recording_paused = False
        case "recording_paused" | "recording_resumed":
            call.recording_paused = fact.kind == "recording_paused"
        case "muted" | "unmuted":
            (call.party_of(AgentId(fields["agent"])) or call).muted = fact.kind == "muted"
        case "urgent":
            call.urgent = fields["urgency"]
        case _:
            _retell_move(call, fact)


def _hold(call: Conversation, held: Held) -> None:
    """By whose leg: of one party besides the caller it is not said."""
    there = [party for party in call.parties if not held.whom or party.whom == held.whom]
    if held.party == "caller":
        call.held_by[call.leg] = held
    elif there:
        call.held_by[there[0].leg] = held


def _retell_move(call: Conversation, fact: Fact) -> None:
    fields = fact.fields
    match fact.kind:
        case "bridged":
            call.met_ms = call.met_ms or fact.at_ms
            _bridge(call, fields)
        case "parted" | "left" | "supervision_ended":
            gone = fields.get("agent"), fields.get("number", "")
            call.parties = [party for party in call.parties if (party.agent, party.number) != gone]
            call.lead = call.lead if call.lead in call.parties else None
        case "transfer" if "how" in fields:
            call.phase, call.caller_at = Phase.TRANSFERRING, At.AWAY
            call.transfer = _sent_by(call, fields.get("of", ""))
        case "transfer_returned" if fields.get("there"):
            call.phase, call.caller_at, call.transfer = Phase.TALKING, At.ROOM, None
        case "transfer_returned":
            call.phase, call.caller_at = Phase.TRANSFERRING, At.AWAY
            if call.transfer is not None:
                call.transfer.returning = True
        case "parked":
            call.phase, call.caller_at = Phase.PARKED, At.HOLD
            call.slot, call.parked_by = fields["slot"], AgentId(fields["agent"])
            call.parked_until_ms = fields["due_ms"]
        case "park_over":
            call.phase, call.caller_at = Phase.TRANSFERRING, At.AWAY
            call.transfer, call.slot = _sent_by(call, call.parked_by or ""), ""
        case "taken_over":
            call.phase, call.caller_at, call.transfer = Phase.TALKING, At.ROOM, None
        case "moved":
            call.parties, call.lead = [], None
        case "replaced":
            call.away.discard(LegId(fields["old"]))
            _replace(call, fact)
        case "seated":
            _seat(call, fields)
        case _:
            pass


def _bridge(call: Conversation, fields: Mapping[str, Any]) -> None:
    """This party leads the conversation with the caller."""
    call.phase, call.caller_at = Phase.TALKING, At.ROOM
    call.transfer, call.slot = None, ""
    call.agent = AgentId(fields["agent"]) if "agent" in fields else None
    known = call.party_at(LegId(fields["leg"]))
    party = (
        known
        if known is not None and known.answered
        else PartyLeg(
            leg=LegId(fields["leg"]),
            call=call.call,
            role=Role.OUTSIDE if call.agent is None else Role.AGENT,
            agent=call.agent,
            offered_by_queue=call.queue,
            number=fields.get("number", ""),
            answered=True,
            at=At.ROOM,
        )
    )
    call.parties = [party, *(other for other in call.parties if other.leg != party.leg)]
    call.lead = party


def _sent_by(call: Conversation, agent: str) -> Transfer:
    return Transfer(by=AgentId(agent) if agent else None, queue=call.queue, skills=dict(call.skills))


def _replace(call: Conversation, fact: Fact) -> None:
    old, new = LegId(fact.fields["old"]), LegId(fact.fields["leg"])
    if fact.party == "caller":
        call.leg = new
        call.endpoint = EndpointId(fact.fields["endpoint"]) if "endpoint" in fact.fields else call.endpoint
        call.end_recording_with_line(fact.at_ms)
    elif (party := call.party_at(old)) is not None:
        party.leg = new


def _seat(call: Conversation, fields: Mapping[str, Any]) -> None:
    """Everybody's place, as last written."""
    call.caller_at = At(fields["caller"])
    lead = call.lead.leg if call.lead is not None else None
    muted = {party.leg for party in call.parties if party.muted}
    call.parties = [_party(call, seat) for seat in fields["seats"]]
    for party in call.parties:
        party.muted = party.leg in muted
    call.lead = call.party_at(lead)
    call.seating = dict(fields)
    consult = fields.get("consult")
    asks = LegId(consult["by"]) if consult else None
    by = Dialler(call) if asks == call.leg else call.party_at(asks)
    call.consult = None
    if consult and by is not None:
        queue = QueueId(consult["queue"]) if consult["queue"] else None
        call.consult = Consult(by=by, party=call.party_at(LegId(consult["party"])), queue=queue)


def _party(call: Conversation, seat: Mapping[str, Any]) -> PartyLeg:
    return PartyLeg(
        leg=LegId(seat["leg"]),
        call=call.call,
        role=Role(seat["role"]),
        agent=AgentId(seat["agent"]) if "agent" in seat else None,
        number=seat.get("number", ""),
        offered_by_queue=QueueId(seat["queue"]) if "queue" in seat else None,
        answered=True,
        at=At(seat["at"]),
        mode=seat.get("mode"),
        beside=LegId(seat["beside"]) if "beside" in seat else None,
    )
