"""linphone from Debian: registers, is called, calls, holds, presses keys, transfers; SRTP and TLS."""

from __future__ import annotations

from pathlib import Path

import pytest

from huawu.link.messages import (
    Answer,
    Bridge,
    DigitPressed,
    Echo,
    EndpointId,
    EndpointReachable,
    HangUp,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegId,
    LegOffered,
    LegResumed,
    LegRinging,
    Originate,
    TellTransfer,
    TransferAsked,
)
from tests.sip.conftest import Phone
from tests.support.authority import Authority
from tests.support.linphone import linphone
from tests.support.rtp import RtpPeer, talking
from tests.support.switch import RunningSwitch, running_switch
from tests.support.tools import until
from tests.switch.scripted_centre import PUBLIC, ScriptedCentre
from tests.switch.scripted_centre import phone as registered

pytestmark = pytest.mark.sip

AGENT = LegId("agent")
TONE = 600


@pytest.mark.parametrize(("transport", "md5"), [("udp", False), ("tcp", True)])
async def test_linphone_registers_is_called_holds_and_presses_keys(
    switch: RunningSwitch,
    centre: ScriptedCentre,
    phone: Phone,
    ear: RtpPeer,
    tmp_path: Path,
    transport: str,
    md5: bool,
) -> None:
    await centre.configure(registered("1001", md5_only=md5))
    async with linphone(
        tmp_path / "l", user="1001", password="secret", switch_port=switch.port, transport=transport
    ) as agent:
        await centre.next(EndpointReachable)
        caller = await phone("caller_waits", rtp_port=ear.port)
        offered = await centre.next(LegOffered)
        centre.send(Answer(leg=offered.leg))
        centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001"), caller_number="13812345678"))
        await centre.next(LegRinging, AGENT)
        await agent.says("13812345678")
        agent.command("answer")
        await centre.next(LegAnswered, AGENT)
        centre.send(Bridge(a=offered.leg, b=AGENT))
        async with talking(ear, ("127.0.0.1", await caller.audio_port()), 400):
            await until(lambda: ear.hears(TONE), "the agent's voice")
            agent.command("pause")
            await centre.next(LegHeld, AGENT)
            await agent.says("paused")
            agent.command("resume")
            await centre.next(LegResumed, AGENT)
            ear.heard.clear()
            await until(lambda: ear.hears(TONE), "the agent's voice again")
            for digit in "59#":
                agent.command(digit)
                assert (await centre.next(DigitPressed, AGENT)).digit == digit
        agent.command("terminate")
        ended = await centre.next(LegEnded, AGENT)
        assert (ended.by, ended.reason) == ("peer", "normal")
        assert ended.quality is not None
        assert ended.quality.packets > 20
        centre.send(HangUp(leg=offered.leg))
        await caller.succeeds()


async def test_linphone_calls_and_transfers_its_call(
    switch: RunningSwitch, centre: ScriptedCentre, tmp_path: Path
) -> None:
    await centre.configure(registered("1001"))
    async with linphone(tmp_path / "l", user="1001", password="secret", switch_port=switch.port) as agent:
        await centre.next(EndpointReachable)
        agent.command(f"call {PUBLIC}")
        offered = await centre.next(LegOffered)
        assert (offered.endpoint, offered.to_number) == ("1001", PUBLIC)
        centre.send(Answer(leg=offered.leg))
        centre.send(Echo(leg=offered.leg))
        await agent.says("Media streams established")
        agent.command(f"transfer 1 sip:2002@127.0.0.1:{switch.port}")
        asked = await centre.next(TransferAsked, offered.leg)
        assert asked.number == "2002"
        centre.send(TellTransfer(leg=offered.leg, state="done", reason="normal"))
        agent.command("terminate")
        ended = await centre.next(LegEnded, offered.leg)
        assert ended.by == "peer"


async def test_linphone_by_tls_with_srtp_hears_itself(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate = authority.issue("127.0.0.1")
    ways = ["--tls-cert", str(certificate), "--sip-tls", "127.0.0.1:0"]
    async with running_switch(tmp_path, arguments=ways) as switch:
        centre = ScriptedCentre(switch.client())
        async with centre.running():
            await centre.configure(registered("1001"))
            folder = tmp_path / "l"
            async with linphone(
                folder, user="1001", password="secret", switch_port=switch.port_of("tls"), transport="tls",
                srtp=True, authority=authority.file,
            ) as agent:  # fmt: skip
                await centre.next(EndpointReachable)
                agent.command(f"call {PUBLIC}")
                offered = await centre.next(LegOffered)
                centre.send(Answer(leg=offered.leg))
                centre.send(Echo(leg=offered.leg))
                await agent.says("Media streams established")
                await until(lambda: agent.heard(TONE), "its own voice in its file", 20)
                agent.command("terminate")
                ended = await centre.next(LegEnded, offered.leg)
                assert ended.quality is not None
                assert ended.quality.packets > 20
        assert "SRTP keys went in clear" not in switch.log


async def test_linphone_by_sips_registers_calls_and_is_called(tmp_path: Path) -> None:
    """SIPS from end to end: its Contact, ours, and the requests of both in the call."""
    authority = Authority(tmp_path)
    ways = ["--tls-cert", str(authority.issue("127.0.0.1")), "--sip-tls", "127.0.0.1:0"]
    async with running_switch(tmp_path, arguments=ways) as switch:
        centre = ScriptedCentre(switch.client())
        async with centre.running():
            await centre.configure(registered("1001"))
            port = switch.port_of("tls")
            async with linphone(
                tmp_path / "l", user="1001", password="secret", switch_port=port, transport="tls",
                authority=authority.file, scheme="sips",
            ) as agent:  # fmt: skip
                await centre.next(EndpointReachable)
                agent.command(f"call sips:{PUBLIC}@127.0.0.1:{port}")
                offered = await centre.next(LegOffered)
                centre.send(Answer(leg=offered.leg))
                await centre.next(LegAnswered, offered.leg)
                agent.command("pause")
                await centre.next(LegHeld, offered.leg)
                agent.command("terminate")
                await centre.next(LegEnded, offered.leg)
                centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001"), caller_number="13812345678"))
                await agent.says("13812345678")
                agent.command("answer")
                await centre.next(LegAnswered, AGENT)
                centre.send(HangUp(leg=AGENT))
                await centre.next(LegEnded, AGENT)
    said = (tmp_path / "l" / "linphone.log").read_text(errors="replace")
    assert f"INVITE sips:{PUBLIC}@127.0.0.1:{port} SIP/2.0" in said
    assert f"Contact: <sips:huawu@127.0.0.1:{port}>" in said
    assert "INVITE sips:1001@127.0.0.1" in said


async def test_linphone_believes_no_other_certificate(tmp_path: Path) -> None:
    ours, other = tmp_path / "ours", tmp_path / "other"
    for folder in (ours, other):
        folder.mkdir()
    certificate = Authority(ours).issue("127.0.0.1")
    ways = ["--tls-cert", str(certificate), "--sip-tls", "127.0.0.1:0"]
    async with running_switch(tmp_path, arguments=ways) as switch:
        centre = ScriptedCentre(switch.client())
        async with centre.running():
            await centre.configure(registered("1001"))
            async with linphone(
                tmp_path / "l", user="1001", password="secret", switch_port=switch.port_of("tls"),
                transport="tls", authority=Authority(other).file,
            ):  # fmt: skip
                await until(lambda: "unknown ca" in switch.log, "linphone to refuse the certificate", 15)
        assert not centre.of(EndpointReachable)
