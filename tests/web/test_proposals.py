"""Changes to the book on their way from whoever thought of them to whoever may publish them."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from huawu.accounts.audit import Audit
from huawu.platform.clock import VirtualClock
from huawu.quality.service import Quality
from tests.web.conftest import SignInAs
from tests.web.quality_stage import quality, store

__all__ = ["quality", "store"]
STRICT = {"rules": {"open.third-ring": {"thresholds": {"within": "3s"}}}}
MILD = {"rules": {"open.third-ring": {"thresholds": {"within": "20s"}}}}


async def hand(client: httpx.AsyncClient, overrides: Any = STRICT, from_number: int = 0) -> httpx.Response:
    wanted = {"overrides": overrides, "why": "更快接听", "from_number": from_number}
    return await client.post("/book/proposal", json=wanted)


async def newest(client: httpx.AsyncClient) -> Any:
    return (await client.get("/book/proposal")).json()["proposal"]


async def test_a_trainers_proposal_is_put_in_force_by_a_manager(
    sign_in_as: SignInAs, quality: Quality, clock: VirtualClock, app: Any
) -> None:
    trainer = await sign_in_as("trainer")
    assert await newest(trainer) is None
    handed = await hand(trainer)
    assert handed.status_code == 200, handed.text
    clock.advance(60_000)
    manager = await sign_in_as("manager")
    seen = await newest(manager)
    assert (seen["by"], seen["why"], seen["state"]) == ("trainer", "更快接听", "open")
    assert (seen["base"], seen["overrides"], seen["from_number"]) == ({}, STRICT, 0)

    wanted = {"overrides": seen["overrides"], "why": "按提议办", "from_number": 0, "proposal": seen["number"]}
    made = (await manager.post("/book/publish", json=wanted)).json()
    trainer = await sign_in_as("trainer")
    done = await newest(trainer)
    assert (done["state"], done["became"], done["answered_by"]) == ("published", made["number"], "manager")
    assert done["answered_ms"] - done["at_ms"] == 60_000
    first, shipped = (await trainer.get("/book/versions")).json()["versions"]
    assert (first["by"], first["proposed_by"]) == ("manager", "trainer")
    assert shipped["proposed_by"] == ""
    audit: Audit = app.state.audit
    [line] = (await audit.find(what="book_proposed")).entries
    assert (line.by, line.subject, line.detail["why"]) == ("trainer", "proposal 1", "更快接听")


async def test_a_proposal_sent_back_comes_with_a_word_and_leaves_room_for_the_next(
    sign_in_as: SignInAs, quality: Quality
) -> None:
    trainer = await sign_in_as("trainer")
    await hand(trainer)
    refused = await hand(trainer, MILD)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "proposal_open")
    inspector = await sign_in_as("inspector")
    assert (await hand(inspector, MILD)).status_code == 409
    assert (await inspector.post("/book/proposal/1/return", json={"word": "算了"})).status_code == 403
    manager = await sign_in_as("manager")
    told = await manager.post("/book/proposal/1/return", json={"word": "三秒太紧"})
    back = told.json()["proposal"]
    assert (back["state"], back["word"], back["overrides"]) == ("returned", "三秒太紧", STRICT)
    again = await manager.post("/book/proposal/1/return", json={"word": "三秒太紧"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "proposal_answered")
    inspector = await sign_in_as("inspector")
    assert (await hand(inspector, MILD)).json()["proposal"]["number"] == 2


async def test_whoever_made_a_proposal_takes_it_back(sign_in_as: SignInAs, quality: Quality) -> None:
    trainer = await sign_in_as("trainer")
    await hand(trainer)
    back = (await trainer.post("/book/proposal/1/return", json={})).json()["proposal"]
    assert (back["state"], back["answered_by"], back["word"]) == ("returned", "trainer", "")


async def test_only_one_of_two_handed_over_at_once_has_the_place(
    sign_in_as: SignInAs, quality: Quality
) -> None:
    trainer = await sign_in_as("trainer")
    answers = await asyncio.gather(hand(trainer), hand(trainer, MILD))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_proposal_that_was_sent_back_is_not_published(sign_in_as: SignInAs, quality: Quality) -> None:
    manager = await sign_in_as("manager")
    await hand(manager)
    await manager.post("/book/proposal/1/return", json={"word": "三秒太紧"})
    wanted = {"overrides": STRICT, "why": "按提议办", "from_number": 0, "proposal": 1}
    refused = await manager.post("/book/publish", json=wanted)
    assert (refused.status_code, refused.json()["error"]["why"]["code"]) == (409, "proposal_answered")
    assert (await manager.get("/book")).json()["number"] == 0, "nothing came into force"


async def test_what_does_not_fit_the_book_cannot_be_handed_over(
    sign_in_as: SignInAs, quality: Quality
) -> None:
    trainer = await sign_in_as("trainer")
    wrong = await hand(trainer, {"rules": {"open.nothing": {"points": 1}}})
    assert (wrong.status_code, wrong.json()["error"]["problems"][0]["code"]) == (422, "no_rule")
    assert (await hand(trainer, from_number=9)).status_code == 404
    assert await newest(trainer) is None


async def test_a_proposal_tells_what_it_was_made_from_when_the_book_has_moved_on(
    sign_in_as: SignInAs, quality: Quality
) -> None:
    manager = await sign_in_as("manager")
    await manager.post("/book/publish", json={"overrides": MILD, "why": "放宽一些", "from_number": 0})
    await hand(manager, STRICT, 1)
    await manager.post("/book/publish", json={"overrides": {}, "why": "回到原样", "from_number": 1})
    seen = await newest(manager)
    assert (seen["from_number"], seen["base"], seen["overrides"]) == (1, MILD, STRICT)
