"""The way of voice through a leg: relayed, recorded and listened to, with no question asked per packet
whose answer changes only with the call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from huawu.switch.media.ports import Address, Receive
from huawu.switch.media.protection import Protection
from huawu.switch.media.rtp import HEADER, PLAIN

if TYPE_CHECKING:
    from huawu.switch.media.leg import Leg

Carry = Callable[[int, int, int, int, bytes, int], None]
"""Takes a good packet of voice: kind, SSRC, sequence, timestamp, payload, when it came."""


def lay_carry(leg: Leg) -> Carry:
    """Where the leg's voice goes as things stand; to be laid anew when the leg or its listener changes."""
    listener = leg.listener
    if listener is not None:
        relay, send, gate = listener.out.relay, listener.rtp.send, listener.gate
        voice_type = listener.voice_type
        crosses = listener.codec is not leg.codec
        encode = listener.encode if crosses else None
    record = tuple(voice.hear for voice in leg.voices) if not leg.muted else ()
    hear = leg.talk_ear.hear if not (leg.muted or leg.held) else None
    alaw = leg.codec.name == "PCMA"
    hears_coded = leg.codec.name in ("PCMA", "PCMU")  # the ear knows both laws
    needs = bool(record) or (listener is not None and crosses) or (hear is not None and not hears_coded)
    decode = leg.decode if needs else None

    def carry(kind: int, ssrc: int, sequence: int, timestamp: int, payload: bytes, now: int) -> None:
        leg.last_voice_ms = now
        ulaw = payload if decode is None else decode(payload)
        if listener is not None:
            told = payload if not crosses else ulaw if encode is None else encode(ulaw)
            packet = relay(leg, voice_type | (kind & 0x80), ssrc, sequence, timestamp, told, now)
            if packet is not None:
                send(packet, gate.target)  # type: ignore[arg-type]
        for place in record:
            place(timestamp, ulaw, now)
        if hear is not None:
            fact = hear(payload if hears_coded else ulaw, alaw, now - (len(payload) >> 3))
            if fact is not None:
                leg.tell_talk(fact)

    return carry


def lay_receive(leg: Leg, carry: Carry) -> Receive:
    """What the leg's RTP port does with a datagram. Never raises.

    Nearly all are plain voice of the stream that is believed; whatever else comes is examined.
    """
    gate, arrivals, voice_type = leg.gate, leg.arrivals, leg.voice_type
    now_ms, unpack, note, examine = leg.shared.now_ms, HEADER.unpack_from, leg.arrivals.note, leg.examine

    def receive(data: bytes, address: Address) -> None:
        if address != gate.locked or len(data) <= 12:
            return examine(data, address)
        flags, kind, sequence, timestamp, ssrc = unpack(data)
        if kind != voice_type or flags != PLAIN or ssrc != arrivals.ssrc:
            return examine(data, address)
        try:
            leg.last_packet_ms = now = now_ms()
            if note(ssrc, sequence, timestamp, now):
                carry(kind, ssrc, sequence, timestamp, data[12:], now)
        except Exception:  # whatever a peer sends, the others' media goes on
            leg.trouble()

    return receive if leg.protection is None else _guard(leg, leg.protection, receive)


def _guard(leg: Leg, protection: Protection, receive: Receive) -> Receive:
    """SRTP's way in: what is not the peer's goes no further, and counts for nothing.

    While the believed source talks, others are turned away before their packets cost a decryption.
    """
    gate, now_ms, open_packet = leg.gate, leg.shared.now_ms, protection.open

    def guard(data: bytes, address: Address) -> None:
        try:
            now = now_ms()
            if address != gate.locked and gate.shut(address, now, leg.last_packet_ms):
                return
            plain = open_packet(data, now)
        except Exception:  # as above
            leg.trouble()
            return
        if plain is not None:
            receive(plain, address)

    return guard
