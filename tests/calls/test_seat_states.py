"""Who calls and has no answer does not read as talking, and screens hear of it when that changes."""

from __future__ import annotations

from huawu.acd.events import AgentId, AgentState
from huawu.calls.effects import Effects
from huawu.calls.screens import Screens
from huawu.calls.seat_states import callers_out, seat_state
from huawu.calls.views import SeatState
from huawu.platform.clock import SystemClock
from huawu.sim.virtual import Caller, Phone
from tests.calls.test_outside import TEXT
from tests.calls.worlds import Desk, desk

ANN, BEN = AgentId("1001"), AgentId("1002")


class Seen:
    """A floor whose states are looked at after every step; none may change without being told."""

    def __init__(self) -> None:
        self.floor: Desk = desk(TEXT)
        world = self.floor.world
        self.engine = world.engine
        self.was: dict[AgentId, list[SeatState]] = {ANN: [self.state(ANN)], BEN: [self.state(BEN)]}
        carry_out = world.carry_out

        def watched(effects: Effects) -> None:
            for agent, states in self.was.items():
                if (now := self.state(agent)) is not states[-1]:
                    states.append(now)
                    assert agent in effects.changed_agents
                    assert effects.changed_queues.issuperset(self.engine.acd.agent_view(agent).queues)
            carry_out(effects)

        world.carry_out = watched  # type: ignore[method-assign]

    def state(self, agent: AgentId) -> SeatState:
        return seat_state(self.engine.floor, self.engine.acd.agent_view(agent))

    def dial(self, number: str, talk_ms: int = 30_000) -> None:
        self.floor.world.call(Caller(number=number, endpoint="1001", caller="1001", talk_ms=talk_ms))

    def counts(self) -> tuple[int, int]:
        """How many of the queue's agents call, and talk, as the wallboard says."""
        (queue, *_) = (one for one in Screens(self.engine, SystemClock()).queues() if one.id == "general")
        return queue.calling, queue.talking


def test_who_dials_outside_calls_until_somebody_answers_and_then_talks() -> None:
    seen = Seen()
    seen.floor.world.outside["+8613800138000"] = Phone(answers_after_ms=10_000, hangs_up_after_ms=60_000)
    seen.floor.ready("1001")
    seen.dial("0 138-0013-8000")
    seen.floor.world.run_for(5_000)
    assert (seen.state(ANN), seen.counts()) == (SeatState.CALLING, (1, 0))
    assert seen.floor.state(ANN) == AgentState.TALKING, "nothing else can be given to this agent"
    seen.floor.world.run_for(10_000)
    assert (seen.state(ANN), seen.counts()) == (SeatState.TALKING, (0, 1))
    seen.floor.world.run_for(120_000)
    assert seen.was[ANN][-4:] == ["ready", "calling", "talking", "ready"]
    assert not callers_out(seen.engine.floor)


def test_who_dials_a_colleague_calls_and_whose_phone_it_is_does_not() -> None:
    seen = Seen()
    seen.floor.ready("1001")
    seen.floor.ready("1002", Phone(answers_after_ms=8_000))
    seen.dial("1002")
    seen.floor.world.run_for(4_000)
    assert callers_out(seen.engine.floor) == {ANN}
    seen.floor.world.run_for(60_000)
    assert SeatState.CALLING in seen.was[ANN]
    assert SeatState.CALLING not in seen.was[BEN]


def test_a_call_nobody_answers_never_reads_as_talking() -> None:
    seen = Seen()
    seen.floor.world.outside["+8613800138000"] = Phone(answers_after_ms=None)
    seen.floor.ready("1001")
    seen.dial("0 138-0013-8000")
    seen.floor.world.run_for(120_000)
    assert seen.was[ANN][-3:] == ["ready", "calling", "ready"]
