"""No message is lost and none delivered twice, whatever dies while callers speak."""

from __future__ import annotations

import itertools

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from huawu.calls.effects import Effects
from huawu.calls.engine import Engine
from huawu.calls.facts import Fact
from huawu.calls.homes import THE_ONE
from huawu.calls.voicemails import TRANSITIONS, State, Trigger, Voicemail
from huawu.link import messages as link
from huawu.sim.virtual import Caller, World
from tests.calls.test_services import TEXT
from tests.calls.worlds import centre_of, engine_of

CENTRE = centre_of(TEXT)
LIVES = itertools.count()


class Life(World):
    """A world whose centre and switch may die; what is stored and on disk outlives them."""

    def __init__(self) -> None:
        super().__init__(engine_of(CENTRE, f"x{next(LIVES)}-"))
        self.stored: dict[str, Voicemail] = {}
        self.delivered: list[str] = []
        self.on_disk: dict[str, tuple[int, int | None]] = {}  # by recording: begin, end
        self.spoken: dict[str, int] = {}
        self.missed: list[link.NumberedEvent] | None = None
        self.switch = 0
        self.dies_at_an_end = False
        super().carry_out(self.engine.configure(CENTRE, self.now_ms))

    def carry_out(self, effects: Effects) -> None:
        for each in effects.voicemails:
            before = self.stored.get(each.id)
            if before is not None and before.state is not State.RECORDING:
                assert each.state is before.state, "delivered or thrown away twice"
                continue
            self.stored[each.id] = each
            if each.state is State.NEW:
                self.delivered.append(each.id)
        for command in effects.commands:
            if isinstance(command, link.StartRecording):
                self.on_disk[command.recording] = (self.now_ms, None)
        super().carry_out(effects)

    def report(self, event: link.Event) -> None:
        if isinstance(event, link.RecordingStopped):
            self.on_disk[event.recording] = (self.on_disk[event.recording][0], self.now_ms)
        if self.missed is None:
            super().report(event)
            if self.dies_at_an_end and isinstance(event, link.LegEnded):
                self.dies_at_an_end = False
                self.centre_dies()  # before it hears how long the recording became
            return
        self._number += 1
        self.missed.append(link.NumberedEvent(number=self._number, at_ms=self.now_ms, event=event))

    def centre_dies(self) -> None:
        if self.missed is None:
            self.timers.clear()
            self.missed = []

    def centre_returns(self) -> None:
        if self.missed is None:
            return
        calls: dict[str, list[Fact]] = {}
        for fact in self.facts:
            calls.setdefault(fact.call, []).append(fact)
        unended = [facts for facts in calls.values() if all(fact.kind != "ended" for fact in facts)]
        self.engine: Engine = engine_of(CENTRE, f"x{next(LIVES)}-")
        self.carry_out(self.engine.configure(CENTRE, self.now_ms))
        unfinished = [
            msgspec.structs.replace(each, length_ms=self.length(each.recording))
            for each in self.stored.values()
            if each.state is State.RECORDING
        ]
        self.carry_out(self.engine.recover(unended, None, self.now_ms, voicemails=unfinished))
        missed, self.missed = self.missed, None
        for event in missed:
            self.carry_out(self.engine.switch(event))
        self.settle(replays=True)

    def switch_dies(self) -> None:
        """Its callers are gone; nobody told the centre."""
        self.switch += 1
        for recording in self.recordings:
            self.on_disk[recording] = (self.on_disk[recording][0], self.now_ms)
        self.legs.clear()
        self.recordings.clear()
        if self.missed is None:
            self.settle(replays=False)
        else:
            self.missed.clear()

    def settle(self, *, replays: bool) -> None:
        legs = tuple(
            link.LegView(
                leg=leg, incoming=True, state="answered", from_number="139", to_number="4002", began_ms=0
            )
            for leg in self.legs
        )
        welcome = link.Welcome(switch=f"s{self.switch}", replays=replays, last_event=self._number, legs=legs)
        self.carry_out(self.engine.settle(welcome, self.now_ms))

    def length(self, recording: str) -> int:
        began_ms, ended_ms = self.on_disk[recording]
        return (self.now_ms if ended_ms is None else ended_ms) - began_ms


DEATHS = st.lists(
    st.tuples(
        st.integers(0, 15_000),
        st.sampled_from(["centre", "centre", "return", "switch", "caller", "between"]),
    ),
    max_size=6,
)
CALLERS = st.lists(
    st.tuples(st.integers(0, 8_000), st.integers(0, 20_000), st.integers(1_000, 60_000)),
    min_size=1,
    max_size=3,
)


@settings(max_examples=200, deadline=None)
@given(CALLERS, DEATHS)
@example(callers=[(0, 0, 1_000), (0, 0, 9_001)], deaths=[(0, "centre"), (0, "between")])
def test_each_message_is_delivered_once_or_was_none(
    callers: list[tuple[int, int, int]], deaths: list[tuple[int, str]]
) -> None:
    life = Life()
    speech: dict[str, int] = {}
    for after_ms, speech_ms, patience_ms in callers:
        life.run_for(after_ms)
        leg = life.call(Caller(number="4002", speech_ms=speech_ms, patience_ms=patience_ms))
        speech[leg] = speech_ms
    for after_ms, death in deaths:
        life.run_for(after_ms)
        match death:
            case "centre":
                life.centre_dies()
            case "return":
                life.centre_returns()
            case "switch":
                life.switch_dies()
            case _ if life.legs:
                life.dies_at_an_end = death == "between"
                life.hang_up(next(iter(life.legs)))
    life.run_for(5_000)
    life.dies_at_an_end = False  # nobody would bring the centre back once more
    life.centre_returns()
    life.run_for(600_000)

    assert all(each.state is not State.RECORDING for each in life.stored.values()), "one was lost"
    assert len(life.delivered) == len(set(life.delivered))
    assert not life.legs
    assert not life.engine.floor.calls
    commands = [each for each in life.commands if isinstance(each, link.StartRecording)]
    by_recording = {each.recording: each for each in life.stored.values()}
    assert {each.recording for each in commands} == set(by_recording)
    for command in commands:
        said_ms = min(speech[command.left], life.length(command.recording) - 300)
        if said_ms >= 2_000:
            assert by_recording[command.recording].state is State.NEW, (
                "somebody spoke, and it was thrown away"
            )


def test_a_message_is_as_long_as_the_switch_lived_that_recorded_it() -> None:
    life = Life()
    life.call(Caller(number="4002", speech_ms=60_000, patience_ms=120_000))
    life.run_for(20_000)
    died_ms = life.now_ms
    life.engine.switch_away(THE_ONE, died_ms)
    life.legs.clear()
    life.recordings.clear()
    welcome = link.Welcome(switch="new", replays=False, last_event=0)
    life.carry_out(life.engine.settle(welcome, died_ms + 3_000))
    (message,) = life.stored.values()
    assert message.state is State.NEW
    assert message.length_ms == died_ms - life.on_disk[message.recording][0]


def test_nothing_leads_back_from_what_is_delivered() -> None:
    later = (State.NEW, State.TAKEN, State.DONE, State.DISCARDED)
    assert all(after is not State.RECORDING for after in TRANSITIONS.values())
    assert not any((state, Trigger.DELIVER) in TRANSITIONS for state in later)
