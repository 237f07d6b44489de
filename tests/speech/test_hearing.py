"""The pipeline from a file to turns, with a detector and a recogniser that are known through and through."""

from pathlib import Path

import numpy as np
import pytest

from huawu.speech.hearing import STRETCH_MS, Hearer, Hearing
from huawu.speech.sound_files import SoundFile
from tests.speech.voices import ToneReader, channel, loud, tone, wav

CALLER, AGENT = 400, 900
WORDS = {CALLER: "我姓王", AGENT: "您好", 1_500: "查一下"}


def hear(path: Path, reader: ToneReader | None = None, **more: object) -> Hearing:
    hearer = Hearer(reader or ToneReader(WORDS), voice=lambda: loud)
    return hearer.hear(SoundFile.open(path), **more)  # type: ignore[arg-type]


def said(hearing: Hearing) -> list[tuple[str, str]]:
    return [(turn.party, turn.text) for turn in hearing.turns]


@pytest.fixture
def call(tmp_path: Path) -> Path:
    left = channel(9_000, (3_000, tone(1_000, CALLER)))
    right = channel(9_000, (500, tone(1_200, AGENT)), (6_000, tone(1_500, 1_500)))
    return wav(tmp_path / "call.wav", left, right)


def test_each_party_is_heard_in_its_channel_at_its_time(call: Path) -> None:
    hearing = hear(call)
    assert said(hearing) == [("agent", "您好。"), ("caller", "我姓王。"), ("agent", "查一下。")]
    assert [turn.from_ms for turn in hearing.turns] == pytest.approx([500, 3_000, 6_000], abs=200)
    assert (hearing.speakers, hearing.notes, hearing.duration_ms) == ("channels", (), 9_000)


def test_channels_may_stand_the_other_way_round(call: Path) -> None:
    assert said(hear(call, parties=("agent", "caller")))[0] == ("caller", "您好。")


def test_words_make_the_text_and_lie_within_their_turn(call: Path) -> None:
    for turn in hear(call).turns:
        assert "".join(word.text for word in turn.words).strip() == turn.text
        assert all(turn.from_ms <= word.from_ms <= word.to_ms <= turn.to_ms for word in turn.words)


def test_a_voice_that_came_through_the_line_is_dropped(tmp_path: Path) -> None:
    left = channel(4_000, (1_000, tone(1_000, CALLER, -20)))
    echo = channel(4_000, (1_000, tone(1_000, CALLER, -36)))
    assert said(hear(wav(tmp_path / "a.wav", left, echo))) == [("caller", "我姓王。")]


def test_a_soft_voice_of_its_own_is_kept(tmp_path: Path) -> None:
    left = channel(5_000, (500, tone(1_000, CALLER, -16)))
    soft = channel(5_000, (3_000, tone(1_000, AGENT, -36)))
    assert len(said(hear(wav(tmp_path / "a.wav", left, soft)))) == 2


def test_both_may_speak_at_once(tmp_path: Path) -> None:
    left = channel(4_000, (1_000, tone(1_000, CALLER, -20)))
    right = channel(4_000, (1_200, tone(1_000, AGENT, -26)))
    assert len(said(hear(wav(tmp_path / "a.wav", left, right)))) == 2


def test_what_lies_across_stretches_is_heard_whole(tmp_path: Path) -> None:
    begin = STRETCH_MS - 700
    left = channel(STRETCH_MS + 4_000, (begin, tone(1_500, CALLER)))
    reader = ToneReader(WORDS)
    hearing = hear(wav(tmp_path / "a.wav", left, np.zeros_like(left)), reader)
    assert said(hearing) == [("caller", "我姓王。")]
    assert hearing.turns[0].from_ms == pytest.approx(begin, abs=200)
    assert [ms for ms, _ in reader.asked] == pytest.approx([1_800], abs=100)


def test_who_speaks_without_a_breath_is_heard_in_pieces(tmp_path: Path) -> None:
    left = channel(62_000, (500, tone(60_000, CALLER)))
    reader = ToneReader(WORDS)
    hear(wav(tmp_path / "a.wav", left, np.zeros_like(left)), reader)
    assert all(ms <= 26_000 for ms, _ in reader.asked)
    assert sum(ms for ms, _ in reader.asked) == pytest.approx(60_300, abs=300)


def test_one_channel_is_two_guessed_speakers_who_answers_first_being_the_agent(tmp_path: Path) -> None:
    voices = [(500, tone(1_000, AGENT)), (2_500, tone(1_000, CALLER)), (4_500, tone(1_000, AGENT))]
    hearing = hear(wav(tmp_path / "a.wav", channel(7_000, *voices)))
    assert [turn.party for turn in hearing.turns] == ["agent", "caller", "agent"]
    assert (hearing.speakers, hearing.notes) == ("guessed", ("speakers_guessed",))


def test_in_one_channel_a_short_pause_ends_a_turn_and_in_two_it_does_not(tmp_path: Path) -> None:
    voices = [(500, tone(1_000, AGENT)), (1_900, tone(1_000, CALLER))]
    one = hear(wav(tmp_path / "a.wav", channel(4_000, *voices)))
    assert [turn.party for turn in one.turns] == ["agent", "caller"]
    assert len(hear(wav(tmp_path / "b.wav", channel(4_000, *voices), channel(4_000))).turns) == 1


def test_silence_has_no_turns_and_is_told(tmp_path: Path) -> None:
    hearing = hear(wav(tmp_path / "a.wav", channel(3_000), channel(3_000)))
    assert (hearing.turns, hearing.notes) == ((), ("silent",))


def test_a_channel_without_sound_is_told(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", channel(3_000), channel(3_000, (500, tone(900, AGENT))))
    assert hear(path).notes == ("caller_silent",)


def test_a_language_that_is_told_is_not_asked_for(call: Path) -> None:
    reader = ToneReader(WORDS)
    assert hear(call, reader, language="en-GB").language == "en"
    assert (reader.languages_asked, {language for _, language in reader.asked}) == (0, {"en"})


def test_else_the_first_utterances_tell_it_for_all(tmp_path: Path) -> None:
    voices = [(500 + 2_000 * nth, tone(1_200, AGENT)) for nth in range(6)]
    reader = ToneReader(WORDS, language="en")
    path = wav(tmp_path / "a.wav", channel(13_000, *voices), channel(13_000))
    assert hear(path, reader).language == "en"
    assert reader.languages_asked == 3


def test_progress_rises_to_the_end_and_may_break_off(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", channel(50_000), channel(50_000))
    told: list[float] = []
    hear(path, progress=told.append)
    assert told == sorted(told)
    assert (len(told), told[-1]) == (3, 1.0)

    def enough(_share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        hear(path, progress=enough)


def test_what_may_not_wait_is_done_between_utterances(call: Path) -> None:
    done: list[int] = []
    hear(call, between=lambda: done.append(1))
    assert len(done) == 3


def test_an_utterance_of_a_running_call_is_heard_from_the_growing_file(call: Path) -> None:
    octets = call.read_bytes()
    call.write_bytes(octets[:40] + b"\0\0\0\0" + octets[44:])  # a recorder has not told the length yet
    sound = SoundFile.open(call, growing=True)
    hearer = Hearer(ToneReader(WORDS), voice=lambda: loud)
    turn = hearer.hear_utterance(sound, 0, "caller", 3_000, 4_000, "zh")
    assert turn is not None
    assert (turn.party, turn.text) == ("caller", "我姓王。")
    assert hearer.hear_utterance(sound, 1, "agent", 3_000, 4_000, "zh") is None  # only the caller spoke
    assert hearer.hear_utterance(sound, 0, "caller", 20_000, 21_000, "zh") is None  # not written yet
