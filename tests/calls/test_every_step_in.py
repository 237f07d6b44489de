"""Every kind of call, whoever steps in, whoever leaves at which moment: nobody and nothing is forgotten.

One table of calls, one of what is done in them, one of who goes when. What must be true of each is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Final

import pytest

from huawu.acd.events import AgentId
from huawu.calls.acting import (
    AddParty,
    AnyAction,
    ConsultFor,
    ConsultNext,
    EndCall,
    Mute,
    ParkCall,
    StopSupervising,
    Supervise,
    Target,
    TransferCall,
)
from huawu.calls.conversation import Conversation, Phase
from huawu.calls.errors import MoveError
from huawu.calls.facts import Kind
from huawu.calls.promising import Wish
from huawu.calls.record import derive
from huawu.calls.seat_states import seat_state
from huawu.link.messages import LegId
from huawu.sim.virtual import Caller
from tests.calls.desks import lawful, offices
from tests.calls.worlds import Desk

AGENTS: Final = ("1001", "1002", "1003")
OUTSIDE: Final = "013911112222"
THIRD: Final = "013911113333"


class Scene:
    """A call in which 1001 serves; 1002, 1003 and the leader 1009 are at hand."""

    def __init__(self) -> None:
        self.floor: Desk = offices()
        self.world = self.floor.world
        for agent in AGENTS:
            self.floor.ready(agent)
        self.world.plug_in("1009")

    def dial(self, number: str, endpoint: str = "") -> None:
        caller = endpoint or "13800005678"
        self.world.call(Caller(number=number, endpoint=endpoint, caller=caller, talk_ms=0))
        self.wait(5_000)

    @property
    def call(self) -> Conversation | None:
        """The call in which 1001, or whoever came in their place, serves: the last that goes on."""
        calls = [one for one in self.world.engine.floor.calls.values() if one.phase is not Phase.ENDED]
        return calls[-1] if calls else None

    def act(self, make: Callable[[str], AnyAction]) -> None:
        """What cannot be done is refused, and changes nothing."""
        if self.call is None:
            return
        try:
            self.world.carry_out(self.world.engine.act(make(self.call.call), self.world.now_ms))
        except MoveError:
            assert not self.world.engine.floor.take_effects().facts

    def wait(self, length_ms: int) -> None:
        self.world.run_for(length_ms)
        lawful(self.floor)
        self._seats_are_true()

    def _seats_are_true(self) -> None:
        """Who reads as talking has an answered line to somebody."""
        floor = self.world.engine.floor
        for agent in map(AgentId, AGENTS):
            view = floor.acd.agent_view(agent)
            if seat_state(floor, view) != "talking":
                continue
            told = agent in floor.services.values()
            legs = [leg for leg in self._legs_of(agent) if self.world.legs[leg].answered]
            assert legs or told, f"{agent} reads as talking without a line"

    def _legs_of(self, agent: AgentId) -> list[LegId]:
        floor = self.world.engine.floor
        legs = [party.leg for party in floor.parties.values() if party.agent == agent]
        legs += [call.leg for call in floor.calls.values() if call.dialled_by == agent]
        return [leg for leg in legs if leg in self.world.legs]

    def leg(self, who: str) -> LegId | None:
        """A line of the call: of the caller's side, of an agent, of a number outside."""
        call = self.call
        if call is None:
            return None
        if who == "caller":
            return call.leg if call.leg in self.world.legs else None
        party = next((one for one in call.parties if who in (one.agent, one.number)), None)
        return party.leg if party is not None and party.leg in self.world.legs else None

    def is_served(self, customer: LegId, *, without: LegId | None) -> bool:
        """Whether the customer hears somebody else than this one."""
        there = customer in self.world.legs
        return there and bool(self.world.pretended.with_whom(customer) - {without})

    def over(self) -> None:
        """All hang up who are left. Each call has one end, each recording its own, and nobody is busy."""
        house = self.world.engine.floor
        for _ in range(3):
            for leg in [leg for leg in self.world.legs if leg in house.callers]:
                self.world.hang_up(leg)
            self.wait(200_000)
        left = [self.world.legs, self.world.recordings, house.calls, house.parties, house.callers]
        assert not any(left), left
        assert not house.holding
        busy = {agent for agent in AGENTS if self.floor.state(agent) not in ("ready", "break")}
        assert not busy, f"{busy} are busy with nothing"
        for name in {fact.call for fact in self.world.facts}:
            self._told_whole(name)

    def _told_whole(self, name: str) -> None:
        facts = self.floor.facts(name)
        kinds = [fact.kind for fact in facts]
        assert kinds.count("ended") == 1, f"{name} has {kinds.count('ended')} ends"
        assert kinds.count("recording_started") == kinds.count("recording_stopped")
        record = derive(facts)
        assert record is not None
        assert record.state == "ended"
        pairs: tuple[tuple[Kind, Kind], ...] = (("held", "resumed"), ("muted", "unmuted"))
        for began, ended in pairs:
            open_ones = kinds.count(began) - kinds.count(ended)
            after = kinds.index("ended") if open_ones else 0
            assert open_ones <= 1, f"{began} without an end"
            assert not open_ones or began in kinds[:after]


# ── The tables ────────────────────────────────────────────────────────────────────────────────────


def incoming(scene: Scene) -> None:
    scene.dial("4001")


def direct(scene: Scene) -> None:
    scene.dial("1001")


def dialled(scene: Scene) -> None:
    scene.dial(OUTSIDE, "1001")


def internal(scene: Scene) -> None:
    scene.dial("1002", "1001")


def transferred(scene: Scene) -> None:
    scene.dial("4002")
    scene.act(lambda call: TransferCall(call=call, by="1003", to=Target(agent="1001")))
    scene.wait(30_000)


def called_back(scene: Scene) -> None:
    wish = Wish(call="lost", caller=OUTSIDE, queue="general")
    _, effects = scene.world.engine.call_back(wish, "1001", mine=True, at_ms=scene.world.now_ms)
    scene.world.carry_out(effects)
    scene.wait(8_000)


def conference(scene: Scene) -> None:
    incoming(scene)
    scene.act(lambda call: AddParty(call=call, by="1001", to=Target(number=THIRD)))
    scene.wait(4_000)


CALLS = [incoming, direct, dialled, internal, transferred, called_back, conference]


def _leader(*ways: str) -> Callable[[Scene], None]:
    def step(scene: Scene) -> None:
        for way in ways:
            scene.act(lambda call, way=way: Supervise(call=call, by="1009", way=way))  # type: ignore[misc]
            scene.wait(4_000 if way == ways[0] else 50)

    return step


def _while_ringing(make: Callable[[str], AnyAction]) -> Callable[[Scene], None]:
    def step(scene: Scene) -> None:
        scene.act(make)
        scene.wait(300)

    return step


def _then(*makes: Callable[[str], AnyAction]) -> Callable[[Scene], None]:
    def step(scene: Scene) -> None:
        for make in makes:
            scene.act(make)
            scene.wait(4_000)

    return step


def _hold(scene: Scene) -> None:
    if (leg := scene.leg("1001") or scene.leg("caller")) is not None:
        scene.world.hold(leg)
        scene.wait(100)


def _hold_and(step: Callable[[Scene], None]) -> Callable[[Scene], None]:
    def both(scene: Scene) -> None:
        _hold(scene)
        step(scene)

    return both


def _refer(number: str) -> Callable[[Scene], None]:
    def step(scene: Scene) -> None:
        call = scene.call
        leg = scene.leg("1001") or (call.leg if call is not None and call.dialled_by == "1001" else None)
        if leg is not None:
            scene.world.refer(leg, number)
            scene.wait(4_000)

    return step


def _consult(call: str) -> AnyAction:
    return ConsultFor(call=call, by="1001", to=Target(agent="1003"))


def _add(call: str) -> AnyAction:
    return AddParty(call=call, by="1001", to=Target(agent="1003"))


def _transfer(call: str) -> AnyAction:
    return TransferCall(call=call, by="1001", to=Target(agent="1003"))


def _add_outside(call: str) -> AnyAction:
    return AddParty(call=call, by="1001", to=Target(number=THIRD))


def _consult_outside(call: str) -> AnyAction:
    return ConsultFor(call=call, by="1001", to=Target(number=THIRD))


def _consult_queue(call: str) -> AnyAction:
    return ConsultFor(call=call, by="1001", to=Target(queue="billing"))


def _ask_leader(call: str) -> AnyAction:
    return ConsultFor(call=call, by="1001", to=Target(agent="1009"))


def _then_at_once(*makes: Callable[[str], AnyAction]) -> Callable[[Scene], None]:
    def step(scene: Scene) -> None:
        for make in makes:
            _while_ringing(make)(scene)

    return step


def _next(step: str) -> Callable[[str], AnyAction]:
    return lambda call: ConsultNext(call=call, by="1001", step=step)  # type: ignore[arg-type]


def _mute(call: str) -> AnyAction:
    return Mute(call=call, by="1001", own=True, on=True)


STEPS: dict[str, Callable[[Scene], None]] = {
    "nothing": lambda scene: None,
    "listens": _leader("listen"),
    "whispers": _leader("whisper"),
    "barges in": _leader("barge"),
    "takes over": _leader("take_over"),
    "listens, takes over": _leader("listen", "take_over"),
    "the leader rings": _while_ringing(lambda call: Supervise(call=call, by="1009", way="take_over")),
    "barges in and leaves": _then(
        lambda call: Supervise(call=call, by="1009", way="barge"),
        lambda call: StopSupervising(call=call, by="1009"),
    ),
    "takes over, hands on": _then(
        lambda call: Supervise(call=call, by="1009", way="take_over"),
        lambda call: TransferCall(call=call, by="1009", to=Target(agent="1003")),
    ),
    "is handed on by the leader": _then(
        lambda call: TransferCall(call=call, by="1009", agent="1001", to=Target(agent="1003"))
    ),
    "ended by the leader": _then(lambda call: EndCall(call=call, by="1009", whole=True)),
    "leaves by page": _then(lambda call: EndCall(call=call, by="1001", own=True)),
    "holds": _hold,
    "mutes": _then(_mute),
    "holds, taken over": _hold_and(_leader("take_over")),
    "mutes, taken over": _then(_mute, lambda call: Supervise(call=call, by="1009", way="take_over")),
    "transfers": _then(_transfer),
    "transfers, it rings": _while_ringing(_transfer),
    "holds, transfers": _hold_and(_then(_transfer)),
    "transfers by phone": _refer("1003"),
    "transfers by phone to nobody": _refer("5"),
    "to a queue": _then(lambda call: TransferCall(call=call, by="1001", to=Target(queue="billing"))),
    "outside": _then(lambda call: TransferCall(call=call, by="1001", to=Target(number=THIRD))),
    "consults": _then(_consult),
    "consults, it rings": _while_ringing(_consult),
    "consults, swaps": _then(_consult, _next("swap")),
    "consults, comes back": _then(_consult, _next("back")),
    "consults, completes": _then(_consult, _next("complete")),
    "consults, completes while it rings": _then_at_once(_consult, _next("complete")),
    "consults, confers": _then(_consult, _next("conference")),
    "consults, taken over": _then(_consult, lambda call: Supervise(call=call, by="1009", way="take_over")),
    "adds": _then(_add),
    "consults, adds": _then(_consult, _next("conference"), _add_outside, _ask_leader),
    "adds, it rings": _while_ringing(_add),
    "adds outside, leaves": _then(_add_outside, lambda call: EndCall(call=call, by="1001", own=True)),
    "consults outside, completes": _then(_consult_outside, _next("complete")),
    "consults outside, completes while it rings": _then_at_once(_consult_outside, _next("complete")),
    "consults a queue, completes": _then(_consult_queue, _next("complete")),
    "parks": _then(lambda call: ParkCall(call=call, by="1001")),
    "is asked for by the other": _then(
        lambda call: ConsultFor(call=call, by="1002", to=Target(agent="1003")),
        lambda call: ConsultNext(call=call, by="1002", step="swap"),
    ),
    "adds, holds, leaves": _hold_and(_then(_add, lambda call: EndCall(call=call, by="1001", own=True))),
}
ENDS: Final = ("ended by the leader", "leaves by page")
GOES: Final = ["caller", "1001", "1002", "1003", "1009", OUTSIDE, THIRD]


@pytest.mark.parametrize("kind", CALLS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("step", STEPS)
def test_nobody_and_nothing_is_forgotten(kind: Callable[[Scene], None], step: str) -> None:
    for goes, how, then_ms in product(["", *GOES], ["hangs up", "breaks"], [50, 5_000]):
        scene = Scene()
        kind(scene)
        assert scene.call is not None
        assert scene.call.phase is Phase.TALKING, scene.call.phase
        customer = scene.leg(OUTSIDE) if kind is dialled else scene.call.leg
        assert customer is not None
        STEPS[step](scene)
        nobody = kind is internal or step in ENDS
        assert customer in scene.world.legs or nobody, "the customer was let go"
        leg = scene.leg(goes)
        if leg is None and goes:
            continue
        stays = not nobody and leg not in (None, customer) and scene.is_served(customer, without=leg)
        if leg is not None and how == "breaks":
            scene.world.drop(leg)
        elif leg is not None:
            scene.world.hang_up(leg)
        scene.wait(then_ms)
        assert customer in scene.world.legs or not stays, "the customer was let go while somebody was there"
        scene.over()
