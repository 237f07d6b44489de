"""One-time codes of a phone app (TOTP, RFC 6238), pure: HMAC-SHA-1, 6 digits, a new one each 30 s."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Final
from urllib.parse import quote

STEP_MS: Final = 30_000
DIGITS: Final = 6
DRIFT: Final = 1
"""Codes of so many steps before and after are taken: clocks differ (RFC 6238 §5.2)."""
SECRET_BYTES: Final = 20
RECOVERY_CODES: Final = 10
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


def new_secret() -> str:
    """160 random bits in base32, as apps take them."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def code_at(secret: str, step: int, digits: int = DIGITS) -> str:
    """The code of one step (RFC 4226 §5.3)."""
    key = base64.b32decode(secret)
    mac = hmac.new(key, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_of(secret: str, code: str, at_ms: int, after: int) -> int | None:
    """The step whose code this is, later than `after`; None: it is wrong, old, or was used."""
    now = at_ms // STEP_MS
    found = None
    for step in range(max(0, now - DRIFT), now + DRIFT + 1):
        same = hmac.compare_digest(code_at(secret, step).encode(), code.encode("utf-8", "replace"))
        if same and step > after and found is None:
            found = step
    return found


def uri_of(secret: str, user: str, issuer: str) -> str:
    """What apps read from a QR code, or are given by hand."""
    label = f"{quote(issuer, safe='')}:{quote(user, safe='')}"
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(issuer, safe='')}"


def new_recovery_codes() -> list[str]:
    """Each good for one sign-in without the app: 8 letters, 40 bits."""
    return [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(2))
        for _ in range(RECOVERY_CODES)
    ]


def recovery_hash(user: str, code: str) -> str:
    """What is kept of a recovery code."""
    return hashlib.sha256(f"{user}:{code.strip().lower()}".encode("utf-8", "replace")).hexdigest()
