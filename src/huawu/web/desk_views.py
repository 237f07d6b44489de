"""Voicemails and announcements as the interface shows them."""

from __future__ import annotations

import msgspec

from huawu.calls.notice_rows import NoticeEvent


class VoicemailView(msgspec.Struct, frozen=True, kw_only=True):
    """A message for a queue. Instants are Unix ms."""

    id: str
    call: str
    queue: str
    state: str
    created_ms: int
    caller: str
    caller_name: str
    number: str
    language: str
    length_ms: int
    taken_by: str
    taken_ms: int | None
    done_by: str
    done_ms: int | None
    note: str
    result: str
    until_ms: int | None
    """It was given to `taken_by` as work, until then."""


class Voicemails(msgspec.Struct, frozen=True, kw_only=True):
    voicemails: list[VoicemailView]


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """An announcement. `sound`: it has a recording of its own, said after its prompts."""

    id: str
    queue: str
    number: str
    prompts: list[str]
    sound: bool
    on: bool
    from_ms: int
    until_ms: int
    created_ms: int
    by: str
    note: str


class Notices(msgspec.Struct, frozen=True, kw_only=True):
    """All announcements, and the newest lines of their audit."""

    notices: list[NoticeView]
    events: list[NoticeEvent]
