"""The traffic maker's mind, told as a script: a caller calls, presses, talks with an agent, hangs up."""

from __future__ import annotations

import random

import pytest

from huawu.assets.catalogue import load_dialogues
from huawu.link import messages as link
from huawu.link.messages import LegId
from huawu.sim.traffic import Doing, Traffic, Wake


class Stage:
    """Carries out what the traffic maker does, in virtual time; prompts last two seconds."""

    def __init__(self, **given: object) -> None:
        self.now = 0
        self.said: list[link.Command] = []
        self.agenda: list[tuple[int, int, str]] = []
        self.traffic = Traffic(
            dialogues=load_dialogues()[:1],
            agents=("1007", "1008"),
            menu="4000",
            chance=random.Random(7),
            **given,  # type: ignore[arg-type]
        )

    def do(self, doings: list[Doing]) -> None:
        for doing in doings:
            if isinstance(doing, Wake):
                self.agenda.append((doing.due_ms, len(self.agenda), doing.name))
            else:
                self.said.append(doing)
                if isinstance(doing, link.Play):
                    self.agenda.append(
                        (self.now + 2_000, len(self.agenda), f"played {doing.leg} {doing.play}")
                    )

    def event(self, event: link.Event) -> None:
        self.do(self.traffic.event(event, self.now))

    def run(self, until_ms: int) -> None:
        while self.agenda and min(self.agenda)[0] <= until_ms:
            entry = min(self.agenda)
            self.agenda.remove(entry)
            self.now, _, name = entry
            if name.startswith("played "):
                _, leg, play = name.split()
                self.event(link.PlayFinished(leg=LegId(leg), play=link.PlayId(play), how="completed"))
            else:
                self.do(self.traffic.wake(name, self.now))
        self.now = until_ms

    def take(self, kind: type[link.Command]) -> link.Command:
        found = next(command for command in self.said if isinstance(command, kind))
        self.said.remove(found)
        return found


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.do(stage.traffic.begin(0))
    return stage


def test_agents_dial_the_ready_code_first(stage: Stage) -> None:
    codes = [command for command in stage.said if isinstance(command, link.Originate)]
    assert [(code.trunk, code.number) for code in codes] == [("1007", "*11"), ("1008", "*11")]


def test_an_agent_made_unavailable_dials_ready_again_but_not_at_once(stage: Stage) -> None:
    stage.said.clear()
    stage.do(stage.traffic.told({"1007": "unavailable", "1008": "ready"}, [], 1_000))
    assert stage.said == []
    stage.do(stage.traffic.told({"1007": "unavailable", "1008": "ready"}, [], 60_000))
    assert [command.number for command in stage.said if isinstance(command, link.Originate)] == ["*11"]


def test_a_call_is_played_turn_by_turn_and_the_caller_hangs_up(stage: Stage) -> None:
    stage.said.clear()
    stage.run(1_600)
    call = stage.take(link.Originate)
    assert isinstance(call, link.Originate)
    assert (call.trunk, call.number) == ("hotline", "4000")
    stage.traffic.on = False
    stage.event(link.LegAnswered(leg=call.leg, codec="PCMA"))
    stage.run(12_000)
    pressed = stage.take(link.SendDigits)
    assert isinstance(pressed, link.SendDigits)
    assert pressed.digits == load_dialogues()[0].menu_key
    agent = LegId("agent")
    stage.event(link.LegOffered(leg=agent, from_number=call.caller_number, to_number="1007"))
    assert isinstance(stage.take(link.Ring), link.Ring)
    stage.run(stage.now + 5_000)
    assert stage.take(link.Answer) == link.Answer(leg=agent)
    stage.event(link.LegAnswered(leg=agent, codec="PCMA"))
    stage.run(stage.now + 120_000)
    turns = [command.leg for command in stage.said if isinstance(command, link.Play)]
    spoken = ["caller" if leg == call.leg else "agent" for leg in turns]
    assert spoken == [turn.by for turn in load_dialogues()[0].turns]
    assert link.HangUp(leg=call.leg) in stage.said
    stage.event(link.LegEnded(leg=call.leg, by="centre", reason="normal"))
    stage.event(link.LegEnded(leg=agent, by="peer", reason="normal"))
    assert stage.traffic.callers == 0


def test_a_caller_whom_a_person_serves_says_the_callers_lines_alone(stage: Stage) -> None:
    stage.said.clear()
    stage.run(1_600)
    call = stage.take(link.Originate)
    assert isinstance(call, link.Originate)
    stage.traffic.on = False
    stage.event(link.LegAnswered(leg=call.leg, codec="PCMA"))
    stage.do(stage.traffic.told({}, [call.caller_number], stage.now))
    stage.run(stage.now + 120_000)
    plays = [command for command in stage.said if isinstance(command, link.Play)]
    assert {play.leg for play in plays} == {call.leg}
    assert len(plays) == sum(turn.by == "caller" for turn in load_dialogues()[0].turns)
    assert link.HangUp(leg=call.leg) in stage.said


def test_an_impatient_caller_hangs_up(stage: Stage) -> None:
    stage.said.clear()
    stage.run(1_600)
    call = stage.take(link.Originate)
    assert isinstance(call, link.Originate)
    stage.event(link.LegAnswered(leg=call.leg, codec="PCMA"))
    stage.traffic.on = False
    stage.run(stage.now + 130_000)
    assert link.HangUp(leg=call.leg) in stage.said


def test_switched_off_brings_no_callers() -> None:
    stage = Stage(on=False)
    stage.do(stage.traffic.begin(0))
    stage.said.clear()
    stage.run(300_000)
    assert not [command for command in stage.said if isinstance(command, link.Originate)]
