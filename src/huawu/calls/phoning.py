"""Agents' phones: reachable or not, and the feature codes an agent dials to be ready, on break or off."""

from __future__ import annotations

from typing import assert_never

from huawu.acd import events as acd
from huawu.acd.errors import AcdError
from huawu.acd.events import AgentId, AgentState
from huawu.calls.conversation import Coming
from huawu.calls.floor import Floor
from huawu.calls.parking import Parking
from huawu.calls.queueing import Queueing
from huawu.calls.supervising import Supervising
from huawu.config.plan import StateFeature, ToFeature, ToSlot
from huawu.link import messages as link
from huawu.link.messages import EndpointReachable, EndpointUnreachable, LegId, LegOffered, PlayId

_FEATURE_STATES: dict[StateFeature, AgentState] = {
    "ready": AgentState.READY,
    "break": AgentState.BREAK,
    "sign_out": AgentState.SIGNED_OUT,
}
_CONFIRMATIONS: dict[StateFeature, str] = {
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
        self.why = {"code": "phone_not_reachable", "agent": agent}
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

    def __init__(self, floor: Floor, queueing: Queueing, supervising: Supervising, parking: Parking) -> None:
        self._floor = floor
        self._queueing = queueing
        self._supervising = supervising
        self._parking = parking

    def feature(self, event: LegOffered, place: ToFeature) -> None:
        """An agent dialled a feature code: do it, say so, hang up."""
        floor = self._floor
        agent = floor.centre.agent_of.get(event.endpoint) if event.endpoint is not None else None
        if agent is None:
            floor.do(link.Reject(leg=event.leg, reason="forbidden"))
            return
        match place.feature:
            case "ready" | "break" | "sign_out":
                prompt = _CONFIRMATIONS[place.feature]
                try:
                    self.set_state(agent, _FEATURE_STATES[place.feature], place.reason)
                except (PhoneNotReachable, AcdError):
                    prompt = "not-allowed"
                self._say(event.leg, agent, prompt)
            case "pick_up":
                coming: Coming = "not"
                if self._parking.may_talk(agent):
                    coming = self._parking.pick_up_by_phone(event.leg, agent, place.agent)
                self._come(event.leg, agent, coming)
            case "listen" | "whisper" | "barge":
                coming = "not"
                if place.agent is not None:
                    coming = self._supervising.by_phone(event.leg, agent, place.feature, place.agent)
                self._come(event.leg, agent, coming)
            case _:
                assert_never(place.feature)

    def slot(self, event: LegOffered, place: ToSlot) -> None:
        """An agent dialled a parking slot: the call in it is theirs."""
        agent = self._floor.centre.agent_of.get(event.endpoint) if event.endpoint is not None else None
        if agent is None:
            self._floor.do(link.Reject(leg=event.leg, reason="forbidden"))
            return
        coming: Coming = "not"
        if place.slot and self._parking.may_talk(agent):
            coming = self._parking.by_phone(event.leg, agent, place.slot)
        self._come(event.leg, agent, coming)

    def _come(self, leg: LegId, agent: AgentId, coming: Coming) -> None:
        """The agent's line goes to a call, or gives way to one that is rung, or says that it cannot."""
        match coming:
            case "joins":
                self._floor.do(link.Answer(leg=leg))
            case "is_rung":
                words = "The call is on another switch: your phone is called from there"
                self._floor.do(link.Reject(leg=leg, reason="unavailable", words=words))
            case "not":
                self._say(leg, agent, "not-allowed")
            case _:
                assert_never(coming)

    def _say(self, leg: LegId, agent: AgentId, prompt: str) -> None:
        """Answer, say it; hanging up follows."""
        floor = self._floor
        floor.services[leg] = agent
        floor.do(link.Answer(leg=leg))
        clips = floor.clips((prompt,), floor.centre.language)
        play = PlayId(f"{leg}.p")
        floor.do(link.Play(leg=leg, play=play, clips=(link.Silence(length_ms=300), *clips)))

    def during(self, event: object) -> None:
        """The confirmation was said: hang up."""
        if isinstance(event, link.PlayFinished):
            self._parking.was_told(event.leg)
            self._floor.do(link.HangUp(leg=event.leg))

    def gone(self, leg: LegId) -> None:
        """A phone that was being told something hung up."""
        self._floor.services.pop(leg, None)
        self._parking.gone(leg)

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
        floor.reachable.put(floor.homes.speaking, event.endpoint, event.contacts)
        agent = floor.centre.agent_of.get(event.endpoint)
        if agent is None or floor.centre.agent(agent) is None:  # the phone of somebody who takes no calls
            return
        floor.effects.changed_agents.add(agent)
        self._queueing.step(acd.PhoneFound(at_ms=floor.now_ms, agent=agent))

    def unreachable(self, event: EndpointUnreachable) -> None:
        """A phone's registration ran out: its agent gets no more offers."""
        floor = self._floor
        floor.reachable.put(floor.homes.speaking, event.endpoint, 0)
        if floor.reachable.get(event.endpoint):
            return  # another switch reaches it
        agent = floor.centre.agent_of.get(event.endpoint)
        if agent is not None and floor.centre.agent(agent) is not None:
            floor.effects.changed_agents.add(agent)
            self._queueing.step(acd.PhoneLost(at_ms=floor.now_ms, agent=agent))
