"""Messages of ours as bytes, composed from raw header lines: no header object is built."""

from __future__ import annotations

from typing import Final

from huawu.switch.sip.message import Request

SDP_TYPE: Final = "Content-Type: application/sdp\r\n"
ALLOW: Final = (
    "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, INFO, PRACK, UPDATE, REFER, NOTIFY, SUBSCRIBE\r\n"
    "Supported: replaces, norefersub, 100rel, timer\r\n"
)
METHODS: Final = frozenset(
    {
        "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "INFO", "PRACK", "UPDATE",
        "REFER", "NOTIFY", "SUBSCRIBE",
    }
)  # fmt: skip
EXTENSIONS: Final = frozenset({"replaces", "norefersub", "100rel", "timer"})
"""The option tags that a peer may require."""
ACCEPT: Final = "Accept: application/sdp, application/dtmf-relay, application/dtmf\r\n"
CAPABILITIES: Final = f"{ALLOW}{ACCEPT}Accept-Encoding: identity\r\nAccept-Language: en\r\n"
"""The answer to OPTIONS (RFC 3261 §11.2)."""
PHRASES: Final[dict[int, str]] = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    408: "Request Timeout",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    422: "Session Interval Too Small",
    423: "Interval Too Brief",
    439: "First Hop Lacks Outbound Support",
    469: "Bad Info Package",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    500: "Server Internal Error",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    603: "Decline",
}


def response(
    request: Request,
    code: int,
    *,
    tag: str = "",
    phrase: str = "",
    lines: str = "",
    body: str = "",
) -> bytes:
    """A response to `request`; `tag` goes into To when it has none; `lines` are whole header lines.

    Copies what is there of Via, From, To, Call-ID and CSeq, so that a broken request can be told so.
    """
    headers = request.headers
    mark = f";tag={tag}" if tag and not request.to_tag else ""
    try:
        copied = (
            f"From: {headers['from'][0]}\r\nTo: {headers['to'][0]}{mark}\r\n"
            f"Call-ID: {headers['call-id'][0]}\r\nCSeq: {headers['cseq'][0]}\r\n"
        )
    except KeyError:
        copied = _what_is_there(headers, mark)
    payload = body.encode("utf-8", "surrogateescape")
    if body:
        lines += SDP_TYPE
    text = (
        f"SIP/2.0 {code} {phrase or PHRASES.get(code, 'Unknown')}\r\n{request.vias}{copied}"
        f"{lines}Content-Length: {len(payload)}\r\n\r\n"
    )
    return text.encode("utf-8", "surrogateescape") + payload


def _what_is_there(headers: dict[str, list[str]], mark: str) -> str:
    """From, To, Call-ID and CSeq of a broken request."""
    marks = {"To": mark}
    return "".join(
        f"{name}: {values[0]}{marks.get(name, '')}\r\n"
        for name in ("From", "To", "Call-ID", "CSeq")
        if (values := headers.get(name.lower()))
    )


def request(
    method: str,
    uri: str,
    *,
    via: str,
    from_value: str,
    to_value: str,
    call_id: str,
    cseq: int,
    lines: str = "",
    body: str = "",
    body_type: str = SDP_TYPE,
) -> bytes:
    """A request; `via` is the whole value of ours, `body_type` the whole line."""
    payload = body.encode("utf-8", "surrogateescape")
    if body:
        lines += body_type
    text = (
        f"{method} {uri} SIP/2.0\r\nVia: {via}\r\nMax-Forwards: 70\r\nFrom: {from_value}\r\n"
        f"To: {to_value}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n"
        f"{lines}Content-Length: {len(payload)}\r\n\r\n"
    )
    return text.encode("utf-8", "surrogateescape") + payload
