"""Findings as they are kept: what is said of the call apart from what the rule says of all calls.

The words of a rule belong to its findings, for it may say something else tomorrow. But they are the same for
thousands of calls: they are kept once, named by a digest of themselves, and all findings of a call in one
compressed piece. A call of forty findings takes 1 kB instead of 26.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import msgspec

from huawu.quality.assessment import Finding
from huawu.standard import Text

_LEVEL: Final = 1
MOST_KNOWN: Final = 10_000
"""A book has about a hundred wordings; so many are remembered of several."""


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule says, whatever the call."""

    rule: str
    title: Text
    part: str
    source: str
    severity: str
    points: float
    version: int
    expected: Text
    hint: Text
    reason: Text


class Packed(msgspec.Struct, frozen=True, array_like=True):
    """What is said of the call; `wording` names the rest."""

    id: str
    wording: str
    verdict: str
    party: str
    agent: str
    from_ms: int
    to_ms: int
    found: Text
    confidence: float
    scored: bool = True


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Packed]).decode
wording_of_json = msgspec.json.Decoder(Wording).decode


def pack(findings: Sequence[Finding], wordings: dict[str, str]) -> bytes:
    """All findings of a call; their wordings are added to `wordings`, JSON by name."""
    packed = []
    for each in findings:
        name, text = _named(_wording_of(each))
        wordings[name] = text
        own = [getattr(each, field) for field in Packed.__struct_fields__[2:]]
        packed.append(Packed(each.id, name, *own))
    return zlib.compress(_encode(packed), _LEVEL)


def opened(piece: bytes) -> list[Packed]:
    """In the order in which they were packed."""
    return _decode(zlib.decompress(piece))


def whole(packed: Packed, wording: Wording) -> Finding:
    """The finding as it was."""
    rule = {name: getattr(wording, name) for name in Wording.__struct_fields__}
    own = {name: getattr(packed, name) for name in Packed.__struct_fields__ if name != "wording"}
    return Finding(**rule, **own)


def _wording_of(finding: Finding) -> Wording:
    return Wording(
        rule=finding.rule,
        title=finding.title,
        part=finding.part,
        source=finding.source,
        severity=finding.severity,
        points=finding.points,
        version=finding.version,
        expected=finding.expected,
        hint=finding.hint,
        reason=finding.reason,
    )


@lru_cache(MOST_KNOWN)
def _named(wording: Wording) -> tuple[str, str]:
    """A wording's name, and its JSON."""
    text = _encode(wording)
    return hashlib.blake2s(text, digest_size=8).hexdigest(), text.decode()
