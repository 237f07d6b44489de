"""When a turn of speech that pauses is worth a look: only if a check asks for turns."""

from __future__ import annotations

import pytest

from huawu.standard import Judgement, load_standard
from huawu.standard.model import Happened

ANSWERED = (("offered", "caller"), ("answered", "caller"), ("agent_answered", "agent"), ("bridged", "centre"))


def talk(call: Judgement, party: str, began_ms: int, ended_ms: int) -> None:
    fields = {"began_ms": began_ms, "ended_ms": ended_ms}
    call.add(Happened(at_ms=ended_ms, kind="talk", party=party, fields=fields))


@pytest.mark.parametrize(("lasts_ms", "asked"), [(1_000, False), (12_000, False), (16_000, True)])
def test_a_callers_turn_is_waited_for_only_when_it_is_long_enough_to_be_answered(
    lasts_ms: int, asked: bool
) -> None:
    """The book asks for a sign of listening after 15 s (`listen.ack`)."""
    call = load_standard().call()
    for kind, party in ANSWERED:
        call.add(Happened(at_ms=0, kind=kind, party=party, fields={"agent": "1001"}))
    talk(call, "agent", 500, 3_000)
    talk(call, "caller", 3_400, 3_400 + lasts_ms)
    call.advance(3_400 + lasts_ms + 400)
    paused_ms = call.course.turn_over_ms
    assert paused_ms is not None
    assert call.turn_over_ms() == (paused_ms if asked else None)


def test_a_silent_call_waits_for_the_agents_turn_to_be_over() -> None:
    """Between its sentences the pause counts from the turn's end (`silent.call`)."""
    call = load_standard().call()
    for kind, party in ANSWERED:
        call.add(Happened(at_ms=0, kind=kind, party=party, fields={"agent": "1001"}))
    talk(call, "agent", 500, 3_000)
    call.advance(3_400)
    assert call.turn_over_ms() == 4_500
