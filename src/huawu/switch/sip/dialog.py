"""Dialogs (RFC 3261 §12): who the peer is, where its requests go, and in which order they may come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from huawu.link.messages import EndpointId
from huawu.switch.sip.addresses import ip_literal, is_private
from huawu.switch.sip.core import Core, DialogKey
from huawu.switch.sip.events import Flow
from huawu.switch.sip.headers import NameAddr, parse_uri, target_of
from huawu.switch.sip.message import Message, Request, Response
from huawu.switch.sip.secure import check_call, is_secure, is_sips, speaks_sips
from huawu.switch.sip.transaction import Outgoing

MAX_ROUTES: Final = 20


@dataclass(slots=True, kw_only=True)
class Dialog:
    """One dialog, early or confirmed. `local` and `remote` are From/To values with their tags."""

    call_id: str
    local_tag: str
    remote_tag: str
    local: str
    remote: str
    local_cseq: int
    remote_cseq: int | None
    target: str  # the peer's Contact URI
    routes: list[str]  # name-addr values, nearest first
    flow: Flow  # the path the peer was last heard on
    pinned: bool  # behind NAT: its own word about where it is does not count
    initiator: bool  # we sent the INVITE, so the Call-ID is ours
    trunk: str = ""  # whose certificate is wanted of a TLS connection that we have to open
    endpoint: EndpointId | None = None  # whose phone the peer is
    sips: bool = False  # our Contact is a SIPS URI (RFC 3261 §12.1.1)
    stranded: bool = False  # its WebSocket broke: only the peer can make a new one

    @classmethod
    def of_request(cls, request: Request, local_tag: str) -> Dialog:
        """The dialog an INVITE of the peer begins (RFC 3261 §12.1.1). Raises ValueError."""
        target, routes = contact_of(request), _record_route(request)
        return cls(
            call_id=request.call_id,
            local_tag=local_tag,
            remote_tag=request.from_tag,
            local=f"{request.first('to')};tag={local_tag}",
            remote=request.first("from"),
            local_cseq=0,
            remote_cseq=request.cseq,
            target=target,
            routes=routes,
            sips=check_call(request.flow, request.uri, routes, target),
            flow=request.flow,
            pinned=is_natted(request) or stays_on_flow(request),
            initiator=False,
        )

    @classmethod
    def of_response(cls, sent: Outgoing, local_tag: str, response: Response, *, pinned: bool) -> Dialog:
        """The dialog a response to our INVITE begins (RFC 3261 §12.1.2). Raises ValueError."""
        target, routes = contact_of(response), _record_route(response)[::-1]
        return cls(
            call_id=response.call_id,
            local_tag=local_tag,
            remote_tag=response.to_tag,
            local=sent.from_value,
            remote=response.first("to"),
            local_cseq=sent.cseq,
            remote_cseq=None,
            target=target,
            routes=routes,
            sips=is_secure(sent.flow) and speaks_sips(sent.uri, routes, target),
            flow=response.flow if response.flow.reliable else sent.flow,
            pinned=pinned,
            initiator=True,
        )

    @property
    def key(self) -> DialogKey:
        return self.call_id, self.local_tag, self.remote_tag

    def in_order(self, request: Request) -> bool:
        """Count the peer's CSeq; False when it is older than one we have seen (answer 500, §12.2.2)."""
        if self.remote_cseq is not None and request.cseq <= self.remote_cseq:
            return False
        self.remote_cseq = request.cseq
        return True

    def refresh(self, message: Request | Response) -> None:
        """Follow a new Contact of a re-INVITE or its answer; a missing or bad one changes nothing."""
        try:
            self.target = contact_of(message)
        except ValueError:
            return

    def leaves_sips(self, request: Request) -> bool:
        """Whether a request would lead ours from a SIPS URI to a SIP one: 400 (RFC 5630 §5.2)."""
        if not self.sips or not is_sips(self.target):
            return False
        try:
            return not is_sips(contact_of(request))
        except ValueError:
            return False

    def heard(self, flow: Flow) -> None:
        """The peer spoke by this path: answers of a NAT or a new connection are followed."""
        if flow.reliable or self.pinned:
            self.flow = flow
            self.stranded = False

    def lost(self, flow: Flow) -> None:
        """A connection broke; the next request opens one anew where that can be."""
        mine = self.flow
        same = mine.connection == flow.connection and mine.host == flow.host
        if mine.reliable and mine.transport == flow.transport and same:
            self.flow = mine.anew()
            self.stranded = mine.transport in ("ws", "wss")
            if self.trunk and self.flow.transport == "tls" and not self.flow.trunk:
                self.flow = msgspec.structs.replace(self.flow, trunk=self.trunk)

    def request(self, core: Core, method: str, cseq: int | None = None) -> Outgoing:
        """A request of ours in this dialog (§12.2.1.1); ACK takes the `cseq` of its INVITE."""
        if cseq is None:
            self.local_cseq += 1
            cseq = self.local_cseq
        if self.stranded and self.endpoint is not None:
            self.flow = core.flow_toward(self.endpoint, self.target) or self.flow
        uri, routes = self.target, self.routes
        if routes:
            first = NameAddr.parse(routes[0]).uri
            if not _is_loose(first):
                uri, routes = first, [*routes[1:], f"<{self.target}>"]
        return core.prepare(
            method,
            uri,
            self._next_hop(),
            from_value=self.local,
            to_value=self.remote,
            call_id=self.call_id,
            cseq=cseq,
            routes="".join([f"Route: {route}\r\n" for route in routes]),
        )

    def _next_hop(self) -> Flow:
        flow = self.flow
        if self.pinned or (flow.reliable and flow.connection) or flow.transport in ("ws", "wss"):
            return flow
        try:
            uri = parse_uri(NameAddr.parse(self.routes[0]).uri if self.routes else self.target)
            host, port, transport = target_of(uri)
        except ValueError:
            return flow
        address = ip_literal(host)
        if address is None or _is_hidden(address, flow.host):
            return flow
        if flow.transport == "tls" or transport == "tls":  # never by less than what it began with
            return Flow(transport="tls", host=address, port=port, trunk=flow.trunk) if flow.trunk else flow
        if transport not in ("udp", "tcp"):
            return flow
        return Flow(transport="tcp" if transport == "tcp" else "udp", host=address, port=port)


def contact_of(message: Message) -> str:
    """The URI of the one Contact. Raises ValueError when it is missing, malformed or not SIP."""
    items = message.items("contact")
    if not items:
        raise ValueError("Missing Contact header")
    uri = NameAddr.parse(items[0]).uri
    if parse_uri(uri).scheme not in ("sip", "sips"):
        raise ValueError("Contact is not a SIP URI")
    return uri


def stays_on_flow(request: Request) -> bool:
    """Whether its Contact asks to be reached by the path it came by (`;ob`, RFC 5626 §5.3).

    Where proxies stay on the way, it is the first of them that keeps it.
    """
    if "record-route" in request.headers:
        return False
    contact = request.first("contact")
    return ";ob" in contact and "ob" in parse_uri(NameAddr.parse(contact).uri).parameters


def record_routes(request: Request) -> str:
    """The Record-Route lines that an answer which makes a dialog must repeat (§12.1.1)."""
    values = request.headers.get("record-route")
    return "".join([f"Record-Route: {value}\r\n" for value in values]) if values else ""


def is_natted(request: Request) -> bool:
    """Whether the sender knows itself by another IP address than the one its packets come from."""
    own = ip_literal(request.via.host)
    return own is not None and own != request.flow.host


def _record_route(message: Message) -> list[str]:
    if "record-route" not in message.headers:
        return []
    routes = message.items("record-route")
    if len(routes) > MAX_ROUTES:
        raise ValueError("Too many Record-Route entries")
    for route in routes:
        parse_uri(NameAddr.parse(route).uri)
    return routes


def _is_loose(uri: str) -> bool:
    return "lr" in parse_uri(uri).parameters


def _is_hidden(address: str, source: str) -> bool:
    """A private address told by somebody who comes from a public one."""
    try:
        return is_private(address) and not is_private(source)
    except ValueError:
        return False
