"""How findings are kept, and that those of an older database are taken along."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from huawu.calls.record import derive
from huawu.platform.database import Database, _upgrade
from huawu.quality.assessment import Assessment, assess
from huawu.quality.listing import CallsWanted
from huawu.quality.packing import opened, pack, whole, wording_of_json
from huawu.quality.records import Assessments
from huawu.quality.service import listens
from huawu.standard import load_standard
from tests.quality.conftest import call_facts


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/huawu.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


def judged() -> Assessment:
    facts = call_facts("c1", at_ms=1_000_000, by="agent")
    record, standard = derive(facts), load_standard()
    assert record is not None
    return assess(record, facts, standard, book=0, marks=listens(standard), now_ms=2_000_000)


def test_findings_are_as_they_were_and_small() -> None:
    findings = judged().findings
    said: dict[str, str] = {}
    piece = pack(findings, said)
    again = [whole(each, wording_of_json(said[each.wording])) for each in opened(piece)]
    assert again == list(findings)
    assert len(piece) * 20 < len(msgspec.json.encode(findings))
    before = dict(said)
    assert opened(pack((), said)) == []
    pack(findings, said)
    assert said == before, "the same rules say the same of the next call"


async def test_findings_are_read_by_another_process(database_url: str, tmp_path: Path) -> None:
    db = Database(database_url)
    await db.migrate()
    calls = [msgspec.structs.replace(judged(), call=f"c{number}") for number in range(3)]
    await db.bulk(lambda connection: Assessments(db).put(connection, calls[:2]))
    await db.bulk(lambda connection: Assessments(db).put(connection, calls[1:]))
    assert (await Assessments(db).latest("c1")) == calls[1]
    found = await Assessments(db).findings_of([f"c{number}" for number in range(4)])
    assert found == {**{each.call: list(each.findings) for each in calls}, "c3": []}
    await db.close()


async def test_findings_of_an_older_database_are_taken_along(database_url: str) -> None:
    db = Database(database_url)
    async with db.begin() as connection:
        await connection.run_sync(_upgrade, "here", "0013_findings")
    was = judged()
    head = {
        name: value
        for name, value in msgspec.structs.asdict(was).items()
        if name not in ("findings", "again_ms")
    }
    head["record"] = msgspec.json.encode(head.pop("rest")).decode()
    head |= {name: int(head[name]) for name in ("fatal", "words", "complaint", "dropped")} | {"latest": 1}
    names = ", ".join(head)
    async with db.begin() as connection:
        marks = ", ".join(f":{name}" for name in head)
        add = text(f"INSERT INTO assessments ({names}) VALUES ({marks})")
        await connection.execute(add, [head, {**head, "call": "nothing found"}])
        for each in was.findings:
            row = {
                "call": "c1", "version": was.version, "id": each.id, "rule": each.rule,
                "rule_version": each.version, "verdict": each.verdict, "points": each.points,
                "severity": each.severity, "latest": 1, "counts": 1, "agent": each.agent, "queue": "help",
                "ended_ms": was.ended_ms, "record": msgspec.json.encode(each).decode(),
            }  # fmt: skip
            columns = ", ".join(row)
            marks = ", ".join(f":{name}" for name in row)
            await connection.execute(text(f"INSERT INTO findings ({columns}) VALUES ({marks})"), row)
    assert await db.migrate()
    kept = Assessments(db)
    now = await kept.latest("c1")
    assert now is not None
    assert set(now.findings) == set(was.findings)
    assert [each.from_ms for each in now.findings] == sorted(each.from_ms for each in was.findings)
    bare = await kept.latest("nothing found")
    assert bare is not None
    assert bare.findings == ()
    broken = next(each.rule for each in was.findings if each.verdict == "breach")
    assert [each.call for each in (await kept.page(CallsWanted(rule=broken))).calls] == ["c1"]
    await db.close()
