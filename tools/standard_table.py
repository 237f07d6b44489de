"""The table of all rules in docs/standard.md, from the shipped book: python -m tools.standard_table."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from huawu.standard import Rule, load_standard

PAGE: Final = Path(__file__).parent.parent / "docs" / "standard.md"
HEADING: Final = "Written by `python -m tools.standard_table`.\n\n"


def table() -> str:
    """One line a rule, in the book's order."""
    lines = ["| rule | looks at | weight | points | asks | thresholds |", "|---|---|---|---|---|---|"]
    lines += [_line(rule) for rule in load_standard().book.rules]
    return "\n".join(lines) + "\n"


def written(page: str) -> str:
    """The page with the table as it is to be."""
    return page[: page.index(HEADING) + len(HEADING)] + table()


def _line(rule: Rule) -> str:
    thresholds = ", ".join(f"{name} {value}" for name, value in rule.thresholds.items())
    cells = (rule.id, rule.looks_at, rule.severity, f"{rule.points:g}", rule.title.en, thresholds)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
