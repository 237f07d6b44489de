"""Scripted calls through a real switch as live calls: judged live as afterwards, and how soon hints come.

What is compared, call by call: what live assist found while the call went on, and what the standard says of
the timeline as the centre stored it. Then both against the labels, and each hint's way to the desk's socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from tools.measure.centre import free_port, running_centre
from tools.measure.parts import Row, Trouble, loop_ns
from tools.proof.judging import Tally, compared
from tools.proof.layout import answered_ms, laid_out
from tools.proof.script import Call, load_all
from tools.proof.script_ear import ScriptEar, Spoken
from tools.proof.stage import Played, Shown, Stage, acts_afterwards, configuration, stage, unplayed
from tools.proof.tapped import Live, read
from tools.proof.timeline import BEGAN_MS

from huawu.calls.assist.prompting import BEGUN_MS, QUIET_MS
from huawu.calls.facts import Fact
from huawu.calls.finding import CallFilter
from huawu.calls.reading import CallReader
from huawu.link import house_time
from huawu.platform.clock import SystemClock
from huawu.platform.database import Database
from huawu.speech.spotting import Spotter
from huawu.standard import Standard, Verdict, load_standard
from huawu.standard.checks import Test
from huawu.standard.course import TURN_PAUSE_MS
from huawu.switch.media.talk import HANGOVER_MS

LANES: Final = 14
LISTENS_S: Final = 6.0
"""The centre looks so often whether somebody listens."""
TOLD_S: Final = 30.0
BY_TIMING: Final = frozenset("TV")
ROOT: Final = Path(__file__).parents[2]


@dataclass(slots=True)
class Found:
    """What came of all calls."""

    calls: list[Call] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)
    verdicts: int = 0
    differences: list[str] = field(default_factory=list)
    shifted_ms: list[int] = field(default_factory=list)
    """How far apart the instants of the same verdict were."""
    live: dict[str, Tally] = field(default_factory=dict)
    after: dict[str, Tally] = field(default_factory=dict)
    late_ms: list[float] = field(default_factory=list)
    """Of hints of timing rules that nothing held back."""
    slowest: list[tuple[float, str]] = field(default_factory=list)
    held_back: int = 0
    hints: int = 0
    acts_afterwards: int = 0
    complaints: list[str] = field(default_factory=list)


def spoken(folder: Path, trouble: Trouble) -> Iterator[Row]:
    """Part q."""
    loop = loop_ns()
    found = played(folder, load_all(), LANES)
    loop = (loop + loop_ns()) / 2
    trouble.lines += [f"{name} was not played: {why}" for name, why in found.left_out.items()]
    trouble.lines += [f"{name}: {why}" for name, why in found.troubles.items()]
    trouble.lines.append(f"{found.acts_afterwards} acts after the calls' ends were not played")
    trouble.lines += found.differences + found.complaints
    trouble.lines += [f"hint after {late:.0f} ms: {what}" for late, what in sorted(found.slowest)[::-1][:5]]
    trouble.failed += len(found.troubles)
    alike = 100 * (1 - len(found.differences) / found.verdicts) if found.verdicts else 0.0
    yield Row(
        "q",
        f"live verdicts that the stored timeline gives, too ({len(found.calls)} calls, {LANES} at once)",
        "%",
        {
            "alike": alike,
            "of verdicts": found.verdicts,
            "ms apart": max(found.shifted_ms, default=0),
        },
        judged=alike,
        must=100,
        aim=100,
        loop_ns=loop,
        at_least=True,
    )
    standard = load_standard()
    for source, tallies in (("live", found.live), ("afterwards", found.after)):
        whole = _of_timing(standard, tallies)
        if whole.precision is not None and whole.recall is not None:
            yield Row(
                "q",
                f"breaches of rules that look at T and V, through the switch, {source}",
                "%",
                {"precision": 100 * whole.precision, "recall": 100 * whole.recall},
                judged=100 * min(whole.precision, whole.recall),
                must=100,
                aim=100,
                loop_ns=loop,
                at_least=True,
            )
            trouble.lines += [f"{source}: missed {one}" for one in whole.missed]
            trouble.lines += [f"{source}: false alarm {one}" for one in whole.false]
    if found.late_ms:
        late = sorted(found.late_ms)
        figures = {"p50": statistics.median(late), "p95": _share(late, 0.95), "p99": _share(late, 0.99)}
        told = f"{len(late)} of {found.hints} hints, {found.held_back} had waited for another"
        yield Row(
            "q", f"from the fact to the hint at the desk's socket, timing rules ({told})", "ms", figures,
            judged=figures["p99"], must=300, aim=150, loop_ns=loop,
        )  # fmt: skip


def _share(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]


def _of_timing(standard: Standard, tallies: dict[str, Tally]) -> Tally:
    whole = Tally()
    for rule, tally in tallies.items():
        if rule in standard.rules and set(standard.rules[rule].looks_at) <= BY_TIMING:
            whole.add(tally)
    return whole


def played(folder: Path, scripts: Iterable[Call], lanes: int) -> Found:
    """Start a switch and a centre, play what can be played, compare, end all. Raises `BenchFailed`."""
    folder.mkdir(parents=True, exist_ok=True)
    found = Found()
    for script in scripts:
        if why := unplayed(script):
            found.left_out[script.id] = why
        else:
            found.calls.append(script)
            found.acts_afterwards += acts_afterwards(script)
    ports = [free_port() for _ in range(2 * lanes)]
    verdicts = folder / "verdicts.jsonl"
    with (
        _surroundings(),
        running_centre(
            folder / "spoken",
            agents_count=len(ports),
            text=configuration(ports),
            programme=[sys.executable, "-m", "tools.proof.tapped", str(verdicts)],
        ) as centre,
    ):
        token = str(json.loads((centre.folder / "ready.json").read_text())["api_token"])
        asyncio.run(_on_stage(centre, ports, token, verdicts, found))
        found.complaints = [line for line in centre.complaints() if "no_agent" not in line]
    return found


@contextlib.contextmanager
def _surroundings() -> Iterator[None]:
    """All processes go by one clock, this one too; they find `tools`, wherever this was started."""
    known = dict(os.environ)
    paths = [str(ROOT), *filter(None, [known.get("PYTHONPATH", "")])]
    os.environ |= {house_time.VARIABLE: repr(house_time.zero_now()), "PYTHONPATH": os.pathsep.join(paths)}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(known)


async def _on_stage(centre: Any, ports: list[int], token: str, verdicts: Path, found: Found) -> None:
    clock = SystemClock(house_time.zero())
    db = Database(f"sqlite+aiosqlite:///{centre.folder / 'huawu.db'}")
    words: dict[str, Spoken] = {}
    ear = ScriptEar(db, clock, words)
    hearing = asyncio.create_task(ear.run())
    try:
        async with stage(centre, ports, words, token) as playing:
            await asyncio.sleep(LISTENS_S)
            every = await playing.play(found.calls)
            reader = CallReader(db)
            await _named(reader, every)
            await _all_told(verdicts, every)
            await ear.hear_recordings()
            await _compared(reader, read(verdicts), every, playing, found)
        if hearing.done():
            hearing.result()
    finally:
        hearing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await hearing
        await db.close()


async def _named(reader: CallReader, every: list[Played]) -> None:
    for one in every:
        page = await reader.find(CallFilter(query=one.caller))
        one.call = page.calls[0].id if page.calls else ""


async def _all_told(verdicts: Path, every: list[Played]) -> None:
    """Until the centre has forgotten every call."""
    deadline = asyncio.get_running_loop().time() + TOLD_S
    wanted = {one.call for one in every if one.call}
    while wanted - set(read(verdicts)):
        if asyncio.get_running_loop().time() > deadline:
            return
        await asyncio.sleep(0.5)


async def _compared(
    reader: CallReader, lives: dict[str, Live], every: list[Played], playing: Stage, found: Found
) -> None:
    standard = load_standard()
    spotter = Spotter(standard.phrases)
    shown = [one for lane in playing.lanes for one in lane.shown]
    for one in every:
        live = lives.get(one.call)
        if one.trouble or live is None:
            found.troubles[one.script.id] = one.trouble or "live assist said nothing"
            continue
        facts = await reader.timeline(one.call)
        after = standard.judge(facts, spotter.spot, live.now_ms)
        _hold_against(one.script.id, live.verdicts, after, found)
        for tallies, verdicts in ((found.live, live.verdicts), (found.after, after)):
            for rule, tally in compared(one.script, _on_the_scripts_clock(one, verdicts)).items():
                tallies.setdefault(rule, Tally()).add(tally)
        _time_hints(standard, facts, [each for each in shown if each.call == one.call], found)


def _key(verdict: Verdict) -> tuple[Any, ...]:
    return verdict.rule, verdict.check, verdict.verdict, verdict.from_ms, verdict.to_ms


def _hold_against(name: str, live: Sequence[Verdict], after: Sequence[Verdict], found: Found) -> None:
    found.verdicts += len(after)
    ours, theirs = (Counter((v.rule, v.check, v.verdict) for v in each) for each in (live, after))
    for (rule, check, verdict), count in (ours - theirs).items():
        found.differences.append(f"{name}: {rule}.{check} {verdict} only live (× {count})")
    for (rule, check, verdict), count in (theirs - ours).items():
        found.differences.append(f"{name}: {rule}.{check} {verdict} only afterwards (× {count})")
    if ours == theirs:
        for one, other in zip(sorted(live, key=_key), sorted(after, key=_key), strict=True):
            found.shifted_ms.append(max(abs(one.from_ms - other.from_ms), abs(one.to_ms - other.to_ms)))


def _on_the_scripts_clock(one: Played, verdicts: Iterable[Verdict]) -> list[Verdict]:
    by_ms = BEGAN_MS + answered_ms(laid_out(one.script)) - one.zero_ms
    return [
        msgspec.structs.replace(each, from_ms=each.from_ms + by_ms, to_ms=each.to_ms + by_ms)
        for each in verdicts
    ]


# ── Hints ─────────────────────────────────────────────────────────────────────────────────────────


def _time_hints(standard: Standard, facts: Sequence[Fact], shown: Sequence[Shown], found: Found) -> None:
    """How long after its fact each hint of a timing rule was at the desk, if nothing held it back."""
    instants = _Instants.of(facts)
    over: dict[str, float] = {}  # since when a rule's hint is gone
    told: set[str] = set()
    before: Shown | None = None
    for each in shown:
        hint = each.hint
        if before is not None and before.hint is not None:
            over[before.hint["rule"]] = each.at_ms
        if hint is not None and not (before and before.hint and _same(before.hint, hint)):
            first = hint["rule"] not in told
            told.add(hint["rule"])
            due_ms = _due_ms(standard, hint, instants, each.at_ms, first=first)
            if due_ms is not None:
                found.hints += 1
                quiet_ms = over.get(hint["rule"], 0) + QUIET_MS[hint["kind"]]
                busy = before is not None and (before.hint is not None or before.at_ms > due_ms)
                if quiet_ms > due_ms or (busy and before is not None and before.at_ms < each.at_ms):
                    found.held_back += 1
                else:
                    found.late_ms.append(each.at_ms - due_ms)
                    found.slowest.append((each.at_ms - due_ms, f"{hint['rule']} ({hint['kind']})"))
        before = each


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return (one["rule"], one["since_ms"], one["step"]) == (other["rule"], other["since_ms"], other["step"])


class _Instants(NamedTuple):
    """When something happened in a call, words left aside."""

    every: frozenset[int]
    ends: frozenset[int]
    """Of talks."""

    @classmethod
    def of(cls, facts: Sequence[Fact]) -> _Instants:
        talks = [fact.fields for fact in facts if fact.kind == "talk"]
        ends = frozenset(int(talk["ended_ms"]) for talk in talks)
        begins = frozenset(int(talk["began_ms"]) for talk in talks)
        others = frozenset(fact.at_ms for fact in facts if fact.kind not in ("talk", "said", "heard"))
        return cls(ends | begins | others, ends)


def _due_ms(
    standard: Standard, hint: dict[str, Any], instants: _Instants, at_ms: float, *, first: bool
) -> float | None:
    """When the hint was to be shown; None: it came of words. `first`: of its rule in the call."""
    tests = [test for test in standard.tests if test.rule.id == hint["rule"] and not test.sides]
    since_ms: int = hint["since_ms"]
    if hint["kind"] == "warn":
        waits = [since_ms + test.warn_after_ms for test in tests if test.warn_after_ms is not None]
        return max((due_ms for due_ms in waits if due_ms <= at_ms), default=None)
    if not tests or since_ms not in instants.every:
        return None
    due_ms = since_ms
    if since_ms in instants.ends:
        due_ms += TURN_PAUSE_MS if _follows_a_turn(tests, hint) else HANGOVER_MS
    return max(due_ms, since_ms + BEGUN_MS) if first and hint["kind"] == "procedure" else due_ms


def _follows_a_turn(tests: Sequence[Test], hint: dict[str, Any]) -> bool:
    """A turn is over only when a longer pause says so."""
    before: int = hint["step"] - 2
    done = [test.procedure.stages[before].do for test in tests if test.procedure is not None and before >= 0]
    return any(signal.startswith("turn:") for each in done for signal in each.signals)
