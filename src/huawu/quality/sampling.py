"""Which calls people inspect: first those at risk, then so many of each agent that the error is stated.

Pure and reproducible: the same calls with the same seed give the same choice, in whatever order they come.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec

from huawu.quality.intervals import z_of

WhyKind = Literal["fatal", "lost_points", "complaint", "dropped", "long", "unsure", "stratum"]
WEIGHTS: Final[dict[str, float]] = {
    "fatal": 1000.0,
    "complaint": 40.0,
    "dropped": 30.0,
    "long": 15.0,
    "unsure": 0.5,
}
"""Against one for each point lost: a fatal finding goes before everything, a complaint before most."""
LONG_SHARE: Final = 0.05
"""So many of the calls at hand are long; and none below twice their median."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An assessed call as the choice sees it. `agents`: all who had a part in it."""

    call: str
    agent: str
    began_ms: int
    agents: frozenset[str] = frozenset()
    total: float | None = None
    lost: float = 0
    fatal: bool = False
    complaint: bool = False
    dropped: bool = False
    unsure: int = 0
    talk_ms: int = 0


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """One reason for which a call was chosen; `value`: points, ms, findings, or the stratum's size."""

    kind: WhyKind
    value: float | None = None


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan asks for. `margin` 0 = no stratified part; `expected` share of what is counted."""

    risk: int = 0
    margin: float = 0.1
    confidence: float = 0.9
    expected: float = 0.5
    most_per_agent: int | None = None


class Stratum(msgspec.Struct, frozen=True, kw_only=True):
    """One agent's part. `margin`: the error that is reached, ±; None when nothing is drawn of many."""

    agent: str
    calls: int
    sample: int
    margin: float | None


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was chosen, and why; the strongest reason first."""

    call: str
    agent: str
    began_ms: int
    agents: frozenset[str]
    total: float | None
    why: tuple[Why, ...]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: those at risk first, the others by agent."""

    population: int
    chosen: tuple[Choice, ...]
    strata: tuple[Stratum, ...]
    risk: int
    drawn: int


def sample_size(population: int, margin: float, confidence: float, expected: float = 0.5) -> int:
    """How many of `population` must be looked at so that a share is known to ± `margin` (Cochran, with the
    correction for a finite population)."""
    if population <= 0 or margin <= 0:
        return 0
    wide = z_of(confidence) ** 2 * expected * (1 - expected) / margin**2
    return min(population, math.ceil(wide / (1 + (wide - 1) / population)))


def margin_of(population: int, sample: int, confidence: float, expected: float = 0.5) -> float | None:
    """The error ± that a sample of this size reaches; 0 when all were looked at, None when none was."""
    if sample <= 0:
        return None if population else 0.0
    if sample >= population:
        return 0.0
    finite = (population - sample) / (population - 1)
    return z_of(confidence) * math.sqrt(expected * (1 - expected) / sample * finite)


def choose(candidates: Iterable[Candidate], terms: Terms, seed: int) -> Sample:
    """The plan's calls. The drawn part is drawn from all of an agent's calls, those at risk too: only so is
    it an estimate of them all."""
    calls = sorted(candidates, key=lambda each: each.call)
    long_ms = _long_ms([each.talk_ms for each in calls])
    reasons: dict[str, list[Why]] = defaultdict(list)
    weights: dict[str, float] = {}
    for each in calls:
        why = risk_of(each, long_ms)
        if why:
            reasons[each.call], weights[each.call] = why, _weight(why)
    worst = sorted(weights, key=lambda call: (-weights[call], _lot(seed, "risk", call)))[: max(0, terms.risk)]
    why_chosen = {call: list(reasons[call]) for call in worst}
    strata: list[Stratum] = []
    by_agent: dict[str, list[Candidate]] = defaultdict(list)
    for each in calls:
        if each.agent:
            by_agent[each.agent].append(each)
    drawn = 0
    for agent in sorted(by_agent) if terms.margin > 0 else ():
        own = by_agent[agent]
        size = sample_size(len(own), terms.margin, terms.confidence, terms.expected)
        if terms.most_per_agent is not None:
            size = min(size, terms.most_per_agent)
        drawn += size
        reached = margin_of(len(own), size, terms.confidence, terms.expected)
        strata.append(Stratum(agent=agent, calls=len(own), sample=size, margin=reached))
        in_order = sorted(own, key=lambda each: _lot(seed, "stratum", each.call))
        for each in in_order[:size]:
            why_chosen.setdefault(each.call, []).append(Why(kind="stratum", value=len(own)))
    known = {each.call: each for each in calls}
    order = [*worst, *(call for call in why_chosen if call not in weights or call not in set(worst))]
    chosen = tuple(
        Choice(
            call=call,
            agent=known[call].agent,
            began_ms=known[call].began_ms,
            agents=known[call].agents | {known[call].agent} - {""},
            total=known[call].total,
            why=tuple(why_chosen[call]),
        )
        for call in order
    )
    return Sample(population=len(calls), chosen=chosen, strata=tuple(strata), risk=len(worst), drawn=drawn)


def risk_of(candidate: Candidate, long_ms: int) -> list[Why]:
    """Why a call is at risk, the strongest reason first; nothing of a call that went well."""
    found = []
    if candidate.fatal:
        found.append(Why(kind="fatal"))
    if candidate.complaint:
        found.append(Why(kind="complaint"))
    if candidate.dropped:
        found.append(Why(kind="dropped"))
    if candidate.lost:
        found.append(Why(kind="lost_points", value=candidate.lost))
    if candidate.talk_ms >= long_ms:
        found.append(Why(kind="long", value=candidate.talk_ms))
    if candidate.unsure:
        found.append(Why(kind="unsure", value=candidate.unsure))
    return sorted(found, key=lambda why: -_weight([why]))


def _weight(reasons: Iterable[Why]) -> float:
    total = 0.0
    for why in reasons:
        each = WEIGHTS.get(why.kind, 1.0)
        total += each * (why.value or 0) if why.kind in ("lost_points", "unsure") else each
    return total


def _long_ms(lengths: Sequence[int]) -> int:
    """From how long on a call is one of the longest at hand."""
    in_order = sorted(length for length in lengths if length > 0)
    if not in_order:
        return 1
    longest = in_order[max(0, math.ceil(len(in_order) * (1 - LONG_SHARE)) - 1)]
    return max(1, longest, 2 * in_order[len(in_order) // 2])


def _lot(seed: int, what: str, name: str) -> bytes:
    """A lot drawn for a name: the same each time, as good as any other."""
    return hashlib.blake2b(f"{seed}.{what}.{name}".encode(), digest_size=8).digest()


def assign(
    choices: Sequence[Choice],
    inspectors: Sequence[str],
    seed: int,
    allowed: Callable[[Choice, str], bool] | None = None,
) -> dict[str, str]:
    """Call → inspector, as evenly as can be; nobody gets a call that they had a part in.

    A call that no inspector may judge is left out of the answer. Each inspector gets calls of each agent
    alike, so that no agent is judged by one person alone where there are several.
    """

    def may(choice: Choice, inspector: str) -> bool:
        return inspector not in choice.agents and (allowed is None or allowed(choice, inspector))

    free = {choice.call: [one for one in inspectors if may(choice, one)] for choice in choices}
    load, of_agent = Counter[str](), Counter[tuple[str, str]]()
    found: dict[str, str] = {}
    hardest = sorted(choices, key=lambda each: (len(free[each.call]), _lot(seed, "turn", each.call)))
    for choice in hardest:
        if not (able := free[choice.call]):
            continue
        agent = choice.agent
        taker = min(able, key=lambda one: (load[one], of_agent[one, agent], _lot(seed, choice.call, one)))
        load[taker] += 1
        of_agent[taker, agent] += 1
        found[choice.call] = taker
    return found


def loads(assigned: Mapping[str, str], inspectors: Sequence[str]) -> dict[str, int]:
    """How many each inspector got."""
    counts = Counter(assigned.values())
    return {one: counts[one] for one in inspectors}
