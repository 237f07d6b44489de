"""What a play shows: each thing that the caller hears or that happens, with its instant and its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from huawu.calls.conversation import Conversation
from huawu.calls.effects import Effects
from huawu.calls.facts import Fact
from huawu.ivr.model import FlowRun
from huawu.link.messages import Collect, File, Music, Play

PlayedKind = Literal[
    "step", "says", "asks", "music", "hears", "sets", "language", "queues", "rings", "talks", "looks_up",
    "records", "recorded", "rates", "leads", "ends",
]  # fmt: skip
MOST_SHOWN: Final = 2_000
BY_ITSELF: Final = -1


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """One thing. `at_ms` counts from the beginning; `act` is the place of the act that brought it, -1 = none.

    `why` says more: the way a step took, a reason, what a key was good for.
    """

    at_ms: int
    kind: PlayedKind
    act: int = BY_ITSELF
    flow: str = ""
    step: str = ""
    prompts: tuple[str, ...] = ()
    words: str = ""
    length_ms: int = 0
    digits: str = ""
    queue: str = ""
    agent: str = ""
    number: str = ""
    service: str = ""
    variables: dict[str, str] = {}
    why: str = ""


class Telling:
    """Gathers what happens. `words` gives a prompt's text in a language, `length_ms` a file's length."""

    def __init__(
        self, words: Callable[[str, str], str], length_ms: Callable[[str], int], began_ms: int
    ) -> None:
        self._words = words
        self._length_ms = length_ms
        self.began_ms = began_ms
        self.played: list[Played] = []
        self.act = BY_ITSELF
        self.flow = self.step = ""
        self.ended: Fact | None = None
        self.agreed = False
        """The caller is to be called back."""
        self._run: FlowRun | None = None
        self._variables: dict[str, str] = {}

    @property
    def full(self) -> bool:
        """Nobody would read more."""
        return len(self.played) >= MOST_SHOWN

    def tell(self, at_ms: int, kind: PlayedKind, **more: Any) -> None:
        """One thing more."""
        if not self.full and (self.ended is None or kind == "ends"):  # then nobody hears it any more
            where = {"flow": self.flow, "step": self.step} | more
            self.played.append(Played(at_ms=at_ms - self.began_ms, kind=kind, act=self.act, **where))

    def heard(self, at_ms: int, command: Play | Collect) -> None:
        """The switch was told to play something to the caller."""
        clips = command.prompt if isinstance(command, Collect) else command.clips
        files = [Path(clip.path) for clip in clips if isinstance(clip, File)]
        asks = isinstance(command, Collect) and not any(isinstance(clip, Music) for clip in clips)
        if files:
            self.tell(
                at_ms,
                "asks" if asks else "says",
                prompts=tuple(file.stem for file in files),
                words=" ".join(filter(None, (self._words(file.stem, file.parent.name) for file in files))),
                length_ms=sum(self._length_ms(str(file)) for file in files),
            )
        if any(isinstance(clip, Music) for clip in clips):
            self.tell(at_ms, "music")

    def news(self, effects: Effects) -> None:
        """What the engine wrote down."""
        for fact in effects.facts:
            self._fact(fact)

    def variables(self, at_ms: int, call: Conversation | None) -> Mapping[str, str]:
        """What the flow keeps; told when it changed."""
        run = call.run if call is not None else None
        if run is None:
            return self._variables
        if run is not self._run:
            self._run, self._variables = run, {}
            given = {name: run.variables.get(name, "") for name in ("caller", "number", "language")}
            self._variables = given
        changed = {name: value for name, value in run.variables.items() if self._variables.get(name) != value}
        changed.pop("language", None)  # told as such
        if changed:
            self.tell(at_ms, "sets", variables=changed)
        self._variables = dict(run.variables)
        return self._variables

    def _fact(self, fact: Fact) -> None:
        fields = fact.fields
        whom = {name: str(fields[name]) for name in ("agent", "number", "queue") if fields.get(name)}
        match fact.kind:
            case "step":
                self.flow, self.step = fields["flow"], fields["step"]
                self.tell(fact.at_ms, "step", why=fields.get("text", ""))
            case "language":
                self.tell(fact.at_ms, "language", why=fields["language"])
            case "queued":
                self.tell(fact.at_ms, "queues", queue=fields["queue"])
            case "overflow_step":
                self.tell(fact.at_ms, "queues", queue=fields["queue"], why=f"step {fields['step']}")
            case "overflowed":
                self.tell(fact.at_ms, "leads", **whom, why=f"{fields['why']} {fields['target']}".strip())
            case "offer_made" | "party_rung":
                self.tell(fact.at_ms, "rings", **whom)
            case "transfer":
                self.tell(fact.at_ms, "rings" if "agent" in whom else "leads", **whom)
            case "transfer_failed" | "offer_failed":
                self.tell(fact.at_ms, "leads", **whom, why=str(fields.get("reason", "")))
            case "bridged":
                self.tell(fact.at_ms, "talks", **whom)
            case "looked_up":
                why = " ".join(str(fields[name]) for name in ("how", "why") if fields.get(name))
                self.tell(fact.at_ms, "looks_up", service=fields["service"], why=why)
            case "voicemail_began" | "comment_began":
                self.tell(fact.at_ms, "records", **whom)
            case "voicemail_left" | "comment_left":
                self.tell(fact.at_ms, "recorded", **whom, length_ms=fields["length_ms"], why="kept")
            case "voicemail_discarded" | "comment_discarded":
                self.tell(fact.at_ms, "recorded", **whom, why=fields["why"])
            case "rated":
                self.tell(fact.at_ms, "rates", digits=str(fields["score"]))
            case "survey_began":
                self.tell(fact.at_ms, "leads", **whom, why=f"survey {fields['flow']}")
            case "callback_agreed":
                self.agreed = True
                self.tell(fact.at_ms, "leads", **whom, why="callback")
            case "ended":
                self.ended = fact
                self.tell(fact.at_ms, "ends", why=str(fields.get("reason", "")))
            case _:
                pass
