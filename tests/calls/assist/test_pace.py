"""Who speaks too fast is told so once the words are known: they come a while after they were said."""

from __future__ import annotations

from huawu.calls.facts import Fact
from huawu.standard import load_standard
from tests.calls.assist.house import START_MS, House

WORDS_S = 1.0
"""From the end of an utterance to its words."""


def in_conversation() -> House:
    house = House("veteran")
    house.assist.standard = load_standard()
    house.answered()
    return house


def says(house: House, from_s: float, to_s: float, syllables: int, party: str = "agent") -> None:
    """An utterance, and a while later its words."""
    house.talk(party, from_s, to_s)
    house.run_to(to_s + WORDS_S)
    when = {"from_ms": START_MS + round(from_s * 1000), "to_ms": START_MS + round(to_s * 1000)}
    words = {**when, "text": "登" * syllables, "words": [], "confidence": 0.9, "by": "test"}
    heard = {"until_ms": when["to_ms"], "by": "test", "final": False}
    house.assist.heard(
        Fact(call="c", seq=0, at_ms=when["to_ms"], kind=kind, party=party, fields=fields)  # type: ignore[arg-type]
        for kind, fields in (("said", words), ("heard", heard))
    )


def test_who_speaks_too_fast_is_told_to_slow_down() -> None:
    house = in_conversation()
    says(house, 0.5, 3.5, 24)  # 480 a minute, but three seconds are no pace
    assert house.rule() != "voice.pace"
    says(house, 4, 8, 32)
    hint = house.hint()
    assert hint is not None
    assert (hint.rule, hint.kind) == ("voice.pace", "warn")
    assert hint.say.zh == "放慢一点，一句一停。"
    house.run_to(16.5)
    assert house.rule() != "voice.pace", "what was said long ago is no matter now"


def test_who_slows_down_is_not_told_any_more() -> None:
    house = in_conversation()
    says(house, 0.5, 7, 50)
    assert house.rule() == "voice.pace"
    says(house, 7.5, 14, 26)
    assert house.rule() != "voice.pace"


def test_an_even_pace_brings_no_hint_nor_does_the_callers() -> None:
    house = in_conversation()
    says(house, 0.5, 7, 28)
    says(house, 7.5, 14, 60, party="caller")
    assert "voice.pace" not in {hint.rule for _, _, hint in house.frames if hint is not None}
