"""Ten thousand phones register at one switch and all refresh at once, as after a network's failure."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from pathlib import Path
from typing import cast

import psutil
import pytest

from huawu.link.messages import (
    Answer,
    EndpointReachable,
    EndpointUnreachable,
    HangUp,
    LegAnswered,
    LegOffered,
    Play,
    PlayId,
    Tone,
)
from tests.support.rtp import rtp_peer
from tests.support.sipp import start_sipp
from tests.support.switch import RunningSwitch, running_switch
from tests.support.tools import until
from tests.switch.scripted_centre import PUBLIC, ScriptedCentre, phone

pytestmark = pytest.mark.sip

PHONES = 10_000
AT_ONCE = 200
PATIENCE_S = 1.0
CALLER = Path(__file__).parents[1] / "sip" / "scenarios" / "caller_waits.xml"
_field = re.compile(r'(realm|nonce)="([^"]*)"')
_branch = re.compile(r"branch=z9hG4bK(\w+)")


class Phones(asyncio.DatagramProtocol):
    """All phones behind one socket: each registers with digest, asking again while it gets no answer."""

    def __init__(self, switch_port: int) -> None:
        self._to = ("127.0.0.1", switch_port)
        self._waiting: dict[str, asyncio.Future[str]] = {}
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._transport: asyncio.DatagramTransport
        self._number = 0
        self.answers: dict[str, int] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        self._port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: object) -> None:
        text = data.decode()
        found = _branch.search(text)
        if found and (future := self._waiting.pop(found[1], None)) is not None and not future.done():
            future.set_result(text)

    async def register(self, user: str, cseq: int) -> None:
        async with self._gate:
            challenge = await self._ask(user, cseq, "")
            asked = [line for line in challenge.split("\r\n") if line.startswith("WWW-Authenticate")]
            line = next((one for one in asked if "SHA-256" in one), asked[0])
            algorithm = "SHA-256" if "SHA-256" in line else "MD5"  # whom it seems too much, is asked for MD5
            found = dict(_field.findall(line))
            uri = f"sip:127.0.0.1:{self._to[1]}"

            def digest(words: str) -> str:
                return hashlib.new(algorithm.replace("-", ""), words.encode()).hexdigest()

            first, last = digest(f"{user}:{found['realm']}:secret"), digest(f"REGISTER:{uri}")
            proof = digest(f"{first}:{found['nonce']}:00000001:c:auth:{last}")
            answer = await self._ask(
                user,
                cseq + 1,
                f'Authorization: Digest username="{user}", realm="{found["realm"]}", '
                f'nonce="{found["nonce"]}", uri="{uri}", qop=auth, nc=00000001, cnonce="c", '
                f'algorithm={algorithm}, response="{proof}"\r\n',
            )
            status = answer.split("\r\n", 1)[0]
            self.answers[status] = self.answers.get(status, 0) + 1

    async def _ask(self, user: str, cseq: int, credentials: str) -> str:
        self._number += 1
        branch = f"{self._number:08x}"
        packet = (
            f"REGISTER sip:127.0.0.1:{self._to[1]} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self._port};branch=z9hG4bK{branch};rport\r\n"
            f"From: <sip:{user}@127.0.0.1>;tag=1\r\nTo: <sip:{user}@127.0.0.1>\r\nCall-ID: of{user}\r\n"
            f"CSeq: {cseq} REGISTER\r\nContact: <sip:{user}@127.0.0.1:{self._port}>\r\nExpires: 3600\r\n"
            f"Max-Forwards: 70\r\n{credentials}Content-Length: 0\r\n\r\n"
        ).encode()
        future = self._waiting[branch] = asyncio.get_running_loop().create_future()
        for _ in range(30):
            self._transport.sendto(packet, self._to)
            try:
                return await asyncio.wait_for(asyncio.shield(future), PATIENCE_S)
            except TimeoutError:
                continue
        pytest.fail(f"no answer for {user}")


async def test_ten_thousand_phones_register_and_refresh_at_once_while_calls_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_switch(tmp_path) as switch, rtp_peer() as ear:
        centre = ScriptedCentre(switch.client())
        async with centre.running():
            users = [str(100_000 + index) for index in range(PHONES)]
            await centre.configure(*map(phone, users))
            caller = await start_sipp(
                CALLER, tmp_path, name="caller", peer_port=switch.port, number=PUBLIC, rtp_port=ear.port,
                limit_s=600,
            )  # fmt: skip
            leg = (await centre.next(LegOffered)).leg
            centre.send(Answer(leg=leg))
            await centre.next(LegAnswered)
            tone = Tone(hertz=(600.0,), length_ms=600_000)
            centre.send(Play(leg=leg, play=PlayId("p"), clips=(tone,)))
            await until(lambda: ear.hears(600), "the tone")
            told = [_seen(switch)]
            transport, phones = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: Phones(switch.port), local_addr=("127.0.0.1", 0)
            )
            try:
                for turn in range(2):
                    heard, began = len(ear.heard), time.monotonic()
                    await asyncio.gather(*(phones.register(user, 1 + 2 * turn) for user in users))
                    took_s = time.monotonic() - began
                    told.append(_seen(switch))
                    assert len(ear.heard) - heard > 50 * took_s * 0.5, "the call lost its sound"
                    await until(lambda: ear.hears(600), "the tone after the storm")
            finally:
                transport.close()
            assert phones.answers == {"SIP/2.0 200 OK": 2 * PHONES}
            await until(lambda: len(centre.of(EndpointReachable)) == PHONES, "the centre to know all", 30)
            assert centre.of(EndpointUnreachable) == []
            with capsys.disabled():
                first, second = told[1][1] - told[0][1], told[2][1] - told[1][1]
                print(
                    f"\n  {PHONES} registrations: {first:.1f} s of processor time, "
                    f"refreshed with {second:.1f} s; memory {told[0][0]:.0f}, then {told[2][0]:.0f} MB"
                )
            centre.send(HangUp(leg=leg))
            await caller.succeeds()


def _seen(switch: RunningSwitch) -> tuple[float, float]:
    """Megabytes and processor seconds of the switch so far."""
    process = psutil.Process(switch.pid)
    times = process.cpu_times()
    return process.memory_full_info().uss / 1e6, times.user + times.system
