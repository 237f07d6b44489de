"""The scripted calls are whole: each can be laid out in time and told as the centre would tell it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from tools.proof.layout import PlacedLine, laid_out, over_ms
from tools.proof.script import CALLS, Call, ScriptError, load, load_all
from tools.proof.timeline import happened, perfect

SCRIPTS = load_all()
LONGEST_MS = 70_000


def test_there_are_enough_calls_in_both_languages() -> None:
    assert len(SCRIPTS) >= 40
    assert sum(call.language == "en" for call in SCRIPTS) >= 8


@pytest.mark.parametrize("call", SCRIPTS, ids=[call.id for call in SCRIPTS])
def test_a_script_is_a_call_from_ring_to_end(call: Call) -> None:
    facts = perfect(call)
    assert [fact.seq for fact in facts] == list(range(1, len(facts) + 1))
    assert [fact.at_ms for fact in facts] == sorted(fact.at_ms for fact in facts)
    kinds = [fact.kind for fact in facts]
    assert kinds.count("ended") == 1
    assert kinds.index("agent_ringing") < kinds.index("agent_answered") < kinds.index("ended")
    assert over_ms(laid_out(call)) < LONGEST_MS
    said = [fact.fields["text"] for fact in facts if fact.kind == "said"]
    assert said == [
        one.what.text
        for one in sorted(laid_out(call), key=lambda one: _said_at(one))
        if isinstance(one, PlacedLine)
    ]
    assert {fact.kind for fact in happened(call)} <= set(kinds) - {"talk", "said", "heard"}


def _said_at(one: object) -> int:
    if not isinstance(one, PlacedLine):
        return 0
    stretches = one.measure.stretches
    return one.from_ms + (stretches[-1].to_ms if stretches else 0)


@pytest.mark.parametrize("call", SCRIPTS, ids=[call.id for call in SCRIPTS])
def test_words_lie_within_what_was_said(call: Call) -> None:
    voices = [fact for fact in perfect(call) if fact.kind == "talk"]
    for fact in perfect(call):
        if fact.kind != "said":
            continue
        begins, ends = fact.fields["from_ms"], fact.fields["to_ms"]
        assert begins < ends == fact.at_ms
        words = fact.fields["words"]
        assert words[0][1] == begins
        assert words[-1][2] == ends
        assert all(one[2] <= other[1] for one, other in pairwise(words))
        own = [(one.fields["began_ms"], one.fields["ended_ms"]) for one in voices if one.party == fact.party]
        assert all(any(began <= word[1] < word[2] <= ended for began, ended in own) for word in words)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("id: hold-kept", "id: other"), "its id is 'other'"),
        (("is: thank}", "is: announce}"), "the same name"),
        (("near: thank", "near: nowhere"), "near 'nowhere'"),
        (("{act: hold, after: 0.6}", "{act: hold, agent: 好, after: 0.6}"), "one of agent, caller and act"),
        (("{act: hold, after: 0.6}", "{act: vanish}"), "vanish"),
    ],
)
def test_a_mistake_in_a_script_is_told(change: tuple[str, str], problem: str, tmp_path: Path) -> None:
    text = (CALLS / "hold-kept.yaml").read_text()
    assert change[0] in text
    file = tmp_path / "hold-kept.yaml"
    file.write_text(text.replace(*change))
    with pytest.raises(ScriptError, match=problem):
        load(file)
