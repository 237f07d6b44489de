"""The configuration over HTTP: read, checked, saved by one of two at once, and brought back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI

from huawu.accounts.audit import Audit
from huawu.accounts.people import People
from huawu.accounts.phones import PhoneSecrets
from huawu.accounts.roles import Role
from huawu.accounts.service import Accounts, PersonGiven
from huawu.config.compile import Centre, ha1
from huawu.config.desk import SettingsDesk
from huawu.config.schema import Configuration
from huawu.config.store import DatabaseConfigurations
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database
from tests.config.centre import CENTRE
from tests.web.conftest import SignInAs
from tests.web.fake_centre import FakeCentre

TEXT = CENTRE.replace("people:\n", "# Who is here\npeople:\n") + "  # the last word\n"
PROMPTS = ("menu", "to-person")


class Force:
    """Stands in for the running centre: keeps what came into force, and meets the people."""

    def __init__(self, accounts: Accounts, centre: FakeCentre) -> None:
        self._accounts = accounts
        self._centre = centre
        self.taken: list[Configuration] = []
        self.phones_told = 0

    async def take_over(
        self, compiled: Centre, configuration: Configuration, keep: bool
    ) -> Mapping[str, str]:
        self.taken.append(compiled.configuration)
        self._centre.configuration = configuration
        given = [PersonGiven(user=p.user, name=p.name, role=p.role) for p in configuration.people]
        roles = [PersonGiven(user=role, name=role, role=role) for role in Role]
        return await self._accounts.sync_people([*given, *roles])

    async def tell_phones(self, _configuration: Configuration) -> None:
        self.phones_told += 1


@pytest.fixture
def store(db: Database, clock: VirtualClock) -> DatabaseConfigurations:
    return DatabaseConfigurations(db, clock.now_ms)


@pytest.fixture
def desk(db: Database, clock: VirtualClock, store: DatabaseConfigurations) -> SettingsDesk:
    return SettingsDesk(store, People(db, clock), PhoneSecrets(db, clock), lambda: PROMPTS)


@pytest.fixture
def force(accounts: Accounts, centre: FakeCentre, desk: SettingsDesk) -> Force:
    force = Force(accounts, centre)
    desk.take_over, desk.tell_phones = force.take_over, force.tell_phones
    return force


@pytest.fixture
async def admin(
    app: FastAPI,
    sign_in_as: SignInAs,
    store: DatabaseConfigurations,
    desk: SettingsDesk,
    force: Force,
) -> httpx.AsyncClient:
    app.state.settings = desk
    await store.save(TEXT, by="huawu", comment="the first", expected_version=0)
    await desk.follow()
    return await sign_in_as("administrator")


async def kept(admin: httpx.AsyncClient) -> dict[str, Any]:
    answer = await admin.get("/configuration")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_it_is_read_as_text_and_as_parts(admin: httpx.AsyncClient) -> None:
    found = await kept(admin)
    assert (found["version"], found["by"], found["text"]) == (1, "huawu", TEXT)
    assert found["parts"]["flows"]["main"]["steps"]["menu"]["say"] == ["menu"]
    assert found["parts"]["flows"]["main"]["steps"]["menu"]["do"] == "menu"
    assert found["parts"]["queues"]["general"] == {"name": "咨询", "skills": {"zh": 1}}
    assert found["people_with_password"] == ["li", "boss"]
    assert found["phones_with_secret"] == []
    whole = (await admin.get("/configuration", params={"defaults": True})).json()["parts"]
    assert whole["queues"]["general"]["ring"] == "15s"
    schema = (await admin.get("/configuration/schema")).json()["schema"]
    assert schema["$defs"]["Queue"]["properties"]["ring"]["default"] == "15s"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
async def test_only_administrators_see_or_change_it(
    admin: httpx.AsyncClient, sign_in_as: SignInAs, role: Role
) -> None:
    other = await sign_in_as(role)
    assert (await other.get("/configuration")).status_code == 403
    change = {"text": TEXT, "version": 1}
    assert (await other.put("/configuration", json=change)).status_code == 403
    assert (await other.post("/endpoints/1001/secret")).status_code == 403


async def test_all_problems_of_a_draft_are_told_with_their_place_in_both_languages(
    admin: httpx.AsyncClient,
) -> None:
    wrong = TEXT.replace("ring: 15s", "ring: 15").replace("1: enquiry", "1: enquirey")
    answer = (await admin.post("/configuration/check", json={"text": wrong})).json()
    assert [(each["code"], each["line"], each["path"]) for each in answer["problems"]] == [
        ("not_known", 10, ["flows", "main", "steps", "menu", "keys", "1"]),
        ("no_length", 19, ["queues", "general", "ring"]),
    ]
    assert answer["problems"][0]["values"] == {"what": "step", "name": "enquirey", "meant": "enquiry"}
    assert answer["problems"][0]["message_zh"].startswith("没有名为“enquirey”的步骤")
    assert (answer["text"], answer["changes"], answer["parts"]) == ("", [], None)

    parts = (await kept(admin))["parts"]
    parts["people"][0]["queues"] = ["generel"]
    answer = (await admin.post("/configuration/check", json={"parts": parts})).json()
    (problem,) = answer["problems"]
    assert (problem["where"], problem["line"]) == ("people.li.queues.0", None)
    assert problem["path"] == ["people", 0, "queues", 0]


async def test_a_good_draft_tells_what_it_would_change(admin: httpx.AsyncClient, force: Force) -> None:
    parts = (await kept(admin))["parts"]
    parts["queues"]["general"]["ring"] = "20s"
    answer = (await admin.post("/configuration/check", json={"parts": parts})).json()
    assert answer["problems"] == []
    change = {"sign": "~", "what": "queue general.ring", "before": "15s", "after": "20s"}
    assert answer["changes"] == [change]
    assert "ring: 20s" in answer["text"]
    assert answer["parts"] == parts
    assert (await kept(admin))["version"] == 1
    assert len(force.taken) == 1


@pytest.mark.parametrize("given", [{}, {"text": "a", "parts": {}}, {"parts": []}, {"text": None}])
async def test_a_draft_is_either_text_or_parts(admin: httpx.AsyncClient, given: dict[str, Any]) -> None:
    assert (await admin.post("/configuration/check", json=given)).status_code == 422


async def test_a_saved_text_stays_as_it_is_written_and_is_in_force_at_once(
    admin: httpx.AsyncClient, force: Force, app: FastAPI
) -> None:
    text = TEXT.replace("ring: 15s", "ring: 20s # as agreed")
    saved = await admin.put("/configuration", json={"text": text, "version": 1, "comment": "longer"})
    assert saved.status_code == 200, saved.text
    assert saved.json()["version"] == 2
    assert saved.json()["passwords"] == {"people": {}, "endpoints": {}}
    assert force.taken[-1].queues["general"].ring_ms == 20_000
    assert (await kept(admin))["text"] == text
    audit: Audit = app.state.audit
    entry = (await audit.find(what="configuration_changed")).entries[0]
    assert (entry.by, entry.subject) == ("administrator", "version 2")
    assert entry.detail == {"comment": "longer", "changes": ["~ queue general.ring 15s → 20s"]}


async def test_saving_parts_keeps_the_comments_of_what_did_not_change(admin: httpx.AsyncClient) -> None:
    parts = (await kept(admin))["parts"]
    parts["queues"]["general"]["ring"] = "20s"
    assert (await admin.put("/configuration", json={"parts": parts, "version": 1})).status_code == 200
    text = (await kept(admin))["text"]
    assert "# Who is here\npeople:" in text
    assert text.endswith("# the last word\n")
    assert "ring: 20s" in text


async def test_what_changes_nothing_makes_no_version(admin: httpx.AsyncClient, force: Force) -> None:
    parts = (await kept(admin))["parts"]
    saved = (await admin.put("/configuration", json={"parts": parts, "version": 1})).json()
    assert (saved["version"], saved["changes"]) == (1, [])
    assert len(force.taken) == 1


async def test_an_invalid_draft_is_not_saved(admin: httpx.AsyncClient, force: Force) -> None:
    refused = await admin.put("/configuration", json={"text": "company: 1", "version": 1})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid")
    assert refused.json()["error"]["problems"][0]["code"] == "names_needed"
    assert (await kept(admin))["version"] == 1
    assert len(force.taken) == 1


async def test_of_two_who_save_one_is_told_what_the_other_changed(admin: httpx.AsyncClient) -> None:
    parts = (await kept(admin))["parts"]
    first = {**parts, "skills": {"zh": "国语"}}
    second = {**parts, "breaks": []}
    answers = await asyncio.gather(
        *(
            admin.put("/configuration", json={"parts": each, "version": 1, "comment": name})
            for name, each in (("skills", first), ("breaks", second))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    lost = next(answer.json()["error"] for answer in answers if answer.status_code == 409)
    assert (lost["code"], lost["version"], lost["by"]) == ("changed", 2, "administrator")
    assert lost["changes"] == won["changes"] != []
    assert (await kept(admin))["version"] == 2


async def test_a_version_saved_from_elsewhere_meanwhile_counts_too(
    admin: httpx.AsyncClient, store: DatabaseConfigurations, desk: SettingsDesk, force: Force
) -> None:
    await store.save(TEXT.replace("小休", "休息"), by="cli", comment="", expected_version=1)
    refused = await admin.put("/configuration", json={"text": TEXT, "version": 1})
    assert refused.status_code == 409
    assert [each["what"] for each in refused.json()["error"]["changes"]] == ["break rest.name"]
    followed = await desk.follow()
    assert followed is not None
    assert (followed[0].version, [str(each) for each in followed[1]]) == (
        2,
        ["~ break rest.name 小休 → 休息"],
    )
    assert force.taken[-1].breaks[0].name == "休息"
    assert await desk.follow() is None


async def test_new_people_and_phones_are_given_passwords_once(
    admin: httpx.AsyncClient, store: DatabaseConfigurations, client: httpx.AsyncClient
) -> None:
    parts = (await kept(admin))["parts"]
    parts["people"] += [
        {"user": "zhao", "name": "赵", "role": "inspector"},
        {"user": "qian", "name": "钱", "role": "trainer"},
    ]
    parts["endpoints"] += [
        {"endpoint": "1002", "user": "sip-1002"},
        {"endpoint": "1003"},
        {"endpoint": "door", "contact": "10.0.0.9:5060"},
    ]
    secrets = {"people": {"qian": "a good horse"}, "endpoints": {"1003": "a phone's own"}}
    saved = await admin.put("/configuration", json={"parts": parts, "version": 1, "secrets": secrets})
    assert saved.status_code == 200, saved.text
    made = saved.json()["passwords"]
    assert list(made["people"]) == ["zhao"]
    assert list(made["endpoints"]) == ["1002"]
    hashes = await store.phones()
    assert hashes["1002"] == ha1("sip-1002", made["endpoints"]["1002"])
    assert hashes["1003"] == ha1("1003", "a phone's own")
    now = await kept(admin)
    assert now["phones_with_secret"] == ["1002", "1003"]
    assert "horse" not in msgspec.json.encode(now).decode()
    for user, password in (("zhao", made["people"]["zhao"]), ("qian", "a good horse")):
        answer = await client.post("/session", json={"user": user, "password": password})
        assert (answer.status_code, answer.json()["must_change"]) == (200, True)


async def test_passwords_in_a_text_are_taken_over_and_not_kept(
    admin: httpx.AsyncClient, store: DatabaseConfigurations
) -> None:
    text = TEXT.replace("person: li}", "person: li, sip_password: quite secret}")
    saved = await admin.put("/configuration", json={"text": text, "version": 1})
    assert saved.status_code == 200, saved.text
    assert (await store.phones())["1001"] == ha1("1001", "quite secret")
    assert (await kept(admin))["text"] == TEXT.replace("person: li}", 'person: li, sip_password: ""}')


@pytest.mark.parametrize(
    ("secrets", "code"),
    [
        ({"people": {"li": "short"}}, "weak_password"),
        ({"endpoints": {"1001": "1234"}}, "weak_password"),
        ({"people": {"nobody": "long enough"}}, "invalid"),
        ({"endpoints": {"9999": "long enough"}}, "invalid"),
    ],
)
async def test_bad_secrets_are_refused_before_anything_is_kept(
    admin: httpx.AsyncClient, secrets: dict[str, Any], code: str
) -> None:
    text = TEXT.replace("小休", "休息")
    refused = await admin.put("/configuration", json={"text": text, "version": 1, "secrets": secrets})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, code)
    assert (await kept(admin))["version"] == 1


async def test_who_comes_to_a_name_that_was_here_gets_a_password_of_their_own(
    admin: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    parts = (await kept(admin))["parts"]
    newcomer = {"user": "zhao", "name": "赵", "role": "inspector"}
    parts["people"].append(newcomer)
    first = (await admin.put("/configuration", json={"parts": parts, "version": 1})).json()
    parts["people"].pop()
    assert (await admin.put("/configuration", json={"parts": parts, "version": 2})).status_code == 200
    back = await admin.post("/configuration/roll_back", json={"to": 2, "version": 3})
    assert back.json()["passwords"] == {"people": {}, "endpoints": {}}, "the same person is back"
    parts = (await kept(admin))["parts"]
    parts["people"] = [each for each in parts["people"] if each["user"] != "zhao"]
    assert (await admin.put("/configuration", json={"parts": parts, "version": 4})).status_code == 200
    parts["people"].append(newcomer)
    again = (await admin.put("/configuration", json={"parts": parts, "version": 5})).json()
    old, new = first["passwords"]["people"]["zhao"], again["passwords"]["people"]["zhao"]
    refused = await client.post("/session", json={"user": "zhao", "password": old})
    assert refused.status_code == 401
    assert (await client.post("/session", json={"user": "zhao", "password": new})).status_code == 200


async def test_an_earlier_version_is_brought_back_as_the_newest(
    admin: httpx.AsyncClient, force: Force, app: FastAPI
) -> None:
    text = TEXT.replace("ring: 15s", "ring: 20s")
    await admin.put("/configuration", json={"text": text, "version": 1, "comment": "longer"})
    late = await admin.post("/configuration/roll_back", json={"to": 1, "version": 1})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "changed")
    back = await admin.post("/configuration/roll_back", json={"to": 1, "version": 2})
    assert (back.json()["version"], [each["after"] for each in back.json()["changes"]]) == (3, ["15s"])
    assert force.taken[-1].queues["general"].ring_ms == 15_000
    assert (await kept(admin))["text"] == TEXT
    listed = (await admin.get("/configuration/versions")).json()
    assert [(each["version"], each["comment"], each["changes"]) for each in listed["versions"]] == [
        (3, "back to version 1", 1),
        (2, "longer", 1),
        (1, "the first", listed["versions"][2]["changes"]),
    ]
    assert listed["next"] is None
    page = (await admin.get("/configuration/versions", params={"limit": 1, "before": 3})).json()
    assert ([each["version"] for each in page["versions"]], page["next"]) == ([2], 2)
    second = (await admin.get("/configuration/versions/2")).json()
    assert (second["text"], second["by"]) == (text, "administrator")
    changes = (await admin.get("/configuration/changes", params={"from": 1, "to": 2})).json()
    assert changes["changes"] == [
        {"sign": "~", "what": "queue general.ring", "before": "15s", "after": "20s"}
    ]
    for path in (
        "/configuration/versions/9",
        "/configuration/versions/0",
        f"/configuration/versions/{2**40}",
    ):
        assert (await admin.get(path)).status_code == 404
    assert (await admin.post("/configuration/roll_back", json={"to": 9, "version": 3})).status_code == 404


async def test_changes_are_counted_once_when_a_version_is_saved_or_first_listed(
    admin: httpx.AsyncClient, store: DatabaseConfigurations
) -> None:
    longer = TEXT.replace("ring: 15s", "ring: 20s")
    await admin.put("/configuration", json={"text": longer, "version": 1, "comment": "longer"})
    await store.save(TEXT, by="cli", comment="", expected_version=2)
    assert [each.changes for each in await store.versions()] == [None, 1, None]
    listed = (await admin.get("/configuration/versions", params={"limit": 2})).json()["versions"]
    assert [each["changes"] for each in listed] == [1, 1]
    assert [each.changes for each in await store.versions()] == [1, 1, None], "only the page's"


async def test_a_version_that_cannot_be_read_any_more_is_shown_as_text(
    admin: httpx.AsyncClient, store: DatabaseConfigurations
) -> None:
    await store.save("company: {nome: 甲}", by="cli", comment="", expected_version=1)
    found = await kept(admin)
    assert found["parts"] is None
    assert {each["code"] for each in found["problems"]} == {"unknown_key", "missing"}
    listed = (await admin.get("/configuration/versions")).json()["versions"]
    assert listed[0]["changes"] is None
    refused = await admin.post("/configuration/roll_back", json={"to": 2, "version": 2})
    assert refused.status_code == 422
    mended = await admin.put("/configuration", json={"text": TEXT, "version": 2})
    assert mended.status_code == 200
    assert list(mended.json()["passwords"]["endpoints"]) == ["1001"]


async def test_a_phone_gets_another_password(
    admin: httpx.AsyncClient, store: DatabaseConfigurations, force: Force, app: FastAPI
) -> None:
    made = (await admin.post("/endpoints/1001/secret")).json()
    assert (made["endpoint"], made["user"], len(made["password"])) == ("1001", "1001", 12)
    assert (await store.phones())["1001"] == ha1("1001", made["password"])
    assert force.phones_told == 1
    assert (await admin.post("/endpoints/9999/secret")).status_code == 404
    audit: Audit = app.state.audit
    entry = (await audit.find(what="phone_secret_made")).entries[0]
    assert (entry.subject, entry.detail) == ("1001", {})


async def test_a_centre_without_memory_of_a_version_still_answers(
    admin: httpx.AsyncClient, tmp_path: Path
) -> None:
    answer = await admin.get("/configuration/changes", params={"from": 0, "to": 1})
    assert all(each["sign"] == "+" for each in answer.json()["changes"])
    assert (await admin.get("/configuration/changes", params={"from": 1, "to": 7})).status_code == 404


async def test_a_countrys_public_holidays_are_told_by_name(sign_in_as: SignInAs) -> None:
    client = await sign_in_as("administrator")
    days = (await client.get("/holidays/CN", params={"year": 2025})).json()["days"]
    by_date = {one["date"]: one for one in days}
    assert by_date["2025-10-01"]["kind"] == "off"
    assert by_date["2025-10-01"]["name"]
    assert by_date["2025-10-11"] == {"date": "2025-10-11", "kind": "work", "name": ""}
    assert [one["date"] for one in days] == sorted(by_date)
    unknown = await client.get("/holidays/XX-YY", params={"year": 2025})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "no_such_country")
    assert (await client.get("/holidays/CN", params={"year": 1})).status_code == 422
    agent = await sign_in_as("wang")
    assert (await agent.get("/holidays/CN", params={"year": 2025})).status_code == 403
