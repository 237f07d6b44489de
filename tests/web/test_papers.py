"""Notes, dispositions and wrap-up over HTTP."""

from __future__ import annotations

import httpx
import pytest

from huawu.accounts.service import Accounts
from huawu.calls.facts import Fact
from huawu.config.dispositions import DEFAULT, leaves_of
from huawu.config.schema import Company, Configuration, Disposition
from tests.web.conftest import SignInAs
from tests.web.fake_centre import FakeCentre


@pytest.fixture(autouse=True)
def calls(centre: FakeCentre) -> None:
    """Wang talked in c1 and listened in c2; c3 was a stranger's; c4 rings at wang's phone now."""
    offered = {"caller": "13800005678", "number": "12345"}
    for call, agent, more in (("c1", "wang", ""), ("c2", "li", "wang"), ("c3", "li", "")):
        facts = [
            Fact(call=call, seq=1, at_ms=1, kind="offered", fields=offered),
            Fact(call=call, seq=2, at_ms=2, kind="bridged", fields={"agent": agent}),
        ]
        if more:
            facts.append(Fact(call=call, seq=3, at_ms=3, kind="joined", fields={"agent": more}))
        facts.append(Fact(call=call, seq=4, at_ms=500, kind="ended", fields={"by": "caller"}))
        centre.timelines[call] = facts
    centre.parts.add(("c4", "wang"))


async def test_notes_are_saved_and_shown_with_the_call(sign_in_as: SignInAs) -> None:
    client = await sign_in_as("wang")
    assert (await client.get("/calls/c1/notes")).json()["version"] == 0
    saved = (await client.put("/calls/c1/notes", json={"text": "要退票", "version": 0})).json()
    assert (saved["text"], saved["version"], saved["by"]) == ("要退票", 1, "wang")
    again = (await client.put("/calls/c1/notes", json={"text": "要退两张票", "version": 1})).json()
    assert again["version"] == 2
    assert (await client.get("/calls/c1")).json()["note"]["text"] == "要退两张票"


async def test_who_writes_over_newer_notes_is_shown_them(sign_in_as: SignInAs, accounts: Accounts) -> None:
    client = await sign_in_as("wang")
    await client.put("/calls/c1/notes", json={"text": "一", "version": 0})
    leader = await sign_in_as("shift_leader")
    await leader.put("/calls/c1/notes", json={"text": "班长补充", "version": 1})
    client = await sign_in_as("wang")
    for version in (0, 1, 7):
        refused = await client.put("/calls/c1/notes", json={"text": "二", "version": version})
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "changed")
        assert refused.json()["error"]["note"]["text"] == "班长补充"
    refused = await client.put("/calls/c2/notes", json={"text": "二", "version": 3})
    assert refused.status_code == 409, "nothing was written there yet"


async def test_an_answer_lost_on_its_way_is_given_again(sign_in_as: SignInAs) -> None:
    client = await sign_in_as("wang")
    for _ in range(2):
        saved = await client.put("/calls/c1/notes", json={"text": "同样的话", "version": 0})
        assert (saved.status_code, saved.json()["version"]) == (200, 1)


@pytest.mark.parametrize(
    ("user", "call", "reads", "writes"),
    [
        ("wang", "c1", 200, 200),
        ("wang", "c2", 200, 200),
        ("wang", "c3", 404, 404),
        ("wang", "c4", 200, 200),
        ("wang", "nothing", 404, 404),
        ("inspector", "c1", 200, 403),
        ("shift_leader", "c1", 200, 200),
        ("support", "c1", 200, 403),
    ],
)
async def test_who_had_a_part_in_a_call_writes_about_it(
    sign_in_as: SignInAs, user: str, call: str, reads: int, writes: int
) -> None:
    client = await sign_in_as(user)
    assert (await client.get(f"/calls/{call}/notes")).status_code == reads
    written = await client.put(f"/calls/{call}/notes", json={"text": "x", "version": 0})
    assert written.status_code == writes


async def test_a_form_is_filed_with_the_deadline_of_its_disposition(
    sign_in_as: SignInAs, centre: FakeCentre
) -> None:
    client = await sign_in_as("wang")
    form = {"disposition": "enquiry.undecided", "summary": "待核实", "done": True}
    filed = (await client.put("/calls/c1/wrap-up", json=form)).json()
    assert (filed["agent"], filed["agent_name"]) == ("wang", "王芳")
    assert filed["deadline_ms"] == 500 + 24 * 3_600_000, "24 h from the call's end (service book, part 7)"
    assert centre.filed == [("wang", "c1", True)]
    shown = (await client.get("/calls/c1")).json()
    assert shown["disposition"] == "enquiry.undecided"
    assert [one["summary"] for one in shown["wrap_ups"]] == ["待核实"]
    again = await client.put("/calls/c1/wrap-up", json={"disposition": "enquiry.answered"})
    assert (again.json()["version"], again.json()["deadline_ms"]) == (2, None)
    assert (await client.get("/calls/c1/wrap-ups")).json()["wrap_ups"][0]["disposition"] == "enquiry.answered"
    assert (await client.get("/calls")).json()["calls"][0]["disposition"] == "enquiry.answered"


@pytest.mark.parametrize("disposition", ["", "complaint", "complaint.nothing", "x" * 200])
async def test_only_leaves_of_the_tree_are_filed(
    sign_in_as: SignInAs, centre: FakeCentre, disposition: str
) -> None:
    client = await sign_in_as("wang")
    refused = await client.put("/calls/c1/wrap-up", json={"disposition": disposition})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid")
    assert centre.filed == []


async def test_the_tree_is_the_service_books_unless_the_centre_has_its_own(
    sign_in_as: SignInAs, centre: FakeCentre
) -> None:
    client = await sign_in_as("wang")
    tree = (await client.get("/dispositions")).json()["dispositions"]
    assert [one["name"] for one in tree] == ["咨询", "求助", "投诉", "提议", "骚扰", "失物", "紧急"]
    assert tree[2]["children"][0]["id"] == "complaint.attitude"
    own = {
        "bag": Disposition(name="行李", children={"lost": Disposition(name="丢失", deadline_ms=3_600_000)})
    }
    centre.configuration = Configuration(company=Company(name="示例"), dispositions=own)
    tree = (await client.get("/dispositions")).json()["dispositions"]
    assert [one["id"] for one in tree[0]["children"]] == ["bag.lost"]
    assert (await client.put("/calls/c1/wrap-up", json={"disposition": "bag.lost"})).status_code == 200


async def test_a_list_of_calls_is_asked_by_what_was_filed(sign_in_as: SignInAs, centre: FakeCentre) -> None:
    client: httpx.AsyncClient = await sign_in_as("manager")
    await client.get("/calls", params={"disposition": "complaint", "urgent": True})
    assert (centre.asked[0].disposition, centre.asked[0].urgent) == ("complaint", True)


def test_every_default_disposition_has_both_names_and_a_number_of_its_own() -> None:
    leaves = list(leaves_of(DEFAULT))
    assert len({name for name, _ in leaves}) == len(leaves)
    assert all(leaf.name and leaf.name_en for _, leaf in leaves)
    assert dict(leaves)["complaint.attitude"].deadline_ms == 72 * 3_600_000


async def test_a_filed_form_stands_on_the_timeline_with_its_ticket_and_promise(
    sign_in_as: SignInAs, centre: FakeCentre
) -> None:
    client = await sign_in_as("wang")
    form = {"disposition": "complaint.attitude"}
    for _ in range(2):
        await client.put("/calls/c1/wrap-up", json=form)
    kinds = [fact.kind for fact in centre.timelines["c1"]]
    assert kinds[-3:] == ["filed", "ticket_opened", "promised"]
    told = (await client.get("/calls/c1/tickets")).json()
    [ticket], [promise] = told["tickets"], told["promises"]
    assert (ticket["disposition"], ticket["due_ms"]) == ("complaint.attitude", 500 + 72 * 3_600_000)
    assert (promise["what"], promise["ticket"]) == ("contact", ticket["ticket"])
    followed = await client.post("/calls/c1/follow-up", json={"ticket": ticket["ticket"], "how": "called"})
    assert followed.json()["promises"][0]["kept_ms"] == 1_000
    closing = {"ticket": ticket["ticket"], "outcome": "致歉，已退款"}
    closed = await client.post("/calls/c1/close-ticket", json=closing)
    assert closed.json()["tickets"][0]["outcome"] == "致歉，已退款"
    again = await client.post("/calls/c1/close-ticket", json=closing)
    assert (again.status_code, again.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(("user", "status"), [("wang", 404), ("shift_leader", 404), ("inspector", 403)])
async def test_who_works_on_tickets(sign_in_as: SignInAs, user: str, status: int) -> None:
    client = await sign_in_as(user)
    answer = await client.post("/calls/c1/follow-up", json={"ticket": "c1.t1"})
    assert answer.status_code == status, "nothing was promised there"
