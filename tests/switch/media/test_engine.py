from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huawu.link.messages import (
    Event,
    LegId,
    Play,
    PlayFinished,
    PlayId,
    RecordingId,
    RecordingStopped,
    Silence,
    StartRecording,
    StopRecording,
    TalkStarted,
    Tone,
)
from huawu.switch.media import wav
from huawu.switch.media.engine import MediaEngine
from huawu.switch.media.ports import PAIRS_AT_REST, NoPortLeft, PortPool
from huawu.switch.media.rtcp import Report, ReportBlock, parse_compound
from huawu.switch.media.rtp import RtpPacket, is_rtcp, steps16
from huawu.switch.media.ticker import MOST_AT_ONCE, steps_due
from huawu.switch.media.tones import tone
from huawu.switch.media.udp import UdpNetwork
from huawu.switch.sip.negotiation import AgreedMedia
from tests.support.tools import PATIENCE_S
from tests.switch.media.fakes import LOUD, QUIET, FakeNetwork, Stage, write_prompt


def bridged() -> tuple[Stage, str, str]:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    a.voice, b.voice = LOUD, b"\x20" * 160
    stage.run(100)
    return stage, a.leg, b.leg


# ── Ports ─────────────────────────────────────────────────────────────────────────────────────────


def test_ports_come_in_even_odd_pairs_and_run_out_clearly() -> None:
    network = FakeNetwork(taken={20_002, 20_005})
    pool = PortPool(network, range(20_001, 20_010))
    opened = [pool.open("192.0.2.1", lambda *_: None, lambda *_: None) for _ in range(2)]
    assert [(ports.rtp_port, ports.rtcp_port) for ports, _, _ in opened] == [
        (20_006, 20_007),
        (20_008, 20_009),
    ]
    with pytest.raises(NoPortLeft, match="between 20001 and 20009"):
        pool.open("192.0.2.1", lambda *_: None, lambda *_: None)
    assert sorted(network.sockets) == [20_006, 20_007, 20_008, 20_009]
    ports, rtp, rtcp = opened[0]
    rtp.close()
    rtcp.close()
    pool.free(ports)
    assert pool.open("192.0.2.1", lambda *_: None, lambda *_: None)[0] == ports


def test_a_new_switch_need_not_begin_where_another_began_and_still_gives_out_every_pair() -> None:
    pool = PortPool(FakeNetwork(), range(20_000, 20_010), first=3)
    given = [pool.open("127.0.0.1", lambda *_: None, lambda *_: None)[0].rtp_port for _ in range(5)]
    assert given == [20_006, 20_008, 20_000, 20_002, 20_004]
    with pytest.raises(NoPortLeft):
        pool.open("127.0.0.1", lambda *_: None, lambda *_: None)


async def test_a_socket_rests_deaf_and_serves_the_next_leg_on_its_port() -> None:
    network = UdpNetwork()
    heard: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        first = network.bind("127.0.0.1", port, lambda data, _: heard.append(b"first " + data))
        first.close()
        stranger.sendto(b"late", ("127.0.0.1", port))
        second = network.bind("127.0.0.1", port, lambda data, _: heard.append(b"second " + data))
        assert second is first
        stranger.sendto(b"voice", ("127.0.0.1", port))
        async with asyncio.timeout(PATIENCE_S):
            while not heard:
                await asyncio.sleep(0)
        assert heard == [b"second voice"]
        second.close()
        network.shut()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", port))


def test_a_freed_pair_is_used_again_after_a_rest() -> None:
    pool = PortPool(FakeNetwork(), range(20_000, 30_000))
    firsts = []
    for _ in range(PAIRS_AT_REST + 2):
        ports, rtp, rtcp = pool.open("192.0.2.1", lambda *_: None, lambda *_: None)
        rtp.close()
        rtcp.close()
        pool.free(ports)
        firsts.append(ports)
    assert len(set(firsts[: PAIRS_AT_REST + 1])) == PAIRS_AT_REST + 1
    assert firsts[PAIRS_AT_REST + 1] == firsts[0]


def test_closing_gives_the_ports_back_and_opening_twice_is_one_leg() -> None:
    stage = Stage()
    for round_ in range(200):
        a = stage.peer(f"leg{round_}")
        assert stage.engine.open(a.leg) == a.ports
        stage.engine.close(a.leg)
    assert stage.network.sockets == {}


# ── Who hears whom ────────────────────────────────────────────────────────────────────────────────


def heard_in(stage: Stage, length_ms: int = 100) -> list[set[bytes]]:
    for peer in stage.peers:
        peer.new()
    stage.run(length_ms)
    return [{packet.payload for packet in peer.new()} for peer in stage.peers]


def test_bridged_parties_hear_each_other_and_parted_ones_silence() -> None:
    stage, a, b = bridged()
    assert stage.engine.bridged_with(LegId(a)) == b
    assert heard_in(stage) == [{b"\x20" * 160}, {LOUD}]
    stage.engine.unbridge(LegId(b))
    assert stage.engine.bridged_with(LegId(a)) is None
    assert heard_in(stage) == [{QUIET}, {QUIET}]


def test_we_hold_music_for_the_held_silence_for_the_other(tmp_path: Path) -> None:
    stage, a, _ = bridged()
    stage.engine.set_hold_music(write_prompt(tmp_path / "m.wav", b"\x33" * 800))
    stage.engine.hold(LegId(a))
    assert heard_in(stage) == [{b"\x33" * 160}, {QUIET}]
    stage.engine.resume(LegId(a))
    assert heard_in(stage) == [{b"\x20" * 160}, {LOUD}]


def test_the_peer_holds_nothing_to_it_music_to_the_other(tmp_path: Path) -> None:
    stage, a, _ = bridged()
    stage.engine.set_hold_music(write_prompt(tmp_path / "m.wav", b"\x33" * 800))
    stage.engine.peer_held(LegId(a), True)
    stage.peers[0].agree("inactive")
    assert heard_in(stage) == [set(), {b"\x33" * 160}]
    stage.engine.set_hold_music("")
    assert heard_in(stage)[1] == {QUIET}
    stage.engine.peer_held(LegId(a), False)
    stage.peers[0].agree("sendrecv")
    assert heard_in(stage) == [{b"\x20" * 160}, {LOUD}]


def test_a_peer_that_holds_by_a_zero_address_is_sent_nothing() -> None:
    stage, _, _ = bridged()
    stage.peers[0].agree("sendrecv", ("0.0.0.0", 4000))
    assert heard_in(stage)[0] == set()


def test_a_muted_party_hears_but_is_not_heard() -> None:
    stage, a, _ = bridged()
    stage.engine.mute(LegId(a))
    assert heard_in(stage) == [{b"\x20" * 160}, {QUIET}]
    stage.engine.unmute(LegId(a))
    assert heard_in(stage) == [{b"\x20" * 160}, {LOUD}]


def test_echo_gives_the_own_voice_back_until_bridged() -> None:
    stage = Stage()
    a, b = stage.peer("a", "PCMA"), stage.peer("b")
    a.voice = b"\x54" * 160
    stage.engine.echo(a.leg)
    stage.run(40)
    assert heard_in(stage) == [{b"\x54" * 160}, {QUIET}]
    stage.engine.bridge(a.leg, b.leg)
    b.voice = QUIET
    stage.run(40)
    assert b"\x54" * 160 not in heard_in(stage)[0]


def test_a_new_bridge_undoes_the_old_and_ends_what_was_played() -> None:
    stage, a, b = bridged()
    c = stage.peer("c")
    c.voice = b"\x44" * 160
    stage.engine.play(Play(leg=c.leg, play=PlayId("p"), clips=(Silence(length_ms=9_000),)))
    stage.engine.bridge(LegId(a), c.leg)
    assert [event.how for event in stage.told(PlayFinished)] == ["stopped"]
    assert stage.engine.bridged_with(LegId(b)) is None
    assert heard_in(stage) == [{b"\x44" * 160}, {QUIET}, {LOUD}]


def test_a_closed_leg_parts_and_says_nothing_more() -> None:
    stage, a, b = bridged()
    stage.engine.play(Play(leg=LegId(a), play=PlayId("p"), clips=(Silence(length_ms=100),)))
    stage.peers[0].say(LOUD)
    before = list(stage.events)
    quality = stage.engine.close(LegId(a))
    assert quality is not None
    assert quality.lost == 0
    del stage.peers[0]
    stage.run(1_000)
    assert [event for event in stage.events[len(before) :] if getattr(event, "leg", "") == a] == []
    assert heard_in(stage) == [{QUIET}]
    assert stage.engine.bridged_with(LegId(b)) is None


def test_commands_for_a_leg_that_is_over_are_ignored() -> None:
    stage, a, _ = bridged()
    engine, leg = stage.engine, LegId("gone")
    engine.play(Play(leg=leg, play=PlayId("p"), clips=()))
    for act in (
        engine.stop_play,
        engine.stop_collect,
        engine.unbridge,
        engine.hold,
        engine.mute,
        engine.echo,
    ):
        act(leg)
    engine.bridge(LegId(a), leg)
    engine.send_digits(leg, "1")
    engine.digit(leg, "1", 100)
    engine.start_recording(StartRecording(recording=RecordingId("r"), path="/x", left=leg))
    assert engine.close(leg) is None
    assert engine.bridged_with(LegId(a)) == "b"


def test_a_centre_that_closes_a_leg_as_it_is_told_of_it_harms_nobody() -> None:
    """What is told may lead to anything at once: also to the end of the leg it is about."""
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    tell = stage.events.append

    def hang_up(event: Event) -> None:
        tell(event)
        if isinstance(event, PlayFinished | TalkStarted):
            stage.engine.close(event.leg)

    stage.engine._shared.emit = hang_up
    stage.engine.play(Play(leg=a.leg, play=PlayId("p"), clips=(Tone(hertz=(400.0,), length_ms=40),)))
    b.voice = LOUD
    stage.peers.remove(a)
    stage.run(40)
    stage.run(40)
    assert stage.network.sockets == {}
    assert len(stage.events) == 2


# ── What a peer may send ──────────────────────────────────────────────────────────────────────────


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.binary(max_size=80) | st.binary(min_size=2, max_size=60).map(lambda b: b"\x80" + b), max_size=30
    )
)
def test_nothing_a_peer_sends_raises_or_stops_the_others(datagrams: list[bytes]) -> None:
    stage, a, b = bridged()
    for data in datagrams:
        stage.engine.receive_rtp(LegId(a), data, stage.peers[0].address)
        stage.engine.receive_rtcp(LegId(a), data, stage.peers[0].address)
    stage.peers[1].new()
    stage.run(40)
    assert stage.engine._shared.troubles == 0
    assert stage.engine.bridged_with(LegId(b)) == a


def test_headers_with_extension_and_padding_are_understood_and_left_out() -> None:
    stage, a, _ = bridged()
    packet = RtpPacket(
        payload_type=0,
        sequence=stage.peers[0].sequence,
        timestamp=stage.peers[0].timestamp,
        ssrc=stage.peers[0].ssrc,
        payload=LOUD,
        sources=(1, 2),
        extension=(0xBEDE, bytes(8)),
        padding=4,
    )
    stage.peers[1].new()
    stage.engine.receive_rtp(LegId(a), bytes(packet), stage.peers[0].address)
    assert [packet.payload for packet in stage.peers[1].new()] == [LOUD]


def test_a_wrong_payload_type_is_not_heard_and_wins_no_source() -> None:
    stage = Stage()
    a = stage.peer("a")
    stage.engine.receive_rtp(a.leg, a.packet(LOUD, 9), a.address)
    assert stage.engine.last_packet_ms(a.leg) is None
    a.say()
    assert stage.engine.last_packet_ms(a.leg) == stage.now


def test_rtcp_on_the_rtp_port_is_told_apart_by_its_type() -> None:
    stage = Stage()
    a = stage.peer("a")
    stage.engine.agree(
        a.leg,
        AgreedMedia(
            codec="PCMU",
            payload_type=0,
            digits_type=None,
            remote_host=a.address[0],
            remote_port=a.address[1],
            remote_rtcp_port=a.address[1],
            rtcp_mux=True,
            direction="sendrecv",
        ),
    )
    a.voice = LOUD
    stage.run(8_000)
    reports = [data for data, _ in a.socket.sent if is_rtcp(data)]
    assert reports
    assert a.rtcp_socket.sent == []
    ours = parse_compound(reports[0])[0].ssrc
    block = ReportBlock(ssrc=ours, fraction_lost=128, lost=1, highest=1, jitter=0, last_sr=0, delay=0)
    stage.engine.receive_rtp(a.leg, bytes(Report(ssrc=a.ssrc, blocks=(block,))), a.address)
    quality = stage.engine.close(a.leg)
    assert quality is not None
    assert (quality.peer_loss, quality.lost) == (0.5, 0)


def test_packets_of_other_lengths_go_through_and_are_recorded_and_heard(tmp_path: Path) -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    path = str(tmp_path / "r.wav")
    stage.engine.start_recording(StartRecording(recording=RecordingId("r"), path=path, left=a.leg))
    voice = tone((440.0,), 3_000)
    for step in range(50):
        stage.now += 60
        a.say(voice[480 * step : 480 * step + 480])
        for late in (40, 20, 0):
            stage.engine.tick(stage.now - late)
    stage.engine.stop_recording(StopRecording(recording=RecordingId("r")))
    heard = b.heard()
    assert [packet.payload for packet in heard if len(packet.payload) == 480] == [
        voice[at : at + 480] for at in range(0, 24_000, 480)
    ]
    assert len(stage.told(TalkStarted)) == 1
    assert wav.parse(Path(path).read_bytes(), channels=2)[0::2] == voice


# ── The ticker ────────────────────────────────────────────────────────────────────────────────────


@given(st.floats(0, 100_000))
def test_a_stall_is_made_up_for_by_few_steps(late_ms: float) -> None:
    left_out, now = steps_due(late_ms)
    assert 1 <= now <= MOST_AT_ONCE
    assert (left_out + now) * 20 > late_ms >= (left_out + now - 1) * 20 - 1e-6


async def test_over_real_sockets_a_prompt_is_paced_and_a_stall_makes_no_burst(tmp_path: Path) -> None:
    events: list[Event] = []
    engine = MediaEngine(
        host="127.0.0.1",
        host6="::1",
        ports=range(48_400, 48_600),
        emit=events.append,
        now_ms=lambda: time.time_ns() // 1_000_000,
    )
    await engine.start()
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with contextlib.closing(peer):
        peer.bind(("127.0.0.1", 0))
        peer.setblocking(False)
        leg = LegId("a")
        ports = engine.open(leg)
        port = peer.getsockname()[1]
        engine.agree(
            leg,
            AgreedMedia(
                codec="PCMU",
                payload_type=0,
                digits_type=101,
                remote_host="127.0.0.1",
                remote_port=port,
                remote_rtcp_port=port,
                rtcp_mux=True,
                direction="sendrecv",
            ),
        )
        engine.start_recording(
            StartRecording(recording=RecordingId("r"), path=str(tmp_path / "r.wav"), left=leg)
        )
        engine.play(Play(leg=leg, play=PlayId("p"), clips=(Tone(hertz=(400.0,), length_ms=780),)))
        for number in range(5):
            data = RtpPacket(payload_type=0, sequence=number, timestamp=160 * number, ssrc=9, payload=LOUD)
            peer.sendto(bytes(data), ("127.0.0.1", ports.rtp_port))
        loop = asyncio.get_running_loop()
        packets: list[RtpPacket] = []
        finished = asyncio.Event()

        def read() -> None:
            packets.append(RtpPacket.parse(peer.recv(2048)))
            if len(packets) == 10:
                time.sleep(0.3)  # the stall
            if len(packets) >= 40:
                finished.set()

        loop.add_reader(peer, read)
        began = loop.time()
        await asyncio.wait_for(finished.wait(), PATIENCE_S)
        took = loop.time() - began
        loop.remove_reader(peer)
        assert took > 0.3 + 0.02 * (39 - 10 - MOST_AT_ONCE) - 0.05 + 0.15
        steps = [steps16(packet.sequence, packets[0].sequence) for packet in packets]
        assert steps == list(range(len(steps))), "on a busy machine one more may be read"
        assert engine.last_packet_ms(leg) is not None
        v6 = engine.open(LegId("six"), ipv6=True)
        assert v6.host == "::1"
    await engine.stop()
    assert [event for event in events if isinstance(event, RecordingStopped)]
    assert [event.how for event in events if isinstance(event, PlayFinished)] == ["completed"]
