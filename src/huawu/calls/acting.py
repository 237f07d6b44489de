"""What people ask of calls under way, by page or programme: one value an action, one door to the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never

from huawu.acd.events import AgentId, CallId, QueueId
from huawu.calls.consulting import Consulting
from huawu.calls.conversation import Agent, Conversation, PartyLeg, Phase
from huawu.calls.desk_acts import DeskActs, Urgency
from huawu.calls.errors import NoSuchCall, NoSuchPlace, NotPossible, NotYours
from huawu.calls.floor import Floor
from huawu.calls.moving import Moving
from huawu.calls.parking import Parking
from huawu.calls.passing_on import PassingOn
from huawu.calls.supervising import Supervising, Way
from huawu.config.plan import Destination, ToAgent, ToFlow, ToQueue


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to: exactly one is set. A number is looked up in the number plan."""

    agent: str = ""
    queue: str = ""
    flow: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """The base of all actions. `by` is who asks; `agent` whose part it is, else who asks or leads."""

    call: str
    by: str
    agent: str = ""
    own: bool = False  # who asks may move the own part only


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferCall(Action):
    """Send the caller on and leave."""

    to: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultFor(Action):
    """Call somebody aside while the caller hears music."""

    to: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultNext(Action):
    """Go on in a consultation."""

    step: Literal["swap", "back", "complete", "conference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddParty(Action):
    """Call one more to the conversation."""

    to: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveParty(Action):
    """Let a party go; `party` is an agent or an outside number."""

    party: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervise(Action):
    """Be rung to listen in, whisper, barge in or take over. `agent` is whom it is about."""

    way: Way


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSupervising(Action):
    """Leave a call that one supervises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkCall(Action):
    """Put the caller in a slot; "" = the first free one."""

    slot: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveCall(Action):
    """Be rung to take a parked call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PickUpCall(Action):
    """Be rung to take a call that rings at a colleague's phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRecording(Action):
    """Pause the recording, or go on recording."""

    paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCall(Action):
    """Leave the call; with `whole` it ends for all."""

    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SayUrgent(Action):
    """Somebody is in danger, or a major incident is told."""

    urgency: Urgency
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForHelp(Action):
    """The agent calls the shift leader; `request` names what was asked."""

    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute(Action):
    """The agent's page lets the others hear nothing of the agent, or lets them hear again."""

    on: bool


AnyAction = (
    TransferCall
    | ConsultFor
    | ConsultNext
    | AddParty
    | RemoveParty
    | Supervise
    | StopSupervising
    | ParkCall
    | RetrieveCall
    | PickUpCall
    | HoldRecording
    | EndCall
    | SayUrgent
    | AskForHelp
    | Mute
)


class Acting:
    """Finds call, party and place of an action, and has it done."""

    def __init__(
        self,
        floor: Floor,
        moving: Moving,
        consulting: Consulting,
        supervising: Supervising,
        parking: Parking,
        passing_on: PassingOn,
        desk: DeskActs,
    ) -> None:
        self._floor = floor
        self._moving = moving
        self._consulting = consulting
        self._supervising = supervising
        self._parking = parking
        self._passing_on = passing_on
        self._desk = desk

    def act(self, action: AnyAction) -> None:
        """Raises `MoveError`; then nothing has changed."""
        call = self._floor.calls.get(CallId(action.call))
        if call is None or call.phase is Phase.ENDED:
            raise NoSuchCall(action.call)
        by = action.by
        if action.own and not isinstance(action, RetrieveCall | PickUpCall):
            self._check_own(call, action)
        match action:
            case TransferCall():
                self._moving.transfer(call, self._party(call, action), self._place(action.to), by=by)
            case ConsultFor():
                self._consulting.consult(call, self._party(call, action), self._place(action.to), by=by)
            case ConsultNext():
                self._next(call, action)
            case AddParty():
                self._consulting.add(call, self._party(call, action), self._place(action.to), by=by)
            case RemoveParty():
                self._consulting.remove(call, self._named(call, action.party), by=by)
            case Supervise():
                self._supervising.supervise(call, by, action.way, by=by, of=action.agent)
            case StopSupervising():
                self._supervising.stop(call, by)
            case ParkCall():
                self._parking.park(call, self._party(call, action), action.slot, by=by)
            case RetrieveCall():
                self._parking.retrieve(call, AgentId(action.agent or by), by=by)
            case PickUpCall():
                self._parking.pick_up(call, AgentId(action.agent or by), by=by)
            case HoldRecording() if action.paused:
                self._desk.pause(call, by=by)
            case HoldRecording():
                self._desk.resume(call, by=by)
            case EndCall():
                leaver = None if action.whole else self._leaver(call, action)
                if leaver is not None or action.whole or not self._passing_on.leaves(call):
                    self._desk.end(call, leaver, by=by)
            case SayUrgent():
                self._desk.urgent(call, action.urgency, action.text, by=by)
            case AskForHelp():
                self._desk.asked_for_help(call, action.request, by=by)
            case Mute():
                self._check_own(call, action)  # nobody can say it of somebody else
                self._desk.mute(call, action.on, by=by)
            case _:
                assert_never(action)

    def _leaver(self, call: Conversation, action: Action) -> PartyLeg | None:
        """Who leaves; None: it is the caller's own leg, so the call ends."""
        party = call.party_of(AgentId(action.agent or action.by))
        if party is None and call.dialled_by != action.by:
            raise NotYours(action.call)
        return party

    @staticmethod
    def _check_own(call: Conversation, action: AnyAction) -> None:
        agent = call.as_agent(AgentId(action.by))
        if agent is None or (isinstance(agent, PartyLeg) and not agent.answered):
            raise NotYours(action.call)
        consults = call.consult is not None and call.consult.by == agent
        if isinstance(action, ConsultNext) and not consults:
            raise NotYours(action.call)

    def _next(self, call: Conversation, action: ConsultNext) -> None:
        match action.step:
            case "swap":
                self._consulting.swap(call, by=action.by)
            case "back":
                self._consulting.back(call, by=action.by)
            case "complete":
                self._consulting.complete(call, by=action.by)
            case "conference":
                self._consulting.confer(call, by=action.by)
            case _:
                assert_never(action.step)

    def _party(self, call: Conversation, action: Action) -> Agent:
        agent = call.as_agent(AgentId(action.agent or action.by))
        if agent is None and not action.agent:
            agent = call.serving
        if agent is None or (isinstance(agent, PartyLeg) and not (agent.answered and agent.staff)):
            raise NotPossible("nobody_talks")
        return agent

    def _named(self, call: Conversation, name: str) -> PartyLeg:
        for party in call.parties:
            if name in (party.agent, party.number):
                return party
        raise NoSuchPlace(f"party {name} in this call")

    def _place(self, to: Target) -> Destination:
        centre = self._floor.centre
        if to.agent:
            if centre.agent(to.agent) is None:
                raise NoSuchPlace(f"agent {to.agent}")
            return ToAgent(agent=AgentId(to.agent))
        if to.queue:
            if centre.queue(to.queue) is None:
                raise NoSuchPlace(f"queue {to.queue}")
            return ToQueue(queue=QueueId(to.queue))
        if to.flow:
            if to.flow not in centre.configuration.flows:
                raise NoSuchPlace(f"flow {to.flow}")
            return ToFlow(flow=to.flow)
        place = centre.numbers.find(to.number)
        if place is None:
            raise NoSuchPlace(f"number {to.number}")
        return place
