"""What a newcomer reads once the centre is ready, and what one reads at each later start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from huawu.cli.options import Options
from huawu.cli.run import say_where_to_look


def told(*users: str, password: str = "xyzzy") -> dict[str, Any]:
    people = [{"role": "agent", "user": user, "password": password, "sip_password": ""} for user in users]
    return {"http": "http://127.0.0.1:8080", "sip": "127.0.0.1:5060", "numbers": {}, "people": people}


def read(
    folder: Path, capsys: pytest.CaptureFixture[str], what: dict[str, Any], *, demo: bool = False
) -> str:
    say_where_to_look(what, folder, Options(data=folder, demo=demo))
    return " ".join(capsys.readouterr().err.split())


def test_passwords_are_told_once_and_then_where_they_stand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, later = (read(tmp_path, capsys, told("1001")) for _ in range(2))
    assert "1001 xyzzy" in first
    assert "xyzzy" not in later
    assert f"{tmp_path}/ready.json" in first
    assert f"{tmp_path}/ready.json" in later


def test_where_no_password_was_made_here_none_is_promised(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        later = read(tmp_path, capsys, told("1001", password=""))
    assert "ready.json" not in later


def test_an_empty_centre_says_who_describes_it_and_nothing_of_phones_it_has_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = read(tmp_path, capsys, told("admin"))
    assert "Sign in as admin and describe your centre" in first
    assert "Phones register at 127.0.0.1:5060" in first
    assert "SIP password" not in first
    assert "*11" not in first


def test_the_demo_says_whom_to_sign_in_as_and_what_is_simulated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = read(tmp_path, capsys, told("1001", "leader"), demo=True)
    assert "Sign in as leader to watch, as 1001 to take calls" in demo
    assert "simulated" in demo
    assert "Sign in as" not in read(tmp_path, capsys, told("1001"), demo=True)
    assert "simulated" not in read(tmp_path, capsys, told("1001", "leader"))
