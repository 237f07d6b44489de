"""What wallboards and agent lists show of the ACD: plain values, and the counts of the day behind them."""

from __future__ import annotations

from huawu.acd.events import AgentId, AgentState, CallId, QueueId, Value


class Figures:
    """The counts of one queue since the day began.

    offered = answered + abandoned + overflowed + called_back + still waiting, at every moment. Callbacks and
    redials that wait are counted nowhere here: their callers were. A caller who waits when the
    day begins belongs to the new day. Waits count from `queued_ms`, the time before an overflow included.
    """

    __slots__ = (
        "abandoned",
        "abandoned_in_goal",
        "answered",
        "answered_in_goal",
        "called_back",
        "offered",
        "overflowed",
        "waited_ms",
    )

    def __init__(self, offered: int = 0) -> None:
        self.offered = offered
        self.answered = 0
        self.answered_in_goal = 0
        self.abandoned = 0
        self.abandoned_in_goal = 0
        self.overflowed = 0
        self.called_back = 0  # callers who left to be called back
        self.waited_ms = 0  # by the answered callers together

    def count_answer(self, waited_ms: int, goal_ms: int) -> None:
        self.answered += 1
        self.waited_ms += waited_ms
        if waited_ms <= goal_ms:
            self.answered_in_goal += 1

    def count_abandon(self, waited_ms: int, goal_ms: int) -> None:
        self.abandoned += 1
        if waited_ms <= goal_ms:
            self.abandoned_in_goal += 1

    @property
    def service_level(self) -> float | None:
        """Answered in goal ÷ (answered + abandoned after the goal); None before the first such call.

        Callers who give up within the goal could not have been failed yet and do not count; callers led
        elsewhere (overflowed) are judged where they are answered.
        """
        judged = self.judged
        return self.answered_in_goal / judged if judged else None

    @property
    def judged(self) -> int:
        """The calls that the service level is a share of."""
        return self.answered + self.abandoned - self.abandoned_in_goal

    @property
    def average_wait_ms(self) -> int | None:
        """The mean wait of the answered callers."""
        return round(self.waited_ms / self.answered) if self.answered else None


class QueueView(Value, frozen=True, kw_only=True):
    """One queue as a wallboard shows it. Counts are since the day began, the rest is now."""

    queue: QueueId
    name: str
    waiting: int  # callers not answered yet, those whose agent's phone rings included
    callbacks: int  # who hung up and keep their place, to be called back
    longest_since_ms: int | None  # when the longest-waiting of them was queued
    ready: int  # agents of this queue in each state, whichever queue keeps them busy
    ringing: int
    talking: int
    wrap_up: int
    on_break: int
    unavailable: int
    signed_in: int
    offered: int
    answered: int
    abandoned: int
    overflowed: int
    called_back: int
    answered_in_goal: int
    service_level: float | None  # see `Figures.service_level`
    goal_share: float
    goal_ms: int
    average_wait_ms: int | None
    estimate_ms: int | None = None
    """The wait of a caller who came now; None: nothing is known."""
    judged: int = 0


class AgentView(Value, frozen=True, kw_only=True):
    """One agent as a supervisor's list shows it."""

    agent: AgentId
    name: str
    state: AgentState
    since_ms: int
    reason: str
    call: CallId | None
    queue: QueueId | None
    queues: tuple[QueueId, ...]
    calls_today: int  # that came in and that the agent answered, each once: see `Agent.answer`
    task: str = ""  # what the agent works on between calls
    task_until_ms: int = 0
    form: CallId | None = None  # the call whose form must be filed before the next
    wish: str = ""  # noted during a call, and happens after it: a `states.Trigger`
    wish_reason: str = ""


class WaitingView(Value, frozen=True, kw_only=True):
    """One caller of a queue who is not answered yet."""

    call: CallId
    place: int  # 1 = next, those whose agent's phone rings included
    queued_ms: int
    priority: int
    offered: AgentId | None = None  # whose phone rings
