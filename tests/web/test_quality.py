"""Assessments over HTTP: who sees what the book says of which call."""

from __future__ import annotations

import msgspec
import pytest

from huawu.quality.service import Quality
from tests.web.conftest import SignInAs
from tests.web.quality_stage import Talked, quality, store, talked

__all__ = ["quality", "store", "talked"]
SEE = {"shift_leader", "inspector", "trainer", "manager"}
INSPECT = {"inspector", "manager"}
ROLES = ("agent", "shift_leader", "inspector", "trainer", "manager", "support", "administrator")


async def test_an_assessment_tells_score_findings_and_what_people_are_to_judge(
    sign_in_as: SignInAs, talked: Talked
) -> None:
    await talked("c1", rings_ms=12_000, said="您好")
    told = (await (await sign_in_as("inspector")).get("/calls/c1/assessment")).json()
    assert (told["agent"], told["agent_name"], told["words"], told["fatal"]) == ("wang", "王芳", True, False)
    assert told["score"]["parts"][0] == {
        "part": "opening",
        "title": {"zh": "开场", "en": "Opening"},
        "kept": 6,
        "possible": 10,
    }
    late = next(each for each in told["findings"] if each["rule"] == "open.third-ring")
    assert (late["verdict"], late["points"], late["agent"], late["version"]) == ("breach", 4, "wang", 1)
    assert late["to_ms"] - late["from_ms"] > 0
    assert {"zh", "en"} == set(late["expected"]) == set(late["found"])
    assert told["by_people"] == ["plain.words"]
    assert told["not_applicable"] == ["ban.follow-up"]
    assert (told["state"], told["version"]) == ("judged", "t.1")


async def test_agents_see_their_own_calls_assessments_and_no_others(
    sign_in_as: SignInAs, talked: Talked
) -> None:
    await talked("c1")
    await talked("c2", agent="li")
    client = await sign_in_as("wang")
    assert (await client.get("/calls/c1/assessment")).status_code == 200
    assert (await client.get("/calls/c2/assessment")).status_code == 404
    mine = (await client.get("/quality/mine")).json()
    assert [each["call"] for each in mine["calls"]] == ["c1"]


async def test_who_missed_a_call_sees_that_and_nothing_else_of_it(
    sign_in_as: SignInAs, talked: Talked
) -> None:
    await talked("c1", missed_by="agent", said="喂", by="agent")
    client = await sign_in_as("agent")
    [missed] = (await client.get("/quality/mine")).json()["calls"]
    assert (missed["call"], missed["came"], missed["total"], missed["breaches"]) == ("c1", False, None, 1)
    assert [each["rule"] for each in missed["worst"]] == ["open.third-ring"]
    assert (missed["fatal"], missed["unsure"], missed["inspected"]) == (False, 0, "")
    told = (await client.get("/calls/c1/assessment")).json()
    assert [each["rule"] for each in told["findings"]] == ["open.third-ring"]
    assert (await client.get("/calls/c1")).status_code == 404
    [had] = (await (await sign_in_as("wang")).get("/quality/mine")).json()["calls"]
    assert (had["came"], had["breaches"]) == (True, 2)
    whole = (await (await sign_in_as("inspector")).get("/calls/c1/assessment")).json()
    rings = [each for each in whole["findings"] if each["rule"] == "open.third-ring"]
    assert [(each["agent"], each["scored"]) for each in rings] == [("agent", False), ("wang", True)]


async def test_a_call_that_is_not_judged_says_why(
    sign_in_as: SignInAs, talked: Talked, quality: Quality
) -> None:
    await talked("c1", judged=False)
    await quality.judging.turn()
    client = await sign_in_as("inspector")
    waiting = await client.get("/calls/c1/assessment")
    assert (waiting.status_code, waiting.json()["error"]["code"]) == (404, "not_judged")
    assert waiting.json()["error"]["why"]["state"] == "waiting"
    await talked("c2", said="torn")
    broken = (await client.get("/calls/c2/assessment")).json()["error"]
    assert (broken["why"]["state"], broken["why"]["broken"]) == ("broken", {"code": "unexpected"})
    assert "end before they begin" in broken["message"]
    backlog = (await client.get("/quality/backlog")).json()
    assert [each["call"] for each in backlog["broken"]] == ["c2"]
    assert (backlog["waiting"], backlog["judged_today"], backlog["without_words"]) == (0, 1, 1)
    assert (await client.post("/quality/backlog/c2/retry")).status_code == 202
    assert (await client.get("/quality/backlog")).json()["waiting"] == 1
    assert (await client.post("/calls/nothing/judge")).status_code == 404


async def test_lists_go_by_what_is_asked(sign_in_as: SignInAs, talked: Talked) -> None:
    await talked("c1", by="agent")
    await talked("c2", rings_ms=12_000, said="您好")
    await talked("c3", said="您好", queue="sales")
    client = await sign_in_as("manager")

    async def found(question: str) -> list[str]:
        answer = await client.get(f"/quality/calls?{question}")
        assert answer.status_code == 200, answer.text
        return [each["call"] for each in answer.json()["calls"]]

    assert await found("") == ["c3", "c2", "c1"]
    assert await found("order=worst") == ["c1", "c2", "c3"]
    assert await found("rule=open.third-ring") == ["c2"]
    assert await found("rule=open.greeting&verdict=pass") == ["c3", "c2"]
    assert await found("fatal=true") == ["c1"]
    assert await found("words=false") == ["c1"]
    assert await found("queue=sales") == ["c3"]
    assert await found("below=90") == ["c2", "c1"]
    assert await found("agent=li") == []
    for order in ("newest", "worst"):
        pages: list[str] = []
        cursor: str | None = ""
        for _ in range(3):
            page = (await client.get(f"/quality/calls?order={order}&limit=1&cursor={cursor}")).json()
            pages += [each["call"] for each in page["calls"]]
            cursor = page["next"]
        assert cursor is None
        assert pages == await found(f"order={order}")
    assert (await client.get("/quality/calls?cursor=bad")).status_code == 400
    worst = (await client.get("/quality/calls?fatal=true")).json()["calls"][0]
    assert worst["worst"][0]["title"] == {"zh": "先挂断", "en": "The agent hangs up first"}


async def test_numbers_are_masked_for_whoever_may_not_see_them(sign_in_as: SignInAs, talked: Talked) -> None:
    await talked("c1")
    whole = (await (await sign_in_as("inspector")).get("/quality/calls")).json()["calls"][0]["caller"]
    hidden = (await (await sign_in_as("trainer")).get("/quality/calls")).json()["calls"][0]["caller"]
    assert whole == "01305000"
    assert "*" in hidden


@pytest.mark.parametrize(("user", "whole"), [("inspector", True), ("wang", True), ("trainer", False)])
async def test_numbers_that_findings_quote_are_read_by_those_with_the_right_and_who_was_told(
    sign_in_as: SignInAs, talked: Talked, user: str, whole: bool
) -> None:
    await talked("c1", said="您好，电话是64827015。")
    inspector = await sign_in_as("inspector")
    form = (await inspector.post("/quality/inspections", json={"call": "c1"})).json()
    client = await sign_in_as(user)
    shown = [(await client.get("/calls/c1/assessment")).json()["findings"]]
    if user != "wang":
        items = (await client.get(f"/quality/inspections/{form['id']}")).json()["items"]
        shown.append([each["finding"] for each in items if each["finding"]])
        trial = {"overrides": {"rules": {"open.greeting": {"off": True}}}}
        last = (await client.post("/book/trial", json=trial)).text.splitlines()[-1]
        shown.append(msgspec.json.decode(last)["result"]["changes"])
    for findings in shown:
        (quoting,) = [each for each in findings if each["rule"] == "open.greeting"]
        for language in ("zh", "en"):
            assert "0.5" in quoting["found"][language]  # how long it took is no secret
            assert ("64827015" in quoting["found"][language]) is whole
            assert ("电话是＊＊＊＊＊＊＊＊" in quoting["found"][language]) is not whole


ROUTES = [
    ("GET", "/quality/calls", SEE),
    ("GET", "/quality/backlog", SEE),
    ("GET", "/quality/mine", {"agent", "shift_leader"}),
    ("GET", "/calls/c1/assessment", {*SEE, "agent"}),
    ("POST", "/calls/c1/judge", INSPECT),
    ("POST", "/quality/backlog/c1/retry", INSPECT),
]


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_may_what_its_permissions_say(
    sign_in_as: SignInAs, talked: Talked, role: str
) -> None:
    await talked("c1", agent="agent")
    client = await sign_in_as(role)
    for method, path, able in ROUTES:
        status = (await client.request(method, path)).status_code
        assert (status != 403) == (role in able), (role, method, path, status)
