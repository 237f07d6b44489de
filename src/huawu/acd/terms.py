"""What the time of a waiting call brings: the longest wait, announcements, steps, the end of a preference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from huawu.acd.hall import Hall
from huawu.acd.parties import Call
from huawu.acd.redial import end_reservation


def wait_over(hall: Hall, call: Call, at: int) -> None:
    """While the call is being offered, the offer may still succeed; if not, `place` ends the wait."""
    call.bound_ms = None
    if call.offered_to is None and call.queue.policy.longest_wait_ms:
        hall.may_wait(call, at)


def place_due(hall: Hall, call: Call, at: int) -> None:
    """Tell the caller the place again, unless a phone rings."""
    if not call.queue.policy.announce_every_ms:
        call.announcing = False
    elif call.offered_to is not None:
        hall.start_place_timer(call, at)
    else:
        hall.announce_place(call, at)


def step_due(hall: Hall, call: Call, at: int) -> None:
    """As with the longest wait: an offer under way may still succeed."""
    call.step_ms = None
    hall.place_anew(call, at)


def prefer_over(hall: Hall, call: Call, at: int) -> None:
    """The agent who is preferred has not become free; one whose phone rings may still answer."""
    line = call.line
    if line is not None:
        line.leave(call)
    call.prefers = None
    call.find_need()
    if line is not None:
        hall.place(call, at)


TIMERS_OF_CALLS: Final[dict[str, Callable[[Hall, Call, int], None]]] = {
    "wait": wait_over,
    "place": place_due,
    "step": step_due,
    "prefer": prefer_over,
    "until": end_reservation,
}
"""Which timer of a call goes where."""
