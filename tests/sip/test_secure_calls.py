"""SRTP and G.722 with real phones: baresip, and a caller whose SRTP is an implementation of its own."""

from __future__ import annotations

import base64
import re
import secrets
from pathlib import Path

import pytest
from msgspec.structs import replace

from huawu.link.messages import (
    Answer,
    Bridge,
    CodecName,
    EndpointId,
    EndpointReachable,
    HangUp,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegId,
    LegOffered,
    LegResumed,
    Originate,
    RecordingId,
    RecordingStopped,
    SrtpUse,
    StartRecording,
)
from tests.sip.conftest import Phone
from tests.support.baresip import baresip
from tests.support.rtp import RtpPeer, talking
from tests.support.sipp import Sipp
from tests.support.srtp import Srtp
from tests.support.switch import RunningSwitch
from tests.support.tools import until
from tests.switch.media.recordings import OFF_HZ, channels, pitch
from tests.switch.scripted_centre import PUBLIC, ScriptedCentre
from tests.switch.scripted_centre import phone as registered

pytestmark = pytest.mark.sip

AGENT = LegId("agent")
_crypto = re.compile(r"^a=crypto:(\d+) (\S+) inline:(\S+)", re.M)


class Caller:
    """A caller by SIPp with keys, whose ear and mouth speak SRTP after RFC 3711."""

    def __init__(self, ear: RtpPeer, tag: int = 10) -> None:
        self.ear = ear
        self.tag = tag
        self.key = secrets.token_bytes(30)
        self.sipp: Sipp

    async def call(self, phone: Phone, *, profile: str = "RTP/SAVP", codecs: str = "0") -> None:
        suite = f"AES_CM_128_HMAC_SHA1_{8 * self.tag}"
        keys = {
            "profile": profile,
            "codecs": codecs,
            "crypto": f"3 {suite} inline:{base64.b64encode(self.key).decode()}|2^31",
        }
        self.sipp = await phone("caller_with_keys", rtp_port=self.ear.port, keys=keys)

    async def exchange_keys(self) -> tuple[str, int]:
        """Take the switch's key from its answer; where to send."""
        port = await self.sipp.audio_port()
        found = _crypto.search("\n".join(self.sipp.received).replace("\r", ""))
        assert found is not None
        assert found[1] == "3"
        assert found[2] == f"AES_CM_128_HMAC_SHA1_{8 * self.tag}"
        self.ear.seal = Srtp(self.key, tag=self.tag).seal
        self.ear.unseal = Srtp(base64.b64decode(found[3]), tag=self.tag).open
        return "127.0.0.1", port


@pytest.mark.parametrize(
    ("agent_srtp", "ours", "caller_profile", "tag"),
    [
        ("srtp-mand", "require", "RTP/SAVP", 10),
        ("srtp-mand", "require", "RTP/SAVPF", 4),
        ("srtp", "offer", "RTP/AVP", 10),
        ("", "offer", "RTP/SAVP", 10),
        ("", "never", "RTP/SAVP", 10),
    ],
)
async def test_a_secure_caller_and_an_agent_hear_each_other_and_both_are_recorded(
    switch: RunningSwitch,
    centre: ScriptedCentre,
    phone: Phone,
    ear: RtpPeer,
    tmp_path: Path,
    agent_srtp: str,
    ours: SrtpUse,
    caller_profile: str,
    tag: int,
) -> None:
    await centre.configure(replace(registered("1001", md5_only=True), srtp=ours))
    path = tmp_path / "call.wav"
    async with baresip(
        tmp_path / "b", user="1001", password="secret", switch_port=switch.port, srtp=agent_srtp
    ):
        await centre.next(EndpointReachable)
        caller = Caller(ear, tag)
        await caller.call(phone, profile=caller_profile)
        offered = await centre.next(LegOffered)
        centre.send(Answer(leg=offered.leg))
        place = await caller.exchange_keys()
        centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001")))
        await centre.next(LegAnswered, AGENT)
        centre.send(Bridge(a=offered.leg, b=AGENT))
        centre.send(StartRecording(recording=RecordingId("r"), path=str(path), left=offered.leg, right=AGENT))
        async with talking(ear, place, 400):
            await until(lambda: ear.hears(700), "the agent's voice")
            heard = len(ear.heard)
            await until(lambda: len(ear.heard) > heard + 60, "a second of the agent's voice")
            assert ear.hears(700)
        centre.send(HangUp(leg=AGENT))
        centre.send(HangUp(leg=offered.leg))
        ended = await centre.next(LegEnded, AGENT)
        assert ended.quality is not None
        assert ended.quality.packets > 40
        await centre.next(RecordingStopped)
        await caller.sipp.succeeds()
    left, right = channels(path)
    assert (pitch(left[-6_000:]), pitch(right[-6_000:])) == pytest.approx((400, 700), abs=OFF_HZ)
    assert base64.b64encode(caller.key).decode() not in switch.log
    assert "inline:" not in switch.log


@pytest.mark.parametrize("srtp", ["srtp", "srtp-mand", "srtp-mandf"])
async def test_a_phone_that_calls_with_srtp_of_its_own_accord_talks_with_a_plain_caller(
    switch: RunningSwitch, centre: ScriptedCentre, phone: Phone, ear: RtpPeer, tmp_path: Path, srtp: str
) -> None:
    await centre.configure(registered("1001", md5_only=True))
    async with baresip(
        tmp_path / "b", user="1001", password="secret", switch_port=switch.port, srtp=srtp
    ) as secure:
        await centre.next(EndpointReachable)
        caller = await phone("caller_waits", rtp_port=ear.port)
        plain = await centre.next(LegOffered)
        centre.send(Answer(leg=plain.leg))
        place = "127.0.0.1", await caller.audio_port()
        await secure.command("dial", f"sip:{PUBLIC}@127.0.0.1:{switch.port}")
        offered = await centre.next(LegOffered)
        centre.send(Answer(leg=offered.leg))
        await secure.told("CALL_ESTABLISHED")
        centre.send(Bridge(a=plain.leg, b=offered.leg))
        async with talking(ear, place, 400):
            await until(lambda: ear.hears(700), "the phone's voice")
            await secure.command("hold")
            await centre.next(LegHeld, offered.leg)
            await secure.command("resume")
            await centre.next(LegResumed, offered.leg)
            ear.heard.clear()
            await until(lambda: ear.hears(700), "the phone's voice again")
        centre.send(HangUp(leg=plain.leg))
        centre.send(HangUp(leg=offered.leg))
        await caller.succeeds()


async def test_a_phone_without_srtp_cannot_take_a_call_that_requires_it(
    switch: RunningSwitch, centre: ScriptedCentre, tmp_path: Path
) -> None:
    await centre.configure(replace(registered("1001", md5_only=True), srtp="require"))
    async with baresip(tmp_path / "b", user="1001", password="secret", switch_port=switch.port):
        await centre.next(EndpointReachable)
        centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001")))
        ended = await centre.next(LegEnded, AGENT)
        assert ended.reason == "incompatible"


async def test_a_plain_call_of_a_phone_that_must_use_srtp_is_refused_with_488(
    switch: RunningSwitch, centre: ScriptedCentre, tmp_path: Path
) -> None:
    await centre.configure(replace(registered("1001", md5_only=True), srtp="require"))
    async with baresip(tmp_path / "b", user="1001", password="secret", switch_port=switch.port) as plain:
        await centre.next(EndpointReachable)
        await plain.command("dial", f"sip:{PUBLIC}@127.0.0.1:{switch.port}")
        ended = await centre.next(LegEnded)
        assert ended.detail.startswith("SRTP is required")
        closed = await plain.told("CALL_CLOSED")
        assert "488" in str(closed)


@pytest.mark.parametrize(("listed", "codec"), [(("G722", "PCMA"), "G722"), (("PCMU", "G722"), "PCMU")])
async def test_a_phone_with_g722_and_a_caller_without_it_hear_each_other(
    switch: RunningSwitch,
    centre: ScriptedCentre,
    phone: Phone,
    ear: RtpPeer,
    tmp_path: Path,
    listed: tuple[CodecName, ...],
    codec: str,
) -> None:
    await centre.configure(replace(registered("1001", md5_only=True), codecs=listed, srtp="offer"))
    path = tmp_path / "call.wav"
    async with baresip(
        tmp_path / "b",
        user="1001",
        password="secret",
        switch_port=switch.port,
        srtp="srtp",
        codecs="G722/16000,pcmu",
    ):
        await centre.next(EndpointReachable)
        caller = await phone("caller_waits", rtp_port=ear.port)
        offered = await centre.next(LegOffered)
        centre.send(Answer(leg=offered.leg))
        centre.send(Originate(leg=AGENT, endpoint=EndpointId("1001")))
        answered = await centre.next(LegAnswered, AGENT)
        assert answered.codec == codec
        centre.send(Bridge(a=offered.leg, b=AGENT))
        centre.send(StartRecording(recording=RecordingId("r"), path=str(path), left=offered.leg, right=AGENT))
        async with talking(ear, ("127.0.0.1", await caller.audio_port()), 400):
            await until(lambda: ear.hears(700), "the agent's voice")
            heard = len(ear.heard)
            await until(lambda: len(ear.heard) > heard + 60, "a second of the agent's voice")
            assert ear.hears(700)
        centre.send(HangUp(leg=AGENT))
        centre.send(HangUp(leg=offered.leg))
        await centre.next(RecordingStopped)
        await caller.succeeds()
    left, right = channels(path)
    assert (pitch(left[-6_000:]), pitch(right[-6_000:])) == pytest.approx((400, 700), abs=OFF_HZ)
