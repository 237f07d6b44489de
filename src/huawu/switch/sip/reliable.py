"""Provisional answers that arrive for certain (RFC 3262), as who sends them and as who hears them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal
from zlib import crc32

from huawu.switch.sip.core import Core
from huawu.switch.sip.events import SendPacket
from huawu.switch.sip.message import Message, Request, Response
from huawu.switch.sip.transaction import PATIENCE, T1, ServerTransaction

MAX_QUEUED: Final = 4
RSEQ_LIMIT: Final = 2**31

State = Literal["quiet", "waiting", "over"]
Happening = Literal["send", "again", "prack", "patience", "final"]
TABLE: Final[dict[tuple[State, Happening], tuple[State, tuple[str, ...]]]] = {
    ("quiet", "send"): ("waiting", ("send",)),
    ("quiet", "final"): ("over", ()),
    ("waiting", "send"): ("waiting", ("queue",)),
    ("waiting", "again"): ("waiting", ("repeat",)),
    ("waiting", "prack"): ("quiet", ("stop", "next")),
    ("waiting", "patience"): ("over", ("stop", "give up")),
    ("waiting", "final"): ("over", ("stop",)),
    ("over", "prack"): ("over", ("stop",)),
}
"""(state, happening) → (next state, deeds) when we answer: one answer at a time waits for its PRACK."""


@dataclass(slots=True)
class Provisional:
    """The reliable provisional answers to one INVITE; timers "again" and "patience" of `number`."""

    core: Core
    transaction: ServerTransaction
    number: int
    state: State = "quiet"
    unheard: bool = False
    """The last one sent was not acknowledged."""
    with_sdp: bool = False
    """… and carries SDP, so that no 2xx may leave before (RFC 3262 §3)."""
    _rseq: int = 0
    _packet: bytes = b""
    _interval: float = T1
    _queue: list[tuple[int, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rseq = crc32(self.core.token().encode()) % (RSEQ_LIMIT // 2)

    def send(self, code: int, lines: str, body: str, at: float) -> None:
        """Send it, or after those that wait; what would make the queue long is left out."""
        if self.state != "over":
            self._queue.append((code, lines, body))
            self._step("send", at)

    def fits(self, request: Request) -> bool:
        """Whether a PRACK acknowledges what was sent last, for the first time. Raises ValueError."""
        told = request.first("rack").split()
        if len(told) != 3 or not all(one.isascii() and one.isdigit() and len(one) < 11 for one in told[:2]):
            raise ValueError("Malformed RAck" if told else "Missing RAck")
        asked = self.transaction.request
        return self.unheard and (int(told[0]), int(told[1]), told[2]) == (self._rseq, asked.cseq, "INVITE")

    def acknowledge(self, at: float) -> None:
        """The PRACK came; the next one goes out."""
        self._step("prack", at)

    def fire(self, name: str, at: float) -> bool:
        """A timer came due; True when nobody acknowledged for 64·T1: refuse the call (RFC 3262 §3)."""
        return "give up" in self._step("again" if name == "again" else "patience", at)

    def finish(self, at: float) -> None:
        """A final answer goes out: nothing is repeated any more, a late PRACK still fits."""
        self._step("final", at)

    def _step(self, happening: Happening, at: float) -> tuple[str, ...]:
        found = TABLE.get((self.state, happening))
        if found is None:
            return ()
        self.state, deeds = found
        for deed in deeds:
            if deed == "send":
                self._send(at)
            elif deed == "queue":
                del self._queue[MAX_QUEUED:]
            elif deed == "repeat":
                self.core.out.append(SendPacket(flow=self.transaction.flow, data=self._packet))
                self._interval *= 2
                self.core.start("again", self.number, at + self._interval)
            elif deed == "stop":
                self.core.stop("again", self.number)
                self.core.stop("patience", self.number)
                self.unheard = self.unheard and happening != "prack"
            elif deed == "next" and self._queue:
                self._step("send", at)
        return deeds

    def _send(self, at: float) -> None:
        code, lines, body = self._queue.pop(0)
        self._rseq += 1
        self.unheard, self.with_sdp = True, bool(body)
        lines = f"Require: 100rel\r\nRSeq: {self._rseq}\r\n{lines}"
        self._packet = self.core.respond(self.transaction, code, at, lines=lines, body=body)
        self._interval = T1
        self.core.start("again", self.number, at + T1)
        self.core.start("patience", self.number, at + PATIENCE)


def late_prack(
    core: Core, provisional: Provisional | None, transaction: ServerTransaction, at: float
) -> None:
    """Answer a PRACK that comes after the final answer, which may overtake what it acknowledges (§3)."""
    try:
        fits = provisional is not None and provisional.fits(transaction.request)
    except ValueError as error:
        core.respond(transaction, 400, at, phrase=str(error))
        return
    if provisional is not None and fits:
        provisional.acknowledge(at)
    core.respond(transaction, 200 if fits else 481, at)


def asks(message: Message, header: Literal["require", "supported"], extension: str) -> bool:
    """Whether a header names an extension."""
    return header in message.headers and any(one.lower() == extension for one in message.items(header))


def rseq_of(response: Response) -> int | None:
    """The RSeq of a provisional answer that wants to be acknowledged; None when it does not."""
    if "rseq" not in response.headers or not asks(response, "require", "100rel"):
        return None
    try:
        number = response.number("rseq")
    except ValueError:
        return None
    return number if number is not None and 0 < number < RSEQ_LIMIT * 2 else None
