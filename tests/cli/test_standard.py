"""`huawu standard` as people use it."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from huawu.cli.main import app

RUNNER = CliRunner()


def test_a_good_file_is_good(tmp_path: Path) -> None:
    file = tmp_path / "standard.yaml"
    file.write_text("rules:\n  open.third-ring: {points: 5, thresholds: {within: 8s}}\n", "utf-8")
    result = RUNNER.invoke(app, ["standard", "check", str(file)])
    assert result.exit_code == 0
    assert "good" in result.output


def test_what_is_wrong_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "standard.yaml"
    file.write_text(
        "rules:\n  open.third-ring:\n    thresholds:\n      witin: 8s\n  open.nowhere: {points: 2}\n", "utf-8"
    )
    result = RUNNER.invoke(app, ["standard", "check", str(file)])
    assert result.exit_code == 1
    assert (
        "standard.yaml:4 rules.open.third-ring.thresholds.witin: the rule has no such threshold"
        in result.output
    )
    assert "standard.yaml:5 rules.open.nowhere: the book has no rule of this name" in result.output
    assert RUNNER.invoke(app, ["standard", "check", str(tmp_path / "none.yaml")]).exit_code == 1


def test_rules_are_told_in_either_language() -> None:
    one = RUNNER.invoke(app, ["standard", "show", "wait.announce", "--language", "en"])
    assert "Say why and ask leave" in one.output
    assert "$ silence: 3s" in one.output
    assert "请您稍等" in RUNNER.invoke(app, ["standard", "show", "wait.announce"]).output
    assert "ban.follow-up" in RUNNER.invoke(app, ["standard", "show"]).output
    unknown = RUNNER.invoke(app, ["standard", "show", "announce"])
    assert unknown.exit_code == 1
    assert "wait.announce" in unknown.output
