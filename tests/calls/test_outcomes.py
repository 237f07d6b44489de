"""What became of calls that the centre or an agent made: by SIP's causes, live, and in records of old."""

from __future__ import annotations

import json
from importlib import import_module
from typing import get_args

import pytest
from sqlalchemy import text

from huawu.calls.facts import Fact
from huawu.calls.finding import CallFilter
from huawu.calls.outcomes import Outcome, could_answer, of_direct, of_outgoing
from huawu.calls.reading import CallReader
from huawu.calls.record import derive
from huawu.calls.store import CallStore
from huawu.link.messages import EndpointId, Reason
from huawu.platform.database import Database, _upgrade
from huawu.sim.virtual import Caller, Phone
from huawu.switch.sip.reasons import reason_of
from tests.calls.test_before_answer import dialled
from tests.calls.test_calling_back import CUSTOMER, a_desk, agreed, dropped, facts, owed
from tests.calls.test_outside import TEXT
from tests.calls.test_record import Line, record
from tests.calls.worlds import CENTRE, Desk, desk

DIALLED: Line = (0, "offered", {"caller": "1001", "number": "0138", "direction": "out", "endpoint": "1001"})
PLACED: Line = (
    0,
    "offered",
    {"caller": "138", "direction": "out", "queue": "general", "purpose": "callback"},
)
MADE_OTHERWISE = (
    *("unreachable", "phone_lost", "agent_left", "not_allowed", "switch_lost", "recovered", "redial_missed"),
    *("no_agent", "wait_over", "line_full", "expired", "closed", "called_again", "queue_removed"),
    *("callback_taken", ""),
)
"""Reasons that no line has: the centre's own."""


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((code, "busy") for code in (486, 600)),
        *((code, "unanswered") for code in (408, 480)),
        *((code, "refused") for code in (403, 603, 607)),
        *((code, "not_found") for code in (404, 410, 484, 604)),
        *((code, "failed") for code in (488, 500, 503)),
    ],
)
@pytest.mark.parametrize("begin", [DIALLED, PLACED])
def test_sips_cause_says_what_became_of_it(begin: Line, status: int, outcome: Outcome) -> None:
    ended: Line = (9_000, "ended", {"by": "centre", "reason": reason_of(status)})
    assert record(begin, ended).outcome == outcome


def test_why_the_called_one_did_not_come_counts_more_than_how_the_call_ended() -> None:
    """A phone that was answered at once hears that the transfer failed, and an ordinary end."""
    answered: Line = (100, "answered", {})
    failed: Line = (5_000, "transfer_failed", {"number": "0138", "reason": "busy"})
    for by, reason in (("centre", "no_answer"), ("caller", "normal")):
        ended: Line = (9_000, "ended", {"by": by, "reason": reason})
        assert record(DIALLED, answered, failed, ended).outcome == "busy"
        assert record(DIALLED, answered, ended).outcome != "busy"


def test_a_transfer_that_fails_later_does_not_undo_a_conversation() -> None:
    talked: Line = (3_000, "bridged", {"number": "0138"})
    failed: Line = (5_000, "transfer_failed", {"number": "0139", "reason": "busy"})
    call = record(DIALLED, talked, failed, (9_000, "ended", {"by": "caller", "reason": "normal"}))
    assert (call.outcome, call.not_reached) == ("answered", "")


def test_who_calls_in_is_judged_as_ever() -> None:
    began: Line = (0, "offered", {"caller": "138", "number": "4001"})
    assert record(began, (1, "ended", {"by": "centre", "reason": "not_found"})).outcome == "refused"
    assert record(began, (1, "ended", {"by": "caller", "reason": "cancelled"})).outcome == "abandoned"


def test_whom_a_flow_sends_to_somebody_and_serves_when_nobody_comes_is_served() -> None:
    step: Line = (1, "step", {"flow": "main", "step": "colleague"})
    failed: Line = (5_000, "transfer_failed", {"agent": "1002", "reason": "no_answer"})
    call = record(
        (0, "offered", {"caller": "138", "number": "4000"}),
        (1, "answered", {}),
        step,
        (2, "transfer", {"agent": "1002"}),
        failed,
        (9_000, "ended", {"by": "centre", "reason": "normal"}),
    )
    assert (call.outcome, call.direct, call.not_reached) == ("self_service", False, "")


def test_a_caller_in_line_is_never_said_to_be_busy_and_an_outgoing_call_never_given_up() -> None:
    reasons = {*get_args(Reason), *MADE_OTHERWISE}
    outgoing = {of_outgoing(reason) for reason in reasons}
    assert outgoing == {"unanswered", "busy", "not_found", "cancelled", "refused", "failed"}
    assert {of_direct(reason, internal=True) for reason in reasons} == outgoing
    outside = {of_direct(reason, internal=False) for reason in reasons}
    assert outside == outgoing - {"cancelled"} | {"abandoned"}
    in_line: Line = (1, "queued", {"queue": "general"})
    for reason in reasons:
        told = record(
            (0, "offered", {"caller": "138"}), in_line, (9, "ended", {"by": "centre", "reason": reason})
        )
        assert told.outcome in ("refused", "failed")


def test_whoever_was_called_could_answer_unless_the_line_broke_or_a_rule_forbade_it() -> None:
    reasons = {*get_args(Reason), *MADE_OTHERWISE}
    assert {reason for reason in reasons if not could_answer(reason)} == {
        *("failed", "congestion", "incompatible", "media_timeout", "shutdown"),
        *("switch_lost", "recovered", "not_allowed"),
    }


# ── As they happen ────────────────────────────────────────────────────────────────────────────────


def outcomes(floor: Desk, begin: str = "") -> list[Outcome | None]:
    """Of the outgoing calls, in order; `begin`: only those with such a fact."""
    calls = {fact.call: None for fact in floor.world.facts if fact.fields.get("direction") == "out"}
    told = [[fact for fact in floor.world.facts if fact.call == call] for call in calls]
    records = [derive(one) for one in told if not begin or begin in {fact.kind for fact in one}]
    return [one.outcome for one in records if one is not None]


@pytest.mark.parametrize(
    ("refuses", "outcome"),
    [("no_answer", "unanswered"), ("busy", "busy"), ("declined", "refused"), ("not_found", "not_found")],
)
def test_each_attempt_of_a_callback_says_what_became_of_it(refuses: Reason, outcome: Outcome) -> None:
    floor = a_desk()
    floor.world.outside[CUSTOMER] = Phone(refuses=refuses)
    agreed(floor)
    floor.ready("1001")
    floor.world.run_for(300_000)
    assert owed(floor)[0].state == "given_up"
    assert outcomes(floor) == [outcome, outcome]


def test_a_callback_that_is_answered_in_the_end_is_answered_then() -> None:
    floor = a_desk()
    floor.world.outside[CUSTOMER] = Phone(refuses="busy")
    agreed(floor)
    floor.ready("1001")
    floor.world.run_for(10_000)
    floor.world.outside[CUSTOMER] = Phone()
    floor.world.run_for(100_000)
    floor.world.hang_up(floor.world.engine.floor.calls[owed(floor)[0].call].leg)  # type: ignore[index]
    floor.world.run_for(1_000)
    assert outcomes(floor) == ["busy", "answered"]


def test_a_callback_whose_agent_leaves_while_it_rings_is_taken_back() -> None:
    floor = a_desk()
    floor.world.outside[CUSTOMER] = Phone(answers_after_ms=None)
    agreed(floor)
    floor.ready("1001")
    floor.world.run_for(5_000)
    leg = floor.world.engine.floor.calls[owed(floor)[0].call].parties[0].leg  # type: ignore[index]
    floor.world.hang_up(leg)
    floor.world.run_for(100)
    assert outcomes(floor) == ["cancelled"]


def test_a_redial_says_what_became_of_it_too() -> None:
    floor = a_desk("goal: 20s")
    floor.world.outside[CUSTOMER] = Phone(refuses="no_answer")
    dropped(floor)
    floor.world.run_for(10_000)
    assert facts(floor, "redialled")
    assert outcomes(floor) == ["unanswered"]


@pytest.mark.parametrize(
    ("why", "outcome"), [("busy", "busy"), ("not_found", "not_found"), ("declined", "refused")]
)
@pytest.mark.parametrize("hears_early", [False, True])
def test_a_call_that_an_agent_dials_says_what_became_of_it(
    why: Reason, outcome: Outcome, hears_early: bool
) -> None:
    house = desk(TEXT)
    house.world.trunks["city"] = Phone(answers_after_ms=None)
    leg = dialled(house, hears_early=hears_early)
    out = next(name for name in house.world.legs if name != leg)
    house.world.pretended.end(out, "peer", why)
    house.world.run_for(60_000)
    assert outcomes(house) == [outcome]


def test_a_call_that_an_agent_dials_is_unanswered_or_taken_back() -> None:
    house = desk(TEXT)
    house.world.trunks["city"] = Phone(answers_after_ms=None)
    dialled(house)
    house.world.run_for(120_000)
    house.world.hang_up(dialled(house))
    house.world.run_for(1_000)
    assert outcomes(house) == ["unanswered", "cancelled"]


def test_a_number_that_no_rule_lets_out_is_refused() -> None:
    house = desk(TEXT)
    house.world.call(Caller(number="00881612345678", endpoint="1001", caller="1001"))
    house.world.run_for(1_000)
    assert house.fact("outside_refused").fields["why"]
    assert outcomes(house) == ["refused"]


def called_directly(phone: Phone | None, caller: Caller) -> Outcome | None:
    """Somebody calls 1002, at the extension or by a number of 1002's own; `phone` None: it is not there."""
    floor = desk(CENTRE.replace("numbers:\n", 'numbers:\n  - {number: 4002, name: own, agent: "1002"}\n'))
    if phone is not None:
        floor.ready("1002", phone)
    before = len(floor.world.facts)
    floor.world.call(caller)
    floor.world.run_for(120_000)
    assert not floor.world.engine.floor.calls
    told = derive(floor.world.facts[before:])
    return told.outcome if told is not None else None


@pytest.mark.parametrize(
    ("phone", "outcome"),
    [
        (Phone(answers_after_ms=None), "unanswered"),
        (Phone(refuses="busy"), "busy"),
        (Phone(refuses="declined"), "refused"),
        (Phone(refuses="unavailable"), "unanswered"),
        (Phone(), "answered"),
        (None, "unanswered"),  # who is not at work
    ],
)
@pytest.mark.parametrize("internal", [False, True])
def test_a_call_straight_to_an_agent_says_what_became_of_it(
    phone: Phone | None, outcome: Outcome, internal: bool
) -> None:
    own = Caller(number="1002", endpoint="1001", caller="1001") if internal else Caller(number="4002")
    assert called_directly(phone, own) == outcome


def test_an_agent_at_work_who_takes_a_break_is_busy_to_who_calls_the_extension() -> None:
    floor = desk(CENTRE)
    floor.ready("1002")
    floor.world.call(Caller(number="*12", endpoint="1002", caller="1002"))
    floor.world.run_for(100)
    before = len(floor.world.facts)
    floor.world.call(Caller(number="1002", endpoint="1001", caller="1001"))
    floor.world.run_for(60_000)
    told = derive(floor.world.facts[before:])
    assert told is not None
    assert told.outcome == "busy"


@pytest.mark.parametrize(("internal", "outcome"), [(False, "abandoned"), (True, "cancelled")])
def test_who_hangs_up_while_an_extension_rings_gave_up_or_took_the_call_back(
    internal: bool, outcome: Outcome
) -> None:
    who = {"endpoint": "1001", "caller": "1001"} if internal else {}
    number = "1002" if internal else "4002"
    caller = Caller(number=number, patience_ms=5_000, **who)  # type: ignore[arg-type]
    assert called_directly(Phone(answers_after_ms=None), caller) == outcome


def test_a_number_that_is_none_is_not_found_to_an_agent_who_dials_it() -> None:
    assert called_directly(None, Caller(number="777", endpoint="1001", caller="1001")) == "not_found"
    assert called_directly(None, Caller(number="777")) == "refused"


def test_a_redial_that_its_agent_declines_is_declined_and_one_that_is_let_ring_unanswered() -> None:
    for phone, outcome in (
        (Phone(refuses="declined"), "refused"),
        (Phone(answers_after_ms=None), "unanswered"),
    ):
        floor = a_desk("goal: 20s")
        floor.ready("1001")
        leg = floor.world.call(Caller(number="4001", talk_ms=600_000))
        floor.world.run_for(10_000)
        floor.world.phones[EndpointId("1001")].refuses = phone.refuses
        floor.world.phones[EndpointId("1001")].answers_after_ms = phone.answers_after_ms
        floor.world.drop(leg)
        floor.world.run_for(120_000)
        assert outcomes(floor) == [outcome]


# ── Of old ────────────────────────────────────────────────────────────────────────────────────────

Lines = list[Line]
INTERNAL: Line = (0, "offered", {"caller": "1001", "number": "1002", "endpoint": "1001"})
FROM_OUTSIDE: Line = (0, "offered", {"caller": "138", "number": "4002"})
RUNG: Lines = [(1, "answered", {}), (1, "transfer", {"agent": "1002"})]


def ended_with(reason: str, by: str = "centre") -> Line:
    return (9_000, "ended", {"by": by, "reason": reason})


OF_OLD: dict[str, tuple[Lines, str]] = {
    "a busy customer": ([PLACED, ended_with("busy")], "refused"),
    "no answer": ([PLACED, ended_with("no_answer")], "refused"),
    "agent left": ([PLACED, ended_with("agent_left")], "refused"),
    "declined": ([PLACED, ended_with("declined")], "refused"),
    "in the end": ([PLACED, (5_000, "bridged", {"agent": "1001"}), ended_with("normal")], "answered"),
    "dialled": ([DIALLED, ended_with("cancelled", "caller")], "abandoned"),
    "answered at once": (
        [
            DIALLED,
            (1, "answered", {}),
            (5, "transfer_failed", {"number": "0138", "reason": "busy"}),
            ended_with("no_answer"),
        ],
        "self_service",
    ),
    "broke": ([DIALLED, ended_with("congestion")], "failed"),
    "came in": ([(0, "offered", {"caller": '"direction":"out"'}), ended_with("not_found")], "refused"),
    "goes on": ([DIALLED], ""),
    "own phone, no such number": ([INTERNAL, ended_with("not_found")], "refused"),
    "extension let ring": (
        [
            INTERNAL,
            *RUNG,
            (9_000, "transfer_failed", {"agent": "1002", "reason": "no_answer"}),
            ended_with("no_answer"),
        ],
        "self_service",
    ),
    "extension taken back": ([INTERNAL, *RUNG, ended_with("normal", "caller")], "self_service"),
    "extension given up": ([FROM_OUTSIDE, *RUNG, ended_with("normal", "caller")], "self_service"),
    "served by a flow": (
        [FROM_OUTSIDE, (1, "answered", {}), (1, "step", {"flow": "main"}), *RUNG[1:], ended_with("normal")],
        "self_service",
    ),
}


async def test_calls_of_old_get_the_outcome_that_their_facts_tell(database_url: str) -> None:
    db = Database(database_url)
    async with db.begin() as connection:
        await connection.run_sync(_upgrade, "here", "0017_causes")
    store = CallStore(db)
    await store.start()
    for call, (lines, _) in OF_OLD.items():
        store.append(
            [
                Fact(call=call, seq=seq, at_ms=at_ms, kind=kind, fields=fields)
                for seq, (at_ms, kind, fields) in enumerate(lines, 1)
            ]
        )
    await store.flush()
    await store.close()
    async with db.begin() as connection:
        for call, before in (await connection.execute(text("SELECT id, record FROM calls"))).all():
            was = json.loads(before) | ({"outcome": OF_OLD[call][1]} if OF_OLD[call][1] else {})
            for newer in ("not_reached", "internal", "direct"):
                was.pop(newer, None)
            row = {
                "id": call,
                "outcome": OF_OLD[call][1],
                "record": json.dumps(was, separators=(",", ":")),
            }
            older = text("UPDATE calls SET outcome = :outcome, record = :record WHERE id = :id")
            await connection.execute(older, row)
    reader = CallReader(db)
    refused = await reader.find(CallFilter(outcome="refused"), limit=10)
    assert len(refused.calls) == 6
    assert await db.migrate()
    records = {call: await reader.get(call) for call in OF_OLD}
    assert {call: one and one.outcome for call, one in records.items()} == {
        "a busy customer": "busy",
        "no answer": "unanswered",
        "agent left": "cancelled",
        "declined": "refused",
        "in the end": "answered",
        "dialled": "cancelled",
        "answered at once": "busy",
        "broke": "failed",
        "came in": "refused",
        "goes on": None,
        "own phone, no such number": "not_found",
        "extension let ring": "unanswered",
        "extension taken back": "cancelled",
        "extension given up": "abandoned",
        "served by a flow": "self_service",
    }
    for call, one in records.items():
        assert one == derive(await reader.facts(call)), "as if it ended today"
    found = await reader.find(CallFilter(outcome="busy"), limit=10)
    assert {each.id for each in found.calls} == {"a busy customer", "answered at once"}
    await db.close()


def test_records_of_old_are_read_by_the_same_table_as_those_of_today() -> None:
    for name in ("0018_not_reached", "0019_direct"):
        migration = import_module(f"huawu.platform.migrations.versions.{name}")
        for reason in {*get_args(Reason), *MADE_OTHERWISE}:
            assert migration.OUTCOMES.get(reason, "cancelled") == of_outgoing(reason), reason
