"""Whether a case of a condition holds, and how variables fill a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from huawu.ivr.hours import parse_days, parse_span
from huawu.ivr.schema import Case

_NAME = re.compile(r"\{(\w+)\}")


def fill(text: str, variables: Mapping[str, str]) -> str:
    """`{name}` becomes the variable's value, or nothing."""
    return _NAME.sub(lambda match: variables.get(match[1], ""), text)


def holds(case: Case, variables: Mapping[str, str], at_ms: int, zone: ZoneInfo) -> bool:
    """Whether all that the case names is so."""
    value = variables.get(case.variable, "")
    if case.caller and not variables.get("caller", "").startswith(case.caller):
        return False
    if case.language and variables.get("language", "") not in case.language:
        return False
    if case.equals and value not in (fill(text, variables) for text in case.equals):
        return False
    if case.starts and not value.startswith(case.starts):
        return False
    if case.matches and not re.fullmatch(case.matches, value):
        return False
    if case.days or case.time:
        local = datetime.fromtimestamp(at_ms / 1000, zone)
        minute = local.hour * 60 + local.minute
        if case.days and not any(local.weekday() in parse_days(days) for days in case.days):
            return False
        if case.time and not any(_within(minute, span) for span in case.time):
            return False
    return True


def _within(minute: int, text: str) -> bool:
    begin, end = parse_span(text)
    return begin <= minute < end or begin <= minute + 24 * 60 < end
