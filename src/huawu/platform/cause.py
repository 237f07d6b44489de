"""Why something could not be done: a code and values for pages, and the words for whoever mends it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

UNEXPECTED: Final = "unexpected"
LONGEST: Final = 1_000


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """`detail` is English, for whoever looks after the machines."""

    code: str = UNEXPECTED
    values: dict[str, Any] = {}
    detail: str = ""

    def kept(self) -> dict[str, str]:
        """As two columns: `cause` (JSON) and the text."""
        told = {"code": self.code, **self.values}
        return {"cause": msgspec.json.encode(told).decode(), "detail": self.detail[:LONGEST]}

    @property
    def why(self) -> dict[str, Any]:
        """`{code, …values}`, as refusals tell it."""
        return {"code": self.code, **self.values}


def kept_cause(cause: str, detail: str) -> Cause:
    """Of its two columns; those of an older database have the text alone."""
    told = dict(msgspec.json.decode(cause)) if cause else {}
    return Cause(code=str(told.pop("code", UNEXPECTED)), values=told, detail=detail)


def unexpected(error: BaseException) -> Cause:
    """What nobody has a code for."""
    return Cause(detail=f"{type(error).__name__}: {error}")
