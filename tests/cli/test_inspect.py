"""`huawu inspect`: any recording, in the terminal and as JSON, with words and without."""

import json
from pathlib import Path

import pytest

from huawu.cli import inspect
from huawu.cli.inspect import inspect_file
from huawu.cli.overheard import talks, timeline
from huawu.speech.hearing import Hearer
from huawu.speech.sound_files import SoundFile
from tests.speech.voices import ToneReader, channel, loud, tone, wav

PARTIES = ("caller", "agent")
WORDS = {400: "我姓王", 900: "您好请问有什么可以帮您"}
READER = Hearer(ToneReader(WORDS), voice=lambda: loud)


@pytest.fixture
def call(tmp_path: Path) -> Path:
    left = channel(9_000, (4_000, tone(1_200, 400)))
    right = channel(9_000, (500, tone(2_400, 900)), (6_500, tone(1_000, 900)))
    return wav(tmp_path / "call.wav", left, right)


@pytest.fixture
def hears(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever model is asked for, tones are read."""
    monkeypatch.setattr(inspect, "can_hear", lambda model: "")
    monkeypatch.setattr(inspect, "choose", lambda model, data: READER._recogniser)
    monkeypatch.setattr(inspect, "Hearer", lambda recogniser: READER)


def judge(file: Path, tmp_path: Path, **more: object) -> int:
    asked = {"as_json": False, "channels": "caller,agent", "language": "", "model": "", "data": tmp_path}
    return inspect_file(file, **(asked | more))  # type: ignore[arg-type]


def test_the_json_has_turns_findings_and_score(
    call: Path, tmp_path: Path, hears: None, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert judge(call, tmp_path, as_json=True) == 0
    told = json.loads(capsysbinary.readouterr().out)
    assert set(told) == {"duration_ms", "turns", "findings", "score"}
    assert told["duration_ms"] == 9_000
    assert [(turn["party"], turn["text"]) for turn in told["turns"]] == [
        ("agent", "您好请问有什么可以帮您？"),
        ("caller", "我姓王。"),
        ("agent", "您好请问有什么可以帮您？"),
    ]
    assert all(set(turn) == {"party", "from_ms", "to_ms", "text"} for turn in told["turns"])
    assert told["findings"]
    for finding in told["findings"]:
        assert set(finding) == {
            "rule", "version", "verdict", "from_ms", "to_ms", "expected", "found", "confidence",
        }  # fmt: skip
        assert finding["verdict"] in ("pass", "breach", "not_applicable", "unsure")
        assert isinstance(finding["expected"], str)
    assert told["score"] is None or 0 <= told["score"] <= 100
    greeting = [one["verdict"] for one in told["findings"] if one["rule"] == "open.greeting"]
    assert "breach" not in greeting
    assert "pass" in greeting


def test_the_terminal_shows_what_was_said_and_the_score(
    call: Path, tmp_path: Path, hears: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judge(call, tmp_path) == 0
    shown = capsys.readouterr().out
    assert "我姓王。" in shown
    assert "open.greeting" in shown
    assert "Score" in shown


def test_channels_may_be_the_other_way_round(
    call: Path, tmp_path: Path, hears: None, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert judge(call, tmp_path, as_json=True, channels="agent,caller") == 0
    assert json.loads(capsysbinary.readouterr().out)["turns"][0]["party"] == "caller"


def test_without_speech_recognition_timing_is_judged_and_it_is_said_plainly(
    call: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(inspect, "can_hear", lambda model: "Speech recognition is not installed.")
    assert judge(call, tmp_path, as_json=True) == 0
    shown = capsys.readouterr()
    told = json.loads(shown.out)
    assert told["turns"] == []
    assert told["findings"]
    assert "Words are not judged" in shown.err
    assert "not installed" in " ".join(shown.err.split())


@pytest.mark.parametrize("deaf", [False, True])
@pytest.mark.parametrize("as_json", [False, True])
def test_guessed_speakers_and_a_file_cut_off_are_told_however_it_is_shown(
    deaf: bool,
    as_json: bool,
    tmp_path: Path,
    hears: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if deaf:
        monkeypatch.setattr(inspect, "can_hear", lambda model: "Speech recognition is not installed.")
    whole = wav(tmp_path / "whole.wav", channel(6_000, (500, tone(2_000, 900)), (4_000, tone(1_000, 400))))
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole.read_bytes()[:-8_000])
    for file, told in ((whole, ["one channel"]), (cut, ["one channel", "ends before its header says"])):
        assert judge(file, tmp_path, as_json=as_json) == 0
        shown = capsys.readouterr()
        for note in ("one channel", "ends before its header says"):
            assert (note in " ".join(shown.err.split())) is (note in told)
        if as_json:
            assert json.loads(shown.out)["duration_ms"] == (6_000 if file is whole else 5_000)


@pytest.mark.parametrize(
    ("asked", "code", "why"),
    [
        ({"channels": "caller"}, 2, "caller,agent or agent,caller"),
        ({"channels": "caller,caller"}, 2, "caller,agent or agent,caller"),
        ({"language": "fr"}, 2, "zh or en"),
        ({"file": "none.wav"}, 1, "No such file"),
        ({"model": "/proc/no/such/folder"}, 1, "is not there"),
    ],
)
def test_what_cannot_be_done_is_told(
    call: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    asked: dict[str, str],
    code: int,
    why: str,
) -> None:
    file = tmp_path / asked.pop("file", call.name)
    assert judge(file, tmp_path, **asked) == code
    shown = capsys.readouterr()
    assert why in " ".join(shown.err.split())
    assert shown.out == ""


def test_the_switchs_own_ear_tells_who_talked_when(call: Path) -> None:
    facts = talks(SoundFile.open(call), PARTIES)
    assert [(fact.party, fact.kind) for fact in facts] == [
        ("agent", "talk"), ("caller", "talk"), ("agent", "talk"),
    ]  # fmt: skip
    first = facts[0].fields
    assert first["began_ms"] == pytest.approx(500, abs=40)
    assert first["ended_ms"] == pytest.approx(2_900, abs=40)
    assert first["level_db"] == pytest.approx(-17, abs=1.5)  # of a sine at full scale
    assert len(first["levels_db"]) == 2
    assert facts[0].at_ms == first["ended_ms"]


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_talk_is_told_alike_at_any_rate(tmp_path: Path, rate: int) -> None:
    values = channel(4_000, (1_000, tone(1_000, 400, rate=rate)), rate=rate)
    path = wav(tmp_path / "a.wav", values, channel(4_000, rate=rate), rate=rate, code=1, bits=16)
    (fact,) = talks(SoundFile.open(path), PARTIES)
    assert fact.fields["began_ms"] == pytest.approx(1_000, abs=40)
    assert fact.fields["ended_ms"] == pytest.approx(2_000, abs=40)


def test_one_channels_talk_is_his_whose_turn_it_is(tmp_path: Path) -> None:
    voices = [(500, tone(1_000, 900)), (2_500, tone(1_000, 400)), (4_500, tone(1_000, 900))]
    sound = SoundFile.open(wav(tmp_path / "a.wav", channel(7_000, *voices)))
    hearing = READER.hear(sound)
    assert [fact.party for fact in talks(sound, PARTIES, hearing)] == ["agent", "caller", "agent"]
    assert [fact.party for fact in talks(sound, PARTIES)] == ["agent", "caller", "agent"]


def test_a_timeline_without_words_does_not_say_that_they_are_complete(call: Path) -> None:
    sound = SoundFile.open(call)
    kinds = {fact.kind for fact in timeline(sound, PARTIES, None)}
    assert kinds == {"agent_answered", "bridged", "talk", "ended"}
    assert {"said", "heard"} <= {fact.kind for fact in timeline(sound, PARTIES, READER.hear(sound))}
