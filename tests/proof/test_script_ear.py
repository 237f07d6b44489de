"""The worker that knows the scripts by heart tells words as any other worker does, each of them once."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from tools.proof.script import CALLS, Call, load, load_all
from tools.proof.script_ear import EDGE_MS, Spoken
from tools.proof.timeline import BY, Fact, began_ms, judged_at_ms, perfect

from huawu.speech.hearing import Turn
from huawu.speech.live import JustSaid
from huawu.speech.spotting import Spotter
from huawu.standard import load_standard

SCRIPTS = load_all()
LATE_MS = 20
"""A frame later than by the script: so it is where the machine has something else to do."""


def stretches(call: Call, late_ms: int = 0) -> tuple[Fact, ...]:
    """The voices as the switch tells them, in the order of their ends."""
    return tuple(
        msgspec.structs.replace(
            fact,
            fields=fact.fields | {name: fact.fields[name] + late_ms for name in ("began_ms", "ended_ms")},
        )
        for fact in perfect(call)
        if fact.kind == "talk"
    )


def heard(call: Call, talks: Iterable[Fact]) -> list[tuple[Fact, Turn]]:
    """Each stretch with what was made out in it."""
    zero_ms = began_ms(call)
    spoken = Spoken(call, zero_ms)
    turns = []
    for talk in talks:
        said = JustSaid(
            id=str(talk.seq),
            call=call.id,
            path="",
            zero_ms=zero_ms,
            party=talk.party,
            from_ms=talk.fields["began_ms"],
            to_ms=talk.fields["ended_ms"],
            language=call.language,
        )
        turn = spoken.turn(said)
        if turn is not None:
            turns.append((talk, turn))
    return turns


def as_heard(call: Call, late_ms: int) -> list[Fact]:
    """The script's timeline with what came by the worker in place of its perfect words."""
    talks = stretches(call, late_ms)
    rest = [fact for fact in perfect(call) if fact.kind not in ("talk", "said")]
    said = [
        msgspec.structs.replace(talk, kind="said", fields=turn.fields(began_ms(call), BY))
        for talk, turn in heard(call, talks)
    ]
    return [*rest, *talks, *said]


@pytest.mark.parametrize("name", ["not-greeted-back", "transfer-broken", "complaint-attitude-broken"])
def test_a_greeting_that_is_heard_a_frame_late_is_still_the_first_that_is_said(name: str) -> None:
    standard, call = load_standard(), load(CALLS / f"{name}.yaml")
    spotter = Spotter(standard.phrases)
    verdicts = standard.judge(as_heard(call, LATE_MS), spotter.spot, judged_at_ms(call))
    assert [one.verdict for one in verdicts if (one.rule, one.check) == ("open.greeting", "words")] == [
        "pass"
    ]


@pytest.mark.parametrize("call", SCRIPTS, ids=[call.id for call in SCRIPTS])
def test_a_turn_begins_with_its_first_word_and_ends_with_its_last(call: Call) -> None:
    for talk, turn in heard(call, stretches(call, LATE_MS)):
        assert (turn.from_ms, turn.to_ms) == (turn.words[0].from_ms, turn.words[-1].to_ms)
        assert turn.from_ms >= talk.fields["began_ms"] - began_ms(call) - EDGE_MS
        assert turn.to_ms <= talk.fields["ended_ms"] - began_ms(call) + EDGE_MS


@pytest.mark.parametrize("call", SCRIPTS, ids=[call.id for call in SCRIPTS])
def test_every_word_is_made_out_once(call: Call) -> None:
    for party in ("caller", "agent"):
        said = [fact for fact in perfect(call) if fact.kind == "said" and fact.party == party]
        turns = [turn for talk, turn in heard(call, stretches(call)) if talk.party == party]
        assert [word.text for turn in turns for word in turn.words] == [
            word[0] for fact in said for word in fact.fields["words"]
        ]
