"""A call judged while it goes on gets the verdicts that its finished timeline gets."""

from __future__ import annotations

from typing import Any

import pytest
from tools.proof.live import as_it_goes
from tools.proof.script import Call, load_all
from tools.proof.timeline import judged_at_ms, perfect

from huawu.speech.spotting import Spotter
from huawu.standard import Verdict, load_standard

SCRIPTS = load_all()
STANDARD = load_standard()
SPOTTER = Spotter(STANDARD.phrases)


def key(verdict: Verdict) -> tuple[Any, ...]:
    return (verdict.rule, verdict.check, verdict.from_ms, verdict.to_ms, verdict.verdict, verdict.found.en)


@pytest.mark.parametrize("call", SCRIPTS, ids=[call.id for call in SCRIPTS])
def test_live_and_afterwards_a_scripted_call_is_judged_alike(call: Call) -> None:
    facts, until_ms = perfect(call), judged_at_ms(call)
    live, _ = as_it_goes(STANDARD, facts, SPOTTER.spot, until_ms)
    afterwards = STANDARD.judge(facts, SPOTTER.spot, until_ms)
    assert sorted(map(key, live)) == sorted(map(key, afterwards))


def test_the_silent_call_s_procedure_is_shown_step_by_step() -> None:
    call = next(call for call in SCRIPTS if call.id == "silent-kept")
    _, hints = as_it_goes(STANDARD, perfect(call), SPOTTER.spot, judged_at_ms(call))
    steps = [hint.step for _, hint in hints if hint.rule == "silent.call"]
    assert steps == sorted(steps)
    assert set(steps) >= {2, 3}
