"""The torture messages of RFC 5118: addresses of IPv6 in every place that SIP and SDP have for them."""

from __future__ import annotations

import pytest

from huawu.switch.sip.events import CallOffered
from huawu.switch.sip.negotiation import LocalMedia, negotiate
from tests.switch.sip.torture.stand import Stand, audio, request

VIA = "SIP/2.0/UDP [2001:db8::9];branch=z9hG4bKas3;rport"
HERE = "<sip:user@[2001:db8::9]>"


def test_4_1_registration_with_references() -> None:
    stand = Stand(ipv6=True)
    text = request(
        "REGISTER", "sip:[2001:db8::10]", via=VIA, to="sip:user@example.com",
        from_="sip:user@example.com;tag=81x2", contact='"Caller" <sip:user@[2001:db8::1]>',
    )  # fmt: skip
    assert stand.registers(text, "sip:[2001:db8::10]") == [200]
    assert stand.ear.last().address("contact").uri == "sip:user@[2001:db8::1]"


def test_4_2_request_uri_without_brackets() -> None:
    text = request("REGISTER", "sip:2001:db8::10", via=VIA, to="sip:user@example.com")
    assert Stand(ipv6=True).says(text) == [400]


@pytest.mark.parametrize("uri", ["sip:[2001:db8::10:5070]", "sip:[2001:db8::10]:5070"])
def test_4_3_and_4_port_within_and_behind_the_brackets(uri: str) -> None:
    stand = Stand(ipv6=True)
    text = request("REGISTER", uri, via=VIA, to="sip:user@example.com", contact=HERE)
    assert stand.registers(text, uri) == [200]


@pytest.mark.parametrize("received", ["2001:db8::9:255", "[2001:db8::9:255]"])
def test_4_5_received_with_and_without_brackets(received: str) -> None:
    stand = Stand(ipv6=True)
    lower = f"Via: SIP/2.0/UDP [2001:db8::9:1];received={received};branch=z9hG4bKas3-111"
    assert stand.says(request(via=VIA, lines=(lower,))) == [200]
    assert stand.ear.last().headers["via"][1].endswith(f"received={received};branch=z9hG4bKas3-111")


def test_4_5_received_in_an_answer_to_us() -> None:
    stand = Stand(ipv6=True)
    text = (
        "SIP/2.0 200 OK\nVia: SIP/2.0/UDP [2001:db8::1]:5060;received=[2001:db8::1];branch=z9hG4bKnone\n"
        "From: <sip:a@b>;tag=1\nTo: <sip:a@b>;tag=2\nCall-ID: c\nCSeq: 1 INVITE\nContent-Length: 0\n\n"
    )
    assert stand.says(text) == []
    assert not stand.switch.news


def test_4_6_description_with_ipv6() -> None:
    stand = Stand(ipv6=True)
    text = request("INVITE", "sip:user@[2001:db8::10]", via=VIA, contact=HERE, body=audio("2001:db8::9"))
    assert stand.says(text) == [100]
    offer = stand.switch.take(CallOffered).offer
    assert offer is not None
    assert offer.host_of(offer.streams[0]) == "2001:db8::9"


def test_4_7_both_families_in_headers() -> None:
    stand = Stand(ipv6=True)
    lines = (
        "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;received=192.0.2.45",
        "Record-Route: <sip:[2001:db8::3];lr>, <sip:192.0.2.7;lr>",
    )
    text = request("INVITE", "sip:user@example.com", via=VIA, contact=HERE, lines=lines, body=audio())
    assert stand.says(text) == [100]
    leg = stand.switch.offered()
    stand.switch.ring(leg)
    stand.book.run()
    assert stand.ear.last().items("record-route") == ["<sip:[2001:db8::3];lr>", "<sip:192.0.2.7;lr>"]


def test_4_8_both_families_in_a_description() -> None:
    stand = Stand(ipv6=True)
    body = (
        "v=0\no=bob 280744730 28977631 IN IP6 2001:db8::9\ns=\nt=0 0\n"
        "m=audio 22334 RTP/AVP 0\nc=IN IP6 2001:db8::9\n"
        "m=video 6024 RTP/AVP 107\nc=IN IP4 192.0.2.1\na=rtpmap:107 H263-1998/90000\n"
    )
    assert stand.says(request("INVITE", via=VIA, contact=HERE, body=body)) == [100]
    offer = stand.switch.take(CallOffered).offer
    assert offer is not None
    ours, agreed = negotiate(LocalMedia(host="2001:db8::1", rtp_port=4000, rtcp_port=4001), offer)
    assert agreed.remote_host == "2001:db8::9"
    assert [stream.port for stream in ours.streams] == [4000, 0]


def test_4_9_ipv4_mapped_addresses() -> None:
    stand = Stand(ipv6=True)
    text = request(
        "INVITE", via=VIA, contact="<sip:user@[::ffff:192.0.2.10]>", body=audio("::ffff:192.0.2.2")
    )
    assert stand.says(text) == [100]
    assert stand.switch.take(CallOffered).offer is not None


def test_4_10_a_third_colon_does_not_stop_the_message() -> None:
    uri = "sip:user@[2001:db8:::192.0.2.1]"
    assert Stand(ipv6=True).says(request(uri=uri, via=VIA)) == [200]
