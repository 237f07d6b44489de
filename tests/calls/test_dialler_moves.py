"""What agents do to calls they answered they do to those they dialled: ask aside, add, send on, park."""

from __future__ import annotations

from typing import Any

import pytest

from huawu.acd.events import AgentId, AgentState
from huawu.calls.acting import (
    AddParty,
    AnyAction,
    ConsultFor,
    ConsultNext,
    EndCall,
    ParkCall,
    Target,
    TransferCall,
)
from huawu.calls.conversation import Conversation
from huawu.calls.desk_calls import desk_call, shown
from huawu.calls.dialled import as_the_book_sees
from huawu.calls.errors import NotYours
from huawu.calls.facts import Fact
from huawu.calls.record import derive
from huawu.calls.rows import earlier_agents_rows
from huawu.link import messages as link
from huawu.link.messages import LegId
from huawu.sim.virtual import Caller, Phone
from tests.calls.desks import lawful, offices
from tests.calls.test_recovery import restart

CUSTOMER, THIRD = "013911112222", "013911113333"


class Dialled:
    """1001 has called a customer and talks; 1002, 1003 and the leader 1009 are at hand."""

    def __init__(self, number: str = CUSTOMER, **phones: Phone) -> None:
        self.floor = offices()
        self.world = self.floor.world
        for agent in ("1001", "1002", "1003"):
            self.floor.ready(agent, phones.get(f"p{agent}"))
        self.world.plug_in("1009")
        self.dialler = self.world.call(Caller(number=number, endpoint="1001", caller="1001", talk_ms=0))
        self.world.run_for(5_000)
        self.id = self.call.call
        self.customer = self.call.parties[0].leg

    @property
    def call(self) -> Conversation:
        """The newest that goes on."""
        return list(self.world.engine.floor.calls.values())[-1]

    def act(self, action: type[Any], wait_ms: int = 4_000, **fields: Any) -> None:
        made: AnyAction = action(**{"call": self.id, "by": "1001", "own": True} | fields)
        self.world.carry_out(self.world.engine.act(made, self.world.now_ms))
        self.world.run_for(wait_ms)
        lawful(self.floor)

    def consult(self, wait_ms: int = 4_000, **to: str) -> None:
        self.act(ConsultFor, wait_ms, to=Target(**to))

    def step(self, name: str) -> None:
        self.act(ConsultNext, 50, step=name)

    def leg(self, who: str) -> LegId:
        return next(party.leg for party in self.call.parties if who in (party.agent, party.number))

    def hear_each_other(self, *legs: LegId) -> None:
        for leg in legs:
            assert self.world.hears(leg) == set(legs) - {leg}

    def hears_music(self, leg: LegId) -> None:
        assert self.world.legs[leg].music
        assert self.world.hears(leg) == set()

    def facts(self, *kinds: str) -> list[Fact]:
        return [fact for fact in self.floor.facts(self.id) if not kinds or fact.kind in kinds]

    def is_silent(self) -> bool:
        """Whether silence is recorded, by what the switch was told last."""
        told = [
            one for one in self.world.commands if isinstance(one, link.PauseRecording | link.ResumeRecording)
        ]
        return bool(told) and isinstance(told[-1], link.PauseRecording)

    def over(self) -> None:
        """Everybody hangs up, and nothing is left."""
        for leg in list(self.world.legs):
            self.world.hang_up(leg)
        self.world.run_for(120_000)
        lawful(self.floor)
        house = self.world.engine.floor
        assert not any((self.world.legs, house.calls, house.parties, house.callers, self.world.recordings))
        assert {self.floor.state(agent) for agent in ("1001", "1002", "1003")} == {"ready"}


def test_the_customer_hears_music_while_the_agent_asks_a_colleague() -> None:
    story = Dialled()
    story.consult(agent="1002")
    story.hear_each_other(story.dialler, story.leg("1002"))
    story.hears_music(story.customer)
    assert story.is_silent(), "what agents say aside is not on the customer's record"
    story.step("swap")
    story.hear_each_other(story.dialler, story.customer)
    story.hears_music(story.leg("1002"))
    assert not story.is_silent()
    story.step("swap")
    story.step("back")
    story.hear_each_other(story.dialler, story.customer)
    assert not story.is_silent()
    assert story.floor.state("1002") == AgentState.READY
    assert [fact.fields["with"] for fact in story.facts("swapped")] == ["caller", "consulted"]
    seen = [fact for fact in as_the_book_sees(story.facts()) if fact.kind in ("held", "resumed")]
    assert [(fact.kind, fact.party) for fact in seen] == [("held", "agent"), ("resumed", "agent")] * 2
    story.over()


def test_a_paused_recording_stays_paused_over_a_private_talk() -> None:
    from huawu.calls.acting import HoldRecording

    story = Dialled()
    story.act(HoldRecording, 50, paused=True)
    story.consult(agent="1002")
    story.step("back")
    assert story.is_silent()
    story.act(HoldRecording, 50, paused=False)
    assert not story.is_silent()
    story.over()


def test_three_talk_and_go_on_without_who_dialled() -> None:
    story = Dialled()
    story.consult(agent="1002")
    story.step("conference")
    colleague = story.leg("1002")
    story.hear_each_other(story.dialler, story.customer, colleague)
    story.act(EndCall)
    story.hear_each_other(story.customer, colleague)
    assert story.call.call == story.id, "it is the same call"
    assert story.call.dialled_by == "1002"
    assert story.floor.state("1001") == AgentState.READY
    assert [(fact.fields["agent"], fact.fields["of"]) for fact in story.facts("taken_over")] == [
        ("1002", "1001")
    ]
    story.over()


@pytest.mark.parametrize("hangs_up", [True, False])
def test_completing_leaves_customer_and_colleague_in_the_same_call(hangs_up: bool) -> None:
    story = Dialled()
    story.consult(agent="1002")
    colleague = story.leg("1002")
    if hangs_up:
        story.world.hang_up(story.dialler)
        story.world.run_for(50)
    else:
        story.step("complete")
    story.hear_each_other(story.customer, colleague)
    assert (story.call.call, story.call.dialled_by) == (story.id, "1002")
    told = story.facts("transfer")[-1]
    assert (told.fields["agent"], told.fields["of"], told.fields["how"]) == ("1002", "1001", "attended")
    led = [fact.fields["agent"] for fact in as_the_book_sees(story.facts()) if fact.kind == "bridged"]
    assert led == ["1001", "1002"]
    restart(story.floor)
    story.hear_each_other(story.customer, colleague)
    assert story.call.dialled_by == "1002"
    story.over()


@pytest.mark.parametrize(
    "to",
    [{"agent": "1002"}, {"queue": "billing"}, {"number": THIRD}],
    ids=["it rings", "a queue", "outside"],
)
def test_completing_before_the_answer_sends_the_customer_on(to: dict[str, str]) -> None:
    story = Dialled()
    story.consult(100, **to)
    story.step("complete")
    story.world.run_for(9_000)
    onward = story.call
    assert onward.call != story.id
    assert (onward.leg, onward.caller) == (story.customer, CUSTOMER)
    story.hear_each_other(story.customer, onward.parties[0].leg)
    assert story.floor.state("1001") == AgentState.READY
    assert [fact.fields["into"] for fact in story.facts("moved")] == [onward.call]
    story.over()


def test_whom_nobody_takes_comes_back_to_who_dialled_them() -> None:
    story = Dialled(p1002=Phone(answers_after_ms=None))
    story.act(TransferCall, 40_000, to=Target(agent="1002"))
    (party,) = story.call.parties
    assert (party.agent, story.call.leg) == ("1001", story.customer)
    story.hear_each_other(story.customer, party.leg)
    story.over()


def test_a_third_party_outside_stays_with_the_customer() -> None:
    story = Dialled()
    story.act(AddParty, to=Target(number=THIRD))
    third = story.leg(THIRD)
    story.hear_each_other(story.dialler, story.customer, third)
    seen = [fact for fact in as_the_book_sees(story.facts()) if fact.kind == "agent_answered"]
    assert [fact.fields["number"] for fact in seen] == [CUSTOMER], "who joins answers nobody for the agent"
    story.world.hang_up(story.dialler)
    story.world.run_for(50)
    story.hear_each_other(story.customer, third)
    story.over()


def test_the_customers_leaving_ends_the_call_for_all() -> None:
    story = Dialled()
    story.consult(agent="1002")
    story.step("conference")
    story.world.hang_up(story.customer)
    story.world.run_for(50)
    assert not story.world.legs
    story.over()


def test_a_customer_is_parked_and_taken_by_a_colleague() -> None:
    story = Dialled()
    story.act(ParkCall, slot="703")
    story.hears_music(story.customer)
    taker = story.world.call(Caller(number="703", endpoint="1002", caller="1002", talk_ms=0))
    story.world.run_for(500)
    story.hear_each_other(story.customer, taker)
    story.over()


def test_a_desk_phone_with_two_dialled_calls_puts_them_through() -> None:
    story = Dialled()
    second = story.world.call(Caller(number="1002", endpoint="1001", caller="1001", talk_ms=0))
    story.world.run_for(4_000)
    colleague = story.leg("1002")
    story.world.refer(story.dialler, "1002", second)
    story.world.run_for(50)
    story.hear_each_other(story.customer, colleague)
    assert story.floor.state("1001") == AgentState.READY
    story.over()


def test_a_private_talk_goes_on_when_the_centre_returns() -> None:
    story = Dialled()
    story.consult(agent="1002")
    restart(story.floor)
    story.hear_each_other(story.dialler, story.leg("1002"))
    story.hears_music(story.customer)
    story.step("back")
    story.hear_each_other(story.dialler, story.customer)
    assert not story.is_silent()
    story.over()


def test_a_conference_outlives_a_party_while_the_agent_asks_aside() -> None:
    story = Dialled()
    story.act(AddParty, to=Target(agent="1002"))
    story.consult(agent="1003")
    story.world.hang_up(story.leg("1002"))
    story.world.run_for(50)
    story.hears_music(story.customer)
    story.step("back")
    story.hear_each_other(story.dialler, story.customer)
    story.over()


def test_the_desk_of_who_dialled_offers_what_that_of_who_answered_does() -> None:
    story = Dialled()

    def mine() -> Any:
        facts = [shown(fact) for fact in story.facts()]
        return desk_call(story.world.engine, AgentId("1001"), story.call.call, facts, lambda name: None)

    assert (mine().leads, mine().at, mine().consult) == (True, "room", None)
    story.consult(agent="1002")
    assert (mine().at, mine().consult.agent, mine().consult.state) == ("aside", "1002", "talking")
    story.over()


def test_a_signed_out_agent_who_handed_over_has_the_call_no_longer_on_the_desk() -> None:
    story = Dialled()
    story.world.carry_out(
        story.world.engine.set_agent_state(AgentId("1001"), AgentState.SIGNED_OUT, "", story.world.now_ms)
    )
    story.consult(agent="1002")
    action = ConsultNext(call=story.id, by="1001", own=True, step="complete")
    effects = story.world.engine.act(action, story.world.now_ms)
    assert AgentId("1001") in effects.changed_agents
    story.world.carry_out(effects)


def test_only_who_asked_goes_on_with_a_consultation() -> None:
    story = Dialled()
    story.consult(agent="1002")
    with pytest.raises(NotYours):
        story.act(ConsultNext, 50, step="complete", by="1002")
    story.over()


def test_a_dialled_call_is_the_record_of_who_dialled_and_of_who_took_the_line() -> None:
    story = Dialled()
    record = derive(story.facts())
    assert record is not None
    assert (record.agent, record.dialled_by) == ("1001", "1001")
    story.consult(agent="1002")
    story.step("complete")
    story.over()
    record = derive(story.facts())
    assert record is not None
    assert (record.agent, record.earlier_agents, record.direction) == ("1002", ("1001",), "out")


def test_whom_nobody_answers_was_called_by_somebody_all_the_same() -> None:
    floor = offices()
    floor.ready("1001")
    leg = floor.world.call(Caller(number=CUSTOMER, endpoint="1001", caller="1001", talk_ms=0))
    floor.world.run_for(500)
    floor.world.hang_up(leg)
    floor.world.run_for(500)
    record = derive(floor.facts())
    assert record is not None
    assert (record.agent, record.outcome) == ("1001", "cancelled")


def test_a_call_to_a_colleague_is_found_by_either_of_the_two() -> None:
    story = Dialled("1002")
    record = derive(story.facts())
    assert record is not None
    assert (record.agent, record.dialled_by) == ("1002", "1001")
    assert earlier_agents_rows(None, record) == [(story.id, "1001")]
    assert record.talked_to("1001")
    story.over()
