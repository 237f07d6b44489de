import io
import json
import logging
import sys

import pytest
import structlog

from huawu.platform.clock import SystemClock, VirtualClock
from huawu.platform.log import configure_logging, masked


@pytest.mark.parametrize(
    ("value", "shown"), [("13800005678", "138****5678"), ("王小明", "王**"), ("8001", "8***"), ("", "")]
)
def test_personal_values_are_masked(value: str, shown: str) -> None:
    assert masked(value) == shown


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_log_line_shows_no_number(capsys: pytest.CaptureFixture[str], form: str) -> None:
    configure_logging("INFO", "json" if form == "json" else "text")
    structlog.get_logger().info("call offered", call="c1", pii_caller="13800005678")
    line = capsys.readouterr().err
    structlog.reset_defaults()
    assert "138****5678" in line
    assert "13800005678" not in line
    if form == "json":
        assert json.loads(line)["event"] == "call offered"


def test_time_never_goes_back() -> None:
    clock = SystemClock()
    assert clock.now_ms() <= clock.now_ms()
    virtual = VirtualClock(5)
    assert virtual.advance(2) == 7
    with pytest.raises(ValueError, match="cannot go back"):
        virtual.advance(-1)


def test_who_replaced_standard_error_and_closed_it_leaves_no_broken_log_behind(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replaced, root = io.StringIO(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", replaced)
            configure_logging()
        replaced.close()
        logging.getLogger("library").warning("told by a library")
        structlog.get_logger().info("told by us")
    finally:
        structlog.reset_defaults()
        root.handlers[:] = handlers
        root.setLevel(level)
    said = capsys.readouterr().err
    assert "Logging error" not in said
    assert "told by a library" in said
    assert "told by us" in said
