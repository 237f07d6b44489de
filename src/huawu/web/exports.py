"""What somebody takes away from a list as a file.

The page reads the list as it always does, under the permissions of whoever looks, and makes the file itself:
words, zone and numbers in it are those of the screen. Before it hands the file over it says so here, and the
audit keeps who took what, how much of it, and what was asked for.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, StringConstraints

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.platform.log import masked
from huawu.web.auth import may

router = APIRouter(prefix="/api/v1", tags=["exports"])

Taker = Annotated[Principal, Depends(may(Permission.SEE_CALLS, Permission.SEE_QUALITY))]
Text = Annotated[str, StringConstraints(max_length=200)]


class ExportMade(BaseModel):
    """`asked` names the filters of the list with what they were set to; `rows` are those in the file.

    What was searched for may be a caller's number: of that filter, `query`, the audit keeps a masked form.
    """

    what: Literal["calls", "trends", "figures"]
    asked: dict[Text, Text] = Field(default_factory=dict, max_length=20)
    rows: int = Field(ge=0, le=1_000_000)


@router.post("/exports", operation_id="exportMade", status_code=204)
async def export_made(request: Request, made: ExportMade, _who: Taker) -> Response:
    """A file is made of a list; on record with who made it, of what, and how many rows it has."""
    asked = {name: masked(value) if name == "query" else value for name, value in made.asked.items() if value}
    request.state.audited = {"subject": made.what, "rows": made.rows, "asked": asked}
    return Response(status_code=204)
