from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.link.messages import (
    Collect,
    CollectId,
    DigitPressed,
    DigitsCollected,
    LegId,
    Play,
    PlayFinished,
    PlayId,
    Tone,
)
from huawu.switch.media.digits import Collected, Collecting, TypeAhead
from huawu.switch.media.dtmf import EVENTS, DigitEar
from huawu.switch.media.g711 import decode_ulaw
from huawu.switch.media.rtp import steps16, steps32
from huawu.switch.media.tones import KEYS
from tests.switch.media.fakes import LOUD, QUIET, Stage

PROMPT = (Tone(hertz=(300.0,), length_ms=1_000),)


def collect(leg: LegId, **changes: object) -> Collect:
    facts: dict[str, object] = {"leg": leg, "collect": CollectId("c"), "prompt": PROMPT, "max_digits": 3}
    return Collect(**(facts | changes))  # type: ignore[arg-type]


def pressed(stage: Stage) -> str:
    return "".join(event.digit for event in stage.told(DigitPressed))


# ── RFC 4733, inwards ─────────────────────────────────────────────────────────────────────────────


@given(
    st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(1, 8), st.integers(0, 4)), max_size=8),
    st.randoms(use_true_random=False),
    st.integers(0, 2**32 - 1),
)
def test_each_digit_is_told_once_whatever_is_lost_repeated_or_late(
    keys: list[tuple[str, int, int]], rng: random.Random, timestamp: int
) -> None:
    """The digit law. At least one packet of each press arrives; order within a press is free."""
    ear = DigitEar()
    heard = []
    at_ms = 0
    late: list[tuple[bytes, int]] = []
    for digit, steps, ends in keys:
        number = EVENTS.index(digit)
        packets = [
            bytes((number, 0x8A if step >= steps else 10)) + (160 * (step + 1)).to_bytes(2, "big")
            for step in range(steps + ends)
        ]
        kept = [packet for packet in packets if rng.random() < 0.6] or [packets[-1]]
        kept += [rng.choice(kept) for _ in range(rng.randrange(3))]
        rng.shuffle(kept)
        arriving = [(packet, timestamp) for packet in kept] + late
        for packet, stamp in arriving:
            heard.append(ear.hear(packet, stamp, at_ms))
            at_ms += 20
        late = [(rng.choice(packets), timestamp)]
        timestamp = (timestamp + 160 * (steps + ends + 5)) & 0xFFFFFFFF
        at_ms += 100
    assert [digit for digit in heard if digit] == [digit for digit, _, _ in keys]


def test_a_sender_that_moves_the_timestamp_within_a_press_is_heard_once() -> None:
    ear = DigitEar()
    told = [
        ear.hear(bytes((5, 10)) + (160 * step).to_bytes(2, "big"), 1000 + 160 * step, 20 * step)
        for step in range(1, 8)
    ]
    assert told == ["5"] + [None] * 6


def test_what_is_no_key_is_not_told() -> None:
    ear = DigitEar()
    assert ear.hear(b"", 0, 0) is None
    assert ear.hear(b"\x05\x0a\x00", 0, 0) is None
    assert ear.hear(bytes((16, 10, 0, 160)), 0, 0) is None  # hook flash


def test_keys_are_relayed_with_their_own_timestamps_and_told_once() -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b", digits=96)
    stage.engine.bridge(a.leg, b.leg)
    a.voice = LOUD
    stage.run(100)
    a.voice = None
    last = b.new()[-1]
    a.press("7")
    a.voice = LOUD
    stage.run(40)
    events = [packet for packet in b.new() if packet.payload_type == 96]
    assert pressed(stage) == "7"
    assert len(events) == 8
    assert events[0].marker
    assert {steps32(packet.timestamp, last.timestamp) for packet in events} == {160}
    assert [steps16(packet.sequence, last.sequence) for packet in events] == list(range(1, 9))


def test_a_peer_without_events_gets_tones_in_place_of_keys() -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b", digits=None)
    stage.engine.bridge(a.leg, b.leg)
    a.voice = LOUD
    stage.run(100)
    a.voice = None
    b.new()
    a.press("9")
    packets = b.new()
    assert {packet.payload_type for packet in packets} == {0}
    assert [steps16(packet.sequence, packets[0].sequence) for packet in packets] == list(range(len(packets)))
    import numpy as np

    wave = decode_ulaw(b"".join(packet.payload for packet in packets[:5])).astype(float)
    spectrum = np.abs(np.fft.rfft(wave, 8000))
    low, high = KEYS["9"]
    assert abs(spectrum[500:1000].argmax() + 500 - low) < 10
    assert abs(spectrum[1100:1700].argmax() + 1100 - high) < 10


def test_a_digit_by_sip_info_is_told_and_passed_on_but_not_twice() -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    a.say()
    b.new()
    stage.engine.digit(a.leg, "4", 160)
    stage.run(200)
    assert {packet.payload[0] for packet in b.new() if packet.payload_type == 101} == {4}
    a.press("5")
    stage.engine.digit(a.leg, "5", 160)
    stage.engine.digit(a.leg, "what", 160)
    assert pressed(stage) == "45"


def test_digits_of_ours_are_events_with_three_ends_and_going_time() -> None:
    stage = Stage()
    a = stage.peer("a")
    stage.run(40)
    before = a.new()[-1]
    stage.engine.send_digits(a.leg, "1x#")
    stage.run(22 * 20)
    packets = a.new()
    assert len(packets) == 22
    assert [steps16(packet.sequence, before.sequence) for packet in packets] == list(range(1, 23))
    events = [packet for packet in packets if packet.payload_type == 101]
    one, pound = events[:8], events[8:]
    for press, number, offset in ((one, 1, 160), (pound, 11, 12 * 160)):
        assert [packet.payload[0] for packet in press] == [number] * 8
        assert [packet.payload[1] >> 7 for packet in press] == [0] * 5 + [1] * 3
        assert [packet.marker for packet in press] == [True] + [False] * 7
        assert {steps32(packet.timestamp, before.timestamp) for packet in press} == {offset}
        assert [int.from_bytes(packet.payload[2:], "big") for packet in press] == [
            160, 320, 480, 640, 800, 960, 960, 960,
        ]  # fmt: skip
    ear = DigitEar()
    heard = [ear.hear(packet.payload, packet.timestamp, 20 * index) for index, packet in enumerate(events)]
    assert [digit for digit in heard if digit] == ["1", "#"]


# ── Collect ───────────────────────────────────────────────────────────────────────────────────────


@given(st.text("0123456789*#", max_size=12), st.integers(1, 6), st.sampled_from(["#", "*", ""]))
def test_what_is_collected_is_a_beginning_of_what_was_pressed(keys: str, most: int, end_key: str) -> None:
    command = Collect(leg=LegId("a"), collect=CollectId("c"), max_digits=most, end_key=end_key)
    collecting = Collecting(command, prompting=False, at_ms=0)
    result = None
    for index, key in enumerate(keys):
        result = collecting.press(key, 100 * index)
        if result is not None:
            break
    if result is None:
        result = collecting.wait(100_000)
    assert result is not None
    assert keys.startswith(result.digits)
    assert len(result.digits) <= most
    assert not end_key or end_key not in result.digits
    match result.how:
        case "complete":
            assert len(result.digits) == most
        case "end_key":
            assert keys[len(result.digits)] == end_key
        case "timeout":
            assert result.digits == keys != ""
        case _:
            assert (result.how, keys) == ("nothing", "")


def test_first_digit_time_runs_from_the_prompts_end() -> None:
    stage = Stage()
    a = stage.peer("a")
    stage.engine.collect(collect(a.leg, first_ms=2_000))
    stage.run(3_000)
    assert stage.told(DigitsCollected) == []
    stage.run(40)
    assert [(event.digits, event.how) for event in stage.told(DigitsCollected)] == [("", "nothing")]


def test_a_key_silences_the_prompt_and_the_next_has_its_own_time() -> None:
    stage = Stage()
    a = stage.peer("a")
    stage.engine.collect(collect(a.leg, between_ms=1_000))
    stage.run(200)
    stage.engine.digit(a.leg, "1", 100)
    a.new()
    stage.run(980)
    assert {packet.payload for packet in a.new()} == {QUIET}
    stage.engine.digit(a.leg, "2", 100)
    stage.run(1_020)
    assert [(event.digits, event.how) for event in stage.told(DigitsCollected)] == [("12", "timeout")]


def test_without_barge_in_keys_during_the_prompt_are_thrown_away() -> None:
    stage = Stage()
    a = stage.peer("a")
    stage.engine.digit(a.leg, "8", 100)
    stage.engine.collect(collect(a.leg, barge_in=False, max_digits=1))
    stage.run(200)
    stage.engine.digit(a.leg, "9", 100)
    stage.run(900)
    stage.engine.digit(a.leg, "7", 100)
    assert [(event.digits, event.how) for event in stage.told(DigitsCollected)] == [("7", "complete")]
    assert pressed(stage) == "897"


def test_keys_pressed_ahead_count_and_the_rest_waits_for_the_next() -> None:
    stage = Stage()
    a = stage.peer("a")
    for digit in "1234":
        stage.engine.digit(a.leg, digit, 100)
    stage.engine.collect(collect(a.leg))
    stage.engine.collect(collect(a.leg, collect=CollectId("d"), max_digits=1))
    assert [(event.collect, event.digits) for event in stage.told(DigitsCollected)] == [
        ("c", "123"),
        ("d", "4"),
    ]


def test_old_keys_and_keys_of_a_conversation_do_not_count() -> None:
    ahead = TypeAhead()
    ahead.press("1", 0)
    assert ahead.take(TypeAhead.KEPT_MS + 1) == []
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    stage.engine.digit(a.leg, "1", 100)
    stage.engine.unbridge(a.leg)
    stage.engine.collect(collect(a.leg, max_digits=1, first_ms=100, prompt=()))
    stage.run(200)
    assert [event.how for event in stage.told(DigitsCollected)] == ["nothing"]


def test_stopping_and_a_second_collect_each_tell_once() -> None:
    stage = Stage()
    a = stage.peer("a")
    stage.engine.collect(collect(a.leg))
    stage.engine.digit(a.leg, "1", 100)
    stage.engine.collect(collect(a.leg, collect=CollectId("d")))
    stage.engine.stop_collect(a.leg)
    stage.engine.stop_collect(a.leg)
    stage.run(20_000)
    assert [(event.collect, event.digits, event.how) for event in stage.told(DigitsCollected)] == [
        ("c", "1", "stopped"),
        ("d", "", "stopped"),
    ]


def test_a_play_under_a_collect_without_prompt_goes_on_until_a_key() -> None:
    stage = Stage()
    a = stage.peer("a")
    stage.engine.play(Play(leg=a.leg, play=PlayId("p"), clips=PROMPT, repeat=0, barge_in=True))
    stage.engine.collect(collect(a.leg, prompt=(), first_ms=10_000, max_digits=1))
    stage.run(1_500)
    assert stage.told(PlayFinished) == []
    stage.engine.digit(a.leg, "1", 100)
    assert [event.how for event in stage.told(PlayFinished)] == ["barged"]
    assert [event.how for event in stage.told(DigitsCollected)] == ["complete"]


def test_a_caller_who_speaks_instead_of_pressing_is_noticed() -> None:
    stage = Stage()
    a = stage.peer("a")
    a.voice = QUIET
    stage.engine.collect(collect(a.leg, first_ms=1_000))
    stage.run(500)
    a.voice = LOUD
    stage.run(300)
    a.voice = QUIET
    stage.run(1_500)
    assert [(event.how, event.spoke) for event in stage.told(DigitsCollected)] == [("nothing", True)]


@pytest.mark.parametrize("how", ["bridge", "close"])
def test_a_bridge_stops_a_collect_and_a_closed_leg_says_nothing(how: str, tmp_path: Path) -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    stage.engine.collect(collect(a.leg))
    if how == "bridge":
        stage.engine.bridge(a.leg, b.leg)
        assert [event.how for event in stage.told(DigitsCollected)] == ["stopped"]
    else:
        stage.engine.close(a.leg)
        stage.run(10_000)
        assert stage.events == []


def test_a_result_says_how_it_came() -> None:
    assert Collecting(collect(LegId("a")), prompting=True, at_ms=0).stop() == Collected(
        digits="", how="stopped"
    )
