"""Who calls, or whose phone rings, does not read as talking, and screens hear of it when that changes."""

from __future__ import annotations

from huawu.acd.events import AgentId, AgentState
from huawu.calls.effects import Effects
from huawu.calls.screens import Screens
from huawu.calls.seat_states import before_talk, seat_since_ms, seat_state
from huawu.calls.views import SeatState
from huawu.platform.clock import SystemClock
from huawu.sim.virtual import Caller, Phone
from tests.calls.test_outside import TEXT
from tests.calls.test_recovery import restart
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

    def since(self, agent: AgentId) -> int:
        """For how long the agent has been in the state that is shown."""
        engine = self.engine
        return self.floor.world.now_ms - seat_since_ms(engine.floor, engine.acd.agent_view(agent))

    def counts(self) -> tuple[int, int, int]:
        """How many of the queue's agents are rung, call, and talk, as the wallboard says."""
        (queue, *_) = (one for one in Screens(self.engine, SystemClock()).queues() if one.id == "general")
        return queue.ringing, queue.calling, queue.talking


def test_who_dials_outside_calls_until_somebody_answers_and_then_talks() -> None:
    seen = Seen()
    seen.floor.world.outside["+8613800138000"] = Phone(answers_after_ms=10_000, hangs_up_after_ms=60_000)
    seen.floor.ready("1001")
    seen.dial("0 138-0013-8000")
    seen.floor.world.run_for(5_000)
    assert (seen.state(ANN), seen.counts()) == (SeatState.CALLING, (0, 1, 0))
    assert seen.floor.state(ANN) == AgentState.TALKING, "nothing else can be given to this agent"
    seen.floor.world.run_for(10_000)
    assert (seen.state(ANN), seen.counts()) == (SeatState.TALKING, (0, 0, 1))
    seen.floor.world.run_for(120_000)
    assert seen.was[ANN][-4:] == ["ready", "calling", "talking", "ready"]
    assert not before_talk(seen.engine.floor)


def test_the_time_in_a_conversation_runs_from_its_answer() -> None:
    seen = Seen()
    seen.floor.world.outside["+8613800138000"] = Phone(answers_after_ms=10_000, hangs_up_after_ms=60_000)
    seen.floor.ready("1001")
    seen.dial("0 138-0013-8000")
    seen.floor.world.run_for(9_000)
    assert seen.since(ANN) == 9_000
    seen.floor.world.run_for(3_050)
    assert (seen.state(ANN), seen.since(ANN)) == (SeatState.TALKING, 2_000)
    restart(seen.floor)
    assert seen.since(ANN) == 2_000


def test_who_dials_a_colleague_calls_and_the_colleagues_phone_rings() -> None:
    seen = Seen()
    seen.floor.ready("1001")
    seen.floor.ready("1002", Phone(answers_after_ms=8_000))
    seen.dial("1002")
    seen.floor.world.run_for(4_000)
    assert before_talk(seen.engine.floor) == {ANN: SeatState.CALLING, BEN: SeatState.RINGING}
    assert (seen.counts(), seen.since(BEN)) == ((1, 1, 0), 4_000)
    seen.floor.world.run_for(6_050)
    assert (seen.counts(), seen.since(ANN), seen.since(BEN)) == ((0, 0, 2), 2_000, 2_000)
    seen.floor.world.run_for(60_000)
    assert seen.was[ANN][-4:] == ["ready", "calling", "talking", "ready"]
    assert seen.was[BEN][-4:] == ["ready", "ringing", "talking", "ready"]


def test_a_call_nobody_answers_never_reads_as_talking() -> None:
    seen = Seen()
    seen.floor.world.outside["+8613800138000"] = Phone(answers_after_ms=None)
    seen.floor.ready("1001")
    seen.dial("0 138-0013-8000")
    seen.floor.world.run_for(120_000)
    assert seen.was[ANN][-3:] == ["ready", "calling", "ready"]
