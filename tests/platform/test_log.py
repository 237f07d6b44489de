import json

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
