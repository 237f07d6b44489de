"""When a bridge goes to another relay and when it comes home, in virtual time: phones, relay and media are
played.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.link.messages import HangUp, LegEnded, LegId
from huawu.switch.core import SwitchCore
from huawu.switch.rtpengine.ng import Route, Side
from huawu.switch.sip.events import CallEnded, OfferAnswered, OfferReceived
from huawu.switch.sip.negotiation import LocalMedia
from tests.switch.playbook import A, B, C, Line, ends, sdp

Joined = Callable[[tuple[Route, Route] | None], None]
AT_RELAY = (("192.0.2.7", 30_000), ("192.0.2.7", 30_010))


def route(index: int) -> Route:
    host, port = AT_RELAY[index]
    media = LocalMedia(host=host, rtp_port=port, rtcp_port=port + 1)
    return Route(relay=media, copy_host=host, copy_port=port + 500)


class FakeRelays:
    """Joins when `answer` says so."""

    def __init__(self) -> None:
        self.there = True
        self.asked: dict[str, tuple[Side, Side, Joined]] = {}
        self.open: set[str] = set()

    def host_of(self, call: str) -> str | None:
        return "192.0.2.7" if self.there else None

    def join(self, call: str, a: Side, b: Side, joined: Joined) -> None:
        self.asked[call] = a, b, joined
        self.open.add(call)

    def end(self, call: str) -> None:
        self.open.discard(call)

    def answer(self, *, good: bool = True) -> None:
        call, (_, _, joined) = self.asked.popitem()
        del call
        joined((route(0), route(1)) if good else None)


class Floor(Line):
    """Two legs, answered and heard, and a relay."""

    def __init__(self) -> None:
        super().__init__(media_timeout_s=0)
        self.relays = FakeRelays()
        self.core = SwitchCore(
            calls=self.calls, media=self.media, around=self.around, media_timeout_s=0, relays=self.relays
        )
        self.core.centre_present(True)
        for leg in (A, B, C):
            self.called(leg)
            self.media.last_packet[leg] = 1
        self.homes = {leg: self.core._legs[leg].local for leg in (A, B)}

    @property
    def anchoring(self):  # type: ignore[no-untyped-def]
        assert self.core.anchoring is not None
        return self.core.anchoring

    def place(self, leg: LegId) -> tuple[str, int]:
        """What our last description to its peer said."""
        description = self.calls.answers[leg]
        return description.host_of(description.streams[0]), description.streams[0].port

    def changed(self, *legs: LegId) -> None:
        for leg in legs:
            self.anchoring.rerouted(leg)

    def bridge(self) -> None:
        self.media.join(A, B)
        self.changed(A, B)

    def part(self, leg: LegId = A) -> None:
        """Its bridge needs us from now on."""
        self.media.part(leg)
        self.changed(A, B)

    def accept(self, leg: LegId) -> None:
        self.news(OfferAnswered(leg=leg, answer=sdp(codecs="8 101")))

    def refuse(self, leg: LegId) -> None:
        self.news(OfferAnswered(leg=leg, answer=None))

    def offers(self) -> list[LegId]:
        """Re-INVITEs since the last look."""
        sent = [LegId(str(one[1])) for one in self.calls.did if one[0] == "offer"]
        self.calls.did.clear()
        return sent

    def go(self) -> None:
        """All the way to the relay."""
        self.bridge()
        self.pass_time(1)
        self.relays.answer()
        self.accept(A)
        self.accept(B)
        assert self.media.gone == {A, B}
        self.calls.did.clear()

    def is_home(self) -> bool:
        return self.left == () and {leg: self.core._legs[leg].local for leg in (A, B)} == self.homes

    @property
    def left(self) -> tuple[object, ...]:
        """What is still away, or kept for what is."""
        return (*self.media.gone, *self.media.copies, *self.relays.open)


@pytest.fixture
def floor() -> Floor:
    return Floor()


def test_bridge_goes_once_it_has_settled(floor: Floor) -> None:
    floor.bridge()
    floor.pass_time(0.4)
    assert not floor.relays.asked
    floor.pass_time(0.2)
    ((a, b, _),) = floor.relays.asked.values()
    assert (a.host, a.port, a.payload_type, a.digits_type) == ("127.0.0.9", 4000, 8, 101)
    assert a.encoding == b.encoding == "PCMA/8000"
    floor.relays.answer()
    assert floor.offers() == [A, B]
    assert (floor.place(A), floor.place(B)) == AT_RELAY
    assert floor.media.copies[A] == (("192.0.2.7", "192.0.2.7"), 30_500)
    assert floor.media.gone == set()
    floor.accept(A)
    assert floor.media.gone == {A}
    floor.accept(B)
    assert floor.media.gone == {A, B}


def test_bridge_that_changes_at_once_again_never_goes(floor: Floor) -> None:
    floor.bridge()
    floor.pass_time(0.2)
    floor.part()
    floor.pass_time(5)
    assert not floor.relays.asked
    assert floor.is_home()


def test_leg_not_heard_yet_is_waited_for(floor: Floor) -> None:
    del floor.media.last_packet[B]
    floor.bridge()
    floor.pass_time(3)
    assert not floor.relays.asked
    floor.media.last_packet[B] = 1
    floor.pass_time(1)
    assert floor.relays.asked


def test_what_needs_us_brings_both_home_and_it_goes_again(floor: Floor) -> None:
    floor.go()
    floor.part()
    floor.pass_time(0.1)
    assert floor.offers() == [A, B]
    floor.accept(B)
    assert floor.relays.open, "a's phone still speaks there"
    floor.accept(A)
    assert floor.is_home()
    floor.go()
    assert (floor.place(A), floor.place(B)) == AT_RELAY


def test_change_while_the_relay_is_asked_ends_it(floor: Floor) -> None:
    floor.bridge()
    floor.pass_time(1)
    floor.part()
    floor.pass_time(0.1)
    floor.relays.answer()
    assert floor.offers() == []
    assert floor.is_home()


def test_change_while_phones_are_told_follows_their_answers(floor: Floor) -> None:
    floor.bridge()
    floor.pass_time(1)
    floor.relays.answer()
    floor.accept(A)
    floor.part()
    floor.pass_time(0.1)
    assert floor.offers() == [A, B, A], "b's offer is under way: one at a time"
    floor.accept(B)
    assert floor.offers() == [B]
    floor.accept(A)
    floor.accept(B)
    assert floor.is_home()


@pytest.mark.parametrize(("one", "other"), [(A, B), (B, A)])
def test_refusal_by_one_phone_keeps_both_with_us_for_good(floor: Floor, one: LegId, other: LegId) -> None:
    floor.bridge()
    floor.pass_time(1)
    floor.relays.answer()
    floor.accept(other)
    floor.refuse(one)
    floor.accept(other)
    assert floor.is_home()
    floor.changed(A, B)
    floor.pass_time(10)
    assert not floor.relays.asked
    floor.part()
    floor.pass_time(0.1)
    floor.bridge()
    floor.pass_time(1)
    assert floor.relays.asked, "another bridge may try again"


def test_refusal_by_the_relay_keeps_it_with_us(floor: Floor) -> None:
    floor.bridge()
    floor.pass_time(1)
    floor.relays.answer(good=False)
    floor.pass_time(10)
    assert floor.offers() == []
    assert not floor.relays.asked
    assert floor.is_home()


def test_phone_that_does_not_come_back_is_ended_with_the_reason(floor: Floor) -> None:
    floor.go()
    floor.part()
    floor.pass_time(0.1)
    floor.calls.next = [OfferAnswered(leg=A, answer=None)]
    events = floor.news(*floor.calls.next)
    assert ends(events) == [(A, "switch", "failed")]
    assert [event.detail for event in events if isinstance(event, LegEnded)] == [
        "the phone did not take its media back from rtpengine"
    ]


def test_dead_relay_brings_all_home(floor: Floor) -> None:
    floor.go()
    floor.relays.there = False
    floor.anchoring.lost(tuple(floor.relays.open))
    assert floor.offers() == [A, B]
    floor.accept(A)
    floor.accept(B)
    assert floor.is_home()
    floor.pass_time(4)
    assert not floor.relays.asked
    floor.relays.there = True
    floor.anchoring.available()
    floor.pass_time(10)
    assert floor.relays.asked


def test_no_port_for_the_copy_keeps_it_with_us(floor: Floor) -> None:
    floor.media.pairs_left = 0
    floor.bridge()
    floor.pass_time(1)
    assert not floor.relays.asked
    assert floor.is_home()


def test_both_hung_up_need_no_way_home(floor: Floor) -> None:
    floor.go()
    floor.news(CallEnded(leg=A, by="peer", reason="normal"))
    floor.pass_time(0.1)
    floor.do(HangUp(leg=B))
    floor.pass_time(5)
    assert floor.offers() == []
    assert floor.left == ()
    assert not [key for key in floor.around.timers if "anchor" in key]


def test_survivor_comes_home(floor: Floor) -> None:
    floor.go()
    floor.news(CallEnded(leg=A, by="peer", reason="normal"))
    floor.changed(B)
    floor.pass_time(1)
    assert floor.offers() == [B]
    floor.accept(B)
    assert floor.core._legs[B].local == floor.homes[B]
    assert floor.left == ()


@pytest.mark.parametrize("when", ["settling", "asking", "leaving", "returning"])
def test_leg_that_ends_at_any_time_leaves_nothing(floor: Floor, when: str) -> None:
    floor.bridge()
    if when != "settling":
        floor.pass_time(1)
    if when in ("leaving", "returning"):
        floor.relays.answer()
    if when == "returning":
        floor.accept(A)
        floor.accept(B)
        floor.part()
        floor.pass_time(0.1)
    for leg in (A, B):
        floor.news(CallEnded(leg=leg, by="peer", reason="normal"))
        floor.changed(A, B)
        floor.pass_time(0.1)
    if when == "asking":
        floor.relays.answer()
    floor.pass_time(5)
    assert floor.left == ()
    assert not floor.anchoring._of
    assert not floor.anchoring._bridges


def test_peer_that_offers_anew_is_answered_with_where_its_media_is(floor: Floor) -> None:
    floor.go()
    floor.news(OfferReceived(leg=A, offer=sdp(codecs="8 101")))
    assert floor.place(A) == AT_RELAY[0]
    assert floor.media.gone == {A, B}


STEPS = (
    "bridge",
    "part",
    "wait",
    "answer",
    "fail",
    "accept a",
    "accept b",
    "refuse a",
    "lost",
    "gone",
    "back",
)


@given(st.lists(st.sampled_from(STEPS), max_size=40))
def test_whatever_happens_in_whatever_order_all_comes_home_in_the_end(steps: list[str]) -> None:
    floor = Floor()
    waiting: dict[LegId, int] = {A: 0, B: 0}
    floor.calls.did.clear()

    def look() -> None:
        for leg in floor.offers():
            waiting[leg] += 1
            assert waiting[leg] == 1, "one offer at a time"

    def answer(leg: LegId, *, good: bool = True) -> None:
        if waiting[leg] and leg in floor.core._legs:
            waiting[leg] = 0
            (floor.accept if good else floor.refuse)(leg)

    for step in steps:
        if step == "bridge" and A in floor.core._legs:
            floor.bridge()
        elif step == "part":
            floor.part()
        elif step == "wait":
            floor.pass_time(0.6)
        elif step in ("answer", "fail") and floor.relays.asked:
            floor.relays.answer(good=step == "answer")
        elif step.startswith("accept"):
            answer(LegId(step[-1]))
        elif step == "refuse a":
            answer(A, good=False)
        elif step == "lost":
            floor.anchoring.lost(tuple(floor.relays.open))
        elif step in ("gone", "back"):
            floor.relays.there = step == "back"
        look()
    floor.part()
    for _ in range(6):
        floor.pass_time(1)
        look()
        for leg in (A, B):
            answer(leg)
            look()
    while floor.relays.asked:
        floor.relays.answer()
    assert floor.left == ()
    for leg, home in floor.homes.items():
        assert leg not in floor.core._legs or floor.core._legs[leg].local == home
