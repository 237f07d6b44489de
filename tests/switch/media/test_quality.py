from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.link.messages import QualityMeasured
from huawu.switch.media import rtcp
from huawu.switch.media.quality import Arrivals, QualityWatch, mean_opinion
from tests.switch.media.fakes import LOUD, START_MS, Stage


@given(
    st.lists(st.sampled_from(["come", "lose", "twice", "late"]), min_size=1, max_size=300),
    st.integers(0, 65535),
)
def test_loss_is_what_never_came_whatever_came_late_or_twice(fates: list[str], first: int) -> None:
    arrivals = Arrivals()
    late: list[int] = []
    came: set[int] = set()
    highest = 0
    for index, fate in enumerate(["come", *fates, "come"]):
        arriving = list(late)
        late.clear()
        match fate:
            case "come":
                arriving.append(index)
            case "twice":
                arriving += [index, index]
            case "late":
                late.append(index)
        for number in arriving:
            new = arrivals.note(7, (first + number) & 0xFFFF, number * 160, number * 20)
            assert new == (number not in came)
            came.add(number)
            highest = max(highest, number)
    assert arrivals.expected == highest + 1
    assert arrivals.lost == highest + 1 - len(came)
    assert arrivals.extended_highest == ((first + highest) >> 16) << 16 | (first + highest) & 0xFFFF


@given(st.lists(st.integers(0, 80), min_size=1, max_size=200), st.integers(0, 2**32 - 1))
def test_jitter_is_that_of_the_rfc(delays_ms: list[int], timestamp: int) -> None:
    """Against the formulas of RFC 3550 §6.4.1, in floating point over unwrapped times."""
    arrivals = Arrivals()
    jitter, before = 0.0, None
    for index, delay_ms in enumerate(delays_ms):
        at_ms = 20 * index + delay_ms
        arrivals.note(1, index, (timestamp + 160 * index) & 0xFFFFFFFF, at_ms)
        transit = at_ms * 8 - 160 * index
        if before is not None:
            jitter += (abs(transit - before) - jitter) / 16
        before = transit
    assert arrivals.jitter == pytest.approx(jitter)


def test_a_sender_that_begins_anew_is_no_loss() -> None:
    arrivals = Arrivals()
    told = [
        arrivals.note(1, sequence, sequence * 160, sequence * 20) for sequence in (10, 11, 12, 40_000, 40_001)
    ]
    assert told == [True, True, True, False, True]
    arrivals.note(2, 5, 0, 0)
    assert (arrivals.received, arrivals.lost) == (5, 0)


def test_a_stray_from_long_ago_is_left_out_and_changes_nothing() -> None:
    arrivals = Arrivals()
    for sequence in range(1_000, 1_100):
        arrivals.note(1, sequence, sequence * 160, sequence * 20)
    assert not arrivals.note(1, 500, 80_000, 22_000)
    assert arrivals.note(1, 1_100, 1_100 * 160, 22_000)
    assert (arrivals.received, arrivals.lost) == (101, 0)


def test_the_score_falls_with_loss_jitter_and_delay() -> None:
    assert mean_opinion(0.0) == pytest.approx(4.40, abs=0.02)
    assert 3.8 < mean_opinion(0.05) < 4.0
    assert mean_opinion(0.2) < 3.1
    assert mean_opinion(1.0) < 1.5
    assert mean_opinion(0.0, 0.0, 800.0) < mean_opinion(0.0, 0.0, 200.0)
    assert mean_opinion(0.02, 40.0) < mean_opinion(0.02, 0.0)


def test_quality_is_told_every_ten_seconds_and_at_once_when_it_turns_poor() -> None:
    stage = Stage()
    a = stage.peer("a")
    a.voice = LOUD
    stage.run(30_000)
    measured = stage.told(QualityMeasured)
    assert len(measured) == 3
    assert measured[-1].quality.packets == 1_500
    assert measured[-1].quality.lost == 0
    assert measured[-1].quality.mos > 4.3
    rng = random.Random(1)
    began = len(measured)
    for _ in range(100):
        stage.now += 20
        if rng.random() < 0.3:
            a.packet(LOUD)
        else:
            a.say()
        stage.engine.tick(stage.now)
    poor = stage.told(QualityMeasured)[began:]
    assert len(poor) == 1  # within two seconds, and once
    stage.run(5_000)
    a.voice = LOUD
    quality = stage.engine.close(a.leg)
    assert quality is not None
    assert 15 < quality.lost < 45


def test_a_leg_that_never_heard_anything_has_no_quality() -> None:
    stage = Stage()
    a = stage.peer("a")
    stage.run(15_000)
    assert stage.told(QualityMeasured) == []
    assert stage.engine.close(a.leg) is None
    assert stage.engine.last_packet_ms(a.leg) is None


def test_poor_quality_is_over_only_when_clearly_better() -> None:
    watch, arrivals = QualityWatch(0), Arrivals()
    told = []
    for second in range(1, 30):
        for index in range(50):
            number = 50 * second + index
            if second < 5 or second > 15 or index % 10:
                arrivals.note(1, number, number * 160, number * 20)
        told.append(watch.look(second * 1_000, arrivals, 0.0))
    assert [second + 1 for second, now in enumerate(told) if now] == [7, 10, 20] or told.count(True) == 3
    assert not watch.poor


def test_reports_go_out_about_every_five_seconds_and_say_what_arrived() -> None:
    stage = Stage()
    a = stage.peer("a")
    a.voice = LOUD
    stage.run(30_000)
    compounds = [rtcp.parse_compound(data) for data, _ in a.rtcp_socket.sent]
    assert 3 <= len(compounds) <= 12
    report, names = compounds[-1]
    assert isinstance(report, rtcp.Report)
    assert isinstance(names, rtcp.Names)
    assert report.sender is not None
    assert report.sender.packets == report.sender.octets // 160
    (block,) = report.blocks
    assert (block.ssrc, block.lost, block.fraction_lost) == (a.ssrc, 0, 0)
    assert a.rtcp_socket.sent[0][1] == (a.address[0], a.address[1] + 1)
    stage.engine.close(a.leg)
    assert isinstance(rtcp.parse_compound(a.rtcp_socket.sent[-1][0])[-1], rtcp.Goodbye)


def test_what_the_peer_reports_is_told() -> None:
    stage = Stage()
    a = stage.peer("a")
    a.voice = LOUD
    stage.run(9_000)
    report = rtcp.parse_compound(a.rtcp_socket.sent[-1][0])[0]
    assert isinstance(report, rtcp.Report)
    assert report.sender is not None
    sent_ms = (stage.now - START_MS) - ((rtcp.ntp_time(stage.now) - report.sender.ntp) * 1000 >> 32)
    kept_ms = stage.now - START_MS - sent_ms - 150
    block = rtcp.ReportBlock(
        ssrc=report.ssrc,
        fraction_lost=64,
        lost=100,
        highest=1,
        jitter=0,
        last_sr=rtcp.middle(report.sender.ntp),
        delay=max(0, kept_ms) * 65536 // 1000,
    )
    answer = bytes(rtcp.Report(ssrc=a.ssrc, blocks=(block,)))
    stage.engine.receive_rtcp(a.leg, answer, ("192.0.2.99", 4001))  # a stranger's word does not count
    quality = stage.engine.close(stage.peer("b").leg)
    stage.engine.receive_rtcp(a.leg, answer, (a.address[0], 4001))
    quality = stage.engine.close(a.leg)
    assert quality is not None
    assert quality.peer_loss == 0.25
    assert quality.round_trip_ms == pytest.approx(
        150 if kept_ms > 0 else stage.now - START_MS - sent_ms, abs=2
    )
