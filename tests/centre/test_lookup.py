"""A flow of the running centre asks a service over HTTP while the caller listens."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from huawu.cli.demo import demo_text
from tests.centre.scene import Scene
from tests.support.centre import SOURCE, eventually

pytestmark = pytest.mark.sip

FLOW = """
  looked:
    name: 查询
    start: look
    steps:
      look:
        do: lookup
        service: crm
        say: looking-up
        take: {level: level}
        found: which
        not_found: new
        failed: failed
      which: {do: condition, cases: [{variable: level, equals: gold, next: gold}], otherwise: new}
      gold: {do: hang_up, say: welcome}
      new: {do: hang_up, say: holiday}
      failed: {do: hang_up, say: try-later}
"""


class Crm:
    """Knows one caller; is slow to another; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[0]
        self.asked.append(asked)
        body, status = b"", "404 Not Found"
        if "13800000801" in asked:
            body, status = b'{"level": "gold"}', "200 OK"
        elif "13800000803" in asked:
            await reader.read()  # until the centre gives up
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        writer.close()


def take_over(folder: Path, text: str) -> None:
    file = folder.parent / "lookup.yaml"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "huawu.cli.main",
            "config",
            "import",
            str(file),
            "--data",
            str(folder),
            "--yes",
        ],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
async def crm(scene: Scene) -> AsyncIterator[Crm]:
    """A service that the demo's configuration knows for the length of a test."""
    crm = Crm()
    server = await asyncio.start_server(crm.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    text = demo_text().replace("\nflows:\n", "\nflows:" + FLOW, 1)
    text = text.replace(
        "\nnumbers:\n", "\nnumbers:\n  - {number: 4009, name: 查询, flow: looked, public: true}\n", 1
    )
    service = f'{{url: "http://127.0.0.1:{port}/caller", timeout: 1s, internal: true}}'
    text += f'\nlookup:\n  hosts: ["127.0.0.1:{port}"]\n  services:\n    crm: {service}\n'

    async def numbers(there: bool) -> None:
        async def look() -> bool:
            told = (await scene.api.get("/centre"))["numbers"]
            return there == any(each["number"] == "4009" for each in told)

        await eventually(look, "the new configuration")

    async with server:
        await asyncio.to_thread(take_over, scene.centre.folder, text)
        await numbers(True)
        yield crm
        await asyncio.to_thread(take_over, scene.centre.folder, demo_text())
        await numbers(False)


async def test_the_answer_chooses_what_the_caller_hears(scene: Scene, crm: Crm) -> None:
    known = await scene.caller("13800000801", "4009")
    await known.hears_sound("welcome", within_s=30)
    await known.ended(within_s=30)
    told = await scene.api.fact_of("13800000801", "looked_up")
    assert (told["service"], told["how"]) == ("crm", "found")
    unknown = await scene.caller("13800000802", "4009")
    await unknown.hears_sound("holiday", within_s=30)
    await unknown.ended(within_s=30)
    slow = await scene.caller("13800000803", "4009")
    await slow.hears_sound("looking-up", within_s=30)
    await slow.hears_sound("try-later", within_s=30)
    await slow.ended(within_s=30)
    told = await scene.api.fact_of("13800000803", "looked_up")
    assert (told["how"], told["why"]) == ("failed", "timeout")
    assert 900 <= told["took_ms"] < 6_000
    assert len(crm.asked) == 3
    assert crm.asked[0].startswith("GET /caller?caller=13800000801&number=4009 ")
    assert "13800000801" not in scene.centre.log("centre")
