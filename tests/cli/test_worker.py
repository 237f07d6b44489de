"""A worker with a recogniser that is known: it claims, hears, gives back, and loses nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from huawu.calls.facts import Fact
from huawu.calls.store import CallStore
from huawu.cli.worker import Ears, Worker
from huawu.platform.database import Database
from huawu.speech.backlog import Backlog, Heard
from huawu.speech.hearing import Hearer
from huawu.speech.live import JustSaid, LiveBoard
from huawu.speech.recogniser import Samples, Word
from tests.speech.voices import ToneReader, channel, loud, tone, wav
from tests.support.tools import PATIENCE_S

WORDS = {400: "我姓王", 900: "您好"}


class SlowReader(ToneReader):
    """Hears nothing before it may."""

    def __init__(self) -> None:
        super().__init__(WORDS)
        import threading

        self.may = threading.Event()
        self.began = threading.Event()

    def hear(self, samples: Samples, language: str) -> list[Word]:
        self.began.set()
        assert self.may.wait(20)
        return list(super().hear(samples, language))


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/huawu.db")
    await database.migrate()
    yield database
    await database.close()


@pytest.fixture
async def store(db: Database) -> AsyncIterator[CallStore]:
    store = CallStore(db)
    await store.start()
    yield store
    await store.close()


async def record(store: CallStore, data: Path, call: str, seconds: int = 4) -> None:
    """A call that is over, with a recording in which both spoke."""
    import time

    now_ms = int(time.time() * 1000) - 60_000
    path = data / "recordings" / f"{call}.wav"
    path.parent.mkdir(exist_ok=True)
    length_ms = seconds * 1_000
    every = [(500 + at * 2_000, tone(900, 400)) for at in range(seconds // 2)]
    wav(path, channel(length_ms, *every), channel(length_ms))
    lines = [
        ("offered", {"number": "4001", "caller": "01303001", "language": "zh"}),
        ("bridged", {"agent": "1001", "leg": "a"}),
        ("recording_started", {"recording": call, "path": f"recordings/{call}.wav"}),
        ("recording_stopped", {"recording": call, "length_ms": length_ms}),
        ("ended", {"by": "caller", "reason": "normal"}),
    ]
    facts = [
        Fact(call=call, seq=nth, at_ms=now_ms + nth, kind=kind, fields=fields)  # type: ignore[arg-type]
        for nth, (kind, fields) in enumerate(lines, 1)
    ]
    store.append(facts)
    await store.flush()


Start = Callable[[str, ToneReader], Awaitable["asyncio.Task[None]"]]


@pytest.fixture
async def start(db: Database, tmp_path: Path) -> AsyncIterator[Start]:
    tasks: list[asyncio.Task[None]] = []

    async def begin(name: str, reader: ToneReader) -> asyncio.Task[None]:
        ears = Ears(Hearer(reader, voice=lambda: loud), tmp_path)
        task = asyncio.create_task(Worker(name, db, ears, tmp_path).run())
        tasks.append(task)
        return task

    yield begin
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def state(db: Database, call: str, wanted: str) -> Heard:
    async with asyncio.timeout(PATIENCE_S):
        while (heard := await Backlog(db).of_call(call)).state != wanted:
            await asyncio.sleep(0.03)
    return heard


async def test_recordings_of_calls_that_are_over_are_found_and_heard(
    db: Database, store: CallStore, tmp_path: Path, start: Start
) -> None:
    await record(store, tmp_path, "a")
    await record(store, tmp_path, "b")
    await start("w1", ToneReader(WORDS))
    for call in ("a", "b"):
        heard = await state(db, call, "done")
        assert heard.by == "tone reader"
        words = await Backlog(db).words(call)
        assert [(one.party, one.fields["text"]) for one in words] == [("caller", "我姓王。")] * 2


async def test_a_file_that_is_none_fails_and_the_next_is_heard(
    db: Database, store: CallStore, tmp_path: Path, start: Start
) -> None:
    await record(store, tmp_path, "a")
    await record(store, tmp_path, "b")
    await record(store, tmp_path, "c")
    (tmp_path / "recordings" / "a.wav").write_bytes(b"no sound")
    (tmp_path / "recordings" / "b.wav").unlink()
    await start("w1", ToneReader(WORDS))
    torn, gone = [(await state(db, call, "failed")).error for call in ("a", "b")]
    assert torn is not None
    assert (torn.code, "it is no WAV file" in torn.detail) == ("sound_no_wav", True)
    assert gone is not None
    assert (gone.code, "No such file" in gone.detail) == ("file_gone", True)
    await state(db, "c", "done")


async def test_a_worker_that_is_stopped_gives_back_and_another_finishes(
    db: Database, store: CallStore, tmp_path: Path, start: Start
) -> None:
    await record(store, tmp_path, "a")
    slow = SlowReader()
    task = await start("w1", slow)
    await asyncio.to_thread(slow.began.wait, 20)
    await state(db, "a", "claimed")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await Backlog(db).of_call("a")).state == "waiting"
    slow.may.set()
    await start("w2", ToneReader(WORDS))
    await state(db, "a", "done")
    assert len(await Backlog(db).words("a")) == 2


async def test_what_is_just_said_goes_before_the_rest_of_a_recording(
    db: Database, store: CallStore, tmp_path: Path
) -> None:
    await record(store, tmp_path, "a", seconds=8)
    slow = SlowReader()
    ears = Ears(Hearer(slow, voice=lambda: loud), tmp_path)
    worker = asyncio.create_task(Worker("w1", db, ears, tmp_path, live=False).run())
    await asyncio.to_thread(slow.began.wait, 20)
    path = wav(tmp_path / "recordings" / "live.wav", channel(2_000, (500, tone(900, 900))), np.zeros(16_000))
    said = JustSaid(
        id="s",
        call="live",
        path=str(path),
        zero_ms=0,
        party="caller",
        from_ms=500,
        to_ms=1_400,
        language="zh",
    )
    now = asyncio.create_task(ears.hear_now(said))
    await asyncio.sleep(0)
    slow.may.set()
    turn = await asyncio.wait_for(now, PATIENCE_S)
    assert turn is not None
    assert turn.text == "您好。"
    lengths = [ms for ms, _ in slow.asked]
    assert lengths.index(1_220) <= 2  # after at most the utterance under way and one more
    await state(db, "a", "done")
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)


async def test_it_hears_what_is_just_said_only_while_a_core_is_free(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cores = 0.4
    monkeypatch.setattr("huawu.cli.worker.SpareCores.cores", lambda self: cores)
    monkeypatch.setattr("huawu.cli.worker.SEEN_S", 0.05)
    ears = Ears(Hearer(ToneReader(WORDS), voice=lambda: loud), tmp_path)
    task = asyncio.create_task(Worker("w1", db, ears, tmp_path).run())
    backlog = Backlog(db)

    async def listens(wanted: bool) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                now = await backlog.summary(0)
                if now.workers and now.live is wanted:
                    return
                await asyncio.sleep(0.02)

    await listens(False)
    cores = 1.3
    await listens(True)
    path = wav(tmp_path / "live.wav", channel(2_000, (500, tone(900, 900))), channel(2_000))
    said = JustSaid(
        id="s", call="c", path=str(path), zero_ms=0, party="caller", from_ms=500, to_ms=1_400, language="zh"
    )
    import time

    board = LiveBoard(db)
    await board.put([said], int(time.time() * 1000))
    async with asyncio.timeout(PATIENCE_S):
        while not (done := await board.done(["s"])):
            await asyncio.sleep(0.02)
    assert done[0].fields is not None
    assert done[0].fields["text"] == "您好。"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert (await backlog.summary(0)).workers == 0
