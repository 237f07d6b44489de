"""What the parts of the file are made of: shares, levels, counts, ids and what can be dialled."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Share = Annotated[float, msgspec.Meta(ge=0, le=1, extra={"unit": "share"})]
"""A share 0–1; in the file `0.8` or `80%`."""
Level = Annotated[int, msgspec.Meta(ge=1, le=10)]
Dial = Annotated[str, msgspec.Meta(pattern=r"\+?[0-9*#]{1,32}", extra={"like": "4000, *11 or +861012345678"})]
"""What can be dialled."""
OptionalDial = Annotated[str, msgspec.Meta(pattern=r"(\+?[0-9*#]{1,32})?", extra={"like": "1001"})]
Id = Annotated[str, msgspec.Meta(pattern=r"[\w.-]{1,64}", extra={"like": "general or line-2"})]
Role = Literal["agent", "shift_leader", "inspector", "trainer", "manager", "support", "administrator"]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The base of all parts of the file."""
