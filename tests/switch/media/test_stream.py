from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from huawu.link.messages import Play, PlayId, Tone
from huawu.switch.media.rtp import RtpPacket, steps16, steps32
from huawu.switch.media.stream import OutStream
from tests.switch.media.fakes import LOUD, QUIET, Peer, Stage, write_prompt


def assert_seamless(packets: list[RtpPacket]) -> None:
    assert len({packet.ssrc for packet in packets}) <= 1
    for before, after in pairwise(packets):
        assert steps16(after.sequence, before.sequence) == 1
        assert steps32(after.timestamp, before.timestamp) == 160


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["bridge", "unbridge", "play", "stop", "hold", "resume", "echo", "mute", "other"])
    )
)
def test_whatever_feeds_a_leg_its_stream_has_no_seam(changes: list[str]) -> None:
    """The continuity law: one SSRC, sequence +1 a packet, timestamps move on exactly as time does."""
    stage = Stage()
    a, b, c = stage.peer("a"), stage.peer("b", "PCMA"), stage.peer("c")
    for peer in (a, b, c):
        peer.voice = LOUD
    stage.run(60)
    sent = [*a.sent()]
    for number, change in enumerate(changes):
        match change:
            case "bridge":
                stage.engine.bridge(a.leg, b.leg)
            case "other":
                stage.engine.bridge(a.leg, c.leg)
            case "unbridge":
                stage.engine.unbridge(a.leg)
            case "play":
                clips = (Tone(hertz=(400.0,), length_ms=50),)
                stage.engine.play(Play(leg=a.leg, play=PlayId(str(number)), clips=clips))
            case "stop":
                stage.engine.stop_play(a.leg)
            case "hold":
                stage.engine.hold(a.leg)
            case "resume":
                stage.engine.resume(a.leg)
            case "echo":
                stage.engine.echo(a.leg)
            case "mute":
                stage.engine.mute(b.leg)
        stage.run(40)
        sent += a.sent()
    for (before_ms, before), (after_ms, after) in pairwise(sent):
        assert after.ssrc == before.ssrc
        assert steps16(after.sequence, before.sequence) == 1
        assert steps32(after.timestamp, before.timestamp) == 8 * (after_ms - before_ms)


def gaps_ms(stage: Stage, peer: Peer, length_ms: int) -> list[int]:
    """What passes between the packets that a peer is sent."""
    peer.sent()
    stage.run(length_ms)
    return [after - before for (before, _), (after, _) in pairwise(peer.sent())]


def test_what_sounds_comes_each_20_ms_from_prompt_to_bridge_to_hold_music(tmp_path: Path) -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    b.voice = LOUD
    stage.engine.set_hold_music(write_prompt(tmp_path / "m.wav", b"\x33" * 1_600))
    stage.engine.play(Play(leg=a.leg, play=PlayId("p"), clips=(Tone(hertz=(400.0,), length_ms=9_000),)))
    stage.run(20)
    first = a.sent()
    stage.run(1_000)
    stage.engine.bridge(a.leg, b.leg)
    stage.run(1_000)
    stage.engine.hold(a.leg)
    stage.run(1_000)
    stage.engine.resume(a.leg)
    stage.run(1_000)
    sent = first + a.sent()
    assert [after - before for (before, _), (after, _) in pairwise(sent)] == [20] * 200
    assert [index for index, (_, packet) in enumerate(sent) if packet.marker] == [0, 51, 101, 151]


def test_where_there_is_nothing_to_hear_silence_is_sent_once_a_second() -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    first = gaps_ms(stage, a, 3_100)
    assert first == [20, 20, 1_000, 1_000, 1_000]  # no phone draws out its last sound
    stage.engine.bridge(a.leg, b.leg)
    assert gaps_ms(stage, a, 4_000) == [1_000] * 3
    stage.engine.hold(a.leg)  # there is no hold music
    assert gaps_ms(stage, a, 4_000) == [1_000] * 3
    stage.engine.resume(a.leg)
    b.voice = LOUD
    assert gaps_ms(stage, a, 1_000) == [20] * 49
    stage.engine.mute(b.leg)
    assert gaps_ms(stage, a, 3_100) == [20, 20, 1_000, 1_000, 1_000]


def test_a_prompt_follows_silence_at_once_and_marked() -> None:
    stage = Stage()
    a = stage.peer("a")
    stage.run(1_500)
    before_ms, before = a.sent()[-1]
    stage.engine.play(Play(leg=a.leg, play=PlayId("p"), clips=(Tone(hertz=(400.0,), length_ms=200),)))
    stage.run(20)
    ((after_ms, after),) = a.sent()
    assert after.marker
    assert steps32(after.timestamp, before.timestamp) == 8 * (after_ms - before_ms)


def test_a_peers_loss_and_order_are_passed_on_as_they_are() -> None:
    out = OutStream()
    feed = object()
    sent = [
        out.relay(feed, 0, 5, sequence & 0xFFFF, sequence * 160, LOUD, 20 * index)
        for index, sequence in enumerate([65_530, 65_531, 65_534, 65_533, 65_535, 65_536, 65_537])
    ]
    packets = [RtpPacket.parse(data) for data in sent if data is not None]
    first = packets[0]
    assert [steps16(packet.sequence, first.sequence) for packet in packets] == [0, 1, 4, 3, 5, 6, 7]
    assert [steps32(packet.timestamp, first.timestamp) for packet in packets] == [
        160 * steps for steps in [0, 1, 4, 3, 5, 6, 7]
    ]


def test_a_packet_from_before_the_change_has_no_place() -> None:
    out = OutStream()
    first, second = object(), object()
    out.relay(first, 0, 5, 10, 1600, LOUD, 0)
    out.relay(second, 0, 6, 100, 16000, LOUD, 20)
    assert out.relay(second, 0, 6, 99, 15840, LOUD, 40) is None
    assert out.relay(second, 0, 6, 100, 16000, LOUD, 40) is None  # and none twice


@given(st.integers(0, 65535), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_a_source_that_begins_anew_makes_no_seam(sequence: int, timestamp: int, ssrc: int) -> None:
    out = OutStream()
    feed = object()
    sent = [out.relay(feed, 0, 1, 1000 + index, 160 * index, LOUD, 20 * index) for index in range(5)]
    sent += [
        out.relay(
            feed,
            0,
            ssrc,
            (sequence + index) & 0xFFFF,
            (timestamp + 160 * index) & 0xFFFFFFFF,
            LOUD,
            100 + 20 * index,
        )
        for index in range(5)
    ]
    if ssrc != 1:
        assert_seamless([RtpPacket.parse(data) for data in sent if data is not None])
    assert len({RtpPacket.parse(data).ssrc for data in sent if data is not None}) == 1


def test_after_a_real_pause_the_timestamp_moves_on_with_time() -> None:
    stage = Stage()
    a = stage.peer("a")
    stage.run(60)
    before = a.new()[-1]
    a.agree("inactive")
    stage.run(1_000)
    assert a.new() == []
    a.agree("sendrecv")
    stage.run(20)
    after = a.new()[0]
    assert steps16(after.sequence, before.sequence) == 1
    assert steps32(after.timestamp, before.timestamp) == 8 * 1_020


def test_a_talkspurt_is_marked_and_silence_is_not() -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    b.voice = LOUD
    stage.run(60)
    stage.engine.bridge(a.leg, b.leg)
    stage.run(60)
    assert [packet.marker for packet in a.new()] == [False] * 3 + [True] + [False] * 2


def test_laws_differ_and_voice_is_converted_each_way() -> None:
    stage = Stage()
    a, b = stage.peer("a", "PCMA"), stage.peer("b", "PCMU")
    stage.engine.bridge(a.leg, b.leg)
    a.say(b"\xd5" * 160)
    b.say(QUIET)
    assert [(packet.payload_type, packet.payload) for packet in b.new()] == [(0, b"\xfe" * 160)]
    assert [(packet.payload_type, packet.payload) for packet in a.new()] == [(8, b"\xd5" * 160)]


def test_voice_goes_through_on_arrival_not_on_the_tick() -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    a.say()
    assert [packet.payload for packet in b.new()] == [LOUD]


def test_a_silent_party_is_stood_in_for_by_silence_after_a_second() -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    b.voice = LOUD
    stage.run(100)
    b.voice = None
    a.new()
    stage.run(900)
    assert a.new() == []
    stage.run(1_200)
    assert [packet.payload for packet in a.new()] == [QUIET] * 4
    b.say()
    assert [(packet.payload, packet.marker) for packet in a.new()] == [(LOUD, True)]
