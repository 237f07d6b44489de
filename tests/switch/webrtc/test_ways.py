"""A browser's leg is a leg like any other: heard, bridged, held, recorded, in conference."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from huawu.link.messages import (
    Collect,
    CollectId,
    ConferenceId,
    DigitPressed,
    DigitsCollected,
    Hears,
    LegId,
    Mix,
    Play,
    PlayFinished,
    PlayId,
    StopRecording,
    TalkStarted,
    Tone,
)
from huawu.switch.media.rtp import steps16
from huawu.switch.sip.negotiation import LocalMedia, accept, make_offer, negotiate
from tests.support.browser_media import BrowserMedia
from tests.switch.media.fakes import LOUD, QUIET, write_prompt
from tests.switch.media.recordings import R, channels, frames, pitch, start
from tests.switch.webrtc.stage import WebStage

SOFT = b"\x20" * 160


@pytest.mark.parametrize("calls", [True, False])
def test_a_browser_and_a_phone_hear_each_other(calls: bool) -> None:
    stage = WebStage()
    browser, phone = stage.browser("b", calls=calls), stage.peer("p")
    stage.engine.bridge(browser.name, phone.leg)
    browser.voice, phone.voice = LOUD, SOFT
    stage.run(100)
    phone.new()
    assert browser.payloads() == {SOFT}
    assert {packet.payload for packet in phone.new()} == {LOUD}
    assert stage.told(TalkStarted)
    assert stage.port.troubles == 0
    assert stage.port.strangers == 0


def test_two_browsers_hear_each_other_and_nothing_is_coded_anew() -> None:
    stage = WebStage()
    a, b = stage.browser("a"), stage.browser("b", calls=False, page=1)
    stage.engine.bridge(a.name, b.name)
    a.voice, b.voice = LOUD, SOFT
    stage.run(100)
    assert b.payloads() == {LOUD}
    assert a.payloads() == {SOFT}
    assert a.leg.decode is None
    assert (stage.engine.holds()["ways"], stage.engine.holds()["ports"]) == (2, 0)


def test_hold_music_prompts_and_keys_are_those_of_any_leg(tmp_path: Path) -> None:
    stage = WebStage()
    browser, phone = stage.browser("b"), stage.peer("p")
    stage.engine.set_hold_music(write_prompt(tmp_path / "m.wav", b"\x33" * 800))
    stage.engine.bridge(browser.name, phone.leg)
    phone.voice = SOFT
    stage.engine.hold(browser.name)
    assert browser.payloads() == {b"\x33" * 160}
    stage.engine.resume(browser.name)
    assert browser.payloads() == {SOFT}
    stage.engine.unbridge(browser.name)
    stage.engine.play(Play(leg=browser.name, play=PlayId("x"), clips=(Tone(hertz=(440.0,), length_ms=40),)))
    stage.run(100)
    assert [one.how for one in stage.told(PlayFinished)] == ["completed"]
    stage.engine.collect(Collect(leg=browser.name, collect=CollectId("c"), max_digits=2))
    browser.press("7")
    browser.press("#")
    stage.run(40)
    assert [one.digit for one in stage.told(DigitPressed)] == ["7", "#"]
    assert [one.digits for one in stage.told(DigitsCollected)] in (["7"], ["7#"])
    browser.new()
    stage.engine.send_digits(browser.name, "5")
    stage.run(400)
    assert {one.payload[0] for one in browser.new() if one.payload_type == browser.digits_type} == {5}


def test_keys_pass_from_browser_to_phone_as_events() -> None:
    stage = WebStage()
    browser, phone = stage.browser("b"), stage.peer("p")
    stage.engine.bridge(browser.name, phone.leg)
    browser.say(LOUD)
    stage.deliver()
    phone.new()
    browser.press("9")
    stage.deliver()
    assert {one.payload[0] for one in phone.new() if one.payload_type == 101} == {9}


def test_both_sides_are_recorded(tmp_path: Path) -> None:
    stage = WebStage()
    browser, phone = stage.browser("a"), stage.peer("b")
    stage.engine.bridge(browser.name, phone.leg)
    start(stage, tmp_path / "r.wav")
    for step in range(100):
        browser.voice, phone.voice = frames(500.0, 1_000)[step % 50], frames(900.0, 1_000)[step % 50]
        stage.run(20)
    stage.engine.stop_recording(StopRecording(recording=R))
    stage.run(40)
    left, right = channels(tmp_path / "r.wav")
    assert (pitch(left), pitch(right)) == (500, 900)


def test_a_whisper_reaches_the_browser_alone() -> None:
    stage = WebStage()
    agent, caller, leader = stage.browser("agent"), stage.peer("caller"), stage.peer("leader")
    cells = (("agent", "caller"), ("caller", "agent"), ("agent", "leader"), ("leader", "agent"))
    stage.engine.mix(
        Mix(
            conference=ConferenceId("c"),
            hears=tuple(Hears(listener=LegId(one), speaker=LegId(other)) for one, other in cells),
        )
    )
    told: list[bytes] = []
    heard: list[bytes] = []
    for step in range(100):
        leader.voice, caller.voice = frames(600.0, 1_000)[step % 50], QUIET
        stage.run(20)
        told += [one.payload for one in agent.new()]
        heard += [one.payload for one in caller.new()]
    assert pitch(b"".join(told[-50:])) == 600
    assert pitch(b"".join(heard[-50:])) == 0


def test_what_a_browser_is_sent_is_one_stream_whatever_feeds_it() -> None:
    stage = WebStage()
    browser, phone = stage.browser("b"), stage.peer("p")
    stage.run(100)
    stage.engine.play(Play(leg=browser.name, play=PlayId("x"), clips=(Tone(hertz=(440.0,), length_ms=100),)))
    stage.run(200)
    stage.engine.bridge(browser.name, phone.leg)
    phone.voice = SOFT
    stage.run(200)
    heard = browser.new()
    assert len({one.ssrc for one in heard}) == 1
    assert {steps16(b.sequence, a.sequence) for a, b in pairwise(heard)} == {1}


def test_reports_go_both_ways_on_the_one_port() -> None:
    stage = WebStage()
    browser = stage.browser("b")
    browser.voice = LOUD
    stage.engine.echo(browser.name)
    stage.run(10_000)
    assert browser.reports >= 1
    browser.voice = None


def test_nothing_leaves_before_dtls_stands_and_nothing_in_clear_after() -> None:
    stage = WebStage()
    browser, phone = stage.browser("b", stands=False), stage.peer("p")
    stage.engine.bridge(browser.name, phone.leg)
    phone.voice = SOFT
    stage.run(200)
    assert stage.sent == []
    browser.check()
    stage.deliver()
    stage.run(200)
    assert browser.payloads() == {SOFT}
    phone.say(SOFT)
    ((data, to),) = stage.sent
    assert to == browser.at
    assert data[0] > 127
    assert SOFT not in data


def test_a_held_browser_is_sent_nothing_and_the_other_hears_music(tmp_path: Path) -> None:
    """JsSIP holds by a re-INVITE that says sendonly; its 0.0.0.0 means nothing."""
    stage = WebStage()
    browser, phone = stage.browser("b"), stage.peer("p")
    stage.engine.set_hold_music(write_prompt(tmp_path / "m.wav", b"\x33" * 800))
    stage.engine.bridge(browser.name, phone.leg)
    phone.voice = SOFT
    stage.run(100)
    browser.direction = "sendonly"
    _, agreed = negotiate(browser.local, browser.offer(), before=browser.leg.agreed)
    assert agreed.direction == "recvonly"
    stage.engine.agree(browser.name, agreed)
    stage.engine.peer_held(browser.name, True)
    assert browser.payloads() == set()
    phone.new()
    stage.run(100)
    assert {one.payload for one in phone.new()} == {b"\x33" * 160}
    browser.direction = "sendrecv"
    _, agreed = negotiate(browser.local, browser.offer(), before=browser.leg.agreed)
    stage.engine.agree(browser.name, agreed)
    stage.engine.peer_held(browser.name, False)
    assert browser.payloads() == {SOFT}


def test_the_end_is_told_by_dtls_and_nothing_stays() -> None:
    stage = WebStage()
    browser = stage.browser("b")
    browser.voice = LOUD
    stage.run(100)
    quality = stage.engine.close(browser.name)
    browser.alive = False
    stage.deliver()
    assert quality is not None
    assert quality.packets >= 4
    assert browser.was_left
    assert not any(stage.engine.holds().values())
    assert stage.port._waiting == set()
    assert all(not door.paths for door in stage.port._doors.values())


def test_a_leg_that_rings_phones_and_browsers_goes_on_with_whoever_answers() -> None:
    stage = WebStage()
    phone = stage.peer("a", agreed=False)
    assert stage.engine.open_web(phone.leg, ["192.0.2.1"]) is not None
    phone.agree()
    stage.engine.echo(phone.leg)
    phone.voice = LOUD
    stage.run(100)
    assert {one.payload for one in phone.new()} == {LOUD}
    stage.engine.close(phone.leg)
    assert not any(stage.engine.holds().values())

    phone = stage.peer("b", agreed=False)
    media = stage.engine.open_web(phone.leg, ["192.0.2.1"])
    local = LocalMedia(host="192.0.2.1", rtp_port=5004, rtcp_port=5004, web=media)
    offer = make_offer(local)
    page = BrowserMedia(stage.from_browser)
    stage.engine.agree(phone.leg, accept(offer, page.answer(offer), local=local))
    assert (stage.engine.holds()["ports"], stage.engine.holds()["ways"]) == (0, 1)
    stage.engine.close(phone.leg)
    assert not any(stage.engine.holds().values())
