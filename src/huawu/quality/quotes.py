"""What findings quote of a call, without private numbers: for those who have no right to see them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.quality.assessment import Finding
from huawu.speech.masking import hidden
from huawu.standard import Text

PIECE: Final = 4
"""A quote may be a piece of a number that was told over several turns, so shorter ones are hidden, too."""
_QUOTE: Final = re.compile(r"「[^」]*」|“[^”]*”")


def sees_whole(who: Principal, agents: Iterable[str]) -> bool:
    """Whether somebody may read the numbers said in a call: with the right to, and whoever was in it."""
    return who.may(Permission.SEE_PRIVATE) or who.user in agents


def without_numbers(found: Text) -> Text:
    """The same with the numbers in its quotes hidden."""
    return Text(zh=_hidden(found.zh), en=_hidden(found.en))


def findings_without_numbers(findings: Iterable[Finding]) -> list[Finding]:
    """The same findings, their quotes without numbers."""
    return [msgspec.structs.replace(each, found=without_numbers(each.found)) for each in findings]


def _hidden(text: str) -> str:
    return _QUOTE.sub(lambda quote: hidden(quote.group(), least=PIECE), text)
