"""The call flows of RFC 3665 and RFC 5359 that concern a user agent or a registrar, step by step."""

from __future__ import annotations

import pytest

from huawu.link.messages import LegId, Trunk, TrunkId
from huawu.switch.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallOffered,
    CallRinging,
    ContactsChanged,
    OfferAnswered,
    OfferReceived,
)
from huawu.switch.sip.message import Request
from huawu.switch.sip.negotiation import LocalMedia, make_offer, negotiate
from tests.switch.sip.playbook import Agent, Peer, Playbook, answer_to, credentials, endpoint, sdp_of
from tests.switch.sip.scenes import URI, dial, over, register, stage, talk, two_agents

OUT = LegId("out")
TARGET = "sip:x@10.0.0.1"
HOME = "sip:huawu.test"
BOB = "<sip:bob@huawu.test>"


def registrar() -> tuple[Playbook, Agent, Peer]:
    book = Playbook()
    ours, phone = book.agent(), book.peer()
    ours.configure(endpoint("bob"))
    return book, ours, phone


def again(book: Playbook, ours: Agent, phone: Peer, cseq: int, *lines: str, contact: bool = True) -> None:
    """A REGISTER, answered to its challenge."""
    fields = {"from_": f"{BOB};tag=r", "to_": BOB, "call_id": f"reg-{phone.place}"}
    text = f"REGISTER {HOME} SIP/2.0\n"
    for attempt in (1, 2):
        more = lines
        if attempt == 2:
            more = (*lines, credentials(phone.hears_response("401 REGISTER"), "REGISTER", HOME, "bob"))
        own = f"Contact: <sip:peer@{phone.place}>\n" if contact else ""
        phone.say(
            ours,
            f"{text}Via: SIP/2.0/UDP {phone.place};branch=z9hG4bKr{cseq}{attempt};rport\nMax-Forwards: 70\n"
            f"From: {fields['from_']}\nTo: {fields['to_']}\nCall-ID: {fields['call_id']}\n"
            f"CSeq: {cseq + attempt} REGISTER\n{own}" + "".join(f"{one}\n" for one in more)
            + "Content-Length: 0\n\n",
        )  # fmt: skip
        book.run()


# ── RFC 3665 §2 registration ──


def test_3665_2_1_and_2_2_new_registration_and_its_update() -> None:
    book, ours, phone = registrar()
    assert len(register(book, ours, phone).items("contact")) == 1
    assert ours.take(ContactsChanged).contacts == 1
    again(book, ours, phone, 10, "Contact: <mailto:bob@huawu.test>")
    assert phone.titles() == ["400 REGISTER"]  # a contact that no call can reach
    phone.heard.clear()
    again(book, ours, phone, 20, "Contact: <sip:bob@10.0.0.9:5070>")
    assert len(phone.hears_response("200 REGISTER").items("contact")) == 2


def test_3665_2_3_request_for_the_current_contacts() -> None:
    book, ours, phone = registrar()
    register(book, ours, phone)
    again(book, ours, phone, 10, contact=False)
    assert phone.hears_response("200 REGISTER").address("contact").uri == f"sip:peer@{phone.place}"


def test_3665_2_4_cancellation() -> None:
    book, ours, phone = registrar()
    register(book, ours, phone)
    ours.news.clear()
    again(book, ours, phone, 10, "Expires: 0", "Contact: *", contact=False)
    assert not phone.hears_response("200 REGISTER").items("contact")
    assert ours.take(ContactsChanged).contacts == 0


def test_3665_2_5_wrong_password_is_challenged_again() -> None:
    book, ours, phone = registrar()
    fields = {"from_": f"{BOB};tag=r", "to_": BOB, "call_id": "reg"}
    phone.request(ours, "REGISTER", HOME, **fields)
    book.run()
    line = credentials(phone.hears_response("401 REGISTER"), "REGISTER", HOME, "bob", "guessed")
    phone.request(ours, "REGISTER", HOME, line, cseq="2", **fields)
    book.run(2)
    phone.hears("401 REGISTER")
    assert not [one for one in ours.news if isinstance(one, ContactsChanged)]


# ── RFC 3665 §3 sessions ──


def test_3665_3_1_session_between_two_agents() -> None:
    book = Playbook()
    alice, bob = two_agents(book)
    dial(alice)
    book.run()
    offered = bob.take(CallOffered)
    bob.ring(offered.leg)
    book.run()
    alice.take(CallRinging)
    assert offered.offer is not None
    bob.answer(offered.leg, answer_to(bob, offered.offer))
    book.run()
    alice.take(CallAnswered)
    bob.take(CallConfirmed)
    bob.hang_up(offered.leg)
    book.run()
    assert alice.take(CallEnded).by == "peer"
    assert [name for _, name in book.said] == [
        "INVITE", "100 INVITE", "180 INVITE", "200 INVITE", "ACK", "BYE", "200 BYE",
    ]  # fmt: skip
    bob.take(CallEnded)
    over(book, alice, bob)


def test_3665_3_2_and_3_3_session_through_proxies_that_stay_and_one_that_asks_for_a_password() -> None:
    book = Playbook()
    ours, proxy = book.agent("10.0.0.1"), book.peer("10.0.0.2")
    trunk = Trunk(trunk=TrunkId("t"), target=proxy.place, user="me", password="secret")
    ours.configure(trunks=(trunk,))
    dial(ours)
    book.run()
    first = proxy.hears_request("INVITE")
    proxy.reply(first, 407, 'Proxy-Authenticate: Digest realm="atlanta", nonce="wf84", algorithm=MD5')
    book.run()
    proxy.hears("ACK")
    second = proxy.hears_request("INVITE")
    assert (second.call_id, second.cseq, second.from_tag) == (first.call_id, 2, first.from_tag)
    assert "proxy-authorization" in second.headers
    routes = ("Record-Route: <sip:10.0.0.4;lr>", "Record-Route: <sip:10.0.0.2;lr>")
    proxy.reply(second, 200, *routes, body=str(sdp_of(proxy)))
    book.run()
    ack = proxy.hears_request("ACK")
    assert ack.items("route") == ["<sip:10.0.0.2;lr>", "<sip:10.0.0.4;lr>"]
    assert "proxy-authorization" in ack.headers
    ours.take(CallAnswered)


def test_3665_3_7_session_moves_by_reinvite_to_another_address() -> None:
    book, ours, peer = stage()
    moved = book.peer("10.0.0.99")
    leg, to = talk(book, ours, peer)
    offer = make_offer(LocalMedia(host="10.0.0.99", rtp_port=47172, rtcp_port=47173))
    peer.request(ours, "INVITE", TARGET, to_=to, cseq="2", contact=moved.place, body=str(offer))
    book.run()
    peer.hears("100 INVITE")
    received = ours.take(OfferReceived).offer
    assert received is not None
    answer, agreed = negotiate(LocalMedia(host="10.0.0.1", rtp_port=4000, rtcp_port=4001), received)
    assert (agreed.remote_host, agreed.remote_port) == ("10.0.0.99", 47172)
    ours.do(ours.ua.answer_offer(leg, answer, book.now))
    book.run()
    peer.hears("200 INVITE")
    peer.request(ours, "ACK", TARGET, to_=to, cseq="2", branch="a2")
    book.run()
    ours.hang_up(leg)
    book.run()
    moved.reply(moved.hears_request("BYE"), 200)
    ours.take(CallEnded)
    over(book, ours)


def test_3665_3_8_unanswered_call_is_cancelled() -> None:
    book = Playbook()
    alice, bob = two_agents(book)
    dial(alice)
    book.run()
    bob.ring(bob.offered())
    book.run()
    alice.hang_up(OUT)
    book.run()
    assert [name for _, name in book.said][-4:] == ["CANCEL", "200 CANCEL", "487 INVITE", "ACK"]
    assert bob.take(CallEnded).reason == "cancelled"
    alice.news.clear()
    over(book, alice, bob)


@pytest.mark.parametrize(("code", "reason"), [(486, "busy"), (480, "unavailable")])
def test_3665_3_9_and_3_11_busy_and_unavailable(code: int, reason: str) -> None:
    book = Playbook()
    alice, peer = book.agent("10.0.0.1"), book.peer("10.0.0.2")
    alice.configure(trunks=(Trunk(trunk=TrunkId("t"), target=peer.place),))
    dial(alice)
    book.run()
    peer.reply(peer.hears_request("INVITE"), code)
    book.run()
    peer.hears("ACK")
    assert alice.take(CallEnded).reason == reason
    over(book, alice)


def test_3665_3_10_nobody_answers_at_all() -> None:
    book = Playbook()
    alice, peer = book.agent("10.0.0.1"), book.peer("10.0.0.2")
    alice.configure(endpoint("bob", contact=peer.place))
    alice.news.clear()
    alice.call("out", endpoint="e-bob", ring_ms=60_000)
    book.run(33)
    assert peer.titles() == ["INVITE"] * 7  # at 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s
    assert alice.take(CallEnded).detail == "no answer to INVITE"
    over(book, alice)


# ── RFC 5359 ──


@pytest.mark.parametrize("direction", ["sendonly", "inactive"])
def test_5359_2_1_hold_and_back(direction: str) -> None:
    book, ours, peer = stage()
    leg, to = talk(book, ours, peer)
    local = LocalMedia(host="10.0.0.1", rtp_port=4000, rtcp_port=4001)
    for cseq, told in ((2, direction), (3, "sendrecv")):
        offer = str(sdp_of(peer)).replace("a=sendrecv", f"a={told}")
        peer.request(ours, "INVITE", TARGET, to_=to, cseq=str(cseq), body=offer)
        book.run()
        peer.hears("100 INVITE")
        received = ours.take(OfferReceived).offer
        assert received is not None
        answer, _ = negotiate(local, received)
        ours.do(ours.ua.answer_offer(leg, answer, book.now))
        book.run()
        body = peer.hears_response("200 INVITE").body.decode()
        assert {"sendonly": "a=recvonly", "inactive": "a=inactive", "sendrecv": "a=sendrecv"}[told] in body
        peer.request(ours, "ACK", TARGET, to_=to, cseq=str(cseq), branch=f"a{cseq}")
        book.run()


def test_5359_2_3_music_on_hold_by_our_own_reinvite_without_an_offer_of_theirs() -> None:
    """The holding side asks for an offer (late) to lead the media elsewhere: we make one."""
    book, ours, peer = stage()
    leg, to = talk(book, ours, peer)
    peer.request(ours, "INVITE", TARGET, to_=to, cseq="2")
    book.run()
    peer.hears("100 INVITE")
    assert ours.take(OfferReceived).offer is None
    ours.do(ours.ua.answer_offer(leg, sdp_of(ours), book.now))
    book.run()
    peer.hears("200 INVITE")
    elsewhere = str(make_offer(LocalMedia(host="10.0.0.77", rtp_port=5000, rtcp_port=5001)))
    peer.request(ours, "ACK", TARGET, to_=to, cseq="2", branch="a2", body=elsewhere)
    book.run()
    assert str(ours.take(OfferAnswered).answer) == elsewhere


def forwarding() -> tuple[Playbook, Agent, Peer, Request]:
    book, ours, phone = registrar()
    register(book, ours, phone)
    ours.news.clear()
    ours.call("out", endpoint="e-bob")
    book.run()
    return book, ours, phone, phone.hears_request("INVITE")


def test_5359_2_7_phone_that_forwards_always_is_a_refusal_the_centre_decides_on() -> None:
    book, ours, phone, invite = forwarding()
    phone.reply(invite, 302, "Contact: <sip:carol@huawu.test>")
    book.run()
    phone.hears("ACK")
    ended = ours.take(CallEnded)
    assert (ended.reason, ended.detail) == (
        "unavailable",
        "302 Whatever: redirection to carol is not followed",
    )


def test_5359_2_9_phone_that_forwards_after_ringing() -> None:
    book, ours, phone, invite = forwarding()
    phone.reply(invite, 180)
    book.run(15)
    phone.reply(invite, 302, "Contact: <sip:carol@huawu.test>")
    book.run()
    assert ours.take(CallEnded).reason == "unavailable"


def test_5359_2_13_find_me_rings_all_phones_and_the_first_that_answers_has_the_call() -> None:
    book, ours, desk = registrar()
    mobile = book.peer("10.0.0.8")
    register(book, ours, desk)
    register(book, ours, mobile)
    ours.news.clear()
    ours.call("out", endpoint="e-bob")
    book.run()
    one, two = desk.hears_request("INVITE"), mobile.hears_request("INVITE")
    desk.reply(one, 180)
    mobile.reply(two, 180)
    book.run()
    mobile.reply(two, 200, body=str(sdp_of(mobile)))
    book.run()
    mobile.hears("ACK")
    cancel = desk.hears_request("CANCEL")
    assert "Call completed elsewhere" in cancel.first("reason")
    desk.reply(cancel, 200)
    desk.reply(one, 487)
    book.run()
    desk.hears("ACK")
    ours.take(CallAnswered)


def test_5359_2_18_click_to_dial_style_call_without_an_offer() -> None:
    book, ours, peer = stage(body="")
    leg = ours.take(CallOffered).leg
    ours.answer(leg, sdp_of(ours))
    book.run()
    ok = peer.hears_response("200 INVITE")
    peer.request(ours, "ACK", URI, to_=ok.first("to"), branch="a", body=str(sdp_of(peer)))
    book.run()
    assert ours.take(CallConfirmed).answer == sdp_of(peer)
