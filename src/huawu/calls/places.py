"""Where a number is from, in Chinese and English, by its numbering plan's own tables.

The tables weigh about 100 MB once read, so they are read by the first who asks, beside the event loop.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache

from huawu.calls.desk_views import Place


@lru_cache(maxsize=4_096)
def place_of(number: str, country: str) -> Place:
    """The place of a number dialled in this country; empty when its plan does not say."""
    import phonenumbers
    from phonenumbers import geocoder

    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return Place()
    if not phonenumbers.is_valid_number(parsed):
        return Place()
    return Place(
        zh=geocoder.description_for_number(parsed, "zh"), en=geocoder.description_for_number(parsed, "en")
    )


async def find_place(number: str, country: str) -> Place:
    """The same, without stopping anybody else meanwhile."""
    return await asyncio.to_thread(place_of, number, country)
