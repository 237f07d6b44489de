"""Scripted calls through a real switch and a real centre: judged live as they are judged afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.measure.spoken import played
from tools.proof.script import CALLS, load, load_all
from tools.proof.stage import unplayed

pytestmark = pytest.mark.sip

SCRIPTS = ("abusive-broken", "en-curt", "hello-what", "silent-broken", "transfer-broken")
"""The quickest: somebody is abused, answers late, is curt, hears nothing, hands on."""
TRIES = 3
"""Live assist waits 450 ms for what the switch tells; a machine that is later for once may try again."""


def test_what_was_found_while_calls_went_on_is_what_their_timelines_say(tmp_path: Path) -> None:
    scripts = [load(CALLS / f"{name}.yaml") for name in SCRIPTS]
    for turn in range(TRIES):
        found = played(tmp_path / str(turn), scripts, lanes=len(SCRIPTS))
        if not found.differences:
            break
    assert not found.troubles
    assert not found.complaints
    assert not found.differences
    assert found.verdicts > 60 * len(SCRIPTS)
    for tallies in (found.live, found.after):
        told = {rule for rule, tally in tallies.items() if tally.found}
        assert told >= {"open.third-ring", "open.greeting", "open.taboo", "silent.call", "ban.retort"}
    assert found.hints, "some of it was told at the desks"


def test_every_script_is_played_but_for_a_reason() -> None:
    left_out = {script.id for script in load_all() if unplayed(script)}
    assert left_out == {"dropped-broken", "dropped-kept", "emergency-kept"}
