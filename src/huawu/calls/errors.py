"""Why a call cannot be moved as somebody asked.

MoveError
├── NoSuchCall       no call of this name is under way
├── NotYours         the call is not one's own
├── NoSuchPlace      the number plan does not know where to
└── NotPossible      the call, or who is asked for, is in no state for it (now), or it is not allowed
"""

from __future__ import annotations

from typing import Final

from huawu.link.messages import Reason

WHY: Final = {
    "nobody_talks": "No agent talks with the caller now.",
    "not_alone": "The caller does not talk with one agent alone. Leave the call, or add one more, instead.",
    "agent_not_free": "Agent {agent} cannot take the call now. Choose somebody who is ready, or a queue.",
    "in_a_call": "Agent {agent} is in another call, or not signed in.",
    "phone_away": "The phone of {agent} is not registered. Switch it on, then try again.",
    "may_not_leave": "{detail}",
    "consulting": "Somebody is being consulted in this call. End that first.",
    "nobody_consulted": "Nobody is being consulted in this call.",
    "not_answered_yet": "Who is consulted has not answered yet. Wait, or go back to the caller.",
    "no_queue_here": "Add an agent or a number. A queue can be consulted instead.",
    "last_talker": "Nobody else talks with the caller. Transfer the call or hang up instead.",
    "call_full": "There are {n} parties in this call; no more fit.",
    "not_recorded": "This call is not being recorded now.",
    "being_called_back": "The caller is being called for a callback: cancel the callback instead.",
    "not_ones_own": "Only an agent's own two calls can be connected.",
    "not_parked": "This call is not parked (any more).",
    "not_ringing": "This call does not ring at a colleague's phone (any more).",
    "slot_taken": "The parking slot {slot} is taken. Choose another, or put the caller in a queue.",
    "slots_taken": "All parking slots are taken. Put the caller in a queue instead.",
    "same_queue": "They wait in this queue already. Choose another one.",
    "queue_shut": "Queue {queue} is closed or led elsewhere now. Open it first, or choose another.",
    "no_number": "The caller showed no number, or the number plan lets nobody call it.",
    "not_for_you": "The number plan does not let you call this number. Leave it to the agents.",
    "queue_gone": "The queue {queue} is gone. Call back by your own phone.",
    "callback_placing": "This callback is being placed just now. If it is not reached, it comes back.",
    "callback_taken": "{agent} has taken this callback.",
    "callback_offered": "This callback rings at {agent} just now.",
    "callback_on_line": "The caller is still on the line. Try again in a moment.",
    "callback_closed": "Callers of this queue are not called at this hour.",
    "callback_of_redial": "A dropped call is for {agent}, who had it.",
    "callback_elsewhere": "This callback belongs to a queue that {agent} does not serve.",
    "callback_not_at_work": "Callbacks are given to who is at work: say ready first.",
    "not_supervising": "{agent} does not supervise this call.",
}
"""What stands in the way, by its code; pages say the same in the viewer's language."""


class MoveError(Exception):
    """The base; nothing has changed when one is raised. `reason` is what a phone is told."""

    reason: Reason = "failed"


class NoSuchCall(MoveError):
    reason: Reason = "not_found"

    def __init__(self, call: str) -> None:
        self.call = call
        self.why = {"code": "no_such_call"}
        super().__init__(f"There is no call {call[:64]!r} under way. It may have ended a moment ago.")


class NotYours(MoveError):
    reason: Reason = "forbidden"

    def __init__(self, call: str) -> None:
        self.call = call
        self.why = {"code": "not_yours"}
        super().__init__("You are not in this call. Ask who talks there, or a shift leader.")


class NoSuchPlace(MoveError):
    reason: Reason = "not_found"

    def __init__(self, what: str) -> None:
        self.what = what
        self.why = {"code": "no_such_place", "what": what[:80]}
        super().__init__(f"There is no {what[:80]}. Choose a number, agent, queue or flow of this centre.")


class NotPossible(MoveError):
    """`code` is one of `WHY`, `values` are what its sentence names."""

    def __init__(self, code: str, reason: Reason = "failed", **values: str | int) -> None:
        self.reason = reason
        self.why: dict[str, str | int] = {"code": code, **values}
        super().__init__(WHY[code].format(**values))
