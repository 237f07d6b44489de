"""One call as the engine holds it: its legs, where it stands, and the numbering of its facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple

from huawu.acd.events import AgentId, CallId, QueueId
from huawu.calls.facts import Party
from huawu.calls.homes import THE_ONE, SwitchId
from huawu.calls.left_open import LeftOpen
from huawu.calls.sound import SILENCE, At, Mode, Sound
from huawu.calls.tape import Tape
from huawu.ivr.events import FlowCommand
from huawu.ivr.model import FlowRun
from huawu.link.messages import (
    CollectId,
    EndpointId,
    LegAnswered,
    LegId,
    PlayId,
    Reason,
    RecordingId,
    TrunkId,
)


class Phase(StrEnum):
    """Where a call stands, seen from the caller."""

    FLOW = "flow"
    WAITING = "waiting"
    TRANSFERRING = "transferring"  # a direct party (agent or outside number) is being rung
    TALKING = "talking"
    PLACING = "placing"  # a callback: offered to an agent, or the caller is being called
    PARKED = "parked"
    ECHO = "echo"
    ENDED = "ended"


class Role(StrEnum):
    """What a party is in a call."""

    CALLER = "caller"
    AGENT = "agent"
    CONSULTED = "consulted"  # asked by an agent, not yet part of the conversation with the caller
    LEADER = "leader"  # listens in, whispers or barges in
    OUTSIDE = "outside"


class Purpose(StrEnum):
    """What a party is rung, or comes, for: decides what its answer and its end mean."""

    TALK = "talk"  # to talk with the caller: offered by a queue, dialled, or transferred to
    CONSULT = "consult"  # to talk with an agent aside
    JOIN = "join"  # to be one more in the conversation
    SUPERVISE = "supervise"
    RETRIEVE = "retrieve"  # takes a parked call
    PICK_UP = "pick_up"  # takes a call that rings elsewhere
    REPLACE = "replace"  # takes the place of another leg


Coming = Literal["joins", "is_rung", "not"]
"""Whether who dialled to take part comes by that very leg, is rung on another, or cannot."""


@dataclass(slots=True, eq=False)
class PartyLeg:
    """The line to one party of a call besides the caller; without `agent` it is somebody outside."""

    leg: LegId
    call: CallId
    role: Role
    agent: AgentId | None = None
    number: str = ""  # the outside number, when there is no agent
    offered_by_queue: QueueId | None = None  # None: rung directly
    purpose: Purpose = Purpose.TALK
    answered: bool = False
    answered_ms: int = 0
    at: At = At.AWAY
    mode: Mode | None = None  # of a leader
    beside: LegId | None = None  # the leg a leader goes with, or that this one is to replace
    tells_levels: bool = False  # the switch was asked how loud this party speaks
    leaves: bool = False  # asked by page to leave: its end is as if it hung up
    muted: bool = False  # the agent's page sends silence, as it told

    @property
    def staff(self) -> bool:
        """Whether a leader's whisper is for this party."""
        return self.agent is not None and self.role is not Role.LEADER

    @property
    def whom(self) -> dict[str, str]:
        """The party as a fact's fields: the agent, or the outside number."""
        return {"agent": self.agent} if self.agent is not None else {"number": self.number}


class Dialler:
    """The agent who dialled a call, as what a party is to it: the caller's line is theirs.

    Whatever agents do to a call as one of its parties they do as this to one that they dialled.
    """

    __slots__ = ("_call",)
    number = ""

    def __init__(self, call: Conversation) -> None:
        self._call = call

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dialler) and other._call is self._call

    def __hash__(self) -> int:
        return id(self._call)

    @property
    def agent(self) -> AgentId | None:
        return self._call.dialled_by

    @property
    def leg(self) -> LegId:
        return self._call.leg

    @property
    def at(self) -> At:
        return self._call.caller_at

    @at.setter
    def at(self, place: At) -> None:
        self._call.caller_at = place


Agent = PartyLeg | Dialler
"""How an agent is in a call: as one of its parties, or by having dialled it."""


class Held(NamedTuple):
    """A hold as the timeline tells it: whose, and which of several."""

    party: Party
    whom: dict[str, str]


@dataclass(slots=True)
class Transfer:
    """A transfer under way: the caller was sent on and has not arrived."""

    by: AgentId | None
    queue: QueueId | None  # where the call came from
    skills: dict[str, int]
    leg: LegId | None = None  # of who asked, as long as it waits for the outcome
    returning: bool = False  # it failed; who asked for it is being rung again


@dataclass(slots=True)
class Consult:
    """An agent talks with somebody aside, or waits for them."""

    by: Agent
    party: PartyLeg | None = None  # None: a queue is looking for somebody
    queue: QueueId | None = None


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
    page: str = ""  # the web page it comes from
    switch: SwitchId = THE_ONE  # on which all its legs are
    phase: Phase = Phase.FLOW
    answered: bool = False  # the caller's line stands
    early: bool = False  # the caller hears us although it does not yet
    come: tuple[PartyLeg, LegAnswered] | None = None  # who answered, while the caller's line is answered
    held_back: tuple[FlowCommand, ...] = ()  # what the flow asks for that needs the caller's line
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
    lead: PartyLeg | None = None  # who leads the conversation with the caller
    met_ms: int = 0  # when somebody first led it
    caller_at: At = At.AWAY
    sound: Sound = SILENCE  # what the switch was last told
    seating: object = None  # as last written on the timeline
    transfer: Transfer | None = None
    consult: Consult | None = None
    slot: str = ""  # where it is parked
    parked_by: AgentId | None = None
    parked_until_ms: int = 0  # 0 = without end
    placed: bool = False  # the centre called the caller, for an agent: a callback, or a redial
    dialled_by: AgentId | None = None  # the agent whose phone this call comes from
    muted: bool = False  # that agent's page sends silence
    agent: AgentId | None = None  # the last agent who talked
    recording: RecordingId | None = None
    recording_path: str = ""
    recorded: LegId | None = None  # on the right channel
    recording_paused: bool = False
    recording_silent: bool = False  # silence is written: it is paused, or who dialled is with somebody aside
    recording_broke_ms: int | None = None  # since when it cannot be written
    old_recordings: dict[RecordingId, int] = field(default_factory=dict)
    """Of the caller's lines that were replaced, until the switch says how long each is: since when."""
    urgent: str = ""  # of what kind, once somebody said so
    talk_began: dict[LegId, int] = field(default_factory=dict)
    held_by: dict[LegId, Held] = field(default_factory=dict)  # as last written, by the leg of who holds
    away: set[LegId] = field(default_factory=set)  # whose browsers left, and are waited for
    ending: Reason | None = None  # what is being said are the last words; then hang up for this reason
    closing: Reason | None = None  # we asked the switch to end the caller's leg
    party_left: bool = False  # the agent ended the conversation
    greeted: bool = False  # the first words were said
    leads: int = 0  # how often the number plan was asked where to go
    tape: Tape | None = None  # the caller speaks a message, or is about to
    lookup: str = ""  # the question whose answer is waited for
    lookup_service: str = ""
    lookup_began_ms: int = 0
    announced: set[str] = field(default_factory=set)  # before which queues and numbers
    turned: set[str] = field(default_factory=set)  # from which queues, because a leader said so
    then: Callable[[], None] | None = None  # once the announcement is over
    survey: str = ""  # the flow the caller was led into after the conversation
    rated: bool = False
    serial: int = 0  # numbers this call's own plays, collects and legs
    told_ms: int = 0  # the instant of its newest fact
    left: LeftOpen | None = None  # by a former life, until its switch is met

    def end_recording_with_line(self, at_ms: int) -> None:
        """The caller's line is replaced: what was recorded of it is over, another recording may begin."""
        if self.recording is not None:
            self.old_recordings[self.recording] = at_ms
        self.recording = self.recorded = self.recording_broke_ms = None
        self.recording_paused = self.recording_silent = False

    @property
    def unanswered(self) -> bool:
        """Whether the caller hears us and its line is not answered yet."""
        return self.early and not self.answered

    @property
    def ringing(self) -> PartyLeg | None:
        """The party whose phone is being rung for the caller, if there is one."""
        parties = (party for party in self.parties if not party.answered)
        return next((party for party in parties if party.purpose is Purpose.TALK), None)

    @property
    def talking(self) -> PartyLeg | None:
        """The party who leads the conversation: of those there, the one who came first."""
        there = (party for party in self.parties if party.answered)
        return next((party for party in there if party.role is not Role.LEADER), None)

    @property
    def talkers(self) -> list[PartyLeg]:
        """All who are in the conversation with the caller, leaders apart."""
        return [
            party
            for party in self.parties
            if party.answered and party.at is At.ROOM and party.role is not Role.LEADER
        ]

    @property
    def customer(self) -> PartyLeg | None:
        """Whom an agent dialled outside; None: nobody did, or they are not there (yet)."""
        dialled = self.dialled_by is not None and self.lead is not None and self.lead.agent is None
        return self.lead if dialled else None

    @property
    def serving(self) -> Agent | None:
        """The agent whose call it is: who leads, and who dialled if that is a customer."""
        return Dialler(self) if self.customer is not None else self.lead

    @property
    def dialler_asks(self) -> bool:
        """Whether who dialled talks with somebody aside, or waits for them."""
        return self.consult is not None and isinstance(self.consult.by, Dialler)

    def as_agent(self, agent: AgentId) -> Agent | None:
        """How this agent is in the call."""
        return self.party_of(agent) or (Dialler(self) if self.dialled_by == agent else None)

    def alone_with(self, agent: Agent) -> bool:
        """Whether nobody else is in the conversation with whom this agent serves."""
        return len(self.talkers) == 1 if isinstance(agent, Dialler) else self.talkers == [agent]

    def made_by(self, agent: AgentId) -> bool:
        """Whether this is a call the agent makes: dialled, or a callback or redial being placed."""
        places = self.phase is Phase.PLACING and self.party_of(agent) is not None
        return self.dialled_by == agent or places

    @property
    def awaited(self) -> bool:
        """Whoever the caller is to talk with has not answered yet."""
        return self.talking is None and (
            not self.answered or self.phase in (Phase.WAITING, Phase.TRANSFERRING)
        )

    def rings_out(self, agent: AgentId) -> bool:
        """Whether the agent makes this call and nobody has answered yet."""
        return self.phase is not Phase.ENDED and self.made_by(agent) and self.awaited

    def rings_at(self, agent: AgentId) -> bool:
        """Whether this call rings at the agent's phone, which has not answered yet."""
        party = self.party_of(agent)
        return self.phase is not Phase.ENDED and party is not None and not party.answered

    def talks_since_ms(self, agent: AgentId) -> int:
        """Since when this agent talks in the call: both the own phone and the other side have answered."""
        party = self.party_of(agent)
        return max(self.met_ms, party.answered_ms if party is not None else 0)

    def party_at(self, leg: LegId | None) -> PartyLeg | None:
        """The party with this leg."""
        return next((party for party in self.parties if party.leg == leg), None)

    def agent_at(self, leg: LegId | None) -> str:
        """The agent with this leg: of the caller's, who dialled. "" = it is no agent's."""
        party = self.party_at(leg)
        return (party.agent if party is not None else self.dialled_by if leg == self.leg else None) or ""

    def party_of(self, agent: AgentId) -> PartyLeg | None:
        """The party that this agent is."""
        return next((party for party in self.parties if party.agent == agent), None)
