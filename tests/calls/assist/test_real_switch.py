"""Calls through a real switch, spoken by recorded voices: judged as they go on, and again afterwards."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tools.proof.telephone import Telephone, opened

from huawu.acd.events import AgentId, AgentState
from huawu.assets.catalogue import PromptCatalogue, hold_music
from huawu.calls.assist.assist import Assist
from huawu.calls.assist.views import Hint
from huawu.calls.dialled import as_the_book_sees
from huawu.calls.effects import Effects, SetTimer
from huawu.calls.engine import Engine
from huawu.calls.facts import Fact
from huawu.calls.timers import Timers
from huawu.config.compile import compile_centre, switch_settings
from huawu.config.load import load
from huawu.link.client import LinkClient
from huawu.link.messages import HangUp, NumberedEvent, Welcome
from huawu.platform.clock import SystemClock
from huawu.standard import Standard, Verdict, load_standard
from huawu.switch.media import wav
from tests.calls.assist.house import standard
from tests.centre.scene import SCENARIOS
from tests.support.rtp import FRAME, RtpPeer, rtp_peer, ulaw_decoded, ulaw_encoded
from tests.support.sipp import Sipp, start_sipp
from tests.support.switch import running_switch
from tests.support.tools import PATIENCE_S, free_port, until

pytestmark = pytest.mark.sip

CENTRE = """
company: {name: 试听中心}
numbers: [%s]
queues: {%s}
people: [%s]
endpoints: [%s]
"""
QUIET = b"\xff" * FRAME
VOICES = Path(str(resources.files("huawu").joinpath("assets/dialogues/refund-complaint")))
NEAR_MS = 300
"""So far apart may be what a busy machine told late and what was stored."""

Turn = tuple[str, float, float, float]
"""Who speaks, from–to in seconds since the call stands, and how much louder than usual (1)."""

CALLS: dict[str, tuple[Turn, ...]] = {
    "a good one": (
        ("agent", 1.0, 3.0, 1), ("caller", 3.6, 6.5, 1), ("agent", 7.2, 10.0, 1), ("caller", 10.8, 12.0, 1),
    ),
    "greeted late, and left in silence": (
        ("agent", 4.5, 6.0, 1), ("caller", 6.6, 8.5, 1), ("agent", 13.5, 15.0, 1),
    ),
    "talked over": (("agent", 1.0, 2.5, 1), ("caller", 3.0, 9.0, 1), ("agent", 5.0, 8.0, 1)),
    "silent": (("agent", 1.0, 2.5, 1), ("agent", 6.3, 8.0, 1), ("agent", 11.8, 13.5, 1)),
}  # fmt: skip
LASTS_S = 17.0


def frames_of(turns: Sequence[Turn], party: str) -> list[bytes]:
    """What a party's line carries, 20 ms by 20 ms: recorded speech without its pauses, and silence."""
    side = "agent" if party == "agent" else "caller"
    spoken = b"".join(wav.parse(path.read_bytes()) for path in sorted(VOICES.glob(f"*-{side}.wav")))
    samples = ulaw_decoded(spoken[: len(spoken) // FRAME * FRAME]).reshape(-1, FRAME)
    loud = samples[np.abs(samples).max(axis=1) > 0.08]
    line = [QUIET] * round(LASTS_S * 50)
    for who, from_s, to_s, louder in turns:
        if who == party:
            for index in range(round(from_s * 50), round(to_s * 50)):
                line[index] = ulaw_encoded(np.clip(loud[index % len(loud)] * louder, -0.98, 0.98))
    return line


class MiniCentre:
    """The engine and live assist at a real switch's link; what would be stored is kept here."""

    def __init__(self, client: LinkClient, text: str) -> None:
        self.clock = SystemClock()
        self._client = client
        self._centre = compile_centre(load(text))
        music = str(hold_music(None))
        names = iter(range(1, 1_000))
        self.engine = Engine(
            self._centre,
            PromptCatalogue.load(),
            token=lambda: f"m{next(names)}",
            recording_path=lambda call, at_ms: f"recordings/{call}.wav",
            data="/dev/null",
            hold_music=music,
        )
        self._settings = switch_settings(self._centre.configuration, hold_music=music)
        self._timers = Timers(self.clock, self._due)
        self.facts: dict[str, list[Fact]] = {}
        self.hints: list[tuple[int, Hint]] = []
        self.assists = {"test": standard(), "shipped": load_standard()}
        self.judged: dict[str, dict[str, Sequence[Verdict]]] = {name: {} for name in self.assists}
        self._assists = [self._assist(name, book) for name, book in self.assists.items()]
        self._carry_out(self.engine.configure(self._centre, self.clock.now_ms()))

    def _assist(self, name: str, book: Standard) -> Assist:
        assist = Assist(self.clock, Timers(self.clock, self._due), self, lambda agent: "novice")
        assist.standard = book
        assist.judged = self.judged[name].__setitem__
        return assist

    def hint_is(self, agent: str, hint: Hint) -> None:
        self.hints.append((self.clock.now_ms(), hint))

    def hint_over(self, agent: str, call: str) -> None:
        """Nothing is drawn here."""

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator[MiniCentre]:
        task = asyncio.create_task(self._client.run(self._welcome, self._event, lambda: None))
        try:
            await until(lambda: self._client.connected, "the link")
            yield self
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            self._timers.stop()
            for assist in self._assists:
                assist.stop()

    def ready(self, agents: Sequence[str]) -> None:
        for agent in agents:
            now_ms = self.clock.now_ms()
            self._carry_out(self.engine.set_agent_state(AgentId(agent), AgentState.READY, "", now_ms))

    def hang_up_all(self) -> None:
        """The callers' lines end; nobody files anything, so wrap-up is over by itself."""
        for leg in list(self.engine.floor.callers):
            self._client.send(HangUp(leg=leg))

    def _welcome(self, welcome: Welcome) -> None:
        self._client.send(self._settings)
        self._carry_out(self.engine.settle(welcome, self.clock.now_ms()))

    def _event(self, event: NumberedEvent) -> None:
        self._carry_out(self.engine.switch(event))

    def _due(self, timer: SetTimer) -> None:
        self._carry_out(self.engine.timer(timer.name, max(timer.due_ms, self.clock.now_ms())))

    def _carry_out(self, effects: Effects) -> None:
        for command in effects.commands:
            self._client.send(command)
        for fact in effects.facts:
            self.facts.setdefault(fact.call, []).append(fact)
        for timer in effects.timers:
            if isinstance(timer, SetTimer):
                self._timers.start(timer)
            else:
                self._timers.cancel(timer.name)
        for assist in self._assists:
            assist.tell(effects)


async def _speak(ear: RtpPeer, to: tuple[str, int], frames: Sequence[bytes]) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    for frame in frames:
        ear.send_frame(to, frame)
        due += 0.02
        await asyncio.sleep(max(0.0, due - loop.time()))


async def _line(stack: AsyncExitStack, folder: Path, name: str, **given: Any) -> tuple[Sipp, RtpPeer]:
    ear = await stack.enter_async_context(rtp_peer())
    sipp = await start_sipp(folder=folder, name=name, rtp_port=ear.port, limit_s=90, **given)
    stack.push_async_callback(sipp.program.stop)
    return sipp, ear


def _said(verdict: Verdict) -> tuple[str, str, str]:
    return verdict.rule, verdict.check, verdict.verdict


def _in_order(verdicts: Sequence[Verdict]) -> list[Verdict]:
    return sorted(verdicts, key=lambda each: (*_said(each), each.from_ms))


async def test_calls_that_were_spoken_are_judged_live_as_they_are_judged_afterwards(tmp_path: Path) -> None:
    ports = {name: free_port() for name in CALLS}
    agents = [f"a{index}" for index in range(len(CALLS))]
    text = CENTRE % (
        ", ".join(f'{{number: "40{i:02}", queue: q{i}, public: true}}' for i in range(len(CALLS))),
        ", ".join(f"q{i}: {{name: 队{i}, wrap_up: 1s}}" for i in range(len(CALLS))),
        ", ".join(
            f'{{user: "{agent}", name: 坐席{i}, extension: "10{i:02}", queues: [q{i}]}}'
            for i, agent in enumerate(agents)
        ),
        ", ".join(
            f'{{endpoint: "10{i:02}", person: "{agent}", contact: "127.0.0.1:{port}"}}'
            for i, (agent, port) in enumerate(zip(agents, ports.values(), strict=True))
        ),
    )
    async with AsyncExitStack() as stack:
        switch = await stack.enter_async_context(running_switch(tmp_path))
        centre = await stack.enter_async_context(MiniCentre(switch.client(), text).at_work())
        speaking = []
        for index, (name, turns) in enumerate(CALLS.items()):
            at = {"peer_port": switch.port, "keys": {"caller": f"013040{index:02}"}}
            agent, agent_ear = await _line(
                stack, tmp_path, f"agent{index}", scenario=SCENARIOS / "agent.xml", port=ports[name],
                number=f"10{index:02}", **at,
            )  # fmt: skip
            centre.ready([agents[index]])
            caller, caller_ear = await _line(
                stack, tmp_path, f"caller{index}", scenario=SCENARIOS / "caller.xml", number=f"40{index:02}",
                **at,
            )  # fmt: skip
            for sipp, ear, party in ((agent, agent_ear, "agent"), (caller, caller_ear, "caller")):
                to = "127.0.0.1", await sipp.audio_port()
                speaking.append(asyncio.create_task(_speak(ear, to, frames_of(turns, party))))
        await asyncio.gather(*speaking)
        centre.hang_up_all()
        await until(lambda: len(centre.judged["test"]) == len(CALLS), "all calls to be over", 30)

    for name, book in centre.assists.items():
        for call, live in centre.judged[name].items():
            afterwards = book.judge(centre.facts[call], now_ms=centre.clock.now_ms())
            assert [_said(one) for one in _in_order(live)] == [_said(one) for one in _in_order(afterwards)]
            for one, other in zip(_in_order(live), _in_order(afterwards), strict=True):
                assert abs(one.from_ms - other.from_ms) <= NEAR_MS, (one, other)
                assert abs(one.to_ms - other.to_ms) <= NEAR_MS, (one, other)
    verdicts = [each for live in centre.judged["test"].values() for each in live]
    broken = {each.rule for each in verdicts if each.verdict == "breach"}
    assert broken >= {"open.greeting", "wait.announce", "listen.interrupt"}, "there was something to find"
    shown = {hint.rule for _, hint in centre.hints}
    assert shown >= {"open.greeting", "wait.announce", "listen.interrupt", "silent.call"}


DIALS = """
company: {name: 试听中心, country: CN}
numbers: [{number: "4000", queue: q, public: true}]
queues: {q: {name: 队, wrap_up: 1s}}
people: [{user: "a0", name: 坐席, extension: "1000", queues: [q]}]
endpoints: [{endpoint: "1000", person: "a0", contact: "127.0.0.1:%d"}]
trunks: [{trunk: city, target: "127.0.0.1:%d"}]
outbound: {rules: [{rule: city, who: [agent], prefixes: "0", trunks: [city]}]}
"""
DIALLED: tuple[Turn, ...] = (
    ("agent", 4.5, 6.0, 1),
    ("caller", 6.6, 12.6, 1),
    ("agent", 8.6, 11.6, 1),
    ("agent", 13.4, 14.4, 1),
)
"""The agent greets late whom they called, and talks over them."""


async def test_who_dials_a_customer_is_told_and_judged_as_the_agent(tmp_path: Path) -> None:
    ports = free_port(), free_port()
    async with AsyncExitStack() as stack:
        switch = await stack.enter_async_context(running_switch(tmp_path))
        centre = await stack.enter_async_context(MiniCentre(switch.client(), DIALS % ports).at_work())
        agent, customer = [await opened(("127.0.0.1", switch.port), port) for port in ports]
        stack.callback(agent.close)
        stack.callback(customer.close)
        dialling = asyncio.create_task(agent.dial("01307050", "1000"))
        await asyncio.wait_for(customer.rings.wait(), PATIENCE_S)
        customer.answer()
        await dialling
        await asyncio.gather(
            _say(agent, frames_of(DIALLED, "agent")), _say(customer, frames_of(DIALLED, "caller"))
        )
        agent.hang_up()
        await until(lambda: len(centre.judged["test"]) == 1, "the call to be over", 30)

    ((call, live),) = centre.judged["test"].items()
    facts = as_the_book_sees(centre.facts[call])
    afterwards = centre.assists["test"].judge(facts, now_ms=centre.clock.now_ms())
    assert [_said(one) for one in _in_order(live)] == [_said(one) for one in _in_order(afterwards)]
    broken = {each.rule: each.agent for each in live if each.verdict == "breach"}
    assert broken.keys() >= {"open.greeting", "listen.interrupt"}
    assert set(broken.values()) == {"a0"}
    assert {hint.rule for _, hint in centre.hints} >= {"open.greeting", "listen.interrupt"}


async def _say(phone: Telephone, frames: Sequence[bytes]) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    for frame in frames:
        phone.send(frame)
        due += 0.02
        await asyncio.sleep(max(0.0, due - loop.time()))
