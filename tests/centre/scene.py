"""Callers and agents around a centre: SIPp signals for them, a peer of ours is their ear and mouth."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
import socket
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from huawu.assets.catalogue import PromptCatalogue, hold_music
from tests.support.centre import Api, RunningCentre
from tests.support.register import register
from tests.support.rtp import RtpPeer, rtp_peer, talking, ulaw_decoded
from tests.support.sipp import Sipp, start_sipp
from tests.support.tools import PATIENCE_S, free_port, taken, until

SCENARIOS = Path(__file__).parent / "scenarios"
SIP_SCENARIOS = Path(__file__).parents[1] / "sip" / "scenarios"
LIMIT_S = 120
HANGING_UP_S = 10.0
MUSIC = "hold music"
SILENCE = 0.02
"""Music and speech are louder than this at times."""
PIECE = 5
"""Packets that tell a sound from every other: 100 ms."""

_call_id = re.compile(r"^Call-ID:\s*(\S+)", re.M | re.I)


class Line:
    """One phone in one call."""

    def __init__(self, sipp: Sipp, ear: RtpPeer, stack: AsyncExitStack) -> None:
        self.sipp = sipp
        self.ear = ear
        self._stack = stack
        self._heard = 0
        """Of the packets that came, so many are behind what was heard."""

    async def switch(self) -> tuple[str, int]:
        """Where the switch wants this call's sound; waits for the answer."""
        return "127.0.0.1", await self.sipp.audio_port()

    async def say(self, hertz: float) -> None:
        """Say a tone from now on."""
        await self._stack.enter_async_context(talking(self.ear, await self.switch(), hertz))

    async def press(self, digit: str) -> None:
        """Press a key (RFC 4733)."""
        await self.ear.press(await self.switch(), digit)

    async def hears(self, hertz: float, within_s: float = PATIENCE_S) -> None:
        """Wait for a tone."""
        await until(lambda: self.ear.hears(hertz), f"a tone of {hertz:.0f} Hz", within_s)

    async def hears_sound(self, name: str, language: str = "zh", within_s: float = PATIENCE_S) -> None:
        """Wait for 100 ms of a prompt or of the hold music, sample for sample.

        Prompts are said once: one that came since the last that was waited for is heard, however late it is
        asked for. The music must be heard from now on.
        """
        at = len(self.ear.heard) if name == MUSIC else self._heard
        sound = sound_of(name, language)

        def heard() -> bool:
            nonlocal at
            while at + PIECE <= len(self.ear.heard):
                piece = b"".join(self.ear.heard[at : at + PIECE])
                at += 1
                if piece in sound and _loud(piece):
                    self._heard = at + PIECE - 1
                    return True
            return False

        try:
            await until(heard, f"the sound of {name}", within_s)
        except pytest.fail.Exception as error:
            raise pytest.fail.Exception(f"{error}; {self._so_far()}") from None

    def _so_far(self) -> str:
        """What this phone was sent, in words."""
        loud = sum(map(_loud, self.ear.heard))
        answers = [message.splitlines()[0] for message in self.sipp.received]
        return f"of {len(self.ear.heard)} packets {loud} are loud; SIP {answers}"

    def hang_up(self) -> None:
        """Have SIPp end the call: a MESSAGE of its dialog leads it on in the scenario."""
        found = _call_id.search(self.sipp.messages)
        assert found, "the call has not begun"
        me = f"127.0.0.1:{self.sipp.port}"
        text = (
            f"MESSAGE sip:phone@{me} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKtest\r\n"
            f"From: <sip:test@{me}>\r\nTo: <sip:phone@{me}>\r\nCall-ID: {found[1]}\r\nCSeq: 1 MESSAGE\r\n"
            "Content-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(text.encode(), ("127.0.0.1", self.sipp.port))

    async def ended(self, within_s: float = PATIENCE_S) -> None:
        """Wait until the scenario came to its end."""
        await self.sipp.succeeds(within_s)


class Scene:
    """All phones of one test; gone at its end."""

    def __init__(self, centre: RunningCentre, api: Api, folder: Path, stack: AsyncExitStack) -> None:
        self.centre = centre
        self.api = api
        self.folder = folder
        self.stack = stack
        self._count = 0

    async def caller(self, caller: str, number: str) -> Line:
        """Somebody calls; `caller` is their number."""
        return await self._line(SCENARIOS / "caller.xml", number=number, caller=caller)

    async def agent(self, user: str, *, answers: bool = True, refuses: str = "", ready: bool = True) -> Line:
        """An agent's phone that registers and answers its first call at once, only rings, or `refuses` it.

        `refuses`: the status line's code and words.
        """
        port = free_port()
        person = self.centre.person(user)
        await self.registered(user, port)
        scenario = SCENARIOS / "agent.xml" if answers else SIP_SCENARIOS / "agent_rings.xml"
        if refuses:
            scenario = refusing(self.folder, refuses)
        line = await self._line(scenario, number=person.user, port=port)
        await self._reachable(user)
        if ready:
            await self.api.set_state(user, "ready")
        return line

    async def registered(self, user: str, port: int) -> None:
        """Register a phone's port until the end of the test."""
        password, switch = self.centre.person(user).sip_password, self.centre.sip_port
        await register(port, user, password, switch)
        self.stack.push_async_callback(self._forget, port, user)

    async def refused(self, caller: str, number: str, *, registered: bool = False) -> str:
        """A stranger, or the agent `caller` at their phone, calls; the first line of the refusal."""
        port = free_port()
        if registered:
            await self.registered(caller, port)
        sipp = await self._sipp(
            SCENARIOS / "caller_refused.xml", number=number, port=port, keys={"caller": caller}
        )
        await sipp.succeeds()
        return next(
            line for line in (m.splitlines()[0] for m in sipp.received) if not line.startswith("SIP/2.0 1")
        )

    async def dials(self, user: str, number: str) -> Line:
        """An agent's registered phone calls."""
        port = free_port()
        await self.registered(user, port)
        await self._reachable(user)
        return await self._line(SCENARIOS / "caller.xml", number=number, port=port, caller=user)

    async def _reachable(self, user: str) -> None:
        """Wait until the centre knows of the phone; of people who take no calls it does not tell."""
        if await self.api.is_agent(user):
            await self.api.reachable(user)

    async def _line(self, scenario: Path, *, number: str, port: int | None = None, caller: str = "") -> Line:
        ear = await self.stack.enter_async_context(rtp_peer())
        sipp = await self._sipp(
            scenario, number=number, port=port, rtp_port=ear.port, keys={"caller": caller or "nobody"}
        )
        line = Line(sipp, ear, self.stack)
        self.stack.push_async_callback(self._end, line)
        return line

    async def _sipp(
        self,
        scenario: Path,
        *,
        number: str,
        port: int | None = None,
        rtp_port: int = 9,
        keys: dict[str, str],
    ) -> Sipp:
        self._count += 1
        return await start_sipp(
            scenario,
            self.folder,
            name=f"{scenario.stem}{self._count}",
            peer_port=self.centre.sip_port,
            port=port,
            number=number,
            rtp_port=rtp_port,
            limit_s=LIMIT_S,
            keys=keys,
        )

    async def _forget(self, port: int, user: str) -> None:
        if self.centre.process.poll() is None:
            password = self.centre.person(user).sip_password
            await until(lambda: not taken("127.0.0.1", port), f"the port {port}")
            await register(port, user, password, self.centre.sip_port, expires=0)

    @staticmethod
    async def _end(line: Line) -> None:
        """A phone that is still in a call hangs up first, so that the next test finds nobody there."""
        if line.sipp.program.running and "ACK" in line.sipp.messages:
            line.hang_up()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(line.sipp.program.process.wait(), HANGING_UP_S)
        await line.sipp.program.stop()


def refusing(folder: Path, status: str) -> Path:
    """The scenario of a phone that refuses by this status; SIPp wants to read it beforehand."""
    text = (SCENARIOS / "agent_refuses.xml").read_text()
    scenario = folder / "agent_refuses.xml"
    scenario.write_text(text.replace("[status]", status))
    return scenario


@functools.cache
def sound_of(name: str, language: str = "zh") -> bytes:
    """The μ-law samples of a prompt, or of the hold music."""
    path = hold_music(None) if name == MUSIC else PromptCatalogue.load().path(name, language)
    data = Path(str(path)).read_bytes()
    return data[data.index(b"data") + 8 :]


def _loud(piece: bytes) -> bool:
    return float(abs(ulaw_decoded(piece)).max()) > SILENCE
