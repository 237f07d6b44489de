"""What the media of a browser's leg tells of its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Away:
    """The browser cannot be heard or reached for now: it said goodbye (a page that is loaded anew does),
    or neither check nor voice comes.
    """

    why: Literal["left", "silent"]


@dataclass(frozen=True, slots=True)
class Back:
    """It is there again, by itself."""


@dataclass(frozen=True, slots=True)
class Lost:
    """There is no way, and none will come."""

    reason: Literal["failed", "media_timeout"]
    detail: str


PathNews = Away | Back | Lost
