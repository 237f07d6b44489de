"""`huawu config` as a person types it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from huawu.cli.config import app
from huawu.config.load import load
from tests.config.centre import CENTRE


class Folder:
    """A folder with a file and a data folder."""

    def __init__(self, path: Path) -> None:
        self.file = path / "centre.yaml"
        self.data = path / "data"

    def run(self, command: str, *words: str, answer: str = "") -> Result:
        given = [command, *([str(self.file)] if command != "export" else []), *words]
        if command != "check":
            given += ["--data", str(self.data)]
        return CliRunner().invoke(app, given, input=answer)

    def write(self, text: str) -> None:
        self.file.write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.write(CENTRE)
    return folder


def test_check_says_good(folder: Folder) -> None:
    result = folder.run("check")
    assert result.exit_code == 0, result.output
    assert "good. 2 numbers, 1 flows, 1 queues, 2 people, 1 phones." in result.output


def test_check_lists_errors_and_fails(folder: Folder) -> None:
    folder.write(CENTRE.replace("1: enquiry", "1: enquirey").replace("[general]", "[generl]"))
    result = folder.run("check")
    assert result.exit_code == 1
    assert 'centre.yaml:10:45 flows.main.steps.menu.keys.1: there is no step "enquirey"' in result.output
    assert "2 errors" in result.output


def test_check_knows_the_prompts_and_those_of_ones_own_folder(folder: Folder, tmp_path: Path) -> None:
    folder.write(CENTRE.replace("say: menu", "say: clinic-menu"))
    assert 'there is no prompt "clinic-menu"' in folder.run("check").output
    prompts = tmp_path / "prompts" / "zh"
    prompts.mkdir(parents=True)
    (prompts / "clinic-menu.wav").write_bytes(b"")
    assert folder.run("check", "--prompts", str(prompts.parent)).exit_code == 0


def test_what_cannot_be_read_is_told_plainly(folder: Folder) -> None:
    folder.file.write_bytes(b"\xff\xfe")
    assert "is not UTF-8" in folder.run("check").output
    folder.file.unlink()
    result = folder.run("check")
    assert result.exit_code == 1
    assert "cannot be read: No such file" in result.output


def test_import_asks_and_export_gives_it_back_without_passwords(folder: Folder) -> None:
    folder.write(CENTRE.replace("user: boss", "user: boss, password: hunter2"))
    assert "There is no such configuration yet" in folder.run("export").output
    result = folder.run("import", answer="y\n")
    assert result.exit_code == 0, result.output
    assert "+ queue general" in result.output
    assert "Taken over as version 1." in result.output
    exported = folder.run("export")
    assert load(exported.stdout) == load(CENTRE)
    assert "hunter2" not in exported.stdout


def test_import_is_nothing_unless_wanted(folder: Folder) -> None:
    assert folder.run("import", "--dry-run").exit_code == 0
    assert folder.run("import", answer="n\n").exit_code == 1
    folder.write(CENTRE.replace("1: enquiry", "1: x"))
    assert folder.run("import", "--yes").exit_code == 1
    assert folder.run("export").exit_code == 1


def test_a_phones_new_password_is_taken_over_though_nothing_else_differs(folder: Folder) -> None:
    folder.run("import", "--yes")
    folder.write(CENTRE.replace("person: li}", "person: li, sip_password: hunter3}"))
    result = folder.run("import", "--yes")
    assert "New passwords for the phones 1001; only their hashes are kept." in result.output
    assert "Taken over as version 2." in result.output
    assert "hunter3" not in result.output + folder.run("export").output


def test_import_shows_only_what_differs(folder: Folder) -> None:
    folder.run("import", "--yes")
    assert "Nothing differs" in folder.run("import", "--yes").output
    folder.write(CENTRE.replace("ring: 15s", "ring: 20s"))
    result = folder.run("import", "--yes", "--comment", "ring longer")
    assert result.stdout.splitlines() == ["~ queue general.ring 15s → 20s"]
    assert "ring: 20s" in folder.run("export").stdout
    assert "ring: 20s" not in folder.run("export", "--version", "1").stdout
