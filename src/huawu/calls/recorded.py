"""What a call's record says of its recording, derived from the facts about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from huawu.calls.facts import Fact

if TYPE_CHECKING:
    from huawu.calls.record import CallRecord

RecordingState = Literal["running", "complete", "partial", "failed", "deleted"]

BYTES_PER_MS = 16  # two channels of 8 kHz μ-law


class RecordingView(msgspec.Struct, frozen=True, kw_only=True):
    """A call's sound on disk: length in ms, size in bytes (0 while it runs).

    `partial`: it is over, and some of it could not be written; `failed`: it broke off and has no true end;
    `deleted`: the centre keeps recordings no longer (told when asked, never on record).
    """

    length_ms: int = 0
    size: int = 0
    state: RecordingState = "running"


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """One recording of a call; `path` below the data folder, `broke`: some of it could not be written."""

    id: str
    path: str
    began_ms: int
    sound: RecordingView
    broke: bool = False


def recordings_in(record: CallRecord) -> tuple[Recorded, ...]:
    """All of a call, the one that its record shows last; a caller whose line is replaced begins another."""
    if record.recording is None:
        return ()
    shown = Recorded(
        id=record.recording_id,
        path=record.recording_path,
        began_ms=record.recording_began_ms,
        sound=record.recording,
        broke=record.recording_broke,
    )
    return (*record.earlier_recordings, shown)


def began(record: CallRecord, fact: Fact) -> dict[str, Any]:
    """A recording begins; the call's page shows no earlier one any more."""
    began_ms = fact.fields.get("began_ms")  # of one that was found later
    return {
        "earlier_recordings": recordings_in(record),
        "recording": RecordingView(),
        "recording_id": str(fact.fields.get("recording") or fact.call),
        "recording_path": below_data(str(fact.fields.get("path") or "")),
        "recording_began_ms": began_ms if isinstance(began_ms, int) else fact.at_ms,
        "recording_broke": False,
    }


def broke(record: CallRecord, fact: Fact) -> dict[str, Any]:
    """It cannot be written: for a while, in which it runs all the same, or for good."""
    one = _meant(record, fact)
    if one is None:
        return {}
    sound = one.sound if fact.fields.get("goes_on") else _until(one, fact, "failed")
    return _changed(record, msgspec.structs.replace(one, sound=sound, broke=True))


def stopped(record: CallRecord, fact: Fact) -> dict[str, Any]:
    """It is complete, or as complete as it could become: what was written beside a failure can be heard."""
    one = _meant(record, fact)
    if one is None:
        return {}
    sound = _until(one, fact, "partial" if one.broke else "complete")
    return _changed(record, msgspec.structs.replace(one, sound=sound))


def below_data(path: str) -> str:
    """A recording's path as kept on record: from `recordings/` on, so that the data folder may move."""
    at = path.replace("\\", "/").rfind("recordings/")
    return path[at:].replace("\\", "/") if at >= 0 else path


def _meant(record: CallRecord, fact: Fact) -> Recorded | None:
    """The recording that the fact is about; None: a message of the same call."""
    named = fact.fields.get("recording")
    if record.recording is not None and named is None:
        named = record.recording_id
    return next((one for one in recordings_in(record) if one.id == named), None)


def _changed(record: CallRecord, one: Recorded) -> dict[str, Any]:
    if one.id == record.recording_id:
        return {"recording": one.sound, "recording_broke": one.broke}
    return {
        "earlier_recordings": tuple(one if each.id == one.id else each for each in record.earlier_recordings)
    }


def _until(one: Recorded, fact: Fact, state: RecordingState) -> RecordingView:
    length_ms = fact.fields.get("length_ms")
    if not isinstance(length_ms, int):
        length_ms = max(0, fact.over_ms - one.began_ms)
    return RecordingView(length_ms=length_ms, size=length_ms * BYTES_PER_MS, state=state)
