"""What is set for phones and trunks about SRTP and codecs, kept in each call."""

from __future__ import annotations

import logging

import pytest

from huawu.link.messages import (
    CodecName,
    Configure,
    Endpoint,
    EndpointId,
    LegAnswered,
    LegEnded,
    LegOffered,
    Originate,
    SrtpUse,
    Trunk,
)
from huawu.switch.sip.events import CallAnswered, ContactsChanged, Flow, OfferAnswered, OfferReceived
from huawu.switch.sip.sdes import Crypto, Suite, fresh
from huawu.switch.sip.sdp import Sdp
from tests.switch.playbook import TRUNK, A, Line, ends, sdp

PHONE = EndpointId("1001")
SUITE: Suite = "AES_CM_128_HMAC_SHA1_80"
KEY = str(fresh(1, SUITE))
ABROAD = Flow(transport="udp", host="192.0.2.9", port=5060)
OVER_TLS = Flow(transport="tls", host="192.0.2.9", port=5061, connection=1)
WARNED = "SRTP keys went in clear: use TLS for this phone or trunk"


def line(srtp: SrtpUse = "never", codecs: tuple[CodecName, ...] = ()) -> Line:
    made = Line()
    made.do(
        Configure(
            realm="r",
            trunks=(Trunk(trunk=TRUNK, target="192.0.2.9", srtp=srtp, codecs=codecs),),
            endpoints=(Endpoint(endpoint=PHONE, user="1001", srtp=srtp, codecs=codecs),),
        )
    )
    return made


def offered_by_us(call: Line) -> Sdp:
    call.do(Originate(leg=A, trunk=TRUNK, number="1"))
    return call.calls.answers[A]


def test_required_srtp_refuses_plain_calls_and_says_what_to_do() -> None:
    (ended,) = line("require").offered(offer=sdp())
    assert isinstance(ended, LegEnded)
    assert (ended.reason, ended.by) == ("incompatible", "switch")
    assert ended.detail == "SRTP is required, plain RTP was offered: switch SRTP (SDES) on at the peer"


@pytest.mark.parametrize("srtp", ["never", "offer", "require"])
def test_an_offer_of_srtp_is_answered_with_it_whatever_is_set(srtp: SrtpUse) -> None:
    call = line(srtp)
    assert isinstance(call.offered(offer=sdp(profile="RTP/SAVP", crypto=KEY))[0], LegOffered)
    assert call.answer(A) == [LegAnswered(leg=A, codec="PCMA")]
    (crypto,) = call.calls.answers[A].streams[0].crypto_lines()
    assert Crypto.parse(crypto).key != Crypto.parse(KEY).key


def test_calls_of_ours_offer_srtp_as_it_is_set() -> None:
    assert offered_by_us(line()).streams[0].crypto_lines() == []
    beside = offered_by_us(line("offer")).streams[0]
    assert (beside.protocol, len(beside.crypto_lines())) == ("RTP/AVP", 2)
    alone = offered_by_us(line("require")).streams[0]
    assert (alone.protocol, len(alone.crypto_lines())) == ("RTP/SAVP", 2)


def test_an_answer_without_srtp_ends_the_call_only_where_it_is_required() -> None:
    call = line("offer")
    offered_by_us(call)
    assert call.news(CallAnswered(leg=A, answer=sdp(codecs="8 101"))) == [LegAnswered(leg=A, codec="PCMA")]
    call = line("require")
    offered_by_us(call)
    told = call.news(CallAnswered(leg=A, answer=sdp(codecs="8 101")))
    assert ends(told) == [(A, "switch", "incompatible")]


def test_codecs_are_offered_and_taken_as_listed() -> None:
    call = line(codecs=("G722", "PCMA"))
    assert offered_by_us(call).streams[0].formats == ("9", "8", "101")
    assert call.news(CallAnswered(leg=A, answer=sdp(codecs="9 101"))) == [LegAnswered(leg=A, codec="G722")]
    call = line()
    assert ends(call.offered(offer=sdp(codecs="9 101"))) == [(A, "switch", "incompatible")]


def test_a_call_under_srtp_does_not_go_on_in_clear() -> None:
    call = line()
    call.offered(offer=sdp(profile="RTP/SAVP", crypto=KEY))
    call.answer(A)
    before = call.calls.answers[A]
    assert call.news(OfferReceived(leg=A, offer=sdp())) == []
    assert ("refuse offer", A) in call.calls.did
    call.news(OfferReceived(leg=A, offer=sdp(profile="RTP/SAVP", crypto=str(fresh(1, SUITE)))))
    assert call.calls.answers[A].streams[0].crypto_lines() == before.streams[0].crypto_lines()
    call.news(OfferReceived(leg=A, offer=None))
    assert call.calls.answers[A].streams[0].crypto_lines() == before.streams[0].crypto_lines()
    told = call.news(OfferAnswered(leg=A, answer=sdp()))
    assert ends(told) == [(A, "switch", "incompatible")]


@pytest.mark.parametrize(
    ("flow", "crypto", "warned"),
    [
        (ABROAD, KEY, True),
        (OVER_TLS, KEY, False),
        (Flow(transport="udp", host="127.0.0.9", port=5060), KEY, False),
        (ABROAD, "", False),
    ],
    ids=["abroad", "over TLS", "at home", "without keys"],
)
def test_keys_that_went_in_clear_are_told_in_the_log(
    caplog: pytest.LogCaptureFixture, flow: Flow, crypto: str, warned: bool
) -> None:
    call = line()
    with caplog.at_level(logging.DEBUG):
        call.offered(offer=sdp(crypto=crypto), flow=flow)
        call.answer(A)
    assert (WARNED in caplog.text) is warned
    assert all(KEY[30:50] not in str(vars(record)) for record in caplog.records)


@pytest.mark.parametrize(("flow", "warned"), [(ABROAD, True), (OVER_TLS, False)])
def test_so_it_is_for_phones_that_are_called(
    caplog: pytest.LogCaptureFixture, flow: Flow, warned: bool
) -> None:
    call = line("require")
    call.calls.next = [ContactsChanged(endpoint=PHONE, contacts=1)]
    call.core.receive(b"", flow)
    call.do(Originate(leg=A, endpoint=PHONE))
    ours = call.calls.answers[A].streams[0].crypto_lines()
    chosen = Crypto.parse(ours[1])
    call.news(
        CallAnswered(
            leg=A, answer=sdp(profile="RTP/SAVP", crypto=str(fresh(chosen.tag, chosen.suite)), codecs="8 101")
        )
    )
    assert (WARNED in caplog.text) is warned
