"""The way of voice through a leg: relayed, recorded and listened to, with no question asked per packet
whose answer changes only with the call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from huawu.switch.media.g711 import ALAW_TO_ULAW
from huawu.switch.media.ports import Address, Receive
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
        voice_type, table = listener.voice_type, leg.listener_table
    alaw = leg.alaw
    record = tuple(voice.hear for voice in leg.voices) if not leg.muted else ()
    hear = leg.talk_ear.hear if not (leg.muted or leg.held) else None

    def carry(kind: int, ssrc: int, sequence: int, timestamp: int, payload: bytes, now: int) -> None:
        leg.last_voice_ms = now
        if listener is not None:
            told = payload if table is None else payload.translate(table)
            packet = relay(leg, voice_type | (kind & 0x80), ssrc, sequence, timestamp, told, now)
            if packet is not None:
                send(packet, gate.target)  # type: ignore[arg-type]
        if record:
            ulaw = payload.translate(ALAW_TO_ULAW) if alaw else payload
            for place in record:
                place(timestamp, ulaw, now)
        if hear is not None:
            fact = hear(payload, alaw, now - (len(payload) >> 3))
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

    return receive
