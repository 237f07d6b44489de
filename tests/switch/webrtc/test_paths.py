"""Which paths are believed, how a browser moves between them, and what strangers can do: nothing."""

from __future__ import annotations

import time

import pytest
from aioice import stun
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from huawu.switch.media.ports import LARGEST, Address
from huawu.switch.sip.negotiation import accept, make_offer, negotiate
from huawu.switch.sip.webrtc import Ice, renewed
from huawu.switch.webrtc.dtls import Association, datagrams
from huawu.switch.webrtc.news import Away, Back, Lost
from huawu.switch.webrtc.way import MOST_PATHS, Stage
from tests.support.browser_media import certificate
from tests.switch.media.fakes import LOUD
from tests.switch.webrtc.stage import Browser, WebStage, our_certificate

ELSEWHERE: Address = ("203.0.113.9", 40_000)
SOFT = b"\x20" * 160


def talking() -> tuple[WebStage, Browser]:
    """A browser that hears itself."""
    stage = WebStage()
    browser = stage.browser("b")
    stage.engine.echo(browser.name)
    browser.voice = LOUD
    stage.run(100)
    return stage, browser


def answers(stage: WebStage, to: Address) -> list[stun.Message]:
    """What STUN was sent there, and take it away."""
    found = [stun.parse_message(data) for data, where in stage.sent if where == to and data[0] < 4]
    stage.sent.clear()
    return found


# ── Checks ────────────────────────────────────────────────────────────────────────────────────────


def test_a_check_is_told_where_it_came_from_and_the_answer_is_proved() -> None:
    stage = WebStage()
    browser = stage.browser("b", stands=False)
    sent = stun.parse_message(browser.check())
    stage.deliver()
    (answer,) = browser.answers
    assert answer.message_class == stun.Class.RESPONSE
    assert answer.transaction_id == sent.transaction_id
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == browser.at
    assert answer.check_message_integrity(browser.theirs.password.encode())


@pytest.mark.parametrize("what", ["password", "user name", "our name", "no integrity", "indication"])
def test_a_check_that_is_not_the_browsers_is_not_answered(what: str) -> None:
    stage = WebStage()
    browser = stage.browser("b", stands=False)
    if what == "password":
        browser.check(password="another")
    elif what == "user name":
        browser.ice = Ice(ufrag="stranger", password=browser.ice.password)
        browser.check()
    elif what == "our name":
        browser.theirs = Ice(ufrag="nobody", password=browser.theirs.password)
        browser.check()
    else:
        kind = stun.Class.INDICATION if what == "indication" else stun.Class.REQUEST
        message = stun.Message(
            message_method=stun.Method.BINDING,
            message_class=kind,
            attributes={"USERNAME": f"{browser.theirs.ufrag}:{browser.ice.ufrag}"},
        )
        if what == "indication":
            message.add_message_integrity(browser.theirs.password.encode())
        browser.send(bytes(message))
    for data, source in stage.to_us:
        stage.socket.receive(data, source)
    assert stage.sent == []
    assert stage.port.strangers == 1
    assert browser.way.stage is Stage.OPEN


def test_a_check_that_asks_what_we_do_not_know_or_wants_our_role_is_told_so() -> None:
    stage = WebStage()
    browser = stage.browser("b", stands=False)
    for extra, code in (("CHANGE-REQUEST", 420), ("ICE-CONTROLLED", 487)):
        browser.check(extra={extra: 1})
        for data, source in stage.to_us:
            stage.socket.receive(data, source)
        stage.to_us.clear()
        (answer,) = answers(stage, browser.at)
        assert answer.error_code == code
    assert browser.way.stage is Stage.OPEN


def test_a_check_may_be_quicker_than_the_answer() -> None:
    """We call: the browser knows our side from the offer, we not yet its."""
    stage = WebStage()
    browser = Browser(stage, "b")
    stage.browsers.append(browser)
    ours = make_offer(browser.local)
    answer = browser.answer(ours)
    browser.check()
    browser.begin_dtls()
    stage.deliver()
    assert browser.answers
    assert not browser.stands
    stage.engine.agree(browser.name, accept(ours, answer, local=browser.local))
    browser.begin_dtls()  # as it repeats itself
    stage.deliver()
    assert browser.stands


# ── Paths ─────────────────────────────────────────────────────────────────────────────────────────


def test_voice_and_dtls_come_only_from_an_address_that_passed_a_check() -> None:
    stage, browser = talking()
    before = browser.leg.arrivals.received
    home, browser.at = browser.at, ELSEWHERE
    browser.say(LOUD)
    rogue = Association(certificate(1), (our_certificate().fingerprint,), active=True)
    for data in rogue.begin():
        browser.send(data)
    stage.deliver()
    assert browser.leg.arrivals.received == before
    assert stage.port.strangers == 2
    browser.at = home
    assert LOUD in browser.payloads()


def test_a_rogue_hello_from_the_browsers_own_address_ends_nothing() -> None:
    stage, browser = talking()
    rogue = Association(certificate(1), (our_certificate().fingerprint,), active=True)
    for data in rogue.begin():
        browser.send(data)
    browser.send(b"\x15\xfe\xfd\0\0\0\0\0\0\0\x09\0\x02\x02\x28")  # a fatal alert in clear
    stage.deliver()
    assert LOUD in browser.payloads()
    assert stage.news == []


@pytest.mark.parametrize("active", [True, False])
def test_forged_packets_during_the_handshake_end_nothing(active: bool) -> None:
    stage = WebStage()
    browser = stage.browser("b", calls=active, stands=False)
    browser.check()
    rogue = Association(certificate(1), (our_certificate().fingerprint,), active=True)
    hello = rogue.begin()[0]
    alert = b"\x15\xfe\xfd\0\0\0\0\0\0\0\x09\0\x02\x02\x28"
    for data in (alert, b"\x16" * 40, hello if active else alert, b"", b"\x14", b"\x17\xfe\xfd" + bytes(30)):
        browser.send(data)
    stage.deliver()
    if not active:
        browser.begin_dtls()
        stage.deliver()
    assert browser.stands
    assert stage.news == []


def test_a_browser_that_changes_its_network_is_followed_at_once() -> None:
    stage, browser = talking()
    browser.at = ELSEWHERE
    browser.check()
    stage.deliver()
    assert browser.leg.gate.target == ELSEWHERE
    assert LOUD in browser.payloads()
    assert stage.news == []


def test_a_path_that_is_only_tried_is_not_followed() -> None:
    stage, browser = talking()
    home, browser.at = browser.at, ELSEWHERE
    browser.check(nominate=False)
    stage.deliver()
    assert browser.answers
    assert browser.leg.gate.target == home
    browser.say(LOUD)
    stage.deliver()
    assert browser.leg.arrivals.lost == 0


def test_a_check_that_is_played_again_from_elsewhere_moves_nothing() -> None:
    stage, browser = talking()
    data = browser.check()
    stage.deliver()
    stage.socket.receive(data, ELSEWHERE)
    assert answers(stage, ELSEWHERE) == []
    assert browser.leg.gate.target == browser.at


def test_one_legs_check_cannot_take_another_legs_address() -> None:
    stage, browser = talking()
    other = stage.browser("c", page=1)
    home, other.at = other.at, browser.at
    other.check()
    stage.socket.receive(*stage.to_us.pop())
    assert answers(stage, browser.at) == []
    other.at = home
    assert LOUD in browser.payloads()


def test_the_paths_of_a_leg_are_bounded_and_the_one_in_use_stays() -> None:
    stage, browser = talking()
    home = browser.at
    for port in range(1_000, 1_000 + 3 * MOST_PATHS):
        browser.at = ("203.0.113.9", port)
        browser.check(nominate=False)
        stage.deliver()
    browser.at = home
    (door,) = stage.port._doors.values()
    assert len(door.paths) == MOST_PATHS
    assert LOUD in browser.payloads()


def test_new_credentials_are_taken_and_dtls_stays() -> None:
    stage, browser = talking()
    keys = browser.leg.protection
    before = browser.leg.agreed
    assert before is not None
    assert browser.local.web is not None
    old = browser.theirs
    browser.ice = Ice(ufrag="another", password="x" * 24)
    offer = browser.offer()
    local = replace(browser.local, web=renewed(browser.local.web, before.web, offer))
    ours, agreed = negotiate(local, offer, before=before)
    browser.take(ours)
    assert browser.theirs != old
    stage.engine.agree(browser.name, agreed)
    browser.at = ELSEWHERE
    browser.check()
    stage.deliver()
    assert browser.leg.gate.target == ELSEWHERE
    assert browser.leg.protection is keys
    assert LOUD in browser.payloads()
    assert stage.engine.holds()["ways"] == 1
    stage.engine.close(browser.name)
    assert stage.engine.holds()["ways"] == 0


def test_an_offer_with_the_same_credentials_keeps_ours() -> None:
    browser = talking()[1]
    before = browser.leg.agreed
    assert before is not None
    assert browser.local.web is not None
    assert renewed(browser.local.web, before.web, browser.offer()) == browser.local.web


# ── Going and coming ──────────────────────────────────────────────────────────────────────────────


def test_a_browser_without_network_is_away_and_goes_on_by_itself() -> None:
    stage, browser = talking()
    ssrc = browser.new()[-1].ssrc
    stage.deaf = True
    stage.run(10_000)
    assert stage.news == [(browser.name, Away("silent"))]
    assert browser.leg.gate.target is None
    stage.deaf = False
    stage.run(3_000)
    assert stage.news[1:] == [(browser.name, Back())]
    assert {one.ssrc for one in browser.new()} == {ssrc}
    assert LOUD in browser.payloads()


def test_a_page_that_is_left_is_away_at_once_and_its_late_checks_change_nothing() -> None:
    stage, browser = talking()
    browser.leave()
    browser.alive = False
    stage.deliver()
    assert stage.news == [(browser.name, Away("left"))]
    browser.check()
    stage.deliver()
    stage.run(1_000)
    assert stage.news == [(browser.name, Away("left"))]
    assert browser.leg.gate.target is None


def test_voice_without_checks_is_no_consent() -> None:
    stage, browser = talking()
    browser._check_ms = stage.now + 100_000
    stage.run(31_000)
    ((leg, lost),) = stage.news
    assert leg == browser.name
    assert isinstance(lost, Lost)
    assert (lost.reason, "no STUN check for 30 s" in lost.detail) == ("media_timeout", True)


def test_a_browser_that_never_finds_us_is_told_of_with_the_port_to_open() -> None:
    stage = WebStage()
    stage.browser("b", stands=False)
    stage.run(16_000)
    ((_, lost),) = stage.news
    assert isinstance(lost, Lost)
    assert "UDP port 5004" in lost.detail


def test_a_browser_that_never_answers_our_dtls_is_lost() -> None:
    stage = WebStage()
    browser = stage.browser("b", stands=False)
    browser.receive = lambda data: None  # type: ignore[method-assign]
    browser.check()
    stage.run(16_000)
    ((_, lost),) = stage.news
    assert isinstance(lost, Lost)
    assert lost.reason == "failed"


@pytest.mark.parametrize("calls", [True, False])
def test_another_certificate_than_the_one_described_ends_the_leg_with_its_reason(calls: bool) -> None:
    stage = WebStage()
    browser = stage.browser("b", calls=calls, stands=False)
    browser.certificate = certificate(1)
    browser.check()
    stage.deliver()
    if not calls:
        browser.begin_dtls()
        stage.deliver()
    ((_, lost),) = stage.news
    assert isinstance(lost, Lost)
    assert lost.reason == "failed"
    assert "certificate is not the one" in lost.detail
    assert browser.leg.gate.target is None


def test_a_lost_first_flight_is_sent_again() -> None:
    """By the clock of OpenSSL, which is the machine's: a second."""
    stage = WebStage()
    browser = stage.browser("b", stands=False)
    browser.check()
    for data, source in stage.to_us:
        stage.socket.receive(data, source)
    stage.to_us.clear()
    stage.sent.clear()  # our ClientHello does not arrive
    until = time.monotonic() + 10
    while not browser.stands and time.monotonic() < until:
        stage.now += 20
        stage.port.step(stage.now)
        stage.deliver()
        time.sleep(0.01)
    assert browser.stands


# ── Anything ──────────────────────────────────────────────────────────────────────────────────────

CALL = talking()


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=200)
@given(
    st.lists(
        st.binary(max_size=80)
        | st.binary(min_size=1, max_size=60).map(lambda tail: b"\x16\xfe\xfd" + tail)
        | st.binary(min_size=1, max_size=60).map(lambda tail: b"\x80\x00" + tail)
        | st.binary(min_size=1, max_size=60).map(lambda tail: b"\x00\x01\x00" + tail)
        | st.just(b"\x80" * (LARGEST + 5)),
        max_size=5,
    ),
    st.booleans(),
)
def test_no_datagram_raises_or_ends_anything(datagrams_: list[bytes], strange: bool) -> None:
    stage, browser = CALL
    stage.sent.clear()
    for data in datagrams_:
        stage.socket.receive(data, ELSEWHERE if strange else browser.at)
    stage.deliver()
    browser.new()
    stage.run(60)
    assert LOUD in {one.payload for one in browser.new()}
    assert stage.port.troubles == 0
    assert stage.engine._shared.troubles == 0
    assert [one for one in stage.news if isinstance(one[1], Lost)] == []


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_a_check_with_any_octet_changed_is_never_believed(data: st.DataObject) -> None:
    stage, browser = CALL
    home = browser.leg.gate.target
    good = bytearray(browser.check(nominate=True))
    stage.to_us.clear()
    at = data.draw(st.integers(0, len(good) - 1))
    good[at] ^= data.draw(st.integers(1, 255))
    stage.socket.receive(bytes(good), ELSEWHERE)
    assert browser.leg.gate.target == home == browser.at
    assert answers(stage, ELSEWHERE) == []
    assert stage.port.troubles == 0


def test_a_storm_of_strangers_leaves_nothing_behind(caplog: pytest.LogCaptureFixture) -> None:
    stage, browser = talking()
    forged = stun.Message(
        message_method=stun.Method.BINDING,
        message_class=stun.Class.REQUEST,
        attributes={"USERNAME": "someone:else"},
    )
    forged.add_message_integrity(b"guess")
    data = bytes(forged)
    for number in range(5_000):
        stage.socket.receive(data, ("203.0.113.9", number))
    (door,) = stage.port._doors.values()
    assert list(door.paths) == [browser.at]
    assert stage.sent == []
    assert stage.port.strangers == 5_000
    assert [vars(record)["dropped"] for record in caplog.records] == [1_000]


@given(st.lists(st.integers(0, 1_500), max_size=8))
def test_records_are_put_into_datagrams_whole_and_in_order(sizes: list[int]) -> None:
    records = [b"\x16\xfe\xfd" + bytes(8) + size.to_bytes(2, "big") + bytes(size) for size in sizes]
    parts = list(datagrams(b"".join(records)))
    assert b"".join(parts) == b"".join(records)
    assert all(len(part) <= 1_200 or part in records for part in parts)
