"""Which recogniser hears here, what is told when none can, and what real ones make of real speech."""

from pathlib import Path

import pytest
import yaml

from huawu.assets.wav_reading import read_wav
from huawu.speech import installed, whisper
from huawu.speech.choosing import choose
from huawu.speech.hearing import Hearer, open_sound
from huawu.speech.installed import can_hear
from huawu.speech.recogniser import NoRecogniser
from huawu.speech.sherpa import Sherpa, words_of
from huawu.speech.spare import SpareCores
from huawu.speech.spotting import Spotter
from huawu.speech.whisper import SHA256, Whisper, packaged_model
from huawu.standard import Phrase
from tests.speech.voices import channel, wav

DIALOGUES = Path(__file__).parents[2] / "src/huawu/assets"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def recogniser(data: Path) -> Whisper:
    return Whisper(packaged_model(data))


def dialogue(path: Path, name: str, most: int) -> Path:
    """The first turns of one of the demo's calls, as a recording of two channels."""
    told = next(
        each
        for each in yaml.safe_load((DIALOGUES / "dialogues.yaml").read_text("utf-8"))
        if each["id"] == name
    )
    voices = {"caller": [], "agent": []}  # type: ignore[var-annotated]
    at_ms = 0
    for nth, turn in enumerate(told["turns"][:most], 1):
        at_ms += min(turn["pause_ms_before"], 900)
        file = DIALOGUES / "dialogues" / name / f"{nth:02}-{turn['by']}.wav"
        values = read_wav(file.read_bytes()).values
        voices[turn["by"]].append((at_ms, values))
        at_ms += len(values) // 8
    return wav(path, *(channel(at_ms + 800, *voices[party]) for party in ("caller", "agent")))


def test_real_speech_becomes_turns_whose_phrases_are_found(recogniser: Whisper, tmp_path: Path) -> None:
    sound = open_sound(dialogue(tmp_path / "a.wav", "booking-change", 3))
    hearing = Hearer(recogniser).hear(sound)
    assert [turn.party for turn in hearing.turns] == ["agent", "caller", "agent"]
    assert hearing.language == "zh"
    assert "3806" in hearing.turns[1].text  # 三八零六, as one reads it
    for turn in hearing.turns:
        assert "".join(word.text for word in turn.words).strip() == turn.text
    book = {
        "offer": Phrase(zh=("请问有什么可以帮您",)),
        "wait": Phrase(zh=("请您稍等",)),
        "banned": Phrase(zh=("这不关我的事",)),
    }
    spotter = Spotter(book)
    found = [{each.phrase for each in spotter.find(turn.text)} & set(book) for turn in hearing.turns]
    assert found == [{"offer"}, set(), {"wait"}]


def test_noise_says_nothing(recogniser: Whisper, tmp_path: Path) -> None:
    import numpy as np

    hiss = np.random.default_rng(5).normal(0, 0.05, 8 * 8_000)
    assert Hearer(recogniser).hear(open_sound(wav(tmp_path / "a.wav", hiss, hiss))).turns == ()


def test_the_model_is_joined_once_and_checked(data: Path, recogniser: Whisper) -> None:
    folder = packaged_model(data)
    assert (folder / "checked").read_text().strip() == SHA256
    before = (folder / "model.bin").stat().st_mtime_ns
    assert packaged_model(data) == folder
    assert (folder / "model.bin").stat().st_mtime_ns == before
    assert [each.name for each in folder.parent.iterdir()] == [folder.name]


def test_a_model_half_made_by_a_worker_that_died_is_made_anew(tmp_path: Path) -> None:
    half = tmp_path / "speech" / "whisper-base"
    half.mkdir(parents=True)
    (half / "model.bin").write_bytes(b"half")
    assert (packaged_model(tmp_path) / "model.bin").stat().st_size > 100_000_000


def test_another_model_than_the_known_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper, "SHA256", "0" * 64)
    with pytest.raises(NoRecogniser, match="its sha256 differs"):
        packaged_model(tmp_path)
    assert not (tmp_path / "speech" / "whisper-base").exists()


def test_without_the_packages_it_is_told_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = (("no_such_package_here", "model.bin.part1"),)
    for module in (whisper, installed):
        monkeypatch.setattr(module, "PARTS", absent)
    with pytest.raises(NoRecogniser, match=r"requirements/speech\.txt"):
        packaged_model(tmp_path)
    assert "requirements/speech.txt" in can_hear()
    assert can_hear(str(tmp_path)) == ""  # a model of one's own needs no packages


def test_a_folder_of_ones_own_is_taken_for_what_its_files_say(data: Path, recogniser: Whisper) -> None:
    assert choose(str(packaged_model(data)), data).name == "faster-whisper whisper-base"


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ((), "holds no speech model that is known"),
        (("model.onnx",), "it needs tokens.txt"),
        (("model.onnx", "tokens.txt"), "cannot be loaded by sherpa-onnx|There is no model"),
        (("encoder.onnx", "decoder.onnx", "joiner.onnx", "tokens.txt"), "cannot be loaded|There is no model"),
        (("model.bin",), "cannot be loaded"),
    ],
)
def test_a_folder_that_holds_no_model_is_told_with_what_it_needs(
    tmp_path: Path, files: tuple[str, ...], why: str
) -> None:
    for name in files:
        (tmp_path / name).touch()
    with pytest.raises(NoRecogniser, match=why):
        choose(str(tmp_path), tmp_path)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoRecogniser, match="is not there"):
        choose(str(tmp_path / "none"), tmp_path)
    with pytest.raises(NoRecogniser, match=r"it needs tokens\.txt"):
        Sherpa(tmp_path / "none")


def test_tokens_become_words_with_times() -> None:
    words = words_of(["<|zh|>", "您", "好", "▁he", "llo", "▁you"], [0.0, 0.1, 0.4, 1.0, 1.2, 1.5], 4_000)
    assert [(word.text, word.from_ms, word.to_ms) for word in words] == [
        ("您", 100, 400),
        ("好", 400, 800),
        (" hello", 1_000, 1_500),
        (" you", 1_500, 1_900),
    ]


STAT = "cpu {} {} {} {} 0 0 0 0\ncpu0 0\ncpu1 0\n"


def test_cores_with_nothing_to_do_or_niced_work_are_to_spare(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text(STAT.format(100, 100, 0, 100))
    spare = SpareCores(stat)
    stat.write_text(STAT.format(200, 150, 0, 150))
    assert spare.cores() == pytest.approx(1.0)  # half of two
    stat.write_text(STAT.format(400, 150, 0, 150))
    assert spare.cores() == 0.0
    stat.unlink()
    assert spare.cores() == 0.0
