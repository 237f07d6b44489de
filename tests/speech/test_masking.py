"""Private numbers are hidden wherever they are told; everything else stays readable."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.speech.masking import HIDDEN, Said, hidden, masked, private_stretches


def turn(text: str, party: str = "caller", from_ms: int = 1_000, each_ms: int = 100) -> Said:
    words = tuple(
        (sign, from_ms + nth * each_ms, from_ms + (nth + 1) * each_ms, 0.9) for nth, sign in enumerate(text)
    )
    return Said(
        party=party, from_ms=from_ms, to_ms=from_ms + len(text) * each_ms, text=text.strip(), words=words
    )


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("我的电话是13800138000。", "我的电话是＊＊＊＊＊＊＊＊＊＊＊。"),
        ("138-0013-8000", "＊＊＊-＊＊＊＊-＊＊＊＊"),
        ("幺三八，零零幺三，八零零零", "＊＊＊，＊＊＊＊，＊＊＊＊"),
        ("身份证11010119900307123X，对吗", "身份证＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊，对吗"),
        ("卡号6222 0200 0000 1234 567", "卡号＊＊＊＊ ＊＊＊＊ ＊＊＊＊ ＊＊＊＊ ＊＊＊"),
        (
            "one three eight zero one two three",
            "＊＊＊ ＊＊＊＊＊ ＊＊＊＊＊ ＊＊＊＊ ＊＊＊ ＊＊＊ ＊＊＊＊＊",
        ),
        ("卡号六二二二零两一二三四", "卡号＊＊＊＊＊＊＊＊＊＊"),
        ("138，然后是0013，再是8000。", "＊＊＊，＊＊＊＊＊＊＊，＊＊＊＊＊＊。"),
        ("138 then 0013 dash 8000", "＊＊＊ ＊＊＊＊ ＊＊＊＊ ＊＊＊＊ ＊＊＊＊"),
        ("两个订单是3806和1001", "两个订单是3806和1001"),
        ("订单3806，工号1001", "订单3806，工号1001"),
        ("三个工作日，二十四小时", "三个工作日，二十四小时"),
    ],
)
def test_long_numbers_are_hidden_and_short_ones_stay(said: str, shown: str) -> None:
    (after,) = masked([turn(said)])
    assert (after.text, after.masked) == (shown, shown != said)
    assert "".join(word[0] for word in after.words) == after.text


def test_a_text_may_be_asked_for_without_shorter_numbers() -> None:
    assert hidden("工号8016，电话64827015") == "工号8016，电话＊＊＊＊＊＊＊＊"
    assert hidden("工号8016，电话64827015，对吗", least=4) == "工号＊＊＊＊，电话＊＊＊＊＊＊＊＊，对吗"


def test_a_number_told_in_pieces_is_hidden_across_turns() -> None:
    turns = [
        turn("138", from_ms=0),
        turn("嗯", "agent", from_ms=1_000),
        turn("0013", from_ms=2_000),
        turn("8000", from_ms=4_000),
    ]
    assert [each.text for each in masked(turns)] == ["＊＊＊", "嗯", "＊＊＊＊", "＊＊＊＊"]


def test_pieces_far_apart_are_numbers_of_their_own() -> None:
    turns = [turn("3806", from_ms=0), turn("1001", from_ms=60_000)]
    assert [each.text for each in masked(turns)] == ["3806", "1001"]


def test_the_numbers_of_two_parties_are_not_one() -> None:
    turns = [turn("3806", from_ms=0), turn("1001", "agent", from_ms=500)]
    assert [each.text for each in masked(turns)] == ["3806", "1001"]


def test_a_beep_covers_just_what_is_hidden() -> None:
    said = turn("电话13800138000对吗")
    assert private_stretches([said]) == [(1_200 - 80, 2_300 + 80)]
    assert private_stretches([turn("订单3806")]) == []


@given(st.lists(st.text(alphabet="0123456789一二三，。 电话x", max_size=20), max_size=6))
def test_no_long_number_is_ever_left_in_a_turn(texts: list[str]) -> None:
    turns = [turn(text, from_ms=nth * 3_000) for nth, text in enumerate(texts)]
    for before, after in zip(turns, masked(turns), strict=True):
        assert not re.search(r"(?:[0-9一二三][，。 ]{0,6}){7,}", after.text)
        assert [len(word[0]) for word in after.words] == [len(word[0]) for word in before.words]
        assert all(sign in (was, HIDDEN) for was, sign in zip(before.text, after.text, strict=True))
