"""A leader beside an agent who dialled, and in the place of one: no customer is let go for it."""

from __future__ import annotations

from typing import get_args

import pytest

from huawu.acd.events import AgentState
from huawu.calls.acting import AddParty, ConsultFor, EndCall, Mute, StopSupervising, Supervise, Target
from huawu.calls.conversation import Conversation, Phase
from huawu.calls.dialled import as_the_book_sees
from huawu.calls.errors import NotPossible
from huawu.calls.facts import Fact
from huawu.calls.record import derive
from huawu.calls.supervising import Way
from huawu.link.messages import EndpointId
from huawu.sim.virtual import Caller
from tests.calls.desks import Story, lawful, offices
from tests.calls.test_recovery import restart

CUSTOMER = "13900001111"


class Dialled:
    """1001 has dialled a customer, or a colleague, and talks."""

    def __init__(self, number: str = f"0{CUSTOMER}") -> None:
        self.floor = offices()
        self.world = self.floor.world
        for agent in ("1001", "1002", "1003"):
            self.floor.ready(agent)
        self.world.plug_in("1009")
        self.line = self.world.call(Caller(number=number, endpoint="1001", caller="1001", talk_ms=0))
        self.world.run_for(5_000)
        assert self.call.phase is Phase.TALKING
        self.customer = self.call.parties[0].leg

    @property
    def call(self) -> Conversation:
        (call,) = self.world.engine.floor.calls.values()
        return call

    def act(self, action: object, wait_ms: int = 4_000) -> None:
        self.world.carry_out(self.world.engine.act(action, self.world.now_ms))  # type: ignore[arg-type]
        self.world.run_for(wait_ms)
        lawful(self.floor)

    def supervise(self, way: Way, of: str = "") -> None:
        self.act(Supervise(call=self.call.call, by="1009", agent=of, way=way))

    def facts(self, *kinds: str) -> list[Fact]:
        return [fact for fact in self.world.facts if fact.kind in kinds]

    def over(self) -> None:
        """The customer hangs up, and nothing is left."""
        self.world.hang_up(self.customer)
        self.world.run_for(120_000)
        lawful(self.floor)
        house = self.world.engine.floor
        assert not any((self.world.legs, house.calls, house.parties, house.callers, self.world.recordings))
        assert {self.floor.state(agent) for agent in ("1001", "1002", "1003")} == {AgentState.READY}


@pytest.mark.parametrize("of", ["", "1001"])
def test_a_leader_takes_over_a_dialled_call_and_the_customer_stays(of: str) -> None:
    dialled = Dialled()
    dialled.supervise("take_over", of)
    assert dialled.line not in dialled.world.legs
    assert dialled.world.hears(dialled.customer) == {dialled.call.leg}
    assert dialled.call.dialled_by == "1009"
    assert dialled.floor.state("1001") == AgentState.READY
    (over,) = dialled.facts("taken_over")
    assert over.fields == {"agent": "1009", "by": "1009", "of": "1001"}
    started, _ = dialled.world.recordings[dialled.call.recording]  # type: ignore[index]
    assert (started.left, started.right) == (dialled.call.leg, dialled.customer)
    dialled.over()
    record = derive(dialled.world.facts)
    assert record is not None
    assert (record.direction, record.outcome, record.ended_by) == ("out", "answered", "agent")
    assert len(record.earlier_recordings) == 1


@pytest.mark.parametrize("of", ["", "1001"])
def test_a_leader_listens_whispers_to_who_dialled_and_barges_in(of: str) -> None:
    dialled = Dialled()
    dialled.supervise("listen", of)
    leader = dialled.call.parties[-1].leg
    assert dialled.world.hears(leader) == {dialled.line, dialled.customer}
    assert dialled.world.hears(dialled.line) == dialled.world.hears(leader) - {dialled.line}
    dialled.supervise("whisper")
    assert leader in dialled.world.hears(dialled.line)
    assert leader not in dialled.world.hears(dialled.customer)
    dialled.supervise("barge")
    assert dialled.world.hears(dialled.customer) == {leader, dialled.line}
    assert {fact.fields["of"] for fact in dialled.facts("supervised")} == {"1001"}
    dialled.act(StopSupervising(call=dialled.call.call, by="1009"))
    assert dialled.world.hears(dialled.customer) == {dialled.line}
    dialled.supervise("whisper", of)
    dialled.supervise("take_over")
    assert dialled.world.hears(dialled.customer) == {dialled.call.leg}
    dialled.over()


@pytest.mark.parametrize("how", ["hangs up", "the line breaks", "leaves by page"])
def test_a_leader_who_barged_in_stays_with_whom_the_agent_dialled(how: str) -> None:
    dialled = Dialled()
    dialled.supervise("barge")
    if how == "hangs up":
        dialled.world.hang_up(dialled.line)
    elif how == "the line breaks":
        dialled.world.drop(dialled.line)
    else:
        dialled.act(EndCall(call=dialled.call.call, by="1001", own=True))
    dialled.world.run_for(50)
    lawful(dialled.floor)
    assert dialled.world.hears(dialled.customer) == {dialled.call.leg}
    assert dialled.call.dialled_by == "1009"
    assert dialled.floor.state("1001") == AgentState.READY
    dialled.over()


def test_a_leader_who_listens_does_not_stay_and_the_end_for_all_is_one() -> None:
    dialled = Dialled()
    dialled.supervise("listen")
    dialled.world.hang_up(dialled.line)
    dialled.world.run_for(120_000)
    assert not dialled.world.legs
    again = Dialled()
    again.supervise("barge")
    again.act(EndCall(call=again.call.call, by="1009", whole=True), 120_000)
    assert not again.world.legs


def test_a_leader_dials_to_listen_to_who_dialled() -> None:
    dialled = Dialled()
    dialled.world.call(Caller(number="*231001", endpoint="1009", caller="1009", talk_ms=0))
    dialled.world.run_for(50)
    assert len(dialled.world.hears(dialled.customer)) == 2
    dialled.over()


def test_what_was_held_and_muted_by_who_dialled_ends_with_the_take_over() -> None:
    dialled = Dialled()
    dialled.world.hold(dialled.line)
    dialled.act(Mute(call=dialled.call.call, by="1001", own=True, on=True))
    dialled.supervise("take_over")
    assert [fact.kind for fact in dialled.facts("held", "resumed", "muted", "unmuted")] == [
        "held", "muted", "unmuted", "resumed",
    ]  # fmt: skip
    assert not dialled.call.held_by
    assert not dialled.call.muted
    dialled.over()


def test_the_call_is_the_leaders_when_the_centre_returns() -> None:
    dialled = Dialled()
    dialled.supervise("take_over")
    restart(dialled.floor)
    lawful(dialled.floor)
    assert (dialled.call.dialled_by, dialled.call.endpoint) == ("1009", EndpointId("1009"))
    dialled.over()


def test_the_book_sees_the_leader_lead_from_then_on() -> None:
    dialled = Dialled()
    dialled.supervise("take_over")
    dialled.over()
    led = [fact.fields for fact in as_the_book_sees(dialled.world.facts) if fact.kind == "bridged"]
    assert [(each["agent"], each.get("there", False)) for each in led] == [("1001", False), ("1009", True)]


def test_a_leader_who_dialled_somebody_is_in_a_call() -> None:
    story = Story()
    story.world.call(Caller(number=f"0{CUSTOMER}", endpoint="1009", caller="1009", talk_ms=0))
    story.world.run_for(5_000)
    with pytest.raises(NotPossible):
        story.act(Supervise(call=story.id, by="1009", way="listen"))


@pytest.mark.parametrize("of", ["", "1001", "1002"])
def test_a_leader_takes_over_from_either_of_two_colleagues(of: str) -> None:
    dialled = Dialled("1002")
    dialled.supervise("take_over", of)
    stays = dialled.line if of != "1001" else dialled.customer
    (heard,) = dialled.world.hears(stays)
    assert heard not in (dialled.line, dialled.customer)
    dialled.customer = stays
    dialled.over()


# ── From whom, when several are there ─────────────────────────────────────────────────────────────


def consulting(answered: bool = True) -> Story:
    story = Story()
    wait_ms = 4_000 if answered else 100
    story.act(ConsultFor(call=story.id, by="1001", to=Target(agent="1002")), wait_ms)
    return story


def take_over(story: Story, of: str) -> None:
    story.act(Supervise(call=story.id, by="1009", agent=of, way="take_over"), 4_000)
    lawful(story.floor)


def test_who_is_taken_over_from_while_consulting_leaves_with_whom_they_asked() -> None:
    story = consulting()
    take_over(story, "1001")
    story.hears("1009")
    assert [party.agent for party in story.call.parties] == ["1009"]
    assert {"consult_ended", "resumed", "parted"} <= set(story.kinds())
    story.over()


def test_who_was_asked_is_relieved_and_nobody_else_is_left_alone() -> None:
    story = consulting()
    take_over(story, "1002")
    story.hears("1001", "1009")
    story.over()


def test_somebody_else_in_a_conference_is_relieved_and_the_consultation_goes_on() -> None:
    story = Story()
    story.act(AddParty(call=story.id, by="1001", to=Target(agent="1002")), 4_000)
    story.act(ConsultFor(call=story.id, by="1001", to=Target(agent="1003")), 4_000)
    take_over(story, "1002")
    story.hears("1009")
    assert story.world.hears(story.leg("1001")) == {story.leg("1003")}
    story.over()


@pytest.mark.parametrize("way", get_args(Way))
def test_a_customer_with_somebody_outside_is_not_let_go(way: Way) -> None:
    story = Story()
    story.act(AddParty(call=story.id, by="1001", to=Target(number=f"0{CUSTOMER}")), 4_000)
    story.world.hang_up(story.leg("1001"))
    story.world.run_for(50)
    story.act(Supervise(call=story.id, by="1009", way=way), 4_000)
    lawful(story.floor)
    assert story.leg("1009") in story.world.legs
    assert story.caller in story.world.legs
    story.over()
