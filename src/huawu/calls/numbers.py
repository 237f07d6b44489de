"""What a number is before it is dialled: where it leads, and whether this person may call it."""

from __future__ import annotations

from typing import Literal, assert_never

from huawu.calls.desk_views import Place
from huawu.calls.views import View
from huawu.config.outbound import Passage
from huawu.config.plan import (
    Destination,
    NumberPlan,
    ToAgent,
    ToEcho,
    ToFeature,
    ToFlow,
    ToOutside,
    ToQueue,
    ToSlot,
)
from huawu.config.trunks import Asker

LeadsTo = Literal["", "outside", "queue", "flow", "agent", "feature", "echo", "slot"]


class DialView(View, frozen=True, kw_only=True):
    """`why` it may not be called; `meant` is the number outside, without the access code."""

    number: str
    name: str = ""
    leads_to: LeadsTo = ""
    allowed: bool = False
    why: str = ""
    kind: str = ""
    costly: bool = False
    emergency: bool = False
    meant: str = ""
    place: Place = Place()


def look_at(plan: NumberPlan, number: str, role: str) -> DialView:
    """The number as somebody of this role would dial it. Caps and the toll alarm are asked when it is."""
    found = plan.find(number)
    if found is None:
        return DialView(number=number, why="no_number")
    if not isinstance(found, ToOutside):
        return DialView(number=number, name=found.name, leads_to=_leads_to(found), allowed=True)
    asker: Asker = role  # type: ignore[assignment]  # roles are askers
    passage = plan.outbound.passage(found.number, asker)
    if not isinstance(passage, Passage):
        return DialView(number=number, leads_to="outside", why=passage)
    return DialView(
        number=number,
        leads_to="outside",
        allowed=True,
        kind=passage.meaning.kind,
        costly=passage.costly,
        emergency=passage.emergency,
        meant=passage.meaning.e164,
    )


def _leads_to(found: Destination) -> LeadsTo:
    match found:
        case ToFlow():
            return "flow"
        case ToQueue():
            return "queue"
        case ToAgent():
            return "agent"
        case ToEcho():
            return "echo"
        case ToFeature():
            return "feature"
        case ToSlot():
            return "slot"
        case ToOutside():
            return "outside"
        case _:
            assert_never(found)
