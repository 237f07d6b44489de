"""The timeline's facts: what can be said of a call, each with its instant and the party it is about."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Party = Literal["caller", "agent", "centre", "outsider"]

Kind = Literal[
    # the line
    "offered",  # number, caller, caller_name, flow, endpoint|trunk; page (https://shop.example)
    "answered",  # caller's leg answered: codec
    "ended",  # by (caller|agent|centre), reason, detail; until_ms if it broke off before this was told
    # the flow
    "step",  # flow, step, text
    "language",  # language
    "prompt",  # prompts
    "keys",  # digits, how, spoke
    "looked_up",  # service, how (found|not_found|failed), took_ms, why
    "notice",  # announced before a queue or number: prompts, notices, queue|number
    # messages and the survey
    "voicemail_began",  # voicemail, queue, recording, path, longest_ms, shortest_ms, silence_ms
    "voicemail_left",  # by the caller, delivered to the queue: voicemail, queue, length_ms
    "voicemail_discarded",  # voicemail, queue, why (short|again|failed)
    "voicemail_given",  # to an agent as work: voicemail, agent, until_ms
    "voicemail_taken",  # voicemail, by
    "voicemail_returned",  # to the queue: voicemail, agent, by, why (gave_back|time_over|left|not_ready)
    "voicemail_done",  # voicemail, by, result
    "survey_began",  # the agent hung up: flow, queue, agent
    "rated",  # score, agent, queue
    "comment_began",  # recording, path, longest_ms, shortest_ms, silence_ms
    "comment_left",  # recording, length_ms
    "comment_discarded",  # recording, why
    # the queue
    "queued",  # queue, priority, skills, prefers (the agent waited for first)
    "announced",  # place, estimate_ms
    "overflow_step",  # queue, step (from 1): more agents may serve the caller
    "callback_agreed",  # by the caller: callback, queue, callee
    "callback_resumed",  # the caller calls again and keeps the place: callback, queue
    "callback_placed",  # an agent took it: agent, leg, callee, attempt
    "callback_failed",  # not reached: agent, callee, reason, attempt, due_ms unless it was the last
    "dropped",  # the line ended the conversation: reason, agent; party whose line
    "redial_offered",  # the agent is to call back before any other call: agent, redial (a call), until_ms
    "redialled",  # in the redial's own call: agent, leg, callee, attempt
    "redial_missed",  # agent, reason
    "overflowed",  # queue, why (moved: by a leader, `by`), action, target
    "diverted",  # a leader leads this queue's new callers elsewhere: queue, action, target, by
    "turned_away",  # a leader closed the queue: queue, by
    "offer_made",  # agent, queue, waited_ms
    "agent_ringing",  # agent
    "offer_failed",  # agent, reason
    "agent_answered",  # agent, codec
    "transfer",  # number|agent|queue|flow; of a caller who talks: by, how (blind|attended)
    "transfer_failed",  # number|agent, reason
    "transfer_returned",  # agent|queue: a failed transfer comes back
    "moved",  # into: what was said here goes on in that call
    "picked_up",  # agent, of: whose phone rang
    # outside
    "outside",  # number, trunk, rule, cost, asker, person
    "outside_refused",  # number, why, asker, person
    "trunk_failed",  # trunk, reason, detail
    "emergency",  # number, person, endpoint
    "toll_alarm",  # calls, window_ms, outside_hours
    "outside_warned",  # a minute is left
    "web_limit",  # a call from a web page lasted as long as it may: longest_ms
    "outside_limit",  # why (longest_call|minutes)
    # the conversation
    "bridged",  # agent|number, leg: who leads the conversation with the caller from now on
    "parted",  # agent|number, reason, by: who led it left
    "seated",  # caller, seats: who is where, whenever it is not simply caller and agent
    "party_rung",  # agent|number, purpose, by: one more is called to the conversation
    "party_ringing",  # agent|number
    "party_failed",  # agent|number, reason
    "joined",  # agent|number, by
    "left",  # agent|number, reason, by
    "consult",  # by, agent|number|queue: the caller is put on hold for it
    "consult_answered",  # agent|number
    "consult_ended",  # agent|number, reason, by
    "swapped",  # by, with: caller|consulted
    "conference",  # by
    "supervised",  # agent, mode (listen|whisper|barge), of, by
    "supervision_ended",  # agent, reason, by
    "taken_over",  # agent, of, by
    "parked",  # slot, by, due_ms
    "park_over",  # slot
    "retrieved",  # agent, slot
    "replaced",  # leg, old; of the caller: endpoint
    "talk",  # party spoke: began_ms, ended_ms, level_db, peak_db, levels_db (of each full second)
    # heard by a worker: beside the timeline, see reading.py
    "said",  # party: from_ms, to_ms, text, words [[text, from_ms, to_ms, confidence]], confidence, by
    "heard",  # the words of this party are complete until_ms; final: of the recording from_ms–until_ms, by
    "talk_began",  # never stored: party begins to speak: began_ms
    "level",  # never stored: another second of a talk that goes on: from_ms, to_ms, level_db
    "held",  # party who holds: caller, agent (agent: which of several) or outsider
    "resumed",
    "line_away",  # party whose browser left its page, or fell silent: leg, why (left|silent), agent|number
    "line_back",  # it is there again: leg, agent|number
    "muted",  # agent: their page sends silence, as it told
    "unmuted",  # agent
    "recording_started",  # recording, path; began_ms if it was found later
    "recording_paused",  # recording, by
    "recording_resumed",  # recording, by
    "recording_stopped",  # recording, length_ms
    "recording_failed",  # recording, detail; goes_on (true: writing is tried again) or this is its end, with
    # length_ms, or until_ms if it broke off before this was told
    "recording_recovered",  # recording: it is written again; what lies between is silence
    "urgent",  # agent, urgency (medical|fire|crime|threat|other), text: said by an agent
    "help_asked",  # agent, help
    "quality",  # party: packets, lost, jitter_ms, mos
    "recovered",  # what happened: switch_lost | centre_returned | recording_found
    # afterwards
    "wrap_up_began",  # agent
    "wrap_up_ended",  # agent
    "filed",  # agent, disposition: the wrap-up form
    "ticket_opened",  # agent, ticket, disposition, due_ms (null = no deadline)
    "promised",  # agent, promise, what (callback|answer|contact|closing), due_ms, ticket
    "followed_up",  # agent, ticket|promise, how
    "ticket_closed",  # agent, ticket, outcome
]


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a call's timeline. `seq` counts from 1 without a hole within the call.

    `seq` 0 is given its number by the store: of what happens to a call that is over and no longer known.
    What is never stored has no number either: it is told to who watches the call as it goes on.
    """

    call: str
    seq: int
    at_ms: int
    kind: Kind
    party: Party = "centre"
    fields: dict[str, Any] = {}

    @property
    def over_ms(self) -> int:
        """When what it ends was over: of a switch that died it is told late."""
        until_ms = self.fields.get("until_ms")
        return until_ms if isinstance(until_ms, int) else self.at_ms
