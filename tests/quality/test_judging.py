"""Every call that is over is judged: soon, again with its words, again when a deadline passes, once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, select, update

from huawu.calls.facts import Fact
from huawu.calls.record import CallRecord
from huawu.calls.store import CallStore
from huawu.calls.tables import facts
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database
from huawu.quality.assessment import Assessment
from huawu.quality.book import Books
from huawu.quality.judging import Judging, why_broken
from huawu.quality.listing import CallsWanted
from huawu.quality.queue import CLAIM_MS
from huawu.quality.records import Assessments
from huawu.quality.tables import book_versions
from huawu.quality.tables import judging as judging_table
from huawu.standard import BrokenTimeline, Standard
from huawu.standard.written import read_book
from tests.quality.conftest import Talk, call_facts, judge_all
from tests.quality.small_book import TEXT, listens, load_small_book
from tests.support.tools import PATIENCE_S


async def verdicts(kept: Assessments, call: str) -> dict[str, str]:
    found = await kept.latest(call)
    assert found is not None
    return {each.rule: each.verdict for each in found.findings}


async def test_a_call_is_judged_two_seconds_after_its_end(
    talk: Talk, judging: Judging, kept: Assessments, clock: VirtualClock
) -> None:
    await talk("c1", judged=False, by="agent")
    await judging.turn()
    clock.advance(1_999)
    assert not await judging.turn()
    assert await kept.latest("c1") is None
    assert (await judging.queue.state_of("c1", clock.now_ms()))[0] == "waiting"
    clock.advance(1)
    await judging.turn()
    found = await kept.latest("c1")
    assert found is not None
    assert (found.agent, found.queue, found.talk_ms, found.fatal) == ("wang", "help", 60_000, True)
    assert (found.words, found.unsure, found.breaches, found.lost) == (False, 1, 1, 20)
    assert found.rest.by_people == ["plain.words"]
    assert found.rest.worst == ["ban.hangup"]
    assert (await verdicts(kept, "c1"))["open.greeting"] == "unsure", "nobody heard the words yet"
    assert (await judging.queue.state_of("c1", clock.now_ms()))[0] == "none"


async def test_a_call_that_goes_on_is_not_judged(talk: Talk, kept: Assessments) -> None:
    await talk("c1", ended=False)
    assert await kept.latest("c1") is None


async def test_it_is_judged_again_when_its_words_are_there(
    talk: Talk, store: CallStore, judging: Judging, kept: Assessments, clock: VirtualClock
) -> None:
    await talk("c1")
    words = [
        Fact(call="c1", seq=0, at_ms=clock.now_ms(), kind=kind, party="agent", fields=fields)  # type: ignore[arg-type]
        for kind, fields in (
            ("said", {"text": "您好", "from_ms": clock.now_ms() - 62_000, "to_ms": clock.now_ms() - 61_000}),
            ("heard", {"until_ms": clock.now_ms() + 9, "final": True}),
        )
    ]
    store.append(words)
    await store.flush()
    await judging.wanted("c1")
    await judging.turn()
    assert (await verdicts(kept, "c1"))["open.greeting"] == "pass"
    found = await kept.latest("c1")
    assert found is not None
    assert (found.words, found.total) == (True, 100.0)


async def test_it_is_judged_again_when_a_deadline_passes(
    talk: Talk, store: CallStore, judging: Judging, kept: Assessments, clock: VirtualClock
) -> None:
    await talk("c1")
    due_ms = clock.now_ms() + 86_400_000
    opened = {"ticket": "c1.t1", "agent": "wang", "disposition": "enquiry.undecided", "due_ms": due_ms}
    store.append(
        [Fact(call="c1", seq=0, at_ms=clock.now_ms(), kind="ticket_opened", party="agent", fields=opened)]
    )
    await store.flush()
    await judge_all(judging, clock)
    assert "ban.follow-up" not in await verdicts(kept, "c1")
    assert (await judging.backlog()).waiting == 0, "what is due tomorrow is no backlog"
    clock.advance(due_ms - clock.now_ms() + 2_000)
    await judging.turn()
    assert (await verdicts(kept, "c1"))["ban.follow-up"] == "breach"


async def test_it_is_judged_again_when_the_time_for_work_is_over(
    talk: Talk, store: CallStore, db: Database, clock: VirtualClock, kept: Assessments
) -> None:
    """A check of words and work: half an hour after the words nobody has done anything."""
    rule = """
  - id: complaint.record
    part: promises
    source: S1
    looks_at: PW
    title: {zh: 投诉登记, en: A complaint on record}
    checks:
      - {when: {said: greeting, by: agent}, must: {fact: ticket_opened}, later: 30m, cut: goes-on}
"""
    standard = Standard(read_book({"small.yaml": TEXT + rule[1:]}))
    judging = Judging(db, clock, Books(db, clock, lambda _: standard, listens))
    store.told = judging.told
    await talk("c1", said="您好", judged=False)
    await judge_all(judging, clock)
    assert "complaint.record" not in await verdicts(kept, "c1")
    assert (await judging.backlog()).waiting == 0, "what time will tell is no backlog"
    clock.advance(30 * 60_000)
    await judging.turn()
    assert (await verdicts(kept, "c1"))["complaint.record"] == "breach"
    assert (await judging.queue.state_of("c1", clock.now_ms()))[0] == "none"


async def test_a_broken_timeline_is_told_and_holds_up_nobody(
    talk: Talk, judging: Judging, kept: Assessments, clock: VirtualClock
) -> None:
    await talk("c1", judged=False, said="torn")
    await talk("c2")
    assert await kept.latest("c1") is None
    assert await kept.latest("c2") is not None
    backlog = await judging.backlog()
    assert (backlog.waiting, backlog.broken[0].call) == (0, "c1")
    assert "end before they begin" in backlog.broken[0].detail
    assert backlog.broken[0].why == {"code": "unexpected"}
    state, why = await judging.queue.state_of("c1", clock.now_ms())
    assert state == "broken"
    assert why is not None
    assert "ArithmeticError" in why.detail
    await judging.wanted("c1", "asked")
    await judging.turn()
    assert (await judging.backlog()).broken[0].attempts == 2


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        (KeyError("began_ms"), {"code": "fact_lacks", "field": "began_ms"}),
        (TypeError("'<' not supported"), {"code": "fact_unclear"}),
    ],
)
def test_which_fact_is_at_fault_is_told_in_values(problem: Exception, why: dict[str, str]) -> None:
    fact = Fact(call="c1", seq=1, at_ms=7, kind="held")
    told = why_broken(_raised(BrokenTimeline(fact, problem), problem))
    assert told.why == {"fact": "held", "at_ms": 7, **why}
    assert "'held' at 7" in told.detail


def _raised(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


async def test_an_assessment_that_cannot_be_kept_holds_up_nobody(
    talk: Talk, judging: Judging, kept: Assessments, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for call in ("c1", "c2", "c3"):
        await talk(call, judged=False)
    put = Assessments.put

    def fails_for_one(self: Assessments, connection: Connection, judged: Sequence[Assessment]) -> None:
        put(self, connection, judged)
        if any(each.call == "c2" for each in judged):
            raise ValueError("not to be kept")

    with monkeypatch.context() as patched:
        patched.setattr(Assessments, "put", fails_for_one)
        await judge_all(judging, clock)
    assert [await kept.latest(call) is not None for call in ("c1", "c2", "c3")] == [True, False, True]
    assert await judging.queue.state_of("c2", clock.now_ms()) == ("waiting", None)
    clock.advance(5_000)
    await judging.turn()
    assert await kept.latest("c2") is not None, "it is tried again"


async def test_a_timeline_that_cannot_be_read_holds_up_nobody(
    talk: Talk, judging: Judging, kept: Assessments, db: Database, clock: VirtualClock
) -> None:
    for call in ("c1", "c2"):
        await talk(call, judged=False)
    async with db.begin() as connection:
        torn = update(facts).where(facts.c.call == "c1", facts.c.seq == 1).values(fields="{torn")
        await connection.execute(torn)
    await judge_all(judging, clock)
    assert await kept.latest("c2") is not None
    assert [each.call for each in (await judging.backlog()).broken] == ["c1"]


async def test_judging_twice_is_as_judging_once(
    talk: Talk, judging: Judging, kept: Assessments, clock: VirtualClock
) -> None:
    await talk("c1")
    first = await kept.latest("c1")
    await judging.wanted("c1", "asked")
    await judging.turn()
    again = await kept.latest("c1")
    assert first is not None
    assert again is not None
    assert again.findings == first.findings
    page = await kept.page(CallsWanted())
    assert [each.call for each in page.calls] == ["c1"]


async def test_a_new_version_of_the_book_judges_beside_the_old(
    talk: Talk, judging: Judging, kept: Assessments, books: Books, clock: VirtualClock
) -> None:
    await talk("c1", rings_ms=8_000)
    assert (await verdicts(kept, "c1"))["open.third-ring"] == "pass"
    changed = {"rules": {"open.third-ring": {"thresholds": {"within": "5s"}}}}
    version = await books.publish(changed, why="busier line", by="manager", from_number=0)
    await judging.wanted("c1", "asked")
    await judging.turn()
    assert (await verdicts(kept, "c1"))["open.third-ring"] == "breach"
    before = await kept.of_version("c1", "t.1")
    assert before is not None
    assert before.breaches == 0
    latest = await kept.latest("c1")
    assert latest is not None
    assert (latest.version, latest.book) == (version.version, 1)
    assert len((await kept.page(CallsWanted(rule="open.third-ring"))).calls) == 1


async def test_a_centre_that_does_not_judge_passes_on_what_it_is_told(
    talk: Talk,
    store: CallStore,
    db: Database,
    books: Books,
    judging: Judging,
    kept: Assessments,
    clock: VirtualClock,
) -> None:
    centre = Judging(db, clock, books, here=False)
    store.told = centre.told
    await talk("c1", judged=False)
    await judge_all(centre, clock)
    assert await kept.latest("c1") is None
    assert (await centre.backlog()).waiting == 1
    await judging.turn()
    assert await kept.latest("c1") is not None


async def test_what_a_dead_centre_left_is_found_by_the_next(
    store: CallStore, db: Database, books: Books, kept: Assessments, clock: VirtualClock
) -> None:
    store.append(call_facts("c1", at_ms=clock.now_ms() - 86_400_000))  # nobody was told
    await store.flush()
    next_life = Judging(db, clock, books)
    await judge_all(next_life, clock)
    assert await kept.latest("c1") is not None


async def test_a_claim_runs_out_with_who_had_it(
    talk: Talk, db: Database, books: Books, judging: Judging, kept: Assessments, clock: VirtualClock
) -> None:
    await talk("c1", judged=False)
    await judging.turn()
    clock.advance(2_000)
    dead, other = Judging(db, clock, books, name="dead"), Judging(db, clock, books, name="other")
    assert len(await dead.queue.claim(now_ms=clock.now_ms(), most=9)) == 1
    await other.turn()
    assert await kept.latest("c1") is None, "it is the dead one's yet"
    clock.advance(CLAIM_MS)
    await other.turn()
    assert await kept.latest("c1") is not None


async def test_what_is_asked_while_it_is_judged_is_done_after(
    talk: Talk, db: Database, judging: Judging, clock: VirtualClock
) -> None:
    await talk("c1", judged=False)
    await judging.turn()
    clock.advance(2_000)
    [claimed] = await judging.queue.claim(now_ms=clock.now_ms(), most=9)
    await judging.wanted("c1")
    await db.bulk(lambda connection: judging.queue.done(connection, [(claimed, None)], now_ms=clock.now_ms()))
    async with db.read() as connection:
        left = (await connection.execute(select(judging_table))).one()
    assert (left.state, left.claimed_until_ms, left.due_ms) == ("waiting", 0, clock.now_ms())


@pytest.mark.parametrize("state", ["talking", "waiting"])
async def test_only_ends_are_told(judging: Judging, state: str) -> None:
    judging.told(CallRecord(id="c1", began_ms=1, state=state))  # type: ignore[arg-type]
    await judging.turn()
    assert await judging.queue.state_of("c1", 0) == ("none", None)


async def test_a_book_that_no_longer_fits_the_programme_stops_no_judging(
    talk: Talk, judging: Judging, kept: Assessments, books: Books, db: Database, clock: VirtualClock
) -> None:
    await books.publish({"rules": {"ban.hangup": {"points": 1}}}, why="mild", by="manager", from_number=0)
    async with db.begin() as connection:
        await connection.execute(update(book_versions).values(overrides='{"rules": {"gone": {"points": 1}}}'))
    judging = Judging(db, clock, Books(db, clock, load_small_book, listens))
    await talk("c1", judged=False)
    await judge_all(judging, clock)
    found = await kept.latest("c1")
    assert found is not None
    assert (found.version, found.book) == ("t.1", 0)


async def test_however_many_calls_a_dead_centre_left_all_are_judged(
    store: CallStore,
    db: Database,
    books: Books,
    kept: Assessments,
    clock: VirtualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("huawu.quality.judging.SWEPT_AT_ONCE", 3)
    for number in range(10):
        store.append(call_facts(f"c{number}", at_ms=clock.now_ms() - 86_400_000 + number * 1_000))
    await store.flush()
    next_life = Judging(db, clock, books)
    for _ in range(5):
        await next_life.turn()
        clock.advance(2_000)
    while await next_life.turn():
        pass
    assert len((await kept.page(CallsWanted())).calls) == 10


async def test_a_turn_that_fails_ends_no_judging(
    talk: Talk, judging: Judging, kept: Assessments, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = 0
    done = asyncio.Event()
    judge = judging.turn

    async def turn() -> bool:
        nonlocal turns
        turns += 1
        if turns == 1:
            raise KeyError("a bad turn")
        found = await judge()
        done.set()
        return found

    monkeypatch.setattr(judging, "turn", turn)
    monkeypatch.setattr("huawu.quality.judging.LOOK_EVERY_S", 0.0)
    work = asyncio.create_task(judging.run())
    await asyncio.wait_for(done.wait(), PATIENCE_S)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


async def test_who_let_it_ring_in_vain_is_at_fault_and_the_call_of_who_answered_is_not(
    talk: Talk, kept: Assessments
) -> None:
    await talk("c1", missed_by="li", said="您好")
    found = await kept.latest("c1")
    assert found is not None
    rings = [each for each in found.findings if each.rule == "open.third-ring"]
    assert [(each.agent, each.verdict, each.scored) for each in rings] == [
        ("li", "breach", False),
        ("wang", "pass", True),
    ]
    assert (found.agent, found.total, found.breaches, found.lost) == ("wang", 100.0, 0, 0)
    assert (found.rest.worst, found.rest.absent) == ([], {"li": ["open.third-ring"]})
    for agent in ("wang", "li"):
        page = await kept.page(CallsWanted(agent=agent))
        assert [each.call for each in page.calls] == ["c1"], agent


async def test_a_call_that_nobody_answered_has_a_fault_and_no_score(talk: Talk, kept: Assessments) -> None:
    await talk("c1", missed_by="li", agent="")
    found = await kept.latest("c1")
    assert found is not None
    assert (found.agent, found.total, found.breaches) == ("", None, 0)
    assert [(each.agent, each.verdict) for each in found.findings if each.rule == "open.third-ring"] == [
        ("li", "breach")
    ]


async def test_who_missed_a_call_and_answered_it_later_has_it_in_the_score(
    talk: Talk, kept: Assessments
) -> None:
    await talk("c1", missed_by="wang", said="您好")
    found = await kept.latest("c1")
    assert found is not None
    assert (found.agent, found.breaches, found.rest.absent) == ("wang", 1, {})
    assert found.total == pytest.approx(86.7, abs=0.1)
