"""One call as the engine holds it: its legs, where it stands, and the numbering of its facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from huawu.acd.events import AgentId, CallId, QueueId
from huawu.ivr.model import FlowRun
from huawu.link.messages import CollectId, EndpointId, LegId, PlayId, Reason, RecordingId, TrunkId


class Phase(StrEnum):
    """Where a call stands, seen from the caller."""

    FLOW = "flow"
    WAITING = "waiting"
    TRANSFERRING = "transferring"  # a direct party (agent or outside number) is being rung
    TALKING = "talking"
    ECHO = "echo"
    ENDED = "ended"


@dataclass(slots=True)
class AgentLeg:
    """The line to one agent (or outside party, then `agent` is None) for one call."""

    leg: LegId
    call: CallId
    agent: AgentId | None
    offered_by_queue: QueueId | None  # None: a direct call
    number: str = ""  # the outside number, when there is no agent
    answered: bool = False


@dataclass(slots=True)
class Conversation:
    """A call with a caller. `phase` decides what an event means; `seq` numbers its facts."""

    call: CallId
    leg: LegId
    caller: str
    number: str
    language: str
    began_ms: int
    caller_name: str = ""
    endpoint: EndpointId | None = None
    trunk: TrunkId | None = None
    phase: Phase = Phase.FLOW
    answered: bool = False  # the caller's line stands
    seq: int = 0
    run: FlowRun | None = None
    play: PlayId | None = None
    collect: CollectId | None = None
    private: bool = False  # what is keyed now is not written down
    queue: QueueId | None = None
    queued_ms: int | None = None
    in_line: bool = False  # this life's ACD was told of the call
    priority: int = 0
    skills: dict[str, int] = field(default_factory=dict)
    party: AgentLeg | None = None  # the agent's leg, ringing or talking
    agent: AgentId | None = None  # the last agent who talked
    recording: RecordingId | None = None
    recording_path: str = ""
    talk_began: dict[LegId, int] = field(default_factory=dict)
    held_by: set[str] = field(default_factory=set)
    ending: Reason | None = None  # what is being said are the last words; then hang up for this reason
    closing: Reason | None = None  # we asked the switch to end the caller's leg
    party_left: bool = False  # the agent ended the conversation
    greeted: bool = False  # the first words were said
    leads: int = 0  # how often the number plan was asked where to go
    serial: int = 0  # numbers this call's own plays, collects and legs
