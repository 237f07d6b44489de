"""What the engine wants done: commands to the switch, facts to store, timers, screens to renew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from huawu.acd.events import AgentChanged, AgentId, CallId, QueueId
from huawu.calls.callbacks import Callback
from huawu.calls.facts import Fact
from huawu.calls.homes import SwitchId
from huawu.calls.tolls import Stop
from huawu.calls.voicemails import Voicemail
from huawu.link.messages import Command

PARK_TIMER = "park:"
"""Begins the name of a parked call's timer; the call's id follows."""


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Feed `Engine.timer(name, at_ms)` at `due_ms`; a new one of the same name replaces it."""

    name: str
    due_ms: int


@dataclass(frozen=True, slots=True)
class CancelTimer:
    name: str


@dataclass(frozen=True, slots=True)
class TollNews:
    """Something about calls outside that belongs into the log; a `stop` also on record."""

    what: str
    fields: dict[str, Any]
    stop: Stop | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUpWanted:
    """Ask a service; feed `Engine.looked_up(id, answer, at_ms)`. `take`: which field into which variable."""

    id: str
    service: str
    send: dict[str, str]
    take: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveVoicemail:
    """An agent is to have this message until an instant. Feed `voicemail_is` or `voicemail_not_given`."""

    voicemail: str
    agent: AgentId
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeVoicemailBack:
    """The agent no longer works on this message: it goes back to its queue."""

    voicemail: str
    agent: AgentId
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Somebody listens to a call of others from now on, or in another way: for the audit."""

    call: str
    by: str
    mode: str
    of: str


@dataclass(slots=True)
class Effects:
    """All that one event caused, each kind in its own order; the edge carries them out."""

    commands: list[Command] = field(default_factory=list)
    homes: list[SwitchId | None] = field(default_factory=list)  # of several switches, where each goes
    facts: list[Fact] = field(default_factory=list)
    live_facts: list[Fact] = field(default_factory=list)  # not to be stored: for who watches as it happens
    timers: list[SetTimer | CancelTimer] = field(default_factory=list)
    agents: list[AgentChanged] = field(default_factory=list)
    changed_queues: set[QueueId] = field(default_factory=set)
    changed_agents: set[AgentId] = field(default_factory=set)
    ended_calls: list[CallId] = field(default_factory=list)
    tolls: list[TollNews] = field(default_factory=list)
    callbacks: list[Callback] = field(default_factory=list)  # as they are now, to be stored
    voicemails: list[Voicemail] = field(default_factory=list)  # as they are now, to be stored
    work: list[GiveVoicemail | TakeVoicemailBack] = field(default_factory=list)
    discarded: list[str] = field(default_factory=list)  # recordings that nobody needs, below the data folder
    lookups: list[LookUpWanted] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    steered: bool = False  # what leaders set holds no longer, or holds now: to be kept as it is

    def merge(self, others: Iterable[Effects]) -> Effects:
        """Put later effects behind these."""
        for other in others:
            self.commands += other.commands
            self.homes += other.homes
            self.facts += other.facts
            self.live_facts += other.live_facts
            self.timers += other.timers
            self.agents += other.agents
            self.changed_queues |= other.changed_queues
            self.changed_agents |= other.changed_agents
            self.ended_calls += other.ended_calls
            self.tolls += other.tolls
            self.callbacks += other.callbacks
            self.voicemails += other.voicemails
            self.work += other.work
            self.discarded += other.discarded
            self.lookups += other.lookups
            self.heard += other.heard
            self.steered |= other.steered
        return self
