"""Whatever agents, leaders, phones and callers do in whatever order: the laws of moving calls hold."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from huawu.calls.acting import (
    AddParty,
    AnyAction,
    ConsultFor,
    ConsultNext,
    EndCall,
    Mute,
    ParkCall,
    PickUpCall,
    RemoveParty,
    RetrieveCall,
    StopSupervising,
    Supervise,
    Target,
    TransferCall,
)
from huawu.calls.conversation import Phase
from huawu.calls.errors import MoveError
from huawu.link import messages as link
from huawu.sim.virtual import Caller, Phone
from tests.calls.desks import lawful, offices
from tests.calls.test_recovery import restart
from tests.calls.worlds import Desk

AGENTS = ("1001", "1002", "1003")
targets = st.sampled_from(
    [
        *(Target(agent=agent) for agent in AGENTS),
        Target(queue="general"),
        Target(queue="billing"),
        Target(queue="night"),
        Target(flow="news"),
        Target(number="013911112222"),
        Target(number="913800138000"),
        Target(number="4003"),
        Target(number="701"),
    ]
)
phones = st.sampled_from(
    [
        Phone(),
        *[Phone(answers_after_ms=200)] * 6,
        Phone(answers_after_ms=None),
        Phone(refuses="busy"),
        Phone(answers_after_ms=300, hangs_up_after_ms=9_000),
    ]
)
people_there = [*AGENTS, "1009"]
people = st.sampled_from(people_there)
moves = st.one_of(
    st.tuples(st.just("call"), st.sampled_from(["4001", "4002"])),
    st.tuples(st.just("wait"), st.sampled_from([50, 400, 400, 400, 3_000, 20_000, 130_000])),
    st.tuples(
        st.just("dial"),
        people,
        st.sampled_from(["1002", "4002", "*8", "*81001", "701", "*211001", "013911112222", "013911112222"]),
    ),
    st.tuples(st.just("dial"), st.just("1009"), st.sampled_from(["*221001", "*231002", "*211003"])),
    st.tuples(st.just("hang up"), st.integers(0, 9)),
    st.tuples(
        st.just("refer"), st.integers(0, 9), st.sampled_from(["1002", "4002", "*70", "702", "0139", "5"])
    ),
    st.tuples(st.just("attended"), st.integers(0, 9), st.integers(0, 9)),
    st.tuples(st.just("consult by phone"), st.sampled_from(AGENTS), st.sampled_from([*AGENTS, "4002"])),
    st.tuples(st.just("replace"), st.integers(0, 9), people),
    st.tuples(st.just("transfer"), targets),
    st.tuples(st.just("consult"), targets),
    st.tuples(st.just("consult, and"), targets, st.sampled_from(["swap", "back", "complete", "conference"])),
    st.tuples(st.just("next"), st.sampled_from(["swap", "back", "complete", "conference"])),
    st.tuples(st.just("add"), targets),
    st.tuples(st.just("remove"), people),
    st.tuples(
        st.just("supervise"),
        st.sampled_from(["listen", "whisper", "barge", "take_over", "take_over"]),
        st.sampled_from(["", "", *AGENTS]),
    ),
    st.tuples(st.just("end"), st.sampled_from([*people_there, "all"])),
    st.tuples(st.sampled_from(["mute", "unmute"]), st.sampled_from(people_there)),
    st.tuples(st.just("stop"), st.none()),
    st.tuples(st.just("park"), st.sampled_from(["", "703"])),
    st.tuples(st.just("retrieve"), people),
    st.tuples(st.just("pick up"), people),
    st.tuples(st.just("centre dies"), st.none()),
    st.tuples(st.sampled_from(["hold", "resume"]), st.integers(0, 9)),
    st.tuples(st.just("line breaks"), st.integers(0, 9)),
)


def action_of(move: tuple[object, ...], call: str) -> AnyAction | None:
    match move:
        case "transfer", Target() as to:
            return TransferCall(call=call, by="1009", to=to)
        case "consult", Target() as to:
            return ConsultFor(call=call, by="1009", to=to)
        case "next", ("swap" | "back" | "complete" | "conference") as step:
            return ConsultNext(call=call, by="1009", step=step)
        case "add", Target() as to:
            return AddParty(call=call, by="1009", to=to)
        case "remove", str() as party:
            return RemoveParty(call=call, by="1009", party=party)
        case "supervise", ("listen" | "whisper" | "barge" | "take_over") as way, str() as agent:
            return Supervise(call=call, by="1009", way=way, agent=agent)
        case "end", "all":
            return EndCall(call=call, by="1009", whole=True)
        case "end", str() as agent:
            return EndCall(call=call, by=agent)
        case "mute" | "unmute", str() as agent:
            return Mute(call=call, by=agent, own=True, on=move[0] == "mute")
        case "stop", _:
            return StopSupervising(call=call, by="1009")
        case "park", str() as slot:
            return ParkCall(call=call, by="1009", slot=slot)
        case "retrieve", str() as agent:
            return RetrieveCall(call=call, by=agent)
        case "pick up", str() as agent:
            return PickUpCall(call=call, by=agent)
        case _:
            return None


def _agent(floor: Desk, leg: link.LegId) -> str | None:
    """Whose leg it is, of those who talk with a caller."""
    party = floor.world.engine.floor.parties.get(leg)
    return party.agent if party is not None else None


def do(floor: Desk, move: tuple[object, ...]) -> None:
    world = floor.world
    legs = [leg for leg in world.legs.values() if leg.answered]
    match move:
        case "call", str() as number:
            world.call(Caller(number=number, talk_ms=0))
        case "wait", int() as length_ms:
            world.run_for(length_ms)
        case "dial", str() as person, str() as number:
            world.call(Caller(number=number, endpoint=person, caller=person, talk_ms=0))
        case "hang up", int() as which if legs:
            world.hang_up(legs[which % len(legs)].leg)
        case "hold" | "resume", int() as which if legs:
            world.hold(legs[which % len(legs)].leg, move[0] == "hold")
        case "line breaks", int() as which if legs:
            world.drop(legs[which % len(legs)].leg)
        case "refer", int() as which, str() as number if legs:
            world.refer(legs[which % len(legs)].leg, number)
        case "attended", int() as which, int() as other if legs:
            world.refer(legs[which % len(legs)].leg, "", legs[other % len(legs)].leg)
        case "consult by phone", str() as agent, str() as colleague:
            own = [leg.leg for leg in legs if _agent(floor, leg.leg) == agent]
            second = world.call(Caller(number=colleague, endpoint=agent, caller=agent, talk_ms=0))
            world.run_for(400)
            if own and own[0] in world.legs and second in world.legs:
                world.refer(own[0], colleague, second)
        case "replace", int() as which, str() as person if legs:
            world.replace(legs[which % len(legs)].leg, person, person)
        case "consult, and", Target() as to, str() as step:
            do(floor, ("consult", to))
            world.run_for(400)
            do(floor, ("next", step))
        case "centre dies", _:
            restart(floor)
        case _:
            calls = [call for call in world.engine.floor.calls.values() if call.phase is not Phase.ENDED]
            action = action_of(move, calls[-1].call) if calls else None
            if action is not None:
                try:
                    world.carry_out(world.engine.act(action, world.now_ms))
                except MoveError:
                    world.carry_out(world.engine.floor.take_effects())


@settings(max_examples=300, deadline=None)
@given(st.lists(moves, min_size=4, max_size=30), st.tuples(phones, phones, phones, phones))
def test_the_laws_hold_whatever_happens(
    story: list[tuple[object, ...]], given_phones: tuple[Phone, Phone, Phone, Phone]
) -> None:
    tell(story, given_phones)


def tell(story: list[tuple[object, ...]], given_phones: tuple[Phone, Phone, Phone, Phone]) -> None:
    """One story from its first call to the end of all, with the laws looked at after every move."""
    floor = offices()
    world = floor.world
    for agent, phone in zip(AGENTS, given_phones[:3], strict=True):
        floor.ready(agent, phone)
    world.plug_in("1009", given_phones[3])
    world.call(Caller(number="4001", talk_ms=0))
    world.run_for(3_000)
    for move in story:
        do(floor, move)
        world.run_for(10)
        lawful(floor)
    for leg in [leg.leg for leg in world.legs.values() if leg.caller is not None]:
        world.hang_up(leg)
    world.run_for(600_000)
    lawful(floor)
    house = world.engine.floor
    for _ in people_there:  # agents left with each other take the line one after the other
        for leg in [leg for leg in world.legs if leg in house.callers]:
            world.hang_up(leg)
        world.run_for(600_000)
        lawful(floor)
    left = [world.legs, world.recordings, house.calls, house.parties, house.services, house.callers]
    assert not any(left), left
    ended = [fact.call for fact in world.facts if fact.kind == "ended"]
    assert len(ended) == len(set(ended))
    assert set(ended) == {fact.call for fact in world.facts if fact.kind == "offered"}
    busy = {agent for agent in AGENTS if floor.state(agent) in ("talking", "ringing", "wrap_up")}
    assert not busy, f"{busy} are busy with nothing"
    for call in ended:
        facts = floor.facts(call)
        assert [fact.seq for fact in facts] == list(range(1, len(facts) + 1))
    assert all(isinstance(command, link.Message) for command in world.commands)
