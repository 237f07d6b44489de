"""What a command does not need is not loaded: the process that looks after the others stays small."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

LARGE: Final = (
    "aioice", "alembic", "asyncpg", "cryptography", "fastapi", "holidays", "httpx", "msgspec", "numpy",
    "phonenumbers", "pypinyin", "sqlalchemy", "structlog", "uvicorn",
)  # fmt: skip


def loaded_by(*statements: str) -> set[str]:
    """The packages that a fresh Python has loaded after these."""
    tell = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", "; ".join([*statements, tell])], capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("module", ["main", "run", "doctor"])
def test_help_run_and_doctor_load_nothing_large(module: str) -> None:
    assert not loaded_by(f"import huawu.cli.{module}") & set(LARGE)


def test_doctor_looks_at_a_plain_centre_without_loading_anything_large() -> None:
    look = (
        "from pathlib import Path",
        "from huawu.cli.doctor import examine",
        "from huawu.cli.options import Options",
        "assert len(list(examine(Options(data=Path('/tmp'), sip=('127.0.0.1:0',))))) > 9",
    )
    assert not loaded_by(*look) & set(LARGE)


def test_what_is_large_is_seen_when_it_is_loaded() -> None:
    assert {"sqlalchemy", "alembic"} <= loaded_by("import huawu.cli.password")
