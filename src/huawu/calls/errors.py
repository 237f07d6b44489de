"""Why a call cannot be moved as somebody asked.

MoveError
├── NoSuchCall       no call of this name is under way
├── NotYours         the call is not one's own
├── NoSuchPlace      the number plan does not know where to
└── NotPossible      the call, or who is asked for, is in no state for it (now), or it is not allowed
"""

from __future__ import annotations

from huawu.link.messages import Reason


class MoveError(Exception):
    """The base; nothing has changed when one is raised. `reason` is what a phone is told."""

    reason: Reason = "failed"


class NoSuchCall(MoveError):
    reason: Reason = "not_found"

    def __init__(self, call: str) -> None:
        self.call = call
        super().__init__(f"There is no call {call[:64]!r} under way. It may have ended a moment ago.")


class NotYours(MoveError):
    reason: Reason = "forbidden"

    def __init__(self, call: str) -> None:
        self.call = call
        super().__init__("You are not in this call. Ask who talks there, or a shift leader.")


class NoSuchPlace(MoveError):
    reason: Reason = "not_found"

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"There is no {what[:80]}. Choose a number, agent, queue or flow of this centre.")


class NotPossible(MoveError):
    def __init__(self, why: str, reason: Reason = "failed") -> None:
        self.reason = reason
        super().__init__(why)
