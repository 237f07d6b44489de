"""In whose company a leg is: on a bridge, in a conference, or alone."""

from __future__ import annotations

from huawu.link.messages import ConferenceId, LegId
from huawu.switch.media.leg import Leg


def bridged_with(leg: Leg | None) -> LegId | None:
    """Who is on the leg's bridge, if it is on one."""
    return leg.bridged.name if leg and leg.bridged and leg.conference is None else None


def conference_of(leg: Leg | None) -> ConferenceId | None:
    """In which conference the leg is."""
    return leg.conference.name if leg and leg.conference else None


def company(leg: Leg | None) -> tuple[LegId, ...]:
    """Who else is on the leg's bridge or in its conference."""
    if leg is None:
        return ()
    if leg.conference is not None:
        return tuple(other.name for other in leg.conference.legs if other is not leg)
    return (leg.bridged.name,) if leg.bridged else ()


def in_talk(leg: Leg | None) -> bool:
    """Whether the leg is bridged, or in a conference in which any two still hear each other."""
    if leg is None:
        return False
    return leg.conference.talks if leg.conference is not None else leg.bridged is not None
