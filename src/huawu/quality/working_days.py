"""Deadlines in working days, on the calendar of the centre. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from huawu.ivr.hours import OpeningHours

FARTHEST_DAYS: Final = 400
"""A calendar that is closed for so long has no working days to count."""


def is_working_day(hours: OpeningHours, day: date) -> bool:
    """Whether people work on it: weekend days that are made up for count, holidays do not."""
    return bool(hours.spans(day))


def end_of_working_day(hours: OpeningHours, from_ms: int, days: int) -> int:
    """The end of the `days`-th working day after the day of `from_ms`, as Unix ms (service book, part 7).

    It is midnight at that day's end, so that whoever works late on it is in time. Calendar days are taken
    when the calendar knows no working day.
    """
    day = datetime.fromtimestamp(from_ms / 1000, hours.zone).date()
    left = days
    for _ in range(FARTHEST_DAYS):
        if left <= 0:
            break
        day += timedelta(days=1)
        left -= is_working_day(hours, day)
    if left > 0:
        day = datetime.fromtimestamp(from_ms / 1000, hours.zone).date() + timedelta(days=days)
    over = datetime.combine(day + timedelta(days=1), time(), hours.zone)
    return round(over.timestamp() * 1000)
