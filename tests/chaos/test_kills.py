"""Processes of a real centre are killed at random moments under load; what is left is judged from outside."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.chaos.story import Plan, run

pytestmark = pytest.mark.sip

KILLS = 5
SEED = 456_864
"""The same moments each time; `make soak` draws others."""


def test_nothing_is_lost_or_told_twice_whatever_dies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = Plan(kills=KILLS, seed=SEED)
    told = run(tmp_path, plan, print)
    with capsys.disabled():
        print(f"\n  seed {plan.seed}: " + "; ".join(told.lines()))
    assert not told.breaches, "\n".join(told.breaches)
    assert len(told.deaths) == KILLS
    assert told.on_record >= KILLS
    assert told.recordings > 0
    assert told.messages > 0
    assert told.called_back > 0
