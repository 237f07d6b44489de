"""Agents' phones: reachable or not, and the feature codes an agent dials to be ready, on break or off."""

from __future__ import annotations

from huawu.acd import events as acd
from huawu.acd.errors import AcdError
from huawu.acd.events import AgentId, AgentState
from huawu.calls.floor import Floor
from huawu.calls.queueing import Queueing
from huawu.config.plan import Feature, ToFeature
from huawu.link import messages as link
from huawu.link.messages import EndpointReachable, EndpointUnreachable, LegOffered, PlayId

PHONE_LOST = "phone_lost"
_FEATURE_STATES: dict[Feature, AgentState] = {
    "ready": AgentState.READY,
    "break": AgentState.BREAK,
    "sign_out": AgentState.SIGNED_OUT,
}
_CONFIRMATIONS: dict[Feature, str] = {
    "ready": "agent-ready",
    "break": "agent-break",
    "sign_out": "agent-signed-out",
}


class AgentError(Exception):
    """What was asked of an agent cannot be done."""


class PhoneNotReachable(AgentError):
    """An agent without a phone cannot be offered calls."""

    def __init__(self, agent: str) -> None:
        self.agent = agent
        super().__init__(
            f"The phone of agent {agent} is not registered, so no call could ring there. "
            "Switch the phone on or check its account, then try again."
        )


class StateNotSettable(AgentError):
    """Only ready, break and signed out can be chosen; the rest follows from calls."""

    def __init__(self, state: str) -> None:
        self.state = state
        super().__init__(f"The state {state!r} follows from calls. Choose ready, break or signed_out.")


class Phoning:
    """What agents do, by feature code or by page, to take calls or to stop."""

    def __init__(self, floor: Floor, queueing: Queueing) -> None:
        self._floor = floor
        self._queueing = queueing

    def feature(self, event: LegOffered, place: ToFeature) -> None:
        """An agent dialled a feature code: do it, say so, hang up."""
        floor = self._floor
        agent = floor.centre.agent_of.get(event.endpoint) if event.endpoint is not None else None
        if agent is None:
            floor.do(link.Reject(leg=event.leg, reason="forbidden"))
            return
        prompt = _CONFIRMATIONS[place.feature]
        try:
            self.set_state(agent, _FEATURE_STATES[place.feature], place.reason)
        except (PhoneNotReachable, AcdError):
            prompt = "not-allowed"
        floor.services[event.leg] = agent
        floor.do(link.Answer(leg=event.leg))
        clips = floor.clips((prompt,), floor.centre.language)
        play = PlayId(f"{event.leg}.p")
        floor.do(link.Play(leg=event.leg, play=play, clips=(link.Silence(length_ms=300), *clips)))

    def during(self, event: object) -> None:
        """The confirmation was said: hang up."""
        if isinstance(event, link.PlayFinished):
            self._floor.do(link.HangUp(leg=event.leg))

    def set_state(self, agent: AgentId, state: AgentState, reason: str) -> None:
        """Have the ACD note what the agent wants. Raises the errors above."""
        floor = self._floor
        view = floor.acd.agent_view(agent)
        at_ms = floor.now_ms
        event: acd.Event
        match state:
            case AgentState.READY:
                endpoint = floor.centre.endpoint_of.get(agent)
                if endpoint is None or not floor.reachable.get(endpoint):
                    raise PhoneNotReachable(agent)
                event = acd.MadeReady(at_ms=at_ms, agent=agent)
            case AgentState.BREAK:
                if view.state is AgentState.SIGNED_OUT:
                    self._queueing.step(acd.SignedIn(at_ms=at_ms, agent=agent))
                event = acd.BreakTaken(at_ms=at_ms, agent=agent, reason=reason or "break")
            case AgentState.SIGNED_OUT:
                event = acd.SignedOut(at_ms=at_ms, agent=agent)
            case _:
                raise StateNotSettable(state)
        self._queueing.step(event)

    def reachable(self, event: EndpointReachable) -> None:
        """A phone registered; an agent whom only its loss had stopped takes calls again."""
        floor = self._floor
        floor.reachable[event.endpoint] = event.contacts
        agent = floor.centre.agent_of.get(event.endpoint)
        if agent is None:
            return
        floor.effects.changed_agents.add(agent)
        view = floor.acd.agent_view(agent)
        if view.state is AgentState.UNAVAILABLE and view.reason == PHONE_LOST:
            self._queueing.step(acd.MadeReady(at_ms=floor.now_ms, agent=agent))

    def unreachable(self, event: EndpointUnreachable) -> None:
        """A phone's registration ran out: its agent gets no more offers."""
        floor = self._floor
        floor.reachable.pop(event.endpoint, None)
        agent = floor.centre.agent_of.get(event.endpoint)
        if agent is not None:
            floor.effects.changed_agents.add(agent)
            self._queueing.step(acd.PhoneLost(at_ms=floor.now_ms, agent=agent))
