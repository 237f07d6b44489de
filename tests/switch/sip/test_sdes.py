"""SRTP's keys in session descriptions, and what offer and answer make of them."""

from __future__ import annotations

import base64
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.switch.sip.choosing import Incompatible
from huawu.switch.sip.negotiation import LocalMedia, Terms, accept, make_offer, negotiate
from huawu.switch.sip.sdes import KEY_OCTETS, LONGEST_LIFE, Crypto, Suite, Unusable, usable
from huawu.switch.sip.sdp import Sdp

OURS = LocalMedia(host="192.0.2.1", rtp_port=4000, rtcp_port=4001)
KEY = base64.b64encode(bytes(range(30))).decode()
OTHER = base64.b64encode(bytes(range(1, 31))).decode()
LINE = f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"
REQUIRED, OFFERED = Terms(srtp="require"), Terms(srtp="offer")


def offer(*crypto: str, profile: str = "RTP/SAVP", more: str = "") -> Sdp:
    lines = "".join(f"a=crypto:{one}\r\n" for one in crypto)
    return Sdp.parse(
        "v=0\r\no=- 7 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n"
        f"m=audio 5000 {profile} 8 0\r\n{lines}{more}"
    )


@pytest.mark.parametrize(
    ("line", "lifetime", "mki", "window"),
    [
        (LINE, LONGEST_LIFE, b"", 0),
        (f"{LINE}|2^20|1:4", 1 << 20, b"\0\0\0\1", 0),  # RFC 4568 §4.3
        (f"{LINE}|1:1", LONGEST_LIFE, b"\1", 0),
        (f"{LINE}|1048576", 1 << 20, b"", 0),
        (f"{LINE} WSH=256", LONGEST_LIFE, b"", 256),
        (f"{LINE} KDR=0 -new=1", LONGEST_LIFE, b"", 0),
        (LINE.replace("inline", "INLINE"), LONGEST_LIFE, b"", 0),
    ],
)
def test_lines_of_phones_are_read(line: str, lifetime: int, mki: bytes, window: int) -> None:
    read = Crypto.parse(line)
    assert (read.tag, read.suite, read.key) == (1, "AES_CM_128_HMAC_SHA1_80", bytes(range(30)))
    assert (read.lifetime, read.mki, read.window) == (lifetime, mki, window)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("1 AES_CM_128_HMAC_SHA1_80", "needs"),
        (f"x AES_CM_128_HMAC_SHA1_80 inline:{KEY}", "tag"),
        (f"1234567890 AES_CM_128_HMAC_SHA1_80 inline:{KEY}", "tag"),
        (f"1 AES_256_CM_HMAC_SHA1_80 inline:{KEY}", "suite"),
        (f"1 F8_128_HMAC_SHA1_80 inline:{KEY}", "suite"),
        (f"1 AEAD_AES_128_GCM inline:{KEY}", "30 octets instead of 28"),
        ("1 AES_CM_128_HMAC_SHA1_80 inline:", "0 octets"),
        ("1 AES_CM_128_HMAC_SHA1_80 inline:é", "base64"),
        ("1 AES_CM_128_HMAC_SHA1_80 inline:!!!!", "base64"),
        (f"1 AES_CM_128_HMAC_SHA1_80 uri:{KEY}", "not inline"),
        (f"{LINE};inline:{KEY}", "several keys"),
        (f"{LINE}|0", "lifetime"),
        (f"{LINE}|2^49", "lifetime"),
        (f"{LINE}|2^x", "lifetime"),
        (f"{LINE}|281474976710657", "lifetime"),
        (f"{LINE}|2^20|256:1", "MKI"),
        (f"{LINE}|2^20|1:129", "MKI"),
        (f"{LINE}|2^20|1:0", "MKI"),
        (f"{LINE}|2^20|1:4|more", "more"),
        (f"{LINE} KDR=3", "session parameter"),
        (f"{LINE} UNENCRYPTED_SRTP", "session parameter"),
        (f"{LINE} UNAUTHENTICATED_SRTP", "session parameter"),
        (f"{LINE} FEC_ORDER=FEC_SRTP", "session parameter"),
        (f"{LINE} unknown=1", "session parameter"),
        (f"{LINE} WSH=63", "window"),
    ],
)
def test_lines_that_cannot_be_used_say_why_and_never_the_key(line: str, why: str) -> None:
    with pytest.raises(Unusable, match=why) as refused:
        Crypto.parse(line)
    assert KEY[:12] not in str(refused.value)


@st.composite
def lines(draw: st.DrawFn) -> Crypto:
    suite: Suite = draw(st.sampled_from(get_args(Suite)))
    size = KEY_OCTETS[suite]
    return Crypto(
        tag=draw(st.integers(0, 999_999_999)),
        suite=suite,
        key=draw(st.binary(min_size=size, max_size=size)),
        lifetime=draw(st.integers(1, LONGEST_LIFE)),
        mki=draw(st.binary(max_size=16)),
        window=draw(st.just(0) | st.integers(64, 0x7FFF)),
    )


@given(lines())
def test_a_printed_line_reads_back(line: Crypto) -> None:
    assert Crypto.parse(str(line)) == line


@given(st.lists(lines(), min_size=1, max_size=4), st.sampled_from(["RTP/SAVP", "RTP/SAVPF", "RTP/AVP"]))
def test_a_description_with_keys_reads_back_and_both_sides_agree(written: list[Crypto], profile: str) -> None:
    theirs = offer(*map(str, written), profile=profile)
    assert Sdp.parse(str(theirs)) == theirs
    answer, agreed = negotiate(OURS, theirs)
    assert Sdp.parse(str(answer)) == answer
    seen = accept(theirs, answer)
    assert agreed.srtp is not None
    assert seen.srtp is not None
    assert (seen.srtp.ours, seen.srtp.theirs) == (agreed.srtp.theirs, agreed.srtp.ours)


@given(
    st.lists(st.text(max_size=60) | st.sampled_from([LINE, f"{LINE}|", f"{LINE}||", f"{LINE} "]), max_size=4)
)
def test_garbage_lines_are_passed_over(values: list[str]) -> None:
    found, why = usable(values)
    assert all(one.key for one in found)
    assert why


def test_the_first_line_that_can_be_used_is_answered_with_its_tag() -> None:
    answer, agreed = negotiate(
        OURS,
        offer(f"1 AES_256_CM_HMAC_SHA1_80 inline:{KEY}", f"7 AES_CM_128_HMAC_SHA1_32 inline:{KEY}", LINE),
    )
    (line,) = answer.streams[0].crypto_lines()
    assert line.startswith("7 AES_CM_128_HMAC_SHA1_32 inline:")
    assert answer.streams[0].protocol == "RTP/SAVP"
    assert agreed.srtp is not None
    assert agreed.srtp.theirs.key == bytes(range(30))
    assert agreed.srtp.ours.key != agreed.srtp.theirs.key


def test_feedback_profile_and_best_effort_are_answered_in_kind() -> None:
    for profile in ("RTP/SAVPF", "RTP/AVP", "RTP/AVPF"):
        answer, agreed = negotiate(OURS, offer(LINE, profile=profile))
        assert answer.streams[0].protocol == profile
        assert agreed.srtp is not None


def test_best_effort_with_broken_keys_is_plain() -> None:
    answer, agreed = negotiate(OURS, offer("1 AES_CM_128_HMAC_SHA1_80 inline:AA", profile="RTP/AVP"))
    assert agreed.srtp is None
    assert answer.streams[0].crypto_lines() == []


@pytest.mark.parametrize(
    ("crypto", "why"), [((), "no a=crypto"), (("1 AES_CM_128_HMAC_SHA1_80 inline:AA",), "1 octets")]
)
def test_the_secure_profile_without_usable_keys_is_refused(crypto: tuple[str, ...], why: str) -> None:
    with pytest.raises(Incompatible, match=why):
        negotiate(OURS, offer(*crypto))


def test_keys_by_dtls_are_refused_and_its_attributes_passed_over() -> None:
    dtls = "a=setup:actpass\r\na=fingerprint:sha-256 AA\r\na=ice-ufrag:x\r\na=ice-pwd:y\r\n"
    dtls += "a=candidate:1 1 UDP 1 h 9\r\n"
    with pytest.raises(Incompatible, match="UDP/TLS/RTP/SAVPF"):
        negotiate(OURS, offer(profile="UDP/TLS/RTP/SAVPF", more=dtls))
    answer, agreed = negotiate(OURS, offer(LINE, more=dtls))
    assert agreed.srtp is not None
    assert "setup" not in str(answer)
    assert "ice" not in str(answer)


def test_of_two_audio_streams_the_one_we_can_speak_is_taken_in_its_place() -> None:
    """As phones offer SRTP and plain RTP side by side."""
    text = str(offer(profile="UDP/TLS/RTP/SAVP")) + f"m=audio 5002 RTP/SAVP 8\r\na=crypto:{LINE}\r\n"
    both = Sdp.parse(text + "m=audio 5004 RTP/AVP 8\r\nm=video 5006 RTP/AVP 96\r\n")
    answer, agreed = negotiate(OURS, both)
    assert [(one.kind, one.port, one.protocol) for one in answer.streams] == [
        ("audio", 0, "UDP/TLS/RTP/SAVP"),
        ("audio", 4000, "RTP/SAVP"),
        ("audio", 0, "RTP/AVP"),
        ("video", 0, "RTP/AVP"),
    ]
    assert (agreed.remote_port, agreed.srtp is not None) == (5002, True)


def test_where_srtp_is_required_plain_offers_and_answers_are_refused() -> None:
    with pytest.raises(Incompatible, match="SRTP is required"):
        negotiate(OURS, offer(profile="RTP/AVP"), terms=REQUIRED)
    ours = make_offer(OURS, terms=REQUIRED)
    assert ours.streams[0].protocol == "RTP/SAVP"
    with pytest.raises(Incompatible, match="no a=crypto"):
        accept(ours, offer(profile="RTP/AVP"), REQUIRED)


def test_what_we_offer_beside_plain_rtp_may_be_left() -> None:
    ours = make_offer(OURS, terms=OFFERED)
    assert ours.streams[0].protocol == "RTP/AVP"
    assert len(ours.streams[0].crypto_lines()) == 2
    assert accept(ours, offer(profile="RTP/AVP"), OFFERED).srtp is None
    for terms in (OFFERED, REQUIRED):
        mine = make_offer(OURS, terms=terms)
        answer, theirs = negotiate(OURS, mine)
        taken = accept(mine, answer, terms).srtp
        assert taken is not None
        assert theirs.srtp is not None
        assert taken.ours == theirs.srtp.theirs
    assert make_offer(OURS).streams[0].crypto_lines() == []


@pytest.mark.parametrize(
    ("answered", "why"),
    [
        ((f"9 AEAD_AES_256_GCM inline:{base64.b64encode(bytes(44)).decode()}",), "not offered"),
        ((f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}",), "not offered"),  # 1 was the other suite's
        ((f"2 AES_CM_128_HMAC_SHA1_80 inline:{KEY}", LINE), "several"),
        (("2 AES_CM_128_HMAC_SHA1_80 inline:AAAA",), "octets"),
        ((f"2 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNENCRYPTED_SRTP",), "session parameter"),
        ((), "no a=crypto"),
    ],
)
def test_answers_that_break_the_rules(answered: tuple[str, ...], why: str) -> None:
    with pytest.raises(Incompatible, match=why):
        accept(make_offer(OURS, terms=OFFERED), offer(*answered))


def test_a_second_offer_keeps_our_key_while_the_suite_stays() -> None:
    answer, first = negotiate(OURS, offer(LINE))
    again, same = negotiate(OURS, offer(LINE), answer)
    assert again == answer
    assert same.srtp == first.srtp
    renewed, new = negotiate(OURS, offer(LINE.replace(KEY, OTHER)), answer)
    assert renewed == answer
    assert first.srtp is not None
    assert new.srtp is not None
    assert new.srtp.ours == first.srtp.ours
    assert new.srtp.theirs.key == bytes(range(1, 31))
    _, other = negotiate(OURS, offer(f"1 AES_CM_128_HMAC_SHA1_32 inline:{KEY}"), answer)
    assert other.srtp is not None
    assert other.srtp.ours.key != first.srtp.ours.key


def test_our_own_second_offer_names_the_same_keys() -> None:
    ours = make_offer(OURS, terms=REQUIRED)
    assert make_offer(OURS, ours, terms=REQUIRED) == ours
    answer, _ = negotiate(OURS, offer(LINE))
    again = make_offer(OURS, answer)
    assert again.streams[0].protocol == "RTP/SAVP"
    assert again.streams[0].crypto_lines() == answer.streams[0].crypto_lines()


def test_codecs_of_a_list_go_by_its_order_and_the_usual_ones_by_the_peers() -> None:
    theirs = Sdp.parse(str(offer(profile="RTP/AVP")).replace("RTP/AVP 8 0", "RTP/AVP 0 9 8"))
    for listed, taken in (
        ((), ("PCMU", 0)),
        (("G722", "PCMA"), ("G722", 9)),
        (("PCMA", "PCMU", "G722"), ("PCMA", 8)),
    ):
        answer, agreed = negotiate(OURS, theirs, terms=Terms(codecs=listed))  # type: ignore[arg-type]
        assert (agreed.codec, agreed.payload_type) == taken
        assert answer.streams[0].codecs()[str(taken[1])] == f"{taken[0]}/8000"
    ours = make_offer(OURS, terms=Terms(codecs=("G722", "PCMU")))
    assert ours.streams[0].formats == ("9", "0", "101")
    assert accept(ours, theirs).codec == "PCMU"
    with pytest.raises(Incompatible, match="G722 at 8 kHz"):
        negotiate(OURS, offer(profile="RTP/AVP"), terms=Terms(codecs=("G722",)))
