"""Who may do what: one table from role to permissions."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    """One thing a person or a programme may do; API tokens name these as scopes."""

    WATCH = "watch"  # queues, agents, the wallboard
    SET_OWN_STATE = "set_own_state"
    SET_STATES = "set_states"  # of any agent
    SEE_OWN_CALLS = "see_own_calls"  # with their recordings
    SEE_CALLS = "see_calls"
    HEAR_CALLS = "hear_calls"
    MOVE_OWN_CALLS = "move_own_calls"  # transfer, consult, confer, park; pick up and retrieve
    MOVE_CALLS = "move_calls"  # of any agent
    SUPERVISE = "supervise"  # listen in, whisper, barge in, take over
    SEE_NUMBERS = "see_numbers"  # callers' numbers in full
    SEE_PRIVATE = "see_private"  # phone, identity and card numbers said in calls
    ANNOUNCE = "announce"  # put up and take down announcements in front of queues and numbers
    RUN_QUEUES = "run_queues"  # open, close and divert queues; move who waits and who serves; lost callers
    SIMULATE = "simulate"
    RESET_TOLLS = "reset_tolls"  # let costly calls go again after the alarm
    MEASURE = "measure"  # /metrics from elsewhere
    SEE_QUALITY = "see_quality"  # everybody's assessments, and their figures
    INSPECT = "inspect"  # fill in forms, decide appeals
    PLAN_INSPECTIONS = "plan_inspections"  # choose calls, calibrate, give forms to others
    APPEAL_OWN = "appeal_own"  # see one's own findings, appeal against them
    TRY_BOOK = "try_book"  # see what a changed rule would say of past calls
    CHANGE_BOOK = "change_book"  # publish the centre's own changes to the book
    SEE_AUDIT = "see_audit"  # who did what
    ADMINISTER = "administer"  # people, tokens, configuration


class Role(StrEnum):
    """What somebody is here (service book, S4·6)."""

    AGENT = "agent"
    SHIFT_LEADER = "shift_leader"
    INSPECTOR = "inspector"
    TRAINER = "trainer"
    MANAGER = "manager"
    SUPPORT = "support"
    ADMINISTRATOR = "administrator"


P = Permission
PERMISSIONS: Final[dict[Role, frozenset[Permission]]] = {
    Role.AGENT: frozenset(
        {P.WATCH, P.SET_OWN_STATE, P.SEE_OWN_CALLS, P.MOVE_OWN_CALLS, P.SEE_NUMBERS, P.APPEAL_OWN}
    ),
    Role.SHIFT_LEADER: frozenset(
        {
            P.WATCH,
            P.SET_OWN_STATE,
            P.SET_STATES,
            P.SEE_CALLS,
            P.HEAR_CALLS,
            P.MOVE_OWN_CALLS,
            P.MOVE_CALLS,
            P.SUPERVISE,
            P.SEE_NUMBERS,
            P.SEE_PRIVATE,
            P.SIMULATE,
            P.ANNOUNCE,
            P.RUN_QUEUES,
            P.SEE_QUALITY,
            P.APPEAL_OWN,
            P.TRY_BOOK,
        }
    ),
    Role.INSPECTOR: frozenset(
        {
            P.WATCH,
            P.SEE_CALLS,
            P.HEAR_CALLS,
            P.SEE_NUMBERS,
            P.SEE_PRIVATE,
            P.SEE_QUALITY,
            P.INSPECT,
            P.PLAN_INSPECTIONS,
            P.TRY_BOOK,
        }
    ),
    Role.TRAINER: frozenset({P.WATCH, P.SEE_CALLS, P.HEAR_CALLS, P.SEE_QUALITY, P.TRY_BOOK}),
    Role.MANAGER: frozenset(
        {
            P.WATCH,
            P.SET_STATES,
            P.SEE_CALLS,
            P.HEAR_CALLS,
            P.MOVE_OWN_CALLS,
            P.MOVE_CALLS,
            P.SUPERVISE,
            P.SEE_NUMBERS,
            P.SEE_PRIVATE,
            P.SIMULATE,
            P.MEASURE,
            P.RESET_TOLLS,
            P.ANNOUNCE,
            P.RUN_QUEUES,
            P.SEE_AUDIT,
            P.SEE_QUALITY,
            P.INSPECT,
            P.PLAN_INSPECTIONS,
            P.TRY_BOOK,
            P.CHANGE_BOOK,
        }
    ),
    Role.SUPPORT: frozenset({P.WATCH, P.SEE_CALLS, P.SIMULATE, P.MEASURE}),
    Role.ADMINISTRATOR: frozenset(
        {
            P.WATCH,
            P.SET_STATES,
            P.SEE_CALLS,
            P.SIMULATE,
            P.MEASURE,
            P.ADMINISTER,
            P.RESET_TOLLS,
            P.ANNOUNCE,
            P.SEE_AUDIT,
        }
    ),
}


def permissions_of(role: str) -> frozenset[Permission]:
    """A role's permissions; none for a role that does not exist (any more)."""
    try:
        return PERMISSIONS[Role(role)]
    except ValueError:
        return frozenset()
