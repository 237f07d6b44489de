"""The shipped book, with a centre's own changes on top."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from pathlib import Path

from huawu.standard.judgement import Standard
from huawu.standard.model import BookError
from huawu.standard.schema import Book
from huawu.standard.written import changed, placed, read_book, read_changes


@cache
def shipped_book() -> Book:
    """The book that comes with the product (`standard/book/*.yaml`)."""
    folder = resources.files("huawu.standard") / "book"
    files = sorted(
        (each for each in folder.iterdir() if each.name.endswith(".yaml")), key=lambda each: each.name
    )
    return read_book({each.name: each.read_text(encoding="utf-8") for each in files})


@cache
def _shipped() -> Standard:
    return Standard(shipped_book())


def load_standard(changes: Path | str | None = None) -> Standard:
    """The standard of a centre: the book with its own changes (YAML text, or a file). Raises `BookError`."""
    if changes is None:
        return _shipped()
    source = changes.name if isinstance(changes, Path) else "standard.yaml"
    text = changes.read_text(encoding="utf-8-sig") if isinstance(changes, Path) else changes
    if not text.strip():
        return _shipped()
    try:
        book = changed(shipped_book(), read_changes(text, source), source)
        return Standard(book, f"{book.version}+{hashlib.sha256(text.encode()).hexdigest()[:8]}")
    except BookError as error:
        raise placed(error, text, source) from error
