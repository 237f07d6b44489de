"""What call flows and the traffic maker rely on: ids find files, the customer's own recordings win."""

from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from huawu.assets.catalogue import (
    AssetsUnreadable,
    PromptCatalogue,
    UnknownPrompt,
    hold_music,
    load_dialogues,
)

CATALOGUE = PromptCatalogue.load()

# fmt: off
PROMISED = [
    "welcome", "menu", "wrong-key", "no-key", "to-person", "queue-wait", "queue-thanks-wait",
    "position-before", "position-after", "position-next", "wait-before", "wait-after", "wait-under-minute",
    "wait-long", "closed", "holiday", "queue-full", "overflow", "no-agent", "lost-property", "complaint",
    "enquiry", "goodbye", "transfer", "transfer-failed", "unavailable", "not-allowed", "try-later", "echo",
    "agent-ready", "agent-break", "agent-signed-out", "agent-unknown", "agent-whisper", "survey-ask",
    "survey-thanks",
]
# fmt: on


@pytest.fixture
def own(tmp_path: Path) -> PromptCatalogue:
    for name in ("zh/welcome.wav", "zh/our-sale.wav", "en/our-sale.wav", "yue/menu.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return PromptCatalogue.load(overlay=tmp_path)


def said(n: int, language: str) -> str:
    return "".join(CATALOGUE.text(prompt, language) or "?" for prompt in CATALOGUE.number(n, language))


def test_every_promised_id_is_there() -> None:
    assert set(PROMISED) | {f"number.{n}" for n in range(61)} <= set(CATALOGUE.ids())


def test_a_prompt_is_found_in_its_language() -> None:
    assert CATALOGUE.path("welcome", "en").parts[-2:] == ("en", "welcome.wav")


@pytest.mark.parametrize("language", ["zh", "zh-Hans", "zh_CN", "fr", "", "../en"])
def test_other_languages_hear_chinese(language: str) -> None:
    assert CATALOGUE.path("welcome", language).parts[-2:] == ("zh", "welcome.wav")
    assert CATALOGUE.text("welcome", language) == CATALOGUE.text("welcome", "zh")


def test_a_country_in_the_language_tag_does_not_matter() -> None:
    assert CATALOGUE.path("welcome", "en-GB") == CATALOGUE.path("welcome", "en")


@pytest.mark.parametrize("prompt_id", ["no-such-prompt", "", "../zh/welcome", "/etc/passwd", "Welcome"])
def test_an_unknown_prompt_says_what_to_do(prompt_id: str) -> None:
    with pytest.raises(UnknownPrompt, match="put a recording at") as caught:
        CATALOGUE.path(prompt_id, "en")
    assert caught.value.prompt_id == prompt_id
    assert CATALOGUE.text(prompt_id, "en") is None


def test_the_customers_own_recording_wins(own: PromptCatalogue, tmp_path: Path) -> None:
    assert own.path("welcome", "zh") == tmp_path / "zh" / "welcome.wav"
    assert own.path("menu", "zh") == CATALOGUE.path("menu", "zh")


def test_our_recording_in_the_right_language_beats_their_own_in_chinese(own: PromptCatalogue) -> None:
    assert own.path("welcome", "en") == CATALOGUE.path("welcome", "en")


def test_the_customer_may_bring_ids_and_languages(own: PromptCatalogue, tmp_path: Path) -> None:
    assert own.path("our-sale", "en") == tmp_path / "en" / "our-sale.wav"
    assert own.path("menu", "yue") == tmp_path / "yue" / "menu.wav"
    assert own.ids() == (*CATALOGUE.ids(), "our-sale")


def test_an_overlay_folder_need_not_exist(tmp_path: Path) -> None:
    assert PromptCatalogue.load(overlay=tmp_path / "none").ids() == CATALOGUE.ids()


def test_every_count_can_be_said() -> None:
    for language in ("zh", "en"):
        for n in range(130):
            for prompt in CATALOGUE.number(n, language):
                assert CATALOGUE.path(prompt, language).parts[-2] == language


@pytest.mark.parametrize(
    ("n", "chinese", "english"),
    [
        (0, "零", "zero"),
        (2, "两", "two"),
        (12, "十二", "twelve"),
        (60, "六十", "sixty"),
        (67, "六十七", "sixtyseven"),
        (72, "七十二", "seventy-two"),
        (99, "九十九", "ninetynine"),
        (100, "一百", "one hundred"),
        (101, "一百多", "more than a hundred"),
    ],
)
def test_counts_are_said_as_people_say_them(n: int, chinese: str, english: str) -> None:
    assert said(n, "zh") == chinese
    assert said(n, "en") == english


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="no count"):
        CATALOGUE.number(-1, "zh")


def test_the_customers_own_hold_music_wins(tmp_path: Path) -> None:
    assert hold_music().is_file()
    assert hold_music(tmp_path) == hold_music()
    (tmp_path / "hold.wav").touch()
    assert hold_music(tmp_path) == tmp_path / "hold.wav"


@pytest.mark.parametrize(
    "page", ["", "[]", "prompts: {a: {zh: 你好}}\nvoices: {zh: x, en: y}", "{", "prompts: 3"]
)
def test_a_broken_catalogue_is_named(tmp_path: Path, page: str) -> None:
    (tmp_path / "prompts.yaml").write_text(page, encoding="utf-8")
    with pytest.raises(AssetsUnreadable, match=r"prompts\.yaml"):
        PromptCatalogue.load(tmp_path)


def test_an_id_that_is_no_file_name_is_refused(tmp_path: Path) -> None:
    page = "voices: {zh: x, en: y}\nprompts: {'../a': {zh: 你好, en: hello}}"
    (tmp_path / "prompts.yaml").write_text(page, encoding="utf-8")
    with pytest.raises(AssetsUnreadable, match="no prompt id"):
        PromptCatalogue.load(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "gossip"},
        {"language": "fr"},
        {"turns": [{"by": "agent", "text": "喂", "pause_ms_before": -1}]},
    ],
)
def test_a_broken_dialogue_is_named(tmp_path: Path, change: dict[str, object]) -> None:
    call = {
        "id": "a",
        "title": "a",
        "language": "zh",
        "kind": "help",
        "menu_key": "1",
        "voices": {"agent": "x", "caller": "y"},
        "faults": [],
        "turns": [],
    }
    (tmp_path / "dialogues.yaml").write_text(yaml.safe_dump([call | change]), encoding="utf-8")
    with pytest.raises(AssetsUnreadable, match=r"dialogues\.yaml"):
        load_dialogues(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssetsUnreadable, match="cannot be read"):
        load_dialogues(tmp_path)


def test_dialogues_are_whole_calls_in_both_languages() -> None:
    dialogues = load_dialogues()
    assert len({dialogue.id for dialogue in dialogues}) == len(dialogues) == 10
    assert [dialogue.language for dialogue in dialogues].count("en") == 2
    assert {dialogue.kind for dialogue in dialogues} == {"enquiry", "help", "complaint", "suggestion", "lost"}
    for dialogue in dialogues:
        speakers = [turn.by for turn in dialogue.turns]
        assert speakers[0] == speakers[-1] == "agent", dialogue.id
        assert all(a != b for a, b in pairwise(speakers)), dialogue.id
        assert dialogue.menu_key in set("01239"), dialogue.id


def test_agents_keep_the_book_but_for_the_faults_named() -> None:
    faulty = {dialogue.id: dialogue.faults for dialogue in load_dialogues() if dialogue.faults}
    assert faulty == {"visa": ("wait.announce",), "late-pickup": ("ban.shift", "close.more")}
    for dialogue in load_dialogues():
        if dialogue.language != "zh":
            continue
        agent = [turn.text for turn in dialogue.turns if turn.by == "agent"]
        assert agent[0].startswith("您好，"), dialogue.id
        assert agent[0].endswith("请问有什么可以帮您？"), dialogue.id
        assert agent[-1].endswith("感谢来电，祝您生活愉快，再见。"), dialogue.id
        asks_more = any("请问还有什么可以帮您？" in text for text in agent)
        assert asks_more != ("close.more" in dialogue.faults), dialogue.id
        for number, turn in enumerate(dialogue.turns):
            if turn.pause_ms_before > 3000:
                announced = "请您稍等，好吗？" in dialogue.turns[number - 2].text
                assert announced != ("wait.announce" in dialogue.faults), dialogue.id
