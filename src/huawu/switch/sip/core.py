"""What all machines of one user agent share: its tables, its outbox, and the sending of messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal, Protocol

from huawu.link.messages import EndpointId, LegId, Reason, TrunkId
from huawu.switch.sip import printing
from huawu.switch.sip.addresses import Addresses
from huawu.switch.sip.events import CallEnded, Flow, Output, SendPacket, StartTimer, StopTimer, Transport
from huawu.switch.sip.message import Request, Response
from huawu.switch.sip.transaction import (
    CLIENT_INVITE,
    CLIENT_OTHER,
    SERVER_INVITE,
    SERVER_OTHER,
    ClientOwner,
    ClientTransaction,
    Failure,
    Happening,
    Outgoing,
    ServerTransaction,
    Transaction,
)

if TYPE_CHECKING:
    from huawu.switch.sip.bindings import Target
    from huawu.switch.sip.transfers import Transfers

MAX_TRANSACTIONS: Final = 50_000
BRANCH: Final = "z9hG4bK"
DialogKey = tuple[str, str, str]
"""Call-ID, our tag, the peer's tag."""
Party = tuple[EndpointId | None, TrunkId | None]
"""Who a leg's peer is, proved by the gate or by our having called it."""
STRANGER: Final[Party] = (None, None)
Stage = Literal["early", "confirmed", "over"]
"""How far the call in a dialog is; `over` = nothing but farewells is left of it."""
CONTACT_TAILS: Final[dict[Transport, str]] = {
    "udp": "",
    "tcp": ";transport=tcp",
    "tls": ";transport=tls",
    "ws": ";transport=ws",
    "wss": ";transport=ws",  # RFC 7118 §5.1 knows no other; which of the two it is, the URI's scheme says
}
SIPS_TAILS: Final[dict[Transport, str]] = {"wss": ";transport=ws"}
"""Of SIPS URIs; `transport=tls` is not written there (RFC 5630 §3.1.4)."""
TIMERS: Final[frozenset[str]] = frozenset("ABDEFGHIJKLM")


class Machine(Protocol):
    """Whatever keeps timers: named by a number, told by letters or words."""

    def fire(self, name: str, at: float) -> None: ...


class Call(Protocol):
    """What a leg is at this moment: being offered, being called, or talking."""

    leg: LegId

    def hang_up(self, reason: Reason, at: float) -> None: ...


class DialogOwner(Protocol):
    """Who takes the requests of a dialog."""

    leg: LegId

    @property
    def stage(self) -> Stage: ...

    def on_request(self, transaction: ServerTransaction, request: Request, at: float) -> None: ...

    def on_ack(self, request: Request, at: float) -> None: ...

    def on_flow_lost(self, flow: Flow, at: float) -> None: ...


class Asking(Protocol):
    """An INVITE of ours that waits for its answer; takes the requests of its early dialogs."""

    uri: str

    def on_request(self, transaction: ServerTransaction, request: Request, at: float) -> None: ...

    def on_flow_lost(self, flow: Flow, at: float) -> None: ...


class Core:
    """Tables bounded by `MAX_TRANSACTIONS` for what peers begin; the rest is bounded by our own calls."""

    def __init__(self, token: Callable[[], str], local: Addresses, server: str) -> None:
        self.token = token
        self.local = local
        self.server_line = f"Server: {server}\r\n"
        self.agent_line = f"User-Agent: {server}\r\n"
        self.out: list[Output] = []
        self.machines: dict[int, Machine] = {}
        self.servers: dict[tuple[str, ...], ServerTransaction] = {}
        self.clients: dict[tuple[str, str], ClientTransaction] = {}
        self.dialogs: dict[DialogKey, DialogOwner] = {}
        self.asking: dict[tuple[str, str], Asking] = {}  # our INVITEs not answered: Call-ID and our tag
        self.numbers: dict[int, Transaction] = {}
        self.asked: dict[tuple[str, str, int], ServerTransaction] = {}  # INVITEs by who asks (§8.2.2.2)
        self.calls: dict[LegId, Call] = {}
        self.parties: dict[LegId, Party] = {}  # of the legs in `calls`
        self.flow_failed: Callable[[Target], None] = lambda target: None
        """Told when the proxy before a phone says that its connection is gone (430, RFC 5626 §11.5)."""
        self.flow_toward: Callable[[EndpointId, str], Flow | None] = lambda endpoint, contact: None
        """The connection by which an endpoint's page with this Contact is registered now."""
        self.transfers: dict[LegId, Transfers] = {}  # of legs that had one; a while after their end too
        self._last = 0

    # ── timers ──

    def enter(self, machine: Machine) -> int:
        """Give a machine the number its timers are called by; `leave` takes it back."""
        self._last += 1
        self.machines[self._last] = machine
        return self._last

    def leave(self, number: int) -> None:
        self.machines.pop(number, None)

    def start(self, name: str, number: int, due: float) -> None:
        self.out.append(StartTimer(key=f"{name}.{number}", due=due))

    def stop(self, name: str, number: int) -> None:
        self.out.append(StopTimer(key=f"{name}.{number}"))

    def fire(self, key: str, at: float) -> None:
        """Deliver a timer; one that nobody waits for any more is nothing."""
        name, _, text = key.partition(".")
        if not text.isdecimal():
            return
        number = int(text)
        transaction = self.numbers.get(number)
        if transaction is None:
            machine = self.machines.get(number)
            if machine is not None:
                machine.fire(name, at)
        elif name in TIMERS:
            self._step(transaction, name, at)  # type: ignore[arg-type]

    # ── calls ──

    def end(
        self, leg: LegId, by: Literal["peer", "centre", "switch"], reason: Reason, detail: str = ""
    ) -> None:
        """Tell that a leg ended, once; nothing about it is told later."""
        if self.calls.pop(leg, None) is not None:
            self.parties.pop(leg, None)
            if leg in self.transfers:
                self.transfers[leg].leg_ends()
            self.out.append(CallEnded(leg=leg, by=by, reason=reason, detail=detail))

    # ── our requests ──

    def address(self, flow: Flow) -> str:
        return self.local.toward(flow)

    def contact(self, flow: Flow, *, sips: bool = False) -> str:
        """Our Contact line toward a peer; with `sips` a SIPS URI, which leads to TLS by itself."""
        if sips:
            tail = SIPS_TAILS.get(flow.transport, "")
            return f"Contact: <sips:huawu@{self.local.toward(flow)}{tail}>\r\n"
        tail = CONTACT_TAILS[flow.transport]
        return f"Contact: <sip:huawu@{self.local.toward(flow)}{tail}>\r\n"

    def prepare(
        self, method: str, uri: str, flow: Flow, *, from_value: str, to_value: str, call_id: str, cseq: int,
        routes: str = "", branch: str = "",
    ) -> Outgoing:  # fmt: skip
        """A request not sent yet, with a Via of ours (a CANCEL takes the branch of its INVITE)."""
        branch = branch or BRANCH + self.token()
        return Outgoing(
            method=method,
            uri=uri,
            via=f"SIP/2.0/{flow.transport.upper()} {self.local.toward(flow)};branch={branch};rport",
            branch=branch,
            from_value=from_value,
            to_value=to_value,
            call_id=call_id,
            cseq=cseq,
            routes=routes,
            flow=flow,
        )

    def print(self, request: Outgoing, lines: str = "", body: str = "") -> bytes:
        return printing.request(
            request.method,
            request.uri,
            via=request.via,
            from_value=request.from_value,
            to_value=request.to_value,
            call_id=request.call_id,
            cseq=request.cseq,
            lines=request.routes + lines + self.agent_line,
            body=body,
        )

    def send(
        self, request: Outgoing, owner: ClientOwner, at: float, lines: str = "", body: str = ""
    ) -> ClientTransaction:
        """Send a request in a transaction of its own; `owner` hears what comes of it."""
        return self.send_packet(request, self.print(request, lines, body), owner, at)

    def send_packet(
        self, request: Outgoing, packet: bytes, owner: ClientOwner, at: float
    ) -> ClientTransaction:
        invite = request.method == "INVITE"
        self._last += 1
        transaction = ClientTransaction(
            number=self._last,
            table=CLIENT_INVITE if invite else CLIENT_OTHER,
            state="trying",
            flow=request.flow,
            packet=packet,
            request=request,
            owner=owner,
        )
        self.clients[transaction.key] = transaction
        self.numbers[transaction.number] = transaction
        self.out.append(SendPacket(flow=request.flow, data=packet))
        for timer in "AB" if invite else "EF":
            transaction.arm(timer, at, self.out)
        return transaction

    def take_response(self, response: Response, at: float) -> None:
        """Hand a response to the transaction it belongs to; strays are dropped."""
        transaction = self.clients.get((response.via.branch, response.cseq_method))
        if transaction is None or transaction.request.call_id != response.call_id:
            return
        if transaction.flow.reliable:
            transaction.flow = response.flow  # the connection that was opened for us
        happening: Happening = "1xx" if response.code < 200 else "2xx" if response.code < 300 else "final"
        if happening == "final" and transaction.table is CLIENT_INVITE:
            to_value = response.headers["to"][0]
            transaction.acknowledgement = transaction.request.derived("ACK", to_value)
        if "tell" in self._step(transaction, happening, at):
            transaction.owner.on_response(transaction, response, at)

    def transaction_failed(self, transaction: Transaction, at: float) -> None:
        """The network refuses what this transaction sends."""
        self._step(transaction, "lost", at)

    # ── their requests ──

    def serve(self, request: Request, at: float) -> ServerTransaction:
        """Open a server transaction; an INVITE is told 100 at once."""
        invite = request.method == "INVITE"
        self._last += 1
        transaction = ServerTransaction(
            number=self._last,
            table=SERVER_INVITE if invite else SERVER_OTHER,
            state="proceeding" if invite else "trying",
            flow=request.reply_flow(),
            request=request,
            tag=self.token(),
        )
        self.servers[request.key] = transaction
        self.numbers[transaction.number] = transaction
        if invite:
            self.asked[request.call_id, request.from_tag, request.cseq] = transaction
            self.respond(transaction, 100, at)
        return transaction

    def respond(
        self,
        transaction: ServerTransaction,
        code: int,
        at: float,
        *,
        phrase: str = "",
        lines: str = "",
        body: str = "",
    ) -> bytes:
        """Send a response in its transaction; returns the packet."""
        transaction.packet = printing.response(
            transaction.request,
            code,
            tag=transaction.tag if code > 100 else "",
            phrase=phrase,
            lines=lines + self.server_line if code > 100 else lines,
            body=body,
        )
        happening: Happening = "send 1xx" if code < 200 else "send 2xx" if code < 300 else "send final"
        packet = transaction.packet
        self._step(transaction, happening, at)
        return packet

    def take_again(self, transaction: ServerTransaction, at: float) -> None:
        """The same request came again."""
        self._step(transaction, "request", at)

    def take_ack(self, transaction: ServerTransaction, at: float) -> bool:
        """An ACK with the branch of an INVITE; True when it belongs to a dialog instead."""
        if transaction.state == "proceeding":
            return True
        return "tell" in self._step(transaction, "ack", at)

    def reply(self, request: Request, code: int, *, tag: str, phrase: str = "", lines: str = "") -> None:
        """Answer without keeping state (RFC 3261 §8.2.7); repetitions get the same answer again."""
        if request.method == "ACK":
            return
        data = printing.response(request, code, tag=tag, phrase=phrase, lines=lines + self.server_line)
        self.out.append(SendPacket(flow=request.reply_flow(), data=data))

    # ── inside ──

    def _step(self, transaction: Transaction, happening: Happening, at: float) -> tuple[str, ...]:
        theirs = transaction.step(happening, at, self.out)
        if transaction.state == "terminated":
            self._forget(transaction)
        if theirs and isinstance(transaction, ClientTransaction):
            failure: Failure | None = None
            if "timeout" in theirs:
                failure = "timeout"
            elif "unreachable" in theirs:
                failure = "unreachable"
            if failure is not None:
                transaction.owner.on_failure(transaction, failure, at)
        return theirs

    def _forget(self, transaction: Transaction) -> None:
        self.numbers.pop(transaction.number, None)
        if isinstance(transaction, ClientTransaction):
            self.clients.pop(transaction.key, None)
        elif isinstance(transaction, ServerTransaction):
            request = transaction.request
            self.servers.pop(request.key, None)
            self.asked.pop((request.call_id, request.from_tag, request.cseq), None)
