"""A centre with colleagues, a second queue, a leader and a trunk, for the tests of moving calls."""

from __future__ import annotations

from functools import cache

from huawu.acd.events import CallId
from huawu.calls.acting import AnyAction
from huawu.calls.conversation import Conversation, Dialler, Phase, Role
from huawu.calls.facts import Fact
from huawu.calls.sound import At
from huawu.config.compile import Centre
from huawu.link.messages import LegId
from huawu.sim.virtual import Caller, Phone
from tests.calls.worlds import Desk, centre_of, desk_of

CENTRE = """
company: {name: 测试, language: zh, time_zone: Asia/Shanghai, country: CN}
numbers:
  - {number: 4001, name: general, queue: general, public: true}
  - {number: 4002, name: billing, queue: billing, public: true}
  - {number: 4003, name: news, flow: news, public: true}
flows:
  news:
    start: tell
    steps:
      tell: {do: play, say: welcome, next: bye}
      bye: {do: hang_up, say: goodbye}
queues:
  general: {name: 综合, ring: 15s, wrap_up: 20s, announce_every: 0s}
  billing: {name: 账单, ring: 15s, wrap_up: 20s, announce_every: 0s, no_agent: {hang_up: true}}
  night: {name: 夜间, longest_wait: 30s}
people:
  - {user: "1001", name: 甲, extension: "1001", queues: [general]}
  - {user: "1002", name: 乙, extension: "1002", queues: [general]}
  - {user: "1003", name: 丙, extension: "1003", queues: [billing]}
  - {user: "1009", name: 班长, role: shift_leader, extension: "1009"}
endpoints:
  - {endpoint: "1001", person: "1001"}
  - {endpoint: "1002", person: "1002"}
  - {endpoint: "1003", person: "1003"}
  - {endpoint: "1009", person: "1009"}
trunks:
  - {trunk: city, target: "203.0.113.5:5060"}
outbound:
  rules:
    - {rule: city, who: [agent, shift_leader, transfer], prefixes: "0", strip: 1, trunks: [city]}
    - {rule: near, who: agent, prefixes: "8", strip: 1, trunks: [city]}
    - {rule: far, who: administrator, prefixes: "9", strip: 1, trunks: [city]}
  alarm: {calls: 1000}
breaks: [{id: rest, name: 小休}]
"""


@cache
def _centre() -> Centre:
    return centre_of(CENTRE)


def offices() -> Desk:
    """This centre, with nobody in it yet."""
    return desk_of(_centre())


class Story:
    """One caller who talks with 1001, and short ways to say what happens to them."""

    def __init__(self, floor: Desk | None = None, **phones: Phone) -> None:
        self.floor = floor or offices()
        self.world = self.floor.world
        for agent in ("1001", "1002", "1003"):
            self.floor.ready(agent, phones.get(f"p{agent}"))
        self.world.plug_in("1009", phones.get("p1009"))
        self.caller = self.world.call(Caller(number="4001", talk_ms=0))
        self.world.run_for(5_000)
        assert self.call.phase is Phase.TALKING, self.call.phase

    @property
    def call(self) -> Conversation:
        """The caller's call."""
        return next(call for call in self.world.engine.floor.calls.values() if call.leg == self.caller)

    @property
    def id(self) -> str:
        return next(
            fact.call
            for fact in self.world.facts
            if fact.kind == "offered" and fact.fields["leg"] == self.caller
        )

    def leg(self, agent: str) -> LegId:
        """The leg of a party of this call: an agent, or an outside number."""
        party = next(party for party in self.call.parties if agent in (party.agent, party.number))
        return party.leg

    def act(self, action: AnyAction, wait_ms: int = 0) -> None:
        self.world.carry_out(self.world.engine.act(action, self.world.now_ms))
        if wait_ms:
            self.world.run_for(wait_ms)

    def hears(self, *agents: str) -> None:
        """The caller and these, and nobody else, all hear each other."""
        legs = {self.caller, *map(self.leg, agents)}
        for leg in legs:
            assert self.world.hears(leg) == legs - {leg}, (leg, self.world.hears(leg), legs)

    def caller_hears_music(self) -> None:
        leg = self.world.legs[self.caller]
        assert leg.play is not None
        assert leg.music
        assert self.world.hears(self.caller) == set()

    def recorded(self) -> LegId | None:
        """Who is on the right channel while the caller is on the left."""
        call = self.call
        assert call.recording is not None
        started, _ = self.world.recordings[call.recording]
        assert started.left == self.caller
        return started.right

    def facts(self, *kinds: str) -> list[Fact]:
        return [fact for fact in self.floor.facts(self.id) if not kinds or fact.kind in kinds]

    def kinds(self) -> list[str]:
        return [fact.kind for fact in self.facts()]

    def over(self) -> None:
        """The caller hangs up; nothing is left over, and nothing was done to what had ended."""
        if self.caller in self.world.legs:
            self.world.hang_up(self.caller)
        self.world.run_for(120_000)
        lawful(self.floor)
        assert not self.world.legs
        assert not self.world.engine.floor.calls
        assert not self.world.engine.floor.parties
        assert not self.world.recordings


def lawful(floor: Desk) -> None:
    """What must be true at any moment."""
    world, house = floor.world, floor.world.engine.floor
    assert not world.dropped, world.dropped
    assert not world.wrong, world.wrong
    for name, leg in world.legs.items():
        known = name in house.callers or name in house.parties or name in house.services
        assert known or leg.ending, f"leg {name} belongs to no call"
    talking: dict[str, CallId] = {}
    for call in house.calls.values():
        for party in call.parties:
            if party.agent is not None and party.answered and call.phase is not Phase.ENDED:
                assert party.agent not in talking, f"{party.agent} is in two conversations"
                talking[party.agent] = call.call
        _serves_somebody(call)
    told = set(house.services.values())  # the slot of the call just parked
    for agent in house.acd.agents:
        for contact in house.acd.contacts_of(agent):
            has = house.calls.get(contact)
            there = has is not None and (has.party_of(agent) is not None or has.dialled_by == agent)
            assert there or agent in told, f"{agent} is busy in {contact} without a part in it"
    _heard_as_they_should(floor)


def _serves_somebody(call: Conversation) -> None:
    """Who talks, talks with somebody; whoever leads is there."""
    if call.phase is not Phase.TALKING or call.closing is not None:
        return
    there = [*call.parties, Dialler(call)]
    consulted = call.consult is not None and call.consult.by in there
    assert call.talkers or consulted, f"{call.call} talks, and nobody is there"
    assert call.lead in call.parties, f"{call.call} is led by nobody"


def _heard_as_they_should(floor: Desk) -> None:
    """The audible graph of the switch is what the parties' roles allow, and nobody is alone in silence."""
    world = floor.world
    for call in floor.world.engine.floor.calls.values():
        if call.phase is Phase.ENDED or call.closing is not None or call.leg not in world.legs:
            continue
        modes = {party.leg: party.mode for party in call.parties}
        staff = {party.leg for party in call.parties if party.agent is not None}
        staff |= {call.leg} if call.dialled_by is not None else set()
        own = {call.leg, *modes}
        for leg in own & world.legs.keys():
            heard = world.hears(leg)
            assert heard <= own, f"{leg} of {call.call} hears strangers: {heard}"
            for speaker in heard:
                assert modes.get(speaker) != "listen", f"{leg} hears the listener {speaker}"
                if modes.get(speaker) == "whisper":
                    assert leg in staff, f"{leg} hears a whisper"
        caller = world.legs[call.leg]
        aside = call.caller_at is At.ASIDE
        if call.phase is Phase.TALKING and (caller.peer or caller.conference) and not aside:
            assert call.recording is not None, f"{call.call} talks without a recording"
            started, _ = world.recordings[call.recording]
            assert started.left == call.leg
            assert caller.conference or started.right == caller.peer, "another is recorded than talks"
        if caller.answered and call.phase in (Phase.TALKING, Phase.PARKED, Phase.TRANSFERRING, Phase.WAITING):
            hears = world.pretended.with_whom(call.leg) or caller.play or caller.collect
            assert hears, f"{call.call} hears silence"
            _waits_with_somebody_knowing(floor, call)


def _waits_with_somebody_knowing(floor: Desk, call: Conversation) -> None:
    """Every hold that the caller hears is on record, with whose it is, and no other."""
    switch = floor.world.pretended
    there = {party.leg: party for party in call.parties if party.answered and party.role is not Role.LEADER}
    hold = {leg for leg in there.keys() & switch.with_whom(call.leg) if switch.legs[leg].held}
    if call.consult is not None and (call.caller_at is At.HOLD or not call.talkers):
        hold = {call.consult.by.leg}
    elif call.dialler_asks:
        hold = set()
    asks = call.leg if call.dialler_asks else None
    assert call.held_by.keys() - {call.leg} | ({asks} & call.held_by.keys()) == hold, (
        f"{call.call} is held by {call.held_by}, truly by {hold}"
    )
    told: set[tuple[str, str]] = set()
    for fact in floor.facts(call.call):
        whose = (fact.party, str(fact.fields))
        if fact.kind == "held":
            assert whose not in told, f"{whose} holds twice"
            told.add(whose)
        elif fact.kind == "resumed":
            told.remove(whose)
    assert len(told) == len(call.held_by)
