"""What desks show from the database."""

from __future__ import annotations

from pathlib import Path

import pytest

from huawu.calls.callbacks import Callback, CallbackId, CallbackKind, State
from huawu.calls.desk_reader import DeskReader
from huawu.calls.desk_tables import wrap_ups
from huawu.calls.facts import Fact
from huawu.calls.places import place_of
from huawu.calls.store import CallStore
from huawu.calls.voicemails import State as VoicemailState
from huawu.calls.voicemails import Voicemail
from huawu.platform.database import Database


async def _with_calls(db: Database, folder: Path, *calls: str) -> None:
    store = CallStore(db, rescue=folder / "rescue")
    await store.start()
    for at_ms, call in enumerate(calls, 1):
        caller = "13800005678" if call != "other" else "13900001111"
        facts = [
            Fact(call=call, seq=1, at_ms=at_ms, kind="offered", fields={"caller": caller, "number": "4000"}),
            Fact(call=call, seq=2, at_ms=at_ms + 1, kind="bridged", fields={"agent": "1001"}),
            Fact(
                call=call, seq=3, at_ms=at_ms + 2, kind="ended", fields={"by": "caller", "reason": "normal"}
            ),
        ]
        store.append(facts)
    await store.flush()
    await store.close()


async def test_the_last_five_calls_of_a_number_are_told_with_what_was_filed(
    db: Database, tmp_path: Path
) -> None:
    await _with_calls(db, tmp_path, *(f"c{n}" for n in range(7)), "other", "now")
    filed = {"call": "c6", "agent": "1001", "version": 1, "disposition": "complaint.attitude"}
    async with db.begin() as connection:
        row = filed | {"summary": "态度不好", "deadline_ms": None, "at_ms": 9}
        await connection.execute(wrap_ups.insert().values(row))
    earlier = await DeskReader(db).earlier("13800005678", "now")
    assert [each.call for each in earlier] == ["c6", "c5", "c4", "c3", "c2"]
    assert (earlier[0].disposition, earlier[0].summary) == ("complaint.attitude", "态度不好")
    assert (earlier[0].agent, earlier[0].outcome, earlier[0].talk_ms) == ("1001", "answered", 1)
    assert earlier[1].disposition == ""


def _owed(name: str, kind: CallbackKind = "callback", queue: str = "general", agent: str = "") -> Callback:
    return Callback(
        id=CallbackId(name),
        kind=kind,
        state=State.WAITING,
        queue=queue,
        number="0138",
        created_ms=1,
        queued_ms=1,
        expires_ms=9,
        origin="c",
        agent=agent,
    )


async def test_tasks_are_those_of_the_agents_queues_and_nobody_elses(db: Database, tmp_path: Path) -> None:
    def message(name: str, **fields: object) -> Voicemail:
        whole = {"queue": "general", "state": VoicemailState.NEW, "created_ms": 5} | fields
        return Voicemail(
            id=name,
            call="c",
            caller="138",
            recording="r",
            path="p",
            length_ms=9_000,
            **whole,  # type: ignore[arg-type]
        )

    store = CallStore(db, rescue=tmp_path / "rescue")
    await store.start()
    messages = [
        message("free"),
        message("mine", state=VoicemailState.TAKEN, taken_by="1001", created_ms=2),
        message("theirs", state=VoicemailState.TAKEN, taken_by="1002"),
        message("done", state=VoicemailState.DONE),
        message("elsewhere", queue="billing"),
    ]
    store.append([], None, (), messages)
    await store.flush()
    await store.close()
    owed = [
        _owed("a"),
        _owed("b", queue="billing"),
        _owed("c", kind="redial", agent="1001"),
        _owed("d", kind="redial", agent="1002"),
    ]
    tasks = await DeskReader(db).tasks(("general",), "1001", owed)
    assert [each.id for each in tasks.callbacks] == ["a"]
    assert [each.id for each in tasks.redials] == ["c"]
    assert [each.id for each in tasks.voicemails] == ["mine", "free"]


@pytest.mark.parametrize(
    ("number", "zh", "en"),
    [("01062345678", "北京市", "Beijing"), ("12345", "", ""), ("anonymous", "", ""), ("", "", "")],
)
def test_a_numbers_place_is_told_in_both_languages(number: str, zh: str, en: str) -> None:
    place = place_of(number, "CN")
    assert (place.zh, place.en) == (zh, en)
