"""Figures of quality, the service book and its versions over HTTP."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field

from huawu.accounts.roles import Permission
from huawu.accounts.service import Principal
from huawu.quality.book import BookChange, BookVersion
from huawu.quality.book_views import BookView, book_view
from huawu.quality.errors import BookInvalid
from huawu.quality.figures import Figures, SinceVersion
from huawu.quality.proposals import Proposal
from huawu.quality.quotes import without_numbers
from huawu.quality.tallies import DAY_MS, FiguresWanted
from huawu.quality.trying import MOST_CALLS, Trial, TryWanted
from huawu.web.api import Anybody
from huawu.web.auth import may
from huawu.web.errors import error, json
from huawu.web.quality import Desk, Instant, Viewer
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1", tags=["quality"])
Trier = Annotated[Principal, Depends(may(Permission.TRY_BOOK, Permission.CHANGE_BOOK))]
Publisher = Annotated[Principal, Depends(may(Permission.CHANGE_BOOK))]
LONGEST_MS = 366 * DAY_MS
_encode = msgspec.json.Encoder().encode


class ChangesWanted(BaseModel):
    overrides: dict[str, Any]


class TrialWanted(BaseModel):
    overrides: dict[str, Any]
    calls: int = Field(default=200, ge=1, le=MOST_CALLS)
    rules: list[str] = Field(default=[], max_length=200)
    agent: str = Field(default="", max_length=64)
    queue: str = Field(default="", max_length=64)
    from_ms: int | None = Field(default=None, ge=0, lt=2**53)
    to_ms: int | None = Field(default=None, ge=0, lt=2**53)


Reason = Annotated[str, Field(min_length=2, max_length=500)]
"""Why the book changes; 同意 is one."""


class PublishWanted(BaseModel):
    overrides: dict[str, Any]
    why: Reason
    from_number: int = Field(ge=0, lt=2**31)
    proposal: int | None = Field(default=None, ge=1, lt=2**31)


class ProposalWanted(BaseModel):
    overrides: dict[str, Any]
    why: Reason
    from_number: int = Field(ge=0, lt=2**31)


class SendBackWanted(BaseModel):
    word: str = Field(default="", max_length=500)


class RollBackWanted(BaseModel):
    to: int = Field(ge=0, lt=2**31)
    why: Reason


class BookChecked(msgspec.Struct, frozen=True, kw_only=True):
    """`problems`: each {where, line, message, code, about}; none = it could be published."""

    problems: list[dict[str, Any]]
    version: str = ""


class BookVersions(msgspec.Struct, frozen=True, kw_only=True):
    versions: list[BookVersion]


class BookChanges(msgspec.Struct, frozen=True, kw_only=True):
    """`from_number` and `to_number` are versions of the centre's; 0 = the book as shipped."""

    from_number: int
    to_number: int
    changes: list[BookChange]


class NewestProposal(msgspec.Struct, frozen=True, kw_only=True):
    """The proposal that waits for an answer, else the last that had one; null: there never was any."""

    proposal: Proposal | None


def install(app: FastAPI) -> None:
    """Answer changes that do not fit the book with all that is wrong."""
    app.add_exception_handler(BookInvalid, _invalid)


async def _invalid(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, BookInvalid)
    return error(422, "invalid", str(refusal), problems=refusal.problems)


# ── Figures ───────────────────────────────────────────────────────────────────────────────────────


@router.get("/quality/figures", operation_id="qualityFigures", responses=gives(Figures))
async def figures(
    quality: Desk,
    _who: Viewer,
    by: Literal["rule", "agent", "queue", "team", "day", "week"] = "rule",
    rule: Annotated[str, Query(max_length=64)] = "",
    agent: Annotated[str, Query(max_length=64)] = "",
    queue: Annotated[str, Query(max_length=64)] = "",
    part: Annotated[str, Query(max_length=64)] = "",
    from_ms: Instant = None,
    to_ms: Instant = None,
    confidence: Annotated[float, Query(ge=0.5, le=0.999)] = 0.95,
) -> Response:
    """How often rules are broken, with intervals; by default of the last 28 days, at most of a year."""
    until_ms = quality.now_ms() if to_ms is None else to_ms
    since_ms = until_ms - 28 * DAY_MS if from_ms is None else from_ms
    wanted = FiguresWanted(
        by=by,
        from_ms=max(since_ms, until_ms - LONGEST_MS),
        to_ms=until_ms,
        rule=rule,
        agent=agent,
        queue=queue,
        part=part,
        confidence=confidence,
    )
    return json(await quality.figures.ask(wanted))


@router.get("/quality/figures/changes", operation_id="qualityChanges", responses=gives(SinceVersion))
async def since_version(
    quality: Desk,
    _who: Viewer,
    rule: Annotated[str, Query(max_length=64)] = "",
    days: Annotated[int, Query(ge=1, le=366)] = 28,
    confidence: Annotated[float, Query(ge=0.5, le=0.999)] = 0.95,
) -> Response:
    """Each rule before and after the version of the book that is in force."""
    return json(await quality.figures.since_version(rule=rule, days=days, confidence=confidence))


# ── The book ──────────────────────────────────────────────────────────────────────────────────────


@router.get("/book", operation_id="book", responses=gives(BookView))
async def book(
    quality: Desk, _who: Anybody, version: Annotated[int | None, Query(ge=0, lt=2**31)] = None
) -> Response:
    """The whole book, in force or of a version of the centre's, with what is otherwise than shipped."""
    number = await quality.books.newest() if version is None else version
    return json(book_view(await quality.books.get(number), await quality.books.get(0)))


@router.post("/book/check", operation_id="checkBook", responses=gives(BookChecked))
async def check(quality: Desk, _who: Trier, wanted: ChangesWanted) -> Response:
    """What is wrong with changes, if anything."""
    try:
        made = await quality.books.make(wanted.overrides)
    except BookInvalid as refusal:
        return json(BookChecked(problems=refusal.problems))
    return json(BookChecked(problems=[], version=made.standard.version))


@router.post(
    "/book/trial",
    operation_id="tryBook",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
)
async def try_book(quality: Desk, who: Trier, wanted: TrialWanted) -> Response:
    """What changes would say of the newest calls, told line by line as it goes on; nothing is published.

    Whoever stops reading ends it.
    """
    asked = TryWanted(**wanted.model_dump())
    new = await quality.trying.made(asked)  # refused, if it must be, before the first line
    whole = who.may(Permission.SEE_PRIVATE)
    lines = _lines(quality.trying.follow(asked, new), whole)
    return StreamingResponse(lines, media_type="application/x-ndjson")


async def _lines(trial: AsyncGenerator[Trial, None], whole: bool) -> AsyncGenerator[bytes, None]:
    """Line by line; what calls are quoted with only `whole` to who may see private numbers."""
    async with aclosing(trial) as told:
        async for line in told:
            yield _encode(line if whole else _without_numbers(line)) + b"\n"


def _without_numbers(line: Trial) -> Trial:
    if line.result is None:
        return line
    changes = [
        msgspec.structs.replace(each, found=without_numbers(each.found)) for each in line.result.changes
    ]
    return msgspec.structs.replace(line, result=msgspec.structs.replace(line.result, changes=changes))


@router.get("/book/versions", operation_id="bookVersions", responses=gives(BookVersions))
async def versions(quality: Desk, _who: Trier) -> Response:
    """All versions of the centre's, the newest first; the last is the book as shipped."""
    names = await quality.staff.names()
    found = [
        msgspec.structs.replace(
            each,
            by_name=names.get(each.by, each.by),
            proposed_by_name=names.get(each.proposed_by, each.proposed_by),
        )
        for each in await quality.books.versions()
    ]
    return json(BookVersions(versions=found))


@router.get("/book/changes", operation_id="bookChanges", responses=gives(BookChanges))
async def changes(
    quality: Desk,
    _who: Trier,
    from_: Annotated[int, Query(alias="from", ge=0, lt=2**31)],
    to: Annotated[int, Query(ge=0, lt=2**31)],
) -> Response:
    """What differs between two versions."""
    found = await quality.books.changes(from_, to)
    return json(BookChanges(from_number=from_, to_number=to, changes=found))


@router.post("/book/publish", operation_id="publishBook", responses=gives(BookVersion))
async def publish(request: Request, quality: Desk, who: Publisher, wanted: PublishWanted) -> Response:
    """Bring the centre's own changes into force: calls that end from now on are judged by them."""
    made = await quality.books.publish(
        wanted.overrides,
        why=wanted.why,
        by=who.user,
        from_number=wanted.from_number,
        proposal=wanted.proposal,
    )
    request.state.audited = {"subject": f"book {made.number}", "version": made.version, "why": wanted.why}
    return json(made)


@router.post("/book/roll_back", operation_id="rollBackBook", responses=gives(BookVersion))
async def roll_back(request: Request, quality: Desk, who: Publisher, wanted: RollBackWanted) -> Response:
    """Bring an earlier version into force again, as a new one."""
    made = await quality.books.roll_back(wanted.to, why=wanted.why, by=who.user)
    request.state.audited = {"subject": f"book {made.number}", "back_to": wanted.to, "why": wanted.why}
    return json(made)


# ── Proposals ─────────────────────────────────────────────────────────────────────────────────────


@router.get("/book/proposal", operation_id="bookProposal", responses=gives(NewestProposal))
async def proposal(quality: Desk, _who: Trier) -> Response:
    """Changes that somebody handed over to be published, and what became of them."""
    return await _newest(quality)


@router.post("/book/proposal", operation_id="proposeBook", responses=gives(NewestProposal))
async def propose(request: Request, quality: Desk, who: Trier, wanted: ProposalWanted) -> Response:
    """Hand changes over to whoever may publish them; one proposal at a time."""
    number = await quality.proposals.make(
        wanted.overrides, why=wanted.why, by=who.user, from_number=wanted.from_number
    )
    request.state.audited = {"subject": f"proposal {number}", "why": wanted.why}
    return await _newest(quality)


@router.post("/book/proposal/{number}/return", operation_id="returnProposal", responses=gives(NewestProposal))
async def send_back(
    quality: Desk, who: Trier, number: Annotated[int, Path(ge=1, lt=2**31)], wanted: SendBackWanted
) -> Response:
    """Send a proposal back with a word; whoever made it takes it back by the same."""
    await quality.proposals.send_back(number, wanted.word, who)
    return await _newest(quality)


async def _newest(quality: Desk) -> Response:
    found = await quality.proposals.newest()
    if found is not None:
        names = await quality.staff.names()
        found = msgspec.structs.replace(
            found,
            by_name=names.get(found.by, found.by),
            answered_by_name=names.get(found.answered_by, found.answered_by),
        )
    return json(NewestProposal(proposal=found))
