"""A flow is tried in the page: a list of acts is played anew each time, by the engine that serves callers.

Nobody acts but as the list says: agents whose phones ring let them ring, services do not answer.

    PlayError(Exception)
    ├── NothingToPlay   there is no such flow or number
    └── PlayTooLong     more happens than can be shown (play_stage.py)
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from huawu.acd.errors import AcdError
from huawu.acd.events import AgentId, AgentState
from huawu.calls.conversation import Conversation, Phase
from huawu.calls.engine import Engine
from huawu.calls.floor import Voice
from huawu.calls.looking_up import LookupAnswer
from huawu.calls.lookup_client import value_at
from huawu.calls.phoning import PhoneNotReachable
from huawu.calls.play_stage import CALLER, Rung, Stage
from huawu.calls.play_told import Played, Telling
from huawu.calls.play_waits import WaitsFor, waits_for
from huawu.config.compile import Centre, compile_centre
from huawu.config.plan import ToAgent, ToEcho, ToFlow, ToQueue
from huawu.config.schema import Configuration
from huawu.link import messages as link

LONGEST_WAIT_MS: Final = 24 * 3_600_000
PATIENCE_MS: Final = 3_600_000
"""Who is to do nothing does it no longer than this."""
TRIED: Final = ""
"""The number that leads to a flow that is tried without one."""

AgentAct = Literal["answers", "no_answer", "none", "busy", "free", "hangs_up"]


class NothingToPlay(Exception):
    def __init__(self, what: str) -> None:
        super().__init__(f"There is no {what} that could be played. Choose one of the configuration.")


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody does; exactly one field is set, `into` only beside `press`.

    Keys are pressed when the prompt has been said; with `into` so many ms after it began: they stop it.
    """

    press: str = ""
    into: int | None = None
    wait: int = 0
    nothing: bool = False
    speak: int = 0
    hang_up: bool = False
    agent: AgentAct | None = None
    lookup: dict[str, Any] | Literal["not_found", "fails"] | None = None


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """Who ended the call, and why."""

    how: Literal["centre", "caller", "agent", "callback"]
    reason: str


Misfit = Literal[
    "over",
    "empty",
    "no_keys",
    "no_barge",
    "no_ear",
    "never_ends",
    "no_talk",
    "no_ring",
    "no_agent",
    "no_service",
]
MISFITS: Final[dict[Misfit, tuple[str, str]]] = {
    "over": ("the call is over", "通话已经结束"),
    "empty": ("this act says nothing", "这一步没有内容"),
    "no_keys": ("nobody listens for keys now", "现在不接收按键"),
    "no_barge": ("keys do not stop this prompt", "这段提示不能用按键打断"),
    "no_ear": ("nobody listens to the caller now", "现在没有在听来电者说话"),
    "never_ends": (
        "this does not end by itself: somebody has to hang up",
        "这里不会自行结束，须有一方挂断",
    ),
    "no_talk": ("nobody talks with the caller now", "现在没有坐席在与来电者通话"),
    "no_ring": ("nobody is rung now", "现在没有话机在振铃"),
    "no_agent": (
        "nobody has a phone and the skills that this queue asks for",
        "没有坐席既有话机又具备此技能组要求的技能",
    ),
    "no_service": ("no service is asked now", "现在没有在查询服务"),
}
"""Why an act does not fit: in English and in Chinese."""


class Unfit(msgspec.Struct, frozen=True, kw_only=True):
    """An act that cannot be done now; those after it were not played."""

    act: int
    code: Misfit
    why: str
    why_zh: str


class PlayResult(msgspec.Struct, frozen=True, kw_only=True):
    """The whole play."""

    played: list[Played]
    waits_for: WaitsFor | None
    ended: Ended | None
    variables: dict[str, str]
    language: str
    at_ms: int
    refused: Unfit | None


class _Refused(Exception):
    """This act does not fit."""

    def __init__(self, code: Misfit) -> None:
        self.code = code


def _unfit(act: int, code: Misfit) -> Unfit:
    why, why_zh = MISFITS[code]
    return Unfit(act=act, code=code, why=why, why_zh=why_zh)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What is played: by whom, when, and what prompts say and last."""

    flow: str = ""
    number: str = ""
    caller: str = "13800000000"
    language: str = ""
    at_ms: int
    words: Callable[[str, str], str] = field(default=lambda prompt, language: "")
    length_ms: Callable[[str], int] = field(default=lambda path: 1_000)


def play(configuration: Configuration, voice: Voice, scene: Scene, acts: Sequence[Act]) -> PlayResult:
    """Play it all. Raises `NothingToPlay`, `PlayTooLong`."""
    playing = Playing(_centre(configuration, scene), voice, scene)
    playing.begin()
    return playing.play(acts)


def _centre(configuration: Configuration, scene: Scene) -> Centre:
    if scene.language:
        company = msgspec.structs.replace(configuration.company, language=scene.language)
        configuration = msgspec.structs.replace(configuration, company=company)
    year = datetime.fromtimestamp(scene.at_ms / 1000).year  # noqa: DTZ006 - holidays are known around it
    centre = compile_centre(configuration, years=range(year - 1, year + 2))
    if scene.flow:
        if scene.flow not in configuration.flows:
            raise NothingToPlay(f"flow {scene.flow!r}")
        places = {**centre.numbers.places, TRIED: ToFlow(flow=scene.flow)}
        numbers = dataclasses.replace(centre.numbers, places=places)
        return dataclasses.replace(centre, numbers=numbers)
    if not isinstance(centre.numbers.find(scene.number), ToFlow | ToQueue | ToAgent | ToEcho):
        raise NothingToPlay(f"number {scene.number!r}")
    return centre


class Playing:
    """One play under way."""

    def __init__(self, centre: Centre, voice: Voice, scene: Scene) -> None:
        names = itertools.count(1)
        self._scene = scene
        self._centre = centre
        self._engine = Engine(
            centre,
            voice,
            token=lambda: f"p{next(names)}",
            recording_path=lambda call, at_ms: f"recordings/{call}.wav",
            data="",
            hold_music="",
        )
        self._telling = Telling(scene.words, scene.length_ms, scene.at_ms)
        self._stage = Stage(
            engine=self._engine,
            now_ms=scene.at_ms,
            length_ms=scene.length_ms,
            heard=lambda command: self._telling.heard(self._stage.now_ms, command),
            news=self._telling.news,
        )
        self._call: Conversation | None = None
        self._hung_up = False
        self._variables: Mapping[str, str] = {}

    def begin(self) -> None:
        """Everybody is at work, and the caller dials."""
        stage = self._stage
        stage.carry_out(self._engine.configure(self._centre, stage.now_ms))
        for endpoint in self._centre.agent_of:
            stage.report(link.EndpointReachable(endpoint=endpoint, contacts=1))
        self._everybody(AgentState.READY)
        number = TRIED if self._scene.flow else self._scene.number
        stage.report(link.LegOffered(leg=CALLER, from_number=self._scene.caller, to_number=number))
        call = self._engine.floor.callers.get(CALLER)
        self._call = self._engine.floor.calls.get(call) if call is not None else None

    def play(self, acts: Sequence[Act]) -> PlayResult:
        """The acts, one after the other, until one does not fit or the call is over."""
        refused = None
        for index, act in enumerate(acts):
            self._settle(to_prompt=act.into is not None)
            if self._stage.over or self._telling.full:
                refused = _unfit(index, "over")
                break
            self._telling.act = index
            try:
                self._do(act)
            except _Refused as refusal:
                refused = _unfit(index, refusal.code)
                break
        self._settle()
        return self._result(refused)

    def _settle(self, *, to_prompt: bool = False) -> None:
        self._stage.settle(to_prompt=to_prompt)
        self._variables = self._telling.variables(self._stage.now_ms, self._call)

    # ── Acts ──────────────────────────────────────────────────────────────────────────────────────

    def _do(self, act: Act) -> None:
        if act.hang_up:
            self._hung_up = True
            self._stage.end(CALLER, "peer", "normal")
        elif act.press:
            self._press(act.press, act.into)
        elif act.wait:
            until_ms = self._stage.now_ms + min(act.wait, LONGEST_WAIT_MS)
            self._stage.pass_until(until_ms, lambda: self._telling.full)
        elif act.speak:
            self._speak(min(act.speak, LONGEST_WAIT_MS))
        elif act.nothing:
            self._nothing()
        elif act.agent is not None:
            self._agent(act.agent)
        elif act.lookup is not None:
            self._lookup(act.lookup)
        else:
            raise _Refused("empty")

    def _press(self, digits: str, into_ms: int | None) -> None:
        if into_ms is not None:
            self._stage.hear_prompt(into_ms)
        asked = self._stage.asked
        if asked is None:
            raise _Refused("no_keys")
        if self._stage.prompting and not asked.command.barge_in:
            raise _Refused("no_barge")
        at_ms = self._stage.now_ms
        place = len(self._telling.played)
        flow, step = self._telling.flow, self._telling.step
        taken = self._stage.press(digits)
        told = Played(
            at_ms=at_ms - self._scene.at_ms,
            kind="hears",
            act=self._telling.act,
            flow=flow,
            step=step,
            digits=taken,
        )
        self._telling.played.insert(place, told)

    def _speak(self, length_ms: int) -> None:
        if self._stage.asked is None:
            raise _Refused("no_ear")
        self._telling.tell(self._stage.now_ms, "hears", why="speech", length_ms=length_ms)
        self._stage.speak(length_ms)

    def _nothing(self) -> None:
        waiting = self._waiting()
        if waiting is None or waiting.kind in ("talk", "echo"):
            raise _Refused("never_ends")
        before = self._marks()
        self._telling.tell(self._stage.now_ms, "hears", why="nothing")
        until_ms = self._stage.now_ms + PATIENCE_MS
        self._stage.pass_until(until_ms, lambda: self._marks() != before or self._telling.full)

    def _marks(self) -> tuple[object, ...]:
        """Changes when what is waited for is over."""
        call, stage = self._call, self._stage
        ringing = stage.ringing()
        if call is None:
            return ()
        asked = stage.asked.command.collect if stage.asked is not None and call.phase is Phase.FLOW else ""
        return (
            call.phase,
            call.lookup,
            call.queue,
            call.tape is not None and call.tape.recording,
            asked,
            ringing.leg if ringing is not None else "",
        )

    def _agent(self, act: AgentAct) -> None:
        match act:
            case "none":
                self._everybody(AgentState.SIGNED_OUT)
            case "busy":
                self._everybody(AgentState.BREAK)
            case "free":
                self._everybody(AgentState.READY)
            case "answers":
                self._stage.answer(self._rung())
            case "no_answer":
                rung = self._rung()
                gone = self._stage.others
                self._stage.pass_until(self._stage.now_ms + PATIENCE_MS, lambda: rung.leg not in gone)
            case "hangs_up":
                call = self._call
                lead = call.talking if call is not None else None
                if lead is None or call is None or call.phase is not Phase.TALKING:
                    raise _Refused("no_talk")
                self._stage.end(lead.leg, "peer", "normal")

    def _everybody(self, state: AgentState) -> None:
        """All who take calls do this, those who can."""
        for profile in self._centre.agents:
            self._set(profile.agent, state)

    def _set(self, agent: AgentId, state: AgentState) -> None:
        try:
            effects = self._engine.set_agent_state(agent, state, "", self._stage.now_ms)
        except (AcdError, PhoneNotReachable):
            return
        self._stage.carry_out(effects)

    def _rung(self) -> Rung:
        """Whose phone rings; for a caller in line one who fits is made free. Raises `_Refused`."""
        call = self._call
        rung = self._stage.ringing()
        if rung is not None:
            return rung
        if call is None or call.phase is not Phase.WAITING:
            raise _Refused("no_ring")
        for profile in self._centre.agents:
            self._set(profile.agent, AgentState.READY)
            if (rung := self._stage.ringing()) is not None:
                return rung
        raise _Refused("no_agent")

    def _lookup(self, act: dict[str, Any] | str) -> None:
        call = self._call
        wanted = self._stage.lookups[-1] if self._stage.lookups else None
        if call is None or not call.lookup or wanted is None or wanted.id != call.lookup:
            raise _Refused("no_service")
        if isinstance(act, dict):
            fields = {name: value_at(act, path) for name, path in wanted.take.items()}
            answer = LookupAnswer(how="found", fields=fields)
        elif act == "not_found":
            answer = LookupAnswer(how="not_found", fields={})
        else:
            answer = LookupAnswer(how="failed", fields={}, why="refused")
        self._stage.carry_out(self._engine.looked_up(wanted.id, answer, self._stage.now_ms))

    # ── What it came to ───────────────────────────────────────────────────────────────────────────

    def _result(self, refused: Unfit | None) -> PlayResult:
        call = self._call
        return PlayResult(
            played=self._telling.played,
            waits_for=self._waiting(),
            ended=self._ended() if self._stage.over else None,
            variables=dict(self._variables),
            language=call.language if call is not None else self._centre.language,
            at_ms=self._stage.now_ms - self._scene.at_ms,
            refused=refused,
        )

    def _waiting(self) -> WaitsFor | None:
        return waits_for(self._centre, self._call, self._stage, self._telling)

    def _ended(self) -> Ended:
        fact = self._telling.ended
        reason = str(fact.fields.get("reason", "normal")) if fact is not None else "normal"
        if self._telling.agreed:
            return Ended(how="callback", reason=reason)
        if self._hung_up:
            return Ended(how="caller", reason=reason)
        by = str(fact.fields.get("by", "centre")) if fact is not None else "centre"
        return Ended(how="agent" if by == "agent" else "centre", reason=reason)
