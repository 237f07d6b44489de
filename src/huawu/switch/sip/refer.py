"""What REFER and the NOTIFYs after it say (RFC 3515): Refer-To, the event `refer`, SIP fragments."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote as percent

import msgspec

from huawu.switch.sip.bodies import media_type
from huawu.switch.sip.checks import Fault
from huawu.switch.sip.dialog import Dialog
from huawu.switch.sip.headers import NameAddr, clean, number_of, parameter, parse_uri, scheme_of
from huawu.switch.sip.message import Message, Request
from huawu.switch.sip.replaces import Replaces, headers_of

ALLOW_EVENTS: Final = "Allow-Events: refer\r\n"
FRAGMENT: Final = "Content-Type: message/sipfrag;version=2.0\r\n"
OTHER_EVENT: Final = Fault(489, lines=ALLOW_EVENTS)
_STATUS: Final = re.compile(rb"SIP/2\.0 ([1-6][0-9]{2})(?:[ \t]+([^\r\n]{0,200}))?(?:\r\n|\n|\Z)", re.I)


class Wish(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a REFER asks for; `silent` = without word of how it goes (RFC 4488)."""

    number: str
    replaces: Replaces | None = None
    silent: bool = False


class Fragment(msgspec.Struct, frozen=True, gc=False):
    """The status line in a NOTIFY's body."""

    code: int
    phrase: str = ""

    def __str__(self) -> str:
        return f"SIP/2.0 {self.code} {self.phrase}\r\n"


def read_refer(request: Request) -> Wish | Fault:
    """What the REFER wants, or the answer to one that cannot be served.

    Refer-To must name a call (an INVITE to a SIP or TEL URI). Of the headers it may carry only Replaces
    counts; others would let a peer write into our calls.
    """
    values = request.items("refer-to")
    if len(values) != 1 or len(request.items("referred-by")) > 1:
        return Fault(400, "One Refer-To and at most one Referred-By")
    try:
        address = NameAddr.parse(values[0])
        if "referred-by" in request.headers:
            NameAddr.parse(request.first("referred-by"))
    except ValueError:
        return Fault(400, "Malformed Refer-To or Referred-By")
    bare, headers = headers_of(address.uri)
    scheme = scheme_of(bare)
    if scheme not in ("sip", "sips", "tel"):
        return Fault(603, "Only calls can be transferred to") if scheme else Fault(400, "Malformed Refer-To")
    try:
        uri = parse_uri(bare)
        told = headers.get("replaces", [])
        replaces = Replaces.parse(told[0]) if told else None
    except ValueError as error:
        return Fault(400, f"Malformed Refer-To: {clean(str(error))}")
    if len(told) > 1:
        return Fault(400, "Several Replaces in Refer-To")
    if (uri.parameters.get("method") or "INVITE").upper() != "INVITE":
        return Fault(603, "Only calls can be transferred to")
    number = number_of(uri)
    if not number and replaces is None:
        return Fault(603, "Refer-To names no number")
    silent = request.first("refer-sub").partition(";")[0].strip().lower() == "false"
    return Wish(number=number, replaces=replaces, silent=silent)


def refer_to_number(number: str, host: str, *, sips: bool = False) -> str:
    """A Refer-To value that names a number at a host; from SIPS comes SIPS (RFC 5630 §5.1.1.3)."""
    return f"<{'sips' if sips else 'sip'}:{percent(number, safe='+*-_.!~')}@{host}>"


def refer_to_peer(dialog: Dialog) -> str:
    """A Refer-To value that sends somebody to this dialog's peer, in our place (RFC 5589 §7.3)."""
    return f"<{dialog.target}?Replaces={Replaces.of_peer(dialog).escaped}>"


def event_of(message: Message) -> tuple[str, str]:
    """The package and the `id` of an Event header, both "" when missing."""
    value = message.first("event")
    package = value.partition(";")[0].strip().lower()
    return package, parameter(value[len(value.partition(";")[0]) :], "id") or ""


def fragment_of(message: Message) -> Fragment | None:
    """The status in a NOTIFY's body, None without a body. Raises ValueError when there is none in it."""
    if not message.body:
        return None
    if media_type(message) != "message/sipfrag":
        raise ValueError("Not a SIP fragment")
    found = _STATUS.match(message.body.lstrip(b"\r\n"))
    if found is None:
        raise ValueError("Malformed SIP fragment")
    return Fragment(int(found.group(1)), clean((found.group(2) or b"").decode("utf-8", "replace").strip()))
