"""A leg whose media is away: its copy is taken as its own, and what is due of ours waits."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from huawu.link.messages import (
    ConferenceId,
    DigitPressed,
    Hears,
    Mix,
    Play,
    PlayFinished,
    PlayId,
    RecordingId,
    StartRecording,
    StopRecording,
    TalkStarted,
    Tone,
)
from huawu.switch.media import wav
from huawu.switch.media.copies import LEGS_AN_EAR
from huawu.switch.media.udp import UdpNetwork, UdpSocket
from tests.switch.media.fakes import LOUD, Peer, Stage

RELAY = {"a": ("203.0.113.7", 30_500), "b": ("203.0.113.7", 30_520)}


class Copies(Stage):
    """Two bridged legs; `send` brings a leg's packet as a copy."""

    def __init__(self) -> None:
        super().__init__()
        self.rerouted = 0
        self.a, self.b = self.peer("a"), self.peer("b")
        self.engine.bridge(self.a.leg, self.b.leg)
        for peer in (self.a, self.b):
            peer.say()
        self.ears = {}
        for peer in (self.a, self.b):
            ports = self.engine.open_copy(peer.leg)
            assert ports is not None
            host, port = RELAY[peer.leg]
            self.engine.expect_copy(peer.leg, (host, "10.0.0.7"), port)
            self.ears[peer.leg] = self.engine._copies._of[peer.leg]

    def leave(self) -> None:
        for peer in (self.a, self.b):
            self.engine.away(peer.leg, True)
            peer.new()

    def copy(self, peer: Peer, data: bytes, source: tuple[str, int] | None = None) -> None:
        self.ears[peer.leg].receive(data, source or RELAY[peer.leg])

    def talk(self, length_ms: int) -> None:
        for _ in range(length_ms // 20):
            for peer in (self.a, self.b):
                self.copy(peer, peer.packet(LOUD))
            self.step()


@pytest.fixture
def stage() -> Copies:
    return Copies()


def test_copy_is_recorded_and_heard_but_not_sent_on(stage: Copies, tmp_path: Path) -> None:
    path = str(tmp_path / "r.wav")
    stage.leave()
    stage.engine.start_recording(
        StartRecording(recording=RecordingId("r"), path=path, left=stage.a.leg, right=stage.b.leg)
    )
    stage.talk(2_000)
    stage.engine.stop_recording(StopRecording(recording=RecordingId("r")))
    stage.step()
    both = wav.parse(Path(path).read_bytes(), channels=2)
    for side in (0, 1):
        assert both[side::2][800:8_000].count(LOUD[:40]) > 30
    assert {event.leg for event in stage.told(TalkStarted)} == {stage.a.leg, stage.b.leg}
    assert stage.a.new() == stage.b.new() == []
    assert stage.engine.last_packet_ms(stage.a.leg) == stage.now - 40
    quality = stage.engine.close(stage.a.leg)
    assert quality is not None
    assert (quality.packets, quality.lost) == (101, 0)


def test_copy_from_elsewhere_is_not_heard(stage: Copies) -> None:
    stage.leave()
    before = stage.engine.last_packet_ms(stage.a.leg)
    stage.now += 500
    for source in (("203.0.113.8", 30_500), ("203.0.113.7", 30_501), stage.a.address):
        stage.copy(stage.a, stage.a.packet(LOUD), source)
    assert stage.engine.last_packet_ms(stage.a.leg) == before


def test_packets_on_both_ways_while_phones_move_are_one_stream(stage: Copies) -> None:
    stage.leave()
    for _ in range(20):
        stage.copy(stage.a, stage.a.packet(LOUD))
        stage.a.say()
        stage.step()
    quality = stage.engine.close(stage.a.leg)
    assert quality is not None
    assert (quality.packets, quality.lost) == (41, 0)


def test_key_on_the_copy_is_told_but_not_sent_on(stage: Copies) -> None:
    stage.leave()
    for end in (0x0A, 0x8A, 0x8A):
        stage.copy(stage.a, stage.a.packet(bytes((5, end, 1, 64)), 101))
    assert [event.digit for event in stage.told(DigitPressed)] == ["5"]
    assert stage.b.new() == []
    assert stage.engine.fellow(stage.a.leg) == stage.b.leg


def test_clip_and_digits_wait_until_the_peer_hears_us_again(stage: Copies) -> None:
    stage.leave()
    stage.engine.play(
        Play(leg=stage.a.leg, play=PlayId("p"), clips=(Tone(hertz=(440,), length_ms=200, level_db=-10.0),))
    )
    stage.engine.send_digits(stage.b.leg, "12")
    assert stage.engine.fellow(stage.a.leg) is None
    stage.run(500)
    assert stage.a.new() == stage.b.new() == []
    assert not stage.told(PlayFinished)
    for peer in (stage.a, stage.b):
        stage.engine.away(peer.leg, False)
    stage.run(600)
    assert len([packet for packet in stage.a.new() if packet.payload_type == 0]) >= 10
    ended = {packet.payload[0] for packet in stage.b.new() if packet.payload_type == 101}
    assert ended == {1, 2}
    assert stage.told(PlayFinished)


def test_only_an_ordinary_bridge_has_a_fellow() -> None:
    stage = Stage()
    a, b, c = stage.peer("a"), stage.peer("b"), stage.peer("c", "PCMA")
    engine = stage.engine
    assert engine.fellow(a.leg) is None
    engine.bridge(a.leg, b.leg)
    assert engine.fellow(a.leg) == b.leg
    for change, undo in ((engine.hold, engine.resume), (engine.mute, engine.unmute)):
        for leg in (a.leg, b.leg):
            change(leg)
            assert engine.fellow(a.leg) is engine.fellow(b.leg) is None
            undo(leg)
            assert engine.fellow(b.leg) == a.leg
    engine.peer_held(b.leg, True)
    assert engine.fellow(a.leg) is None
    engine.peer_held(b.leg, False)
    a.agree("recvonly")
    assert engine.fellow(b.leg) is None
    a.agree()
    hears = [Hears(listener=x.leg, speaker=y.leg) for x in (a, b, c) for y in (a, b, c) if x is not y]
    engine.mix(Mix(conference=ConferenceId("r"), hears=tuple(hears)))
    assert engine.fellow(a.leg) is None
    pair = tuple(cell for cell in hears if c.leg not in (cell.listener, cell.speaker))
    engine.mix(Mix(conference=ConferenceId("r"), hears=pair))
    assert engine.fellow(a.leg) == b.leg
    engine.bridge(a.leg, c.leg)
    assert engine.fellow(a.leg) is None, "another coding"


def test_closing_gives_the_copy_s_ports_back(stage: Copies) -> None:
    stage.leave()
    for peer in (stage.a, stage.b):
        stage.engine.close(peer.leg)
    assert stage.network.sockets == {}


def test_ears_are_shared_and_closed_by_the_last() -> None:
    stage = Stage()
    peers = [stage.peer(f"p{index}") for index in range(LEGS_AN_EAR + 2)]
    before = len(stage.network.sockets)
    ports = [stage.engine.open_copy(peer.leg) for peer in peers]
    assert len(set(ports)) == 2
    assert len(set(ports[:LEGS_AN_EAR])) == 1
    assert len(stage.network.sockets) == before + 4
    for peer in peers[2:]:
        stage.engine.stop_copy(peer.leg)
    assert len(stage.network.sockets) == before + 2
    assert stage.engine.open_copy(peers[-1].leg) == ports[0], "there is room again"
    for peer in peers:
        stage.engine.stop_copy(peer.leg)
    assert len(stage.network.sockets) == before


async def test_ear_is_read_at_each_step_and_gives_its_ports_back() -> None:
    loop, network = asyncio.get_running_loop(), UdpNetwork()
    heard: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ear = network.bind("127.0.0.1", port, lambda data, _: heard.append(data))
    assert isinstance(ear, UdpSocket)
    ear.read_by_turns()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        for word in (b"one", b"two", b"three"):
            mouth.sendto(word, ("127.0.0.1", port))
    await loop.run_in_executor(None, lambda: None)
    assert heard == []
    ear.drain()
    ear.drain()
    assert heard == [b"one", b"two", b"three"]
    ear.close()
    again = network.bind("127.0.0.1", port, lambda *_: None)
    assert again is not ear, "it does not rest, its reader is gone"
    again.close()
    network.shut()
