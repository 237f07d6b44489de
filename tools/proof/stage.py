"""Scripted calls played through a real switch and a real centre as live calls, many at once.

Each lane has an agent with a colleague, a number of its own and desks that are watched. Caller and agent
say what `mixing` would record of them, in real time; holds are those of a phone, the rest is asked for by
HTTP, as pages ask for it. What a script does after its call (forms, tickets, what was promised for another
day) is not played.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import httpx
import msgspec
from tools.measure.centre import BenchFailed, Centre
from tools.proof.layout import Placed, answered_ms, laid_out, over_ms
from tools.proof.mixing import line_noise, mixed
from tools.proof.script import Call
from tools.proof.script_ear import Spoken
from tools.proof.telephone import Telephone, opened
from websockets.asyncio.client import connect

FRAME: Final = 160
FRAME_S: Final = 0.02
QUIET: Final = b"\xff" * FRAME
NOISE_MS: Final = 20_000
"""Of the line before the agent answers, and when all is said."""
WRAP_UP_S: Final = 10
"""The centre remembers a call for so long after its agent has left: its last words are known by then."""
FIRST_CALLER: Final = 1_307_000
BEFORE_S: Final = 20.0
_UNPLAYED: Final = {
    "line_drops": "the line is cut: a switch holds it for dead only after seconds of its own",
    "urgent": "somebody outside is called",
    "redial": "the caller is called back outside",
}
_AFTERWARDS: Final = frozenset(
    {"wrap_up", "filed", "ticket", "promise", "follow_up", "closed", "wrapped_up", "later", "redial_missed"}
)


def unplayed(call: Call) -> str:
    """Why a script cannot be played; empty: it can."""
    return next((why for act, why in _UNPLAYED.items() if any(one.act == act for one in call.happens)), "")


def acts_afterwards(call: Call) -> int:
    """How many of a script's acts lie after its call."""
    return sum(one.act in _AFTERWARDS for one in call.happens)


def configuration(ports: Iterable[int]) -> str:
    """A centre's file: lanes of an agent and a colleague, whose phones are at these ports in turn."""
    every = list(ports)
    lanes = range(len(every) // 2)
    lines = ["company: {name: 试听中心, language: zh, time_zone: Asia/Shanghai, country: CN}", "numbers:"]
    lines += [f'  - {{number: "{4000 + lane}", queue: q{lane}, public: true}}' for lane in lanes]
    lines += ["queues:", "  finance: {name: 财务, wrap_up: 0s}"]
    lines += [f"  q{lane}: {{name: 队{lane}, ring: 40s, wrap_up: {WRAP_UP_S}s}}" for lane in lanes]
    lines += [f"  c{lane}: {{name: 同事{lane}, ring: 40s, wrap_up: {WRAP_UP_S}s}}" for lane in lanes]
    lines += ["people:"]
    for at in range(len(every)):
        queue = f"{'qc'[at % 2]}{at // 2}"
        lines.append(f"  - {{user: a{1001 + at}, name: 坐席{at}, extension: {1001 + at}, queues: [{queue}]}}")
    lines += ["endpoints:"]
    for at, port in enumerate(every):
        lines.append(f"  - {{endpoint: {1001 + at}, person: a{1001 + at}, contact: '127.0.0.1:{port}'}}")
    return "\n".join([*lines, "assist: {hints: novice}", ""])


class Sound(NamedTuple):
    """What is heard of a script, μ-law: the line alone, then each party from the agent's answer on.

    Made beforehand: mixing takes the time in which others speak.
    """

    before: bytes
    caller: bytes
    agent: bytes

    @classmethod
    def of(cls, script: Call) -> Sound:
        """Raises `NoSound`."""
        noise = line_noise(script, NOISE_MS)
        caller, agent = mixed(script)
        return cls(noise, caller + noise, agent + noise)


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A frame at a desk: a hint, or that there is none any more."""

    at_ms: float
    call: str
    hint: dict[str, Any] | None


@dataclass(slots=True, kw_only=True)
class Played:
    """One script as it went. `zero_ms`: the agent's answer on the clock of the facts."""

    script: Call
    caller: str
    sound: Sound
    zero_ms: int = 0
    call: str = ""
    trouble: str = ""


@dataclass(slots=True)
class Agent:
    """Somebody at a desk."""

    user: str
    phone: Telephone
    http: httpx.AsyncClient
    call: str = ""
    """The call that the desk showed last as one under way."""


class Voices:
    """Says whatever is to be said, frame by frame, all at the same 20 ms."""

    def __init__(self) -> None:
        self._saying: dict[Telephone, bytes] = {}
        self._at: dict[Telephone, int] = {}

    def say(self, phone: Telephone, sound: bytes = b"", at: int = 0) -> None:
        """This sound from its place on, then silence, until something else is to be said."""
        self._saying[phone], self._at[phone] = sound, at

    def hand_over(self, phone: Telephone, to: Telephone) -> None:
        """What one says the other goes on saying."""
        self.say(to, self._saying.pop(phone, b""), self._at.get(phone, 0))

    def hush(self, phone: Telephone) -> None:
        self._saying.pop(phone, None)

    async def run(self) -> None:
        """For good."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            for phone, sound in list(self._saying.items()):
                at = self._at[phone]
                frame = sound[at : at + FRAME]
                with contextlib.suppress(BlockingIOError):
                    phone.send(frame if len(frame) == FRAME else QUIET)
                self._at[phone] = at + FRAME
            due += FRAME_S
            await asyncio.sleep(max(0.0, due - loop.time()))


@dataclass(slots=True)
class Lane:
    """One call at a time."""

    number: str
    agent: Agent
    colleague: Agent
    switch: tuple[str, int]
    voices: Voices
    words: dict[str, Spoken]
    shown: list[Shown] = field(default_factory=list)

    async def play(self, played: Played) -> None:
        """One script, from the ringing to the end. What goes wrong stands in `played` afterwards."""
        caller = await opened(self.switch)
        try:
            async with asyncio.timeout(BEFORE_S + over_ms(laid_out(played.script)) / 1000 + BEFORE_S):
                await self._play(played, caller)
        except Exception as error:  # one that fails is told of, and holds up no other
            played.trouble = f"{type(error).__name__}: {error}"
        finally:
            for phone in (caller, self.agent.phone, self.colleague.phone):
                self.voices.hush(phone)
                phone.hang_up()
            caller.close()

    async def _play(self, played: Played, caller: Telephone) -> None:
        script = played.script
        placed = laid_out(script)
        answered = answered_ms(placed)
        ringing = asyncio.create_task(self.agent.phone.rings.wait())
        await caller.dial(self.number, played.caller)
        self.voices.say(caller, played.sound.before)
        await ringing
        rang = next((one.from_ms for one in placed if one.what.act == "ring"), 0)
        await asyncio.sleep((answered - rang) / 1000)
        self.agent.phone.answer()
        await self.agent.phone.stands.wait()
        began = asyncio.get_running_loop().time()
        played.zero_ms = round(time.time() * 1000)
        self.words[played.caller] = Spoken(script, played.zero_ms)
        self.voices.say(caller, played.sound.caller)
        self.voices.say(self.agent.phone, played.sound.agent)
        doing = _Doing(self, caller, began - answered / 1000)
        done = [asyncio.create_task(doing.act(one)) for one in placed if _is_of_the_call(one, answered)]
        await asyncio.gather(*done)
        await asyncio.wait_for(caller.over.wait(), BEFORE_S)


def _is_of_the_call(one: Placed, answered: int) -> bool:
    return one.what.act is not None and one.from_ms > answered and one.what.act not in _AFTERWARDS


class _Doing:
    """The acts of one script, each in its time. `zero`: the script's beginning on the loop's clock."""

    def __init__(self, lane: Lane, caller: Telephone, zero: float) -> None:
        self._lane = lane
        self._caller = caller
        self._zero = zero
        self._speaker = lane.agent
        self._aside = False

    async def act(self, one: Placed) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._zero + one.from_ms / 1000 - loop.time()))
        what, phone = one.what, self._speaker.phone
        match what.act:
            case "hold" | "resume":
                await phone.hold(what.act == "hold")
            case "mute" | "unmute":
                await self._ask("mute", on=what.act == "mute")
            case "help_asked":
                await self._ask("help")
            case "consult":
                self._aside = True
                await self._ask("consult", agent=self._lane.colleague.user)
            case "consult_answered":
                await asyncio.wait_for(self._lane.colleague.phone.rings.wait(), BEFORE_S)
                self._lane.colleague.phone.answer()
            case "transfer":
                await self._transfer(what.to)
            case "agent_hangs_up":
                phone.hang_up()
                self._caller.over.set()
            case "caller_hangs_up":
                self._caller.hang_up()
            case _:
                raise BenchFailed(f"nobody knows how to play {what.act}")

    async def _transfer(self, to: str) -> None:
        lane = self._lane
        if self._aside:
            await self._ask("consult/complete")
        elif to.isdigit():
            await self._ask("transfer", agent=lane.colleague.user)
            await asyncio.wait_for(lane.colleague.phone.rings.wait(), BEFORE_S)
            lane.colleague.phone.answer()
        else:
            await self._ask("transfer", queue=to)
            return
        self._speaker = lane.colleague
        lane.voices.hand_over(lane.agent.phone, lane.colleague.phone)

    async def _ask(self, what: str, **wanted: Any) -> None:
        """As the agent's page does."""
        answer = await self._lane.agent.http.post(f"/calls/{self._lane.agent.call}/{what}", json=wanted)
        if answer.status_code >= 300:
            raise BenchFailed(f"{what}: {answer.status_code} {answer.text}")


class Stage:
    """All lanes of one centre."""

    def __init__(self, lanes: list[Lane], http: httpx.AsyncClient) -> None:
        self.lanes = lanes
        self._http = http

    async def play(self, scripts: Iterable[Call]) -> list[Played]:
        """All of them, on as many lanes as there are; the longest begin. Raises `NoSound`."""
        ordered = sorted(scripts, key=lambda call: -over_ms(laid_out(call)))
        waiting = [
            Played(script=call, caller=f"0{FIRST_CALLER + at}", sound=Sound.of(call))
            for at, call in enumerate(ordered)
        ]
        every, waiting = list(waiting), waiting[::-1]

        async def lead(lane: Lane) -> None:
            while waiting:
                played = waiting.pop()
                await self._ready(lane)
                await lane.play(played)

        await asyncio.gather(*(lead(lane) for lane in self.lanes))
        return every

    async def _ready(self, lane: Lane) -> None:
        """Both agents wait for a call: wrap-up is over."""
        for agent in (lane.agent, lane.colleague):
            await self._until_free(agent.user)
            answer = await agent.http.post(f"/agents/{agent.user}/state", json={"state": "ready"})
            answer.raise_for_status()

    async def _until_free(self, user: str) -> None:
        deadline = time.monotonic() + BEFORE_S
        while time.monotonic() < deadline:
            agents = (await self._http.get("/agents")).json()["agents"]
            state = next(agent["state"] for agent in agents if agent["id"] == user)
            if state in ("ready", "break", "signed_out", "unavailable"):
                return
            await asyncio.sleep(0.3)
        raise BenchFailed(f"{user} does not become free")


@contextlib.asynccontextmanager
async def stage(
    centre: Centre, ports: list[int], words: dict[str, Spoken], token: str
) -> AsyncIterator[Stage]:
    """Phones, desks and voices for a centre of `configuration(ports)`."""
    host, _, port = centre.sip.rpartition(":")
    switch = (host, int(port))
    voices = Voices()
    async with contextlib.AsyncExitStack() as stack:
        api = f"{centre.http}/api/v1"
        http = httpx.AsyncClient(
            base_url=api, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=30
        )
        await stack.enter_async_context(http)
        agents = []
        for at, each in enumerate(ports):
            phone = await opened(switch, each)
            stack.callback(phone.close)
            client = await stack.enter_async_context(
                httpx.AsyncClient(base_url=api, trust_env=False, timeout=30)
            )
            agents.append(Agent(f"a{1001 + at}", phone, client))
        await _sign_in(agents, centre.passwords)
        lanes = []
        for at in range(0, len(agents), 2):
            lane = Lane(str(4000 + at // 2), agents[at], agents[at + 1], switch, voices, words)
            lanes.append(lane)
            for agent in (lane.agent, lane.colleague):
                await _watch(stack, api, agent, lane.shown)
        await _in_background(stack, voices.run())
        yield Stage(lanes, http)


async def _sign_in(agents: list[Agent], passwords: dict[str, str]) -> None:
    for agent in agents:
        answer = await agent.http.post(
            "/session", json={"user": agent.user, "password": passwords[agent.user]}
        )
        answer.raise_for_status()
        agent.http.headers["X-CSRF-Token"] = answer.json()["csrf"]


async def _watch(stack: contextlib.AsyncExitStack, api: str, agent: Agent, shown: list[Shown]) -> None:
    cookie = "; ".join(f"{name}={value}" for name, value in agent.http.cookies.items())
    url = f"{api.replace('http', 'ws', 1)}/live?screen=desk"
    socket = await stack.enter_async_context(
        connect(url, additional_headers={"Cookie": cookie}, compression=None, max_size=None, open_timeout=60)
    )

    async def read() -> None:
        async for frame in socket:
            at_ms = time.time() * 1000
            for change in _changes(msgspec.json.decode(frame)):
                if change.get("call"):
                    if change["call"]["state"] in ("ringing", "talking"):
                        agent.call = change["call"]["id"]
                elif change.get("hint"):
                    shown.append(Shown(at_ms=at_ms, call=change["hint"]["call"], hint=change["hint"]))
                elif change.get("hint_over"):
                    shown.append(Shown(at_ms=at_ms, call=change["hint_over"], hint=None))

    await _in_background(stack, read())


def _changes(frame: Any) -> list[dict[str, Any]]:
    found = frame.get("events", []) if isinstance(frame, dict) else []
    return [change for change in found if isinstance(change, dict)]


async def _in_background(stack: contextlib.AsyncExitStack, work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)

    async def end() -> None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(end)
