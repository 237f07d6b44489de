"""The standard judges the scripted calls, word for word, as they were labelled by hand."""

from __future__ import annotations

import pytest
from tools.proof.judging import compared
from tools.proof.script import Call, load_all
from tools.proof.timeline import judged_at_ms, perfect

from huawu.speech.spotting import Spotter
from huawu.standard import load_standard

SCRIPTS = load_all()
STANDARD = load_standard()
SPOTTER = Spotter(STANDARD.phrases)
AUTOMATIC = [rule.id for rule in STANDARD.book.rules if rule.checks and not rule.off]


@pytest.mark.parametrize("call", SCRIPTS, ids=[call.id for call in SCRIPTS])
def test_a_call_said_word_for_word_is_judged_as_labelled(call: Call) -> None:
    verdicts = STANDARD.judge(perfect(call), SPOTTER.spot, judged_at_ms(call))
    for rule, tally in compared(call, verdicts).items():
        if rule not in STANDARD.rules:
            continue
        assert not tally.missed, f"{rule} is broken, and nobody says so: {tally.missed}"
        assert not tally.false, f"{rule} is not broken: {tally.false}"
        assert not tally.kept_missed, f"{rule}: {tally.kept_missed}"


@pytest.mark.parametrize("rule", AUTOMATIC)
def test_each_rule_is_kept_and_broken_in_some_call(rule: str) -> None:
    labelled = {label.verdict for call in SCRIPTS for label in call.labels.get(rule, ())}
    assert labelled == {"pass", "breach"}
