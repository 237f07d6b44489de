"""Legs under SRTP: heard, relayed and recorded as others are, and closed to who has no key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huawu.switch.media import rtcp
from huawu.switch.media.rtp import RtpPacket, is_rtcp
from huawu.switch.media.source import SILENT_MS
from huawu.switch.media.stream import OutStream
from huawu.switch.sip.sdes import Keys, Suite, fresh
from tests.support.srtp import Srtp
from tests.switch.media.fakes import LOUD, START_MS, Peer, Stage
from tests.switch.media.recordings import channels, pitch, start, talk

ELSEWHERE = ("203.0.113.99", 9_000)


class SecurePeer(Peer):
    """A phone that speaks SRTP, by an implementation of its own."""

    keys: Keys
    mouth: Srtp
    ear: Srtp

    def secure(self, keys: Keys | None = None, address: tuple[str, int] | None = None) -> None:
        """Agree on keys; those of before, where they are the same, go on."""
        known = getattr(self, "keys", None)
        suite: Suite = "AES_CM_128_HMAC_SHA1_80"
        keys = keys or Keys(ours=fresh(1, suite), theirs=fresh(1, suite))
        if known is None or known.theirs != keys.theirs:
            self.mouth = Srtp(keys.theirs.key)
        if known is None or known.ours != keys.ours:
            self.ear = Srtp(keys.ours.key)
        self.keys = keys
        self.agree(srtp=keys, address=address)

    def packet(self, payload: bytes, payload_type: int | None = None, *, marker: bool = False) -> bytes:
        return self.mouth.seal(super().packet(payload, payload_type, marker=marker))

    def heard(self) -> list[RtpPacket]:
        """What came since the last time this was asked, decrypted; raises when a tag is wrong."""
        sent = [data for data, _ in self.socket.sent if not is_rtcp(data)]
        self.socket.sent.clear()
        return [RtpPacket.parse(self.ear.open(data)) for data in sent]


def secure(stage: Stage, name: str) -> SecurePeer:
    peer = SecurePeer(stage, name, "PCMU", (f"198.51.100.{len(stage.peers) + 1}", 4_000), 101)
    stage.peers.append(peer)
    peer.secure()
    return peer


def protection(stage: Stage, peer: Peer) -> tuple[int, int]:
    """Packets refused as forged and as replayed."""
    found = stage.engine._legs[peer.leg].protection
    assert found is not None
    return found.forged, found.replayed


@pytest.mark.parametrize("both", [True, False])
def test_secure_and_plain_parties_hear_each_other_and_both_are_recorded(tmp_path: Path, both: bool) -> None:
    stage = Stage()
    a = secure(stage, "a")
    b = secure(stage, "b") if both else stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    start(stage, tmp_path / "r.wav")
    talk(stage, 2_000, a=500, b=900)
    stage.engine.close(a.leg)
    assert pitch(b"".join(packet.payload for packet in b.heard())) == 500
    assert pitch(b"".join(packet.payload for packet in a.heard())) == 900
    left, right = channels(tmp_path / "r.wav")
    assert (pitch(left), pitch(right)) == (500, 900)
    assert protection(stage, b) == (0, 0) if both else True


def test_nothing_of_a_secure_leg_goes_out_in_clear() -> None:
    stage = Stage()
    a = secure(stage, "a")
    a.voice = LOUD
    stage.engine.echo(a.leg)
    stage.run(10_000)
    assert all(LOUD not in data for data, _ in a.socket.sent + a.rtcp_socket.sent)
    reports = [data for data, _ in a.rtcp_socket.sent]
    assert reports
    for data in reports:
        assert isinstance(rtcp.parse_compound(a.ear.open_rtcp(data))[0], rtcp.Report)


def test_packets_without_the_key_are_dropped_counted_and_keep_nothing_alive() -> None:
    stage = Stage()
    a, b = secure(stage, "a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    a.say()
    heard_ms = stage.engine.last_packet_ms(a.leg)
    good = a.packet(LOUD)
    before = len(b.heard())
    stage.now += 5_000
    for data in (
        bytes(RtpPacket(payload_type=0, sequence=a.sequence, timestamp=0, ssrc=a.ssrc, payload=LOUD)),
        good[:-1] + bytes((good[-1] ^ 1,)),
        good[:12] + bytes((good[12] ^ 1,)) + good[13:],
        bytes(rtcp.Goodbye(ssrc=a.ssrc)),
    ):
        for source in (a.address, ELSEWHERE):
            stage.engine.receive_rtp(a.leg, data, source)
    assert protection(stage, a)[0] == 8
    assert stage.engine.last_packet_ms(a.leg) == heard_ms
    assert len(b.heard()) == before
    assert stage.engine._legs[a.leg].gate.locked == a.address


def test_forged_packets_are_told_in_the_log_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage()
    a = secure(stage, "a")
    for _ in range(60):
        stage.engine.receive_rtp(a.leg, Peer.packet(a, LOUD), a.address)
    stage.engine.close(a.leg)
    (record,) = [one for one in caplog.records if one.levelname == "WARNING"]
    assert vars(record)["forged"] == 60


def test_a_replayed_packet_is_heard_once() -> None:
    stage = Stage()
    a, b = secure(stage, "a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    data = a.packet(LOUD)
    for _ in range(3):
        stage.engine.receive_rtp(a.leg, data, a.address)
    assert len(b.heard()) == 1
    assert protection(stage, a) == (0, 2)


def test_reports_without_the_key_are_not_believed() -> None:
    stage = Stage()
    a = secure(stage, "a")
    a.say()
    leg = stage.engine._legs[a.leg]
    lost = rtcp.ReportBlock(
        ssrc=leg.out.ssrc, fraction_lost=128, lost=9, highest=1, jitter=0, last_sr=0, delay=0
    )
    report = bytes(rtcp.Report(ssrc=a.ssrc, blocks=(lost,)))
    place = (a.address[0], a.address[1] + 1)
    stage.engine.receive_rtcp(a.leg, report, place)
    stage.engine.receive_rtcp(a.leg, a.mouth.seal_rtcp(report), ELSEWHERE)
    assert leg.reports.peer_loss == 0
    stage.engine.receive_rtcp(a.leg, a.mouth.seal_rtcp(report), place)
    assert leg.reports.peer_loss == 0.5


def test_a_key_proves_a_peer_behind_nat_with_its_first_packet() -> None:
    stage = Stage()
    a = secure(stage, "a")
    for _ in range(20):
        stage.engine.receive_rtp(a.leg, bytes(200), ELSEWHERE)
    assert stage.engine._legs[a.leg].gate.target == a.address
    a.say(source=("203.0.113.7", 31_000))
    assert stage.engine._legs[a.leg].gate.target == ("203.0.113.7", 31_000)


def test_a_copied_packet_does_not_turn_our_voice_away_while_the_peer_talks() -> None:
    stage = Stage()
    a, b = secure(stage, "a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    a.say()
    copied = a.packet(LOUD)
    stage.engine.receive_rtp(a.leg, copied, ELSEWHERE)
    assert stage.engine._legs[a.leg].gate.target == a.address
    stage.engine.receive_rtp(a.leg, copied, a.address)  # the original is no replay
    assert len(b.heard()) == 2
    stage.now += SILENT_MS
    a.say(source=ELSEWHERE)
    assert stage.engine._legs[a.leg].gate.target == ELSEWHERE


def test_new_keys_in_mid_call_lose_no_packet_either_way() -> None:
    stage = Stage()
    a, b = secure(stage, "a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    a.voice = b.voice = LOUD
    stage.run(400)
    heard = a.heard()
    late = a.packet(LOUD)
    a.secure(Keys(ours=a.keys.ours, theirs=fresh(1, a.keys.theirs.suite)))
    stage.engine.receive_rtp(a.leg, late, a.address)
    stage.run(400)
    heard += a.heard()
    a.secure(Keys(ours=fresh(1, a.keys.ours.suite), theirs=fresh(1, a.keys.theirs.suite)))
    stage.run(400)
    assert len(b.heard()) == 61
    heard += a.heard()
    first = heard[0].sequence
    assert [packet.sequence for packet in heard] == [(first + step) & 0xFFFF for step in range(60)]
    assert len({packet.ssrc for packet in heard}) == 1
    assert protection(stage, a) == (0, 0)


def test_our_stream_goes_on_over_turns_of_the_sequence_and_changes_of_who_speaks() -> None:
    """What the relay feeds changes; the peer decrypts all of one SSRC, counting rollovers."""
    stage = Stage()
    a, b, c = secure(stage, "a"), stage.peer("b"), stage.peer("c")
    stage.engine._legs[a.leg].out.sequence = 65_450
    b.voice = c.voice = LOUD
    heard = []
    for speaker in (b, c, None, b):
        if speaker is not None:
            stage.engine.bridge(a.leg, speaker.leg)
        else:
            stage.engine.unbridge(a.leg)
        stage.run(1_000)
        heard += a.heard()
    assert len({packet.ssrc for packet in heard}) == 1
    assert len(heard) > 150
    assert a.ear.rollovers == 1


def test_a_peer_that_leaves_srtp_by_agreement_is_spoken_to_plainly() -> None:
    """The call control refuses this in mid-call; the media does as it is told."""
    stage = Stage()
    a = secure(stage, "a")
    a.agree()
    Peer.say(a)
    assert stage.engine._legs[a.leg].protection is None
    stage.engine.echo(a.leg)
    stage.engine.receive_rtp(a.leg, Peer.packet(a, LOUD), a.address)
    assert LOUD in a.socket.sent[-1][0]


def test_a_plain_leg_has_nothing_of_it() -> None:
    stage = Stage()
    peer = stage.peer("a")
    plain = stage.engine._legs[peer.leg]
    guarded = secure(stage, "b")
    peer.say()
    guarded.say()
    assert plain.protection is None
    assert plain.ports is not None
    assert plain.rtp is stage.network.sockets[plain.ports.rtp_port]
    assert "guard" not in repr(plain.receive)
    assert "guard" in repr(stage.engine._legs[guarded.leg].receive)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.sampled_from(["on", "lost", "swapped", "twice"]), max_size=120), st.integers(65_300, 65_535)
)
def test_whatever_the_network_does_what_is_relayed_decrypts(fates: list[str], first: int) -> None:
    """Law: the relay's own packets never make a stream that SRTP's index cannot follow."""
    stage = Stage()
    a, b = stage.peer("a"), secure(stage, "b")
    a.sequence = first
    stage.engine._legs[b.leg].out = OutStream()
    stage.engine._legs[b.leg].out.sequence = first
    stage.engine.bridge(a.leg, b.leg)
    kept: bytes | None = None
    for fate in fates:
        stage.now += 20
        data = a.packet(LOUD)
        arrives = {"on": [data], "lost": [], "swapped": [], "twice": [data, data]}[fate]
        if fate == "swapped" and kept is None:
            kept = data
        elif kept is not None:
            arrives.append(kept)
            kept = None
        for one in arrives:
            stage.engine.receive_rtp(a.leg, one, a.address)
    heard = b.heard()
    assert all(packet.payload == LOUD for packet in heard)
    assert stage.now >= START_MS
