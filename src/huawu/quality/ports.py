"""What inspection asks of the book beyond its own words: to be made of changes, and to hear its phrases."""

from __future__ import annotations

from collections.abc import Callable

from huawu.standard import FactLike, Mark, Standard

Marks = Callable[[FactLike], tuple[Mark, ...]]
"""The phrases heard in a `said` fact."""

Loads = Callable[[str | None], Standard]
"""Makes a book of a centre's own changes (YAML); raises `BookError`."""

Listens = Callable[[Standard], Marks]
"""Makes the ear for a book's phrases."""


def no_marks(_said: FactLike) -> tuple[Mark, ...]:
    """Nobody listens for phrases here."""
    return ()


def deaf(_standard: Standard) -> Marks:
    """A centre in which nobody listens for phrases."""
    return no_marks
