"""What every request must satisfy before anybody looks at its meaning (RFC 3261 §8.2)."""

from __future__ import annotations

import msgspec

from huawu.switch.sip.headers import clean, scheme_of
from huawu.switch.sip.message import Request
from huawu.switch.sip.printing import ALLOW, EXTENSIONS, METHODS

REGISTRATION_EXTENSIONS = ("outbound",)
"""What a REGISTER may require of us (RFC 5626)."""


class Fault(msgspec.Struct, frozen=True, gc=False):
    """The answer to a request that cannot be served."""

    code: int
    phrase: str = ""
    lines: str = ""


def check_request(request: Request) -> Fault | None:
    """Method, Request-URI, hops and required extensions; None when all is well.

    Max-Forwards 0 stops new calls only: they may travel on from here, other requests end here.
    """
    if request.method not in METHODS:
        return Fault(405, lines=ALLOW)
    scheme = scheme_of(request.uri)
    if scheme not in ("sip", "sips", "tel"):
        return Fault(416) if scheme else Fault(400, "Malformed Request-URI")
    try:
        request.target()
    except ValueError:
        return Fault(400, "Malformed Request-URI")
    try:
        hops = request.number("max-forwards")
    except ValueError:
        return Fault(400, "Malformed Max-Forwards")
    if hops is not None:
        if hops > 255:
            return Fault(400, "Malformed Max-Forwards")
        if hops == 0 and request.method == "INVITE" and not request.to_tag:
            return Fault(483)
    if "replaces" in request.headers and request.method != "INVITE":
        return Fault(400, "Replaces belongs to INVITE")  # RFC 3891 §3
    if "require" in request.headers:
        needed = [clean(one) for one in request.items("require") if one.lower() not in EXTENSIONS]
        if request.method == "REGISTER":
            needed = [one for one in needed if one not in REGISTRATION_EXTENSIONS]
        if needed:
            return Fault(420, lines=f"Unsupported: {', '.join(needed)}\r\n")
    return None
