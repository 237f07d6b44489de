"""Own recordings are heard at once, and every one that there was can be heard again."""

from __future__ import annotations

from pathlib import Path

import pytest

from huawu.assets.catalogue import PromptCatalogue
from huawu.assets.shelf import BadPromptId, NoSuchVersion, Shelf
from huawu.assets.telephone_sound import house_wav
from tests.assets.test_telephone_sound import speech

FIRST, SECOND = house_wav(speech(rate=8_000)), house_wav(speech(-25, rate=8_000)[:4_000])


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def heard(tmp_path: Path, prompt: str = "welcome") -> bytes:
    return PromptCatalogue.load(overlay=tmp_path / "prompts").path(prompt, "zh").read_bytes()


def test_the_newest_is_heard_and_an_earlier_one_again_when_asked(shelf: Shelf, tmp_path: Path) -> None:
    shipped = heard(tmp_path)
    one = shelf.put("zh", "welcome", FIRST, at_ms=5, by="admin", text="你好", comment="a")
    assert heard(tmp_path) == FIRST
    shelf.put("zh", "welcome", SECOND, at_ms=6, by="boss")
    assert heard(tmp_path) == SECOND
    assert [each.version for each in shelf.versions("zh", "welcome")] == [2, 1]
    shelf.go_back("zh", "welcome", 1)
    assert heard(tmp_path) == FIRST
    assert shelf.now("zh", "welcome") == one
    assert (one.text, one.by, one.length_ms) == ("你好", "admin", 1_000)
    shelf.go_back("zh", "welcome", 0)
    assert heard(tmp_path) == shipped
    assert shelf.now("zh", "welcome") is None
    assert len(shelf.versions("zh", "welcome")) == 2, "nothing is lost"
    with pytest.raises(NoSuchVersion):
        shelf.go_back("zh", "welcome", 9)


def test_a_file_put_there_by_hand_is_a_version_before_it_is_replaced(shelf: Shelf, tmp_path: Path) -> None:
    file = tmp_path / "prompts" / "zh" / "welcome.wav"
    file.parent.mkdir(parents=True)
    file.write_bytes(FIRST)
    found = shelf.now("zh", "welcome")
    assert found is not None
    assert (found.version, found.length_ms) == (-1, 1_000)
    shelf.put("zh", "welcome", SECOND, at_ms=6, by="boss")
    assert [(each.version, each.by) for each in shelf.versions("zh", "welcome")] == [(2, "boss"), (1, "")]
    file.write_bytes(FIRST + b"x")
    shelf.go_back("zh", "welcome", 2)
    assert len(shelf.versions("zh", "welcome")) == 3
    assert heard(tmp_path) == SECOND


@pytest.mark.parametrize("prompt", ["", "../x", "a/b", "A", "a..b", "x" * 65, ".wav", "a\n"])
def test_a_prompts_name_leads_nowhere_else(shelf: Shelf, prompt: str) -> None:
    with pytest.raises(BadPromptId):
        shelf.put("zh", prompt, FIRST, at_ms=1, by="admin")
    with pytest.raises(BadPromptId):
        shelf.file("zh", prompt)
    with pytest.raises(BadPromptId):
        shelf.versions("../zh", "welcome")
