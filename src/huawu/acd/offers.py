"""A call offered to an agent: it rings, is taken by them or by somebody else, or comes to nothing."""

from __future__ import annotations

from huawu.acd.contacts import begin_contact
from huawu.acd.events import (
    AgentId,
    CallId,
    OfferAccepted,
    OfferFailed,
    OfferPickedUp,
    OfferRinging,
    WithdrawOffer,
)
from huawu.acd.hall import Hall
from huawu.acd.parties import Agent, Call
from huawu.acd.redial import let_go, miss_redial
from huawu.acd.states import SIGNED_OUT, Trigger


def _offered(hall: Hall, name: CallId, agent: AgentId) -> tuple[Call, Agent] | None:
    """Both, if the call is being offered to this agent now."""
    call = hall.calls.get(name)
    if call is None or call.offered_to is None or call.offered_to.agent != agent:
        return None
    return call, call.offered_to


def ring(hall: Hall, event: OfferRinging) -> None:
    """The agent's phone rings: from now on there is only so much time."""
    offer = _offered(hall, event.call, event.agent)
    if offer is not None and not offer[0].ringing:
        call, agent = offer
        call.ringing = True
        hall.start_ring_timer(call, agent, event.at_ms)


def accept(hall: Hall, event: OfferAccepted) -> None:
    """The agent took the call."""
    offer = _offered(hall, event.call, event.agent)
    if offer is None:
        return
    call, agent = offer
    at, queue = event.at_ms, call.queue
    hall.end_offer(call, agent)
    if call.kind != "redial":
        queue.pace.answered(at, queue.working, len(queue.waiting) + len(queue.callbacks) - 1)
    hall.discharge(call)
    if call.kind == "caller":
        _count_answer(call, agent, at)
    hall.turn(agent, Trigger.ACCEPT, at)
    agent.call, agent.queue = call.call, queue.policy.queue
    agent.contacts[call.call] = queue.policy.queue
    hall.announce(agent)


def pick_up(hall: Hall, event: OfferPickedUp) -> None:
    """Somebody took a call that was not offered to them, or not yet."""
    call, agent = hall.calls.get(event.call), hall.floor.agents.get(event.agent)
    if call is None or agent is None or agent.state is SIGNED_OUT or call.offered_to is agent:
        return
    if call.kind != "caller":
        return  # a callback is the agent's to whom it is offered
    at, queue, rung = event.at_ms, call.queue, call.offered_to
    if rung is not None:
        hall.end_offer(call, rung)
        hall.out.append(WithdrawOffer(call=call.call, agent=rung.agent, reason="picked_up"))
    queue.pace.answered(at, queue.working, len(queue.waiting) + len(queue.callbacks) - 1)
    hall.discharge(call)
    _count_answer(call, agent, at)
    begin_contact(hall, agent, call.call, queue.policy.queue, at)
    if rung is not None:
        let_go(hall, rung, at)


def _count_answer(call: Call, agent: Agent, at: int) -> None:
    """A caller is answered, which counts for queue and agent alike; a callback or redial is a call made."""
    call.queue.figures.count_answer(at - call.queued_ms, call.queue.policy.goal_ms)
    agent.answer(call.call)


def fail(hall: Hall, event: OfferFailed) -> None:
    """The agent declined, or could not be reached."""
    offer = _offered(hall, event.call, event.agent)
    if offer is not None:
        hall.end_offer(*offer)
        _miss(hall, *offer, event.reason, event.at_ms)


def ring_over(hall: Hall, agent: Agent, at: int) -> None:
    """It rang long enough."""
    if agent.offer is not None:
        call = hall.calls[agent.offer]
        call.offered_to, agent.offer, call.ringing = None, None, False
        hall.out.append(WithdrawOffer(call=call.call, agent=agent.agent, reason="no_answer"))
        _miss(hall, call, agent, "no_answer", at)


def _miss(hall: Hall, call: Call, agent: Agent, reason: str, at: int) -> None:
    """The agent did not take the call: no more offers until ready again, and the caller goes on."""
    if call.kind == "redial":
        miss_redial(hall, call, agent, reason, at)
        return
    hall.turn(agent, Trigger.DECLINE if reason == "declined" else Trigger.MISS, at, reason)
    hall.announce(agent)
    hall.give_up_preferring(agent, at)
    hall.place(call, at)
