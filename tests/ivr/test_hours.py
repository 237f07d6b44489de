"""Opening hours at instants that matter."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.ivr.hours import HoursUnclear, compile_hours, parse_days, parse_span, state
from huawu.ivr.schema import Calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Calendar(holidays="CN", hours={"mon-fri": ("09:00-12:00", "13:30-18:00")})


def at(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-06-15T08:59:59", "closed"),
        ("2026-06-15T09:00:00", "open"),
        ("2026-06-15T11:59:59", "open"),
        ("2026-06-15T12:00:00", "closed"),
        ("2026-06-15T13:30:00", "open"),
        ("2026-06-15T18:00:00", "closed"),
        ("2026-06-14T10:00:00", "closed"),  # Sunday
        ("2026-10-01T10:00:00", "holiday"),  # National Day
        ("2026-10-01T23:00:00", "holiday"),
        ("2026-02-17T10:00:00", "holiday"),  # Spring Festival
        ("2026-02-14T10:00:00", "open"),  # a Saturday worked to make up for it
        ("2026-02-14T12:30:00", "closed"),
        ("2026-09-20T10:00:00", "open"),  # a Sunday worked for National Day
        ("2026-01-02T10:00:00", "holiday"),  # the day off for which 4 January is worked
        ("2026-01-04T10:00:00", "open"),
    ],
)
def test_an_office_in_china(when: str, expected: str) -> None:
    hours = compile_hours(OFFICE, SHANGHAI, (2026,))
    assert state(hours, at(when)) == expected


def test_make_up_days_may_have_their_own_hours() -> None:
    calendar = Calendar(holidays="CN", hours=OFFICE.hours, make_up=("10:00-16:00",))
    hours = compile_hours(calendar, SHANGHAI, (2026,))
    assert state(hours, at("2026-02-14T09:30:00")) == "closed"
    assert state(hours, at("2026-02-14T12:30:00")) == "open"


def test_special_days_go_before_holidays_and_the_week() -> None:
    calendar = Calendar(
        holidays="CN",
        hours=OFFICE.hours,
        special={"2026-10-01": ("10:00-11:00",), "2026-06-15": ("closed",), "2026-06-16": ("holiday",)},
    )
    hours = compile_hours(calendar, SHANGHAI, (2026,))
    assert state(hours, at("2026-10-01T10:30:00")) == "open"
    assert state(hours, at("2026-10-01T12:00:00")) == "closed"
    assert state(hours, at("2026-06-15T10:00:00")) == "closed"
    assert state(hours, at("2026-06-16T10:00:00")) == "holiday"


def test_a_night_shift_ends_on_the_next_day() -> None:
    hours = compile_hours(Calendar(hours={"fri": ("22:00-06:00",)}), SHANGHAI, ())
    assert state(hours, at("2026-06-19T21:59:00")) == "closed"
    assert state(hours, at("2026-06-19T22:00:00")) == "open"
    assert state(hours, at("2026-06-20T05:59:00")) == "open"
    assert state(hours, at("2026-06-20T06:00:00")) == "closed"


def test_a_night_shift_goes_on_into_a_holiday() -> None:
    calendar = Calendar(hours={"every": ("22:00-06:00",)}, special={"2026-06-20": ("holiday",)})
    hours = compile_hours(calendar, SHANGHAI, ())
    assert state(hours, at("2026-06-20T05:00:00")) == "open"
    assert state(hours, at("2026-06-20T22:30:00")) == "holiday"
    assert state(hours, at("2026-06-21T05:00:00")) == "closed"


def test_hours_are_those_of_the_clock_on_the_wall() -> None:
    """Summer time begins in Berlin on 2026-03-29 at 02:00."""
    hours = compile_hours(
        Calendar(time_zone="Europe/Berlin", hours={"every": ("09:00-17:00",)}), SHANGHAI, ()
    )
    assert state(hours, at("2026-03-28T09:00:00", BERLIN)) == "open"
    assert state(hours, at("2026-03-29T09:00:00", BERLIN)) == "open"
    assert state(hours, at("2026-03-29T08:59:00", BERLIN)) == "closed"


@pytest.mark.parametrize(
    ("text", "span"),
    [("09:00-18:00", (540, 1080)), ("00:00-24:00", (0, 1440)), ("22:00 - 6:00", (1320, 1800))],
)
def test_spans(text: str, span: tuple[int, int]) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize("text", ["", "9-18", "09:00-09:00", "25:00-26:00", "09:60-10:00", "09:00–18:00"])
def test_what_is_no_span(text: str) -> None:
    with pytest.raises(HoursUnclear, match="write it like 09:00-18:00"):
        parse_span(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [("mon-fri", (0, 1, 2, 3, 4)), ("sat,sun", (5, 6)), ("sat-mon", (5, 6, 0)), ("Wed", (2,))],
)
def test_days(text: str, days: tuple[int, ...]) -> None:
    assert parse_days(text) == days


@pytest.mark.parametrize(
    ("calendar", "key"),
    [
        (Calendar(hours={"monday": ("09:00-18:00",)}), ("hours", "monday")),
        (Calendar(hours={"mon": ("09:00-18:00", "nine")}), ("hours", "mon", 1)),
        (Calendar(hours={"mon": ("09:00-18:00", "17:00-19:00")}), ("hours", "mon")),
        (Calendar(hours={"mon-wed": ("09:00-18:00",), "tue": ()}), ("hours", "tue")),
        (Calendar(hours={}, special={"2026-13-01": ("closed",)}), ("special", "2026-13-01")),
        (Calendar(hours={}, special={"2026-12-01": ("off",)}), ("special", "2026-12-01", 0)),
        (Calendar(hours={}, holidays="Atlantis"), ("holidays",)),
    ],
)
def test_what_is_not_understood_says_where(calendar: Calendar, key: tuple[str | int, ...]) -> None:
    with pytest.raises(HoursUnclear) as raised:
        compile_hours(calendar, SHANGHAI, (2026,))
    assert raised.value.key == key


def test_parts_of_a_country_have_their_own_holidays() -> None:
    hours = compile_hours(Calendar(holidays="DE-BY", hours={"every": ("00:00-24:00",)}), BERLIN, (2026,))
    assert state(hours, at("2026-01-06T10:00:00", BERLIN)) == "holiday"  # Epiphany, in Bavaria only


@given(st.integers(min_value=0, max_value=4_000_000_000_000))
def test_always_open_is_always_open(at_ms: int) -> None:
    assert state(compile_hours(Calendar(hours={"every": ("00:00-24:00",)}), BERLIN, ()), at_ms) == "open"


@given(st.integers(min_value=0, max_value=4_000_000_000_000), st.integers(0, 1439), st.integers(0, 1440))
def test_open_and_its_complement_never_agree(at_ms: int, begin: int, end: int) -> None:
    if begin == end or (begin, end) == (0, 1440):
        return

    def clock(minute: int) -> str:
        return f"{minute // 60:02}:{minute % 60:02}"

    def daily(a: int, b: int) -> str:
        hours = compile_hours(Calendar(hours={"every": (f"{clock(a)}-{clock(b)}",)}), SHANGHAI, ())
        return state(hours, at_ms)

    assert daily(begin, end) != daily(end % 1440, begin or 1440)
