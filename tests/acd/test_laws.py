"""The laws of the ACD, tried on random shifts: every step of a `World` checks them (see `World.check`)."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from huawu.acd.errors import NotAllowed, UnknownAgent
from huawu.acd.events import (
    AgentId,
    AgentProfile,
    BreakTaken,
    CallId,
    CallLedOn,
    CallOverflowed,
    CallQueued,
    CallWithdrawn,
    ContactBegan,
    ContactEnded,
    DayBegan,
    MadeReady,
    OfferAccepted,
    OfferFailed,
    OfferRinging,
    Overflow,
    OverflowStep,
    PhoneFound,
    PhoneLost,
    QueueId,
    QueuePolicy,
    SignedIn,
    SignedOut,
    SkillId,
)
from tests.acd.world import SIGNED_OUT, World

QUEUES = [QueueId(f"q{n}") for n in range(3)]
AGENTS = [AgentId(f"a{n}") for n in range(4)]
SKILLS = [SkillId("english"), SkillId("billing")]

overflows = st.sampled_from([Overflow(), Overflow(action="hang_up")])
levels = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 3), max_size=2)
asked = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 2), max_size=1)


def in_order(steps: list[OverflowStep]) -> tuple[OverflowStep, ...]:
    """By time; none after one that leads elsewhere."""
    steps = sorted(steps, key=lambda step: step.after_ms)
    ends = [place for place, step in enumerate(steps, 1) if step.then.action != "none"]
    return tuple(steps[: ends[0]] if ends else steps)


steps = st.lists(
    st.builds(
        OverflowStep,
        after_ms=st.sampled_from([1_000, 10_000, 40_000]),
        skills=st.dictionaries(st.sampled_from(SKILLS), st.integers(0, 2), max_size=2),
        queues=st.lists(st.sampled_from(QUEUES), max_size=2).map(tuple),
        priority=st.sampled_from([0, 1, 50]),
        then=st.sampled_from([Overflow(), Overflow(), Overflow(action="queue", target="q9")]),
    ),
    max_size=3,
).map(in_order)
policies = st.lists(
    st.builds(
        QueuePolicy,
        queue=st.sampled_from(QUEUES),
        name=st.just("queue"),
        skills=asked,
        strategy=st.sampled_from(["longest_idle", "fewest_calls", "round_robin", "best_skill"]),
        weight=st.integers(0, 2),
        ring_ms=st.sampled_from([5_000, 15_000]),
        wrap_up_ms=st.sampled_from([0, 20_000]),
        ageing_ms=st.sampled_from([0, 60_000]),
        longest_line=st.sampled_from([0, 0, 2]),
        line_full=overflows,
        longest_wait_ms=st.sampled_from([0, 40_000]),
        wait_over=overflows,
        no_agent=overflows,
        steps=steps,
        announce_every_ms=st.sampled_from([0, 30_000]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda policy: policy.queue,
)
profiles = st.lists(
    st.builds(
        AgentProfile,
        agent=st.sampled_from(AGENTS),
        name=st.just("agent"),
        queues=st.lists(st.sampled_from(QUEUES), max_size=3).map(tuple),
        skills=levels,
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda profile: profile.agent,
)
agents = st.sampled_from(AGENTS)


class Shift(RuleBasedStateMachine):
    """Callers, agents and administrators doing whatever they like."""

    world: World

    @initialize(policies=policies, profiles=profiles)
    def open(self, policies: list[QueuePolicy], profiles: list[AgentProfile]) -> None:
        self.world = World(policies, profiles)
        self.calls = 0

    def new_call(self) -> CallId:
        self.calls += 1
        return CallId(f"c{self.calls}")

    @rule(
        queue=st.sampled_from(QUEUES),
        earlier=st.sampled_from([0, 0, 10_000]),
        priority=st.sampled_from([0, 0, 1, 100]),
        skills=asked,
        agent=st.one_of(st.none(), st.none(), agents),
    )
    def caller_joins(
        self, queue: QueueId, earlier: int, priority: int, skills: dict[SkillId, int], agent: AgentId | None
    ) -> None:
        now = self.world.now
        self.world.do(
            CallQueued(
                at_ms=now,
                call=self.new_call(),
                queue=queue,
                queued_ms=now - earlier,
                priority=priority,
                skills=skills,
                agent=agent,
            )
        )

    @rule(queue=st.sampled_from(QUEUES), agent=agents, ms=st.sampled_from([1_000, 30_000]))
    def caller_prefers_an_agent(self, queue: QueueId, agent: AgentId, ms: int) -> None:
        world = self.world
        world.join(self.new_call(), queue, prefer=agent, until_ms=world.now + ms)

    @rule(queue=st.sampled_from(QUEUES), earlier=st.sampled_from([0, 10_000, 300_000]))
    def callback_takes_its_place(self, queue: QueueId, earlier: int) -> None:
        self.world.join(self.new_call(), queue, kind="callback", queued_ms=self.world.now - earlier)

    @rule(queue=st.sampled_from(QUEUES), agent=agents, ms=st.sampled_from([1_000, 60_000]))
    def call_is_dropped(self, queue: QueueId, agent: AgentId, ms: int) -> None:
        world = self.world
        world.join(self.new_call(), queue, kind="redial", agent=agent, until_ms=world.now + ms)

    @precondition(lambda self: self.world.waiting)
    @rule(pick=st.integers(0), agreed=st.booleans())
    def caller_leaves(self, pick: int, agreed: bool) -> None:
        call = list(self.world.waiting.values())[pick % len(self.world.waiting)]
        agreed = agreed and call.kind == "caller"
        self.world.do(CallWithdrawn(at_ms=self.world.now, call=call.call, agreed=agreed))

    @precondition(lambda self: self.world.waiting)
    @rule(pick=st.integers(0), to=st.sampled_from(QUEUES))
    def leader_moves_a_caller(self, pick: int, to: QueueId) -> None:
        """Nobody is lost: who was in line is in the other one, or led on by it, with the wait so far."""
        world = self.world
        call = list(world.waiting.values())[pick % len(world.waiting)]
        world.do(CallLedOn(at_ms=world.now, call=call.call))
        stays = call.kind != "caller" or call.call in world.offers
        assert (call.call in world.waiting) == stays
        if not stays:
            moved = msgspec.structs.replace(
                call, at_ms=world.now, queue=to, prefer=None, until_ms=0, joined_ms=None
            )
            out = world.do(moved)
            led_on = any(isinstance(one, CallOverflowed) and one.call == call.call for one in out)
            assert (call.call in world.waiting) != led_on

    @rule(agent=agents, queues=st.lists(st.sampled_from(QUEUES), max_size=3, unique=True))
    def leader_moves_an_agent(self, agent: AgentId, queues: list[QueueId]) -> None:
        """`World` sees that callers stay, calls go on, and no offer comes from a queue that was left."""
        world = self.world
        if agent not in world.agents:
            return
        before = set(world.waiting), dict(world.contacts), dict(world.offers)
        moved = msgspec.structs.replace(world.agents[agent], queues=tuple(queues))
        out = world.change_policy(world.queues.values(), (world.agents | {agent: moved}).values())
        led_on = {one.call for one in out if isinstance(one, CallOverflowed)}
        assert set(world.waiting) == before[0] - led_on
        assert world.contacts == before[1]
        assert before[2].items() <= world.offers.items(), "an offer under way goes on"

    @rule(agent=agents, event=st.sampled_from([SignedIn, SignedOut, MadeReady, MadeReady, MadeReady]))
    def agent_asks(self, agent: AgentId, event: type[SignedIn] | type[SignedOut] | type[MadeReady]) -> None:
        self.ask(event(at_ms=self.world.now, agent=agent))

    @rule(agent=agents)
    def agent_takes_break(self, agent: AgentId) -> None:
        event = BreakTaken(at_ms=self.world.now, agent=agent, reason="lunch")
        if agent in self.world.agents and self.world.states.get(agent, SIGNED_OUT) is SIGNED_OUT:
            with pytest.raises(NotAllowed):
                self.world.do(event)
        else:
            self.ask(event)

    def ask(self, event: SignedIn | SignedOut | MadeReady | BreakTaken) -> None:
        if event.agent in self.world.agents:
            self.world.do(event)
        else:
            with pytest.raises(UnknownAgent):
                self.world.do(event)

    @rule(agent=agents)
    def phone_is_lost(self, agent: AgentId) -> None:
        self.world.do(PhoneLost(at_ms=self.world.now, agent=agent))

    @rule(agent=agents)
    def phone_is_found(self, agent: AgentId) -> None:
        self.world.do(PhoneFound(at_ms=self.world.now, agent=agent))
        if agent in self.world.agents:
            assert self.world.state(agent) != ("unavailable", "phone_lost")

    @rule(agent=agents, for_ms=st.sampled_from([0, 5_000, 30_000]))
    def task_is_given(self, agent: AgentId, for_ms: int) -> None:
        self.world.begin_task(self.new_call(), agent, for_ms)

    @rule(agent=agents, mine=st.booleans())
    def task_is_done(self, agent: AgentId, mine: bool) -> None:
        self.world.end_task(self.world.tasks.get(agent, "none") if mine else "another", agent)

    @precondition(lambda self: self.world.offers)
    @rule(
        pick=st.integers(0),
        how=st.sampled_from(["ringing", "accepted", "accepted", "declined", "busy", "unreachable"]),
    )
    def phone_answers_offer(self, pick: int, how: str) -> None:
        call, agent = list(self.world.offers.items())[pick % len(self.world.offers)]
        now = self.world.now
        if how == "ringing":
            self.world.do(OfferRinging(at_ms=now, call=call, agent=agent))
        elif how == "accepted":
            self.world.do(OfferAccepted(at_ms=now, call=call, agent=agent))
        else:
            self.world.do(OfferFailed(at_ms=now, call=call, agent=agent, reason=how))  # type: ignore[arg-type]

    @rule(call=st.sampled_from([CallId("c1"), CallId("c2"), CallId("nobody")]), agent=agents)
    def late_reports_change_nothing(self, call: CallId, agent: AgentId) -> None:
        now = self.world.now
        if self.world.offers.get(call) != agent:
            assert not self.world.do(OfferRinging(at_ms=now, call=call, agent=agent))
            assert not self.world.do(OfferAccepted(at_ms=now, call=call, agent=agent))
            assert not self.world.do(OfferFailed(at_ms=now, call=call, agent=agent, reason="busy"))
        if self.world.contacts.get(call) != agent:
            assert not self.world.acd.step(ContactEnded(at_ms=now, call=call, agent=agent))

    @rule(agent=agents)
    def agent_dials_out(self, agent: AgentId) -> None:
        self.world.do(ContactBegan(at_ms=self.world.now, call=self.new_call(), agent=agent))

    @precondition(lambda self: self.world.contacts)
    @rule(pick=st.integers(0), talked=st.sampled_from([True, True, False]))
    def contact_ends(self, pick: int, talked: bool) -> None:
        call, agent = list(self.world.contacts.items())[pick % len(self.world.contacts)]
        self.world.do(ContactEnded(at_ms=self.world.now, call=call, agent=agent, talked=talked))

    @rule(ms=st.sampled_from([1, 1_000, 10_000, 30_000]))
    def time_passes(self, ms: int) -> None:
        self.world.wait(ms)

    @rule(policies=policies, profiles=profiles)
    def policy_changes(self, policies: list[QueuePolicy], profiles: list[AgentProfile]) -> None:
        self.world.change_policy(policies, profiles)

    @rule()
    def day_begins(self) -> None:
        self.world.do(DayBegan(at_ms=self.world.now))

    @rule()
    def centre_restarts(self) -> None:
        self.world.restart()

    def teardown(self) -> None:
        """When all callers are gone and all agents are home, no timer runs."""
        if not hasattr(self, "world"):
            return
        world = self.world
        for call in list(world.waiting):
            world.do(CallWithdrawn(at_ms=world.now, call=call))
        for call, agent in list(world.contacts.items()):
            world.do(ContactEnded(at_ms=world.now, call=call, agent=agent))
        for agent in world.agents:
            world.do(SignedOut(at_ms=world.now, agent=agent))
        assert not world.timers
        assert not world.waiting
        assert not world.tasks


TestShift = Shift.TestCase
TestShift.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@settings(max_examples=60, deadline=None)
@given(
    policies=policies,
    profiles=profiles,
    callers=st.lists(
        st.tuples(st.sampled_from(QUEUES), st.integers(0, 200_000), st.integers(0, 3), asked), max_size=20
    ),
    data=st.data(),
)
def test_a_long_line_is_emptied_in_order(
    policies: list[QueuePolicy],
    profiles: list[AgentProfile],
    callers: list[tuple[QueueId, int, int, dict[SkillId, int]]],
    data: st.DataObject,
) -> None:
    """All join first, then agents come one by one: `World` sees that nobody's better place is passed over."""
    kept = [msgspec.structs.replace(policy, longest_wait_ms=0, steps=()) for policy in policies]
    world = World(kept, profiles)
    world.now = 200_000
    for number, (queue, queued_ms, priority, skills) in enumerate(callers):
        call = CallId(f"c{number}")
        world.do(
            CallQueued(
                at_ms=world.now,
                call=call,
                queue=queue,
                queued_ms=queued_ms,
                priority=priority,
                skills=skills,
            )
        )
    for agent in world.agents:
        world.ready(agent)
    while world.offers:
        call, agent = data.draw(st.sampled_from(sorted(world.offers.items())))
        world.serve(call, agent)
        world.wait(data.draw(st.sampled_from([0, 20_000])))
        world.ready(*(agent for agent, state in world.states.items() if state == "unavailable"))
    left = [call for call in world.waiting.values() if any(world.fits(agent, call) for agent in world.agents)]
    assert not left or any(state == "wrap_up" for state in world.states.values())
