"""The recordings themselves: there, in the house format, at one loudness, and saying what the texts say."""

import json
from pathlib import Path

import numpy as np
import pytest

from huawu.assets import catalogue
from huawu.assets.catalogue import PromptCatalogue, SpokenText, hold_music, load_dialogues
from huawu.switch.media import wav
from huawu.switch.media.g711 import decode_ulaw

ASSETS = Path(catalogue.__file__).parent
RENDER = "run tools/render_prompts.py"


def recordings() -> dict[str, SpokenText]:
    """Every recording that must exist, by its path below the assets folder."""
    found = {
        f"prompts/{language}/{prompt_id}.wav": spoken
        for (prompt_id, language), spoken in PromptCatalogue.load().texts.items()
    }
    for dialogue in load_dialogues():
        found |= {turn.path.relative_to(ASSETS).as_posix(): turn.spoken for turn in dialogue.turns}
    return found


WANTED = recordings()


def samples(path: Path) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Mono 8 kHz μ-law (else the house's reader raises), as a share of full scale."""
    return decode_ulaw(wav.parse(path.read_bytes())).astype(np.float64) / 32768


def frame_levels(
    audio: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """dB of full scale, each 20 ms."""
    frames = audio[: len(audio) // 160 * 160].reshape(-1, 160)
    levels: np.ndarray[tuple[int], np.dtype[np.float64]] = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    return levels


def test_every_text_is_recorded_as_it_now_reads() -> None:
    recorded = json.loads((ASSETS / "prompts" / "hashes.json").read_text())
    stale = [name for name, spoken in WANTED.items() if recorded.get(name) != spoken.hash]
    assert not stale, f"texts changed since they were recorded: {RENDER}"
    assert recorded.keys() == WANTED.keys()


def test_no_recording_is_left_without_a_text() -> None:
    there = {path.relative_to(ASSETS).as_posix() for path in ASSETS.glob("*/**/*.wav")}
    assert there - {"music/hold.wav"} == WANTED.keys(), RENDER


@pytest.mark.parametrize("name", WANTED)
def test_a_recording_is_speech_at_the_house_level(name: str) -> None:
    audio = samples(ASSETS / name)
    spoken = WANTED[name]
    seconds = len(audio) / wav.RATE
    characters = len(spoken.spoken)
    fastest = 9 if spoken.voice.startswith("z") else 25
    assert max(0.2, characters / fastest) < seconds < 1.5 + characters / 2.5
    levels = frame_levels(audio)
    sounding = levels[levels > levels.max() - 30]
    assert -22 < 10 * np.log10(np.mean(10 ** (sounding / 10))) < -18
    assert np.abs(audio).max() < 0.99, "clipped"
    assert np.abs(audio[:8]).max() < 0.02, "begins with a click"
    assert np.abs(audio[-8:]).max() < 0.02, "ends with a click"


def test_all_audio_stays_small() -> None:
    assert sum(path.stat().st_size for path in ASSETS.glob("*/**/*.wav")) < 6_200_000


def test_hold_music_is_calm_and_loops_without_a_seam() -> None:
    audio = samples(hold_music())
    assert 40 <= len(audio) / wav.RATE <= 60
    assert len(audio) % 160 == 0, "not a whole number of 20 ms frames"
    seconds = audio[: len(audio) // wav.RATE * wav.RATE].reshape(-1, wav.RATE)
    levels = 10 * np.log10(np.mean(seconds**2, axis=1))
    assert levels.min() > -26
    assert levels.max() < -15
    steps = np.abs(np.diff(np.concatenate([audio, audio[:1]])))
    assert steps[-1] < np.quantile(steps, 0.99), "the seam clicks"
