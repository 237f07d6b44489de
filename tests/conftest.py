"""What all tests may ask for: databases, a demo centre; and how several workers share the tests out."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy.engine import make_url

from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database
from tests.support import postgres, workers
from tests.support.centre import RunningCentre, running_centre
from tests.support.schema import on_server, put_schema

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
"""Generated examples are not timed: what they prove does not depend on how busy the machine is."""

_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    workers.give_way(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: workers.Worker) -> None:
    workers.tell(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> workers.SharedOut | None:
    return workers.SharedOut(config, log) if workers.share_out(config) else None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a private PostgreSQL, started once."""
    with postgres.server() as url:
        yield url


@pytest.fixture
def postgres_place(postgres_server: str) -> str:
    """The address of a PostgreSQL database that is not there yet; `put_schema` makes it."""
    url = make_url(postgres_server).set(database=f"huawu_{next(_numbers)}")
    return url.render_as_string(hide_password=False)


@pytest.fixture
async def postgres_url(postgres_server: str, postgres_place: str) -> str:
    """A new, empty PostgreSQL database."""
    await on_server(make_url(postgres_server), f"CREATE DATABASE {make_url(postgres_place).database}")
    return postgres_place


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once SQLite, once PostgreSQL; where there is `db`, that makes it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/huawu.db"
    url: str = request.getfixturevalue("postgres_place" if "db" in request.fixturenames else "postgres_url")
    return url


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """A migrated database of either kind."""
    database = Database(database_url)
    await put_schema(database)
    yield database
    await database.close()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(scope="session")
def demo_centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCentre]:
    """A real demo centre, switch and all, started once; each test must leave it without calls."""
    with running_centre(tmp_path_factory.mktemp("demo") / "data") as centre:
        yield centre
