from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from huawu.accounts.audit import Audit
from huawu.accounts.people import People
from huawu.accounts.roles import Role
from huawu.accounts.service import Accounts, PersonGiven
from huawu.calls.call_papers import CallPapers
from huawu.calls.help_desk import HelpDesk
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database
from huawu.platform.sealing import Seal
from huawu.speech.backlog import Backlog
from huawu.speech.live import LiveBoard
from huawu.web.app import create_app
from tests.web.fake_centre import FakeCentre

SignInAs = Callable[[str], Awaitable[httpx.AsyncClient]]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """The web knows no database: one kind will do."""
    return f"sqlite:///{tmp_path}/huawu.db"


@pytest.fixture
async def accounts(db: Database, clock: VirtualClock) -> Accounts:
    accounts = Accounts(
        db,
        clock,
        hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1),
        seal=lambda: Seal(bytes(32)),
    )
    people = [PersonGiven(user=role, name=role, role=role, password="correct horse") for role in Role]
    await accounts.sync_people([*people, PersonGiven(user="wang", name="王芳", password="correct horse")])
    return accounts


@pytest.fixture
def centre() -> FakeCentre:
    return FakeCentre()


@pytest.fixture
def app(centre: FakeCentre, accounts: Accounts, db: Database, clock: VirtualClock, tmp_path: Path) -> FastAPI:
    app = create_app(centre, accounts, data=tmp_path, static=tmp_path / "static")
    app.state.papers = CallPapers(db, clock)
    app.state.help = HelpDesk(db, clock)
    app.state.audit = Audit(db, clock)
    app.state.people = People(db, clock)
    app.state.backlog = Backlog(db)
    app.state.live_board = LiveBoard(db)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A browser nobody has signed in to."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("10.0.0.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://centre/api/v1") as client:
        yield client


@pytest.fixture
def sign_in_as(client: httpx.AsyncClient) -> SignInAs:
    async def sign_in(user: str) -> httpx.AsyncClient:
        answer = await client.post("/session", json={"user": user, "password": "correct horse"})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client

    return sign_in
