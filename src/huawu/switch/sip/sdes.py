"""Keys of SRTP as session descriptions carry them: a=crypto (RFC 4568), its suites also of RFC 7714."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from typing import Final, Literal

import msgspec

Suite = Literal["AEAD_AES_256_GCM", "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"]
KEY_OCTETS: Final[dict[str, int]] = {
    "AEAD_AES_256_GCM": 32 + 12,
    "AEAD_AES_128_GCM": 16 + 12,
    "AES_CM_128_HMAC_SHA1_80": 16 + 14,
    "AES_CM_128_HMAC_SHA1_32": 16 + 14,
}
"""Master key and salt together. AES_256_CM (RFC 6188) is left out: the library has no policy for it."""
OFFERED: Final[tuple[Suite, ...]] = ("AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80")
"""What we offer: the strongest, and the one that every phone has. The others are taken when offered."""
LONGEST_LIFE: Final = 1 << 48
"""Packets under one key (RFC 3711 §9.2)."""
MOST_MKI: Final = 128
_number = re.compile(r"[1-9][0-9]{0,14}")
_mki = re.compile(r"(0|[1-9][0-9]{0,38}):([1-9][0-9]{0,2})")
_tag = re.compile(r"0|[1-9][0-9]{0,8}")


class Unusable(ValueError):
    """An a=crypto line that is broken, or asks for what we do not do. The text never holds the key."""


class Crypto(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One a=crypto line that we can use: the key its writer will send with."""

    tag: int
    suite: Suite
    key: bytes  # master key, then master salt
    lifetime: int = LONGEST_LIFE  # packets; its owner must bring a new key before they are used up
    mki: bytes = b""  # stands in each packet; b"" = none
    window: int = 0  # how far back packets may come; 0 = the usual 128

    @classmethod
    def parse(cls, value: str) -> Crypto:
        """Read what follows `a=crypto:`. Raises Unusable."""
        parts = value.split(" ")
        if len(parts) < 3 or not all(parts):
            raise Unusable("a=crypto needs tag, suite and key")
        tag, suite, key = parts[:3]
        if not _tag.fullmatch(tag):
            raise Unusable("a=crypto has a bad tag")
        if suite not in KEY_OCTETS:
            raise Unusable("a=crypto names a suite that is not supported")
        octets, lifetime, mki = _parse_key(key, KEY_OCTETS[suite])
        window = _parse_session(parts[3:])
        return cls(
            tag=int(tag), suite=suite, key=octets, lifetime=lifetime, mki=mki, window=window  # type: ignore[arg-type]
        )  # fmt: skip

    def __str__(self) -> str:
        text = f"{self.tag} {self.suite} inline:{base64.b64encode(self.key).decode()}"
        if self.lifetime != LONGEST_LIFE:
            text += f"|{self.lifetime}"
        if self.mki:
            text += f"|{int.from_bytes(self.mki, 'big')}:{len(self.mki)}"
        return text + (f" WSH={self.window}" if self.window else "")

    def __repr__(self) -> str:
        return f"Crypto(tag={self.tag}, suite={self.suite}, key hidden)"


class Keys(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What both sides of one stream protect with; the suite is the same."""

    ours: Crypto
    theirs: Crypto


def fresh(tag: int, suite: Suite) -> Crypto:
    """A key of ours that was never used."""
    return Crypto(tag=tag, suite=suite, key=secrets.token_bytes(KEY_OCTETS[suite]))


def usable(values: list[str]) -> tuple[list[Crypto], str]:
    """The lines that can be used, in their order of preference, and why the last of the others cannot.

    One tag twice is a fault of the writer's: the first line counts.
    """
    found: dict[int, Crypto] = {}
    trouble = "it has no a=crypto line"
    for value in values:
        try:
            line = Crypto.parse(value)
        except Unusable as error:
            trouble = str(error)
        else:
            found.setdefault(line.tag, line)
    return list(found.values()), trouble


def _parse_key(text: str, size: int) -> tuple[bytes, int, bytes]:
    if ";" in text:
        raise Unusable("a=crypto has several keys: one a line is supported")
    method, colon, rest = text.partition(":")
    if method.lower() != "inline" or not colon:
        raise Unusable("a=crypto has a key that is not inline")
    code, *more = rest.split("|")
    try:
        key = base64.b64decode(code + "=" * (-len(code) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Unusable("a=crypto has a key that is not base64") from None
    if len(key) != size:
        raise Unusable(f"a=crypto has a key of {len(key)} octets instead of {size}")
    lifetime, mki = LONGEST_LIFE, b""
    if more and ":" not in more[0]:
        lifetime = _lifetime(more.pop(0))
    if more:
        mki = _parse_mki(more.pop(0))
    if more:
        raise Unusable("a=crypto has more behind its key than lifetime and MKI")
    return key, lifetime, mki


def _lifetime(text: str) -> int:
    power = text.removeprefix("2^")
    if not _number.fullmatch(power) or (power != text and int(power) > 48):
        raise Unusable("a=crypto has a bad lifetime")
    lifetime = int(text) if power == text else 1 << int(power)
    if lifetime > LONGEST_LIFE:
        raise Unusable("a=crypto has a lifetime longer than a key may live")
    return lifetime


def _parse_mki(text: str) -> bytes:
    found = _mki.fullmatch(text)
    if found is None or int(found[2]) > MOST_MKI or int(found[1]) >> 8 * int(found[2]):
        raise Unusable("a=crypto has a bad MKI")
    return int(found[1]).to_bytes(int(found[2]), "big")


def _parse_session(parameters: list[str]) -> int:
    """The window size; what is neither known nor marked as optional makes the line unusable (§6.3.7)."""
    window = 0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "WSH":
            if not _number.fullmatch(value) or not 64 <= int(value) < 0x8000:
                raise Unusable("a=crypto has a bad window size")
            window = int(value)
        elif parameter == "KDR=0" or parameter.startswith("-"):
            continue
        else:
            raise Unusable("a=crypto asks for a session parameter that is not supported")
    return window
