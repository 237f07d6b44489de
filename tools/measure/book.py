"""What the service standard costs: hours of calls judged in a CPU-second, and how that grows.

The calls are made of the scripted ones of `tools/proof`, said word for word: one greeting, the middles of
many, one leave-taking, as long as wanted. Phrases are marked beforehand, as a worker does it once.
"""

from __future__ import annotations

import gc
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle
from pathlib import Path

import msgspec
from tools.measure.parts import Row, Trouble, loop_ns
from tools.native import CannotCompile, build
from tools.proof.script import load_all
from tools.proof.timeline import Fact, perfect

from huawu.link import memory
from huawu.speech.spotting import Spotter
from huawu.standard import Mark, Standard, course, load_standard

USUAL_MS = 240_000
"""A usual call."""
RULE_SHARES = (0.25, 0.5, 1.0)
LENGTHS_MS = (60_000, USUAL_MS, 1_200_000, 3_600_000)
LEAST_S = 1.0
MUST, AIM = 100.0, 200.0
LEAVING = frozenset(
    {"anything-else", "farewell", "thanks-for-calling", "caller-goodbye", "caller-bye", "caller-no-more"}
)
"""Phrases by which a call begins to end."""
Marks = Mapping[int, tuple[Mark, ...]]


def standard(folder: Path, trouble: Trouble) -> Iterator[Row]:
    """Part m: the whole standard; a share of its rules; calls from a minute to an hour; marking phrases.

    First as the sources stand, then as the wheel for a platform holds them, compiled.
    """
    yield from _apart(sys.path)
    try:
        build(folder / "native")
    except CannotCompile as error:
        trouble.lines.append(f"m, compiled, was left out: {error}")
        return
    yield from _apart([str(folder / "native"), *sys.path])


def _apart(path: list[str]) -> list[Row]:
    """The rows as a process of its own finds them that looks for the package on this path.

    Its memory is settled as the judge's is: elsewhere the collector of circles looks through all that the
    bench has loaded, again and again, which takes a third of the time.
    """
    before, sys.path = sys.path, path  # what a new process begins with
    try:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            return process.submit(_judging).result()
    finally:
        sys.path = before


def _judging() -> list[Row]:
    book = load_standard()
    memory.settle()
    return list(_rows(book))


def is_compiled() -> bool:
    """Whether the judge of this process is made of extensions."""
    return not str(course.__file__).endswith(".py")


def _rows(book: Standard) -> Iterator[Row]:
    spotter = Spotter(book.phrases)
    how = "compiled, as a wheel for a platform holds it" if is_compiled() else "as the sources stand"
    loop = loop_ns()
    usual = conversation(USUAL_MS, spotter)
    marks = marked(usual, spotter)
    hours = hours_a_second(book, usual, marks)
    crowded = back_to_back(USUAL_MS)
    hours_crowded = hours_a_second(book, crowded, marked(crowded, spotter))
    rules = {
        f"{round(share * len(book.book.rules))} rules": hours_a_second(_part(book, share), usual, marks)
        for share in RULE_SHARES
    }
    yield Row(
        "m",
        f"calls' timelines judged by the whole standard ({len(book.tests)} checks), {how}",
        "h a CPU-second",
        {"4-minute calls": hours, "scripts back to back": hours_crowded, **rules},
        judged=hours,
        must=MUST,
        aim=AIM,
        loop_ns=(loop + loop_ns()) / 2,
        at_least=True,
    )
    growth = dict(_growth(book, spotter))
    yield Row("m", f"a fact of a call that lasts, {how}", "µs", growth, loop_ns=loop_ns())
    if is_compiled():
        return  # phrases are found by the same code
    said = list({fact.fields["text"]: fact for fact in usual if fact.kind == "said"}.values())
    fresh = Spotter(book.phrases)
    began = time.process_time()
    for fact in said:
        fresh.spot(fact)
    took = time.process_time() - began
    yield Row(
        "m",
        f"finding {len(book.phrases)} phrases in what was never said before",
        "1/s",
        {"utterances": len(said) / took},
        loop_ns=loop_ns(),
    )


def conversation(length_ms: int, spotter: Spotter) -> tuple[Fact, ...]:
    """One call of about that length: it begins and takes leave once, as a scripted Chinese call does.

    In between are the middles of the others, again and again.
    """
    calls, first = _scripted()
    leave_ms = _leave_ms(first, spotter)
    facts = [fact for fact in first if fact.at_ms <= leave_ms]
    parting_ms = first[-1].at_ms - leave_ms
    middles = [_middle(call, spotter) for call in calls]
    at_ms = _string(facts, middles, first[0].at_ms + length_ms - parting_ms)
    shift = at_ms + 1_000 - leave_ms
    facts += [_moved(fact, shift) for fact in first if fact.at_ms > leave_ms]
    return tuple(facts)


def back_to_back(length_ms: int) -> tuple[Fact, ...]:
    """The scripted calls one after another in one call, with all their greetings and farewells."""
    calls, first = _scripted()
    answered = next(at for at, fact in enumerate(first) if fact.kind == "recording_started") + 1
    facts = list(first[:answered])
    at_ms = _string(facts, [_talking(call) for call in calls], facts[-1].at_ms + length_ms)
    last = next(fact for fact in first if fact.kind == "ended")
    facts.append(_moved(last, at_ms + 1_000 - last.at_ms))
    for side in ("caller", "agent"):
        fields = {"until_ms": at_ms, "final": True, "by": "script"}
        facts.append(_moved(last, at_ms + 1_001 - last.at_ms, kind="heard", party=side, fields=fields))
    return tuple(facts)


def _scripted() -> tuple[list[tuple[Fact, ...]], tuple[Fact, ...]]:
    """The Chinese calls, and the one that others are put into: it has a hold."""
    calls = [perfect(call) for call in load_all() if call.language == "zh"]
    return calls, next(facts for facts in calls if any(fact.kind == "held" for fact in facts))


def _string(facts: list[Fact], pieces: Sequence[list[Fact]], until_ms: int) -> int:
    """Put pieces behind the facts, a second apart, until an instant is reached; when the last one ends."""
    at_ms, some = facts[-1].at_ms, [piece for piece in pieces if piece]
    for piece in cycle(some):
        if at_ms >= until_ms:
            break
        shift = at_ms + 1_000 - min(map(_begins_ms, piece))
        facts += [_moved(fact, shift) for fact in piece]
        at_ms = facts[-1].at_ms
    return at_ms


def _leave_ms(facts: tuple[Fact, ...], spotter: Spotter) -> int:
    """When either begins to take leave; the end when nobody does."""
    leaves = [
        _begins_ms(fact)
        for fact in facts
        if fact.kind == "said" and any(mark.phrase in LEAVING for mark in spotter.spot(fact))
    ]
    return min(leaves, default=facts[-1].at_ms)


def _middle(facts: tuple[Fact, ...], spotter: Spotter) -> list[Fact]:
    """What goes on between the agent's first words and leave-taking."""
    greeted_ms = next((f.at_ms for f in facts if f.kind == "said" and f.party == "agent"), facts[-1].at_ms)
    leave_ms = _leave_ms(facts, spotter)
    return _talking([f for f in facts if greeted_ms <= _begins_ms(f) and f.at_ms <= leave_ms])


def _talking(facts: Sequence[Fact]) -> list[Fact]:
    """What goes on, whatever else happens; a hold that only the end ended is over."""
    kept = [fact for fact in facts if fact.kind in ("talk", "said", "held", "resumed", "muted", "unmuted")]
    line = [fact.kind for fact in kept if fact.kind in ("held", "resumed")]
    if line and line[-1] == "held":
        kept.append(_moved(kept[-1], 0, kind="resumed", party="agent", fields={}))
    return kept


def _begins_ms(fact: Fact) -> int:
    """What is told when it is over began before."""
    return int(fact.fields.get("from_ms", fact.fields.get("began_ms", fact.at_ms)))


def _moved(fact: Fact, by_ms: int, **changed: object) -> Fact:
    fields: dict[str, object] = {
        name: value + by_ms if name.endswith("_ms") and isinstance(value, int) else value
        for name, value in fact.fields.items()
    }
    if words := fact.fields.get("words"):
        fields["words"] = [[word, begun + by_ms, over + by_ms, *sure] for word, begun, over, *sure in words]
    told: dict[str, object] = {
        "kind": fact.kind,
        "party": fact.party,
        "fields": fields,
        **changed,
    }
    return Fact(call=fact.call, seq=0, at_ms=fact.at_ms + by_ms, **told)  # type: ignore[arg-type]


def marked(facts: tuple[Fact, ...], spotter: Spotter) -> Marks:
    """The phrases in each utterance."""
    return {id(fact): spotter.spot(fact) for fact in facts if fact.kind == "said"}


def hours_a_second(book: Standard, facts: tuple[Fact, ...], marks: Marks) -> float:
    """Hours of such calls that are judged in a CPU-second."""
    length_ms = facts[-1].at_ms - facts[0].at_ms
    return length_ms / 3_600_000 / _seconds(lambda: judged(book, facts, marks))


def judged(book: Standard, facts: tuple[Fact, ...], marks: Marks) -> int:
    """How many verdicts a call gets."""
    return len(book.judge(facts, lambda fact: marks.get(id(fact), ()), facts[-1].at_ms + 1))


def _growth(book: Standard, spotter: Spotter) -> Iterator[tuple[str, float]]:
    for length_ms in LENGTHS_MS:
        facts = conversation(length_ms, spotter)
        marks = marked(facts, spotter)
        took = _seconds(lambda facts=facts, marks=marks: judged(book, facts, marks))  # type: ignore[misc]
        yield f"{length_ms // 60_000} min", 1e6 * took / len(facts)


def _part(book: Standard, share: float) -> Standard:
    """The standard with so many of its rules, every n-th."""
    rules = book.book.rules
    kept = [rule for at, rule in enumerate(rules) if int((at + 1) * share) > int(at * share)]
    return Standard(msgspec.structs.replace(book.book, rules=tuple(kept)))


def _seconds(work: Callable[[], object]) -> float:
    """CPU seconds that one turn takes: the least of three tries of about a second."""
    work()
    tries = []
    for _ in range(3):
        turns, began = 0, time.process_time()
        gc.collect()
        while (took := time.process_time() - began) < LEAST_S / 3:
            work()
            turns += 1
        tries.append(took / turns)
    return min(tries)
