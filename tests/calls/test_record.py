from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.calls.facts import Fact, Kind, Party
from huawu.calls.record import CallRecord, apply, derive
from huawu.calls.recorded import RecordingView, below_data

Line = tuple[int, Kind, dict[str, Any]]


def timeline(*lines: Line, call: str = "c1") -> list[Fact]:
    return [
        Fact(call=call, seq=seq, at_ms=at_ms, kind=kind, fields=fields)
        for seq, (at_ms, kind, fields) in enumerate(lines, start=1)
    ]


def record(*lines: Line) -> CallRecord:
    derived = derive(timeline(*lines))
    assert derived is not None
    return derived


OFFERED: Line = (0, "offered", {"caller": "13800005678", "number": "12345", "flow": "main"})
QUEUED: list[Line] = [OFFERED, (100, "answered", {}), (5_000, "queued", {"queue": "help"})]
AGREED: list[Line] = [*QUEUED, (60_000, "callback_agreed", {"callback": "b1", "queue": "help"})]
TALKING: list[Line] = [
    *QUEUED,
    (6_000, "offer_made", {"agent": "8001", "queue": "help"}),
    (9_000, "bridged", {"agent": "8001"}),
]


def test_a_call_answered_by_an_agent() -> None:
    call = record(*TALKING, (69_000, "parted", {}), (69_100, "ended", {"by": "caller", "reason": "normal"}))
    assert (call.caller, call.number, call.flow, call.queue, call.agent) == (
        "13800005678",
        "12345",
        "main",
        "help",
        "8001",
    )
    assert (call.answered_ms, call.queued_ms, call.bridged_ms, call.ended_ms) == (100, 5_000, 9_000, 69_100)
    assert (call.waited_ms, call.talk_ms) == (4_000, 60_000)
    assert (call.state, call.outcome, call.ended_by, call.reason) == ("ended", "answered", "caller", "normal")


@pytest.mark.parametrize(
    ("lines", "by", "reason", "outcome"),
    [
        (QUEUED, "caller", "normal", "abandoned"),
        (QUEUED, "centre", "normal", "refused"),
        (QUEUED, "centre", "media_timeout", "failed"),
        ([OFFERED], "caller", "cancelled", "abandoned"),
        ([OFFERED], "centre", "not_found", "refused"),
        ([OFFERED, (100, "answered", {})], "caller", "normal", "self_service"),
        ([OFFERED, (100, "answered", {})], "centre", "normal", "self_service"),
        (AGREED, "centre", "normal", "callback"),
        (AGREED, "caller", "normal", "callback"),
        (AGREED, "caller", "media_timeout", "callback"),
        (TALKING, "agent", "normal", "answered"),
        (TALKING, "centre", "media_timeout", "answered"),
    ],
)
def test_how_a_call_ends_gives_its_outcome(lines: list[Line], by: str, reason: str, outcome: str) -> None:
    assert record(*lines, (90_000, "ended", {"by": by, "reason": reason})).outcome == outcome


def test_an_offer_that_fails_leaves_the_caller_waiting_with_nobody() -> None:
    ringing = [*QUEUED, (6_000, "offer_made", {"agent": "8001"})]
    assert (record(*ringing).state, record(*ringing).agent) == ("ringing", "8001")
    refused = record(*ringing, (7_000, "offer_failed", {"agent": "8001", "reason": "declined"}))
    assert (refused.state, refused.agent, refused.queued_ms) == ("waiting", "", 5_000)


def test_a_caller_who_overflows_keeps_the_first_instant_of_waiting() -> None:
    call = record(
        *QUEUED,
        (35_000, "overflowed", {"queue": "help", "action": "queue", "target": "all"}),
        (35_000, "queued", {"queue": "all"}),
        (40_000, "bridged", {"agent": "8002"}),
    )
    assert (call.queue, call.queued_ms, call.waited_ms) == ("all", 5_000, 35_000)


def test_conversations_with_two_agents_add_up() -> None:
    call = record(
        *TALKING,
        (19_000, "parted", {}),
        (25_000, "bridged", {"agent": "8002"}),
        (30_000, "ended", {"by": "agent"}),
    )
    assert (call.agent, call.talk_ms, call.bridged_ms) == ("8002", 15_000, 9_000)


def test_what_comes_after_the_end_changes_only_the_recording() -> None:
    ended = [
        *TALKING,
        (8_500, "recording_started", {"recording": "r1", "path": "/d/recordings/2025/c1.wav"}),
    ]
    ended.append((20_000, "ended", {"by": "agent"}))
    ended.append((20_010, "recording_stopped", {"recording": "r1", "length_ms": 11_000}))
    call = record(*ended, (30_000, "parted", {}))
    assert (call.state, call.talk_ms) == ("ended", 11_000)
    assert call.recording == RecordingView(length_ms=11_000, size=176_000, state="complete")
    assert call.recording_path == "recordings/2025/c1.wav"


def test_a_recording_that_failed_says_so() -> None:
    call = record(
        *TALKING,
        (9_000, "recording_started", {"path": "x"}),
        (10_000, "recording_failed", {"detail": "disk"}),
    )
    assert call.recording == RecordingView(length_ms=1_000, size=16_000, state="failed")


def test_a_recording_that_failed_for_a_while_is_kept_as_a_part() -> None:
    call = record(
        *TALKING,
        (9_000, "recording_started", {"path": "x"}),
        (10_000, "recording_failed", {"detail": "No space left on device"}),
        (20_000, "ended", {"by": "agent"}),
        (20_010, "recording_stopped", {"length_ms": 1_000}),
    )
    assert call.recording == RecordingView(length_ms=1_000, size=16_000, state="partial")


BEGUN_ON_A_FULL_DISK: list[tuple[int, Kind, dict[str, Any]]] = [
    (9_000, "recording_started", {"recording": "r1", "path": "x"}),
    (9_100, "recording_failed", {"recording": "r1", "detail": "full", "goes_on": True}),
]


def test_a_recording_that_is_tried_again_runs_and_is_a_part_in_the_end() -> None:
    assert record(*TALKING, *BEGUN_ON_A_FULL_DISK).recording == RecordingView(state="running")
    call = record(
        *TALKING,
        *BEGUN_ON_A_FULL_DISK,
        (15_000, "recording_recovered", {"recording": "r1"}),
        (20_000, "ended", {"by": "agent"}),
        (20_010, "recording_stopped", {"recording": "r1", "length_ms": 11_000}),
    )
    assert call.recording == RecordingView(length_ms=11_000, size=176_000, state="partial")


def test_a_recording_that_was_never_written_has_no_length() -> None:
    lost = {"recording": "r1", "detail": "full", "length_ms": 0}
    call = record(*TALKING, *BEGUN_ON_A_FULL_DISK, (20_000, "ended", {}), (20_010, "recording_failed", lost))
    assert call.recording == RecordingView(state="failed")


def test_a_message_that_failed_says_nothing_of_the_conversation() -> None:
    call = record(
        *TALKING,
        (9_000, "recording_started", {"recording": "r1", "path": "x"}),
        (19_000, "recording_stopped", {"recording": "r1", "length_ms": 10_000}),
        (30_000, "recording_failed", {"recording": "v2", "detail": "full", "goes_on": True}),
    )
    assert call.recording == RecordingView(length_ms=10_000, size=160_000, state="complete")


def test_facts_without_a_beginning_are_borne() -> None:
    bridged = Fact(call="c", seq=7, at_ms=50, kind="bridged", fields={"agent": "8001"})
    assert apply(None, bridged).began_ms == 50


def test_a_path_is_kept_from_recordings_on() -> None:
    assert below_data("/data/recordings/2025/01/02/c.wav") == "recordings/2025/01/02/c.wav"
    assert below_data("elsewhere/c.wav") == "elsewhere/c.wav"


KINDS: list[Kind] = [
    "offered", "answered", "step", "language", "queued", "overflowed", "offer_made", "agent_ringing",
    "offer_failed", "transfer", "transfer_failed", "bridged", "parted", "held", "recording_started",
    "recording_stopped", "recording_failed", "talk", "ended", "wrap_up_began",
]  # fmt: skip
PARTIES: list[Party] = ["caller", "agent", "centre"]
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "agent": st.sampled_from(["8001", "8002", ""]),
        "queue": st.sampled_from(["help", "all"]),
        "by": st.sampled_from(["caller", "agent", "centre", "nobody"]),
        "reason": st.sampled_from(["normal", "failed", "busy"]),
        "path": st.sampled_from(["recordings/a.wav", ""]),
        "length_ms": st.integers(0, 10_000),
        "language": st.none() | st.just("en"),
    },
)


@st.composite
def timelines(draw: st.DrawFn, call: str = "c1") -> list[Fact]:
    """Any facts in any order: stranger than calls can be."""
    line = st.tuples(st.sampled_from(KINDS), st.sampled_from(PARTIES), FIELDS, st.integers(0, 9_000))
    lines = draw(st.lists(line))
    at_ms = 1_000
    told: list[Fact] = []
    for seq, (kind, party, fields, later) in enumerate(lines, start=1):
        at_ms += later
        told.append(Fact(call=call, seq=seq, at_ms=at_ms, kind=kind, party=party, fields=fields))
    return told


@given(timelines())
def test_a_record_stays_sane(facts: list[Fact]) -> None:
    derived: CallRecord | None = None
    for fact in facts:
        derived = apply(derived, fact)
        assert (derived.state == "ended") == (derived.ended_ms is not None) == (derived.outcome is not None)
        assert (derived.state == "talking") <= (derived.talking_since_ms is not None)
        assert derived.talk_ms is None or 0 <= derived.talk_ms <= fact.at_ms - 1_000
        assert derived.waited_ms is None or derived.waited_ms >= 0
