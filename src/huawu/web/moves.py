"""Moving calls under way: transfer, consult, conference, parking, pick-up, supervision (docs/api.md)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, model_validator

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.calls import acting
from huawu.calls.views import PartiesView
from huawu.web.auth import forbidden, may
from huawu.web.errors import json
from huawu.web.ports import CentrePort
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1/calls/{call}", tags=["moves"])
Mover = Annotated[Principal, Depends(may(Permission.MOVE_OWN_CALLS, Permission.MOVE_CALLS))]
Leader = Annotated[Principal, Depends(may(Permission.SUPERVISE))]


class TargetWanted(BaseModel):
    """Exactly one of agent, queue, flow and number. `of`: whose part in the call is moved."""

    agent: str = Field(default="", max_length=64)
    queue: str = Field(default="", max_length=64)
    flow: str = Field(default="", max_length=64)
    number: str = Field(default="", max_length=40)
    of: str = Field(default="", max_length=64)

    @model_validator(mode="after")
    def one(self) -> TargetWanted:
        if len([name for name in (self.agent, self.queue, self.flow, self.number) if name]) != 1:
            raise ValueError("give exactly one of agent, queue, flow and number")
        return self

    def target(self) -> acting.Target:
        return acting.Target(agent=self.agent, queue=self.queue, flow=self.flow, number=self.number)


class Nothing(BaseModel):
    of: str = Field(default="", max_length=64)


class SlotWanted(Nothing):
    slot: str = Field(default="", max_length=33)


class WayWanted(Nothing):
    mode: Literal["listen", "whisper", "barge", "take_over"]


def centre_of(request: Request) -> CentrePort:
    centre: CentrePort = request.app.state.centre
    return centre


Centre = Annotated[CentrePort, Depends(centre_of)]
GIVES = gives(PartiesView)


def _asked(call: str, who: Principal, of: str = "") -> dict[str, Any]:
    """Who asks for what call; without the right to move any call only one's own part can be moved."""
    own = not who.may(Permission.MOVE_CALLS)
    if own and of not in ("", who.user):
        raise forbidden()
    return {"call": call, "by": who.user, "agent": of, "own": own}


@router.get("/parties", operation_id="parties", responses=GIVES)
async def parties(
    centre: Centre, who: Annotated[Principal, Depends(may(Permission.SEE_CALLS))], call: str
) -> Response:
    """Who is in the call now, where, and who is being rung."""
    return json(await centre.parties(call))


@router.post("/transfer", operation_id="transferCall", responses=GIVES)
async def transfer(centre: Centre, who: Mover, call: str, to: TargetWanted) -> Response:
    """Send the caller on and leave."""
    asked = _asked(call, who, to.of)
    return json(await centre.act(acting.TransferCall(**asked, to=to.target())))


@router.post("/consult", operation_id="consult", responses=GIVES)
async def consult(centre: Centre, who: Mover, call: str, to: TargetWanted) -> Response:
    """Call somebody aside; the caller hears music."""
    asked = _asked(call, who, to.of)
    return json(await centre.act(acting.ConsultFor(**asked, to=to.target())))


@router.post("/consult/{step}", operation_id="consultStep", responses=GIVES)
async def consult_step(
    centre: Centre, who: Mover, call: str, step: Literal["swap", "back", "complete", "conference"]
) -> Response:
    """Talk with the other one, go back to the caller, leave the two together, or talk all together."""
    return json(await centre.act(acting.ConsultNext(**_asked(call, who), step=step)))


@router.post("/parties", operation_id="addParty", responses=GIVES)
async def add_party(centre: Centre, who: Mover, call: str, to: TargetWanted) -> Response:
    """Call one more to the conversation."""
    asked = _asked(call, who, to.of)
    return json(await centre.act(acting.AddParty(**asked, to=to.target())))


@router.delete("/parties/{party}", operation_id="removeParty", responses=GIVES)
async def remove_party(centre: Centre, who: Mover, call: str, party: str) -> Response:
    """Let a party go: an agent, or a number outside."""
    return json(await centre.act(acting.RemoveParty(**_asked(call, who), party=party[:64])))


@router.post("/park", operation_id="parkCall", responses=GIVES)
async def park(centre: Centre, who: Mover, call: str, wanted: SlotWanted) -> Response:
    """Put the caller in a slot, the first free one unless one is named."""
    asked = _asked(call, who, wanted.of)
    return json(await centre.act(acting.ParkCall(**asked, slot=wanted.slot)))


@router.post("/retrieve", operation_id="retrieveCall", responses=GIVES)
async def retrieve(centre: Centre, who: Mover, call: str, wanted: Nothing) -> Response:
    """Be rung at one's own phone to take a parked call."""
    return json(await centre.act(acting.RetrieveCall(**_asked(call, who, wanted.of))))


@router.post("/pick-up", operation_id="pickUpCall", responses=GIVES)
async def pick_up(centre: Centre, who: Mover, call: str, wanted: Nothing) -> Response:
    """Be rung at one's own phone to take a call that rings at a colleague's."""
    return json(await centre.act(acting.PickUpCall(**_asked(call, who, wanted.of))))


@router.post("/supervise", operation_id="supervise", responses=GIVES)
async def supervise(request: Request, centre: Centre, who: Leader, call: str, wanted: WayWanted) -> Response:
    """Be rung at one's own phone to listen in, whisper, barge in or take over; or change among these."""
    request.state.audited = {"mode": wanted.mode, "of": wanted.of}
    action = acting.Supervise(call=call, by=who.user, agent=wanted.of, way=wanted.mode)
    return json(await centre.act(action))


@router.delete("/supervise", operation_id="stopSupervising", responses=GIVES)
async def stop_supervising(centre: Centre, who: Leader, call: str) -> Response:
    """Leave the call."""
    return json(await centre.act(acting.StopSupervising(call=call, by=who.user)))
