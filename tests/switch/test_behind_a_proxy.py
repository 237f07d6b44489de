"""Voice of those behind a proxy comes from where they are, not from where their SIP comes."""

from __future__ import annotations

import msgspec

from huawu.link.messages import (
    Configure,
    EndpointId,
    EndpointReachable,
    LearnRegistrations,
    LegId,
    Originate,
    Registration,
    RegistrationChanged,
)
from huawu.switch.peers import in_clear
from huawu.switch.sip.edge import NOWHERE
from huawu.switch.sip.events import BindingChanged, CallOffered, ContactsChanged, Flow
from tests.switch.playbook import A, Line, sdp

PROXY = Flow(transport="udp", host="10.0.0.5", port=5060)
PHONE = Flow(transport="wss", host="203.0.113.9", port=40_000)
BOB = EndpointId("bob")


def offered(source: Flow) -> CallOffered:
    return CallOffered(
        leg=A,
        from_number="1",
        from_name="",
        to_number="95500",
        endpoint=None,
        trunk=None,
        flow=source,
        via=PROXY,
        offer=sdp(),
    )


def test_callers_media_are_expected_from_the_caller() -> None:
    line = Line()
    [event] = line.news(offered(PHONE))
    assert line.media.peers[A] == PHONE.host
    assert getattr(event, "address", "") == "203.0.113.9:40000"


def test_who_hides_is_expected_where_the_proxy_is() -> None:
    line = Line()
    line.news(offered(NOWHERE))
    assert line.media.peers[A] == PROXY.host


def test_phones_media_are_expected_from_the_phone_also_when_it_moved() -> None:
    line = Line()
    line.do(Configure(realm="r"))
    told = ContactsChanged(endpoint=BOB, contacts=1, source=PHONE, via=PROXY)
    assert line.news(told) == [EndpointReachable(endpoint=BOB, contacts=1)]
    moved = msgspec.structs.replace(PHONE, host="203.0.113.77")
    assert line.news(msgspec.structs.replace(told, source=moved)) == []  # as many contacts as before
    line.do(Originate(leg=LegId("out"), endpoint=BOB))
    assert line.media.peers[LegId("out")] == "203.0.113.77"


def test_keys_are_in_clear_if_one_part_of_the_way_is() -> None:
    inside = Flow(transport="udp", host="127.0.0.1", port=5060)
    assert in_clear(PHONE, PROXY)
    assert not in_clear(PHONE, inside)
    assert in_clear(Flow(transport="udp", host="203.0.113.9", port=5060), inside)


def test_registrations_of_other_switches_come_and_go_by_the_clock_on_the_wall() -> None:
    line = Line()
    until_ms = line.around.now_ms() + 60_000
    there = Registration(endpoint=BOB, key="k", until_ms=until_ms, binding=b"x")
    line.do(LearnRegistrations(registrations=(there,)))
    assert line.calls.did[-1] == (
        "learn",
        (BindingChanged(endpoint=BOB, key="k", seconds=60.0, binding=b"x"),),
    )
    here = BindingChanged(endpoint=BOB, key="k", seconds=60.0, binding=b"x")
    assert line.news(here) == [RegistrationChanged(registration=there)]
