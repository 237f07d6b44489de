"""SIP messages: bytes become Request or Response values, with the fields every message needs at hand.

ValueError
 └─ BadMessage      cannot be taken; `request` is set when a 400 can be sent
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from sipmessage import URI

from huawu.switch.sip.events import Flow
from huawu.switch.sip.headers import NameAddr, Via, parse_uri, split_list, tag_of

MAX_MESSAGE: Final = 65_535
MAX_HEAD: Final = 16_384  # what a stranger may make us read letter by letter
MAX_HEADERS: Final = 200
COMPACT: Final = {
    "a": "accept-contact",
    "b": "referred-by",
    "c": "content-type",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
    "x": "session-expires",
}
_USUAL: Final = """
    Via From To Call-ID CSeq Contact Max-Forwards Content-Type Content-Length Allow Supported User-Agent
    Server Expires Route Record-Route Require Authorization Proxy-Authorization WWW-Authenticate
    Proxy-Authenticate Subject Accept Allow-Events Date Session-Expires Min-SE P-Asserted-Identity
"""
_KEYS: Final = {name: name.lower() for name in _USUAL.split()} | COMPACT
_SINGLE: Final = frozenset(
    {"from", "to", "call-id", "cseq", "content-length", "max-forwards", "content-type"}
)
_NEEDED: Final = ("call-id", "from", "to", "cseq")
_MISSING: Final = ("",)
_FOLD: Final = re.compile(r"\r\n[ \t]+")
_TOKEN: Final = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+\Z")
_CSEQ: Final = re.compile(r"([0-9]{1,12})[ \t]+([A-Za-z0-9.!%*_+`'~-]+)\Z")
_STATUS: Final = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})(?: (.*))?\Z", re.IGNORECASE)
NO_FLOW: Final = Flow(transport="udp", host="0.0.0.0", port=0)


class BadMessage(ValueError):
    """A message that breaks the grammar; `request` can be answered with `status` and the text."""

    def __init__(self, reason: str, request: Request | None = None, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.request = request
        self.status = status


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """What requests and responses share. Header names are in lower case, values in order, unfolded."""

    headers: dict[str, list[str]]
    body: bytes
    flow: Flow = NO_FLOW
    via: Via = field(init=False)  # the topmost
    call_id: str = field(init=False, default="")
    from_tag: str = field(init=False, default="")
    to_tag: str = field(init=False, default="")
    cseq: int = field(init=False, default=0)
    cseq_method: str = field(init=False, default="")

    def first(self, name: str) -> str:
        """The first value of a header, "" when it is missing."""
        values = self.headers.get(name)
        return values[0] if values else ""

    def items(self, name: str) -> list[str]:
        """All items of a list header."""
        values = self.headers.get(name)
        return split_list(values) if values else []

    def address(self, name: str) -> NameAddr:
        """The first address of From, To, Contact… Raises ValueError."""
        items = self.items(name)
        if not items:
            raise ValueError(f"{name} is missing")
        return NameAddr.parse(items[0])

    def number(self, name: str) -> int | None:
        """A header that is a decimal number; None when it is missing. Raises ValueError."""
        value = self.first(name)
        if not value:
            return None
        digits = value.partition(";")[0].partition("(")[0].strip()
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 10:
            raise ValueError(f"{name} is not a number")
        return int(digits)


@dataclass(slots=True, kw_only=True, eq=False)
class Request(Message):
    """A request; `uri` as written."""

    method: str
    uri: str
    _vias: str = field(init=False, default="")
    _key: tuple[str, ...] = field(init=False, default=())
    _origin: Flow | None = field(init=False, default=None)

    def target(self) -> URI:
        """The Request-URI typed. Raises ValueError."""
        return parse_uri(self.uri)

    @property
    def origin(self) -> Flow:
        """Where it comes from: its flow, or what a proxy of ours says of whom it speaks for."""
        return self._origin or self.flow

    def came_from(self, origin: Flow) -> None:
        """A proxy of ours brought it."""
        self._origin = origin

    @property
    def vias(self) -> str:
        """The Via lines for a response, the topmost marked with the real source."""
        if not self._vias:
            values = self.headers["via"]
            top = self.via.seen_from(self.flow.host, self.flow.port)
            rest = split_list(values)[1:] if len(values) > 1 or "," in values[0] else []
            self._vias = f"Via: {top}\r\n" + "".join([f"Via: {value}\r\n" for value in rest])
        return self._vias

    @property
    def key(self) -> tuple[str, ...]:
        """What tells its server transaction apart (RFC 3261 §17.2.3); ACK has the key of its INVITE."""
        if not self._key:
            self._key = self.key_as("INVITE" if self.method == "ACK" else self.method)
        return self._key

    def key_as(self, method: str) -> tuple[str, ...]:
        """The key a request of another method with the same branch has: what a CANCEL looks for."""
        via = self.via
        branch = via.branch
        if branch.startswith("z9hG4bK") and len(branch) > 7:
            return branch, via.sent_by, method
        return self.call_id, str(self.cseq), self.from_tag, via.sent_by, branch, method, self.uri

    def reply_flow(self) -> Flow:
        """Where responses go (RFC 3261 §18.2.2, RFC 3581 §4); never to another host than asked."""
        flow = self.flow
        if flow.reliable or self.via.wants_rport:
            return flow
        return Flow(transport="udp", host=flow.host, port=self.via.port or 5060)


@dataclass(slots=True, kw_only=True, eq=False)
class Response(Message):
    """A response."""

    code: int
    phrase: str


def parse(data: bytes, flow: Flow = NO_FLOW) -> Request | Response:
    """Read one whole message. Raises BadMessage, nothing else."""
    if len(data) > MAX_MESSAGE:
        raise BadMessage("Message too large")
    head, blank, body = data.partition(b"\r\n\r\n")
    if len(head) > MAX_HEAD:
        raise BadMessage("Header section too long")
    text = head.lstrip(b"\r\n").decode("utf-8", "surrogateescape")
    if "\r\n " in text or "\r\n\t" in text:
        text = _FOLD.sub(" ", text)
    start, *lines = text.split("\r\n")
    headers: dict[str, list[str]] = {}
    trouble = "" if blank else "Header section has no end"
    several = ""
    if len(lines) > MAX_HEADERS:
        raise BadMessage("Too many header lines")
    for line in lines:
        name, colon, value = line.partition(":")
        key = _KEYS.get(name)
        if key is None:
            key = name.rstrip(" \t").lower()
            key = COMPACT.get(key, key)
            if not colon or not _TOKEN.match(key):
                trouble = trouble or "Malformed header line"
                continue
        if key in headers:
            headers[key].append(value.strip(" \t"))
            if key in _SINGLE:
                several = several or f"Several {key} headers"
        else:
            headers[key] = [value.strip(" \t")]
    bare = text.replace("\r\n", "")
    if "\r" in bare or "\n" in bare or "\0" in bare:
        raise BadMessage("Stray control characters")
    status = _STATUS.match(start)
    message: Request | Response
    if status is not None:
        message = Response(
            headers=headers, body=body, flow=flow, code=int(status.group(1)), phrase=status.group(2) or ""
        )
        _complete(message, several, trouble)
        return message
    method, _, rest = start.partition(" ")
    uri, _, version = rest.rpartition(" ")
    if not _TOKEN.match(method) or not uri:
        raise BadMessage("Neither request nor response")
    message = Request(headers=headers, body=body, flow=flow, method=method, uri=uri)
    if version.upper() != "SIP/2.0":
        _top_via(message)
        known = version.upper().startswith("SIP/")
        if known:
            raise BadMessage("Version not supported", message, 505)
        raise BadMessage("Malformed request line", message)
    if " " in uri or "\t" in uri or uri[0] == "<":
        trouble = trouble or "Malformed Request-URI"
    _complete(message, several, trouble)
    return message


def _top_via(message: Message) -> None:
    values = message.headers.get("via")
    if not values or not values[0]:
        raise BadMessage("Via is missing")
    value = values[0]
    try:
        message.via = Via.parse(split_list([value])[0] if "," in value else value)
    except (ValueError, IndexError):
        raise BadMessage("Via is malformed") from None


def _complete(message: Request | Response, several: str, trouble: str) -> None:
    """Fill the fields every message has; raise what is wrong, answerable once the Via is known."""
    _top_via(message)
    headers = message.headers
    asking = message if isinstance(message, Request) else None
    get = headers.get
    call_id, sender, to = get("call-id", _MISSING)[0], get("from", _MISSING)[0], get("to", _MISSING)[0]
    cseq = get("cseq", _MISSING)[0]
    if not (call_id and sender and to and cseq):
        missing = next(name for name in _NEEDED if not get(name, _MISSING)[0])
        raise BadMessage(f"Missing {missing} header", asking)
    if several:
        raise BadMessage(several, asking)
    message.call_id = call_id
    message.from_tag = tag_of(sender)
    message.to_tag = tag_of(to)
    found = _CSEQ.match(cseq)
    if found is None or (number := int(found[1])) >= 2**31:
        raise BadMessage("Malformed CSeq", asking)
    message.cseq, message.cseq_method = number, found[2]
    if trouble:
        raise BadMessage(trouble, asking)
    if asking is not None and message.cseq_method != asking.method:
        raise BadMessage("CSeq method differs from the request's", asking)
    told = headers.get("content-length")
    if told is not None:
        text = told[0]
        if not (text.isascii() and text.isdigit()) or len(text) > 8:
            raise BadMessage("Malformed Content-Length", asking)
        length, there = int(text), len(message.body)
        if length > there:
            raise BadMessage("Body is shorter than Content-Length", asking)
        if length < there:
            message.body = message.body[:length]
