"""Callers and agents who follow their media wherever a re-INVITE takes it: a process of its own.

SIPp's scenarios name one address for good; these phones speak to whichever our side described last.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import re
import select
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection

from tools.measure.centre import MANY
from tools.measure.media import voice_like
from tools.measure.voices import STEP_S, Heard

_HEADER = struct.Struct("!BBHII")
_CALL_EVERY = 5  # steps: ten calls a second
_MEDIA = re.compile(r"^m=audio (\d+) ", re.M)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the calls stand: parties that speak, and to how many ports of `relay` they do."""

    speaking: int
    relayed: int
    heard: Heard


class Phones:
    """The process seen from the bench."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def standing(self) -> Standing:
        """As of now."""
        self._pipe.send("tell")
        told: Standing = self._pipe.recv()
        return told


@contextlib.contextmanager
def phones(sip: str, agents_port: int, calls: int, relay: range) -> Iterator[Phones]:
    """So many callers, ten a second, and phones that answer at the agents' port; all hang up at the end."""
    ours, theirs = multiprocessing.Pipe()
    arguments = (theirs, sip, agents_port, calls, relay)
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=arguments, daemon=True)
    process.start()
    try:
        yield Phones(ours)
    finally:
        with contextlib.suppress(OSError):
            ours.send("end")
        process.join(8)
        process.kill()


class _Party:
    """One dialog with its voice."""

    def __init__(self, number: int, tag: str) -> None:
        self.number = number
        self.tag = tag
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.target: tuple[str, int] | None = None
        self.goodbye = ""  # the BYE of a caller
        self.got = 0

    def description(self) -> str:
        port = self.socket.getsockname()[1]
        return (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        )

    def listen(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                data = self.socket.recv(2048)
                self.got += len(data) > 100


class _Exchange:
    """All phones behind two SIP ports: callers' and agents'."""

    def __init__(self, sip: str, agents_port: int) -> None:
        host, _, port = sip.rpartition(":")
        self._switch = (host, int(port))
        self.parties: dict[str, _Party] = {}
        self.callers, self.agents = (_bound(0), _bound(agents_port))

    def call(self, number: int) -> None:
        party = _Party(number, f"c{number}")
        self.parties[f"call{number}@bench"] = party
        self._send(self.callers, f"INVITE sip:{MANY}@127.0.0.1", "1 INVITE", party, "", party.description())

    def hang_up(self) -> None:
        for party in self.parties.values():
            if party.goodbye:
                self.callers.sendto(party.goodbye.encode(), self._switch)

    def _send(
        self, sip: socket.socket, start: str, cseq: str, party: _Party, to_tag: str, body: str = ""
    ) -> str:
        branch = f"z9hG4bK{cseq[0]}{start[:3]}{party.tag}"
        text = (
            f"{start} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{sip.getsockname()[1]};rport;branch={branch}\r\n"
            f"From: <sip:138{party.number:08}@127.0.0.1>;tag={party.tag}\r\n"
            f"To: <sip:{MANY}@127.0.0.1>{to_tag}\r\nCall-ID: call{party.number}@bench\r\nCSeq: {cseq}\r\n"
            f"Contact: <sip:c@127.0.0.1:{sip.getsockname()[1]}>\r\nMax-Forwards: 70\r\n"
            + ("Content-Type: application/sdp\r\n" if body else "")
            + f"Content-Length: {len(body)}\r\n\r\n{body}"
        )
        if not start.startswith("BYE"):
            sip.sendto(text.encode(), self._switch)
        return text

    def take(self, sip: socket.socket) -> None:
        """All SIP that came to one port."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._take(sip, sip.recv(8192).decode())

    def _take(self, sip: socket.socket, text: str) -> None:
        start, call = text.split("\r\n", 1)[0], _header(text, "Call-ID")
        party = self.parties.get(call)
        media = _MEDIA.search(text)
        if start.startswith("INVITE") and party is None:
            party = self.parties[call] = _Party(len(self.parties), f"a{len(self.parties)}")
            self._reply(sip, text, party, "180 Ringing")
        if party is not None and media is not None:
            party.target = ("127.0.0.1", int(media.group(1)))
        if party is not None and start.startswith("INVITE"):
            self._reply(sip, text, party, "200 OK", party.description())
        elif party is not None and start.startswith("BYE"):
            self._reply(sip, text, party, "200 OK")
            party.target = None
        elif party is not None and start.startswith("SIP/2.0 200") and "1 INVITE" in _header(text, "CSeq"):
            tag = ";tag=" + _header(text, "To").partition(";tag=")[2]
            contact = _header(text, "Contact").partition("<")[2].partition(">")[0]
            self._send(sip, f"ACK {contact}", "1 ACK", party, tag)
            party.goodbye = self._send(sip, f"BYE {contact}", "2 BYE", party, tag)

    def _reply(self, sip: socket.socket, request: str, party: _Party, status: str, body: str = "") -> None:
        to = _header(request, "To")
        to += "" if "tag=" in to else f";tag={party.tag}"
        kept = "".join(f"{name}: {_header(request, name)}\r\n" for name in ("Via", "From", "Call-ID", "CSeq"))
        text = (
            f"SIP/2.0 {status}\r\n{kept}To: {to}\r\nContact: <sip:c@127.0.0.1:{sip.getsockname()[1]}>\r\n"
            + ("Content-Type: application/sdp\r\n" if body else "")
            + f"Content-Length: {len(body)}\r\n\r\n{body}"
        )
        sip.sendto(text.encode(), self._switch)


def _serve(pipe: Connection, sip: str, agents_port: int, calls: int, relay: range) -> None:
    exchange = _Exchange(sip, agents_port)
    audio = voice_like(30)
    step = sent = called = late = 0
    start = time.monotonic()
    while True:
        while pipe.poll():
            if pipe.recv() == "end":
                exchange.hang_up()
                until = time.monotonic() + 2.0
                while time.monotonic() < until:
                    select.select([exchange.callers, exchange.agents], [], [], 0.05)
                    exchange.take(exchange.callers)
                    exchange.take(exchange.agents)
                return
            parties = list(exchange.parties.values())
            targets = [party.target for party in parties if party.target is not None]
            heard = Heard(sent, sum(party.got for party in parties), 0, late)
            pipe.send(Standing(len(targets), sum(port in relay for _, port in targets), heard))
        if called < calls and step % _CALL_EVERY == 0:
            exchange.call(called)
            called += 1
        parties = list(exchange.parties.values())
        began = start + step * STEP_S
        for index, party in enumerate(parties):
            if party.target is not None:
                at = (step * 160 + index * 777) % (len(audio) - 160)
                header = _HEADER.pack(0x80, 0, step & 0xFFFF, step * 160 & 0xFFFFFFFF, index + 1)
                party.socket.sendto(header + audio[at : at + 160], party.target)
                sent += 1
            party.listen()
            if index % 10 == 9:
                exchange.take(exchange.callers)
                exchange.take(exchange.agents)
                time.sleep(max(0.0, began + 0.9 * STEP_S * index / len(parties) - time.monotonic()))
        exchange.take(exchange.callers)
        exchange.take(exchange.agents)
        step += 1
        behind = time.monotonic() - (start + step * STEP_S)
        late += behind > 2 * STEP_S
        time.sleep(max(0.0, -behind))


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind(("127.0.0.1", port))
    bound.setblocking(False)
    return bound


def _header(text: str, name: str) -> str:
    found = re.search(rf"^{name}:[ \t]*(.*?)\r?$", text, re.M | re.I)
    return found.group(1) if found else ""
