"""The four transactions of RFC 3261 §17, with the Accepted state of RFC 6026, as tables.

A transaction sends and repeats packets and keeps its timers; what it hears it passes on to its owner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

import msgspec

from huawu.switch.sip import printing
from huawu.switch.sip.events import Flow, Output, SendPacket, StartTimer, StopTimer
from huawu.switch.sip.message import Request, Response

T1: Final = 0.5
T2: Final = 4.0
T4: Final = 5.0
PATIENCE: Final = 64 * T1  # timers B, F, H, L, M and, for UDP, J

State = Literal["trying", "proceeding", "accepted", "completed", "confirmed", "terminated"]
Happening = Literal[
    "request", "ack", "send 1xx", "send 2xx", "send final", "1xx", "2xx", "final", "lost",
    "A", "B", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M",
]  # fmt: skip
Failure = Literal["timeout", "unreachable"]
Table = dict[tuple[State, str], tuple[State, tuple[str, ...]]]
"""(state, happening) → (next state, deeds): send, tell, ack, timeout, unreachable, +X / -X = timer X."""

CLIENT_INVITE: Final[Table] = {
    ("trying", "A"): ("trying", ("send", "+A")),
    ("trying", "B"): ("terminated", ("timeout",)),
    ("trying", "lost"): ("terminated", ("unreachable",)),
    ("trying", "1xx"): ("proceeding", ("-A", "-B", "tell")),
    ("trying", "2xx"): ("accepted", ("-A", "-B", "+M", "tell")),
    ("trying", "final"): ("completed", ("-A", "-B", "ack", "tell", "+D")),
    ("proceeding", "B"): ("terminated", ("timeout",)),  # armed anew once cancelled (RFC 3261 §9.1)
    ("proceeding", "lost"): ("proceeding", ()),
    ("proceeding", "1xx"): ("proceeding", ("tell",)),
    ("proceeding", "2xx"): ("accepted", ("-B", "+M", "tell")),
    ("proceeding", "final"): ("completed", ("-B", "ack", "tell", "+D")),
    ("accepted", "2xx"): ("accepted", ("tell",)),
    ("accepted", "M"): ("terminated", ()),
    ("completed", "final"): ("completed", ("ack",)),
    ("completed", "D"): ("terminated", ()),
    ("completed", "lost"): ("terminated", ()),
}
CLIENT_OTHER: Final[Table] = {
    ("trying", "E"): ("trying", ("send", "+E")),
    ("trying", "F"): ("terminated", ("timeout",)),
    ("trying", "lost"): ("terminated", ("unreachable",)),
    ("trying", "1xx"): ("proceeding", ("tell",)),
    ("trying", "2xx"): ("completed", ("-E", "-F", "tell", "+K")),
    ("trying", "final"): ("completed", ("-E", "-F", "tell", "+K")),
    ("proceeding", "E"): ("proceeding", ("send", "+E")),
    ("proceeding", "F"): ("terminated", ("timeout",)),
    ("proceeding", "lost"): ("terminated", ("unreachable",)),
    ("proceeding", "1xx"): ("proceeding", ("tell",)),
    ("proceeding", "2xx"): ("completed", ("-E", "-F", "tell", "+K")),
    ("proceeding", "final"): ("completed", ("-E", "-F", "tell", "+K")),
    ("completed", "K"): ("terminated", ()),
}
SERVER_INVITE: Final[Table] = {
    ("proceeding", "request"): ("proceeding", ("send",)),
    ("proceeding", "send 1xx"): ("proceeding", ("send",)),
    ("proceeding", "send 2xx"): ("accepted", ("send", "+L")),
    ("proceeding", "send final"): ("completed", ("send", "+G", "+H")),
    ("proceeding", "lost"): ("proceeding", ()),
    ("accepted", "request"): ("accepted", ()),
    ("accepted", "send 2xx"): ("accepted", ("send",)),
    ("accepted", "ack"): ("accepted", ("tell",)),
    ("accepted", "L"): ("terminated", ()),
    ("completed", "request"): ("completed", ("send",)),
    ("completed", "G"): ("completed", ("send", "+G")),
    ("completed", "ack"): ("confirmed", ("-G", "-H", "+I")),
    ("completed", "H"): ("terminated", ("-G",)),
    ("completed", "lost"): ("terminated", ("-G", "-H")),
    ("confirmed", "I"): ("terminated", ()),
}
SERVER_OTHER: Final[Table] = {
    ("trying", "send 1xx"): ("proceeding", ("send",)),
    ("trying", "send 2xx"): ("completed", ("send", "+J")),
    ("trying", "send final"): ("completed", ("send", "+J")),
    ("proceeding", "request"): ("proceeding", ("send",)),
    ("proceeding", "send 1xx"): ("proceeding", ("send",)),
    ("proceeding", "send 2xx"): ("completed", ("send", "+J")),
    ("proceeding", "send final"): ("completed", ("send", "+J")),
    ("completed", "request"): ("completed", ("send",)),
    ("completed", "J"): ("terminated", ()),
    ("completed", "lost"): ("terminated", ("-J",)),
}


@dataclass(slots=True, kw_only=True)
class Transaction:
    """One transaction; `number` names its timers. What its table does not list is absorbed."""

    number: int
    table: Table
    state: State
    flow: Flow
    packet: bytes = b""  # what a repetition sends
    acknowledgement: bytes = b""  # ACK of a refused INVITE
    _waits: dict[str, float] = field(default_factory=dict)  # last length of timers that grow

    def step(self, happening: Happening, at: float, out: list[Output]) -> tuple[str, ...]:
        """Take what happened; returns those deeds that are the owner's: tell, timeout, unreachable."""
        found = self.table.get((self.state, happening))
        if found is None:
            return ()
        self.state, deeds = found
        theirs: tuple[str, ...] = ()
        for deed in deeds:
            if deed == "send":
                if self.packet:
                    out.append(SendPacket(flow=self.flow, data=self.packet))
            elif deed == "ack":
                out.append(SendPacket(flow=self.flow, data=self.acknowledgement))
            elif deed[0] == "+":
                self.arm(deed[1], at, out)
            elif deed[0] == "-":
                out.append(StopTimer(key=f"{deed[1]}.{self.number}"))
            else:
                theirs += (deed,)
        return theirs

    def arm(self, timer: str, at: float, out: list[Output]) -> None:
        """Start a timer by its letter; on a reliable transport most have nothing to wait for."""
        reliable = self.flow.reliable
        if timer in "AEG":
            if reliable:
                return
            length = self._waits.get(timer, 0.0) * 2 or T1
            if timer != "A":
                length = T2 if self.state == "proceeding" else min(length, T2)
            self._waits[timer] = length
        elif timer in "DIJK":
            if reliable:
                self.state = "terminated"
                return
            length = T4 if timer in "IK" else PATIENCE
        else:
            length = PATIENCE
        out.append(StartTimer(key=f"{timer}.{self.number}", due=at + length))


class Outgoing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A request of ours as sent: what its ACK and CANCEL must repeat."""

    method: str
    uri: str
    via: str
    branch: str
    from_value: str
    to_value: str
    call_id: str
    cseq: int
    routes: str  # whole Route lines
    flow: Flow

    def derived(self, method: str, to_value: str = "", lines: str = "") -> bytes:
        """The CANCEL, or the ACK for a refusal, that belongs to this INVITE (RFC 3261 §9.1, §17.1.1.3)."""
        return printing.request(
            method,
            self.uri,
            via=self.via,
            from_value=self.from_value,
            to_value=to_value or self.to_value,
            call_id=self.call_id,
            cseq=self.cseq,
            lines=self.routes + lines,
        )


class ClientOwner(Protocol):
    """Who sent a request and hears what comes of it."""

    def on_response(self, transaction: ClientTransaction, response: Response, at: float) -> None: ...

    def on_failure(self, transaction: ClientTransaction, failure: Failure, at: float) -> None: ...


class ServerOwner(Protocol):
    """Who answers an INVITE and must hear that it was cancelled."""

    def on_cancel(self, at: float) -> None: ...


@dataclass(slots=True, kw_only=True)
class ClientTransaction(Transaction):
    request: Outgoing
    owner: ClientOwner

    @property
    def key(self) -> tuple[str, str]:
        return self.request.branch, self.request.method


@dataclass(slots=True, kw_only=True)
class ServerTransaction(Transaction):
    request: Request
    tag: str  # goes into To of every answer
    owner: ServerOwner | None = None
