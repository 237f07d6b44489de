"""Deadlines in working days: weekends and holidays do not count, weekend days that are worked do."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from huawu.quality.service import working_calendar
from huawu.quality.working_days import end_of_working_day

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = working_calendar("CN", ZONE, range(2025, 2027))


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


@pytest.mark.parametrize(
    ("from_day", "days", "until"),
    [
        ("2025-03-03 10:00", 3, "2025-03-07 00:00"),  # Monday → the end of Thursday
        ("2025-03-06 23:59", 3, "2025-03-12 00:00"),  # Thursday → over the weekend, Tuesday
        ("2025-03-08 12:00", 1, "2025-03-11 00:00"),  # Saturday → Monday
        ("2025-09-28 12:00", 1, "2025-09-30 00:00"),  # a Sunday that is worked; the 29th
        ("2025-09-30 12:00", 1, "2025-10-10 00:00"),  # National Day holiday until the 8th
        ("2025-09-26 12:00", 1, "2025-09-29 00:00"),  # Sunday the 28th is worked
    ],
)
def test_working_days_of_the_chinese_calendar(from_day: str, days: int, until: str) -> None:
    assert end_of_working_day(CALENDAR, ms(from_day), days) == ms(until)
