"""RTCP compounds (RFC 3550 §6): sender and receiver reports, CNAME, BYE."""

from __future__ import annotations

import struct

import msgspec

from huawu.switch.media.rtp import Malformed

SR, RR, SDES, BYE = 200, 201, 202, 203
_HEAD = struct.Struct("!BBHI")
_BLOCK = struct.Struct("!IIIIII")
_SENDER = struct.Struct("!QIII")
_UNIX_TO_NTP_S = 2_208_988_800


class ReportBlock(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one receiver says of one source (§6.4.1)."""

    ssrc: int
    fraction_lost: int  # of 256, since the last report
    lost: int  # in all; 24 bits, signed
    highest: int  # extended sequence number
    jitter: int  # in timestamp units
    last_sr: int  # middle 32 bits of the NTP time of the last SR, 0 = none
    delay: int  # since that SR, in 1/65536 s


class SenderFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The sender's part of an SR."""

    ntp: int  # 64 bits
    timestamp: int
    packets: int
    octets: int


class Report(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An SR when `sender` is there, else an RR."""

    ssrc: int
    sender: SenderFacts | None = None
    blocks: tuple[ReportBlock, ...] = ()

    def __bytes__(self) -> bytes:
        body = b""
        if self.sender is not None:
            facts = self.sender
            body = _SENDER.pack(facts.ntp, facts.timestamp, facts.packets, facts.octets)
        for block in self.blocks:
            shares = block.fraction_lost << 24 | block.lost & 0xFFFFFF
            body += _BLOCK.pack(block.ssrc, shares, block.highest, block.jitter, block.last_sr, block.delay)
        return _print(RR if self.sender is None else SR, len(self.blocks), self.ssrc, body)


class Names(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An SDES packet with one chunk: who owns this SSRC."""

    ssrc: int
    cname: str  # at most 255 octets in UTF-8

    def __bytes__(self) -> bytes:
        text = self.cname.encode()
        item = bytes((1, len(text))) + text
        return _print(SDES, 1, self.ssrc, item + bytes(4 - len(item) % 4))


class Goodbye(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A BYE for one source; the reason, if any, is not kept."""

    ssrc: int

    def __bytes__(self) -> bytes:
        return _print(BYE, 1, self.ssrc, b"")


RtcpPacket = Report | Names | Goodbye


def parse_compound(data: bytes) -> list[RtcpPacket]:
    """The packets of a compound that we know; others are skipped. Raises Malformed."""
    packets: list[RtcpPacket] = []
    at = 0
    if not data:
        raise Malformed("empty")
    while at < len(data):
        if len(data) - at < 4:
            raise Malformed("cut off")
        flags, kind = data[at], data[at + 1]
        end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
        if flags >> 6 != 2 or end > len(data):
            raise Malformed("wrong version or length")
        if end - at >= 8:
            ssrc = int.from_bytes(data[at + 4 : at + 8], "big")
            body = data[at + 8 : end]
            if kind in (SR, RR):
                packets.append(_parse_report(kind, flags & 0x1F, ssrc, body))
            elif kind == SDES and flags & 0x1F:
                name = _parse_names(ssrc, body)
                if name is not None:
                    packets.append(name)
            elif kind == BYE and flags & 0x1F:
                packets.append(Goodbye(ssrc=ssrc))
        at = end
    return packets


def _parse_report(kind: int, count: int, ssrc: int, body: bytes) -> Report:
    sender, at = None, 0
    if kind == SR:
        if len(body) < _SENDER.size:
            raise Malformed("sender report cut off")
        ntp, timestamp, sent, octets = _SENDER.unpack_from(body)
        sender, at = SenderFacts(ntp=ntp, timestamp=timestamp, packets=sent, octets=octets), _SENDER.size
    if len(body) < at + count * _BLOCK.size:
        raise Malformed("report blocks cut off")
    blocks = []
    for index in range(count):
        source, shares, highest, jitter, last_sr, delay = _BLOCK.unpack_from(body, at + index * _BLOCK.size)
        lost = shares & 0xFFFFFF
        blocks.append(
            ReportBlock(
                ssrc=source,
                fraction_lost=shares >> 24,
                lost=lost - 0x1000000 if lost & 0x800000 else lost,
                highest=highest,
                jitter=jitter,
                last_sr=last_sr,
                delay=delay,
            )
        )
    return Report(ssrc=ssrc, sender=sender, blocks=tuple(blocks))


def _parse_names(ssrc: int, body: bytes) -> Names | None:
    at = 0
    while at + 1 < len(body) and body[at] != 0:
        end = at + 2 + body[at + 1]
        if end > len(body):
            raise Malformed("name cut off")
        if body[at] == 1:
            return Names(ssrc=ssrc, cname=body[at + 2 : end].decode(errors="replace"))
        at = end
    return None


def _print(kind: int, count: int, ssrc: int, body: bytes) -> bytes:
    return _HEAD.pack(0x80 | count, kind, 1 + len(body) // 4, ssrc) + body


def ntp_time(at_ms: int) -> int:
    """Unix milliseconds as the 64-bit NTP format of §4."""
    return ((at_ms // 1000 + _UNIX_TO_NTP_S) << 32) | ((at_ms % 1000 << 32) // 1000)


def middle(ntp: int) -> int:
    """The 32 bits of an NTP time that LSR and the round trip are told in."""
    return ntp >> 16 & 0xFFFFFFFF


def round_trip_ms(block: ReportBlock, at_ms: int) -> float | None:
    """§6.4.1: arrival − LSR − DLSR; None when the peer has had no SR of ours or the sum makes no sense."""
    if block.last_sr == 0:
        return None
    units = (middle(ntp_time(at_ms)) - block.last_sr - block.delay) & 0xFFFFFFFF
    if units >= 0x80000000:  # a rounding below zero
        return 0.0 if units >= 0xFFFFFE00 else None
    trip = units * 1000 / 65536
    return trip if trip < 30_000 else None
