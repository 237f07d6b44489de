"""Whose RTP we believe: one source a leg, learned once, so that strangers are neither heard nor answered.

The rule, per packet that looks like agreed audio:

1. From exactly the signalled address: believed at once and locked, even in place of another that was quicker.
2. Nobody locked yet: another address is locked after a probation, which is not heard: from the signalled host
   two packets in sequence; from the host that SIP comes from (the peer sits behind a NAT) `PROBATION` over
   `SPAN_MS`; from any other `LONG_PROBATION` over `LONG_SPAN_MS`. Those are for peers whose signalled host is
   silent: one packet of its own ends them.
3. Locked: only that address is believed. When it was silent for `SILENT_MS` while it should send, another may
   take its place by probation if it goes on with the same SSRC (a NAT gave the peer another port), or is of
   the same host. Who knows neither has no way in.
4. A re-INVITE that changes the signalled address undoes the lock. What is still under way from the address
   that was left does not lock it again for `LEAVING_MS`.
5. A packet that is proven by its key (SRTP) needs no probation where one would be needed.

What we send goes to the locked address, before that to the signalled one. Nobody can tell apart from the
peer who forges its very address and knows its SSRC: that takes SRTP.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache

from huawu.switch.media.ports import Address

PROBATION = 5
"""Packets in sequence that the host of the peer's SIP must send before it is believed."""
SPAN_MS = 60
LONG_PROBATION = 15
"""And any other host."""
LONG_SPAN_MS = 250
PROBATION_SAME_HOST = 2
SILENT_MS = 2_000
LEAVING_MS = 500
_CANDIDATES = 4
_STALE_MS = 500


@lru_cache(maxsize=4_096)
def _unicast(host: str) -> str:
    """The address as sockets print it; "" when it is none that a peer can have."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ""
    return "" if address.is_unspecified or address.is_multicast else str(address)


@dataclass(slots=True)
class _Candidate:
    ssrc: int
    sequence: int
    run: int
    began_ms: int
    seen_ms: int


class SourceGate:
    """The learning rule of one leg. `locked` is the believed address; compare with it first."""

    __slots__ = (
        "_agreed_ms",
        "_candidates",
        "_left",
        "_left_ms",
        "_signalled",
        "kin",
        "locked",
        "sends",
        "ssrc",
        "strangers",
        "target",
    )

    def __init__(self) -> None:
        self._signalled: tuple[str, int] | None = None
        self._candidates: dict[Address, _Candidate] = {}
        self._left: Address | None = None
        self._left_ms = 0
        self._agreed_ms = 0
        self.kin = ""
        """The host that the peer's SIP comes from."""
        self.locked: Address | None = None
        self.ssrc: int | None = None
        """Of the stream that is believed."""
        self.sends = True
        """Whether the peer should send; where it need not, its silence proves nothing."""
        self.target: Address | None = None
        """Where to send; None = nowhere known."""
        self.strangers = 0
        """Packets refused so far."""

    def signal(self, host: str, port: int, at_ms: int = 0) -> None:
        """The peer's session description names this address; a changed one undoes the lock.

        A held peer's 0.0.0.0 (RFC 2543) names no address: the lock stays, for it may resume. Nor does what is
        no unicast IP address; a name is never looked up here.
        """
        host = _unicast(host)
        self._agreed_ms = at_ms
        if port == 0 or not host:
            if self.locked is None:
                self.target = None
            return
        if (host, port) == self._signalled:
            self.target = self.locked or (host, port)
            return
        self._signalled = (host, port)
        self._candidates.clear()
        self._left, self._left_ms = self.locked, at_ms
        self.locked = None
        self.target = (host, port)

    def follow(self, address: Address | None) -> None:
        """Another rule than ours (ICE) says where the peer is; None = nowhere for now."""
        self.locked = self.target = address

    def shut(self, address: Address, at_ms: int, heard_ms: int) -> bool:
        """Whether a packet from an address that is not `locked` need not be looked at; it is counted then."""
        if (
            self.locked is None
            or (self.sends and at_ms - max(heard_ms, self._agreed_ms) >= SILENT_MS)
            or address[:2] == self._signalled
        ):
            return False
        self.strangers += 1
        return True

    def admit(
        self, address: Address, ssrc: int, sequence: int, at_ms: int, heard_ms: int, *, proven: bool = False
    ) -> bool:
        """Judge a packet from an address that is not `locked`; `heard_ms` is when that was last heard."""
        if self.shut(address, at_ms, heard_ms):
            return False
        proven = proven and self._signalled is not None and not self._leaves(address, at_ms)
        if proven or address[:2] == self._signalled:
            return self._lock(address, ssrc)
        if self._passes(address, ssrc, sequence, at_ms):
            return self._lock(address, ssrc)
        self.strangers += 1
        return False

    def _leaves(self, address: Address, at_ms: int) -> bool:
        return address == self._left and at_ms - self._left_ms < LEAVING_MS

    def _passes(self, address: Address, ssrc: int, sequence: int, at_ms: int) -> bool:
        """Whether this packet ends an address's probation."""
        signalled = self._signalled
        if signalled is None or self._leaves(address, at_ms):
            return False
        same_host = address[0] == signalled[0]
        if self.locked is not None and ssrc != self.ssrc and address[0] not in (signalled[0], self.locked[0]):
            return False
        candidate = self._candidates.get(address)
        if candidate is None or candidate.ssrc != ssrc or sequence != (candidate.sequence + 1) & 0xFFFF:
            if candidate is None and not self._room(at_ms, same_host=same_host):
                return False
            candidate = self._candidates[address] = _Candidate(ssrc, sequence, 0, at_ms, at_ms)
        candidate.sequence = sequence
        candidate.run += 1
        candidate.seen_ms = at_ms
        if same_host:
            return candidate.run >= PROBATION_SAME_HOST
        near = address[0] == self.kin or self.locked is not None
        run, span_ms = (PROBATION, SPAN_MS) if near else (LONG_PROBATION, LONG_SPAN_MS)
        return (
            candidate.run >= run
            and at_ms - candidate.began_ms >= span_ms
            and not any(known[0] == signalled[0] for known in self._candidates)
        )

    def _lock(self, address: Address, ssrc: int) -> bool:
        self.locked = self.target = address
        self.ssrc = ssrc
        self._candidates.clear()
        return True

    def _room(self, at_ms: int, *, same_host: bool) -> bool:
        """A flood from many addresses must not push out the one on probation, nor grow the table."""
        if len(self._candidates) < _CANDIDATES:
            return True
        oldest = min(self._candidates, key=lambda known: self._candidates[known].seen_ms)
        if not same_host and at_ms - self._candidates[oldest].seen_ms < _STALE_MS:
            return False
        del self._candidates[oldest]
        return True
