"""Whose RTP we believe: one source a leg, learned once, so that strangers are neither heard nor answered.

The rule, per packet that looks like agreed audio:

1. From exactly the signalled address: believed at once, and locked.
2. Nobody locked yet: from the signalled host but another port, two packets in sequence from one
   address and SSRC lock it; from another host (the peer sits behind a NAT) `PROBATION` in sequence, while
   nothing came from the signalled host. The packets on probation are not heard.
3. Locked: only that address is believed. Another may take its place when the locked one was silent
   for `SILENT_MS`, by the same probation, or after a re-INVITE that changed the signalled address. What is
   still under way from the address that was left does not lock it again for `LEAVING_MS`.
4. A packet that is proven by its key (SRTP) needs no probation where one would be needed.

What we send goes to the locked address, before that to the signalled one.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache

from huawu.switch.media.ports import Address

PROBATION = 5
"""Packets in sequence that an unknown host must send before it is believed."""
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
    seen_ms: int


class SourceGate:
    """The learning rule of one leg. `locked` is the believed address; compare with it first."""

    __slots__ = ("_candidates", "_left", "_left_ms", "_signalled", "locked", "strangers", "target")

    def __init__(self) -> None:
        self._signalled: tuple[str, int] | None = None
        self._candidates: dict[Address, _Candidate] = {}
        self._left: Address | None = None
        self._left_ms = 0
        self.locked: Address | None = None
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

    def admit(
        self, address: Address, ssrc: int, sequence: int, at_ms: int, heard_ms: int, *, proven: bool = False
    ) -> bool:
        """Judge a packet from an address that is not `locked`; `heard_ms` is when that was last heard."""
        signalled = self._signalled
        if signalled is None or (self.locked is not None and at_ms - heard_ms < SILENT_MS):
            self.strangers += 1
            return False
        same_host = address[0] == signalled[0]
        if self.locked is None and same_host and address[1] == signalled[1]:
            return self._lock(address)
        if address == self._left and at_ms - self._left_ms < LEAVING_MS:
            self.strangers += 1
            return False
        if proven:
            return self._lock(address)
        candidate = self._candidates.get(address)
        if candidate is None or candidate.ssrc != ssrc or sequence != (candidate.sequence + 1) & 0xFFFF:
            if candidate is None and not self._room(at_ms):
                self.strangers += 1
                return False
            candidate = self._candidates[address] = _Candidate(ssrc, sequence, 0, at_ms)
        candidate.sequence = sequence
        candidate.run += 1
        candidate.seen_ms = at_ms
        if candidate.run >= (PROBATION_SAME_HOST if same_host else PROBATION) and (
            same_host or not any(known[0] == signalled[0] for known in self._candidates)
        ):
            return self._lock(address)
        self.strangers += 1
        return False

    def _lock(self, address: Address) -> bool:
        self.locked = self.target = address
        self._candidates.clear()
        return True

    def _room(self, at_ms: int) -> bool:
        """A flood from many addresses must not push out the one on probation, nor grow the table."""
        if len(self._candidates) < _CANDIDATES:
            return True
        oldest = min(self._candidates, key=lambda known: self._candidates[known].seen_ms)
        if at_ms - self._candidates[oldest].seen_ms < _STALE_MS:
            return False
        del self._candidates[oldest]
        return True
