"""What strangers can do to the audio of a plain call: each attempt, and its verdict (docs/security.md)."""

from __future__ import annotations

import pytest

from huawu.switch.media import rtcp
from huawu.switch.media.leg import STREAM_ENDS_MS
from huawu.switch.media.rtp import RtpPacket, is_rtcp
from huawu.switch.media.source import LEAVING_MS, LONG_PROBATION, PROBATION, SILENT_MS
from tests.switch.media.fakes import LOUD, Peer, Stage

NAT = ("203.0.113.7", 31_000)
NAT_ANEW = ("203.0.113.7", 40_404)
ROAMED = ("203.0.113.200", 5_004)
STRANGER = ("192.0.2.66", 5_000)
NOISE = b"\x01" * 160


def attack(
    stage: Stage,
    victim: Peer,
    count: int = 1,
    *,
    source: tuple[str, int] = STRANGER,
    ssrc: int = 0xBAD,
    sequence: int = 1,
    every_ms: int = 20,
) -> None:
    """Packets in sequence from a stranger."""
    for index in range(count):
        stage.now += every_ms
        data = RtpPacket(
            payload_type=0,
            sequence=(sequence + index) & 0xFFFF,
            timestamp=160 * index,
            ssrc=ssrc,
            payload=NOISE,
        )
        stage.engine.receive_rtp(victim.leg, bytes(data), source)


def called(name: str = "a", *, sip_host: str = "") -> tuple[Stage, Peer, Peer]:
    """A victim in a call with `b`, both agreed, nothing sent yet."""
    stage = Stage()
    a, b = stage.peer(name), stage.peer("b")
    stage.engine._legs[a.leg].gate.kin = sip_host
    stage.engine.bridge(a.leg, b.leg)
    return stage, a, b


def talking() -> tuple[Stage, Peer, Peer]:
    stage, a, b = called()
    for _ in range(10):
        stage.now += 20
        a.say()
        b.say()
    return stage, a, b


def answered_at(stage: Stage, victim: Peer) -> object:
    return stage.engine._legs[victim.leg].gate.target


def injected(listener: Peer) -> int:
    return sum(packet.payload == NOISE for packet in listener.heard())


def test_a_burst_before_the_first_packet_does_not_win_the_call() -> None:
    stage, a, b = called()
    attack(stage, a, 200, every_ms=1)
    assert answered_at(stage, a) == a.address
    a.say()
    attack(stage, a, 50)
    assert (answered_at(stage, a), injected(b)) == (a.address, 0)


def test_who_was_quicker_than_the_phone_is_out_with_the_phones_first_packet() -> None:
    stage, a, b = called()
    attack(stage, a, 50)
    assert answered_at(stage, a) == STRANGER
    a.say()
    before = injected(b)
    attack(stage, a, 50)
    assert (answered_at(stage, a), injected(b)) == (a.address, before)
    assert stage.engine.last_packet_ms(a.leg) is not None


def test_a_phone_behind_nat_is_known_by_its_sip_sooner_than_any_stranger() -> None:
    stage, a, b = called(sip_host=NAT[0])
    for _ in range(PROBATION):
        attack(stage, a, 1, sequence=stage.now // 20 & 0xFFFF)
        a.say(source=NAT)
    assert answered_at(stage, a) == NAT
    attack(stage, a, LONG_PROBATION * 2)
    assert (answered_at(stage, a), injected(b)) == (NAT, 0)


@pytest.mark.parametrize("host", ["192.0.2.66", "198.51.100.1"])
def test_in_mid_call_even_the_right_ssrc_and_sequence_from_elsewhere_are_refused(host: str) -> None:
    stage, a, b = talking()
    for step in range(1, 40):
        attack(stage, a, 1, source=(host, 7_777), ssrc=a.ssrc, sequence=a.sequence + step, every_ms=0)
        stage.now += 20
        a.say()
    assert (answered_at(stage, a), injected(b)) == (a.address, 0)
    assert stage.engine.strangers(a.leg) == 39


def test_who_forges_the_address_but_not_the_ssrc_is_not_heard_while_the_phone_talks() -> None:
    stage, a, b = talking()
    heard = len(b.heard())
    for _ in range(30):
        attack(stage, a, 3, source=a.address, every_ms=5)
        stage.now += 5
        a.say()
    assert injected(b) == 0
    assert len(b.heard()) == heard + 30


def test_our_own_packets_sent_back_to_us_by_a_stranger_are_refused() -> None:
    stage, a, b = talking()
    for data, _ in list(a.socket.sent):
        stage.engine.receive_rtp(a.leg, data, STRANGER)
    assert stage.engine.strangers(a.leg) == len(a.socket.sent)
    assert len(b.heard()) == 10


def test_an_attack_is_told_in_the_log_at_the_end_and_a_stray_packet_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage, a, b = talking()
    attack(stage, b, 3)
    for _ in range(60):
        attack(stage, a, 1, every_ms=0)
    for peer in (a, b):
        stage.engine.close(peer.leg)
    (record,) = [one for one in caplog.records if one.levelname == "WARNING"]
    assert vars(record)["leg"] == "a"
    assert (vars(record)["strangers"], vars(record)["forged"]) == (60, 0)


def test_a_packet_of_the_phone_repeated_is_heard_once() -> None:
    stage, a, b = talking()
    data = a.packet(NOISE)
    for _ in range(5):
        stage.engine.receive_rtp(a.leg, data, a.address)
    assert injected(b) == 1


def test_forged_reports_and_goodbyes_change_nothing() -> None:
    stage, a, b = talking()
    leg = stage.engine._legs[a.leg]
    lost = rtcp.ReportBlock(
        ssrc=leg.out.ssrc, fraction_lost=255, lost=99, highest=1, jitter=9, last_sr=0, delay=0
    )
    sender = rtcp.SenderFacts(ntp=1, timestamp=1, packets=1, octets=1)
    forged = bytes(rtcp.Report(ssrc=a.ssrc, sender=sender, blocks=(lost,))) + bytes(rtcp.Goodbye(ssrc=a.ssrc))
    stage.engine.receive_rtcp(a.leg, forged, STRANGER)
    stage.engine.receive_rtp(a.leg, forged, STRANGER)
    assert leg.reports.peer_loss == 0
    assert leg.rtcp_address is None
    stage.engine.receive_rtcp(a.leg, bytes(rtcp.Goodbye(ssrc=a.ssrc)), (a.address[0], a.address[1] + 1))
    a.say()
    assert len(b.heard()) == 11  # a goodbye ends nothing: SIP's BYE does


def test_a_peer_moved_by_re_invite_is_believed_at_once_and_not_pulled_back() -> None:
    stage, a, b = talking()
    a.agree(address=ROAMED)
    stage.now += 20
    a.say(source=ROAMED)
    for _ in range(LEAVING_MS // 20):
        stage.now += 20
        a.say(source=a.address)  # still under way, or the old gateway still sends
    assert answered_at(stage, a) == ROAMED
    assert len(b.heard()) == 11


def test_what_is_under_way_from_the_old_address_does_not_hold_up_a_move() -> None:
    stage, a, _ = talking()
    moved = (a.address[0], 4_444)
    a.agree(address=moved)
    for _ in range(5):
        stage.now += 20
        a.say(source=a.address)
    assert answered_at(stage, a) == moved
    a.say(source=moved)
    assert stage.engine._legs[a.leg].gate.locked == moved


@pytest.mark.parametrize("anew", [NAT_ANEW, ROAMED])
def test_a_peer_whose_nat_changed_after_silence_is_found_again(anew: tuple[str, int]) -> None:
    stage, a, _ = called(sip_host=NAT[0])
    for _ in range(10):
        stage.now += 20
        a.say(source=NAT)
    stage.now += SILENT_MS
    for _ in range(PROBATION):
        stage.now += 20
        a.say(source=anew)
    assert answered_at(stage, a) == anew


def test_after_silence_a_stranger_without_the_ssrc_has_no_way_in() -> None:
    stage, a, b = talking()
    stage.now += 10 * SILENT_MS
    attack(stage, a, 100)
    assert (answered_at(stage, a), injected(b)) == (a.address, 0)
    heard_ms = stage.engine.last_packet_ms(a.leg)
    assert heard_ms is not None
    assert heard_ms < stage.now - 10 * SILENT_MS  # nor does it keep a dead call alive


def test_while_the_peer_holds_its_silence_opens_nothing() -> None:
    stage, a, _ = talking()
    a.agree("recvonly")
    stage.now += 60_000
    attack(stage, a, 50, ssrc=a.ssrc, sequence=a.sequence)
    assert answered_at(stage, a) == a.address
    a.agree("sendrecv")
    attack(stage, a, 50, ssrc=a.ssrc, sequence=a.sequence)  # for `SILENT_MS` after it, the phone has its turn
    assert answered_at(stage, a) == a.address


def test_a_phone_that_begins_a_new_stream_is_heard_after_a_short_break() -> None:
    stage, a, b = talking()
    a.ssrc, a.sequence = 0xABC, 9
    for _ in range(10):
        stage.now += 20
        a.say(NOISE)
    assert injected(b) == 10 - STREAM_ENDS_MS // 20 + 1


def test_a_peer_with_our_ssrc_makes_us_change_it_once() -> None:
    """RFC 3550 §8.2: a collision."""
    stage, a, b = called()
    b.say()
    ours = a.heard()[0].ssrc
    a.ssrc = ours
    a.say()
    stage.now += 20
    b.say()
    assert len(b.heard()) == 1
    assert a.heard()[-1].ssrc != ours
    goodbyes = [
        packet for data, _ in a.rtcp_socket.sent for packet in rtcp.parse_compound(data)
        if isinstance(packet, rtcp.Goodbye)
    ]  # fmt: skip
    assert [packet.ssrc for packet in goodbyes] == [ours]
    sequences = [packet.sequence for packet in a.heard()]
    assert (sequences[-1] - sequences[0]) & 0xFFFF == 1


def test_a_peer_that_sends_back_what_we_send_is_a_loop_and_is_not_heard() -> None:
    stage, a, b = called()
    for _ in range(50):
        stage.now += 20
        b.say(NOISE)
        data = next(sent for sent, _ in reversed(a.socket.sent) if not is_rtcp(sent))
        stage.engine.receive_rtp(a.leg, data, a.address)
    leg = stage.engine._legs[a.leg]
    assert leg.looped > 40
    assert injected(b) <= 2
    assert len({packet.ssrc for packet in a.heard()}) == 2
    stage.now += STREAM_ENDS_MS
    a.say(LOUD)
    assert b.heard()[-1].payload == LOUD
