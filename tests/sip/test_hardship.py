"""What a switch meets on an open port, and what its keeper does: nonsense, probes, signals, mistakes."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import socket
import sys
from pathlib import Path

import pytest

from huawu.link.messages import (
    Answer,
    HangUp,
    LegAnswered,
    LegEnded,
    LegOffered,
    Play,
    PlayId,
    Shutdown,
    Tone,
)
from tests.sip.conftest import Phone
from tests.support.rtp import RtpPeer
from tests.support.switch import RunningSwitch, running_switch
from tests.support.tools import Program, free_port, tool, until
from tests.switch.scripted_centre import ScriptedCentre

pytestmark = pytest.mark.sip

INVITE = (
    b"INVITE sip:95500@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.9:5060;branch=z9hG4bK1\r\n"
    b"From: <sip:1@127.0.0.9>;tag=1\r\nTo: <sip:95500@127.0.0.1>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n"
    b"Max-Forwards: 70\r\nContact: <sip:1@127.0.0.9>\r\nContent-Type: application/sdp\r\n"
    b"Content-Length: 9999\r\n\r\nv=0\r\nm=audio x RTP/AVP\r\n"
)


def nonsense(count: int) -> list[bytes]:
    """Broken packets of many kinds, the same each time."""
    chance = random.Random(95500)
    packets = [b"", b"\r\n\r\n", b"\0" * 100, b"SIP/2.0 200 OK\r\n\r\n", INVITE, b"\xff" * 65_000]
    while len(packets) < count:
        broken = bytearray(INVITE)
        for _ in range(chance.randrange(1, 12)):
            at = chance.randrange(len(broken))
            if chance.random() < 0.5:
                broken[at] = chance.randrange(256)
            else:
                del broken[at : at + chance.randrange(1, 30)]
        packets.append(bytes(broken))
    return packets


async def test_nonsense_does_not_disturb_a_call(
    switch: RunningSwitch, centre: ScriptedCentre, phone: Phone, ear: RtpPeer
) -> None:
    caller = await phone("caller_waits", rtp_port=ear.port)
    offered = await centre.next(LegOffered)
    centre.send(Answer(leg=offered.leg))
    await centre.next(LegAnswered)
    centre.send(Play(leg=offered.leg, play=PlayId("p"), clips=(Tone(hertz=(600.0,), length_ms=60_000),)))
    await until(lambda: ear.hears(600), "the tone")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.8", 0))
        stranger.setblocking(False)
        for packet in nonsense(300):
            with contextlib.suppress(OSError):
                stranger.sendto(packet, ("127.0.0.1", switch.port))
            await asyncio.sleep(0)
    for packet in nonsense(12):
        reader, writer = await asyncio.open_connection("127.0.0.1", switch.port)
        writer.write(packet)
        with contextlib.suppress(ConnectionError, asyncio.TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.05)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    await until(lambda: "kind=malformed source=127.0.0.8" in switch.log, "the suspicion")
    ear.heard.clear()
    await until(lambda: ear.hears(600), "the tone after all that")
    centre.send(HangUp(leg=offered.leg))
    assert (await centre.next(LegEnded, offered.leg)).by == "centre"
    await caller.succeeds()


async def test_options_are_answered(switch: RunningSwitch, centre: ScriptedCentre, tmp_path: Path) -> None:
    probe = await Program.start(
        [tool("sipsak"), "-v", "-s", f"sip:127.0.0.1:{switch.port}"], tmp_path / "sipsak.log"
    )
    assert await probe.wait() == 0, probe.output


async def test_sigterm_says_good_bye_to_all(tmp_path: Path, ear: RtpPeer) -> None:
    from tests.sip.conftest import SCENARIOS
    from tests.support.sipp import start_sipp

    async with running_switch(tmp_path) as switch:
        centre = ScriptedCentre(switch.client())
        async with centre.running():
            await centre.configure()
            caller = await start_sipp(
                SCENARIOS / "caller_waits.xml",
                tmp_path,
                name="caller",
                peer_port=switch.port,
                number="95500",
                rtp_port=ear.port,
            )
            try:
                offered = await centre.next(LegOffered)
                centre.send(Answer(leg=offered.leg))
                await centre.next(LegAnswered)
                await until(lambda: "ACK sip:" in caller.messages, "the caller's ACK")
                switch.program.process.send_signal(signal.SIGTERM)
                ended = await centre.next(LegEnded)
                assert (ended.by, ended.reason) == ("switch", "shutdown")
                await caller.succeeds()
            finally:
                await caller.program.stop()
        assert await switch.program.wait() == 0


async def test_shutdown_by_the_centre_stops_the_process(
    switch: RunningSwitch, centre: ScriptedCentre
) -> None:
    centre.send(Shutdown(grace_ms=500))
    assert await switch.program.wait() == 0
    assert "switch stopped" in switch.log


async def test_taken_port_is_named_with_advice(tmp_path: Path) -> None:
    port, token = free_port(), tmp_path / "token"
    await asyncio.to_thread(token.write_text, "t")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", port))
        command = [sys.executable, "-m", "huawu.switch", "--socket", str(tmp_path / "s")]
        command += ["--token-file", str(token), "--sip", f"127.0.0.1:{port}"]
        refused = await Program.start(command, tmp_path / "refused.log")
        assert await refused.wait() == 78
    assert refused.output.count("\n") == 1
    assert refused.output.startswith(f"huawu switch: cannot listen for SIP on UDP 127.0.0.1:{port}")
    assert "choose another address: --sip." in refused.output


async def test_address_of_another_machine_is_named_with_advice(tmp_path: Path) -> None:
    token = tmp_path / "token"
    await asyncio.to_thread(token.write_text, "t")
    command = [sys.executable, "-m", "huawu.switch", "--socket", str(tmp_path / "s")]
    refused = await Program.start(
        [*command, "--token-file", str(token), "--sip", "203.0.113.77:5060"], tmp_path / "refused.log"
    )
    assert await refused.wait() == 78
    assert "203.0.113.77:5060" in refused.output
    assert "This machine has no such address" in refused.output
    assert "Stop the program" not in refused.output
    assert refused.output.count("\n") == 1
