"""What a call used is given back when it ends, not when circles are looked for: that happens seldom."""

from __future__ import annotations

import gc
from pathlib import Path

from huawu.link.messages import LegId, RecordingId, StartRecording
from huawu.switch.media.leg import Leg
from huawu.switch.media.recorder import Recording, Voice
from tests.switch.media.fakes import LOUD, Stage

HEAVY = (Leg, Recording, Voice)


def test_a_recorded_call_leaves_nothing_in_memory(tmp_path: Path) -> None:
    gc.collect()
    before = sum(isinstance(one, HEAVY) for one in gc.get_objects())
    gc.disable()
    try:
        stage = Stage()
        for name in ("caller", "agent"):
            stage.peer(name).voice = LOUD
        a, b = LegId("caller"), LegId("agent")
        stage.engine.bridge(a, b)
        stage.engine.start_recording(
            StartRecording(recording=RecordingId("r"), path=str(tmp_path / "r.wav"), left=a, right=b)
        )
        stage.run(1_000)
        stage.peers.clear()
        stage.engine.close(a)
        stage.engine.close(b)
        stage.run(100)
        left = [one for one in gc.get_objects() if isinstance(one, HEAVY)]
        assert len(left) == before, [type(one).__name__ for one in left]
    finally:
        gc.enable()
