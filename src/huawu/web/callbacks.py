"""Callbacks and redials over HTTP: what the centre owes its callers."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.web import views
from huawu.web.api import Centre, Watcher
from huawu.web.auth import may
from huawu.web.errors import json
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1")


@router.get("/callbacks", tags=["callbacks"], operation_id="callbacks", responses=gives(views.Callbacks))
async def callbacks(
    centre: Centre,
    who: Watcher,
    queue: Annotated[str, Query(max_length=64)] = "",
    state: Annotated[str, Query(max_length=16)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Response:
    """Callbacks and redials, newest first; numbers in full only for those who may see them."""
    found = await centre.callbacks(queue=queue, state=state, limit=limit)
    whole = who.may(Permission.SEE_NUMBERS)
    return json(views.Callbacks(callbacks=[views.callback_view(one, whole_number=whole) for one in found]))


@router.post("/callbacks/{callback}/take", tags=["callbacks"], operation_id="takeCallback", status_code=204)
async def take(
    centre: Centre, who: Annotated[Principal, Depends(may(Permission.SET_OWN_STATE))], callback: str
) -> Response:
    """The callback is one's next call: one's phone is rung, then the number; 409 says why it cannot be."""
    await centre.take_callback(callback, who.user)
    return Response(status_code=204)


@router.delete("/callbacks/{callback}", tags=["callbacks"], operation_id="cancelCallback", status_code=204)
async def cancel(
    centre: Centre, _who: Annotated[Principal, Depends(may(Permission.SET_STATES))], callback: str
) -> Response:
    """The callback need not be made; one that is being placed is broken off."""
    await centre.cancel_callback(callback)
    return Response(status_code=204)
