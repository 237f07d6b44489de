"""The traffic maker as a process: a switch of its own, real SIP and RTP, beside a running centre."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import random
import secrets
import signal
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from huawu.assets.catalogue import load_dialogues
from huawu.link.client import LinkClient, LinkDown
from huawu.link.messages import Configure, NumberedEvent, Shutdown, Trunk, TrunkId, Welcome
from huawu.sim.traffic import HOTLINE, Doing, Traffic, Wake

log = logging.getLogger(__name__)

REPORT_EVERY_S = 2.0
READY_WITHIN_S = 60.0


class NoCentre(Exception):
    """There is no running centre in this data folder."""


async def run_traffic(data: Path, *, calls_per_minute: float) -> None:
    """Make traffic until cancelled or told to stop. Raises NoCentre."""
    told = await _wait_until_ready(data)
    with tempfile.TemporaryDirectory(prefix="huawu-sim-") as folder:
        socket, token = Path(folder) / "s", secrets.token_urlsafe(16)
        token_file = Path(folder) / "token"
        token_file.write_text(token + "\n")
        switch = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "huawu.switch", "--socket", str(socket)),
            *("--token-file", str(token_file), "--sip", f"{_host(told['sip'])}:0"),
            *("--rtp-ports", "30000-31999", "--log-level", "WARNING"),
            stdin=asyncio.subprocess.DEVNULL,
        )
        try:
            maker = TrafficMaker(told, LinkClient(str(socket), token), calls_per_minute)
            await maker.run(switch)
        finally:
            with contextlib.suppress(ProcessLookupError):
                switch.terminate()
            await switch.wait()


class TrafficMaker:
    """Carries out what `Traffic` decides."""

    def __init__(self, told: dict[str, Any], client: LinkClient, calls_per_minute: float) -> None:
        self._told = told
        self._client = client
        self._loop = asyncio.get_running_loop()
        simulated = [person for person in told["people"] if person.get("simulated")]
        self._passwords = {person["user"]: person["sip_password"] for person in simulated}
        self._traffic = Traffic(
            dialogues=load_dialogues(),
            agents=tuple(self._passwords),
            menu=told["numbers"]["menu"],
            chance=random.Random(),
            calls_per_minute=calls_per_minute,
        )
        self._begun = False

    async def run(self, switch: asyncio.subprocess.Process) -> None:
        """Until SIGTERM, or until our switch dies."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, stop.set)
        tasks = [
            asyncio.create_task(self._client.run(self._welcome, self._event, lambda: None)),
            asyncio.create_task(self._report()),
            asyncio.create_task(stop.wait()),
            asyncio.create_task(switch.wait()),
        ]
        try:
            await asyncio.wait(tasks[2:], return_when=asyncio.FIRST_COMPLETED)
            with contextlib.suppress(LinkDown, TimeoutError):
                self._client.send(Shutdown(grace_ms=1_000))
                await asyncio.wait_for(switch.wait(), 3)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # ── Our switch ────────────────────────────────────────────────────────────────────────────────

    def _welcome(self, welcome: Welcome) -> None:
        target = self._told["sip"]
        source = (_host(target),)
        agents = [
            Trunk(
                trunk=TrunkId(user),
                target=target,
                user=user,
                password=password,
                register=True,
                sources=source,
            )
            for user, password in self._passwords.items()
        ]
        self._client.send(
            Configure(
                realm="simulation",
                trunks=(*agents, Trunk(trunk=HOTLINE, target=target, sources=source)),
            )
        )
        if not self._begun:
            self._begun = True
            self._loop.call_later(1.0, lambda: self._do(self._traffic.begin(_now_ms())))

    def _event(self, numbered: NumberedEvent) -> None:
        self._do(self._traffic.event(numbered.event, _now_ms()))
        self._client.seen(numbered.number)

    def _do(self, doings: list[Doing]) -> None:
        for doing in doings:
            if isinstance(doing, Wake):
                wait_s = max(0, doing.due_ms - _now_ms()) / 1000
                self._loop.call_later(wait_s, self._wake, doing.name)
            else:
                try:
                    self._client.send(doing)
                except LinkDown:
                    log.warning("the traffic maker's switch is away")

    def _wake(self, name: str) -> None:
        self._do(self._traffic.wake(name, _now_ms()))

    # ── The centre ────────────────────────────────────────────────────────────────────────────────

    async def _report(self) -> None:
        """Tell the centre how many callers there are; hear whether to go on and how the agents stand."""
        while True:
            await asyncio.sleep(REPORT_EVERY_S)
            report = {"callers": self._traffic.callers, "calls_per_minute": self._traffic.calls_per_minute}
            try:
                answer = await asyncio.to_thread(self._post, "/api/v1/simulation/report", report)
            except (OSError, ValueError, urllib.error.URLError) as error:
                log.warning("the centre does not answer: %s", error)
                continue
            self._traffic.on = bool(answer["on"])
            self._do(self._traffic.told(answer["agents"], answer["talking"], _now_ms()))

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(
            self._told["http"].rstrip("/") + path,
            data=json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self._told['api_token']}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
            return found


async def _wait_until_ready(data: Path) -> dict[str, Any]:
    """What `ready.json` says, once it is there. Raises NoCentre."""
    path = data / "ready.json"
    deadline = time.monotonic() + READY_WITHIN_S
    while not path.exists():
        if time.monotonic() > deadline:
            raise NoCentre(f"No centre is running in {data}: start one there with `huawu run --demo`.")
        await asyncio.sleep(0.1)
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if not told.get("people"):
        raise NoCentre(f"The centre in {data} is not a demo; traffic is made only for a demo.")
    return told


def _host(address: str) -> str:
    return address.rpartition(":")[0]


def _now_ms() -> int:
    return int(time.time() * 1000)


def main(data: Path, calls_per_minute: float) -> int:
    """Run; the exit code."""
    logging.basicConfig(level=os.environ.get("HUAWU_LOG_LEVEL", "INFO"), format="%(asctime)s %(message)s")
    try:
        asyncio.run(run_traffic(data, calls_per_minute=calls_per_minute))
    except NoCentre as error:
        print(error, file=sys.stderr)
        return 78
    return 0
