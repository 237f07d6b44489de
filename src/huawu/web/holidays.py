"""A country's public holidays, for who sets opening hours (docs/api.md)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response

from huawu.ivr.hours import HoursUnclear, named_holidays
from huawu.web.administration import Administrator
from huawu.web.errors import Refused, json
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1", tags=["configuration"])
LONGEST_COUNTRY = 10


class PublicHoliday(msgspec.Struct, frozen=True, kw_only=True):
    """A day off with its name, or a weekend day that is worked to make up for one."""

    date: str
    kind: Literal["off", "work"]
    name: str = ""


class PublicHolidays(msgspec.Struct, frozen=True, kw_only=True):
    days: list[PublicHoliday]


@router.get("/holidays/{country}", operation_id="publicHolidays", responses=gives(PublicHolidays))
def public_holidays(
    country: str, _who: Administrator, year: Annotated[int, Query(ge=1990, le=2100)]
) -> Response:
    """A year's days, in order: of a country such as `CN`, or a part of one such as `DE-BY`."""
    try:
        off, work = named_holidays(country[:LONGEST_COUNTRY], [year])
    except HoursUnclear as unclear:
        raise Refused(404, "no_such_country", str(unclear)) from None
    days = [PublicHoliday(date=day.isoformat(), kind="off", name=name) for day, name in off.items()]
    days += [PublicHoliday(date=day.isoformat(), kind="work") for day in work]
    return json(PublicHolidays(days=sorted(days, key=lambda one: one.date)))
