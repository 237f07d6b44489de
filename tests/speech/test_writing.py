"""Words as one reads them: Simplified, punctuated, numbers in digits; and words that make the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.speech.recogniser import Word
from huawu.speech.writing import text_of, written


def words(*texts: str, pause_after: int | None = None) -> list[Word]:
    made, at = [], 0
    for nth, text in enumerate(texts):
        made.append(Word(text=text, from_ms=at, to_ms=at + 200, confidence=0.9))
        at += 200 + (600 if nth == pause_after else 0)
    return made


@pytest.mark.parametrize(
    ("heard", "read"),
    [
        (["請問", "有", "什麼", "可以", "幫您"], "请问有什么可以帮您？"),
        (["好", "的"], "好的。"),
        (["能", "明白", "吗"], "能明白吗？"),
        (["工号", "一零", "零一"], "工号1001。"),
        (["我的", "电话是", "幺三八零零", "一三八零零零"], "我的电话是13800138000。"),
        (["三", "个", "工作日"], "三个工作日。"),
        (["二零二六", "年"], "2026年。"),
        (["一千", "二百", "三十四"], "一千二百三十四。"),
        (["您好", ",", "请讲", "."], "您好，请讲。"),
        (["How", " can", " I", " help", " you"], "How can I help you?"),
        (["Thank", " you"], "Thank you."),
        (["我", "用", " VIP", " card"], "我用VIP card。"),
        (["好�"], "好。"),
        (["�"], ""),
        ([" "], ""),
        ([], ""),
    ],
)
def test_words_become_a_sentence(heard: list[str], read: str) -> None:
    assert text_of(written(words(*heard))) == read


def test_a_pause_within_is_a_comma_where_none_was_written() -> None:
    assert text_of(written(words("对", "没问题", pause_after=0))) == "对，没问题。"
    assert text_of(written(words("对，", "没问题", pause_after=0))) == "对，没问题。"


@given(st.lists(st.text(alphabet="一三零幺號您,.?吗 abX�7", max_size=5), max_size=8))
def test_words_keep_their_times_and_make_the_text(texts: list[str]) -> None:
    before = words(*texts)
    after = written(before)
    assert text_of(after) == "".join(word.text for word in after).strip()
    times = {(word.from_ms, word.to_ms) for word in before}
    assert all((word.from_ms, word.to_ms) in times for word in after)
    assert all(word.text for word in after)
