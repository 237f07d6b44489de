"""Conferences in virtual time: who hears whom, what is sent without a seam, and what is recorded."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from huawu.link.messages import (
    Collect,
    CollectId,
    ConferenceId,
    DigitPressed,
    DigitsCollected,
    Hears,
    LegId,
    Mix,
    MoveRecording,
    Play,
    PlayFinished,
    PlayId,
    RecordingId,
    StartRecording,
    StopRecording,
    TalkStarted,
    TalkStopped,
    Tone,
)
from huawu.switch.codecs import CODECS
from huawu.switch.media import wav
from huawu.switch.media.g711 import ALAW_TO_ULAW, ULAW_TO_ALAW
from huawu.switch.media.rtcp import Report
from huawu.switch.media.rtp import RtpPacket, steps16, steps32
from huawu.switch.media.tones import tone
from huawu.switch.sip.negotiation import AgreedMedia
from tests.support.sound import heard_among, level_of
from tests.switch.media.fakes import Peer, Stage, write_prompt

HERTZ = (350.0, 500.0, 650.0, 800.0, 950.0, 1100.0, 1250.0, 1400.0)
ROOM = ConferenceId("c")
R = RecordingId("r")


class Table:
    """Peers with a tone each, every other one in A-law."""

    def __init__(self, count: int) -> None:
        self.stage = Stage()
        self.speech: dict[LegId, Iterator[bytes]] = {}
        names = "abcdefgh"[:count]
        self.peers = [
            self.stage.peer(name, "PCMA" if index % 2 else "PCMU") for index, name in enumerate(names)
        ]
        self.tone = dict(zip(names, HERTZ, strict=False))
        for peer in self.peers:
            self.speak(peer)

    def speak(self, peer: Peer) -> None:
        """From now on the peer says its tone: 100 ms that join without a seam."""
        wave = tone((self.tone[peer.leg],), 1_100, -20.0)[400:1_200]
        alaw = peer.codec == "PCMA"
        frames = wave.translate(ULAW_TO_ALAW) if alaw else wave
        self.speech[peer.leg] = itertools.cycle([frames[at : at + 160] for at in range(0, 800, 160)])

    def run(self, length_ms: int) -> None:
        for _ in range(length_ms // 20):
            self.stage.now += 20
            for peer in self.peers:
                if peer.leg in self.speech:
                    peer.say(next(self.speech[peer.leg]))
            self.stage.engine.tick(self.stage.now)

    def hush(self, peer: Peer) -> None:
        self.speech.pop(peer.leg, None)

    def mix(self, matrix: str, name: ConferenceId = ROOM) -> None:
        self.stage.engine.mix(Mix(conference=name, hears=cells(matrix)))

    def all_hear_all(self, names: str) -> None:
        self.mix(" ".join(f"{one}{names.replace(one, '')}" for one in names))

    def heard(self, length_ms: int = 600) -> dict[str, str]:
        """Whom each hears, judged after a moment to settle."""
        self.run(200)
        for peer in self.peers:
            peer.new()
        self.run(length_ms)
        return {peer.leg: self.of(audio(peer, peer.new())) for peer in self.peers}

    def of(self, ulaw: bytes) -> str:
        found = heard_among(ulaw, self.tone.values()) if len(ulaw) >= 1_600 else set()
        return "".join(name for name, hertz in self.tone.items() if hertz in found)


def cells(matrix: str) -> tuple[Hears, ...]:
    """`abc ba` = a hears b and c, b hears a; `ab*0.5` = at half the gain."""
    found = []
    for row in matrix.split():
        names, _, gain = row.partition("*")
        found += [
            Hears(listener=LegId(names[0]), speaker=LegId(speaker), gain=float(gain or 1))
            for speaker in names[1:]
        ]
    return tuple(found)


def audio(peer: Peer, packets: list[RtpPacket]) -> bytes:
    heard = b"".join(packet.payload for packet in packets if packet.payload_type in (0, 8))
    return heard.translate(ALAW_TO_ULAW) if peer.codec == "PCMA" else heard


def recorded(table: Table, path: str) -> tuple[bytes, bytes]:
    table.stage.engine.stop_recording(StopRecording(recording=R))
    both = wav.parse(Path(path).read_bytes(), channels=2)
    return both[0::2], both[1::2]


def record(table: Table, folder: Path, left: str, right: str) -> str:
    path = str(folder / "r.wav")
    table.stage.engine.start_recording(
        StartRecording(recording=R, path=path, left=LegId(left), right=LegId(right))
    )
    return path


def test_each_hears_all_others_and_not_itself() -> None:
    for count in (3, 5, 8):
        table = Table(count)
        names = "abcdefgh"[:count]
        table.all_hear_all(names)
        assert table.heard() == {one: names.replace(one, "") for one in names}


def test_listening_whispering_and_barging_are_one_matrix() -> None:
    table = Table(3)
    table.mix("ab ba cab")
    assert table.heard() == {"a": "b", "b": "a", "c": "ab"}
    table.mix("ab bac cab")
    assert table.heard() == {"a": "b", "b": "ac", "c": "ab"}
    table.mix("abc bac cab")
    assert table.heard() == {"a": "bc", "b": "ac", "c": "ab"}


def test_levels_follow_the_gains() -> None:
    table = Table(4)
    table.mix("ab ac*0.5 ad*2")
    table.run(400)
    table.peers[0].new()
    table.run(1_000)
    heard = audio(table.peers[0], table.peers[0].new())
    levels = [level_of(heard, hertz) for hertz in HERTZ[1:4]]
    assert np.allclose(levels, [-20, -26, -14], atol=1.0)


def test_conferences_do_not_hear_each_other() -> None:
    table = Table(8)
    table.mix("abc bac cab", ConferenceId("one"))
    table.mix("def edf fde", ConferenceId("two"))
    table.mix("gh hg", ConferenceId("three"))
    assert table.heard() == {
        "a": "bc",
        "b": "ac",
        "c": "ab",
        "d": "ef",
        "e": "df",
        "f": "de",
        "g": "h",
        "h": "g",
    }


def test_two_that_hear_each_other_are_relayed_untouched() -> None:
    table = Table(2)
    table.mix("ab ba")
    assert table.peers[0].new() == []
    table.peers[1].say(b"\x12\x34" * 80)
    (packet,) = table.peers[0].new()
    assert packet.payload == (b"\x12\x34" * 80).translate(ALAW_TO_ULAW)
    assert table.stage.engine.bridged_with(LegId("a")) is None
    assert table.stage.engine.conference_of(LegId("a")) == ROOM


def test_a_party_keeps_one_stream_through_bridge_mix_relay_and_prompt() -> None:
    table = Table(3)
    engine = table.stage.engine
    engine.bridge(LegId("a"), LegId("b"))
    table.run(300)
    table.all_hear_all("abc")
    table.run(300)
    table.mix("ab ba")
    table.run(300)
    table.mix("ab ba cab")
    engine.play(Play(leg=LegId("a"), play=PlayId("p"), clips=(Tone(hertz=(2_000.0,), length_ms=200),)))
    table.run(400)
    engine.bridge(LegId("a"), LegId("c"))
    table.run(300)
    packets = table.peers[0].new()
    assert len({packet.ssrc for packet in packets}) == 1
    for one, other in itertools.pairwise(packets):
        assert steps16(other.sequence, one.sequence) == 1
        assert 0 < steps32(other.timestamp, one.timestamp) <= 480
    assert 0.97 < steps32(packets[-1].timestamp, packets[0].timestamp) / 8 / 1_600 < 1.03


def test_the_matrix_replaces_the_one_before_and_an_empty_one_ends_the_conference() -> None:
    table = Table(4)
    table.all_hear_all("abcd")
    table.mix("abc bac cab")
    assert table.heard() == {"a": "bc", "b": "ac", "c": "ab", "d": ""}
    assert table.stage.engine.conference_of(LegId("d")) is None
    table.mix("")
    assert table.heard() == dict.fromkeys("abcd", "")
    assert table.stage.engine.conference_of(LegId("a")) is None


def test_joining_another_conference_or_a_bridge_leaves_the_first() -> None:
    table = Table(5)
    table.all_hear_all("abcd")
    table.mix("de ed", ConferenceId("two"))
    assert table.heard() == {"a": "bc", "b": "ac", "c": "ab", "d": "e", "e": "d"}
    table.stage.engine.bridge(LegId("a"), LegId("e"))
    assert table.heard() == {"a": "e", "b": "c", "c": "b", "d": "", "e": "a"}


def test_joining_ends_plays_and_collects_and_staying_does_not() -> None:
    table = Table(3)
    engine = table.stage.engine
    clips = (Tone(hertz=(2_000.0,), length_ms=5_000),)
    engine.play(Play(leg=LegId("a"), play=PlayId("p"), clips=clips))
    engine.collect(Collect(leg=LegId("b"), collect=CollectId("q"), prompt=clips))
    table.all_hear_all("abc")
    assert [event.how for event in table.stage.told(PlayFinished)] == ["stopped"]
    assert [event.how for event in table.stage.told(DigitsCollected)] == ["stopped"]
    engine.play(Play(leg=LegId("a"), play=PlayId("p"), clips=clips))
    table.mix("abc bac ca")
    assert len(table.stage.told(PlayFinished)) == 1
    assert table.heard()["a"] == ""
    engine.stop_play(LegId("a"))
    assert table.heard() == {"a": "bc", "b": "ac", "c": "a"}


def test_hold_mute_and_a_phone_that_holds_act_as_on_a_bridge(tmp_path: Path) -> None:
    table = Table(3)
    engine, music = table.stage.engine, 1_400.0
    engine.set_hold_music(write_prompt(tmp_path / "m.wav", tone((music,), 1_000, -20.0)))
    table.tone["♪"] = music
    table.all_hear_all("abc")
    engine.mute(LegId("a"))
    assert table.heard() == {"a": "bc", "b": "c", "c": "b"}
    engine.unmute(LegId("a"))
    engine.hold(LegId("b"))
    assert table.heard() == {"a": "c", "b": "♪", "c": "a"}
    engine.resume(LegId("b"))
    table.peers[2].agree("recvonly")
    engine.peer_held(LegId("c"), True)
    assert table.heard() == {"a": "b", "b": "a", "c": ""}
    table.mix("ac ca ba")
    assert table.heard() == {"a": "♪", "b": "a", "c": ""}
    table.peers[2].agree()
    engine.peer_held(LegId("c"), False)
    table.all_hear_all("abc")
    assert table.heard() == {"a": "bc", "b": "ac", "c": "ab"}


def test_a_leg_that_ends_leaves_the_matrix_and_the_last_one_the_conference() -> None:
    table = Table(3)
    engine = table.stage.engine
    table.all_hear_all("abc")
    engine.close(table.peers.pop().leg)
    assert table.heard() == {"a": "b", "b": "a"}
    assert engine.company(LegId("a")) == ("b",)
    assert engine.in_talk(LegId("a"))
    engine.close(table.peers.pop().leg)
    assert table.heard() == {"a": ""}
    assert (engine.conference_of(LegId("a")), engine.company(LegId("a"))) == (None, ())
    assert not engine.in_talk(LegId("a"))


def test_talk_and_keys_are_told_and_keys_are_not_heard_by_others() -> None:
    table = Table(3)
    table.all_hear_all("abc")
    table.run(300)
    assert {event.leg for event in table.stage.told(TalkStarted)} == {"a", "b", "c"}
    for peer in table.peers:
        table.hush(peer)
    table.run(800)
    assert {event.leg for event in table.stage.told(TalkStopped)} == {"a", "b", "c"}
    for peer in table.peers:
        peer.new()
    table.peers[0].press("5")
    assert [(event.leg, event.digit) for event in table.stage.told(DigitPressed)] == [("a", "5")]
    for peer in table.peers[1:]:
        assert all(set(packet.payload) <= {0xFF, 0xD5} for packet in peer.new())


def test_nobody_speaking_costs_a_packet_a_second() -> None:
    table = Table(3)
    for peer in table.peers:
        table.hush(peer)
    table.all_hear_all("abc")
    table.run(1_000)
    table.peers[0].new()
    table.run(5_000)
    assert 4 <= len(table.peers[0].new()) <= 6


def test_right_channel_holds_what_the_left_party_hears_and_no_whisper(tmp_path: Path) -> None:
    table = Table(3)
    path = record(table, tmp_path, "a", "b")
    table.stage.engine.bridge(LegId("a"), LegId("b"))
    table.run(1_000)
    table.mix("ab bac cab")  # c whispers to b
    table.run(1_000)
    table.all_hear_all("abc")
    table.run(1_000)
    table.mix("ab ba")
    table.run(1_000)
    table.stage.engine.bridge(LegId("a"), LegId("c"))
    table.stage.engine.move_recording(MoveRecording(recording=R, right=LegId("c")))
    table.run(1_000)
    left, right = recorded(table, path)
    assert len(left) == 5 * 8_000
    parts = [slice(at * 8_000 + 1_600, at * 8_000 + 7_200) for at in range(5)]
    assert [table.of(left[part]) for part in parts] == ["a"] * 5
    assert [table.of(right[part]) for part in parts] == ["b", "b", "bc", "b", "c"]


def test_moving_between_bridge_and_conference_keeps_the_recordings_time(tmp_path: Path) -> None:
    table = Table(3)
    for peer in table.peers:
        table.hush(peer)
    path = record(table, tmp_path, "a", "b")
    engine = table.stage.engine
    for turn in range(4):
        if turn % 2:
            table.all_hear_all("abc")
        else:
            engine.bridge(LegId("a"), LegId("b"))
        table.run(400)
        for peer in table.peers[:2]:
            peer.timestamp = (peer.timestamp + 8 * 400) & 0xFFFFFFFF
        table.speak(table.peers[0])
        table.speak(table.peers[1])
        table.run(400)
        for peer in table.peers[:2]:
            table.hush(peer)
        table.run(200)
        for peer in table.peers[:2]:
            peer.timestamp = (peer.timestamp + 8 * 200) & 0xFFFFFFFF
    left, right = recorded(table, path)
    for turn in range(4):
        for channel in (left, right):
            loud = [at for at in range(turn * 8_000, turn * 8_000 + 8_000) if (channel[at] & 0x7F) < 0x60]
            begin, end = loud[0] / 8 - turn * 1_000, loud[-1] / 8 - turn * 1_000
            assert 380 <= begin <= 480, (turn, begin)
            assert 780 <= end <= 900, (turn, end)


def test_comfort_noise_is_silence_to_everybody_and_keeps_the_relays_sequence(tmp_path: Path) -> None:
    table = Table(2)
    path = record(table, tmp_path, "a", "b")
    table.stage.engine.bridge(LegId("a"), LegId("b"))
    table.run(500)
    quiet = table.peers[1]
    table.hush(quiet)
    for step in range(25):
        if step % 10 == 0:
            data = quiet.packet(bytes((40,)), 13)
            table.stage.engine.receive_rtp(quiet.leg, data, quiet.address)
        table.run(20)
        quiet.timestamp = (quiet.timestamp + 160) & 0xFFFFFFFF
    table.speak(quiet)
    table.run(500)
    packets = table.peers[0].new()
    for one, other in itertools.pairwise(packets):
        assert steps16(other.sequence, one.sequence) == 1
    silent = [packet for packet in packets if packet.payload == b"\xff" * 160]
    assert len(silent) == 3
    assert [event.leg for event in table.stage.told(TalkStopped)] == ["b"]
    left, right = recorded(table, path)
    assert table.of(right[800:3_200]) == table.of(right[8_800:]) == "b"
    assert set(right[4_400:7_600]) == {0xFF}
    assert table.of(left) == "a"


def test_comfort_noise_in_a_conference_is_silence() -> None:
    table = Table(3)
    table.all_hear_all("abc")
    table.run(300)
    quiet = table.peers[2]
    table.hush(quiet)
    for _ in range(10):
        data = quiet.packet(bytes((20, 1, 2)), 13)
        table.stage.engine.receive_rtp(quiet.leg, data, quiet.address)
        quiet.timestamp = (quiet.timestamp + 1_600) & 0xFFFFFFFF
        table.run(200)
    assert table.heard() == {"a": "b", "b": "a", "c": "ab"}


def test_a_leg_of_g722_hears_and_is_heard() -> None:
    table = Table(3)
    wide = table.peers[2]
    host, port = wide.address
    table.stage.engine.agree(
        wide.leg,
        AgreedMedia(
            codec="G722",
            payload_type=9,
            digits_type=101,
            remote_host=host,
            remote_port=port,
            remote_rtcp_port=port + 1,
            rtcp_mux=False,
            direction="sendrecv",
        ),
    )
    encoder, decoder = CODECS["G722"].encoder, CODECS["G722"].decoder
    assert encoder is not None
    assert decoder is not None
    encode, decode = encoder(), decoder()
    frames = table.speech.pop(wide.leg)
    table.all_hear_all("abc")
    for _ in range(60):
        data = wide.packet(encode(next(frames)), 9)
        wide.timestamp = (wide.timestamp + 160) & 0xFFFFFFFF
        table.stage.engine.receive_rtp(wide.leg, data, wide.address)
        table.run(20)
    assert [table.of(audio(peer, peer.new())[-4_800:]) for peer in table.peers[:2]] == ["bc", "ac"]
    heard = b"".join(decode(packet.payload) for packet in wide.new() if packet.payload_type == 9)
    assert table.of(heard[-4_800:]) == "ab"


def test_a_report_is_a_sign_of_life() -> None:
    stage = Stage()
    peer = stage.peer("a")
    assert stage.engine.last_packet_ms(peer.leg) is None
    stage.engine.receive_rtcp(peer.leg, bytes(Report(ssrc=peer.ssrc)), peer.address)
    assert stage.engine.last_packet_ms(peer.leg) == stage.now
    stage.now += 5_000
    stage.engine.receive_rtcp(peer.leg, bytes(Report(ssrc=peer.ssrc)), ("192.0.2.99", 4001))
    assert stage.engine.last_packet_ms(peer.leg) == stage.now - 5_000
