"""What must be true of promises: callbacks, messages and what calls outside cost, whatever died.

Each law returns its breaches in words; none means that it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tools.chaos import invariants
from tools.chaos.invariants import Books, Death
from tools.chaos.traces import Seen

from huawu.calls.recordings import NoRecording, find


def kept_promises(
    books: Books, data: Path, outside: Sequence[Seen], deaths: Sequence[Death], *, settled: bool
) -> Iterable[str]:
    """All of them."""
    yield from callbacks(books, settled=settled)
    yield from voicemails(books, data, deaths, settled=settled)
    yield from tolls(books, outside, deaths, settled=settled)


def callbacks(books: Books, *, settled: bool) -> Iterable[str]:
    """Who was promised to be called back is owed it, and talks with an agent once for it, not twice."""
    rows = {row["id"]: row for row in books.callbacks}
    talks: dict[str, list[str]] = {}
    for call, facts in books.facts.items():
        for fact in facts:
            if fact.kind == "callback_agreed" and fact.fields["callback"] not in rows:
                yield f"call {call}: the callback {fact.fields['callback']} that was promised is not owed"
        promised = facts[0].fields.get("callback")
        if promised and any(fact.kind == "bridged" for fact in facts):
            talks.setdefault(promised, []).append(call)
    for callback, calls in talks.items():
        if len(calls) > 1:
            yield f"callback {callback}: it was talked for it in {calls}"
    for name, row in rows.items():
        if row["state"] == "done" and name not in talks:
            yield f"callback {name} is said to be done, and nobody talked"
        if row["state"] in ("expired", "missed", "cancelled"):
            yield f"callback {name} is {row['state']}"
        if settled and row["ended_ms"] is None:
            yield f"callback {name} is still {row['state']}: {row['record']}"


def voicemails(books: Books, data: Path, deaths: Sequence[Death], *, settled: bool) -> Iterable[str]:
    """Each message that was left is listed, once, and its file opens; none is listed that nobody left.

    Of one that a death cut off all up to then is there; its length on record is a guess after a power cut.
    """
    left = [
        fact.fields["voicemail"]
        for facts in books.facts.values()
        for fact in facts
        if fact.kind == "voicemail_left"
    ]
    rows = {row["id"]: row for row in books.voicemails}
    listed = {name for name, row in rows.items() if row["state"] in ("new", "taken", "done")}
    if len(left) != len(set(left)):
        yield f"messages were delivered twice: {sorted(name for name in left if left.count(name) > 1)}"
    yield from (f"message {name} was left and is not listed" for name in set(left) - listed)
    for name in listed:
        row = rows[name]
        try:
            length_ms = find(data, row["path"], row["call"]).length_ms
        except NoRecording:
            yield f"message {name} does not open: {row['path']}"
            continue
        spoken_ms = [death.at * 1000 - row["created_ms"] for death in deaths if death.ended_calls]
        due_ms = min([row["length_ms"], *(each for each in spoken_ms if each > 0)])
        if length_ms < due_ms - invariants.LOST_MS:
            yield f"message {name} is {length_ms} ms long, on record {row['length_ms']} ms"
    if settled:
        spoken = [name for name, row in rows.items() if row["state"] == "recording"]
        yield from (f"message {name} is still being spoken" for name in spoken)


def tolls(books: Books, outside: Sequence[Seen], deaths: Sequence[Death], *, settled: bool) -> Iterable[str]:
    """A call outside counts once: no more are counted than came there, or were lost on the way in a death."""
    counted = max((count.day_calls for count in books.tolls.counts.values()), default=0)
    lost = len(deaths)
    if counted > len(outside) + lost:
        yield f"{counted} calls outside are counted, {len(outside)} came there"
    if settled and books.tolls.lines:
        yield f"calls outside are said to run: {sorted(books.tolls.lines)}"
