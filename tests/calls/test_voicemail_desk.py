"""Voicemails, surveys and announcements in either database, and who may do what first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from huawu.acd.events import AgentId
from huawu.calls.effects import Effects, GiveVoicemail, TakeVoicemailBack
from huawu.calls.facts import Fact, Kind
from huawu.calls.notice_desk import NoticeDesk, NoticeRefused, UnknownNotice
from huawu.calls.notice_rows import NoticeRecord
from huawu.calls.notices import Notice
from huawu.calls.recordings import header
from huawu.calls.store import CallStore
from huawu.calls.survey_rows import ScoreView, scores
from huawu.calls.voicemail_desk import VoicemailDesk
from huawu.calls.voicemails import State, UnknownVoicemail, Voicemail, VoicemailNotAllowed
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database
from tests.assets.test_telephone_sound import wav
from tests.calls.worlds import centre_of, engine_of

MESSAGE = Voicemail(
    id="m1",
    call="c1",
    queue="general",
    state=State.RECORDING,
    created_ms=1_000,
    caller="139",
    caller_name="王\x00芳" * 100,
    recording="c1.v1",
    path="messages/c1.v1.wav",
)


@pytest.fixture
async def store(db: Database, tmp_path: Path) -> AsyncIterator[CallStore]:
    store = CallStore(db, rescue=tmp_path / "rescue")
    await store.start()
    yield store
    await store.close()


@pytest.fixture
def desk(store: CallStore, tmp_path: Path, clock: VirtualClock) -> VoicemailDesk:
    return VoicemailDesk(store.voicemails, tmp_path, clock)


async def put(store: CallStore, *messages: Voicemail) -> None:
    store.append([], None, (), messages)
    await store.flush()


def became(message: Voicemail, state: State, **changes: object) -> Voicemail:
    return msgspec.structs.replace(message, state=state, **changes)


async def test_a_message_is_listed_once_it_is_delivered(store: CallStore, desk: VoicemailDesk) -> None:
    await put(store, MESSAGE)
    assert await desk.newest(queues=None, state="", limit=10) == []
    with pytest.raises(UnknownVoicemail):
        await desk.get("m1", None)
    await put(store, became(MESSAGE, State.NEW, length_ms=5_000))
    (found,) = await desk.newest(queues=["general"], state="", limit=10)
    assert (found.state, found.length_ms, found.caller) == (State.NEW, 5_000, "139")
    assert await desk.newest(queues=["other"], state="", limit=10) == []
    with pytest.raises(UnknownVoicemail):
        await desk.get("m1", ["other"])


async def test_what_is_written_again_late_takes_nothing_back(store: CallStore, desk: VoicemailDesk) -> None:
    new = became(MESSAGE, State.NEW, length_ms=5_000)
    await put(store, MESSAGE)
    await put(store, new)
    await desk.take(await desk.get("m1", None), "1001", over=False)
    await put(store, MESSAGE)
    await put(store, new)
    found = await desk.get("m1", None)
    assert (found.state, found.taken_by) == (State.TAKEN, "1001")


async def test_of_two_who_take_it_one_has_it(store: CallStore, desk: VoicemailDesk) -> None:
    await put(store, became(MESSAGE, State.NEW))
    found = await desk.get("m1", None)
    users = ("1001", "1002", "1003")
    took = await asyncio.gather(
        *(desk.take(found, user, over=False) for user in users), return_exceptions=True
    )
    assert sum(isinstance(each, Voicemail) for each in took) == 1
    assert sum(isinstance(each, VoicemailNotAllowed) for each in took) == 2


async def test_it_is_done_by_who_took_it_or_a_leader_and_counted_until_then(
    store: CallStore, desk: VoicemailDesk
) -> None:
    new = became(MESSAGE, State.NEW)
    await desk.start()
    desk.tell(Effects(voicemails=[new]))
    await put(store, new)
    assert desk.waiting("general") == 1
    with pytest.raises(VoicemailNotAllowed, match="Take it first"):
        await desk.finish(await desk.get("m1", None), "1001", "", over=False)
    await desk.take(await desk.get("m1", None), "1001", over=False)
    with pytest.raises(VoicemailNotAllowed, match="taken by 1001"):
        await desk.finish(await desk.get("m1", None), "1002", "", over=False)
    await desk.take(await desk.get("m1", None), "leader", over=True)
    done = await desk.finish(await desk.get("m1", None), "leader", "called back", over=True)
    assert (done.state, done.done_by, done.note) == (State.DONE, "leader", "called back")
    assert await desk.finish(await desk.get("m1", None), "leader", "", over=True) == await desk.get(
        "m1", None
    )
    assert desk.waiting("general") == 0
    later = VoicemailDesk(store.voicemails, Path("/nowhere"), VirtualClock())
    await later.start()
    assert later.waiting("general") == 0


# ── As work ───────────────────────────────────────────────────────────────────────────────────────


class Ears:
    """Who is told what became of messages."""

    def __init__(self, desk: VoicemailDesk, store: CallStore) -> None:
        self.told: list[tuple[Voicemail, str | None, dict[str, Any]]] = []
        self.failed: list[str] = []
        desk.told, desk.not_given, desk.all_written = self.hear, self.failed.append, store.flush

    def hear(self, voicemail: Voicemail, kind: Kind | None, **fields: Any) -> None:
        self.told.append((voicemail, kind, fields))


GIVE = GiveVoicemail(voicemail="m1", agent=AgentId("1001"), until_ms=90_000)
TAKE_BACK = TakeVoicemailBack(voicemail="m1", agent=AgentId("1001"), why="time_over")


async def test_a_message_is_given_taken_back_and_remembered(store: CallStore, desk: VoicemailDesk) -> None:
    ears = Ears(desk, store)
    store.append([], None, (), [became(MESSAGE, State.NEW)])  # still on its way into the database
    desk.tell(Effects(work=[GIVE, TAKE_BACK]))
    await desk.stop()
    (given, what, _), (returned, how, why) = ears.told
    assert (given.state, given.taken_by, given.until_ms, what) == (
        State.TAKEN,
        "1001",
        90_000,
        "voicemail_given",
    )
    assert (returned.state, returned.taken_by, returned.until_ms) == (State.NEW, "", None)
    assert (how, why) == ("voicemail_returned", {"agent": "1001", "by": "", "why": "time_over"})
    (found,) = await store.voicemails.undone()
    assert found.passed_by == {"1001"}
    assert await desk.start() == [found]


async def test_what_somebody_took_first_is_not_given(store: CallStore, desk: VoicemailDesk) -> None:
    ears = Ears(desk, store)
    await put(store, became(MESSAGE, State.NEW))
    await desk.take(await desk.get("m1", None), "1002", over=False)
    desk.tell(Effects(work=[GIVE]))
    await desk.stop()
    assert [(each.taken_by, kind) for each, kind, _ in ears.told] == [
        ("1002", "voicemail_taken"),
        ("1002", None),
    ]
    assert ears.failed == []


async def test_what_is_not_there_is_given_to_nobody(store: CallStore, desk: VoicemailDesk) -> None:
    ears = Ears(desk, store)
    desk.tell(Effects(work=[replace(GIVE, voicemail="m9")]))
    await desk.stop()
    assert (ears.failed, ears.told) == (["m9"], [])


async def test_who_has_it_gives_it_back_and_others_may_not(store: CallStore, desk: VoicemailDesk) -> None:
    await put(store, became(MESSAGE, State.NEW))
    await desk.take(await desk.get("m1", None), "1001", over=False)
    with pytest.raises(VoicemailNotAllowed, match="taken by 1001"):
        await desk.give_back(await desk.get("m1", None), "1002", over=False)
    back = await desk.give_back(await desk.get("m1", None), "leader", over=True)
    assert (back.state, set(back.passed_by)) == (State.NEW, {"1001"})
    with pytest.raises(VoicemailNotAllowed):
        await desk.give_back(await desk.get("m1", None), "1001", over=False)


async def test_what_happens_to_a_message_after_its_call_is_on_the_calls_timeline(store: CallStore) -> None:
    line = {"leg": "l", "caller": "139", "number": "4001", "language": "zh"}
    store.append([Fact(call="c1", seq=1, at_ms=1_000, kind="offered", fields=line)])
    store.append([Fact(call="c1", seq=2, at_ms=2_000, kind="ended", fields={"by": "caller"})])
    await store.flush()
    for call in ("c1", "gone"):
        later = Fact(
            call=call, seq=0, at_ms=9_000, kind="voicemail_done", party="agent", fields={"by": "1001"}
        )
        store.append([later, later])
    await store.flush()
    assert [(fact.seq, fact.kind) for fact in await store.facts("c1")] == [
        (1, "offered"),
        (2, "ended"),
        (3, "voicemail_done"),
        (4, "voicemail_done"),
    ]
    assert await store.facts("gone") == []


async def test_what_a_dead_centre_left_is_found_with_its_length(
    store: CallStore, desk: VoicemailDesk, tmp_path: Path
) -> None:
    (tmp_path / "messages").mkdir()
    (tmp_path / MESSAGE.path).write_bytes(header(0, "ulaw") + b"\xff" * 2 * 8_000 * 3)
    await put(store, MESSAGE, msgspec.structs.replace(MESSAGE, id="m2", path="messages/gone.wav"))
    found = {each.id: each.length_ms for each in await desk.start()}
    assert found == {"m1": 3_000, "m2": 0}


async def test_what_is_thrown_away_is_deleted_and_nothing_else(desk: VoicemailDesk, tmp_path: Path) -> None:
    (tmp_path / "messages").mkdir()
    short, other = tmp_path / "messages" / "a.wav", tmp_path / "secret"
    short.write_text("x")
    other.write_text("x")
    desk.tell(
        Effects(
            discarded=["messages/a.wav", "messages/../secret", "", "messages/none.wav", "recordings/c.wav"]
        )
    )
    await desk.stop()
    assert (short.exists(), other.exists()) == (False, True)


async def test_messages_that_the_database_would_not_take_come_back_from_the_rescue_file(
    db: Database, tmp_path: Path
) -> None:
    rescue = tmp_path / "rescue"
    dead = CallStore(db, rescue=rescue)
    dead.append([], None, (), [became(MESSAGE, State.NEW)])
    await dead.close()  # it never wrote
    assert rescue.exists()
    store = CallStore(db, rescue=rescue)
    await store.start()
    assert (await store.voicemails.get("m1")) is not None
    await store.close()


async def test_scores_are_averaged_by_queue_and_agent(store: CallStore, db: Database) -> None:
    for number, (agent, score) in enumerate([("1001", 5), ("1001", 2), ("1002", 4)]):
        line = {"leg": "l", "caller": "139", "number": "4001", "language": "zh"}
        rated = {"score": score, "agent": agent, "queue": "general"}
        call = f"c{number}"
        store.append(
            [
                Fact(call=call, seq=1, at_ms=1_000, kind="offered", fields=line),
                Fact(call=call, seq=2, at_ms=2_000 + number, kind="rated", party="caller", fields=rated),
                Fact(
                    call=call, seq=3, at_ms=3_000, kind="comment_began", fields={"path": "recordings/x.wav"}
                ),
                Fact(call=call, seq=4, at_ms=4_000, kind="ended", fields={"by": "caller"}),
                Fact(call=call, seq=5, at_ms=4_001, kind="comment_left", fields={"length_ms": 1_500}),
            ]
        )
        await store.flush()
    told = await scores(db, 0, 10_000)
    assert told.queues == [ScoreView(id="general", ratings=3, average=3.67)]
    assert told.agents == [
        ScoreView(id="1001", ratings=2, average=3.5),
        ScoreView(id="1002", ratings=1, average=4.0),
    ]
    assert (await scores(db, 2_001, 2_002)).queues == [ScoreView(id="general", ratings=1, average=2.0)]
    record = await store.get("c0")
    assert record is not None
    assert record.survey is not None
    assert (record.survey.score, record.survey.comment_ms) == (5, 1_500)
    assert record.comment_path == "recordings/x.wav"


# ── Announcements ─────────────────────────────────────────────────────────────────────────────────


async def test_announcements_are_put_up_switched_recorded_and_taken_down_on_record(
    db: Database, tmp_path: Path, clock: VirtualClock
) -> None:
    engine = engine_of(centre_of())
    desk = NoticeDesk(engine, NoticeRecord(db), tmp_path, clock)
    await desk.start()
    put_up = await desk.put_up(Notice(id="", queue="general", prompts=("welcome",)), "leader")
    assert (await desk.switch(put_up.id, False, "manager")).on is False
    heard = await desk.record(put_up.id, wav(500), "leader")
    assert (tmp_path / heard.path).read_bytes()[:4] == b"RIFF"
    again = await desk.record(put_up.id, wav(600), "leader")
    assert not (tmp_path / heard.path).exists()
    later = NoticeDesk(engine_of(centre_of()), NoticeRecord(db), tmp_path, clock)
    await later.start()
    assert later.all() == desk.all() == [again]
    await desk.take_down(put_up.id, "manager")
    assert not (tmp_path / again.path).exists()
    events = [(each.what, each.by) for each in await desk.events()]
    assert events == [
        ("removed", "manager"),
        ("sound", "leader"),
        ("sound", "leader"),
        ("off", "manager"),
        ("put_up", "leader"),
    ]
    with pytest.raises(UnknownNotice):
        await desk.switch(put_up.id, True, "leader")


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Notice(id=""), "Name a queue or a number"),
        (Notice(id="", queue="general", number="4000"), "Name a queue or a number"),
        (Notice(id="", queue="nobody"), "no queue"),
        (Notice(id="", number="9999"), "no number"),
        (Notice(id="", queue="general", from_ms=9 * 10**12, until_ms=8 * 10**12), "Choose a later end"),
    ],
)
async def test_what_nobody_would_hear_is_refused(
    db: Database, tmp_path: Path, clock: VirtualClock, wanted: Notice, why: str
) -> None:
    desk = NoticeDesk(engine_of(centre_of()), NoticeRecord(db), tmp_path, clock)
    with pytest.raises(NoticeRefused, match=why):
        await desk.put_up(wanted, "leader")
