"""A day in virtual time keeps every law; the full day of 100,000 calls is `huawu simulate --day`."""

from __future__ import annotations

import pytest

from huawu.sim.day import run_day


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_day_breaks_no_law_and_leaves_nothing_behind(seed: int) -> None:
    report = run_day(4_000, seed=seed)
    assert report.breaches == []
    assert report.dropped_commands == 0
    assert report.calls == 4_000
    assert sum(report.ended.values()) == 4_000
    assert report.bridged > 3_000


@pytest.mark.parametrize("seed", [1, 2])
def test_a_day_of_broken_lines_and_callbacks_owes_nothing_at_its_end(seed: int) -> None:
    report = run_day(3_000, seed=seed, promises=True)
    assert report.breaches == []
    assert report.calls == 3_000
    promised = report.promised
    assert promised is not None
    assert promised.dropped > 20
    assert promised.redials["redialled"] > 10
    assert promised.ended["callback:done"] > 10
    assert sum(promised.redials.values()) >= promised.ended["redial:done"] + promised.ended["redial:missed"]
