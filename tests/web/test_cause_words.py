"""Whatever the centre gives as a cause, the pages have words for, in both languages."""

import re
from pathlib import Path
from typing import get_args

import pytest

from huawu.calls.to_be_heard import Unheard
from huawu.platform.cause import UNEXPECTED, Cause, kept_cause, unexpected

ROOT = Path(__file__).resolve().parents[2]
GIVEN = re.compile(
    r'Cause\(\s*code="(\w+)"|UnreadableSound\([^\n]*"(\w+)"\)|= "(file_\w+)"|else "(file_\w+)"'
)


def codes() -> set[str]:
    found = {UNEXPECTED, *get_args(Unheard)}
    for room in ("speech", "quality", "cli"):
        for file in (ROOT / "src/huawu" / room).glob("*.py"):
            found |= {code for codes in GIVEN.findall(file.read_text()) for code in codes if code}
    return found


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_each_cause_has_words(language: str) -> None:
    words = (ROOT / f"ui/src/text/{language}/causes.ts").read_text()
    worded = set(re.findall(r"^    (\w+):", words, re.MULTILINE))
    assert {"fact_lacks", "sound_no_wav", "file_gone", "file_locked", "hearing_broke_off"} <= codes()
    assert worded == codes() | {"not_for_you", "load_failed"}, "the last two are the pages' own"


def test_a_cause_is_kept_and_comes_back() -> None:
    why = Cause(code="fact_lacks", values={"fact": "talk", "at_ms": 7}, detail="x" * 2_000)
    columns = why.kept()
    back = kept_cause(columns["cause"], columns["detail"])
    assert back.why == why.why == {"code": "fact_lacks", "fact": "talk", "at_ms": 7}
    assert back.detail == "x" * 1_000


def test_what_an_older_database_has_is_its_text() -> None:
    assert kept_cause("", "it is no WAV file") == Cause(code=UNEXPECTED, detail="it is no WAV file")
    assert unexpected(ValueError("odd")).detail == "ValueError: odd"
