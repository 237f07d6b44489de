"""Our reasons and SIP's status codes, both ways."""

from __future__ import annotations

from typing import Final

from huawu.link.messages import Reason

CODES: Final[dict[Reason, int]] = {
    "normal": 480,
    "cancelled": 487,
    "busy": 486,
    "declined": 603,
    "no_answer": 480,
    "unavailable": 480,
    "not_found": 404,
    "forbidden": 403,
    "incompatible": 488,
    "congestion": 503,
    "failed": 500,
    "media_timeout": 480,
    "shutdown": 503,
}
REASONS: Final[dict[int, Reason]] = {
    401: "forbidden",
    403: "forbidden",
    404: "not_found",
    407: "forbidden",
    408: "no_answer",
    410: "not_found",
    415: "incompatible",
    416: "not_found",
    430: "unavailable",  # the phone's connection to its proxy is gone (RFC 5626)
    480: "unavailable",
    484: "not_found",
    486: "busy",
    487: "cancelled",
    488: "incompatible",
    503: "congestion",
    600: "busy",
    603: "declined",
    604: "not_found",
    606: "incompatible",
    607: "declined",
}
RANK: Final[tuple[Reason, ...]] = (
    "declined", "busy", "no_answer", "incompatible", "forbidden", "not_found", "congestion", "unavailable",
)  # fmt: skip
"""Of several phones' refusals the one that says most about the person comes first."""


def code_of(reason: Reason) -> int:
    """The final status that tells a caller why."""
    return CODES[reason]


def reason_of(code: int) -> Reason:
    """What a final status other than 2xx means to us; redirections are not followed."""
    found = REASONS.get(code)
    if found is not None:
        return found
    if code < 400:
        return "unavailable"
    return "declined" if code >= 600 else "failed"


def weightiest(reasons: list[Reason]) -> Reason:
    """The one reason to tell when every phone called has refused."""
    return min(reasons, key=lambda one: RANK.index(one) if one in RANK else len(RANK), default="unavailable")
