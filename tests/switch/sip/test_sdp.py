"""Session descriptions and the rules of offer and answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.switch.sip.choosing import Incompatible
from huawu.switch.sip.negotiation import LocalMedia, accept, make_offer, negotiate
from huawu.switch.sip.sdp import Direction, Sdp, Stream

OURS = LocalMedia(host="192.0.2.1", rtp_port=4000, rtcp_port=4001)
SIX = LocalMedia(host="2001:db8::1", rtp_port=4000, rtcp_port=4001)


def offer(*lines: str, media: str = "audio 5000 RTP/AVP 8 0 101", host: str = "198.51.100.7") -> Sdp:
    """An offer of a peer; `lines` follow the m-line."""
    kind = "IP6" if ":" in host else "IP4"
    text = f"v=0\r\no=- 7 1 IN {kind} {host}\r\ns=-\r\nc=IN {kind} {host}\r\nt=0 0\r\nm={media}\r\n"
    return Sdp.parse(
        text + "a=rtpmap:101 telephone-event/8000\r\n" + "".join(f"{line}\r\n" for line in lines)
    )


def test_first_common_codec_of_the_offer_is_taken() -> None:
    answer, agreed = negotiate(OURS, offer())
    assert (agreed.codec, agreed.payload_type, agreed.digits_type) == ("PCMA", 8, 101)
    assert (agreed.remote_host, agreed.remote_port, agreed.remote_rtcp_port) == ("198.51.100.7", 5000, 5001)
    assert answer.streams[0].formats == ("8", "101")
    assert answer.streams[0].attribute("ptime") == "20"
    _, other = negotiate(OURS, offer(media="audio 5000 RTP/AVP 18 0 8"))
    assert (other.codec, other.digits_type) == ("PCMU", None)


def test_dynamic_payload_types_are_followed() -> None:
    sdp = offer(
        "a=rtpmap:97 pcmu/8000/1", "a=rtpmap:98 telephone-event/8000", media="audio 5000 RTP/AVP 96 97 98"
    )
    answer, agreed = negotiate(OURS, sdp)
    assert (agreed.codec, agreed.payload_type, agreed.digits_type) == ("PCMU", 97, 98)
    assert answer.streams[0].codecs() == {"97": "PCMU/8000", "98": "TELEPHONE-EVENT/8000"}


@pytest.mark.parametrize(
    ("media", "why"),
    [
        ("audio 5000 RTP/AVP 18 9", "no codec"),
        ("audio 5000 RTP/SAVP 8", "RTP/SAVP"),
        ("audio 0 RTP/AVP 8", "no audio"),
        ("video 5000 RTP/AVP 8", "no audio"),
    ],
)
def test_nothing_in_common_is_incompatible(media: str, why: str) -> None:
    with pytest.raises(Incompatible, match=why):
        negotiate(OURS, offer(media=media))


@pytest.mark.parametrize("host", ["media.example.com", "224.2.1.1", "1.2.3.4/127"])
def test_media_goes_to_single_addresses_only(host: str) -> None:
    with pytest.raises(Incompatible):
        negotiate(OURS, offer(host=host))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("sendrecv", "sendrecv"), ("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive")],
)
def test_hold_is_mirrored(theirs: str, ours: Direction) -> None:
    answer, agreed = negotiate(OURS, offer(f"a={theirs}"))
    assert agreed.direction == ours
    assert answer.direction_of(answer.streams[0]) == ours


def test_old_way_to_hold() -> None:
    _, agreed = negotiate(OURS, offer(host="0.0.0.0"))
    assert (agreed.direction, agreed.remote_host) == ("recvonly", "0.0.0.0")
    _, both = negotiate(OURS, offer("a=recvonly", host="0.0.0.0"))
    assert both.direction == "inactive"


def test_session_direction_and_address_hold_for_streams_without_their_own() -> None:
    text = "v=0\no=- 1 1 IN IP4 h\ns=-\nc=IN IP4 10.0.0.1\nt=0 0\na=sendonly\nm=audio 5 RTP/AVP 8\n"
    assert negotiate(OURS, Sdp.parse(text))[1].direction == "recvonly"
    own = negotiate(OURS, Sdp.parse(text + "c=IN IP4 10.0.0.2\na=sendrecv\n"))[1]
    assert (own.direction, own.remote_host) == ("sendrecv", "10.0.0.2")


def test_other_streams_are_refused_in_their_places() -> None:
    text = str(offer(media="video 6000 RTP/AVP 96")) + "m=audio 5000 RTP/AVP 8\r\nm=audio 5002 RTP/AVP 0\r\n"
    answer, agreed = negotiate(OURS, Sdp.parse(text))
    assert [(one.kind, one.port) for one in answer.streams] == [("video", 0), ("audio", 4000), ("audio", 0)]
    assert agreed.remote_port == 5000


def test_rtcp_beside_or_on_the_same_port() -> None:
    assert negotiate(OURS, offer("a=rtcp:53020 IN IP4 1.2.3.4"))[1].remote_rtcp_port == 53020
    assert negotiate(OURS, offer("a=rtcp:nonsense"))[1].remote_rtcp_port == 5001
    answer, agreed = negotiate(OURS, offer("a=rtcp-mux"))
    assert (agreed.rtcp_mux, agreed.remote_rtcp_port) == (True, 5000)
    assert answer.streams[0].attribute("rtcp-mux") == ""
    ours = make_offer(OURS, rtcp_mux=True)
    assert accept(ours, negotiate(SIX, ours)[0]).rtcp_mux
    assert not accept(make_offer(OURS), answer).rtcp_mux


def test_version_counts_changes_only() -> None:
    first = make_offer(OURS)
    assert make_offer(OURS, first) == first
    moved = make_offer(LocalMedia(host="192.0.2.1", rtp_port=4002, rtcp_port=4003), first)
    assert moved.version == first.version + 1
    assert moved.lines[1][1].split()[1] == first.lines[1][1].split()[1]
    answer, _ = negotiate(OURS, offer())
    assert negotiate(OURS, offer(), answer)[0] == answer
    held, _ = negotiate(OURS, offer("a=sendonly"), answer)
    assert held.version == answer.version + 1
    assert make_offer(OURS, held).version == held.version + 1


def test_new_offer_keeps_the_places_of_streams() -> None:
    text = str(offer(media="video 6000 RTP/AVP 96")) + "m=audio 5000 RTP/AVP 8\r\n"
    answer, _ = negotiate(OURS, Sdp.parse(text))
    again = make_offer(OURS, answer)
    assert [(one.kind, one.port) for one in again.streams] == [("video", 0), ("audio", 4000)]


def test_answers_that_break_the_rules() -> None:
    ours = make_offer(OURS)
    with pytest.raises(Incompatible, match="number of streams"):
        accept(ours, Sdp.parse(str(offer()) + "m=audio 5000 RTP/AVP 8\r\n"))
    with pytest.raises(Incompatible, match="refuses"):
        accept(ours, offer(media="audio 0 RTP/AVP 8"))
    with pytest.raises(Incompatible, match="order"):
        accept(ours, offer(media="video 5000 RTP/AVP 8"))
    with pytest.raises(Incompatible, match="codec"):
        accept(ours, offer(media="audio 5000 RTP/AVP 18"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=1\no=- 1 1 IN IP4 h\n",
        "o=- 1 1 IN IP4 h\nv=0\n",
        "v=0\no=- 1 1 IN IP4\n",
        "v=0\no=- 1 1 IN IP4 h\nm=audio x RTP/AVP 8\n",
        "v=0\no=- 1 1 IN IP4 h\nm=audio 70000 RTP/AVP 8\n",
        "v=0\no=- 1 1 IN IP4 h\nm=audio 5 RTP/AVP\n",
        "v=0\no=- 1 1 IN IP4 h\nm=audio 5/x RTP/AVP 8\n",
        "v=0\no=- 1 1 IN IP4 h\nm=audio 5 RTP/AVP 8\n",
        "v=0\no=- 1 1 IN IP4 h\nc=IN IP5 h\nm=audio 5 RTP/AVP 8\n",
        "v=0\no=- 1 1 IN IP4 h\nnonsense\n",
        "v=0\no=- 1 1 IN IP4 h\n" + "a=x\n" * 600,
        "v=0\no=- 1 1 IN IP4 h\n" + "m=audio 0 RTP/AVP 8\n" * 30,
    ],
)
def test_broken_descriptions_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Sdp.parse(text)


word = st.text("abcdefXYZ0123456789-._", min_size=1, max_size=8)
crypto = st.builds(
    lambda tag, suite, key, rest: ("a", f"crypto:{tag} {suite} inline:{key}{rest}"),
    st.integers(0, 999),
    st.sampled_from(["AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM", "F8_128_HMAC_SHA1_80"]),
    st.text("ABCabc019+/=", max_size=40),
    st.sampled_from(["", "|2^20|1:4", "|2^20", " KDR=1 UNENCRYPTED_SRTCP", ";inline:AAAA|2:1", " -x=\u00e9"]),
)
line = crypto | st.tuples(
    st.sampled_from("abikrz"), st.text(st.characters(codec="utf-8", exclude_characters="\r\n"))
)
stream = st.builds(
    Stream,
    kind=word,
    port=st.integers(0, 65535),
    protocol=word,
    formats=st.lists(word, min_size=1, max_size=4).map(tuple),
    lines=st.lists(line, max_size=4).map(tuple),
    port_count=st.sampled_from(["", "2"]),
)
descriptions = st.builds(
    lambda lines, streams: Sdp(
        lines=(("v", "0"), ("o", "- 1 1 IN IP4 h"), ("c", "IN IP4 10.0.0.1"), *lines), streams=tuple(streams)
    ),
    st.lists(line, max_size=5),
    st.lists(stream, max_size=3),
)


@given(descriptions)
def test_printed_description_reads_back(sdp: Sdp) -> None:
    assert Sdp.parse(str(sdp)) == sdp
    assert Sdp.parse(str(sdp).encode()) == sdp


@given(
    st.permutations(["0", "8", "18", "101", "96"]),
    st.sampled_from(["", "a=sendonly", "a=inactive", "a=recvonly"]),
    st.sampled_from(["", "a=rtcp-mux", "a=rtcp:9"]),
    st.sampled_from([OURS, SIX]),
)
def test_both_sides_agree(formats: list[str], direction: str, rtcp: str, local: LocalMedia) -> None:
    lines = [one for one in ("a=rtpmap:96 opus/48000/2", direction, rtcp) if one]
    theirs = offer(*lines, media=f"audio 5000 RTP/AVP {' '.join(formats)}")
    answer, ours = negotiate(local, theirs)
    seen = accept(theirs, answer)
    assert (seen.codec, seen.payload_type, seen.digits_type) == (
        ours.codec,
        ours.payload_type,
        ours.digits_type,
    )
    assert seen.rtcp_mux == ours.rtcp_mux
    assert (seen.remote_host, seen.remote_port) == (local.host, local.rtp_port)
    assert {seen.direction, ours.direction} in (
        {"sendrecv"}, {"sendonly", "recvonly"}, {"inactive"},
    )  # fmt: skip


pieces = st.sampled_from(
    ["v=0", "o=- 1 1 IN IP4 h", "s=-", "c=IN IP4 1.2.3.4", "c=", "m=audio 5 RTP/AVP 8 x 999", "a=rtpmap:8"]
    + [
        "a=rtpmap:x y",
        "m=audio 5 RTP/SAVP 8 9",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd",
        "a=crypto:\u00b2 AES_CM_128_HMAC_SHA1_80 inline:\u00e9|2^\u00b2|\u00b2:\u00b2",
        "a=crypto:",
        "a=rtpmap:8 \u0130/8000",
        "m=audio 9 RTP/AVP \u00b2",
        "a=rtcp:\u00b2",
        "a=sendonly",
        "=",
    ]
)


@given(st.text(max_size=200) | st.lists(pieces, max_size=14).map("\r\n".join))
def test_garbage_is_refused_or_understood(text: str) -> None:
    try:
        sdp = Sdp.parse(text)
    except ValueError:
        return
    assert sdp.version >= 0
    try:
        negotiate(OURS, sdp)
        accept(make_offer(OURS), sdp)
    except Incompatible:
        pass
