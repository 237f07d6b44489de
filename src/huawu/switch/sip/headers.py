"""Header values taken apart: lists, name-addr, parameters, Via, URIs (RFC 3261 §20, §25)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import msgspec
from sipmessage import URI

from huawu.switch.sip.addresses import DEFAULT_PORT, DEFAULT_PORTS, split_host_port

MAX_URI: Final = 1_024
MAX_TEL: Final = 128  # the library's pattern for these takes time by the square of the length
MAX_TEXT: Final = 256

_VIA: Final = re.compile(
    r"SIP[ \t]*/[ \t]*2\.0[ \t]*/[ \t]*([A-Za-z0-9.!%*_+~-]+)[ \t]+"
    r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)[ \t]*(?::[ \t]*([0-9]{1,5}))?[ \t]*(;.*)?\Z",
    re.IGNORECASE | re.DOTALL,
)
_BRANCH: Final = re.compile(r";[ \t]*branch[ \t]*=[ \t]*([^;, \t]+)", re.IGNORECASE)
_RPORT: Final = re.compile(r";[ \t]*rport[ \t]*(?:=[^;]*)?(?=;|\Z)", re.IGNORECASE)
_RECEIVED: Final = re.compile(r";[ \t]*received[ \t]*=[^;]*", re.IGNORECASE)
_TAG: Final = re.compile(r";[ \t]*tag[ \t]*=[ \t]*([^;, \t]+)", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


class Via(msgspec.Struct, frozen=True, gc=False):
    """One Via value (RFC 3261 §20.42). `parameters` is the raw tail, beginning with `;`, or empty."""

    transport: str
    host: str  # as written, IPv6 in brackets
    port: int | None
    parameters: str

    @classmethod
    def parse(cls, value: str) -> Via:
        """Read the value; raises ValueError."""
        found = _VIA.match(value)
        if found is None:
            raise ValueError("Via is malformed")
        transport, host, port, parameters = found.groups()
        number = int(port) if port else None
        if number is not None and not 0 < number < 65_536:
            raise ValueError("Via has a bad port")
        return cls(transport.upper(), host, number, (parameters or "").rstrip())

    @property
    def branch(self) -> str:
        found = _BRANCH.search(self.parameters)
        return found.group(1) if found else ""

    @property
    def sent_by(self) -> str:
        """`host:port` in lower case, the port always told."""
        return f"{self.host.lower()}:{self.port or 5060}"

    @property
    def wants_rport(self) -> bool:
        return ";" in self.parameters and _RPORT.search(self.parameters) is not None

    def seen_from(self, host: str, port: int) -> str:
        """The value printed with where it really came from (RFC 3261 §18.2.1, RFC 3581 §4)."""
        parameters = self.parameters
        if "received" in parameters.lower():
            parameters = _RECEIVED.sub("", parameters)
        answer = self.wants_rport
        if answer:
            parameters = _RPORT.sub("", parameters)
        if answer or self.host.strip("[]").lower() != host:
            parameters += f";received={host}"
        if answer:
            parameters += f";rport={port}"
        written = self.host if self.port is None else f"{self.host}:{self.port}"
        return f"SIP/2.0/{self.transport} {written}{parameters}"


class NameAddr(msgspec.Struct, frozen=True, gc=False):
    """A From, To, Contact, Route value: display name, URI as written, raw parameters with their `;`."""

    name: str
    uri: str
    parameters: str = ""

    @classmethod
    def parse(cls, value: str) -> NameAddr:
        """Read `"Name" <uri>;params` or `uri;params`; raises ValueError."""
        value = value.strip()
        if value.startswith('"'):
            end = _closing_quote(value)
            name, rest = _unquote(value[1:end]), value[end + 1 :].lstrip()
            if not rest.startswith("<"):
                raise ValueError("address has no <uri> after its name")
        else:
            name, bracket, rest = value.partition("<")
            if not bracket:
                uri, semicolon, parameters = value.partition(";")
                if not uri or any(mark in uri for mark in ' \t<>",?'):
                    raise ValueError("address is malformed")
                return cls("", uri.strip(), semicolon + parameters)
            name, rest = name.strip(), "<" + rest
            if '"' in name or "," in name or ";" in name:
                raise ValueError("address has a malformed name")
        uri, bracket, parameters = rest[1:].partition(">")
        parameters = parameters.strip()
        if not bracket or not uri or "<" in uri or (parameters and not parameters.startswith(";")):
            raise ValueError("address is malformed")
        if ";;" in parameters:
            raise ValueError("address is malformed")
        return cls(name, uri.strip(), parameters)

    def parameter(self, name: str) -> str | None:
        """The value of a header parameter, "" for a bare one, None when missing."""
        return parameter(self.parameters, name)


def parameter(parameters: str, name: str) -> str | None:
    """The value of `;name=value` in a raw tail of parameters (names in any case)."""
    for part in parameters.split(";")[1:]:
        key, _, value = part.partition("=")
        if key.strip().lower() == name:
            return value.strip()
    return None


def tag_of(value: str) -> str:
    """The tag of a From or To value, "" without one."""
    found = _TAG.search(value, value.rfind(">") + 1)
    return found.group(1) if found else ""


def split_list(values: list[str]) -> list[str]:
    """The items of comma-separated header lines; commas in quotes and angle brackets do not part."""
    items: list[str] = []
    for value in values:
        if "," not in value:
            if value:
                items.append(value)
            continue
        start, quoted, bracket, skip = 0, False, False, False
        for index, letter in enumerate(value):
            if skip:
                skip = False
            elif quoted:
                skip, quoted = letter == "\\", letter != '"'
            elif letter == '"':
                quoted = True
            elif letter == "<":
                bracket = True
            elif letter == ">":
                bracket = False
            elif letter == "," and not bracket:
                items.append(value[start:index].strip())
                start = index + 1
        items.append(value[start:].strip())
    return [item for item in items if item]


@lru_cache(maxsize=2_048)
def parse_uri(text: str) -> URI:
    """A SIP, SIPS or TEL URI typed (the latest are remembered). Raises ValueError, whatever the text."""
    if len(text) > (MAX_TEL if text[:4].lower() == "tel:" else MAX_URI):
        raise ValueError("URI is too long")
    try:
        return URI.parse(text)
    except TypeError:  # a parameter that is called like an argument of the library
        raise ValueError("URI is not valid") from None


def scheme_of(text: str) -> str:
    """The scheme in lower case, "" when there is none."""
    found = _SCHEME.match(text)
    return found.group(1).lower() if found else ""


def number_of(uri: URI) -> str:
    """The user or telephone number a URI names, without user parameters such as `;phone-context`."""
    return clean((uri.user or "").partition(";")[0])


def target_of(uri: URI) -> tuple[str, int, str]:
    """Host (no brackets), port and transport that a URI leads to: as it says, else `udp`; `tls` for sips."""
    secure = uri.scheme == "sips"
    transport = (uri.parameters.get("transport") or ("tls" if secure else "udp")).lower()
    if secure and transport in ("tcp", "ws"):
        transport = "tls" if transport == "tcp" else "wss"
    host, port = split_host_port(uri.host, DEFAULT_PORTS.get(transport, DEFAULT_PORT))
    return host, uri.port or port, transport


def clean(text: str) -> str:
    """Text of a peer fit for logs and screens: valid Unicode, no control characters, bounded."""
    return _CONTROL.sub("", text[:MAX_TEXT].encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def quote(text: str) -> str:
    """A quoted-string (RFC 3261 §25.1) of our own text."""
    bare = _CONTROL.sub("", text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{bare}"'


def _closing_quote(value: str) -> int:
    index = 1
    while index < len(value):
        if value[index] == "\\":
            index += 1
        elif value[index] == '"':
            return index
        index += 1
    raise ValueError("address has an unclosed quote")


def _unquote(inner: str) -> str:
    return re.sub(r"\\(.)", r"\1", inner) if "\\" in inner else inner
