"""Many screens at once: 1,000 agents' desks and 100 wallboards watch while calls come in.

The viewers are a process of their own that does as pages do: it signs in, opens its sockets, reads. Each
agent's page has two sockets, its desk and the wallboard at its calm pace. Since when a state is so is told by
the house's clock, which is this machine's: the difference is the way to the screen.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import statistics
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
from tools.measure.centre import BenchFailed, Centre
from tools.measure.parts import CALLS, RUNS, SETTLE_S, Row, Trouble, drive_calls, loop_ns
from websockets.asyncio.client import ClientConnection, connect

DESKS, WALLBOARDS = 1_000, 100
CALM_MS = 1_000
"""As `ui/src/live/store.ts` asks for on an agent's page."""
SIGN_INS_AT_ONCE = 4
START_S = 240.0

_SINCE = re.compile(rb'"since_ms":(\d+)')


def screens(centre: Centre, folder: Path, trouble: Trouble) -> Iterator[Row]:
    """Part l: what screens cost the centre, and how late they are."""
    alone = _spent(centre, folder, trouble)
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    watching = multiprocessing.get_context("spawn").Process(
        target=_watch, args=(theirs, centre.http, centre.passwords), daemon=True
    )
    watching.start()
    try:
        _answer(ours, "ready", START_S)
        idle = _idle(centre)
        loop = loop_ns()
        ours.send("begin")
        watched = _spent(centre, folder, trouble)
        ours.send("end")
        late = _answer(ours, "late", 60.0)
    finally:
        watching.terminate()
        watching.join()
    for name, waits in late.items():
        if not waits:
            raise BenchFailed(f"no {name} was told anything")
    for name, must, aim in (("desk", 100.0, 50.0), ("wallboard", 100.0, 60.0)):
        waits = sorted(late[name])
        p99 = waits[int(len(waits) * 0.99)]
        yield Row(
            "l",
            f"from an agent's change of state to each {name} ({DESKS} desks, {WALLBOARDS} wallboards)",
            "ms",
            {"p50": statistics.median(waits), "p99": p99, "most": waits[-1]},
            judged=p99,
            must=must,
            aim=aim,
            loop_ns=loop,
        )
    share = watched - alone
    yield Row(
        "l",
        "the centre's share of a core for these screens at 40 calls/s",
        "% of a core",
        {"screens": share, "idle": idle, "calls without screens": alone},
        judged=share,
        must=50,
        aim=25,
        loop_ns=(loop + loop_ns()) / 2,
    )


def _spent(centre: Centre, folder: Path, trouble: Trouble) -> float:
    """The centre's share of a core, in percent, while calls come in at 40 a second."""
    drive_calls(centre, folder, CALLS // 3, trouble)
    shares = []
    for _ in range(RUNS):
        before, began = centre.cpu(), time.monotonic()
        drive_calls(centre, folder, CALLS, trouble)
        time.sleep(SETTLE_S)
        shares.append((centre.cpu() - before).centre / (time.monotonic() - began) * 100)
    return statistics.median(shares)


def _idle(centre: Centre, seconds: float = 5.0) -> float:
    before = centre.cpu()
    time.sleep(seconds)
    return (centre.cpu() - before).centre / seconds * 100


def _answer(pipe: Connection, what: str, within_s: float) -> dict[str, list[float]]:
    if not pipe.poll(within_s):
        raise BenchFailed(f"waited {within_s:.0f} s in vain for the viewers: {what}")
    told, value = pipe.recv()
    if told != what:
        raise BenchFailed(f"the viewers failed: {value}")
    late: dict[str, list[float]] = value
    return late


# ── The viewers' process ──────────────────────────────────────────────────────────────────────────


def _watch(pipe: Connection, http: str, passwords: dict[str, str]) -> None:
    try:
        asyncio.run(_viewers(pipe, http, passwords))
    except Exception as error:
        pipe.send(("failed", f"{type(error).__name__}: {error}"))


async def _viewers(pipe: Connection, http: str, passwords: dict[str, str]) -> None:
    people = list(passwords.items())
    at_once = asyncio.Semaphore(SIGN_INS_AT_ONCE)
    async with httpx.AsyncClient(base_url=http, trust_env=False, timeout=60) as client:

        async def signed_in(user: str, password: str) -> str:
            async with at_once:
                answer = await client.post("/api/v1/session", json={"user": user, "password": password})
                answer.raise_for_status()
                return answer.headers["set-cookie"].partition(";")[0]

        cookies = await asyncio.gather(*(signed_in(*one) for one in people[:DESKS]))
    live = f"{http.replace('http', 'ws', 1)}/api/v1/live"
    late: dict[str, list[float]] = {"desk": [], "wallboard": []}
    counting = asyncio.Event()
    wanted = [("desk", f"{live}?screen=desk", cookie) for cookie in cookies]
    wanted += [("calm", f"{live}?screen=wallboard&every_ms={CALM_MS}", cookie) for cookie in cookies]
    wanted += [("wallboard", f"{live}?screen=wallboard", cookie) for cookie in cookies[:WALLBOARDS]]
    reading = []
    for name, url, cookie in wanted:
        socket = await connect(
            url, additional_headers={"Cookie": cookie}, compression=None, max_size=None, open_timeout=60
        )
        await socket.recv()
        reading.append(asyncio.create_task(_read(socket, late.get(name), counting)))
    pipe.send(("ready", {}))
    await asyncio.to_thread(pipe.recv)
    counting.set()
    await asyncio.to_thread(pipe.recv)
    gone = sum(task.done() for task in reading)
    if gone:
        raise BenchFailed(f"{gone} of {len(reading)} sockets were closed")
    pipe.send(("late", late))


async def _read(socket: ClientConnection, late: list[float] | None, counting: asyncio.Event) -> None:
    """Read as a page does; the newest change of state in a frame tells how late it comes."""
    told = 0
    while True:
        frame = await socket.recv(decode=False)
        if late is None or not counting.is_set() or b'"agent":{"id"' not in frame:
            continue
        newest = max(map(int, _SINCE.findall(frame)), default=0)
        if newest > told:
            told = newest
            late.append(time.time() * 1000 - newest)
