"""Session descriptions of browsers: what is taken, answered and offered (RFC 8839, 8842, 9143)."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from huawu.switch.sip.choosing import Incompatible
from huawu.switch.sip.negotiation import LocalMedia, accept, make_offer, negotiate
from huawu.switch.sip.sdp import Direction, Sdp
from huawu.switch.sip.webrtc import Fingerprint, Ice, NoWeb, WebMedia, fresh_ice, is_web, renewed

PRINT = Fingerprint(digest="sha-256", octets=bytes(range(32)))
WEB = WebMedia(
    places=(("192.0.2.1", 5004), ("2001:db8::1", 5004)),
    ice=Ice(ufrag="ours", password="o" * 24),
    fingerprint=PRINT,
)
OURS = LocalMedia(host="192.0.2.1", rtp_port=5004, rtcp_port=5004, web=WEB)
PLAIN = LocalMedia(host="192.0.2.1", rtp_port=4000, rtcp_port=4001)


def offer(
    *,
    profile: str = "UDP/TLS/RTP/SAVPF",
    setup: str = "actpass",
    ufrag: str = "abcd",
    password: str = "p" * 24,
    fingerprint: str = str(PRINT),
    mux: bool = True,
    codecs: str = "111 9 0 8 126",
    direction: Direction = "sendrecv",
    bundle: str = "a=group:BUNDLE 0\r\n",
    session: str = "",
    more: str = "",
) -> Sdp:
    """As Chromium writes it, in short."""
    lines = [
        *([f"a=ice-ufrag:{ufrag}"] if ufrag else []),
        *([f"a=ice-pwd:{password}"] if password else []),
        *([f"a=fingerprint:{fingerprint}"] if fingerprint else []),
        *([f"a=setup:{setup}"] if setup else []),
        "a=mid:0",
        "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        f"a={direction}",
        *(["a=rtcp-mux"] if mux else []),
        "a=rtpmap:111 opus/48000/2",
        "a=rtpmap:126 telephone-event/8000",
    ]
    return Sdp.parse(
        f"v=0\r\no=- 46117317 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n{bundle}{session}"
        f"m=audio 9 {profile} {codecs}\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
        + "".join(f"{line}\r\n" for line in lines)
        + more
    )


def test_a_browsers_offer_is_answered_with_ice_lite_one_port_and_our_part_in_dtls() -> None:
    answer, agreed = negotiate(OURS, offer())
    (audio,) = answer.streams
    assert ("a", "ice-lite") in answer.lines
    assert ("a", "group:BUNDLE 0") in answer.lines
    assert audio.protocol == "UDP/TLS/RTP/SAVPF"
    assert (audio.attribute("mid"), audio.attribute("setup")) == ("0", "active")
    assert audio.attribute("rtcp-mux") == ""
    assert audio.attribute("fingerprint") == str(PRINT)
    assert (audio.attribute("ice-ufrag"), audio.attribute("ice-pwd")) == ("ours", "o" * 24)
    candidates = [value for letter, value in audio.lines if letter == "a" and value.startswith("candidate:")]
    assert [line.split(" ")[4:8] for line in candidates] == [
        ["192.0.2.1", "5004", "typ", "host"],
        ["2001:db8::1", "5004", "typ", "host"],
    ]
    priorities = [int(line.split(" ")[3]) for line in candidates]
    assert priorities == sorted(priorities, reverse=True)
    assert audio.attribute("extmap") is None
    assert audio.crypto_lines() == []
    assert agreed.web is not None
    assert agreed.web.active
    assert agreed.web.theirs == Ice(ufrag="abcd", password="p" * 24)
    assert agreed.web.fingerprints == (PRINT,)
    assert (agreed.codec, agreed.digits_type, agreed.direction) == ("PCMU", 126, "sendrecv")
    assert (agreed.remote_host, agreed.rtcp_mux) == ("", True)


def test_offer_and_answer_of_ours_fit_each_other() -> None:
    mine = make_offer(OURS)
    other = replace(OURS, web=replace(WEB, ice=fresh_ice()))
    answer, theirs = negotiate(other, mine)
    ours = accept(mine, answer, local=OURS)
    assert ours.web is not None
    assert theirs.web is not None
    assert (ours.web.theirs, ours.web.ours) == (theirs.web.ours, theirs.web.theirs)
    assert ours.web.active is not theirs.web.active
    assert mine.streams[0].attribute("setup") == "actpass"
    assert ours.codec == theirs.codec


@pytest.mark.parametrize(("direction", "ours"), [("sendonly", "recvonly"), ("inactive", "inactive")])
def test_hold_is_told_by_the_direction_and_never_by_the_zero_address(
    direction: Direction, ours: Direction
) -> None:
    _, agreed = negotiate(OURS, offer(direction=direction))
    assert agreed.direction == ours


@pytest.mark.parametrize(
    ("offered", "why"),
    [
        (offer(ufrag=""), "ice-ufrag"),
        (offer(ufrag="abc"), "ice-ufrag"),
        (offer(password="short"), "ice-pwd"),
        (offer(mux=False), "rtcp-mux"),
        (offer(fingerprint=""), "fingerprint"),
        (offer(fingerprint="sha-1 AA:BB"), "SHA-256 or better"),
        (offer(fingerprint="sha-256 AA:BB"), "2 octets instead of 32"),
        (offer(fingerprint="sha-256 what"), "digest in hex"),
        (offer(setup=""), "a=setup"),
        (offer(setup="holdconn"), "a=setup"),
        (offer(codecs="111 9"), "no codec in common"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_the_reason(offered: Sdp, why: str) -> None:
    with pytest.raises(Incompatible, match=why):
        negotiate(OURS, offered)


def test_where_browsers_are_not_served_and_for_legs_of_phones_nothing_changes() -> None:
    with pytest.raises(Incompatible, match="UDP/TLS/RTP/SAVPF is not supported"):
        negotiate(PLAIN, offer())
    with pytest.raises(Incompatible, match="go on by RTP/AVP"):
        negotiate(OURS, offer(profile="RTP/AVP"))
    assert "ice" not in str(make_offer(PLAIN))


def test_what_is_told_for_all_streams_counts_for_each() -> None:
    session = f"a=fingerprint:{PRINT}\r\na=ice-ufrag:abcd\r\na=ice-pwd:{'p' * 24}\r\na=setup:active\r\n"
    _, agreed = negotiate(OURS, offer(ufrag="", password="", fingerprint="", setup="", session=session))
    assert agreed.web is not None
    assert not agreed.web.active


def test_other_streams_are_refused_under_their_names() -> None:
    video = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=rtcp-mux\r\n"
    answer, _ = negotiate(OURS, offer(more=video, bundle="a=group:BUNDLE 0 1\r\n"))
    assert [(one.kind, one.port, one.attribute("mid")) for one in answer.streams] == [
        ("audio", 5004, "0"),
        ("video", 0, "1"),
    ]
    assert ("a", "group:BUNDLE 0") in answer.lines


def test_an_offer_without_a_group_is_answered_without() -> None:
    answer, _ = negotiate(OURS, offer(bundle=""))
    assert all("group" not in value for _, value in answer.lines)


def test_a_change_keeps_our_part_in_dtls_our_credentials_and_the_version() -> None:
    answer, agreed = negotiate(OURS, offer(setup="passive"))
    assert agreed.web is not None
    assert agreed.web.active
    again, same = negotiate(OURS, offer(), answer, before=agreed)
    assert again == answer
    assert same.web == agreed.web
    passive, first = negotiate(OURS, offer(setup="active"))
    kept, later = negotiate(OURS, offer(direction="sendonly"), passive, before=first)
    assert later.web is not None
    assert not later.web.active
    assert kept.version == passive.version + 1


def test_an_ice_restart_gets_new_credentials_and_nothing_else_does() -> None:
    _, agreed = negotiate(OURS, offer())
    assert renewed(WEB, agreed.web, offer(direction="sendonly")) == WEB
    assert renewed(WEB, None, offer(ufrag="efgh")) == WEB
    other = renewed(WEB, agreed.web, offer(ufrag="efgh"))
    assert other.ice != WEB.ice
    assert (other.places, other.fingerprint) == (WEB.places, WEB.fingerprint)


def test_a_new_offer_of_ours_keeps_its_streams_in_place() -> None:
    video = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n"
    answer, _ = negotiate(OURS, offer(more=video))
    mine = make_offer(OURS, answer)
    assert [(one.kind, bool(one.port)) for one in mine.streams] == [("audio", True), ("video", False)]
    assert mine.streams[0].attribute("mid") == "0"
    assert mine.streams[0].attribute("setup") == "actpass"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (offer(setup="actpass"), "who begins DTLS"),
        (offer(setup="active", fingerprint=""), "fingerprint"),
        (offer(setup="active", profile="RTP/AVP"), "go on by RTP/AVP"),
    ],
)
def test_a_bad_answer_is_refused_with_the_reason(answer: Sdp, why: str) -> None:
    with pytest.raises(Incompatible, match=why):
        accept(make_offer(OURS), answer, local=OURS)


def test_browsers_are_told_from_phones_by_all_their_audio() -> None:
    assert is_web(offer())
    assert not is_web(offer(profile="RTP/AVP"))
    assert not is_web(offer(more="m=audio 4000 RTP/AVP 8\r\nc=IN IP4 192.0.2.9\r\n"))


@given(st.sampled_from(["sha-256", "sha-384", "sha-512"]), st.data())
def test_a_printed_fingerprint_reads_back(digest: str, data: st.DataObject) -> None:
    size = {"sha-256": 32, "sha-384": 48, "sha-512": 64}[digest]
    made = Fingerprint(digest=digest, octets=data.draw(st.binary(min_size=size, max_size=size)))
    assert Fingerprint.parse(str(made)) == made
    assert Fingerprint.parse(str(made).lower()) == made


@given(st.text(max_size=80))
def test_no_fingerprint_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(NoWeb):
        Fingerprint.parse(text)


_values = st.text(st.characters(codec="ascii", exclude_characters="\r\n"), max_size=40)


@given(_values, _values, _values, _values)
def test_any_values_are_taken_or_refused(ufrag: str, password: str, fingerprint: str, setup: str) -> None:
    with contextlib.suppress(Incompatible):
        answer, _ = negotiate(
            OURS, offer(ufrag=ufrag, password=password, fingerprint=fingerprint, setup=setup)
        )
        assert Sdp.parse(str(answer)) == answer
