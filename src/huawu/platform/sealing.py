"""Secrets that have to be read again are kept sealed: AES-256-GCM, its key beside the database, not in it."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_FILE: Final = "secrets.key"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class KeyUnusable(OSError):
    """The file of the key does not hold one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(
            f"{path} does not hold the key that secrets are sealed with. Put back the file from your backup; "
            "if it is lost, remove it: a new one is made, and people with a second factor sign in by a "
            "recovery code or have an administrator take it away."
        )

    def __str__(self) -> str:
        return str(self.args[0])


class NotOpened(Exception):
    """It was sealed by another key, for somebody else, or was changed."""


class Seal:
    """One key. What is sealed for one subject is opened for that one only."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, secret: bytes, about: str) -> str:
        """28 octets longer, in base64 (RFC 4648 §5)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, secret, about.encode())).decode()

    def open(self, sealed: str, about: str) -> bytes:
        """What was sealed. Raises `NotOpened`."""
        try:
            raw = base64.urlsafe_b64decode(sealed)
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], about.encode())
        except (InvalidTag, ValueError, binascii.Error):
            raise NotOpened from None


def no_seal() -> Seal:
    """For whoever never seals, such as a command that changes a password."""
    raise NotImplementedError("nothing to seal with")


def key_of(folder: Path) -> bytes:
    """The key kept in this folder, for its owner alone; made when there is none. Raises `KeyUnusable`."""
    path = folder / KEY_FILE
    with contextlib.suppress(FileExistsError):
        made = path.with_suffix(f".{secrets.token_hex(4)}")
        handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(base64.b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(made, path)  # whole or not at all, and never in place of another
        finally:
            made.unlink()
    with contextlib.suppress(OSError):
        path.chmod(0o600)
    try:
        key = base64.b64decode(path.read_bytes().strip(), validate=True)
    except (ValueError, binascii.Error):
        raise KeyUnusable(path) from None
    if len(key) != _KEY_BYTES:
        raise KeyUnusable(path)
    return key
