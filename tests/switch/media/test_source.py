from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from huawu.switch.media.source import PROBATION, SILENT_MS, SourceGate
from tests.switch.media.fakes import Stage

PEER = ("203.0.113.5", 4000)
OTHER_PORT = ("203.0.113.5", 4900)
NAT = ("198.51.100.7", 31_000)
STRANGER = ("192.0.2.66", 5000)


def opened() -> SourceGate:
    gate = SourceGate()
    gate.kin = NAT[0]
    gate.signal(*PEER)
    return gate


def offer(
    gate: SourceGate, address: tuple[str, int], count: int, at_ms: int = 0, heard_ms: int = 0
) -> list[bool]:
    return [gate.admit(address, 7, 100 + index, at_ms + 20 * index, heard_ms) for index in range(count)]


def test_the_signalled_address_is_believed_at_once() -> None:
    gate = opened()
    assert gate.admit(PEER, 7, 100, 0, 0)
    assert gate.locked == gate.target == PEER


def test_before_any_packet_we_send_to_the_signalled_address() -> None:
    assert opened().target == PEER


def test_another_port_of_the_same_host_needs_two_in_sequence() -> None:
    assert offer(opened(), OTHER_PORT, 2) == [False, True]


def test_a_peer_behind_nat_is_learned_after_probation_and_answered_there() -> None:
    gate = opened()
    assert offer(gate, NAT, PROBATION) == [False] * (PROBATION - 1) + [True]
    assert gate.target == NAT
    assert gate.strangers == PROBATION - 1


def test_probation_starts_again_when_the_sequence_breaks() -> None:
    gate = opened()
    offer(gate, NAT, PROBATION - 1)
    assert not gate.admit(NAT, 7, 500, 100, 0)
    assert gate.locked is None


def test_a_stranger_cannot_win_while_the_signalled_host_sends() -> None:
    gate = opened()
    assert not gate.admit(OTHER_PORT, 9, 1, 0, 0)
    assert offer(gate, STRANGER, 50) == [False] * 50
    assert gate.admit(OTHER_PORT, 9, 2, 20, 0)


def test_a_flood_from_many_addresses_does_not_push_out_the_one_on_probation() -> None:
    gate = opened()
    for index in range(PROBATION):
        told = gate.admit(NAT, 7, 100 + index, 20 * index, 0)
        for host in range(200):
            gate.admit((f"10.1.{index}.{host}", 9), host, host, 20 * index + 1, 0)
    assert told
    assert gate.locked == NAT


def test_another_source_takes_over_only_after_silence_and_probation() -> None:
    gate = opened()
    gate.admit(PEER, 7, 1, 0, 0)
    assert not any(offer(gate, NAT, 20, at_ms=SILENT_MS - 401, heard_ms=0))
    assert gate.locked == PEER
    assert offer(gate, NAT, PROBATION, at_ms=SILENT_MS, heard_ms=0)[-1]
    assert gate.locked == NAT


def test_a_changed_address_in_a_re_invite_undoes_the_lock() -> None:
    gate = opened()
    gate.admit(PEER, 7, 1, 0, 0)
    gate.signal(*PEER)
    assert gate.locked == PEER
    gate.signal(*NAT)
    assert gate.target == NAT
    assert gate.admit(NAT, 8, 1, 20, 0)


def test_a_hold_without_address_keeps_the_lock() -> None:
    gate = opened()
    gate.admit(PEER, 7, 1, 0, 0)
    gate.signal("0.0.0.0", 4000)
    assert gate.locked == PEER


def test_no_name_and_no_group_is_ever_sent_to() -> None:
    for host in ("peer.example", "224.0.0.1", "::", "ff02::1", ""):
        gate = SourceGate()
        gate.signal(host, 4000)
        assert gate.target is None
        assert not any(offer(gate, STRANGER, 20))


def test_ipv6_is_compared_as_sockets_print_it() -> None:
    gate = SourceGate()
    gate.signal("2001:DB8:0::5", 4000)
    assert gate.admit(("2001:db8::5", 4000, 0, 0), 7, 1, 0, 0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 65535)), max_size=80))
def test_strangers_are_never_heard_nor_answered_once_a_peer_is_known(
    packets: list[tuple[bool, int, int]],
) -> None:
    """The stranger law: while the peer talks, no packet of another is relayed, or changes where we send."""
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    a.say()
    b.say()
    own = refused = 0
    for mine, host, _sequence in packets:
        stage.now += 5
        if mine:
            a.say()
            own += 1
        else:
            before = a.sequence, a.timestamp
            a.say(b"\x00" * 160, source=(f"192.0.2.{host}", 4000))
            a.sequence, a.timestamp = before
            refused += 1
    assert len(b.heard()) == own + 1
    assert all(packet.payload != b"\x00" * 160 for packet in b.heard())
    assert {to for _, to in a.socket.sent} == {a.address}
    assert stage.engine.strangers(a.leg) == refused
