"""What a call's record says of its recording, derived from the facts about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from huawu.calls.facts import Fact

if TYPE_CHECKING:
    from huawu.calls.record import CallRecord

RecordingState = Literal["running", "complete", "partial", "failed"]

BYTES_PER_MS = 16  # two channels of 8 kHz μ-law


class RecordingView(msgspec.Struct, frozen=True, kw_only=True):
    """A call's sound on disk: length in ms, size in bytes (0 while it runs).

    `partial`: it is over, and some of it could not be written; `failed`: it broke off and has no true end.
    """

    length_ms: int = 0
    size: int = 0
    state: RecordingState = "running"


def began(_record: CallRecord, fact: Fact) -> dict[str, Any]:
    """A recording begins; an earlier one of the call is not told of any more."""
    began_ms = fact.fields.get("began_ms")  # of one that was found later
    return {
        "recording": RecordingView(),
        "recording_id": str(fact.fields.get("recording") or fact.call),
        "recording_path": below_data(str(fact.fields.get("path") or "")),
        "recording_began_ms": began_ms if isinstance(began_ms, int) else fact.at_ms,
        "recording_broke": False,
    }


def broke(record: CallRecord, fact: Fact) -> dict[str, Any]:
    """It cannot be written: for a while, in which it runs all the same, or for good."""
    if not _is_meant(record, fact):
        return {}
    over = {} if fact.fields.get("goes_on") else _until(record, fact, "failed")
    return {"recording_broke": True} | over


def stopped(record: CallRecord, fact: Fact) -> dict[str, Any]:
    """It is complete, or as complete as it could become: what was written beside a failure can be heard."""
    if not _is_meant(record, fact):
        return {}
    return _until(record, fact, "partial" if record.recording_broke else "complete")


def below_data(path: str) -> str:
    """A recording's path as kept on record: from `recordings/` on, so that the data folder may move."""
    at = path.replace("\\", "/").rfind("recordings/")
    return path[at:].replace("\\", "/") if at >= 0 else path


def _until(record: CallRecord, fact: Fact, state: RecordingState) -> dict[str, Any]:
    length_ms = fact.fields.get("length_ms")
    if not isinstance(length_ms, int):
        length_ms = max(0, fact.over_ms - record.recording_began_ms)
    return {"recording": RecordingView(length_ms=length_ms, size=length_ms * BYTES_PER_MS, state=state)}


def _is_meant(record: CallRecord, fact: Fact) -> bool:
    """Whether the fact is about this recording, not about a message of the same call or an earlier one."""
    named = fact.fields.get("recording")
    return record.recording is not None and named in (None, record.recording_id)
