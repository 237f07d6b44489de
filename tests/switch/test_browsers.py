"""Browsers' legs in the core: which offer goes to whom, and what becomes of one that goes away."""

from __future__ import annotations

import pytest

from huawu.link.messages import (
    Bridge,
    EndpointId,
    HangUp,
    LegAnswered,
    LegAway,
    LegBack,
    LegEnded,
    LegHeld,
    Originate,
)
from huawu.switch.process import web_hosts
from huawu.switch.settings import SwitchSettings
from huawu.switch.sip.events import CallAnswered, CallEnded, CallOffered, OfferReceived
from huawu.switch.sip.sdp import Sdp
from huawu.switch.webrtc.news import Away, Back, Lost, PathNews
from tests.switch.fakes import PEER
from tests.switch.playbook import A, B, Line, ends, sdp

DESK = EndpointId("1001")
TIMEOUT = "media_timeout"


def page_sdp(*, setup: str = "actpass", ufrag: str = "page", direction: str = "sendrecv") -> Sdp:
    """What a page says."""
    return Sdp.parse(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
        "m=audio 9 UDP/TLS/RTP/SAVPF 0 8\r\nc=IN IP4 0.0.0.0\r\n"
        f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:{'p' * 24}\r\na=fingerprint:sha-256 {':'.join(['AB'] * 32)}\r\n"
        f"a=setup:{setup}\r\na=mid:0\r\na={direction}\r\na=rtcp-mux\r\n"
    )


def offered(line: Line, **more: object) -> None:
    line.news(
        CallOffered(
            leg=A, from_number="1001", from_name="", to_number="4100", endpoint=DESK, trunk=None,
            flow=PEER, offer=page_sdp(), **more,  # type: ignore[arg-type]
        )
    )  # fmt: skip


@pytest.fixture
def line() -> Line:
    line = Line()
    line.media.serves_browsers = True
    return line


@pytest.fixture
def talking(line: Line) -> Line:
    """A page in a call, bridged with a phone."""
    offered(line)
    line.answer(A)
    line.called(B)
    line.do(Bridge(a=A, b=B))
    line.media.did.clear()
    return line


def tell(line: Line, news: PathNews) -> list[object]:
    """Media tells, and the core looks at once it may."""
    line.core.presence.tell(A, news)
    return [*line.pass_time(0.0)]


# ── Offers ────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_that_calls_is_answered_as_a_browser(line: Line) -> None:
    offered(line)
    assert isinstance(line.answer(A)[0], LegAnswered)
    assert "a=ice-lite" in str(line.calls.answers[A])
    assert line.media.agreed[A].web is not None


def test_where_browsers_are_not_served_a_page_is_refused() -> None:
    line = Line()
    offered(line)
    assert line.calls.did[-1] == ("reject", A, "incompatible")
    assert line.media.opened == {}


def test_an_endpoint_of_browsers_alone_is_offered_their_media(line: Line) -> None:
    line.calls.browsers[DESK] = "all"
    line.do(Originate(leg=A, endpoint=DESK, number="4100"))
    assert "UDP/TLS/RTP/SAVPF" in str(line.calls.answers[A])
    line.news(CallAnswered(leg=A, answer=page_sdp(setup="active")))
    assert line.media.agreed[A].web is not None


@pytest.mark.parametrize("answers", ["page", "phone"])
def test_a_desk_with_phone_and_page_goes_on_with_whichever_answers(line: Line, answers: str) -> None:
    line.calls.browsers[DESK] = "some"
    line.do(Originate(leg=A, endpoint=DESK, number="4100"))
    assert "RTP/AVP" in str(line.calls.answers[A])
    assert "UDP/TLS/RTP/SAVPF" in str(line.calls.web_offers[A])
    answer = page_sdp(setup="active") if answers == "page" else sdp(codecs="8 101")
    (event,) = line.news(CallAnswered(leg=A, answer=answer))
    assert isinstance(event, LegAnswered)
    assert (line.media.agreed[A].web is not None) is (answers == "page")


def test_a_page_that_comes_back_by_replaces_hears_its_stream_go_on(line: Line) -> None:
    line.called(B)
    offered(line, replaces=B)
    line.answer(A)
    assert ("inherit", A, B) in line.media.did


def test_a_browsers_call_does_not_go_on_as_a_phones(talking: Line) -> None:
    talking.news(OfferReceived(leg=A, offer=sdp()))
    assert talking.calls.did[-1] == ("refuse offer", A)


def test_a_restart_of_ice_is_answered_with_new_credentials(talking: Line) -> None:
    before = talking.calls.answers[A].streams[0].attribute("ice-ufrag")
    talking.news(OfferReceived(leg=A, offer=page_sdp()))
    assert talking.calls.answers[A].streams[0].attribute("ice-ufrag") == before
    talking.news(OfferReceived(leg=A, offer=page_sdp(ufrag="other")))
    after = talking.calls.answers[A].streams[0].attribute("ice-ufrag")
    assert after not in (None, before)


# ── Away ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_that_hangs_up_is_not_told_as_away(line: Line) -> None:
    """It closes its media first; the BYE comes a moment later."""
    offered(line)
    line.answer(A)
    assert tell(line, Away("left")) == []
    line.pass_time(0.1)
    ended = line.news(CallEnded(leg=A, by="peer", reason="normal"))
    assert [type(one) for one in ended] == [LegEnded]
    assert line.pass_time(1.0) == []
    assert not any("presence" in key for key in line.around.timers)


def test_a_page_that_left_is_told_as_away_a_moment_later(talking: Line) -> None:
    assert tell(talking, Away("left")) == []
    assert talking.pass_time(0.5) == [LegAway(leg=A, why="left")]
    assert ("peer held", A, True) in talking.media.did


def test_who_goes_away_is_waited_for_while_the_other_hears_music_and_comes_back(talking: Line) -> None:
    assert tell(talking, Away("silent")) == [LegAway(leg=A, why="silent")]
    assert ("peer held", A, True) in talking.media.did
    assert [view.away for view in talking.snapshot().legs] == [True, False]
    assert talking.pass_time(29.0) == []
    assert tell(talking, Back()) == [LegBack(leg=A)]
    assert talking.media.did[-1] == ("peer held", A, False)
    assert [view.away for view in talking.snapshot().legs] == [False, False]
    talking.media.last_packet[A] = talking.media.last_packet[B] = 10**15
    assert talking.pass_time(100.0) == []


@pytest.mark.parametrize(
    ("why", "words"), [("left", "the page was left or loaded anew"), ("silent", "nothing came")]
)
def test_who_does_not_come_back_in_time_is_over_with_the_reason(talking: Line, why: str, words: str) -> None:
    tell(talking, Away("left" if why == "left" else "silent"))
    (event,) = [one for one in talking.pass_time(31.0) if isinstance(one, LegEnded)]
    assert (event.leg, event.by, event.reason) == (A, "switch", TIMEOUT)
    assert words in event.detail


def test_a_page_that_fell_silent_and_then_said_goodbye_is_told_once(talking: Line) -> None:
    tell(talking, Away("silent"))
    talking.pass_time(10.0)
    assert tell(talking, Away("left")) == []
    assert ends(talking.pass_time(20.5)) == [(A, "switch", TIMEOUT)]


def test_a_leg_away_is_not_ended_for_its_silence_before_its_time() -> None:
    line = Line(media_timeout_s=10.0)
    line.media.serves_browsers = True
    offered(line)
    line.answer(A)
    tell(line, Away("silent"))
    assert line.pass_time(29.0) == []
    assert ends(line.pass_time(1.5)) == [(A, "switch", TIMEOUT)]


def test_a_lost_way_ends_the_leg_with_its_reason(talking: Line) -> None:
    events = tell(talking, Lost("failed", "the DTLS handshake failed: why"))
    (event,) = [one for one in events if isinstance(one, LegEnded)]
    assert (event.reason, event.detail) == ("failed", "the DTLS handshake failed: why")


def test_its_hold_outlasts_its_absence(talking: Line) -> None:
    tell(talking, Away("silent"))
    assert talking.news(OfferReceived(leg=A, offer=page_sdp(direction="sendonly"))) == [LegHeld(leg=A)]
    tell(talking, Back())
    assert talking.media.did[-1] == ("peer held", A, True)


def test_a_leg_that_ends_while_away_leaves_no_timer(talking: Line) -> None:
    tell(talking, Away("left"))
    talking.pass_time(1.0)
    talking.do(HangUp(leg=A))
    assert not any("presence" in key for key in talking.around.timers)
    assert tell(talking, Back()) == []


# ── Addresses ─────────────────────────────────────────────────────────────────────────────────────


def hosts(peer: str, *webrtc: str, public: tuple[str, ...] = ()) -> tuple[str, ...]:
    settings = SwitchSettings(
        socket="s", token="t", webrtc=tuple((one, 5004) for one in webrtc), public_addresses=public
    )
    return web_hosts(settings, peer)


def test_browsers_are_told_every_address_they_may_reach_us_by() -> None:
    assert hosts("127.0.0.1", "127.0.0.1") == ("127.0.0.1",)
    assert hosts("127.0.0.1", "0.0.0.0")[0] == "127.0.0.1"
    assert hosts("8.8.8.8", "0.0.0.0", public=("203.0.113.5",))[0] == "203.0.113.5"
    assert hosts("127.0.0.1", "0.0.0.0", public=("203.0.113.5",))[-1] == "203.0.113.5"
    assert hosts("127.0.0.1", "127.0.0.1", "::1") == ("127.0.0.1", "::1")
    assert hosts("", "127.0.0.1") == ("127.0.0.1",)
    assert hosts("127.0.0.1") == ()
