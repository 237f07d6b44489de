"""What the SIP user agent takes in and gives out: plain values, no sockets, no clock.

The `UserAgent` (agent.py) is a pure machine. Each of its methods takes the instant `at` (seconds, any
monotonic origin) and returns a list of `Output`: packets to send, timers to keep, and calls' news.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from huawu.link.messages import EndpointId, LegId, Reason, TransferAsked, TransferProgressed, TrunkId
from huawu.switch.sip.sdp import Sdp

Transport = Literal["udp", "tcp", "tls", "ws", "wss"]
"""The last two are WebSocket, plain and over TLS (RFC 7118)."""


class Flow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The path a packet came by or shall go by: our socket, and the peer's address.

    `connection` names one connection of a stream (0 = UDP, or: open one to `host:port` when sending).
    `trunk` names whose certificate was proved on a TLS connection, or must be when it is opened: without
    it none is opened, for it would not be known whom to believe.
    """

    transport: Transport
    host: str  # the peer's IP address, without brackets for IPv6
    port: int
    connection: int = 0
    trunk: str = ""

    @property
    def reliable(self) -> bool:
        """Whether what is sent arrives or the connection breaks: nothing has to be repeated."""
        return self.transport != "udp"

    def anew(self) -> Flow:
        """The way to the same place by another connection; a WebSocket's far end takes none, so stays."""
        if self.transport in ("udp", "ws", "wss"):
            return self
        return Flow(transport=self.transport, host=self.host, port=self.port, trunk=self.trunk)


class SendPacket(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    flow: Flow
    data: bytes


class StartTimer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Call `UserAgent.fire(key, at)` when `due` (seconds) has come; a new one of the same key replaces it."""

    key: str
    due: float


class StopTimer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    key: str


class CallOffered(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A new INVITE that passed the gate. `offer` is None when the INVITE carried no SDP (late offer)."""

    leg: LegId
    from_number: str
    from_name: str
    to_number: str
    endpoint: EndpointId | None
    trunk: TrunkId | None
    flow: Flow  # where the caller is
    offer: Sdp | None
    via: Flow | None = None  # the proxy of ours that brought it
    private: bool = False
    diverted_from: str = ""
    replaces: LegId | None = None
    emergency: bool = False  # one of our phones calls for help
    guest: str = ""  # the pass that let it in
    page: str = ""  # … and the page it was given to


class CallRinging(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A provisional answer to our INVITE; `early` is SDP it carried, if any."""

    leg: LegId
    early: Sdp | None = None


class CallAnswered(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A 2xx to our INVITE, already acknowledged; `answer` is the peer's SDP."""

    leg: LegId
    answer: Sdp


class CallConfirmed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The ACK for our 2xx came; `answer` is the peer's SDP when ours was the (late) offer."""

    leg: LegId
    answer: Sdp | None = None


class CallEnded(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Sent exactly once a leg, whoever ended it and in whatever state."""

    leg: LegId
    by: Literal["peer", "centre", "switch"]
    reason: Reason
    detail: str = ""


class OfferReceived(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A re-INVITE of the peer: reply with `UserAgent.answer_offer` or `refuse_offer`.

    `offer` None: the peer asks for ours (late offer): reply with our offer; `OfferAnswered` follows.
    """

    leg: LegId
    offer: Sdp | None


class OfferAnswered(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Our own offer in mid-call was answered; None = it was refused and the old agreement stands."""

    leg: LegId
    answer: Sdp | None


class DigitReceived(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A digit by SIP INFO (application/dtmf-relay or application/dtmf)."""

    leg: LegId
    digit: str
    length_ms: int


class ContactsChanged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The live registrations of an endpoint are now `contacts`.

    The newest was made by a request from `source`, which a proxy of ours brought by `via`.
    """

    endpoint: EndpointId
    contacts: int
    source: Flow | None = None
    via: Flow | None = None


class LoanTold(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Whether something is registered by a lent credential."""

    loan: str
    used: bool


class BindingChanged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A registration that other switches can use: it lasts `seconds` from now, or is no more (b"")."""

    endpoint: EndpointId
    key: str
    seconds: float
    binding: bytes


class TrunkChanged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A trunk that is to be registered at its carrier now is, or is not (any more); `detail` says why."""

    trunk: TrunkId
    up: bool
    detail: str = ""


class Place(msgspec.Struct, frozen=True, kw_only=True, order=True, gc=False):
    """A host by name, as a trunk has it; port 0 = it may be a SIP domain: SRV is asked first (RFC 3263)."""

    name: str
    transport: Transport
    port: int = 0


class Address(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One address behind a name; lower priorities first, within one by chance as the weights say."""

    host: str
    port: int
    priority: int = 0
    weight: int = 0


class LookUp(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Find out where a place leads and tell it by `UserAgent.looked_up`."""

    place: Place


class Found(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a place leads, for `ttl_s` seconds; without addresses `trouble` says why."""

    place: Place
    addresses: tuple[Address, ...] = ()
    ttl_s: float = 0.0
    trouble: str = ""


class TrunkReach(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A trunk has no target left that answers, or has one again."""

    trunk: TrunkId
    up: bool
    detail: str = ""


class Suspicion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something to log in one greppable line: a failed login, a refused call, nonsense from an address.

    Over UDP anybody can write any address as theirs. It is proved by a connection, by an answer to a
    challenge that was sent there, or by an ACK that repeats the tag of our refusal.
    """

    kind: Literal["auth_failed", "forbidden_number", "malformed", "flood"]
    flow: Flow
    user: str = ""
    detail: str = ""
    proved: bool = False  # whether the address is surely the sender's: only then may it be banned for this


CallNews = (
    CallOffered
    | CallRinging
    | CallAnswered
    | CallConfirmed
    | CallEnded
    | OfferReceived
    | OfferAnswered
    | DigitReceived
    | TransferAsked
    | TransferProgressed
    | ContactsChanged
    | BindingChanged
    | LoanTold
    | TrunkChanged
    | TrunkReach
    | LookUp
    | Suspicion
)
Output = SendPacket | StartTimer | StopTimer | CallNews
