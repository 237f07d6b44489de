"""A real switch and carriers by SIPp: found by name, left when they fail, and used again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from huawu.link.messages import (
    HangUp,
    LegAnswered,
    LegEnded,
    LegId,
    Originate,
    Trunk,
    TrunkId,
    TrunkReachable,
    TrunkUnreachable,
)
from tests.sip.conftest import SCENARIOS, Phone
from tests.support.dns import name_server
from tests.support.sipp import start_sipp
from tests.support.switch import running_switch
from tests.support.tools import free_port
from tests.switch.scripted_centre import ScriptedCentre

pytestmark = pytest.mark.sip

OUT = LegId("out")
TRUNK = TrunkId("city")


def trunk(*ports: int) -> Trunk:
    first, *others = [f"127.0.0.1:{port}" for port in ports]
    return Trunk(trunk=TRUNK, target=first, targets=tuple(others))


class Alive(asyncio.DatagramProtocol):
    """A carrier that says no more than that it is there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        lines = data.decode().split("\r\n")
        if lines[0].startswith("OPTIONS"):
            kept = [one for one in lines if one.startswith(("Via", "From", "To", "Call-ID", "CSeq"))]
            answer = ["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""]
            self.transport.sendto("\r\n".join(answer).encode(), addr)


@contextlib.asynccontextmanager
async def answering_options(port: int) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Alive, local_addr=("127.0.0.1", port))
    try:
        yield
    finally:
        transport.close()


@pytest.mark.parametrize("first", ["dead", "carrier_full", "carrier_late"])
async def test_the_second_carrier_takes_the_call_when_the_first_does_not(
    centre: ScriptedCentre, phone: Phone, first: str
) -> None:
    ports = free_port(), free_port()
    failing = await phone(first, port=ports[0], pause_ms=6_000) if first != "dead" else None
    second = await phone("agent_answers", port=ports[1])
    await centre.configure(trunks=(trunk(*ports),))
    centre.send(Originate(leg=OUT, trunk=TRUNK, number="10086"))
    await centre.next(LegAnswered, OUT)
    if failing is not None:
        await failing.succeeds()  # the late answer was acknowledged and hung up
    centre.send(HangUp(leg=OUT))
    await centre.next(LegEnded, OUT)
    await second.succeeds()


async def test_a_trunk_without_a_carrier_says_so_and_is_used_again_when_one_is_back(
    centre: ScriptedCentre, phone: Phone
) -> None:
    ports = free_port(), free_port()
    await centre.configure(trunks=(trunk(*ports),))
    centre.send(Originate(leg=OUT, trunk=TRUNK, number="10086"))
    ended = await centre.next(LegEnded, OUT, within_s=15)
    assert (ended.by, ended.reason) == ("switch", "failed")
    assert (await centre.next(TrunkUnreachable)).detail.count("no answer") == 2
    centre.send(Originate(leg=LegId("at once"), trunk=TRUNK, number="10086"))
    assert "no answer" in (await centre.next(LegEnded, LegId("at once"), within_s=2)).detail
    async with answering_options(ports[1]):
        assert (await centre.next(TrunkReachable, within_s=30)).trunk == TRUNK
    carrier = await phone("agent_answers", port=ports[1])
    centre.send(Originate(leg=LegId("again"), trunk=TRUNK, number="10086"))
    await centre.next(LegAnswered, LegId("again"), within_s=15)
    centre.send(HangUp(leg=LegId("again")))
    await centre.next(LegEnded, LegId("again"))
    await carrier.succeeds()


async def test_a_carrier_is_found_by_its_name(tmp_path: Path) -> None:
    port = free_port()
    async with name_server() as dns:
        dns.records = {
            ("_sip._udp.carrier.test", "SRV"): [f"10 0 {port} one.carrier.test."],
            ("one.carrier.test", "A"): ["127.0.0.1"],
        }
        async with running_switch(tmp_path, arguments=("--dns", f"127.0.0.1:{dns.port}")) as switch:
            centre = ScriptedCentre(switch.client())
            async with centre.running():
                await centre.configure(
                    trunks=(
                        Trunk(trunk=TRUNK, target="carrier.test"),
                        Trunk(trunk=TrunkId("lost"), target="nobody.test"),
                    )
                )
                told = await centre.next(TrunkUnreachable)
                assert (told.trunk, told.detail) == ("lost", "nobody.test: there is no such name")
                dns.silent = True  # from now on nobody answers: the call does without
                carrier = await start_sipp(
                    SCENARIOS / "agent_answers.xml",
                    tmp_path,
                    name="carrier",
                    peer_port=switch.port,
                    port=port,
                )
                centre.send(Originate(leg=OUT, trunk=TRUNK, number="10086"))
                await centre.next(LegAnswered, OUT)
                assert carrier.received[0].startswith("INVITE sip:10086@carrier.test SIP/2.0")
                centre.send(HangUp(leg=OUT))
                await centre.next(LegEnded, OUT)
                await carrier.succeeds()
