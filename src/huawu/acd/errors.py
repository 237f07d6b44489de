"""What the ACD refuses to do, with the facts of each refusal.

AcdError
├── UnknownAgent         the policy names no such agent
├── UnknownQueue         the policy names no such queue
├── CallAlreadyQueued    the call stands in a line or is being offered
├── FormDue              the agent has to file the form of the last call first
└── NotAllowed           the agent's state does not allow it (now)
"""

from __future__ import annotations

from huawu.acd.events import AgentId, AgentState, CallId, QueueId


class AcdError(Exception):
    """The base of all refusals of the ACD; nothing has changed when one is raised."""


class UnknownAgent(AcdError):
    def __init__(self, agent: AgentId) -> None:
        super().__init__(f"agent {agent} is not in the policy: add the agent first")
        self.agent = agent


class UnknownQueue(AcdError):
    def __init__(self, queue: QueueId) -> None:
        super().__init__(f"queue {queue} is not in the policy: add the queue first")
        self.queue = queue


class CallAlreadyQueued(AcdError):
    def __init__(self, call: CallId, queue: QueueId) -> None:
        super().__init__(f"call {call} already waits in queue {queue}: withdraw it before queueing it again")
        self.call = call
        self.queue = queue


class NotAllowed(AcdError):
    def __init__(self, agent: AgentId, state: AgentState, trigger: str) -> None:
        super().__init__(f"agent {agent} cannot {trigger.replace('_', ' ')} while {state.replace('_', ' ')}")
        self.agent = agent
        self.state = state
        self.trigger = trigger
        self.why = {"code": "state_not_allowed", "agent": str(agent), "state": str(state)}


class FormDue(AcdError):
    def __init__(self, agent: AgentId, call: CallId) -> None:
        super().__init__(
            f"agent {agent} has not filed what call {call} was about: file it, then the next call can come"
        )
        self.agent = agent
        self.call = call
        self.why = {"code": "form_due", "call": str(call)}
