"""Calls that a life of the centre left open: the last sign of them, for when their switch is gone, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from huawu.calls.facts import Fact
from huawu.calls.homes import SwitchId
from huawu.calls.recorded import below_data


class LeftOpen(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of such a call until its switch is met again."""

    sign_ms: int
    """When it was heard of last."""
    lengths: Mapping[str, int] = {}
    """Of its recordings that are on disk, by id."""


def left_open(
    facts: Sequence[Fact], *, mark_ms: int | None, lengths: Mapping[str, int], now_ms: int
) -> LeftOpen:
    """`mark_ms`: when the centre put aside that it heard the call's switch; `lengths` of recordings on disk.

    The last sign is the latest there is: that mark, the newest fact, and the end of a recording, which a
    switch goes on writing while there is no centre. A call that had ended gives none after its end.
    """
    told = {name: lengths[name] for _, name, _ in recordings_of(facts) if name in lengths}
    ended_ms = next((fact.at_ms for fact in facts if fact.kind == "ended"), now_ms)
    written_ms = (began_ms + told.get(name, 0) for began_ms, name, _ in recordings_of(facts))
    sign_ms = max(facts[-1].at_ms, mark_ms or 0, *written_ms)
    return LeftOpen(sign_ms=min(sign_ms, ended_ms, now_ms), lengths=told)


def signs_of_switches(
    open_calls: Iterable[tuple[SwitchId, Sequence[Fact]]],
    marks: Mapping[SwitchId, int],
    lengths: Mapping[str, int],
) -> dict[SwitchId, int]:
    """The marks, but later where a recording goes on beyond: its switch had its other calls then, too.

    So a mark that could not be put aside, as the database was away, is made good for all of them.
    """
    signs = dict(marks)
    for switch, facts in open_calls:
        for began_ms, name, _ in recordings_of(facts):
            if name in lengths:
                signs[switch] = max(signs.get(switch, 0), began_ms + lengths[name])
    return signs


def recordings_of(facts: Iterable[Fact]) -> Iterator[tuple[int, str, str]]:
    """When each of a call's recordings began, its id, and its path below the data folder."""
    for fact in facts:
        if fact.kind in ("recording_started", "voicemail_began", "comment_began"):
            began_ms = fact.fields.get("began_ms", fact.at_ms)
            yield began_ms, str(fact.fields.get("recording")), below_data(str(fact.fields.get("path", "")))
