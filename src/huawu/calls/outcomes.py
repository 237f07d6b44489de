"""What became of a call: one word, as lists, filters and reports show it.

Of who calls the centre, and of whom somebody is called, different things are asked: a caller can give up, a
number that is called can be busy. Who asks for one person by extension is asked both.
Why so: docs/decisions/0045-what-became-of-a-call.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Outcome = Literal[
    "answered",
    "abandoned",  # who called in gave up
    "self_service",  # needed nobody
    "callback",  # left to be called back, which is neither given up nor refused
    "unanswered",  # the called one did not pick up
    "busy",  # the called one talks already
    "not_found",  # there is no such number
    "cancelled",  # taken back before anybody answered
    "refused",  # the centre would not have the caller; the called one, or a rule, said no
    "failed",  # the line, or the system
]

BROKEN: Final = frozenset(
    {"failed", "congestion", "media_timeout", "incompatible", "shutdown", "switch_lost"}
)
"""Reasons by which the line, and nobody's wish, ends a call."""

_NOT_REACHED: Final[Mapping[str, Outcome]] = {
    "no_answer": "unanswered",
    "unavailable": "unanswered",  # 480: not there, switched off
    "unreachable": "unanswered",
    "phone_lost": "unanswered",
    "redial_missed": "unanswered",  # by the agent, whose phone rings first
    "no_agent": "unanswered",
    "wait_over": "unanswered",
    "line_full": "unanswered",
    "busy": "busy",
    "not_found": "not_found",
    "declined": "refused",
    "forbidden": "refused",
    "not_allowed": "refused",
    "recovered": "failed",
}


def of_outgoing(reason: str) -> Outcome:
    """What became of an outgoing call in which nobody talked.

    `reason`: why whoever was called last, the agent or the customer, did not come; else why the call ended.
    Which of SIP's causes stands behind it says `switch/sip/reasons.py`. What is no word of anybody called
    (the agent left, the callback is no longer owed) took the call back.
    """
    return "failed" if reason in BROKEN else _NOT_REACHED.get(reason, "cancelled")


def could_answer(reason: str) -> bool:
    """Whether whoever was called had the chance to answer: the line carried the call, no rule forbade it."""
    return reason != "not_allowed" and of_outgoing(reason) != "failed"


def of_direct(reason: str, *, internal: bool) -> Outcome:
    """What became of a call straight to one person in which nobody talked; `reason` as for `of_outgoing`.

    Who hung up while it rang gave up, or, `internal` (from a phone of the centre), took the call back.
    """
    outcome = of_outgoing(reason)
    return "abandoned" if outcome == "cancelled" and not internal else outcome
