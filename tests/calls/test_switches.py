"""Several switches of one centre: calls, commands and deaths are each the affair of one of them."""

from __future__ import annotations

import itertools
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from huawu.acd.events import AgentId, AgentState
from huawu.calls.effects import Effects
from huawu.calls.facts import Fact
from huawu.calls.homes import SwitchId
from huawu.calls.switches import SharedRegistrations
from huawu.link import messages as link
from huawu.link.messages import EndpointId, LegId, NumberedEvent, Registration
from tests.calls.test_recovery import open_timelines
from tests.calls.worlds import centre_of, engine_of

ONE, TWO = SwitchId("1"), SwitchId("2")
C = TypeVar("C", bound=link.Command)


class Two:
    """A centre of two switches, told by hand; `said` are the commands to each."""

    def __init__(self, prefix: str = "c") -> None:
        self.centre = centre_of()
        self.engine = engine_of(self.centre, prefix=prefix, switches=(ONE, TWO))
        self.now_ms = 1_767_225_600_000
        self.said: dict[SwitchId, list[link.Command]] = {ONE: [], TWO: []}
        self.facts: list[Fact] = []
        self._numbers = itertools.count(1)
        self.do(self.engine.configure(self.centre, self.now_ms))

    def do(self, effects: Effects) -> None:
        self.facts += effects.facts
        for command, home in zip(effects.commands, effects.homes, strict=True):
            for switch in (ONE, TWO) if home is None else (home,):
                self.said[switch].append(command)

    def hears(self, switch: SwitchId, event: link.Event) -> None:
        self.now_ms += 10
        numbered = NumberedEvent(number=next(self._numbers), at_ms=self.now_ms, event=event)
        self.do(self.engine.switch(numbered, switch))

    def settles(self, switch: SwitchId, *legs: str, phones: tuple[str, ...] = ()) -> None:
        welcome = link.Welcome(
            switch="s",
            replays=False,
            last_event=0,
            legs=tuple(
                link.LegView(
                    leg=LegId(leg),
                    incoming=True,
                    state="answered",
                    from_number="",
                    to_number="",
                    began_ms=0,
                )
                for leg in legs
            ),
            endpoints=tuple(
                link.EndpointReachable(endpoint=EndpointId(phone), contacts=1) for phone in phones
            ),
        )
        self.do(self.engine.settle(welcome, self.now_ms, switch))

    def ready(self, agent: str, *switches: SwitchId) -> None:
        for switch in switches:
            self.hears(switch, link.EndpointReachable(endpoint=EndpointId(agent), contacts=1))
        self.do(self.engine.set_agent_state(AgentId(agent), AgentState.READY, "", self.now_ms))

    def call(self, switch: SwitchId, leg: str, number: str = "4001", endpoint: str = "") -> None:
        phone = EndpointId(endpoint) if endpoint else None
        self.hears(
            switch,
            link.LegOffered(leg=LegId(leg), from_number=leg, to_number=number, endpoint=phone),
        )

    def answered(self, switch: SwitchId, leg: str) -> None:
        self.hears(switch, link.LegAnswered(leg=LegId(leg), codec="PCMA"))

    def last(self, switch: SwitchId, kind: type[C]) -> C:
        return next(command for command in reversed(self.said[switch]) if isinstance(command, kind))

    def talk(self, switch: SwitchId, leg: str, agent: str) -> str:
        """A caller and an agent in conversation; the agent's leg."""
        self.ready(agent, ONE, TWO)
        self.call(switch, leg)
        self.answered(switch, leg)
        offered = self.last(switch, link.Originate)
        self.answered(switch, offered.leg)
        return offered.leg

    def state(self, agent: str) -> str:
        return self.engine.acd.agent_view(AgentId(agent)).state

    def ends(self) -> list[tuple[str, str]]:
        begun = {fact.call: fact.fields["leg"] for fact in self.facts if fact.kind == "offered"}
        return [(begun[fact.call], fact.fields["reason"]) for fact in self.facts if fact.kind == "ended"]


def two_settled() -> Two:
    """Both switches are there, and hold nothing."""
    two = Two()
    for switch in (ONE, TWO):
        two.settles(switch)
    return two


def test_all_that_concerns_a_call_goes_to_the_switch_it_came_by() -> None:
    two = two_settled()
    two.talk(TWO, "b", "1001")
    kinds = {type(command).__name__ for command in two.said[TWO]}
    assert {"Answer", "Play", "Originate", "Bridge", "StartRecording"} <= kinds
    assert two.said[ONE] == []
    assert next(fact for fact in two.facts if fact.kind == "offered").fields["switch"] == TWO


def test_agent_is_reachable_while_any_switch_reaches_the_phone() -> None:
    two = two_settled()
    two.ready("1001", ONE, TWO)
    two.hears(ONE, link.EndpointUnreachable(endpoint=EndpointId("1001")))
    assert two.state("1001") == AgentState.READY
    two.hears(TWO, link.EndpointUnreachable(endpoint=EndpointId("1001")))
    assert two.state("1001") == AgentState.UNAVAILABLE


def test_dying_switch_ends_its_own_calls_alone() -> None:
    two = two_settled()
    two.talk(ONE, "a", "1001")
    leg = two.talk(TWO, "b", "1002")
    two.settles(ONE)  # it is back, and knows no leg
    assert two.ends() == [("a", "switch_lost")]
    assert two.state("1001") == AgentState.WRAP_UP  # the other switch still reaches the phone
    assert two.state("1002") == AgentState.TALKING
    assert not [command for command in two.said[TWO] if isinstance(command, link.HangUp)]
    two.hears(TWO, link.LegEnded(leg=LegId("b"), by="peer", reason="normal"))
    assert two.last(TWO, link.HangUp).leg == leg


def test_switch_that_stays_away_is_given_up_and_returns_without_those_calls() -> None:
    two = two_settled()
    mine = two.talk(ONE, "a", "1001")
    two.engine.switch_away(ONE, two.now_ms)
    two.do(two.engine.switch_gone(ONE, two.now_ms))
    assert two.ends() == [("a", "switch_lost")]
    two.settles(ONE, "a", mine)  # it had only been out of reach
    assert {command.leg for command in two.said[ONE] if isinstance(command, link.HangUp)} >= {"a", mine}


def test_centre_that_returns_takes_up_the_calls_of_each_switch_as_it_comes() -> None:
    before = two_settled()
    mine = before.talk(ONE, "a", "1001")
    theirs = before.talk(TWO, "b", "1002")
    agents = before.engine.acd.snapshot()
    after = Two(prefix="n")
    after.now_ms = before.now_ms
    after.do(after.engine.recover(open_timelines(before.facts), agents, before.now_ms))
    after.settles(TWO, "b", theirs, phones=("1001", "1002"))
    assert after.state("1001") == AgentState.TALKING  # nothing is known of the first switch yet
    after.settles(ONE, "a", mine, phones=("1001", "1002"))
    told = [fact.fields["what"] for fact in after.facts if fact.kind == "recovered"]
    assert told == ["centre_returned"] * 2
    assert (after.state("1001"), after.state("1002")) == (AgentState.TALKING, AgentState.TALKING)
    assert {type(command).__name__ for command in after.said[ONE]} >= {"Bridge"}
    assert not [one for one in after.said[ONE] + after.said[TWO] if isinstance(one, link.HangUp)]


def test_call_that_rings_on_one_switch_is_picked_up_from_the_other_by_a_ring_there() -> None:
    two = two_settled()
    two.ready("1001", ONE, TWO)
    two.call(ONE, "a")
    two.answered(ONE, "a")
    two.ready("1002", ONE, TWO)
    two.call(TWO, "dialled", number="*8", endpoint="1002")
    refused = two.last(TWO, link.Reject)
    assert (refused.leg, refused.reason) == ("dialled", "unavailable")
    assert "another switch" in refused.words
    ringing = two.last(ONE, link.Originate)
    assert ringing.endpoint == "1002"
    two.answered(ONE, ringing.leg)
    assert two.last(ONE, link.Bridge) == link.Bridge(a=LegId("a"), b=ringing.leg) or two.last(
        ONE, link.Bridge
    ) == link.Bridge(a=ringing.leg, b=LegId("a"))


def test_calls_of_our_own_begin_where_there_is_least_to_do_of_those_that_are_up() -> None:
    two = two_settled()
    homes, calls = two.engine.floor.homes, two.engine.floor.calls
    two.talk(ONE, "a", "1001")
    assert homes.healthy(calls.values()) == TWO
    two.engine.switch_away(TWO, two.now_ms)
    assert homes.healthy(calls.values()) == ONE


def test_with_one_switch_nothing_is_written_or_kept_of_it() -> None:
    engine = engine_of(centre_of())
    event = link.LegOffered(leg=LegId("a"), from_number="1", to_number="4001")
    effects = engine.switch(NumberedEvent(number=1, at_ms=1, event=event))
    assert effects.homes == []
    assert "switch" not in effects.facts[0].fields
    assert engine.floor.homes == type(engine.floor.homes)()


# ── Registrations ─────────────────────────────────────────────────────────────────────────────────


def registration(phone: str, until_ms: int, binding: bytes = b"x") -> Registration:
    return Registration(endpoint=EndpointId(phone), key="k", until_ms=until_ms, binding=binding)


def test_switch_that_comes_is_told_what_it_lacks_and_the_others_what_it_has() -> None:
    shared = SharedRegistrations()
    known, mine = registration("1001", 90_000), registration("1002", 90_000)
    shared.changed(known)
    missing, fresh = shared.met([mine], now_ms=1_000)
    assert missing is not None
    assert fresh is not None
    assert (missing.registrations, fresh.registrations) == ((known,), (mine,))
    assert shared.met([known, mine], now_ms=1_000) == (None, None)


def test_what_ran_out_or_was_taken_back_is_told_to_nobody() -> None:
    shared = SharedRegistrations()
    shared.changed(registration("1001", 500))
    shared.changed(registration("1002", 90_000))
    shared.changed(registration("1002", 0, b""))
    assert shared.met([], now_ms=1_000) == (None, None)


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 9), st.booleans()), max_size=30))
def test_after_any_news_a_newcomer_is_told_the_latest_of_each(news: list[tuple[str, int, bool]]) -> None:
    shared, latest = SharedRegistrations(), {}
    for phone, seconds, gone in news:
        one = registration(phone, seconds * 10_000, b"" if gone else b"x")
        shared.changed(one)
        latest[phone] = one
    missing, _ = shared.met([], now_ms=0)
    told = missing.registrations if missing is not None else ()
    assert set(told) == {one for one in latest.values() if one.binding and one.until_ms > 0}
