"""Opening hours: compiled once from the file's words, then asked `state()` without looking anything up.

Holidays come from the `holidays` package when a calendar is compiled, for the years given.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

import holidays

from huawu.ivr.schema import Calendar

State = Literal["open", "closed", "holiday"]
Spans = tuple[tuple[int, int], ...]
"""Minutes of the day, from–until; until may lie beyond 1440 and then belongs to the next day."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_DAY_MINUTES = 24 * 60


class HoursUnclear(ValueError):
    """A word of a calendar that cannot be understood; `key` says where, the message what to write."""

    def __init__(self, message: str, *key: str | int) -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True, kw_only=True)
class OpeningHours:
    """A compiled calendar."""

    zone: ZoneInfo
    week: tuple[Spans, Spans, Spans, Spans, Spans, Spans, Spans]
    days: Mapping[date, tuple[Spans, bool]] = field(
        default_factory=dict
    )  # spans of that day, is it a holiday

    def spans(self, day: date) -> Spans:
        """The hours that begin on this day."""
        known = self.days.get(day)
        return known[0] if known else self.week[day.weekday()]


def state(hours: OpeningHours, at_ms: int) -> State:
    """Is it open at this instant? A special day goes before a public holiday, that before the week."""
    local = datetime.fromtimestamp(at_ms / 1000, hours.zone)
    today = local.date()
    minute = local.hour * 60 + local.minute
    if any(begin <= minute < end for begin, end in hours.spans(today)):
        return "open"
    if today.toordinal() > 1:
        yesterday = date.fromordinal(today.toordinal() - 1)
        if any(begin <= minute + _DAY_MINUTES < end for begin, end in hours.spans(yesterday)):
            return "open"
    known = hours.days.get(today)
    return "holiday" if known and known[1] else "closed"


def next_opening(hours: OpeningHours, at_ms: int) -> int | None:
    """The instant from which it is open: now, or the next opening within a year; None: never."""
    if state(hours, at_ms) == "open":
        return at_ms
    local = datetime.fromtimestamp(at_ms / 1000, hours.zone)
    for days in range(367):
        day = date.fromordinal(local.toordinal() + days)
        for begin, _ in sorted(hours.spans(day)):
            opens = datetime.combine(day, time(begin // 60, begin % 60), hours.zone)
            if opens.timestamp() * 1000 > at_ms:
                return round(opens.timestamp() * 1000)
    return None


def parse_span(text: str) -> tuple[int, int]:
    """`09:00-18:00` → minutes. `22:00-06:00` ends the next day, `00:00-24:00` is the whole day."""
    match = _SPAN.fullmatch(text.strip())
    if match:
        a, b, c, d = (int(part) for part in match.groups())
        begin, end = a * 60 + b, c * 60 + d
        if b < 60 and d < 60 and begin < _DAY_MINUTES and end <= _DAY_MINUTES and begin != end:
            return begin, end if end > begin else end + _DAY_MINUTES
    raise HoursUnclear(f'"{text}" is no span of time; write it like 09:00-18:00')


def parse_days(text: str) -> tuple[int, ...]:
    """`mon-fri`, `sat,sun`, `every` → weekdays, 0 is Monday."""
    found: list[int] = []
    for part in text.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if part == "every":
            found += range(7)
        elif first in DAYS and (not last or last in DAYS):
            begin = DAYS.index(first)
            length = (DAYS.index(last or first) - begin) % 7
            found += [(begin + offset) % 7 for offset in range(length + 1)]
        else:
            raise HoursUnclear(f'"{part}" is no weekday; write mon, tue, … sun, mon-fri, sat,sun or every')
    return tuple(found)


def compile_hours(calendar: Calendar, zone: ZoneInfo, years: Iterable[int]) -> OpeningHours:
    """Turn the words of a calendar into a value. Raises `HoursUnclear` for the first not understood."""
    week: list[Spans] = [()] * 7
    said: set[int] = set()
    for words, texts in calendar.hours.items():
        try:
            days = parse_days(words)
        except HoursUnclear as unclear:
            raise HoursUnclear(str(unclear), "hours", words) from None
        spans = _spans(texts, "hours", words)
        for day in days:
            if day in said:
                raise HoursUnclear(f"the hours of {DAYS[day]} are given twice", "hours", words)
            said.add(day)
            week[day] = spans
    special = dict(_special(calendar))
    made_up = _spans(calendar.make_up, "make_up") or next((spans for spans in week if spans), ())
    days_known: dict[date, tuple[Spans, bool]] = {}
    if calendar.holidays:
        years = tuple(years)
        off, workdays = public_holidays(calendar.holidays, years)
        days_known |= dict.fromkeys(off, ((), True))
        days_known |= {day: (week[day.weekday()] or made_up, False) for day in workdays}
    zone = ZoneInfo(calendar.time_zone) if calendar.time_zone else zone
    a, b, c, d, e, f, g = week
    return OpeningHours(zone=zone, week=(a, b, c, d, e, f, g), days=days_known | special)


def public_holidays(country: str, years: Iterable[int]) -> tuple[frozenset[date], frozenset[date]]:
    """The days off of a country, and the weekend days worked instead, as far as the package knows them."""
    off, workdays = named_holidays(country, years)
    return frozenset(off), workdays


def named_holidays(country: str, years: Iterable[int]) -> tuple[dict[date, str], frozenset[date]]:
    """The same, the days off with their names as the country itself says them. Raises `HoursUnclear`."""
    years = tuple(years)
    name, _, subdivision = country.upper().partition("-")
    try:
        known = holidays.country_holidays(name, subdiv=subdivision or None, years=years)
    except NotImplementedError:
        raise HoursUnclear(
            f'the holidays of "{country}" are not known; write a country such as CN or DE-BY', "holidays"
        ) from None
    workdays = {day for day in getattr(known, "weekend_workdays", ()) if day.year in years}
    return {day: known[day] for day in sorted(known) if day not in workdays}, frozenset(workdays)


def _special(calendar: Calendar) -> Iterator[tuple[date, tuple[Spans, bool]]]:
    for text, words in calendar.special.items():
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise HoursUnclear(f'"{text}" is no date; write it like 2026-10-01', "special", text) from None
        if words == ("closed",):
            yield day, ((), False)
        elif words == ("holiday",):
            yield day, ((), True)
        else:
            yield day, (_spans(words, "special", text), False)


def _spans(texts: Iterable[str], *key: str) -> Spans:
    spans = []
    for index, text in enumerate(texts):
        try:
            spans.append(parse_span(text))
        except HoursUnclear as unclear:
            raise HoursUnclear(str(unclear), *key, index) from None
    spans.sort()
    for before, after in itertools.pairwise(spans):
        if after[0] < before[1]:
            raise HoursUnclear("these spans of time overlap", *key)
    return tuple(spans)
