"""Figures, the book, trying and publishing over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest

from huawu.accounts.audit import Audit
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database
from huawu.quality.intervals import wilson
from huawu.quality.service import Quality
from huawu.quality.trying import TOLD_EVERY, TryWanted
from huawu.speech.backlog import Backlog, Wanted
from huawu.speech.hearing import Hearing, Turn
from tests.quality.conftest import judge_all
from tests.web.conftest import SignInAs
from tests.web.quality_stage import Talked, quality, store, talked

__all__ = ["quality", "store", "talked"]
DAY_MS = 86_400_000
STRICT = {"rules": {"open.third-ring": {"thresholds": {"within": "3s"}}}}


async def ask(client: httpx.AsyncClient, question: str) -> dict[str, dict[str, Any]]:
    answer = await client.get(f"/quality/figures?{question}")
    assert answer.status_code == 200, answer.text
    return {each["key"]: each for each in answer.json()["rows"]}


async def tried(client: httpx.AsyncClient, **wanted: Any) -> dict[str, Any]:
    """What a trial comes to: its last line."""
    answer = await client.post("/book/trial", json=wanted)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = msgspec.json.decode(answer.text.splitlines()[-1])["result"]
    return result


async def test_a_rate_is_of_the_calls_in_which_the_rule_applied(sign_in_as: SignInAs, talked: Talked) -> None:
    await talked("c1", rings_ms=12_000, said="喂")
    await talked("c2", said="您好")
    await talked("c3")
    await talked("c4", agent="")
    client = await sign_in_as("manager")
    rows = await ask(client, "by=rule")
    greeting, ring = rows["open.greeting"], rows["open.third-ring"]
    assert (greeting["calls"], greeting["breaches"], greeting["unsure"]) == (2, 1, 1)
    assert (ring["calls"], ring["breaches"], ring["rate"]) == (3, 1, pytest.approx(1 / 3))
    assert (ring["low"], ring["high"]) == pytest.approx(wilson(1, 3))
    assert ring["title"]["en"] == "Answer before the third ring"
    narrow = (await ask(client, "by=rule&confidence=0.8"))["open.third-ring"]
    assert ring["low"] < narrow["low"] < narrow["high"] < ring["high"]
    assert set(await ask(client, "by=rule&part=opening")) == {"open.greeting", "open.third-ring"}
    assert set(await ask(client, "by=rule&rule=ban.hangup")) == {"ban.hangup"}
    assert await ask(client, "by=rule&agent=li") == {}


async def test_agents_are_ranked_only_where_intervals_do_not_overlap(
    sign_in_as: SignInAs, talked: Talked, quality: Quality
) -> None:
    quality.place.teams = lambda: {"good": "help", "poor": "help"}
    quality.place.queues = lambda: {"help": "求助"}
    quality.place.agents = lambda: {"good": "好"}
    for number in range(12):
        await talked(f"g{number}", judged=False, agent="good", said="您好")
        await talked(f"p{number}", judged=False, agent="poor", by="agent", rings_ms=12_000 + number)
        await talked(f"s{number}", judged=False, agent="same", said="您好")
    await talked("n1", agent="new", by="agent")
    client = await sign_in_as("manager")
    rows = await ask(client, "by=agent")
    assert {key: each["rank"] for key, each in rows.items()} == {
        "good": 1,
        "same": 1,
        "poor": 3,
        "new": None,
    }
    assert list(rows)[-2:] == ["poor", "new"]
    assert (rows["good"]["title"]["zh"], rows["good"]["score"]) == ("好", 100)
    assert rows["poor"]["score"] < 30
    assert rows["new"]["calls"] == 1
    by_rule = await ask(client, "by=agent&rule=open.third-ring")
    assert {key: each["rank"] for key, each in by_rule.items()} == {
        "good": 1,
        "same": 1,
        "poor": 3,
        "new": None,
    }
    teams = await ask(client, "by=team")
    assert (teams["help"]["calls"], teams["help"]["title"]["zh"]) == (24, "求助")
    queues = await ask(client, "by=queue")
    assert queues["help"]["calls"] == 37


async def test_days_and_weeks_are_those_of_the_centre(
    sign_in_as: SignInAs, talked: Talked, clock: VirtualClock
) -> None:
    """2025-06-15 is a Sunday; 23:06 in Shanghai at the beginning."""
    await talked("c1")
    clock.advance(DAY_MS)
    await talked("c2", rings_ms=12_000)
    client = await sign_in_as("manager")
    days = await ask(client, "by=day")
    assert {key: (each["calls"], each["breaches"], each["rank"]) for key, each in days.items()} == {
        "2025-06-15": (1, 0, None),
        "2025-06-16": (1, 1, None),
    }
    weeks = await ask(client, "by=week&rule=open.third-ring")
    assert {key: each["calls"] for key, each in weeks.items()} == {"2025-06-09": 1, "2025-06-16": 1}


async def test_a_call_judged_again_counts_once(
    sign_in_as: SignInAs, talked: Talked, quality: Quality, clock: VirtualClock
) -> None:
    await talked("c1", rings_ms=5_000)
    client = await sign_in_as("manager")
    await client.post("/book/publish", json={"overrides": STRICT, "why": "更快接听", "from_number": 0})
    await client.post("/calls/c1/judge")
    await judge_all(quality.judging, clock)
    assert (await ask(client, "by=rule"))["open.third-ring"]["breaches"] == 1
    assert (await ask(client, "by=rule"))["open.third-ring"]["calls"] == 1


async def test_a_version_is_compared_with_the_one_before(
    sign_in_as: SignInAs, talked: Talked, quality: Quality, clock: VirtualClock
) -> None:
    for number in range(10):
        await talked(f"b{number}", judged=number == 9, rings_ms=5_000)
    client = await sign_in_as("manager")
    nothing = (await client.get("/quality/figures/changes")).json()
    assert (nothing["before_version"], nothing["rows"]) == (None, [])
    clock.advance(1_000)
    await client.post("/book/publish", json={"overrides": STRICT, "why": "更快接听", "from_number": 0})
    clock.advance(100_000)
    for number in range(10):
        await talked(f"a{number}", judged=number == 9, rings_ms=5_000)
    clock.advance(1_000)
    told = (await client.get("/quality/figures/changes")).json()
    assert (told["before_version"], told["why"]) == ("t.1", "更快接听")
    first = told["rows"][0]
    assert (first["rule"], first["clear"], first["difference"]) == ("open.third-ring", True, 1.0)
    assert (first["before"]["calls"], first["after"]["calls"]) == (10, 10)
    assert first["low"] > 0.5
    assert not any(each["clear"] for each in told["rows"][1:])


async def test_the_book_is_read_by_everybody_with_what_the_centre_has_otherwise(
    sign_in_as: SignInAs, quality: Quality
) -> None:
    manager = await sign_in_as("manager")
    changes = {**STRICT, "phrases": {"greeting": {"add_zh": ["您好很高兴为您服务"]}}}
    await manager.post("/book/publish", json={"overrides": changes, "why": "更快接听", "from_number": 0})
    agent = await sign_in_as("wang")
    book = (await agent.get("/book")).json()
    assert (book["number"], book["overrides"]) == (1, changes)
    assert book["parts"][0]["id"] == "opening"
    ring = next(each for each in book["rules"] if each["id"] == "open.third-ring")
    assert (ring["changed"], ring["thresholds"]) == (True, {"within": {"value": "3s", "shipped": "10s"}})
    greeting = next(each for each in book["rules"] if each["id"] == "open.greeting")
    assert (greeting["changed"], greeting["phrases"]) == (False, ["greeting"])
    [phrase] = book["phrases"]
    assert (phrase["changed"], phrase["shipped"]["zh"]) == (True, ["您好"])
    shipped = (await agent.get("/book?version=0")).json()
    assert (shipped["version"], any(each["changed"] for each in shipped["rules"])) == ("t.1", False)
    assert (await agent.get("/book?version=9")).status_code == 404


WRONG = [
    ({"rules": {"open.nothing": {"points": 1}}}, "open.nothing", "no_rule"),
    ({"rules": {"open.greeting": {"points": "many"}}}, "rules.open.greeting", "type"),
    ({"rules": {"open.greeting": {"point": 3}}}, "rules.open.greeting", "unknown_field"),
    ({"rules": {"open.greeting": {"severity": "mild"}}}, "open.greeting.severity", "not_one_of"),
    ({"rules": {"open.third-ring": {"thresholds": {"after": "3s"}}}}, "thresholds.after", "no_threshold"),
    (
        {"rules": {"open.third-ring": {"thresholds": {"within": "soon"}}}},
        "rules.open.third-ring.thresholds.within",
        "no_length",
    ),
    ({"anything": {"x": 1}}, "anything", "unknown_group"),
]


@pytest.mark.parametrize(("changes", "where", "code"), WRONG)
async def test_changes_that_do_not_fit_are_told_with_their_place(
    sign_in_as: SignInAs, quality: Quality, changes: Any, where: str, code: str
) -> None:
    manager = await sign_in_as("manager")
    [problem] = (await manager.post("/book/check", json={"overrides": changes})).json()["problems"]
    assert where in problem["where"]
    assert problem["message"]
    assert problem["code"] == code
    for path, more in (("publish", {"why": "xxx", "from_number": 0}), ("trial", {})):
        refused = await manager.post(f"/book/{path}", json={"overrides": changes, **more})
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid")
        assert where in refused.json()["error"]["problems"][0]["where"]
    assert (await manager.get("/book")).json()["number"] == 0
    fine = (await manager.post("/book/check", json={"overrides": STRICT})).json()
    assert (fine["problems"], fine["version"].startswith("t.1+")) == ([], True)


async def test_a_trial_says_what_would_change_and_publishes_nothing(
    sign_in_as: SignInAs, talked: Talked
) -> None:
    await talked("fast", rings_ms=2_000, said="您好")
    await talked("slow", rings_ms=5_000, said="您好")
    await talked("late", rings_ms=12_000, said="您好")
    await talked("torn", said="torn")
    client = await sign_in_as("trainer")
    stricter = await tried(client, overrides=STRICT)
    assert (stricter["calls"], stricter["skipped"], stricter["version"]) == (3, 0, "t.1")
    [rule] = stricter["rules"]
    assert (rule["rule"], rule["gained"], rule["lost"], rule["same"]) == ("open.third-ring", 1, 0, 2)
    assert (rule["breaches_before"], rule["breaches_after"]) == (1, 2)
    assert rule["rate_after"] == pytest.approx(2 / 3)
    [change] = stricter["changes"]
    assert (change["call"], change["kind"], change["before"], change["after"]) == (
        "slow",
        "gained",
        "pass",
        "breach",
    )
    assert stricter["scores"]["changed"] == 1
    assert stricter["scores"]["after"] < stricter["scores"]["before"]

    milder = {"rules": {"open.third-ring": {"thresholds": {"within": "20s"}}}}
    told = await tried(client, overrides=milder)
    assert [(each["call"], each["kind"]) for each in told["changes"]] == [("late", "lost")]
    phrase = {"phrases": {"greeting": {"zh": ["欢迎致电"]}}}
    off = {"rules": {"ban.hangup": {"off": True}}}
    told = await tried(client, overrides=off)
    assert [each["kind"] for each in told["changes"]] == ["other"] * 3
    points = {"rules": {"open.third-ring": {"points": 60}}}
    told = await tried(client, overrides=points)
    assert (told["changes"], told["scores"]["changed"]) == ([], 1)
    one = await tried(client, overrides=STRICT, calls=1)
    assert (one["calls"], one["changes"]) == (1, [])
    other = await tried(client, overrides=STRICT, rules=["ban.hangup"])
    assert other["changes"] == []
    assert (await client.post("/book/check", json={"overrides": phrase})).json()["problems"] == []
    assert (await client.get("/book")).json()["number"] == 0


async def test_a_trial_hears_the_words_that_a_worker_wrote_down(
    sign_in_as: SignInAs, talked: Talked, db: Database, clock: VirtualClock
) -> None:
    """They stand beside the timeline, not on it."""
    await talked("c1")
    backlog, began_ms = Backlog(db), clock.now_ms() - 66_000
    await backlog.put([Wanted(call="c1", recording="r1", path="r1.flac", zero_ms=began_ms)], 0)
    await backlog.claim("worker", clock.now_ms())
    greeted = Turn(party="agent", from_ms=4_500, to_ms=5_500, text="您好", words=(), confidence=0.9)
    heard = Hearing(duration_ms=64_000, turns=(greeted,), by="worker", language="zh")
    await backlog.finish("worker", "c1", heard, clock.now_ms())
    client = await sign_in_as("trainer")
    off = {"rules": {"open.greeting": {"off": True}}}
    [change] = (await tried(client, overrides=off))["changes"]
    assert (change["rule"], change["before"], change["after"]) == ("open.greeting", "pass", None)


async def test_a_trial_tells_how_far_it_is_and_ends_when_nobody_listens(
    sign_in_as: SignInAs, talked: Talked, quality: Quality
) -> None:
    for number in range(TOLD_EVERY + 5):
        await talked(f"c{number}", judged=number == TOLD_EVERY + 4)
    client = await sign_in_as("trainer")
    told = await client.post("/book/trial", json={"overrides": STRICT})
    assert told.headers["content-type"].startswith("application/x-ndjson")
    lines = [msgspec.json.decode(line) for line in told.text.splitlines()]
    assert [(each["tried"], each["of"]) for each in lines] == [(0, None), (0, 25), (20, 25), (25, 25)]
    assert [each["result"] is None for each in lines] == [True, True, True, False]
    assert lines[-1]["result"]["calls"] == 25
    refused = await client.post("/book/trial", json={"overrides": {"anything": {"x": 1}}})
    assert (refused.status_code, refused.json()["error"]["problems"][0]["code"]) == (422, "unknown_group")

    wanted = TryWanted(overrides=STRICT)
    begun = quality.trying.follow(wanted, await quality.trying.made(wanted))
    assert [(await anext(begun)).of, (await anext(begun)).of] == [None, 25]
    waits = quality.trying.follow(wanted, await quality.trying.made(wanted))
    assert (await anext(waits)).of is None
    await begun.aclose()
    assert (await anext(waits)).of == 25, "whoever leaves makes room for the next"
    await waits.aclose()


async def test_versions_are_published_compared_and_rolled_back(
    sign_in_as: SignInAs, quality: Quality, app: Any
) -> None:
    manager = await sign_in_as("manager")
    first = (
        await manager.post("/book/publish", json={"overrides": STRICT, "why": "更快接听", "from_number": 0})
    ).json()
    assert (first["number"], first["changes"]) == (1, 1)
    late = await manager.post("/book/publish", json={"overrides": {}, "why": "xxx", "from_number": 0})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "changed")
    assert late.json()["error"]["why"] == {"code": "book_changed", "number": 1}
    more = {"rules": {"open.third-ring": {"thresholds": {"within": "5s"}, "points": 6}}}
    await manager.post("/book/publish", json={"overrides": more, "why": "放宽一些", "from_number": 1})
    differ = (await manager.get("/book/changes?from=1&to=2")).json()["changes"]
    assert [(each["sign"], each["what"], each["before"], each["after"]) for each in differ] == [
        ("+", "rules.open.third-ring.points", None, 6),
        ("~", "rules.open.third-ring.thresholds.within", "3s", "5s"),
    ]
    back = (await manager.post("/book/roll_back", json={"to": 0, "why": "回到原样"})).json()
    assert (back["number"], back["version"], back["rolled_back_to"]) == (3, "t.1", 0)
    versions = (await manager.get("/book/versions")).json()["versions"]
    assert [(each["number"], each["current"], each["by"]) for each in versions] == [
        (3, True, "manager"),
        (2, False, "manager"),
        (1, False, "manager"),
        (0, False, ""),
    ]
    assert (await manager.post("/book/roll_back", json={"to": 9, "why": "回到原样"})).status_code == 404
    audit: Audit = app.state.audit
    lines = (await audit.find(what="book_published")).entries
    assert [(line.subject, line.detail["why"]) for line in lines] == [
        ("book 3", "回到原样"),
        ("book 2", "放宽一些"),
        ("book 1", "更快接听"),
    ]


ALL = {"agent", "shift_leader", "inspector", "trainer", "manager", "support", "administrator"}
SEE = {"shift_leader", "inspector", "trainer", "manager"}
ROUTES: list[tuple[str, str, Any, set[str]]] = [
    ("GET", "/quality/figures", None, SEE),
    ("GET", "/quality/figures/changes", None, SEE),
    ("GET", "/book", None, ALL),
    ("GET", "/book/versions", None, SEE),
    ("GET", "/book/changes?from=0&to=0", None, SEE),
    ("POST", "/book/check", {"overrides": {}}, SEE),
    ("POST", "/book/trial", {"overrides": {}}, SEE),
    ("POST", "/book/publish", {"overrides": {}, "why": "xxx", "from_number": 7}, {"manager"}),
    ("POST", "/book/roll_back", {"to": 7, "why": "xxx"}, {"manager"}),
    ("GET", "/book/proposal", None, SEE),
    ("POST", "/book/proposal", {"overrides": {}, "why": "xxx", "from_number": 7}, SEE),
    ("POST", "/book/proposal/7/return", {"word": "xxx"}, {"manager"}),
]


@pytest.mark.parametrize("role", sorted(ALL))
async def test_each_role_may_what_its_permissions_say(
    sign_in_as: SignInAs, quality: Quality, role: str
) -> None:
    client = await sign_in_as(role)
    for method, path, body, able in ROUTES:
        answer = await client.request(method, path, json=body)
        assert (answer.status_code != 403) == (role in able), (role, method, path, answer.text)
        assert answer.status_code < 500, answer.text
