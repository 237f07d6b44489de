"""An agent's conversations and the wrap-up behind them: what begins, what ends, what follows."""

from __future__ import annotations

from huawu.acd.events import CallId, QueueId, StopTimer
from huawu.acd.hall import Hall
from huawu.acd.parties import Agent
from huawu.acd.redial import begin_wrap_up, grant_wish, take_redial
from huawu.acd.states import BREAK, TALKING, UNAVAILABLE, WRAP_UP, Trigger
from huawu.acd.tasks import resume_task


def begin_contact(hall: Hall, agent: Agent, contact: CallId, queue: QueueId | None, at: int) -> None:
    """The agent talks in a call that was not offered to this one."""
    if agent.state is BREAK:
        agent.wish, agent.wish_reason = Trigger.TAKE_BREAK, agent.reason
    elif agent.state is UNAVAILABLE:
        agent.wish, agent.wish_reason = Trigger.LOSE_PHONE, agent.reason
    before = agent.state
    call = hall.interrupt(agent)
    agent.contacts[contact] = queue
    hall.turn(agent, Trigger.BEGIN_CONTACT, at)
    if before is not TALKING:
        agent.call, agent.queue = contact, queue
        hall.announce(agent)
    if call is not None:
        hall.place(call, at)


def serve(hall: Hall, agent: Agent, contact: CallId, queue: QueueId | None) -> None:
    """The agent, in this call already, leads it for a queue from now on: its wrap-up will follow."""
    if queue is None or agent.contacts[contact] is not None:
        return
    agent.contacts[contact] = queue
    if agent.call == contact and agent.state is TALKING:
        agent.queue = queue
        hall.announce(agent)


def end_contact(hall: Hall, agent: Agent, contact: CallId, *, talked: bool, at: int) -> None:
    """The agent's part in a call is over: another call, a redial, wrap-up, a task, or ready."""
    queue = agent.contacts.pop(contact)
    if queue is not None and talked:
        agent.served = (contact, queue)
    elif agent.owed is not None:
        agent.served = agent.owed
    if agent.contacts:
        if agent.call == contact:
            agent.call, agent.queue = next(reversed(agent.contacts.items()))
            hall.announce(agent)
        return
    if agent.reserved and take_redial(hall, agent, at):
        return
    if agent.wish is not Trigger.SIGN_OUT and begin_wrap_up(hall, agent, agent.served or agent.form, at):
        return
    if resume_task(hall, agent, at):
        return
    hall.turn(agent, Trigger.END_CONTACT, at)
    if agent.wish is not None:
        grant_wish(hall, agent, at)
    hall.settle(agent, at)


def wrap_up_over(hall: Hall, agent: Agent, at: int) -> None:
    """The time for wrap-up, or for a task, is over."""
    if agent.state is not WRAP_UP:
        return
    agent.overdue = agent.form is not None and agent.call is not None
    if agent.overdue:
        return  # it lasts until the form is filed
    if agent.call is not None and resume_task(hall, agent, at):
        return
    hall.drop_task(agent, "time_over")
    hall.turn(agent, Trigger.END_WRAP_UP, at)
    grant_wish(hall, agent, at)
    hall.settle(agent, at)


def file_form(hall: Hall, agent: Agent, call: CallId, *, done: bool, at: int) -> None:
    """What the call was about is filed: wrap-up for it may end, and does when `done` or its time is over."""
    if agent.form is not None and agent.form[0] == call:
        agent.form = None
    if agent.state is WRAP_UP and agent.call == call and (done or agent.overdue):
        if not agent.overdue:
            hall.out.append(StopTimer(name=f"wrap:{agent.agent}"))
        wrap_up_over(hall, agent, at)
