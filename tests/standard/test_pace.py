"""Whether an utterance is too fast is found with less counting, never with another result."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from huawu.standard.happening import is_faster, pace_of
from huawu.standard.signals import Span

TEXTS = st.text(alphabet="我要去a1 I'b2，。", max_size=60)


@given(TEXTS, st.integers(0, 20_000), st.integers(0, 900))
def test_what_is_not_counted_could_not_be_too_fast(text: str, lasts_ms: int, pace: int) -> None:
    span = Span(1_000, 1_000 + lasts_ms, value=text)
    assert is_faster(span, pace) == (pace_of(span) > pace)


def test_single_letters_between_characters_are_counted_whole() -> None:
    span = Span(0, 1_000, value="a我a我a我a")
    assert pace_of(span) == 540
    assert is_faster(span, 539)
    assert not is_faster(span, 540)
