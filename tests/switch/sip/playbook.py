"""A stage for SIP in virtual time: user agents and scripted peers, joined in memory, with losses."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from typing import TypeVar, cast, get_args

import msgspec

from huawu.link.messages import Configure, Endpoint, EndpointId, LegId, Originate, Trunk
from huawu.switch.sip.addresses import Addresses, join_host_port
from huawu.switch.sip.agent import UserAgent
from huawu.switch.sip.digest import answer_challenge, hashed
from huawu.switch.sip.events import (
    CallNews,
    CallOffered,
    Flow,
    Found,
    LookUp,
    Output,
    Place,
    SendPacket,
    StartTimer,
    StopTimer,
    Transport,
)
from huawu.switch.sip.message import BadMessage, Request, Response, parse
from huawu.switch.sip.negotiation import LocalMedia, make_offer, negotiate
from huawu.switch.sip.sdp import Sdp

LATENCY = 0.01
REALM = "huawu.test"
T = TypeVar("T")


def tokens(prefix: str) -> Callable[[], str]:
    """Random tokens that are the same in every run."""
    numbers = count(1)
    return lambda: f"{prefix}{next(numbers)}"


def endpoint(user: str, password: str = "secret", contact: str = "") -> Endpoint:
    return Endpoint(
        endpoint=EndpointId(f"e-{user}"),
        user=user,
        ha1_sha256=hashed("SHA-256", f"{user}:{REALM}:{password}"),
        ha1_md5=hashed("MD5", f"{user}:{REALM}:{password}"),
        contact=contact,
    )


def title(data: bytes) -> str:
    """`INVITE`, or `200 INVITE`: what a packet is, in a script's words."""
    try:
        message = parse(data)
    except BadMessage:
        return "400 ?"  # an answer to what could not be read repeats it as it was
    return message.method if isinstance(message, Request) else f"{message.code} {message.cseq_method}"


class Party:
    """Somebody on the stage with an address."""

    def __init__(self, book: Playbook, host: str, port: int) -> None:
        self.book = book
        self.host = host
        self.port = port
        self.proved_as = ""  # the trunk whose certificate it shows by TLS
        book.parties[host, port] = self

    @property
    def place(self) -> str:
        return join_host_port(self.host, self.port)

    def deliver(self, data: bytes, flow: Flow) -> None:
        raise NotImplementedError


class Agent(Party):
    """A user agent with its timers; `news` is what it told of calls."""

    def __init__(self, book: Playbook, host: str, port: int) -> None:
        super().__init__(book, host, port)
        place = self.place
        family = "6" if ":" in host else "4"
        local = Addresses(**{f"{name}{family}": place for name in get_args(Transport)})  # type: ignore[arg-type]
        self.ua = UserAgent(token=tokens(f"t{len(book.parties)}x"), local=local)
        self.news: list[CallNews] = []
        self.timers: dict[str, float] = {}

    def configure(
        self,
        *endpoints: Endpoint,
        trunks: tuple[Trunk, ...] = (),
        public: tuple[str, ...] = ("10000",),
        proxies: tuple[str, ...] = (),
        emergency: tuple[str, ...] = (),
        shares: bool = False,
    ) -> None:
        configuration = Configure(
            realm=REALM,
            endpoints=endpoints,
            trunks=trunks,
            public_numbers=public,
            emergency_numbers=emergency,
            proxies=proxies,
            shares_registrations=shares,
        )
        self.do(self.ua.configure(configuration, self.book.now))

    def deliver(self, data: bytes, flow: Flow) -> None:
        self.do(self.ua.receive(data, flow, self.book.now))

    def do(self, outputs: Iterable[Output]) -> None:
        """Carry out what the agent wants."""
        for output in outputs:
            if isinstance(output, SendPacket):
                self.book.post(self, output)
            elif isinstance(output, StartTimer):
                self.timers[output.key] = output.due
                self.book.at(output.due, partial(self._fire, output.key, output.due))
            elif isinstance(output, StopTimer):
                self.timers.pop(output.key, None)
            elif isinstance(output, LookUp):
                self.book.at(self.book.now + LATENCY, partial(self._look_up, output.place))
            else:
                self.news.append(output)

    def _look_up(self, place: Place) -> None:
        found = self.book.names.get(place.name)
        if found is not None:
            self.do(self.ua.looked_up(msgspec.structs.replace(found, place=place), self.book.now))

    def _fire(self, key: str, due: float) -> None:
        if self.timers.get(key) == due:
            del self.timers[key]
            self.do(self.ua.fire(key, self.book.now))

    def take(self, kind: type[T]) -> T:
        """The one piece of news of this kind; it is taken off the list."""
        found = [one for one in self.news if isinstance(one, kind)]
        assert len(found) == 1, f"{kind.__name__}: {self.news}"
        self.news.remove(found[0])
        return found[0]

    def offered(self) -> LegId:
        return self.take(CallOffered).leg

    # commands, in the words of a script

    def ring(self, leg: LegId) -> None:
        self.do(self.ua.ring(leg, self.book.now))

    def answer(self, leg: LegId, sdp: Sdp) -> None:
        self.do(self.ua.answer(leg, sdp, self.book.now))

    def hang_up(self, leg: LegId) -> None:
        self.do(self.ua.hang_up(leg, "normal", self.book.now))

    def call(self, leg: str, **originate: object) -> LegId:
        name = LegId(leg)
        wish = Originate(leg=name, **originate)  # type: ignore[arg-type]
        self.do(self.ua.invite(name, wish, make_offer(media(self)), self.book.now))
        return name

    def clean(self) -> bool:
        """Whether every table and every timer is gone (registrations and watching trunks apart)."""
        left = [key for key in self.timers if not key.startswith(("expire", "names", "probe"))]
        return not any(self.ua.leaks().values()) and not left


class Peer(Party):
    """A scripted phone: it says what the test says, and keeps what it hears."""

    def __init__(self, book: Playbook, host: str, port: int) -> None:
        super().__init__(book, host, port)
        self.scheme = "sip"  # of its Contact
        self.heard: list[Request | Response] = []

    def deliver(self, data: bytes, flow: Flow) -> None:
        self.heard.append(parse(data, flow))

    def say(self, to: Party, text: str | bytes, transport: str = "udp") -> None:
        """Send text; its line ends become CRLF."""
        data = text if isinstance(text, bytes) else crlf(text)
        self.book.post(self, SendPacket(flow=_flow(transport, to), data=data))

    def request(self, to: Party, method: str, uri: str, *lines: str, body: str = "", **fields: str) -> None:
        """Send a request with usual headers; `fields` replace them (call_id, cseq, branch, from_, to_)."""
        get = fields.get
        cseq = get("cseq", "1")
        text = (
            f"{method} {uri} SIP/2.0\n"
            f"Via: SIP/2.0/{get('transport', 'UDP')} {get('sent_by', self.place)}"
            f";branch=z9hG4bK{get('branch', 'b' + method + cseq)};rport\n"
            f"Max-Forwards: {get('hops', '70')}\n"
            f"From: {get('from_', '<sip:peer@peer.test>;tag=p1')}\nTo: {get('to_', f'<{uri}>')}\n"
            f"Call-ID: {get('call_id', 'c1')}\nCSeq: {cseq} {method}\n"
            f"Contact: <{self.scheme}:peer@{get('contact', self.place)}>{get('contact_tail', '')}\n"
        )
        text += "".join(f"{line}\n" for line in lines)
        if body:
            text += "Content-Type: application/sdp\n"
        self.say(
            to,
            crlf(f"{text}Content-Length: {len(body)}\n\n") + body.encode(),
            get("transport", "udp").lower(),
        )

    def reply(self, request: Request, code: int, *lines: str, tag: str = "p2", body: str = "") -> None:
        """Answer a request."""
        mark = "" if request.to_tag or code == 100 else f";tag={tag}"
        text = f"SIP/2.0 {code} Whatever\r\n"
        text += "".join(f"Via: {via}\r\n" for via in request.headers["via"])
        text += f"From: {request.first('from')}\r\nTo: {request.first('to')}{mark}\r\n"
        text += f"Call-ID: {request.call_id}\r\nCSeq: {request.first('cseq')}\r\n"
        if code < 300:
            text += f"Contact: <{self.scheme}:peer@{self.place}>\r\n"
        text += "".join(f"{line}\r\n" for line in lines)
        if body:
            text += "Content-Type: application/sdp\r\n"
        text += f"Content-Length: {len(body)}\r\n\r\n{body}"
        self.book.post(self, SendPacket(flow=request.flow, data=text.encode()))

    def titles(self) -> list[str]:
        return [
            one.method if isinstance(one, Request) else f"{one.code} {one.cseq_method}" for one in self.heard
        ]

    def hears(self, what: str) -> Request | Response:
        """The next message, which must be this one; it is taken off the list."""
        assert self.heard, f"expected {what}, heard nothing"
        assert self.titles()[0] == what, f"expected {what}, heard {self.titles()}"
        return self.heard.pop(0)

    def hears_request(self, method: str) -> Request:
        message = self.hears(method)
        assert isinstance(message, Request)
        return message

    def hears_response(self, what: str) -> Response:
        message = self.hears(what)
        assert isinstance(message, Response)
        return message


class Playbook:
    """The stage: time, the wire, and everything that was said on it."""

    def __init__(self, lose: Callable[[str], bool] = lambda name: False) -> None:
        self.now = 0.0
        self.names: dict[str, Found] = {}  # what DNS says; of others it says nothing at all
        self.parties: dict[tuple[str, int], Party] = {}
        self.lose = lose
        self.said: list[tuple[str, str]] = []  # (place of the sender, title)
        self.packets: list[bytes] = []
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def agent(self, host: str = "10.0.0.1", port: int = 5060) -> Agent:
        return Agent(self, host, port)

    def peer(self, host: str = "10.0.0.9", port: int = 5060) -> Peer:
        return Peer(self, host, port)

    def at(self, due: float, deed: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (due, next(self._order), deed))

    def post(self, sender: Party, packet: SendPacket) -> None:
        """Put a packet on the wire; it may be lost, or there may be nobody."""
        name = title(packet.data)
        self.said.append((sender.place, name))
        self.packets.append(packet.data)
        receiver = self.parties.get((packet.flow.host, packet.flow.port))
        if receiver is None or self.lose(name):
            return
        connection = int(packet.flow.reliable)
        seen = Flow(
            transport=packet.flow.transport,
            host=sender.host,
            port=sender.port,
            connection=connection,
            trunk=sender.proved_as if packet.flow.transport == "tls" else "",
        )
        self.at(self.now + LATENCY, lambda: receiver.deliver(packet.data, seen))

    def run(self, seconds: float = 0.1) -> None:
        """Let time pass."""
        end = self.now + seconds
        while self._queue and self._queue[0][0] <= end:
            due, _, deed = heapq.heappop(self._queue)
            self.now = max(self.now, due)
            deed()
        self.now = end


def lose_first(**losses: int) -> Callable[[str], bool]:
    """Lose the first n packets of a title; `_200_INVITE=2` stands for `200 INVITE`."""
    left = {name.strip("_").replace("_", " "): number for name, number in losses.items()}

    def lose(name: str) -> bool:
        if left.get(name, 0) > 0:
            left[name] -= 1
            return True
        return False

    return lose


def media(party: Party, port: int = 4000) -> LocalMedia:
    return LocalMedia(host=party.host, rtp_port=port, rtcp_port=port + 1)


def sdp_of(party: Party) -> Sdp:
    return make_offer(media(party))


def answer_to(party: Party, offer: Sdp) -> Sdp:
    return negotiate(media(party), offer)[0]


def crlf(text: str) -> bytes:
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8", "surrogateescape")


def credentials(response: Response, method: str, uri: str, user: str, password: str = "secret") -> str:
    """The Authorization line (no line end) a phone would send next."""
    line = answer_challenge(response.headers, method, uri, user=user, password=password, cnonce="abc")
    assert line is not None
    return line.rstrip()


def _flow(transport: str, to: Party) -> Flow:
    known = cast(Transport, transport)
    return Flow(transport=known, host=to.host, port=to.port, connection=int(known != "udp"))
