"""Sealed secrets: opened by the same key for the same subject, by nothing else; the key is its owner's."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.platform.sealing import KEY_FILE, KeyUnusable, NotOpened, Seal, key_of


@given(st.binary(max_size=64), st.text(max_size=20))
def test_what_was_sealed_is_opened_and_never_looks_the_same(secret: bytes, about: str) -> None:
    seal = Seal(bytes(range(32)))
    first, second = seal.seal(secret, about), seal.seal(secret, about)
    assert first != second
    assert seal.open(first, about) == seal.open(second, about) == secret


@given(st.binary(min_size=1, max_size=40), st.data())
def test_a_changed_one_another_subjects_and_another_keys_are_not_opened(
    secret: bytes, data: st.DataObject
) -> None:
    seal = Seal(bytes(32))
    sealed = seal.seal(secret, "wang")
    raw = bytearray(base64.urlsafe_b64decode(sealed))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1
    for key, kept, about in (
        (seal, base64.urlsafe_b64encode(raw).decode(), "wang"),
        (seal, sealed, "li"),
        (Seal(b"x" * 32), sealed, "wang"),
        (seal, sealed[:8], "wang"),
        (seal, "", "wang"),
        (seal, "话务", "wang"),
    ):
        with pytest.raises(NotOpened):
            key.open(kept, about)


def test_the_key_is_made_once_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    key = key_of(tmp_path)
    assert len(key) == 32
    assert key_of(tmp_path) == key
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    (tmp_path / KEY_FILE).chmod(0o644)
    assert key_of(tmp_path) == key
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [KEY_FILE]


def test_two_who_make_it_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as many:
        assert len(set(many.map(lambda _: key_of(tmp_path), range(32)))) == 1


@pytest.mark.parametrize("held", [b"", b"short", b"*" * 44, b"QUJD"])
def test_a_broken_key_is_said_in_words_and_left_alone(tmp_path: Path, held: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(held)
    with pytest.raises(KeyUnusable, match="Put back the file from your backup"):
        key_of(tmp_path)
    assert (tmp_path / KEY_FILE).read_bytes() == held
