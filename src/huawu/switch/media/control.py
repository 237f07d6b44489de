"""RTCP of one leg (RFC 3550 §6): whose reports are believed, and where ours go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from huawu.switch.media import rtcp
from huawu.switch.media.ports import Address
from huawu.switch.media.rtp import Malformed, is_rtcp

if TYPE_CHECKING:
    from huawu.switch.media.leg import Leg


def take(leg: Leg, data: bytes, address: Address) -> None:
    """A datagram on the RTCP port. Never raises."""
    try:
        if not is_rtcp(data):
            return
        now, target = leg.shared.now_ms(), leg.gate.target
        if leg.protection is not None:
            if target is None or address[0] != target[0]:
                leg.gate.strangers += 1
                return
            opened = leg.protection.open(data, now)
            if opened is None:
                return
            data = opened
        read(leg, data, address, now)
    except Exception:
        leg.trouble()


def read(leg: Leg, data: bytes, address: Address, now: int) -> None:
    """Believed from the host that RTP comes from (or is to come from), and from no other."""
    target = leg.gate.target
    if target is None or address[0] != target[0]:
        leg.gate.strangers += 1
        return
    try:
        packets = rtcp.parse_compound(data)
    except Malformed:
        leg.shared.malformed += 1
        return
    leg.rtcp_address = address
    leg.last_report_ms = now
    leg.reports.read(packets, leg.out.ssrc, now)


def send_report(leg: Leg, at_ms: int, *, bye: bool = False) -> None:
    """Send our report, with `bye` as the last; nothing when there is nowhere to send it to."""
    agreed, target = leg.agreed, leg.gate.target
    if agreed is None or target is None or leg.away:
        return
    compound = leg.reports.write(leg.out, leg.arrivals, at_ms, bye=bye)
    if agreed.rtcp_mux:
        leg.rtp.send(compound, target)
    elif leg.rtcp_address is not None and leg.rtcp_address[0] == target[0]:
        leg.rtcp.send(compound, leg.rtcp_address)
    elif target[0] == agreed.remote_host:
        leg.rtcp.send(compound, (agreed.remote_host, agreed.remote_rtcp_port))
    else:  # behind a NAT: its RTCP most likely leaves by the next port
        leg.rtcp.send(compound, (target[0], min(target[1] + 1, 65535)))
