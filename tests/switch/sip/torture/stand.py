"""A stand for single messages: a switch that knows a few numbers, and an ear for what it answers."""

from __future__ import annotations

from huawu.switch.sip.events import Flow
from huawu.switch.sip.message import Response, parse
from tests.switch.sip.playbook import Agent, Party, Playbook, credentials, crlf, endpoint

PUBLIC = ("10000", "user", "vivekg", "watson")


class Ear(Party):
    """Hears everything, also what cannot be parsed: answers to broken requests repeat what was broken."""

    def __init__(self, book: Playbook, host: str, port: int) -> None:
        super().__init__(book, host, port)
        self.raw: list[bytes] = []

    def deliver(self, data: bytes, flow: Flow) -> None:
        self.raw.append(data)

    @property
    def lines(self) -> list[str]:
        """The first line of each message heard, without its reason phrase."""
        return [one.split(b"\r\n")[0].decode().rsplit(" ", 1)[0][:11] for one in self.raw]

    @property
    def codes(self) -> list[int]:
        """The status codes heard."""
        return [int(one[8:11]) for one in self.raw]

    def last(self) -> Response:
        response = parse(self.raw[-1])
        assert isinstance(response, Response)
        return response


class Stand:
    """One switch, one ear at 10.0.0.9:5060 (or the IPv6 pair), and what passes between them."""

    def __init__(self, *, ipv6: bool = False) -> None:
        self.book = Playbook()
        self.switch: Agent = self.book.agent("2001:db8::1" if ipv6 else "10.0.0.1")
        self.ear = Ear(self.book, "2001:db8::9" if ipv6 else "10.0.0.9", 5060)
        self.switch.configure(endpoint("user"), public=PUBLIC)

    def says(self, text: str | bytes) -> list[int]:
        """Send one datagram; the status codes that come back."""
        self.ear.raw.clear()
        data = text if isinstance(text, bytes) else crlf(text)
        flow = Flow(transport="udp", host=self.ear.host, port=self.ear.port)
        self.switch.deliver(data, flow)
        self.book.run(0.1)
        return self.ear.codes

    def registers(self, text: str, uri: str) -> list[int]:
        """Send a REGISTER twice: as it is, and with the credentials it is asked for."""
        assert self.says(text) == [401]
        line = credentials(self.ear.last(), "REGISTER", uri, "user")
        again = text.replace("branch=z9hG4bK", "branch=z9hG4bKagain", 1)
        return self.says(again.replace("\n\n", f"\n{line}\n\n", 1))


def request(
    method: str = "OPTIONS",
    uri: str = "sip:user@example.com",
    *,
    start: str = "",
    via: str = "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKtorture;rport",
    from_: str = "<sip:caller@example.net>;tag=1",
    to: str = "<sip:user@example.com>",
    call_id: str = "torture@example.net",
    cseq: str = "",
    hops: str = "70",
    contact: str = "<sip:caller@10.0.0.9>",
    lines: tuple[str, ...] = (),
    body: str = "",
    length: str | None = None,
) -> str:
    """A request with usual headers, any of which a test may spoil."""
    told = str(len(crlf(body))) if length is None else length
    fields = [
        start or f"{method} {uri} SIP/2.0",
        f"Via: {via}",
        f"Max-Forwards: {hops}" if hops else "",
        f"From: {from_}" if from_ else "",
        f"To: {to}" if to else "",
        f"Call-ID: {call_id}" if call_id else "",
        f"CSeq: {cseq or f'1 {method}'}",
        f"Contact: {contact}" if contact else "",
        *lines,
        "Content-Type: application/sdp" if body and not any("ontent-Type" in one for one in lines) else "",
        f"Content-Length: {told}",
    ]
    return "\n".join(one for one in fields if one) + f"\n\n{body}"


def audio(host: str = "10.0.0.9") -> str:
    family = "IP6" if ":" in host else "IP4"
    return f"v=0\no=- 1 1 IN {family} {host}\ns=-\nc=IN {family} {host}\nt=0 0\nm=audio 4000 RTP/AVP 0\n"


__all__ = ["Ear", "Stand", "audio", "request"]
