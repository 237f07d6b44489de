"""A voice is a programme that somebody named: it speaks, or says plainly why not."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from huawu.assets.telephone_sound import prompt_sound
from huawu.assets.voices import COMMAND, MODEL, CommandVoice, NoVoice, VoiceFailed, voice_of
from tests.assets.test_telephone_sound import coded, speech

SPEAKS = """
import os, sys
text = sys.stdin.buffer.read().decode()
assert text == "您好", text
assert os.environ["HUAWU_VOICE_LANGUAGE"] == "zh"
sys.stdout.buffer.write(open(sys.argv[1], "rb").read())
"""


def command(*words: str) -> str:
    return shlex.join([sys.executable, *words])


async def test_a_command_reads_the_text_and_writes_the_sound(tmp_path: Path) -> None:
    said = tmp_path / "said.wav"
    said.write_bytes(coded(speech(), 1, 16, rate=24_000))
    voice = voice_of({COMMAND: command("-c", SPEAKS, str(said))})
    assert [one.language for one in voice.voices()] == ["zh", "en"]
    assert voice.why_none() == ""
    sound = await voice.speak("您好", "zh", "")
    assert prompt_sound(sound)[1].from_rate == 24_000


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (command("-c", "import sys; sys.exit('no model here')"), "no model here"),
        (command("-c", "pass"), "ended with 0"),
        (command("-c", "import sys; sys.exit(3)"), "ended with 3"),
        ("/nowhere/voice --fast", "cannot be started"),
    ],
)
async def test_a_command_that_fails_is_told_with_its_last_words(words: str, why: str) -> None:
    with pytest.raises(VoiceFailed, match=why):
        await voice_of({COMMAND: words}).speak("您好", "zh", "")


async def test_a_command_that_does_not_end_is_ended() -> None:
    known = voice_of({COMMAND: "x"}).voices()
    endless = CommandVoice([sys.executable, "-c", "import time; time.sleep(600)"], known, within_s=0.5)
    with pytest.raises(VoiceFailed, match="longer than"):
        await endless.speak("您好", "zh", "")


async def test_a_voice_that_is_not_there_is_not_spoken_with() -> None:
    with pytest.raises(VoiceFailed, match="no voice 'x'"):
        await voice_of({COMMAND: "x"}).speak("您好", "zh", "x")


@pytest.mark.parametrize(
    ("environment", "why"),
    [({}, "neither"), ({MODEL: "/nowhere"}, "holds no model"), ({COMMAND: "'"}, "cannot be read")],
)
async def test_without_a_voice_it_is_told_what_is_missing(environment: dict[str, str], why: str) -> None:
    silent = voice_of(environment)
    assert silent.voices() == ()
    assert why in silent.why_none()
    with pytest.raises(NoVoice, match=why):
        await silent.speak("您好", "zh", "")


def test_a_folder_with_a_model_offers_its_voices_the_houses_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kokoro.onnx").touch()
    (tmp_path / "voices").mkdir()
    for name in ("af_heart", "af_bella", "bm_george", "jf_alpha", "zf_xiaobei", "zf_xiaoxiao"):
        (tmp_path / "voices" / f"{name}.bin").touch()
    monkeypatch.setattr("huawu.assets.voices.find_spec", lambda name: None)
    assert "onnx, onnxruntime" in voice_of({MODEL: str(tmp_path)}).why_none()
    monkeypatch.setattr("huawu.assets.voices.find_spec", lambda name: name)
    voices = voice_of({MODEL: str(tmp_path)}).voices()
    assert [one.id for one in voices if one.language == "zh"] == ["zf_xiaoxiao", "zf_xiaobei"]
    assert [one.id for one in voices if one.language == "en"] == ["af_heart", "af_bella", "bm_george"]
