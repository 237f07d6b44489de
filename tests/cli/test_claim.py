"""One centre a data folder; a second one is sent away and spoils nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from huawu.cli.claim import CLAIM, FolderTaken, claim
from huawu.cli.options import Options
from huawu.cli.run import run_until_told


def test_who_comes_second_is_told_who_was_first_and_what_to_do(tmp_path: Path) -> None:
    with claim(tmp_path), pytest.raises(FolderTaken) as refused:
        claim(tmp_path)
    assert f"{tmp_path} (process {os.getpid()})" in str(refused.value)
    assert "--data" in str(refused.value)


def test_a_folder_is_free_again_once_it_was_given_back(tmp_path: Path) -> None:
    for _ in range(2):
        with claim(tmp_path / "new"):
            assert (tmp_path / "new" / CLAIM).read_text() == f"{os.getpid()}\n"


def test_a_centre_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    die = (
        "import os, signal, pathlib; from huawu.cli.claim import claim; "
        f"held = claim(pathlib.Path({str(tmp_path)!r})); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", die], check=False).returncode < 0
    claim(tmp_path).close()


def test_a_second_run_leaves_what_the_first_one_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ready = tmp_path / "ready.json"
    with claim(tmp_path):
        ready.write_text("{}")
        assert run_until_told(Options(data=tmp_path)) == 1
    assert ready.read_text() == "{}"
