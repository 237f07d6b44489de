"""One call as it is judged while it goes on: pure. Facts come in, the hint, the trouble and a timer go out.

Facts are told with delay: the switch says that a talk ended 300 ms after it did. So the standard is told that
all is known up to an instant that lies a little back, further back while somebody talks: what it then takes
for final is what it will say of the finished timeline. What it waits for is asked for the present instant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

from huawu.calls.assist.prompting import Experience, Prompter
from huawu.calls.assist.trouble import RuleLike, Slip, slip_of, trouble_of
from huawu.calls.assist.views import Hint, TroubledCall
from huawu.calls.dialled import Facing
from huawu.standard import FactLike, Mark, Pending, Text, Verdict
from huawu.standard.scoring import counts_in_score

LAG_MS: Final = 220
"""So old may be what the switch tells next while nobody talks: a talk is told 60 ms and a packet after it
began, and waits 20 ms for company on the link.
"""
TALK_LAG_MS: Final = 450
"""… while somebody talks: the end is told when 300 ms and a packet have been quiet."""
FAR_MS: Final = 3_600_000
"""What is due later than this is no matter of the call."""
VOICE_MS: Final = 60
"""So long a voice has lasted when its beginning is told."""
KEPT_SLIPS: Final = 100
AT_ONCE: Final = frozenset({"bridged", "parted", "ended"})
"""After these another agent, or none, is to be told things."""
WORDS: Final = frozenset({"said", "heard"})
"""They are older when they come than any lag, and are taken at once."""
NO_MATTER: Final = frozenset(
    {"quality", "step", "prompt", "announced", "recording_started", "recording_stopped"}
)
"""Facts after which nothing needs to be looked at anew."""


class Judging(Protocol):
    """A call under judgement; `standard.Judgement` is one."""

    def add(self, fact: FactLike, marks: tuple[Mark, ...] = ()) -> None: ...
    def advance(self, at_ms: int) -> Sequence[Verdict]: ...
    def pending(self, now_ms: int) -> Sequence[Pending]: ...
    def turn_over_ms(self) -> int | None: ...
    def warnings_at(self, now_ms: int) -> int | None: ...
    def finish(self, at_ms: int) -> Sequence[Verdict]: ...


class Look(NamedTuple):
    """How the call stands at an instant; look again at `next_ms` though nothing happens."""

    hint: Hint | None
    trouble: TroubledCall | None
    next_ms: int | None


NOTHING: Final = Look(None, None, None)


class AssistedCall:
    """A call that an agent leads, or led. `judged` holds the verdicts that are final, as they came."""

    def __init__(
        self, call: str, judgement: Judging, rule: Callable[[str], RuleLike | None] = lambda rule: None
    ) -> None:
        self.call = call
        self.agent = ""
        """Who leads the conversation now; "" = nobody."""
        self.judged: list[Verdict] = []
        self._judgement = judgement
        self._facing = Facing()
        self._rule = rule
        self._prompter = Prompter(call, self._title)
        self._slips: list[Slip] = []
        self._came: set[str] = set()  # the agents who led it so far
        self._sure_ms: dict[tuple[str, int], int] = {}  # who talks since when, and surely up to when
        self._horizon_ms = self._looked_ms = 0
        self._deciding_ms: set[int] = set()  # when it will be known whether what is waited for came in time
        self._newest_ms = 0  # the latest instant that something is known to have happened at

    def tell(self, told: FactLike, marks: tuple[Mark, ...] = ()) -> None:
        """Something happened; `wake_ms` says when it can be taken."""
        fact = self._facing.turn(told)
        if fact is None:
            return
        at_ms = 0 if fact.kind in WORDS else fact.at_ms
        match fact.kind:
            case "bridged":
                self._led_by(str(fact.fields.get("agent", "")))
            case "agent_answered":
                self._came.add(str(fact.fields.get("agent", "")))
            case "parted" | "ended":
                self.agent = ""
            case "talk_began":
                at_ms = fact.fields["began_ms"]
                self._sure_ms.setdefault((fact.party, at_ms), at_ms + VOICE_MS)
            case "level":
                at_ms = fact.fields["to_ms"]
                voices = [voice for voice in self._sure_ms if voice[0] == fact.party]
                if len(voices) == 1:  # of several voices it is not said whose second it is
                    self._sure_ms[voices[0]] = at_ms + 1
            case "talk":
                at_ms = fact.fields["ended_ms"]
                self._sure_ms.pop((fact.party, fact.fields["began_ms"]), None)
        self._newest_ms = max(self._newest_ms, at_ms)
        self._judgement.add(fact, marks)

    def _led_by(self, agent: str) -> None:
        """What was shown to one is new to the next."""
        if agent != self.agent:
            self._prompter = Prompter(self.call, self._title)
        self.agent = agent
        self._came.add(agent)

    def _title(self, rule: str) -> Text:
        found = self._rule(rule)
        return found.title if found is not None else Text()

    @property
    def looked_at(self) -> bool:
        """Whether anything may have been told of it."""
        return self._looked_ms > 0

    def wake_ms(self, now_ms: int) -> int | None:
        """When the newest of what was told can be taken; None = it was."""
        if self._newest_ms < self._horizon_ms:
            return None
        wait_ms = self._newest_ms + 1 - self._known_ms(now_ms)
        return now_ms + max(0, wait_ms)

    def warns_ms(self) -> int | None:
        """When a warning is due that the last look did not see coming: somebody speaks louder now."""
        return self._judgement.warnings_at(self._looked_ms)

    def look(self, now_ms: int, experience: Experience) -> Look:
        """How it stands now. What nobody leads is not judged before somebody does, or it is over."""
        if not self.agent:
            return NOTHING
        self._looked_ms = now_ms
        self._horizon_ms = max(self._horizon_ms, self._known_ms(now_ms))
        self._take(self._judgement.advance(self._horizon_ms))
        pending = self._judgement.pending(now_ms)
        hint = self._prompter.choose(pending, experience, now_ms)
        trouble = trouble_of(self.call, self.agent, self._slips, pending, self._rule, now_ms)
        return Look(hint, trouble, self._next_ms(pending, now_ms))

    def _next_ms(self, pending: Sequence[Pending], now_ms: int) -> int | None:
        instants = {self._prompter.next_ms, self._judgement.warnings_at(now_ms), self.wake_ms(now_ms)}
        if (over_ms := self._judgement.turn_over_ms()) is not None:
            instants.add(now_ms + over_ms - self._known_ms(now_ms))
        for each in pending:
            if each.due_ms is not None and each.due_ms < now_ms + FAR_MS:
                instants.add(each.due_ms + 1)
                self._deciding_ms.add(each.due_ms + 1 + TALK_LAG_MS)
        self._deciding_ms = {at_ms for at_ms in self._deciding_ms if at_ms > now_ms}
        return min(
            (at_ms for at_ms in instants | self._deciding_ms if at_ms and at_ms > now_ms), default=None
        )

    def finish(self, now_ms: int) -> tuple[Verdict, ...]:
        """Nothing more will be told: all verdicts of the call."""
        self._take(self._judgement.finish(now_ms))
        return tuple(self.judged)

    def _known_ms(self, now_ms: int) -> int:
        """Nothing that will be told from now on happened before this instant."""
        known_ms = now_ms - LAG_MS
        for sure_ms in self._sure_ms.values():
            known_ms = min(known_ms, max(sure_ms, now_ms - TALK_LAG_MS))
        return known_ms

    def _take(self, verdicts: Sequence[Verdict]) -> None:
        if verdicts:
            self.judged += verdicts
            broken = [
                slip_of(verdict, self._rule)
                for verdict in verdicts
                if verdict.verdict == "breach" and counts_in_score(verdict, self._came)
            ]
            self._slips = (self._slips + broken)[-KEPT_SLIPS:]
