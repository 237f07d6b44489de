"""A scripted call: who says what and when, what happens on the line, and what the book must find in it.

    id: hold-thanked                        # as the file is named
    title: ...
    voices: {agent: zf_xiaoxiao, caller: zm_yunyang}
    line: {noise_db: -55, crosstalk_db: -40}
    happens:
      - {act: ring}
      - {act: answered, after: 6}           # seconds since the end of what came before
      - {agent: 您好…, after: 0.8, is: greeting}
      - {caller: …, over: 1.4}              # begins so long before the line before has ended
      - {agent: …, louder: 9, pace: 1.5}    # dB over the usual; so many times as fast
      - {act: caller_hangs_up}
    labels:
      open.greeting: [{verdict: pass, near: greeting}]

Every breach that is in a call stands among its labels, and every pass that the call was written for. So a
breach without a label is a false alarm, while a pass without one proves nothing.
"""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path
from typing import Final, Literal

import msgspec
import yaml

CALLS: Final = Path(__file__).parent / "calls"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Speaker = Literal["agent", "caller"]
Expected = Literal["pass", "breach", "not_applicable", "unsure"]
Act = Literal[
    "ring",  # the agent's phone begins to ring
    "answered",  # by the agent
    "hold",
    "resume",
    "mute",
    "unmute",
    "consult",  # of a colleague; the caller is on hold
    "consult_answered",
    "consult_ended",
    "transfer",  # by the agent, to `to`
    "urgent",  # the agent tells the leader at once
    "help_asked",
    "agent_hangs_up",
    "caller_hangs_up",
    "line_drops",
    "redial",  # the agent calls back
    "redial_missed",
    "wrap_up",
    "filed",
    "ticket",
    "promise",
    "follow_up",
    "closed",
    "wrapped_up",
    "later",  # nothing; time goes on, so that deadlines pass
]

_DIGITS: Final = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_ENGLISH: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class ScriptError(Exception):
    """A script cannot be used: which, and what is wrong with it."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path.name}: {problem}")


class Happening(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that is said, or done on the line or around the call. Seconds and dB."""

    agent: str = ""
    caller: str = ""
    act: Act | None = None
    after: float = 0.5
    over: float = 0.0
    louder: float = 0.0
    pace: float = 1.0
    named: str = msgspec.field(default="", name="is")
    to: str = ""
    """Of an act: the colleague, queue or number; disposition; what is promised; how it was followed up."""
    due: float | None = None
    """Seconds until what is promised, or the ticket, falls due."""
    id: str = ""
    """Of a ticket or a promise."""

    @property
    def by(self) -> Speaker | None:
        return "agent" if self.agent else "caller" if self.caller else None

    @property
    def text(self) -> str:
        return self.agent or self.caller


class Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the book must find, and near which line or act (empty: anywhere in the call)."""

    verdict: Expected
    near: str = ""


class Voices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    agent: str
    caller: str


class LineSound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the line adds. Levels in dB of full scale; crosstalk against the other party's voice."""

    noise_db: float = -62.0
    crosstalk_db: float | None = None


class Call(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One scripted call."""

    id: str
    title: str
    language: Literal["zh", "en"] = "zh"
    queue: str = "service"
    voices: Voices
    line: LineSound = LineSound()
    happens: tuple[Happening, ...]
    labels: dict[str, tuple[Label, ...]]


class Spoken(msgspec.Struct, frozen=True):
    """What a voice is to say; alike in several calls, it is spoken once."""

    text: str
    voice: str
    pace: float

    @property
    def words(self) -> str:
        """As the voice reads it: digits one by one."""
        if self.voice.startswith("z"):
            return re.sub(r"\d", lambda digit: _DIGITS[digit[0]], self.text)
        return re.sub(r"\d", lambda digit: f" {_ENGLISH[int(digit[0])]} ", self.text).strip()

    @property
    def name(self) -> str:
        """16 hex digits that change with the sound."""
        told = f"{self.voice}\n{self.words}\n{self.pace:g}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def spoken(call: Call, happening: Happening) -> Spoken:
    """What is said in one happening of a call."""
    voice = call.voices.agent if happening.agent else call.voices.caller
    return Spoken(happening.text, voice, happening.pace)


def load(path: Path) -> Call:
    """Read one script. Raises `ScriptError`."""
    try:
        call = msgspec.convert(yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader), Call)
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ScriptError(path, str(error)) from error
    if call.id != path.stem:
        raise ScriptError(path, f"its id is {call.id!r}; it must be that of the file")
    named = [happening.named for happening in call.happens if happening.named]
    if len(named) != len(set(named)):
        raise ScriptError(path, "two lines have the same name")
    for rule, labels in call.labels.items():
        for label in labels:
            if label.near and label.near not in named:
                raise ScriptError(path, f"the label of {rule} is near {label.near!r}, and no line is")
    for happening in call.happens:
        if (happening.act is None) == (happening.by is None) or (happening.agent and happening.caller):
            raise ScriptError(path, f"{happening} must be one of agent, caller and act")
    return call


@functools.cache
def load_all(folder: Path = CALLS) -> tuple[Call, ...]:
    """Every script, by name; read once. Raises `ScriptError`."""
    return tuple(load(path) for path in sorted(folder.glob("*.yaml")))
