"""INVITE with Replaces (RFC 3891): which call it may take over, and what it is told otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.switch.sip.events import CallEnded, CallOffered, ContactsChanged
from huawu.switch.sip.replaces import Replaces, headers_of
from tests.switch.sip.playbook import Agent, Peer, Playbook, sdp_of
from tests.switch.sip.scenes import BOB, over, register
from tests.switch.sip.transfer_scenes import TRUNK, called, calls_in, house


def take_over(book: Playbook, ours: Agent, peer: Peer, *values: str, user: str = "bob") -> None:
    peer.request(
        ours, "INVITE", "sip:10000@10.0.0.1", "Require: replaces", *(f"Replaces: {one}" for one in values),
        from_=f"<sip:{user}@huawu.test>;tag=new", call_id="new", branch="new", body=str(sdp_of(peer)),
    )  # fmt: skip
    book.run()


def test_the_same_phone_takes_its_call_over() -> None:
    book, ours, phone = house()
    talk = called(book, ours, phone)
    take_over(book, ours, phone, str(talk.as_replaces))
    phone.hears("100 INVITE")
    offered = ours.take(CallOffered)
    assert (offered.replaces, offered.endpoint) == (talk.leg, BOB)
    ours.answer(offered.leg, sdp_of(ours))
    ours.hang_up(talk.leg)  # the centre ends the old one
    book.run()
    assert sorted(phone.titles()) == ["200 INVITE", "BYE"]
    assert ours.take(CallEnded).leg == talk.leg


def test_the_same_trunk_takes_its_call_over() -> None:
    book, ours, _ = house()
    carrier = book.peer("10.0.0.30")
    talk = calls_in(book, ours, carrier)
    take_over(book, ours, carrier, str(talk.as_replaces), user="whoever")
    assert ours.take(CallOffered).replaces == talk.leg


def test_ordinary_calls_replace_nothing() -> None:
    book, ours, phone = house()
    phone.request(ours, "INVITE", "sip:1@10.0.0.1", from_="<sip:bob@x>;tag=1")
    book.run()
    assert ours.take(CallOffered).replaces is None


def test_a_call_of_ours_that_rings_is_taken_over() -> None:
    book, ours, phone = house()
    ours.call("out", endpoint=BOB)
    book.run()
    invite = phone.hears_request("INVITE")
    phone.reply(invite, 180, tag="early")
    book.run()
    ours.news.clear()
    take_over(book, ours, phone, f"{invite.call_id};to-tag={invite.from_tag};from-tag=early;early-only")
    assert ours.take(CallOffered).replaces == "out"


@pytest.mark.parametrize("value", ["", "x", "x;to-tag=1", "x;from-tag=1", "x;to-tag=1;to-tag=2;from-tag=3",
                                   ";to-tag=1;from-tag=2", "x y;to-tag=1;from-tag=2", "x;to-tag=;from-tag=2",
                                   "x" * 600])  # fmt: skip
def test_malformed_replaces(value: str) -> None:
    book, ours, phone = house()
    take_over(book, ours, phone, value)
    phone.hears("400 INVITE")
    over(book, ours)


def test_several_replaces() -> None:
    book, ours, phone = house()
    value = str(called(book, ours, phone).as_replaces)
    take_over(book, ours, phone, value, value)
    phone.hears("400 INVITE")


def test_no_such_call() -> None:
    book, ours, phone = house()
    take_over(book, ours, phone, "x;to-tag=1;from-tag=2")
    phone.hears("481 INVITE")
    over(book, ours)


def test_answered_call_when_only_an_early_one_is_wanted() -> None:
    book, ours, phone = house()
    take_over(book, ours, phone, f"{called(book, ours, phone).as_replaces};early-only")
    phone.hears("486 INVITE")


def test_call_that_is_being_ended() -> None:
    book, ours, phone = house()
    talk = called(book, ours, phone)
    ours.hang_up(talk.leg)
    book.run()
    phone.hears("BYE")
    take_over(book, ours, phone, str(talk.as_replaces))
    phone.hears("603 INVITE")


def test_call_to_us_that_we_have_not_answered() -> None:
    book, ours, phone = house()
    phone.request(ours, "INVITE", "sip:1@10.0.0.1", from_="<sip:bob@x>;tag=1")
    book.run()
    phone.hears("100 INVITE")
    ours.ring(ours.offered())
    book.run()
    tag = phone.hears_response("180 INVITE").to_tag
    take_over(book, ours, phone, f"c1;to-tag={tag};from-tag=1")
    phone.hears("481 INVITE")


def test_others_may_not_take_a_call_over() -> None:
    book, ours, phone = house()
    value = str(called(book, ours, phone).as_replaces)
    eve, stranger, carrier = book.peer("10.0.0.22"), book.peer("10.0.0.66"), book.peer("10.0.0.30")
    register(book, ours, eve, "eve")
    ours.take(ContactsChanged)
    take_over(book, ours, eve, value, user="eve")
    eve.hears("403 INVITE")
    take_over(book, ours, carrier, value, user="carrier")
    carrier.hears("403 INVITE")
    for told in (value, "x;to-tag=1;from-tag=2"):  # a stranger does not even learn whether it exists
        take_over(book, ours, stranger, told, user="x")
        stranger.hears("403 INVITE")
    assert not ours.news


def test_whom_our_own_refer_sent_may_take_the_call_over() -> None:
    book, ours, phone = house()
    carrier = book.peer("10.0.0.30")
    bobs, carriers = called(book, ours, phone), called(book, ours, carrier, "out2", trunk=TRUNK, number="1")
    ours.do(ours.ua.refer(carriers.leg, "", bobs.leg, book.now))
    book.run()
    carrier.hears("REFER")
    take_over(book, ours, carrier, str(bobs.as_replaces), user="carrier")
    assert ours.take(CallOffered).replaces == bobs.leg


def test_replaces_belongs_to_invite() -> None:
    book, ours, phone = house()
    phone.request(ours, "OPTIONS", "sip:10.0.0.1", "Replaces: x;to-tag=1;from-tag=2")
    book.run()
    phone.hears("400 OPTIONS")


tokens = st.text(st.sampled_from("abcXYZ019.-_@%*"), min_size=1, max_size=20)


@given(tokens, tokens.filter(lambda tag: tag.strip()), tokens, st.booleans())
def test_replaces_survives_being_put_in_a_uri(call_id: str, to: str, from_: str, early: bool) -> None:
    value = Replaces(call_id, to, from_, early)
    assert Replaces.parse(str(value)) == value
    uri, headers = headers_of(f"sip:a@b?Replaces={value.escaped}&x")
    assert (uri, Replaces.parse(headers["replaces"][0])) == ("sip:a@b", value)
