"""What a REGISTER asks for (RFC 3261 §10.2, RFC 5626 §6): its Contacts, read before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from huawu.switch.sip.headers import NameAddr, parse_uri, target_of
from huawu.switch.sip.message import Request
from huawu.switch.sip.secure import check_binding

DEFAULT_EXPIRES: Final = 3_600
MAX_CONTACTS: Final = 10
MAX_INSTANCE: Final = 200


class FirstHopLacksOutbound(Exception):
    """A phone insists on flows of its own, but a proxy stands between that does not (RFC 5626 §6)."""


class Held(Protocol):
    """A contact that is registered already."""

    @property
    def contact(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one Contact of a REGISTER asks for; `seconds` 0 = take it away."""

    key: str
    contact: str
    seconds: int
    instance: str = ""


def keeps_flows(request: Request) -> bool:
    """Whether the phone wants its connections told apart (RFC 5626 §6) and nobody stands between.

    Behind a proxy that does not do so too, it is served the ordinary way. Raises FirstHopLacksOutbound
    when it insists.
    """
    if "supported" not in request.headers and "require" not in request.headers:
        return False
    required = "outbound" in request.items("require")
    if not required and "outbound" not in request.items("supported"):
        return False
    if len(request.items("via")) == 1 or ";ob" in request.headers.get("path", [""])[-1]:
        return True
    if required:
        raise FirstHopLacksOutbound
    return False


def wishes_of(
    request: Request, held: Mapping[str, Held], path: Sequence[str], *, outbound: bool
) -> list[Wish]:
    """What a REGISTER by this path asks for. Raises ValueError with the reason for a 400."""
    contacts = request.items("contact")
    try:
        default = request.number("expires")
    except ValueError:
        default = None  # malformed counts as missing (§20.19)
    if "*" in contacts:
        if len(contacts) > 1 or default != 0:
            raise ValueError("Contact * needs Expires 0 and no other Contact")
        return [Wish(key=key, contact=one.contact, seconds=0) for key, one in held.items()]
    if len(contacts) > MAX_CONTACTS:
        raise ValueError("Too many Contacts")
    wishes: list[Wish] = []
    for item in contacts:
        address = NameAddr.parse(item)
        uri = parse_uri(address.uri)
        if uri.scheme not in ("sip", "sips"):
            raise ValueError("Contact is not a SIP URI")
        host, port, transport = target_of(uri)
        told = address.parameter("expires")
        if told is not None and told.isascii() and told.isdigit() and len(told) <= 10:
            seconds = int(told)
        else:
            seconds = default if default is not None else DEFAULT_EXPIRES
        key = f"{uri.user or ''}@{host.lower()}:{port};{transport}"
        if seconds and uri.scheme == "sips":
            check_binding(request.flow, request.uri, path)
        instance = address.parameter("+sip.instance") if outbound else None
        number = address.parameter("reg-id") if instance else None
        if number is None:
            wishes.append(Wish(key=key, contact=address.uri, seconds=seconds))
            continue
        if not (number.isascii() and number.isdigit()) or len(number) > 10 or int(number) == 0:
            raise ValueError("Malformed reg-id")
        if instance is None or len(instance) > MAX_INSTANCE:
            raise ValueError("Malformed +sip.instance")
        key = f"{instance} {int(number)}"
        wishes.append(Wish(key=key, contact=address.uri, seconds=seconds, instance=instance))
    return wishes
