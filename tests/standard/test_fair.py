"""The book judges fairly: what is innocent is no breach, and its near twin is."""

from __future__ import annotations

import pytest

from tests.standard.book_call import HELLO, agent, caller, judged
from tests.standard.fair_words import PAIRS


@pytest.mark.parametrize(("where", "asked", "fair", "unfair"), PAIRS)
def test_innocent_words_and_their_twin(where: str, asked: str, fair: str, unfair: str) -> None:
    rule, check = where.split()
    said = (HELLO, caller(9, 12, asked))
    assert judged(rule, *said, agent(13, 16, fair)).get(check) != "breach", "a breach that is none"
    assert judged(rule, *said, agent(13, 16, unfair)).get(check) == "breach", "a breach that was missed"
