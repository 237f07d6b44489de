"""Sixty judged calls of four agents in a real centre's database, where calling them in would take an hour.

They come in as calls do: facts through the store, words through the backlog of hearing, findings through
judging, with the book as shipped. Only the telephone is left out; that real calls are judged is
`test_real_quality`'s matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from huawu.calls.facts import Fact
from huawu.calls.store import CallStore
from huawu.platform.cause import Cause
from huawu.platform.clock import SystemClock
from huawu.platform.database import Database
from huawu.quality.queue import Claimed, JudgingQueue
from huawu.quality.service import Quality, listens
from huawu.speech.backlog import Backlog, Wanted
from huawu.speech.hearing import Hearing, Turn
from huawu.speech.recogniser import Word
from tests.support.centre import RunningCentre

AGENTS: Final = {"1001": "林晓雨", "1002": "陈志远", "1003": "王思琪", "1004": "赵一鸣"}
CALLS_EACH: Final = 15
HEARER: Final = "test-hearer"
_DAY_MS: Final = 86_400_000
_HOUR_MS: Final = 3_600_000

_HELLO = (4_500, 8_000, "agent", "您好，这里是云程出行，工号{agent}，请问有什么可以帮您？")
_BARE_HELLO = (4_500, 5_500, "agent", "喂，你说吧。")
_ASKED = (8_500, 11_000, "caller", "请问从东门到机场要多少钱？")
_ANSWERED = (12_000, 16_000, "agent", "从东门到机场大约八十元，走高速要再加十元。")
_HOW_LONG = (17_000, 18_500, "caller", "那要多久能到？")
_SO_LONG = (19_000, 23_000, "agent", "大约四十分钟，早晚高峰会久一些。")
_BILL = (23_500, 26_000, "caller", "好的，可以开发票吗？")
_YES = (26_500, 32_000, "agent", "可以的，行程结束之后，在手机里就能申请电子发票。")
_CLEAR = (32_500, 34_000, "caller", "明白了，谢谢。")
_MORE = (34_500, 37_000, "agent", "请问还有什么可以帮您？")
_NO_MORE = (37_500, 38_500, "caller", "没有了，谢谢。")
_FAREWELL = (39_000, 43_000, "agent", "不客气，感谢您的来电，祝您生活愉快，再见。")
_GOOD: Final = (
    _HELLO,
    _ASKED,
    _ANSWERED,
    _HOW_LONG,
    _SO_LONG,
    _BILL,
    _YES,
    _CLEAR,
    _MORE,
    _NO_MORE,
    _FAREWELL,
)
_CURT: Final = (_BARE_HELLO, _ASKED, _ANSWERED)
"""No greeting, nothing asked, no farewell: and a long silence before the end."""


class Had:
    """The calls that are there now, by id: those of each agent, the newest first, and the stuck one."""

    def __init__(self, of: dict[str, list[str]], stuck: str) -> None:
        self.of = of
        self.stuck = stuck


async def have_judged_calls(centre: RunningCentre) -> Had:
    """Put them there, over the last nine days, and judge them. The first two agents are the better ones.

    Besides them stands one call that could not be judged.
    """
    db = Database(f"sqlite:///{(centre.folder / 'huawu.db').absolute()}")
    store = CallStore(db)
    await store.start()
    try:
        clock = SystemClock()
        quality = Quality(db, clock, listens=listens, name="test-judge")
        calls = {agent: list(_calls_of(nth, agent, clock.now_ms())) for nth, agent in enumerate(AGENTS)}
        at_ms = clock.now_ms() - 2 * _DAY_MS
        stuck = _facts(
            f"q9-{at_ms:011x}", at_ms, [], agent="1002", caller="01306099", queue="general", slow=False
        )
        for facts, _ in (each for of_agent in calls.values() for each in of_agent):
            store.append(facts)
        await _get_stuck(db, stuck[0].call, clock.now_ms())  # before a sweep can find it
        store.append(stuck)
        await store.flush()
        for facts, turns in (each for of_agent in calls.values() for each in of_agent):
            if turns:
                await _hear(Backlog(db), facts, turns, clock.now_ms())
            await quality.judging.wanted(facts[0].call)
        while (await quality.judging.queue.backlog(clock.now_ms()))[0]:
            await quality.judging.turn()
        of = {agent: [facts[0].call for facts, _ in of_agent] for agent, of_agent in calls.items()}
        return Had(of, stuck[0].call)
    finally:
        await store.close()
        await db.close()


def _calls_of(nth_agent: int, agent: str, now_ms: int) -> Iterator[tuple[list[Fact], Sequence[Turn]]]:
    for nth in range(CALLS_EACH):
        at_ms = now_ms - _DAY_MS - nth * (8 * _DAY_MS // CALLS_EACH) - nth_agent * _HOUR_MS
        curt = nth % (7 - 2 * nth_agent) == 0
        call = f"q{nth_agent}{nth:02d}-{at_ms:011x}"
        caller = f"0130{6010 + nth_agent * 20 + nth}"
        lines = [
            (begins, ends, party, text.format(agent=agent))
            for begins, ends, party, text in (_CURT if curt else _GOOD)
        ]
        queue = "complaints" if agent in ("1001", "1004") and nth % 4 == 3 else "general"
        facts = _facts(call, at_ms, lines, agent=agent, caller=caller, queue=queue, slow=curt)
        late_ms = _rings_ms(curt) - 4_000
        said = [
            Turn(
                party=party,
                from_ms=late_ms + begins,
                to_ms=late_ms + ends,
                text=text,
                words=_words(text, late_ms + begins, late_ms + ends),
                confidence=0.9,
            )
            for begins, ends, party, text in lines
        ]
        yield facts, (() if nth % 7 == 6 else said)


def _rings_ms(slow: bool) -> int:
    return 14_000 if slow else 4_000


def _words(text: str, from_ms: int, to_ms: int) -> tuple[Word, ...]:
    """Each sign for as long as any other."""
    step = (to_ms - from_ms) / len(text)
    return tuple(
        Word(
            text=sign,
            from_ms=round(from_ms + nth * step),
            to_ms=round(from_ms + (nth + 1) * step),
            confidence=0.9,
        )
        for nth, sign in enumerate(text)
    )


def _facts(
    call: str,
    at_ms: int,
    lines: Sequence[tuple[int, int, str, str]],
    *,
    agent: str,
    caller: str,
    queue: str,
    slow: bool,
) -> list[Fact]:
    rings_ms = _rings_ms(slow)
    late_ms = rings_ms - 4_000
    told: list[tuple[int, str, str, dict[str, Any]]] = [
        (0, "offered", "caller", {"caller": caller, "number": "4000"}),
        (10, "answered", "caller", {"codec": "PCMA"}),
        (20, "queued", "centre", {"queue": queue}),
        (1_000, "agent_ringing", "agent", {"agent": agent}),
        (rings_ms, "agent_answered", "agent", {"agent": agent}),
        (rings_ms, "bridged", "agent", {"agent": agent, "agent_name": AGENTS[agent]}),
    ]
    for begins, ends, party, _ in lines:
        voice = {"began_ms": at_ms + late_ms + begins, "ended_ms": at_ms + late_ms + ends}
        told.append((late_ms + ends, "talk", party, {**voice, "level_db": -22.0, "peak_db": -12.0}))
    told.append((late_ms + 45_000, "ended", "caller", {"by": "caller", "reason": "normal"}))
    return [
        Fact(call=call, seq=seq, at_ms=at_ms + after, kind=kind, party=party, fields=fields)  # type: ignore[arg-type]
        for seq, (after, kind, party, fields) in enumerate(told, start=1)
    ]


async def _get_stuck(db: Database, call: str, now_ms: int) -> None:
    """As after a fault of judging that is mended by now: it waits until somebody asks again."""
    queue = JudgingQueue(db, "test-judge")
    await queue.ask((call,), "asked", due_ms=now_ms + _HOUR_MS, now_ms=now_ms)
    claimed = Claimed(call=call, wanted=1, attempts=0, why="asked")
    lacks = {"fact": "talk", "at_ms": now_ms, "field": "began_ms"}
    why = Cause(code="fact_lacks", values=lacks, detail="the fact 'talk' cannot be understood")
    await queue.broken(claimed, why, now_ms=now_ms)


async def _hear(backlog: Backlog, facts: Sequence[Fact], turns: Sequence[Turn], now_ms: int) -> None:
    """As a worker hears a recording: claimed, and finished with its words."""
    call = facts[0].call
    zero_ms = facts[0].at_ms
    wanted = Wanted(call=call, recording=f"{call}-1", path=f"{call}.flac", zero_ms=zero_ms, audio_ms=60_000)
    await backlog.put([wanted], 0)  # the oldest of all, so that no real call's recording is claimed
    claimed = await backlog.claim(HEARER, now_ms)
    assert claimed is not None
    assert claimed.call == call
    heard = Hearing(duration_ms=60_000, took_ms=9_000, by="test", language="zh", turns=tuple(turns))
    await backlog.finish(HEARER, call, heard, now_ms)
