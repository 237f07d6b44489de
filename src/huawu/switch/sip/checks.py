"""What every request must satisfy before anybody looks at its meaning (RFC 3261 §8.2)."""

from __future__ import annotations

from typing import Final

import msgspec

from huawu.switch.sip.bodies import accepts_sdp
from huawu.switch.sip.headers import clean, scheme_of
from huawu.switch.sip.message import Request
from huawu.switch.sip.printing import ACCEPT, ALLOW, EXTENSIONS, METHODS
from huawu.switch.sip.refresh import MIN_SE_S, interval_of
from huawu.switch.sip.secure import NOT_ALLOWED, is_secure

REGISTRATION_EXTENSIONS: Final = frozenset({"outbound", "path"})
"""What a REGISTER may require of us (RFC 5626, RFC 3327)."""


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
    if scheme == "sips" and not is_secure(request.flow) and request.method != "BYE":
        return Fault(480, lines=NOT_ALLOWED)
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
        known = EXTENSIONS | REGISTRATION_EXTENSIONS if request.method == "REGISTER" else EXTENSIONS
        needed = [clean(one) for one in request.items("require") if one.lower() not in known]
        if needed:
            return Fault(420, lines=f"Unsupported: {', '.join(needed)}\r\n")
    if "accept" in request.headers and request.method == "INVITE" and not accepts_sdp(request):
        return Fault(406, lines=ACCEPT)
    if "session-expires" in request.headers and request.method in ("INVITE", "UPDATE"):
        return _check_interval(request)
    return None


def _check_interval(request: Request) -> Fault | None:
    """The session interval asked for may not be so short that refreshes are a burden (RFC 4028 §9)."""
    try:
        asked = interval_of(request)
    except ValueError as error:
        return Fault(400, str(error))
    if asked is not None and asked[0] < MIN_SE_S:
        return Fault(422, lines=f"Min-SE: {MIN_SE_S}\r\n")
    return None
