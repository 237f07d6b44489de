"""What the fuzzer feeds: each target takes any bytes and raises only when a promise of ours is broken.

A test replays every input that ever broke one (tests/switch/crashes), so targets must do the same each time.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable
from itertools import count
from typing import Final

from huawu.link.messages import LegId, Trunk, TrunkId
from huawu.switch.media import rtcp
from huawu.switch.media.rtp import Malformed, RtpPacket
from huawu.switch.rtpengine import bencode, ng
from huawu.switch.sip import sdes
from huawu.switch.sip.bodies import digit_of, lenient_description
from huawu.switch.sip.choosing import Incompatible
from huawu.switch.sip.digest import Challenger, answer_challenge, parameters_of
from huawu.switch.sip.events import CallOffered, Flow, Suspicion
from huawu.switch.sip.framing import BrokenStream, Framer
from huawu.switch.sip.headers import NameAddr, Via, number_of, parse_uri, split_list, target_of
from huawu.switch.sip.identity import privacy_of
from huawu.switch.sip.message import MAX_MESSAGE, BadMessage, Message, Request, parse
from huawu.switch.sip.negotiation import LocalMedia, accept, make_offer, negotiate
from huawu.switch.sip.printing import response
from huawu.switch.sip.refer import fragment_of, read_refer
from huawu.switch.sip.refresh import interval_of
from huawu.switch.sip.replaces import Replaces, headers_of
from huawu.switch.sip.sdp import Sdp
from huawu.switch.sip.webrtc import Fingerprint, Ice, WebMedia
from huawu.switch.sip.websocket import WebSocketFraming
from tests.switch.media.fakes import Stage
from tests.switch.sip.playbook import Agent, Playbook, answer_to, endpoint, sdp_of
from tests.switch.webrtc.stage import WebStage

Target = Callable[[bytes], None]
FLOW: Final = Flow(transport="udp", host="10.0.0.9", port=5060)
TRUNK: Final = Flow(transport="udp", host="10.0.0.2", port=5060)
STREAM: Final = Flow(transport="tcp", host="10.0.0.9", port=5060, connection=1)
BETWEEN: Final = b"\n~\n"
"""Stands between the steps of one script for `agent`."""
MEDIA: Final = LocalMedia(host="10.0.0.1", rtp_port=4000, rtcp_port=4001)
WEB: Final = LocalMedia(
    host="10.0.0.1",
    rtp_port=5004,
    rtcp_port=5004,
    web=WebMedia(
        places=(("10.0.0.1", 5004),),
        ice=Ice(ufrag="ours", password="o" * 24),
        fingerprint=Fingerprint(digest="sha-256", octets=bytes(32)),
    ),
)
HANDSHAKE: Final = (
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: sip\r\n\r\n"
)


# ── readers ──


def message(data: bytes) -> None:
    """A SIP message: read, every part of it looked at, answered; what we answer can be read again."""
    try:
        found = parse(data, FLOW)
    except BadMessage as error:
        if error.request is not None:
            response(error.request, error.status, tag="x", phrase=error.reason)
        return
    _look_into(found)
    if isinstance(found, Request):
        with contextlib.suppress(ValueError):
            target_of(found.target())
        with contextlib.suppress(ValueError):
            number_of(found.target())
        read_refer(found)
        found.reply_flow()
        if found.method != "ACK":
            again = parse(response(found, 200, tag="x"), FLOW)
            assert (again.call_id, again.cseq, again.from_tag) == (found.call_id, found.cseq, found.from_tag)
    for name in ("www-authenticate", "proxy-authenticate"):
        if name in found.headers:
            answer_challenge(
                found.headers, "INVITE", "sip:a@b", user="u", password="p", cnonce="c",
                proxy=name.startswith("proxy"),
            )  # fmt: skip


def _look_into(found: Message) -> None:
    for name, values in found.headers.items():
        found.first(name)
        for item in split_list(values):
            for read in (NameAddr.parse, Via.parse, Replaces.parse, headers_of, parse_uri, parameters_of):
                with contextlib.suppress(ValueError):
                    read(item)
        for read_number in (found.number, found.address):
            with contextlib.suppress(ValueError):
                read_number(name)
    with contextlib.suppress(ValueError):
        digit_of(found)
    with contextlib.suppress(ValueError):
        interval_of(found)
    if isinstance(found, Request):
        privacy_of(found)
    lenient_description(found)
    with contextlib.suppress(ValueError):
        fragment_of(found)


def sdp(data: bytes) -> None:
    """A session description: prints back to itself; as offer and as answer it is taken or refused."""
    try:
        found = Sdp.parse(data)
    except ValueError:
        return
    assert Sdp.parse(str(found)) == found
    for stream in found.streams:
        sdes.usable(stream.crypto_lines())
        stream.codecs()
        with contextlib.suppress(ValueError):
            found.direction_of(stream)
    for media in (MEDIA, WEB):
        try:
            ours, agreed = negotiate(media, found)
            assert len(ours.streams) == len(found.streams)
            assert Sdp.parse(str(ours)) == ours
            again, _ = negotiate(media, found, previous=ours, before=agreed)
            assert Sdp.parse(str(again)) == again
        except Incompatible:
            pass
        with contextlib.suppress(Incompatible):
            accept(make_offer(media), found, local=media)


def crypto(data: bytes) -> None:
    """One a=crypto value: prints back to itself."""
    text = data.decode("utf-8", "surrogateescape")
    with contextlib.suppress(ValueError):
        found = sdes.Crypto.parse(text)
        assert sdes.Crypto.parse(str(found)) == found


def digest(data: bytes) -> None:
    """An Authorization value: judged as nobody's, whatever it says."""
    value = data.decode("utf-8", "surrogateescape")
    with contextlib.suppress(ValueError):
        parameters_of(value)
    challenger = Challenger(_secrets())
    challenger.realm = "huawu.test"
    judged = challenger.check([value], "REGISTER", "sip:huawu.test", lambda user: None, 1.0)
    assert judged.endpoint is None
    answer_challenge({"www-authenticate": [value]}, "INVITE", "sip:a", user="u", password="p", cnonce="c")


def stream(data: bytes) -> None:
    """SIP on a connection: cut in whatever pieces, the same messages come out."""
    size = data[0] % 64 + 1 if data else 1
    whole, cut = _framed([data[1:]]), _framed(data[at : at + size] for at in range(1, len(data), size))
    assert whole == cut


def _framed(pieces: Iterable[bytes]) -> tuple[list[bytes], bool]:
    framer, messages = Framer(), []
    for piece in pieces:
        try:
            messages += framer.feed(piece)
        except BrokenStream as error:
            return messages + error.messages, False
        framer.replies()
    return messages, True


def websocket(data: bytes) -> None:
    """A WebSocket, with its handshake done when the first octet is odd; messages are bounded."""
    framing = WebSocketFraming()
    if data[:1] and data[0] & 1:
        framing.feed(HANDSHAKE)
        assert framing.ready
    size = (data[0] >> 1) + 1 if data else 1
    for at in range(1, len(data), size):
        for one in framing.feed(data[at : at + size]):
            assert len(one) <= MAX_MESSAGE
        framing.replies()
    framing.ping()
    framing.farewell()
    framing.replies()


# ── media ──


def rtp(data: bytes) -> None:
    """RTP from a peer and from strangers into a bridged leg: it goes on hearing the other party."""
    _media(data, rtcp_too=False)


def rtcp_(data: bytes) -> None:
    """RTCP likewise."""
    with contextlib.suppress(Malformed):
        for one in rtcp.parse_compound(data):
            assert rtcp.parse_compound(bytes(one)) == [one]
    _media(data, rtcp_too=True)


def _media(data: bytes, *, rtcp_too: bool) -> None:
    stage = Stage()
    a, b = stage.peer("a"), stage.peer("b")
    stage.engine.bridge(a.leg, b.leg)
    for index, packet in enumerate(_records(data)):
        if not rtcp_too:
            with contextlib.suppress(Malformed):
                assert (
                    bytes(RtpPacket.parse(packet)) == packet or packet[0] & 0x20
                )  # padding's filling is free
        source = a.address if index % 4 else ("192.0.2.66", 5_000)
        take = stage.engine.receive_rtcp if rtcp_too else stage.engine.receive_rtp
        take(a.leg, packet, source)
        stage.step()
    a.new()
    for _ in range(5):
        b.say()
        stage.step()
    assert len(a.new()) >= 5
    for peer in (a, b):
        stage.engine.close(peer.leg)
    assert not stage.network.sockets


def rtpengine(data: bytes) -> None:
    """What rtpengine's port answers: a value that prints and comes back, or nothing."""
    with contextlib.suppress(bencode.Malformed):
        value = bencode.decode(data)
        assert bencode.decode(bencode.encode(value)) == value
    with contextlib.suppress(bencode.Malformed, ng.NgError):
        _, fields = ng.read(data)
        ng.place(ng.check(fields))


def _records(data: bytes) -> list[bytes]:
    """Packets, each behind its length in one octet; at most 100."""
    found: list[bytes] = []
    at = 0
    while at < len(data) and len(found) < 100:
        end = at + 1 + data[at]
        found.append(data[at + 1 : end])
        at = end
    return found


# ── the whole user agent ──


def agent(data: bytes) -> None:
    """A script of packets and deeds, parted by `BETWEEN`.

    Nothing raises, the neighbour's call stays, at the end nothing is left. In packets `{tag}` stands for the
    tag we gave last, `{branch}`, `{call_id}`, `{from}` for those of our last request. Packets behind `<` come
    from the trunk, those behind `>` by TCP. Deeds begin with `!`: see `_act`.
    """
    book = Playbook()
    ours = _Hidden(book, "10.0.0.1", 5060)
    ours.configure(
        endpoint("bob"),
        trunks=(Trunk(trunk=TrunkId("t"), target="10.0.0.2", user="u", password="p"),),
    )
    neighbour, heard = book.peer("10.0.0.3"), _Last(book, "10.0.0.9", 5060)
    trunk = _Last(book, "10.0.0.2", 5060)
    neighbour.request(ours, "INVITE", "sip:10000@10.0.0.1", call_id="neighbour", body=str(sdp_of(neighbour)))
    book.run(0.05)
    kept = ours.take(CallOffered)
    assert kept.offer is not None
    ours.answer(kept.leg, answer_to(ours, kept.offer))
    book.run(0.05)
    ok = next(one for one in neighbour.heard if not isinstance(one, Request) and one.code == 200)
    neighbour.request(ours, "ACK", "sip:x@10.0.0.1", call_id="neighbour", to_=ok.first("to"), branch="nack")
    book.run(0.05)
    for step in data.split(BETWEEN)[:24]:
        if step.startswith(b"!"):
            _act(step[1:].split(), book, ours, kept.leg)
        else:
            last = trunk if step.startswith(b"<") else heard
            packet = last.fill(step.lstrip(b"<"))
            flow = TRUNK if last is trunk else FLOW
            ours.deliver(packet, STREAM if step.startswith(b">") else flow)
        book.run(0.05)
        assert kept.leg in ours.ua._core.calls, "the neighbour's call was ended"
    for leg in list(ours.ua._core.calls):
        ours.hang_up(leg)
    ours.configure()  # a trunk that rests is looked at for ever
    book.run(400)
    broken = [one for one in ours.news if isinstance(one, Suspicion) and one.detail.startswith("internal")]
    assert not broken, broken
    assert ours.clean(), (ours.ua.leaks(), ours.timers)


def _act(words: list[bytes], book: Playbook, ours: Agent, kept: LegId) -> None:
    """Do a deed: those that concern a leg are done to all but the neighbour's."""
    deed = words[0] if words else b""
    others = [leg for leg in ours.ua._core.calls if leg != kept]
    match deed:
        case b"call":
            ours.call(f"out{len(ours.news)}", trunk=TrunkId("t"), number="1", caller_number="2")
        case b"wait":
            book.run(min(int(words[1]), 600) if len(words) > 1 and words[1].isdigit() else 1)
        case b"lost":
            for flow in (STREAM, FLOW, TRUNK):
                ours.do(ours.ua.connection_lost(flow, book.now))
    for leg in others:
        match deed:
            case b"answer":
                ours.answer(leg, sdp_of(ours))
            case b"ring":
                ours.ring(leg)
            case b"reject":
                ours.do(ours.ua.reject(leg, "busy", book.now))
            case b"offer":
                ours.do(ours.ua.offer(leg, sdp_of(ours), book.now))
            case b"accept":
                ours.do(ours.ua.answer_offer(leg, sdp_of(ours), book.now))
            case b"refuse":
                ours.do(ours.ua.refuse_offer(leg, book.now))
            case b"bye":
                ours.hang_up(leg)
            case b"refer":
                ours.do(ours.ua.refer(leg, "10000", None, book.now))
            case b"tell":
                ours.do(ours.ua.tell_transfer(leg, "trying", "normal", book.now))


class _Hidden(Agent):
    """A user agent whose tags cannot be guessed, and are the same in every run."""

    def __init__(self, book: Playbook, host: str, port: int) -> None:
        super().__init__(book, host, port)
        ways = self.ua._core.local
        self.ua = type(self.ua)(token=_secrets(), local=ways)


class _Last(_Hidden):
    """Hears us at an address, and keeps what a script may need to answer."""

    def __init__(self, book: Playbook, host: str, port: int) -> None:
        super().__init__(book, host, port)
        self.known = {b"{tag}": b"none", b"{branch}": b"none", b"{call_id}": b"none", b"{from}": b"<sip:a@b>"}

    def deliver(self, data: bytes, flow: Flow) -> None:
        with contextlib.suppress(BadMessage, ValueError):
            said = parse(data, flow)
            if isinstance(said, Request):
                self.known |= {
                    b"{branch}": said.via.branch.encode(),
                    b"{call_id}": said.call_id.encode("utf-8", "surrogateescape"),
                    b"{from}": said.first("from").encode("utf-8", "surrogateescape"),
                }
            elif said.to_tag:
                self.known[b"{tag}"] = said.to_tag.encode("utf-8", "surrogateescape")

    def fill(self, packet: bytes) -> bytes:
        for name, value in self.known.items():
            packet = packet.replace(name, value)
        return packet.lstrip(b">")


def _secrets() -> Callable[[], str]:
    numbers = count(1)
    return lambda: hashlib.sha256(b"hidden %d" % next(numbers)).hexdigest()[:20]


def web(data: bytes) -> None:
    """Datagrams on the port for browsers: of a browser whose handshake is under way, and of strangers."""
    stage = WebStage()
    browser = stage.browser("b", stands=False)
    browser.check()
    for datagram, source in stage.to_us:
        stage.socket.receive(datagram, source)
    at = 0
    while at + 2 <= len(data):
        size, who = data[at], data[at + 1]
        stage.socket.receive(data[at + 2 : at + 2 + size], browser.at if who & 1 else ("203.0.113.9", who))
        at += 2 + size
    stage.run(40)
    assert stage.port.troubles == 0
    (door,) = stage.port._doors.values()
    assert list(door.paths) == [browser.at]


TARGETS: Final[dict[str, Target]] = {
    "message": message,
    "agent": agent,
    "sdp": sdp,
    "crypto": crypto,
    "digest": digest,
    "stream": stream,
    "websocket": websocket,
    "rtp": rtp,
    "rtcp": rtcp_,
    "rtpengine": rtpengine,
    "web": web,
}
