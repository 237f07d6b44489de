"""The life of an agent as one table, so that every rule about states can be read in one place."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from huawu.acd.events import AgentState


class Trigger(StrEnum):
    """What may happen to an agent, worded to follow "the agent cannot …"."""

    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    MAKE_READY = "be_made_ready"
    TAKE_BREAK = "take_a_break"
    LOSE_PHONE = "lose_the_phone"
    OFFER = "be_offered_a_call"
    ACCEPT = "accept_an_offer"
    DECLINE = "decline_an_offer"
    MISS = "miss_an_offer"  # not answered, busy, unreachable
    LOSE_CALLER = "lose_the_caller"  # the caller left while the phone rang
    BEGIN_CONTACT = "begin_a_contact"  # a call the ACD did not offer
    BEGIN_WRAP_UP = "begin_wrap_up"  # the last call is over, and its queue asks for wrap-up
    END_CONTACT = "end_a_contact"  # the last call is over, without wrap-up
    END_WRAP_UP = "end_wrap_up"  # the time for wrap-up is over
    BEGIN_TASK = "begin_a_task"  # work that is no call, in the state of wrap-up


SIGNED_OUT: Final = AgentState.SIGNED_OUT
READY: Final = AgentState.READY
RINGING: Final = AgentState.RINGING
TALKING: Final = AgentState.TALKING
WRAP_UP: Final = AgentState.WRAP_UP
BREAK: Final = AgentState.BREAK
UNAVAILABLE: Final = AgentState.UNAVAILABLE

PHONE_LOST: Final = "phone_lost"
"""Why an agent is unavailable whose phone cannot be reached."""

WORKING: Final = frozenset({READY, RINGING, TALKING, WRAP_UP})
"""The states in which an agent helps to empty the line, now or soon; the estimated wait counts these."""

TRANSITIONS: Final[dict[tuple[AgentState, Trigger], AgentState]] = {
    (SIGNED_OUT, Trigger.SIGN_IN): BREAK,
    (SIGNED_OUT, Trigger.MAKE_READY): READY,
    #
    (READY, Trigger.OFFER): RINGING,
    (READY, Trigger.TAKE_BREAK): BREAK,
    (READY, Trigger.SIGN_OUT): SIGNED_OUT,
    (READY, Trigger.LOSE_PHONE): UNAVAILABLE,
    (READY, Trigger.BEGIN_CONTACT): TALKING,
    (READY, Trigger.BEGIN_TASK): WRAP_UP,
    #
    (RINGING, Trigger.ACCEPT): TALKING,
    (RINGING, Trigger.DECLINE): BREAK,
    (RINGING, Trigger.MISS): UNAVAILABLE,
    (RINGING, Trigger.LOSE_CALLER): READY,
    (RINGING, Trigger.BEGIN_WRAP_UP): WRAP_UP,  # a redial was declined or is gone, and wrap-up waited for it
    (RINGING, Trigger.TAKE_BREAK): BREAK,
    (RINGING, Trigger.SIGN_OUT): SIGNED_OUT,
    (RINGING, Trigger.LOSE_PHONE): UNAVAILABLE,
    (RINGING, Trigger.BEGIN_CONTACT): TALKING,
    #
    (TALKING, Trigger.BEGIN_CONTACT): TALKING,
    (TALKING, Trigger.BEGIN_WRAP_UP): WRAP_UP,
    (TALKING, Trigger.END_CONTACT): READY,
    #
    (WRAP_UP, Trigger.END_WRAP_UP): READY,
    (WRAP_UP, Trigger.MAKE_READY): READY,
    (WRAP_UP, Trigger.TAKE_BREAK): BREAK,
    (WRAP_UP, Trigger.SIGN_OUT): SIGNED_OUT,
    (WRAP_UP, Trigger.BEGIN_CONTACT): TALKING,
    #
    (BREAK, Trigger.MAKE_READY): READY,
    (BREAK, Trigger.TAKE_BREAK): BREAK,  # for another reason
    (BREAK, Trigger.SIGN_OUT): SIGNED_OUT,
    (BREAK, Trigger.BEGIN_CONTACT): TALKING,
    #
    (UNAVAILABLE, Trigger.MAKE_READY): READY,
    (UNAVAILABLE, Trigger.TAKE_BREAK): BREAK,
    (UNAVAILABLE, Trigger.SIGN_OUT): SIGNED_OUT,
    (UNAVAILABLE, Trigger.BEGIN_CONTACT): TALKING,
}

NOTED: Final[frozenset[tuple[AgentState, Trigger]]] = frozenset(
    {
        (TALKING, Trigger.MAKE_READY),  # takes back what was noted before
        (TALKING, Trigger.TAKE_BREAK),
        (TALKING, Trigger.SIGN_OUT),
        (TALKING, Trigger.LOSE_PHONE),
        (WRAP_UP, Trigger.LOSE_PHONE),
    }
)
"""What is kept in mind and happens to the agent, as if ready, when call and wrap-up are over."""

IGNORED: Final[frozenset[tuple[AgentState, Trigger]]] = frozenset(
    {
        # said twice
        (SIGNED_OUT, Trigger.SIGN_OUT),
        (READY, Trigger.MAKE_READY),
        (RINGING, Trigger.MAKE_READY),
        (UNAVAILABLE, Trigger.LOSE_PHONE),
        (READY, Trigger.SIGN_IN),
        (RINGING, Trigger.SIGN_IN),
        (TALKING, Trigger.SIGN_IN),
        (WRAP_UP, Trigger.SIGN_IN),
        (BREAK, Trigger.SIGN_IN),
        (UNAVAILABLE, Trigger.SIGN_IN),
        # no call would have come anyway; the next offer finds out
        (SIGNED_OUT, Trigger.LOSE_PHONE),
        (BREAK, Trigger.LOSE_PHONE),
        # the calls of people off shift are not the ACD's
        (SIGNED_OUT, Trigger.BEGIN_CONTACT),
    }
)
"""What may come in a state and changes nothing there. What is in none of the three tables is refused."""
