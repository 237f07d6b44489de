"""The RTCP side of one leg: reports of ours every five seconds, and what the peer's say of our stream."""

from __future__ import annotations

import random

from huawu.switch.media import rtcp
from huawu.switch.media.quality import Arrivals
from huawu.switch.media.stream import OutStream

EVERY_MS = 5_000


class Reports:
    """Sender and receiver reports. `peer_loss` (share) and `round_trip_ms` are the peer's last word."""

    __slots__ = (
        "_cname",
        "_expected",
        "_last_sr",
        "_last_sr_ms",
        "_received",
        "_sent",
        "due_ms",
        "peer_loss",
        "round_trip_ms",
    )

    def __init__(self, cname: str, at_ms: int) -> None:
        self._cname = cname
        self._expected = 0
        self._received = 0
        self._sent = 0
        self._last_sr = 0
        self._last_sr_ms = 0
        self.peer_loss = 0.0
        self.round_trip_ms = 0.0
        self.due_ms = at_ms + self._interval()

    @staticmethod
    def _interval() -> int:
        return int(EVERY_MS * random.uniform(0.5, 1.5))  # RFC 3550 §6.3.1

    def write(self, out: OutStream, arrivals: Arrivals, at_ms: int, *, bye: bool = False) -> bytes:
        """The compound that is due; the next is due an interval later."""
        self.due_ms = at_ms + self._interval()
        sender = None
        if out.packets != self._sent:
            self._sent = out.packets
            timestamp = (out.next_timestamp + max(0, at_ms - out.last_at_ms - 20) * 8) & 0xFFFFFFFF
            sender = rtcp.SenderFacts(
                ntp=rtcp.ntp_time(at_ms),
                timestamp=timestamp,
                packets=out.packets & 0xFFFFFFFF,
                octets=out.octets & 0xFFFFFFFF,
            )
        blocks: tuple[rtcp.ReportBlock, ...] = ()
        if arrivals.ssrc is not None:
            blocks = (self._block(arrivals.ssrc, arrivals, at_ms),)
        compound = bytes(rtcp.Report(ssrc=out.ssrc, sender=sender, blocks=blocks))
        compound += bytes(rtcp.Names(ssrc=out.ssrc, cname=self._cname))
        return compound + bytes(rtcp.Goodbye(ssrc=out.ssrc)) if bye else compound

    def _block(self, ssrc: int, arrivals: Arrivals, at_ms: int) -> rtcp.ReportBlock:
        expected = arrivals.expected - self._expected
        lost = expected - (arrivals.received - self._received)
        self._expected, self._received = arrivals.expected, arrivals.received
        return rtcp.ReportBlock(
            ssrc=ssrc,
            fraction_lost=min(lost * 256 // expected, 255) if expected > 0 and lost > 0 else 0,
            lost=max(-0x800000, min(arrivals.lost, 0x7FFFFF)),
            highest=arrivals.extended_highest,
            jitter=int(arrivals.jitter),
            last_sr=self._last_sr,
            delay=(at_ms - self._last_sr_ms) * 65536 // 1000 & 0xFFFFFFFF if self._last_sr else 0,
        )

    def read(self, packets: list[rtcp.RtcpPacket], our_ssrc: int, at_ms: int) -> None:
        for packet in packets:
            if not isinstance(packet, rtcp.Report):
                continue
            if packet.sender is not None:
                self._last_sr = rtcp.middle(packet.sender.ntp)
                self._last_sr_ms = at_ms
            for block in packet.blocks:
                if block.ssrc != our_ssrc:
                    continue
                self.peer_loss = block.fraction_lost / 256
                trip = rtcp.round_trip_ms(block, at_ms)
                if trip is not None:
                    self.round_trip_ms = trip
