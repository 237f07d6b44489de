"""Announcements in front of a queue or number, put up and taken down by leaders while calls run."""

from __future__ import annotations

import msgspec


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Said to each caller of a queue or number, before all else, from `from_ms` until `until_ms`.

    `prompts` of the catalogue, or the file at `path` below the data folder. `until_ms` 0 = until taken down.
    """

    id: str
    queue: str = ""
    number: str = ""
    prompts: tuple[str, ...] = ()
    path: str = ""
    on: bool = True
    from_ms: int = 0
    until_ms: int = 0
    created_ms: int = 0
    by: str = ""
    note: str = ""  # why it is there

    def in_force(self, at_ms: int) -> bool:
        """Whether callers hear it at this instant."""
        begun = self.on and at_ms >= self.from_ms
        return begun and (not self.until_ms or at_ms < self.until_ms) and bool(self.prompts or self.path)
