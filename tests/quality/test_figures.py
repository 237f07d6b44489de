"""Figures on either kind of database; which findings count."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.calls.record import derive
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database
from huawu.quality.assessment import Finding, assess
from huawu.quality.book import Books
from huawu.quality.figures import FigureDesk
from huawu.quality.records import counting
from huawu.quality.tallies import By, FiguresWanted
from tests.quality.conftest import Talk, call_facts
from tests.quality.small_book import listens, load_small_book


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/huawu.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


def seen_by(db: Database, clock: VirtualClock, books: Books) -> FigureDesk:
    zone = ZoneInfo("Asia/Shanghai")
    return FigureDesk(
        db,
        clock,
        books,
        zone=lambda: zone,
        team_of=lambda agent: "team" if agent else "",
        name_of=lambda _by, key: key.upper(),
    )


async def test_every_question_is_answered_alike_by_both_databases(
    db: Database, talk: Talk, clock: VirtualClock, books: Books
) -> None:
    for number in range(3):
        await talk(f"c{number}", judged=False, rings_ms=12_000, said="喂", queue="q")
        await talk(f"d{number}", judged=False, agent="li", said="您好", queue="q")
    await talk("silent", agent="")
    figures = seen_by(db, clock, books)
    told: dict[tuple[By, str], list[tuple[str, int, int, float | None]]] = {}
    asked: list[tuple[By, str]] = [("rule", ""), ("agent", ""), ("agent", "open.third-ring"), ("queue", "")]
    asked += [("team", ""), ("team", "open.third-ring"), ("day", ""), ("week", "open.greeting")]
    for by, rule in asked:
        found = await figures.ask(FiguresWanted(by=by, from_ms=0, to_ms=clock.now_ms() + 1, rule=rule))
        told[by, rule] = [(row.key, row.calls, row.breaches, row.score) for row in found.rows]
    rules = told.pop(("rule", ""))
    assert told == {
        ("agent", ""): [("li", 3, 0, 100.0), ("wang", 3, 3, pytest.approx(66.7))],
        ("agent", "open.third-ring"): [("li", 3, 0, None), ("wang", 3, 3, None)],
        ("queue", ""): [("q", 6, 3, pytest.approx(83.35)), ("help", 0, 0, None)],
        ("team", ""): [("team", 6, 3, pytest.approx(83.35))],
        ("team", "open.third-ring"): [("team", 6, 3, None)],
        ("day", ""): [("2025-06-15", 6, 3, pytest.approx(83.35))],
        ("week", "open.greeting"): [("2025-06-09", 6, 3, None)],
    }
    assert {row[:3] for row in rules} == {
        ("ban.hangup", 6, 0),
        ("open.greeting", 6, 3),
        ("open.third-ring", 6, 3),
    }
    changed = {"rules": {"open.third-ring": {"thresholds": {"within": "3s"}}}}
    await books.publish(changed, why="faster", by="manager", from_number=0)
    clock.advance(100_000)
    await talk("after", rings_ms=5_000, said="您好")
    since = await figures.since_version(rule="open.third-ring", days=1)
    [row] = since.rows
    assert (row.before.calls, row.before.breaches, row.after.calls, row.after.breaches) == (6, 3, 1, 1)


async def test_a_ring_in_vain_counts_to_whose_phone_rang(
    db: Database, talk: Talk, clock: VirtualClock, books: Books
) -> None:
    await talk("c1", missed_by="li", said="您好")
    figures = seen_by(db, clock, books)

    async def by_agent(rule: str) -> list[tuple[str, int, int, float | None]]:
        wanted = FiguresWanted(by="agent", from_ms=0, to_ms=clock.now_ms() + 1, rule=rule)
        return [(row.key, row.calls, row.breaches, row.score) for row in (await figures.ask(wanted)).rows]

    assert sorted(await by_agent("open.third-ring")) == [("li", 1, 1, None), ("wang", 1, 0, None)]
    assert await by_agent("") == [("wang", 1, 0, 100.0)]


def finding(rule: str, agent: str, verdict: str, number: int) -> Finding:
    facts = call_facts("c", at_ms=1_000_000)
    record = derive(facts)
    assert record is not None
    book = load_small_book()
    one = assess(record, facts, book, book=0, marks=listens(book), now_ms=2_000_000).findings[0]
    return msgspec.structs.replace(one, id=f"{number}", rule=rule, agent=agent, verdict=verdict)


made = st.lists(
    st.tuples(st.sampled_from("rs"), st.sampled_from("ab"), st.sampled_from(["pass", "breach", "unsure"])),
    max_size=12,
)


@given(made)
def test_one_finding_of_a_rule_counts_for_each_agents_part_and_it_is_the_worst(
    those: list[tuple[str, str, str]],
) -> None:
    found = [finding(*each, number) for number, each in enumerate(those)]
    counted = list(counting(found))
    assert all(each in found for each in counted)
    assert sorted((each.rule, each.agent) for each in counted) == sorted({each[:2] for each in those})
    for each in counted:
        beside = {other.verdict for other in found if (other.rule, other.agent) == (each.rule, each.agent)}
        if "breach" in beside:
            assert each.verdict == "breach"
        elif "pass" in beside:
            assert each.verdict == "pass"
