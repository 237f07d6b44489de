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
    PLACING = "placing"  # a callback: offered to an agent, or the caller is being called
    ECHO = "echo"
    ENDED = "ended"


class Role(StrEnum):
    """What a party is in a call."""

    CALLER = "caller"
    AGENT = "agent"
    CONSULTED = "consulted"  # asked by an agent, not yet part of the conversation with the caller
    LEADER = "leader"  # listens in, whispers or barges in
    OUTSIDE = "outside"


@dataclass(slots=True, eq=False)
class PartyLeg:
    """The line to one party of a call besides the caller; without `agent` it is somebody outside."""

    leg: LegId
    call: CallId
    role: Role
    agent: AgentId | None = None
    number: str = ""  # the outside number, when there is no agent
    offered_by_queue: QueueId | None = None  # None: rung directly
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
    joined_ms: int | None = None  # this queue, which may be later
    in_line: bool = False  # this life's ACD was told of the call
    priority: int = 0
    skills: dict[str, int] = field(default_factory=dict)
    parties: list[PartyLeg] = field(default_factory=list)  # besides the caller, ringing or there
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

    @property
    def ringing(self) -> PartyLeg | None:
        """The party whose phone is being rung for the caller, if there is one."""
        return next((party for party in self.parties if not party.answered), None)

    @property
    def talking(self) -> PartyLeg | None:
        """The party who leads the conversation: of those there, the one who came first."""
        return next((party for party in self.parties if party.answered), None)
