"""Inspections over HTTP: a form from its plan to the appeal's decision, and who may do what to it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from huawu.accounts.audit import Audit
from huawu.accounts.service import Accounts, PersonGiven
from huawu.platform.clock import VirtualClock
from huawu.quality.service import Quality
from tests.quality.conftest import judge_all
from tests.web.conftest import SignInAs
from tests.web.quality_stage import TOLD, Talked, quality, store, talked

__all__ = ["quality", "store", "talked"]
DAY_MS = 86_400_000


@pytest.fixture(autouse=True)
async def second(accounts: Accounts) -> None:
    """A second inspector beside `inspector` and `manager`."""
    roles = ("agent", "shift_leader", "inspector", "trainer", "manager", "support", "administrator")
    people = [PersonGiven(user=role, name=role, role=role) for role in roles]
    people.append(PersonGiven(user="wang", name="王芳"))
    people.append(PersonGiven(user="second", name="陈静", role="inspector", password="correct horse"))
    await accounts.sync_people(people)


async def made(client: httpx.AsyncClient, call: str, **more: Any) -> dict[str, Any]:
    answer = await client.post("/quality/inspections", json={"call": call, **more})
    assert answer.status_code == 200, answer.text
    form: dict[str, Any] = answer.json()
    return form


def item(form: dict[str, Any], rule: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in form["items"] if each["rule"] == rule)
    return found


async def step(client: httpx.AsyncClient, form: dict[str, Any], what: str, **more: Any) -> dict[str, Any]:
    body = {"version": form["version"], **more}
    answer = await client.post(f"/quality/inspections/{form['id']}/{what}", json=body)
    assert answer.status_code == 200, answer.text
    after: dict[str, Any] = answer.json()
    return after


async def save(client: httpx.AsyncClient, form: dict[str, Any], **stands: Any) -> httpx.Response:
    items = [{"id": item(form, rule)["id"], **said} for rule, said in stands.pop("items").items()]
    body = {"version": form["version"], "items": items, **stands}
    return await client.put(f"/quality/inspections/{form['id']}", json=body)


AGREED = {
    "open.third-ring": {"stand": "agree"},
    "plain.words": {"stand": "judged", "verdict": "pass"},
}


async def told(sign_in_as: SignInAs, talked: Talked) -> dict[str, Any]:
    """A form about a late answer that wang was told of."""
    await talked("c1", rings_ms=12_000, said="您好")
    client = await sign_in_as("inspector")
    form = (await save(client, await made(client, "c1"), items=AGREED)).json()
    return await step(client, await step(client, form, "submit"), "tell")


async def test_a_form_goes_its_way_to_the_decision_of_an_appeal(
    sign_in_as: SignInAs, talked: Talked, app_audit: Audit
) -> None:
    await talked("c1", rings_ms=12_000, said="您好")
    client = await sign_in_as("inspector")
    form = await made(client, "c1")
    assert (form["state"], form["inspector"], form["agent"]) == ("draft", "inspector", "wang")
    assert form["may"] == ["save", "submit", "reassign"]
    early = await client.post(f"/quality/inspections/{form['id']}/submit", json={"version": 1})
    assert (early.status_code, early.json()["error"]["code"]) == (422, "incomplete")
    assert len(early.json()["error"]["why"]["open"]) == 2

    saved = (await save(client, form, items=AGREED, comment="语速偏快")).json()
    assert (saved["version"], saved["comment"]) == (2, "语速偏快")
    assert item(saved, "open.third-ring")["verdict"] == "breach"
    stale = await save(client, form, items={}, comment="别的话")
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "changed")
    assert stale.json()["error"]["inspection"]["comment"] == "语速偏快"
    done = await step(client, saved, "submit")
    assert (done["state"], done["may"]) == ("submitted", ["tell"])
    shown = await step(client, done, "tell")
    assert shown["state"] == "told"
    assert [(each.agent, each.kind, each.call) for each in TOLD] == [("wang", "inspected", "c1")]

    agent = await sign_in_as("wang")
    mine = (await agent.get("/quality/inspections")).json()["inspections"]
    assert [each["id"] for each in mine] == [form["id"]]
    seen = (await agent.get(f"/quality/inspections/{form['id']}")).json()
    assert seen["may"] == ["appeal"]
    against = item(seen, "open.third-ring")["id"]
    appeal = await step(agent, seen, "appeal", items=[against], text="当时在处理前一通电话")
    assert (appeal["state"], appeal["appeal"]["text"]) == ("appealed", "当时在处理前一通电话")

    first = await sign_in_as("inspector")
    assert (await first.get("/quality/appeals")).json()["appeals"] == []
    decision = {"version": appeal["version"], "reason": "系统记录属实", "decisions": []}
    refused = await first.post(f"/quality/inspections/{form['id']}/decide", json=decision)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "first_inspector")

    other = await sign_in_as("second")
    assert [each["id"] for each in (await other.get("/quality/appeals")).json()["appeals"]] == [form["id"]]
    decisions = [{"item": against, "outcome": "changed"}]
    decided = await step(other, appeal, "decide", decisions=decisions, reason="申诉成立")
    assert (decided["state"], decided["score"]["total"], decided["machine_score"]["total"]) == (
        "decided",
        100.0,
        pytest.approx(86.7),
    )
    assert decided["appeal"]["decided_by_name"] == "陈静"
    assert TOLD[-1].kind == "appeal_decided"
    assert [each["what"] for each in decided["steps"]] == [
        "created",
        "saved",
        "submitted",
        "told",
        "appealed",
        "decided",
    ]
    lines = await app_audit.find(subject=form["id"])
    assert [line.what for line in reversed(lines.entries)] == [
        "inspection_made",
        "inspection_saved",
        "inspection_submitted",
        "inspection_told",
        "appeal_made",
        "appeal_decided",
    ]
    assert {line.by for line in lines.entries} == {"inspector", "wang", "second"}


@pytest.fixture
def app_audit(app: Any) -> Audit:
    audit: Audit = app.state.audit
    return audit


async def test_an_agent_sees_nothing_of_a_form_before_being_told(
    sign_in_as: SignInAs, talked: Talked
) -> None:
    await talked("c1", agent="shift_leader", rings_ms=12_000, said="您好")
    form = await made(await sign_in_as("inspector"), "c1")
    leader = await sign_in_as("shift_leader")
    assert (await leader.get(f"/quality/inspections/{form['id']}")).status_code == 404
    for question in ("mine=true", "mine=false"):
        assert (await leader.get(f"/quality/inspections?{question}")).json()["inspections"] == []
    assert (await leader.get("/calls/c1/assessment")).json()["inspections"] == []
    trainer = await sign_in_as("trainer")
    assert (await trainer.get(f"/quality/inspections/{form['id']}")).status_code == 200


async def test_the_time_for_an_appeal_ends_and_the_form_closes_by_itself(
    sign_in_as: SignInAs, talked: Talked, quality: Quality, clock: VirtualClock
) -> None:
    form = await told(sign_in_as, talked)
    written: list[tuple[str, str]] = []

    async def write(what: str, subject: str) -> None:
        written.append((what, subject))

    quality.inspections.audited = write
    body = {"items": [item(form, "open.third-ring")["id"]], "text": "不同意"}
    clock.advance(form["appeal_until_ms"] - clock.now_ms() + 1)
    agent = await sign_in_as("wang")
    late = await agent.post(f"/quality/inspections/{form['id']}/appeal", json=body)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "too_late")
    assert await quality.inspections.close_due() == 1
    closed = (await agent.get(f"/quality/inspections/{form['id']}")).json()
    assert (closed["state"], closed["may"], closed["steps"][-1]["by"]) == ("closed", [], "")
    assert await quality.inspections.close_due() == 0
    assert written == [("inspection_closed", form["id"])]


async def test_an_agent_appeals_against_the_machine_alone(
    sign_in_as: SignInAs, talked: Talked, clock: VirtualClock
) -> None:
    await talked("c1", rings_ms=12_000, said="您好")
    agent = await sign_in_as("wang")
    assessment = (await agent.get("/calls/c1/assessment")).json()
    until_ms, findings = assessment["appeal_until_ms"], assessment["findings"]
    assert until_ms > clock.now_ms()
    assert (await agent.get("/quality/mine")).json()["calls"][0]["appeal_until_ms"] == until_ms
    late = next(each["id"] for each in findings if each["verdict"] == "breach")
    body = {"findings": [late], "text": "话机没有响铃"}
    form = (await agent.post("/calls/c1/appeal", json=body)).json()
    assert (form["state"], form["inspector"]) == ("appealed", "")
    assert (await agent.get("/calls/c1/assessment")).json()["appeal_until_ms"] is None
    assert (await agent.get("/quality/mine")).json()["calls"][0]["appeal_until_ms"] is None
    again = await agent.post("/calls/c1/appeal", json=body)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "not_possible")
    other = await sign_in_as("wang")
    assert (await other.get("/quality/appeals?mine=true")).json()["appeals"][0]["id"] == form["id"]
    inspector = await sign_in_as("inspector")
    upheld = [{"item": late, "outcome": "upheld"}]
    decided = await step(inspector, form, "decide", decisions=upheld, reason="话机有响铃记录")
    assert decided["score"]["total"] == decided["machine_score"]["total"]
    await talked("c2", rings_ms=12_000)
    assert (await inspector.get("/calls/c2/assessment")).json()["appeal_until_ms"] is None
    clock.advance(9 * DAY_MS)
    agent = await sign_in_as("wang")
    assessment = (await agent.get("/calls/c2/assessment")).json()
    assert assessment["appeal_until_ms"] is None
    findings = assessment["findings"]
    body = {"findings": [each["id"] for each in findings if each["verdict"] == "breach"], "text": "晚了"}
    assert (await agent.post("/calls/c2/appeal", json=body)).json()["error"]["code"] == "too_late"
    await talked("c3", agent="agent", rings_ms=12_000)
    stranger = await agent.post("/calls/c3/appeal", json=body)
    assert stranger.status_code == 404


async def test_who_let_a_call_ring_sees_that_verdict_alone_and_appeals_it(
    sign_in_as: SignInAs, talked: Talked
) -> None:
    await talked("c1", agent="wang", missed_by="agent", rings_ms=12_000, said="您好")
    absent = await sign_in_as("agent")
    row = (await absent.get("/quality/mine")).json()["calls"][0]
    assert (row["came"], row["inspected"], row["breaches"], row["total"]) == (False, "", 1, None)
    told = (await absent.get("/calls/c1/assessment")).json()
    assert told["appeal_until_ms"] == row["appeal_until_ms"]
    assert [(each["rule"], each["agent"]) for each in told["findings"]] == [("open.third-ring", "agent")]
    assert (told["score"]["total"], told["words"], told["by_people"]) == (None, False, [])
    for hidden in ("/calls/c1", "/calls/c1/transcript"):
        assert (await absent.get(hidden)).status_code in (403, 404), hidden
    ring = told["findings"][0]["id"]
    wang = await sign_in_as("wang")
    findings = (await wang.get("/calls/c1/assessment")).json()["findings"]
    own = next(each["id"] for each in findings if each["agent"] == "wang" and each["verdict"] == "breach")
    not_theirs = await wang.post("/calls/c1/appeal", json={"findings": [ring], "text": "不是我"})
    assert not_theirs.status_code == 422
    absent = await sign_in_as("agent")
    foreign = await absent.post("/calls/c1/appeal", json={"findings": [own], "text": "不是我"})
    assert foreign.status_code == 422
    form = (await absent.post("/calls/c1/appeal", json={"findings": [ring], "text": "话机没响"})).json()
    assert (form["state"], form["agent"], form["came"], form["score"]["total"]) == (
        "appealed",
        "agent",
        False,
        None,
    )
    assert [each["id"] for each in form["items"]] == [ring]
    row = (await absent.get("/quality/mine")).json()["calls"][0]
    assert (row["inspected"], row["appeal_until_ms"]) == ("appealed", None)
    again = await absent.post("/calls/c1/appeal", json={"findings": [ring], "text": "话机没响"})
    assert again.json()["error"]["code"] == "not_possible"
    wang = await sign_in_as("wang")  # whose call it is may appeal, and be inspected, all the same
    theirs = (await wang.post("/calls/c1/appeal", json={"findings": [own], "text": "铃声晚了"})).json()
    assert (theirs["agent"], theirs["came"]) == ("wang", True)
    assert (await wang.get(f"/quality/inspections/{form['id']}")).status_code == 404
    inspector = await sign_in_as("inspector")
    changed = [{"item": ring, "outcome": "changed", "verdict": "not_applicable"}]
    decided = await step(inspector, form, "decide", decisions=changed, reason="话机当时断线")
    assert (decided["state"], decided["items"][0]["decided"]) == ("decided", "not_applicable")
    assert TOLD[-1].agent == "agent"


async def test_a_ring_that_an_appeal_excused_costs_nothing_on_lists_nor_in_figures(
    sign_in_as: SignInAs, talked: Talked, quality: Quality, clock: VirtualClock
) -> None:
    async def breaches() -> dict[str, tuple[int, int]]:
        manager = await sign_in_as("manager")
        asked = f"by=agent&rule=open.third-ring&from_ms=0&to_ms={clock.now_ms() + 1}"
        rows = (await manager.get(f"/quality/figures?{asked}")).json()["rows"]
        return {each["key"]: (each["calls"], each["breaches"]) for each in rows}

    await talked("c1", agent="wang", missed_by="agent", rings_ms=12_000, said="您好")
    assert await breaches() == {"wang": (1, 1), "agent": (1, 1)}
    absent = await sign_in_as("agent")
    findings = (await absent.get("/calls/c1/assessment")).json()["findings"]
    form = (
        await absent.post("/calls/c1/appeal", json={"findings": [findings[0]["id"]], "text": "没响"})
    ).json()
    assert (await absent.get("/quality/mine")).json()["calls"][0]["breaches"] == 1, "nobody has decided yet"
    changed = [{"item": findings[0]["id"], "outcome": "changed", "verdict": "not_applicable"}]
    await step(await sign_in_as("inspector"), form, "decide", decisions=changed, reason="话机当时断线")
    for judged_again in (False, True):
        if judged_again:
            await quality.judging.wanted("c1", "asked")
            await judge_all(quality.judging, clock)
        assert await breaches() == {"wang": (1, 1), "agent": (0, 0)}, judged_again
        absent = await sign_in_as("agent")
        row = (await absent.get("/quality/mine")).json()["calls"][0]
        assert (row["inspected"], row["breaches"], row["worst"]) == ("decided", 0, [])
        assert (await absent.get("/calls/c1/assessment")).json()["findings"] == []


async def test_nobody_inspects_an_own_call_nor_a_call_twice(sign_in_as: SignInAs, talked: Talked) -> None:
    await talked("c1", agent="manager")
    manager = await sign_in_as("manager")
    own = await manager.post("/quality/inspections", json={"call": "c1"})
    assert (own.status_code, own.json()["error"]["code"]) == (409, "own_call")
    form = await made(manager, "c1", inspector="inspector")
    again = await manager.post("/quality/inspections", json={"call": "c1", "inspector": "second"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "not_possible")
    url = f"/quality/inspections/{form['id']}/reassign"
    assert (await manager.post(url, json={"inspector": "manager"})).json()["error"]["code"] == "own_call"
    assert (await manager.post(url, json={"inspector": "wang"})).status_code == 422
    given = (await manager.post(url, json={"inspector": "second"})).json()
    assert given["inspector_name"] == "陈静"
    first = await sign_in_as("inspector")
    refused = await first.put(f"/quality/inspections/{form['id']}", json={"version": 2})
    assert refused.status_code == 403, "it is another's now"
    missing = await first.post("/quality/inspections", json={"call": "nothing"})
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_judged")


async def test_a_plan_chooses_says_why_and_makes_its_inspections(
    sign_in_as: SignInAs, talked: Talked, clock: VirtualClock
) -> None:
    from_ms = clock.now_ms() - DAY_MS
    for number in range(6):
        await talked(f"c{number}", judged=number == 5, by="agent" if number == 2 else "caller")
    await talked("m1", agent="manager")
    manager = await sign_in_as("manager")
    plan = {
        "name": "六月抽检",
        "from_ms": from_ms,
        "to_ms": clock.now_ms() + 1,
        "risk": 1,
        "margin": 0.3,
        "confidence": 0.9,
        "inspectors": ["inspector", "manager"],
        "seed": 7,
    }
    preview = (await manager.post("/quality/plans/preview", json=plan)).json()
    assert preview == (await manager.post("/quality/plans/preview", json=plan)).json()
    assert (preview["population"], preview["risk"]) == (7, 1)
    assert preview["chosen"][0]["call"] == "c2"
    assert preview["chosen"][0]["why"][0]["kind"] == "fatal"
    assert preview["chosen"][0]["why"][0]["text"] == {"zh": "有一票否决的发现", "en": "A fatal finding"}
    stratum = next(each for each in preview["strata"] if each["agent"] == "wang")
    assert (stratum["calls"], stratum["agent_name"]) == (6, "王芳")
    assert stratum["margin"] <= 0.3
    own = next(each for each in preview["chosen"] if each["call"] == "m1")
    assert own["inspector"] == "inspector", "nobody gets an own call"
    shares = [each["inspections"] for each in preview["inspectors"]]
    assert max(shares) - min(shares) <= 1

    kept = (await manager.post("/quality/plans", json=plan)).json()
    assert (kept["state"], kept["chosen"]) == ("draft", preview["chosen"])
    started = (await manager.post(f"/quality/plans/{kept['id']}/start")).json()
    assert (started["state"], started["open"]) == ("started", len(preview["chosen"]))
    again = await manager.post(f"/quality/plans/{kept['id']}/start")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "not_possible")
    assert (await manager.delete(f"/quality/plans/{kept['id']}")).status_code == 409
    mine = (await manager.get("/quality/inspections")).json()["inspections"]
    assert {each["plan_name"] for each in mine} == {"六月抽检"}
    assert len(mine) == preview["inspectors"][1]["inspections"]
    after = (await manager.post("/quality/plans/preview", json=plan)).json()
    assert after["left_out"] == [{"why": "being_inspected", "calls": len(preview["chosen"])}]
    one = (await manager.get("/quality/plans")).json()["plans"]
    assert [(each["id"], each["chosen"]) for each in one] == [(kept["id"], [])]
    open_ones = (await manager.get("/quality/inspectors")).json()["inspectors"]
    assert sum(each["open"] for each in open_ones) == len(preview["chosen"])


@pytest.mark.parametrize(
    "wrong", [{"inspectors": ["wang"]}, {"to_ms": 1}, {"margin": 0.9}, {"confidence": 2}, {"risk": -1}]
)
async def test_a_plan_that_cannot_be_is_refused(sign_in_as: SignInAs, quality: Quality, wrong: Any) -> None:
    manager = await sign_in_as("manager")
    plan = {"name": "x", "from_ms": 2, "to_ms": 3, **wrong}
    refused = await manager.post("/quality/plans/preview", json=plan)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid")


async def test_a_draft_plan_is_taken_away(sign_in_as: SignInAs, quality: Quality) -> None:
    manager = await sign_in_as("manager")
    kept = (await manager.post("/quality/plans", json={"name": "x", "from_ms": 2, "to_ms": 3})).json()
    assert (await manager.delete(f"/quality/plans/{kept['id']}")).status_code == 204
    assert (await manager.get(f"/quality/plans/{kept['id']}")).status_code == 404


async def test_a_calibration_round_is_blind_until_all_are_done_and_then_shows_how_far_they_agree(
    sign_in_as: SignInAs, talked: Talked
) -> None:
    await talked("c1", rings_ms=12_000, said="您好")
    manager = await sign_in_as("manager")
    wanted = {"name": "校准", "calls": ["c1"], "inspectors": ["inspector", "second"]}
    lonely = await manager.post("/quality/rounds", json={**wanted, "inspectors": ["second", "second"]})
    assert lonely.status_code == 422
    one = (await manager.post("/quality/rounds", json=wanted)).json()
    assert (one["state"], one["agreement"]) == ("open", None)

    inspector = await sign_in_as("inspector")
    [form] = (await inspector.get("/quality/inspections")).json()["inspections"]
    whole = (await inspector.get(f"/quality/inspections/{form['id']}")).json()
    whole = (await save(inspector, whole, items=AGREED)).json()
    await step(inspector, whole, "submit")
    blind = (await inspector.get(f"/quality/rounds/{one['id']}")).json()
    assert (blind["state"], [each["inspector"] for each in blind["forms"]]) == ("open", ["inspector"])
    assert [(each["user"], each["submitted"], each["of"]) for each in blind["inspectors"]] == [
        ("inspector", 1, 1),
        ("second", 0, 1),
    ]

    second = await sign_in_as("second")
    assert (await second.get(f"/quality/inspections/{form['id']}")).status_code == 404, "blind"
    [theirs] = (await second.get("/quality/inspections")).json()["inspections"]
    whole = (await second.get(f"/quality/inspections/{theirs['id']}")).json()
    said = {
        "open.third-ring": {"stand": "overrule", "verdict": "pass", "reason": "系统延迟"},
        "plain.words": {"stand": "judged", "verdict": "pass"},
    }
    whole = (await save(second, whole, items=said)).json()
    done = await step(second, whole, "submit")
    assert (done["state"], done["may"]) == ("closed", [])
    complete = (await second.get(f"/quality/rounds/{one['id']}")).json()
    assert complete["state"] == "complete"
    assert {each["state"] for each in complete["forms"]} == {"closed"}
    by_rule = {each["rule"]: each for each in complete["agreement"]["rules"]}
    assert by_rule["open.third-ring"]["people"]["percent"] == 0
    assert by_rule["plain.words"]["people"]["percent"] == 1
    assert by_rule["open.third-ring"]["votes"][0]["votes"] == {
        "inspector": "breach",
        "machine": "breach",
        "second": "pass",
    }
    with_machine = {(each["a"], each["b"]): each["same"] for each in by_rule["open.third-ring"]["pairs"]}
    assert with_machine == {("inspector", "machine"): 1, ("inspector", "second"): 0, ("machine", "second"): 0}
    assert complete["agreement"]["people"]["how"] == "cohen"
    assert complete["agreement"]["overall"]["how"] == "fleiss"
    agent = await sign_in_as("wang")
    assert (await agent.get("/quality/inspections")).json()["inspections"] == []


SEE = {"shift_leader", "inspector", "trainer", "manager"}
INSPECT = {"inspector", "manager"}
OWN = {"agent", "shift_leader"}
PLAN = {"name": "x", "from_ms": 2, "to_ms": 3}
ROUND = {"name": "x", "calls": ["c1"], "inspectors": ["inspector", "second"]}
VERSION = {"version": 1}
DECISION = {"version": 1, "decisions": [], "reason": "x"}
ROUTES: list[tuple[str, str, Any, set[str]]] = [
    ("GET", "/quality/inspectors", None, SEE),
    ("GET", "/quality/plans", None, SEE),
    ("GET", "/quality/plans/none", None, SEE),
    ("POST", "/quality/plans/preview", PLAN, INSPECT),
    ("POST", "/quality/plans", PLAN, INSPECT),
    ("POST", "/quality/plans/none/start", None, INSPECT),
    ("DELETE", "/quality/plans/none", None, INSPECT),
    ("GET", "/quality/rounds", None, SEE),
    ("GET", "/quality/rounds/none", None, SEE),
    ("POST", "/quality/rounds", ROUND, INSPECT),
    ("GET", "/quality/inspections", None, SEE | OWN),
    ("GET", "/quality/inspections?mine=false", None, SEE),
    ("GET", "/quality/inspections/none", None, SEE | OWN),
    ("POST", "/quality/inspections", {"call": "c1"}, INSPECT),
    ("PUT", "/quality/inspections/none", VERSION, INSPECT),
    ("POST", "/quality/inspections/none/submit", VERSION, INSPECT),
    ("POST", "/quality/inspections/none/tell", VERSION, INSPECT),
    ("POST", "/quality/inspections/none/reassign", {"inspector": "inspector"}, INSPECT),
    ("POST", "/quality/inspections/none/appeal", {"items": ["x"], "text": "x"}, OWN),
    ("POST", "/calls/none/appeal", {"findings": ["x"], "text": "x"}, OWN),
    ("GET", "/quality/appeals", None, INSPECT | OWN),
    ("POST", "/quality/inspections/none/decide", DECISION, INSPECT),
]


@pytest.mark.parametrize(
    "role", ["agent", "shift_leader", "inspector", "trainer", "manager", "support", "administrator"]
)
async def test_each_role_may_what_its_permissions_say(
    sign_in_as: SignInAs, talked: Talked, role: str
) -> None:
    await talked("c1")
    client = await sign_in_as(role)
    for method, path, body, able in ROUTES:
        answer = await client.request(method, path, json=body)
        assert (answer.status_code != 403) == (role in able), (role, method, path, answer.text)
        assert answer.status_code < 500, answer.text


async def pages(client: httpx.AsyncClient, path: str, rows: str, **more: Any) -> list[list[str]]:
    """The ids on each page of two."""
    found: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await client.get(path, params={"limit": 2, "cursor": cursor, **more})).json()
        found.append([each["id"] for each in page[rows]])
        cursor = page["next"]
    return found


async def test_lists_of_plans_rounds_forms_and_appeals_go_on_page_by_page(
    sign_in_as: SignInAs, talked: Talked, clock: VirtualClock
) -> None:
    plans, rounds, forms = [], [], []
    for number in range(3):
        await talked(f"c{number}", rings_ms=12_000, said="您好")
        client = await sign_in_as("manager")
        plan = await client.post("/quality/plans", json={"name": "x", "from_ms": 2, "to_ms": 3})
        wanted = {"name": "x", "calls": [f"c{number}"], "inspectors": ["second", "manager"]}
        begun = await client.post("/quality/rounds", json=wanted)
        client = await sign_in_as("inspector")
        form = (await save(client, await made(client, f"c{number}"), items=AGREED)).json()
        told = await step(client, await step(client, form, "submit"), "tell")
        client = await sign_in_as("wang")
        seen = (await client.get(f"/quality/inspections/{form['id']}")).json()
        await step(client, told, "appeal", items=[item(seen, "open.third-ring")["id"]], text="请再看")
        plans.append(plan.json()["id"])
        rounds.append(begun.json()["id"])
        forms.append(form["id"])
        clock.advance(1_000)
    client = await sign_in_as("manager")
    assert await pages(client, "/quality/plans", "plans") == [plans[:0:-1], plans[:1]]
    assert await pages(client, "/quality/rounds", "rounds") == [rounds[:0:-1], rounds[:1]]
    assert await pages(client, "/quality/appeals", "appeals") == [forms[:0:-1], forms[:1]]
    client = await sign_in_as("inspector")
    assert await pages(client, "/quality/inspections", "inspections", done=True) == [forms[:0:-1], forms[:1]]
    assert await pages(client, "/quality/inspections", "inspections", done=False) == [[]]
