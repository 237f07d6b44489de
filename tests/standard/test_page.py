"""docs/standard.md lists the rules that ship."""

from __future__ import annotations

from tools.standard_table import PAGE, written


def test_the_page_lists_all_rules_as_they_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page), "write it anew: python -m tools.standard_table"
