"""The one table from what the rooms refuse to an HTTP answer."""

from __future__ import annotations

from typing import Any

import msgspec
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from huawu.accounts.errors import (
    LockedOut,
    SamePassword,
    UnknownPerson,
    WeakPassword,
    WrongCredentials,
    WrongPassword,
)
from huawu.accounts.people import InConfiguration, PersonExists, YourselfNot
from huawu.accounts.second_factor import CodeNeeded, NothingBegun, WrongCode
from huawu.acd.errors import AcdError, FormDue, UnknownAgent, UnknownQueue
from huawu.assets.shelf import BadPromptId, NoSuchVersion
from huawu.assets.voices import NoVoice, VoiceFailed
from huawu.calls.call_papers import UnknownDisposition
from huawu.calls.callbacks import UnknownCallback
from huawu.calls.errors import NoSuchCall, NoSuchPlace, NotPossible, NotYours
from huawu.calls.finding import BadCursor
from huawu.calls.help_desk import RequestNotAllowed, UnknownRequest
from huawu.calls.monitor.lost import DealtWith, UnknownLostCall
from huawu.calls.monitor.steering_desk import GoesRound, SteeringRefused
from huawu.calls.monitor.trends import TooManyPoints
from huawu.calls.monitor.warning_desk import UnknownWarning
from huawu.calls.notice_desk import NoticeRefused, UnknownNotice
from huawu.calls.phone_desk import NoPhone
from huawu.calls.phoning import AgentError
from huawu.calls.play_stage import PlayTooLong
from huawu.calls.playing import NothingToPlay
from huawu.calls.recordings import NoRecording
from huawu.calls.toll_desk import NothingStopped
from huawu.calls.voicemails import UnknownVoicemail, VoicemailNotAllowed
from huawu.calls.work import UnknownTicket
from huawu.config.desk import SecretOfNobody, UnknownEndpoint
from huawu.config.history import UnknownVersion
from huawu.config.prompt_desk import NoSuchPrompt
from huawu.platform.database import DatabaseError
from huawu.quality.errors import (
    BookChanged,
    FirstInspector,
    FormInvalid,
    Incomplete,
    NotJudged,
    NotTheirs,
    OwnCall,
    PlanRefused,
    ProposalAnswered,
    ProposalOpen,
    StepNotPossible,
    TooLate,
    UnknownBook,
    UnknownInspection,
    UnknownPlan,
    UnknownRound,
)

log = structlog.get_logger(__name__)


class Refused(Exception):
    """A refusal of the web itself."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        super().__init__(message)


ANSWERS: dict[type[Exception], tuple[int, str]] = {
    CodeNeeded: (401, "code_needed"),
    WrongCode: (401, "wrong_code"),
    NothingBegun: (409, "not_begun"),
    InConfiguration: (409, "in_configuration"),
    PersonExists: (409, "exists"),
    YourselfNot: (409, "not_yourself"),
    WrongCredentials: (401, "wrong_credentials"),
    WrongPassword: (403, "wrong_password"),
    UnknownPerson: (404, "not_found"),
    LockedOut: (429, "locked"),
    WeakPassword: (422, "weak_password"),
    SamePassword: (422, "same_password"),
    UnknownAgent: (404, "not_found"),
    UnknownQueue: (404, "not_found"),
    AcdError: (409, "not_allowed"),
    UnknownCallback: (404, "not_found"),
    AgentError: (409, "not_allowed"),
    NoPhone: (409, "no_phone"),
    UnknownDisposition: (422, "invalid"),
    FormDue: (409, "wrap_up_due"),
    UnknownRequest: (404, "not_found"),
    RequestNotAllowed: (409, "not_allowed"),
    NothingStopped: (409, "nothing_stopped"),
    UnknownVoicemail: (404, "not_found"),
    VoicemailNotAllowed: (409, "not_allowed"),
    UnknownNotice: (404, "not_found"),
    NoticeRefused: (422, "invalid"),
    NotJudged: (404, "not_judged"),
    UnknownInspection: (404, "not_found"),
    UnknownPlan: (404, "not_found"),
    UnknownRound: (404, "not_found"),
    UnknownBook: (404, "not_found"),
    Incomplete: (422, "incomplete"),
    FormInvalid: (422, "invalid"),
    OwnCall: (409, "own_call"),
    NotTheirs: (403, "forbidden"),
    FirstInspector: (403, "first_inspector"),
    StepNotPossible: (409, "not_possible"),
    TooLate: (409, "too_late"),
    BookChanged: (409, "changed"),
    ProposalOpen: (409, "proposal_open"),
    ProposalAnswered: (409, "proposal_answered"),
    PlanRefused: (422, "invalid"),
    UnknownTicket: (404, "not_found"),
    NoRecording: (404, "no_recording"),
    NoSuchCall: (404, "not_found"),
    NoSuchPlace: (404, "not_found"),
    NotYours: (403, "forbidden"),
    NotPossible: (409, "not_possible"),
    NoSuchPrompt: (404, "not_found"),
    NoSuchVersion: (404, "not_found"),
    BadPromptId: (422, "invalid"),
    NoVoice: (409, "no_voice"),
    VoiceFailed: (502, "voice_failed"),
    NothingToPlay: (404, "not_found"),
    PlayTooLong: (422, "too_long"),
    UnknownVersion: (404, "not_found"),
    UnknownEndpoint: (404, "not_found"),
    SecretOfNobody: (422, "invalid"),
    UnknownLostCall: (404, "not_found"),
    DealtWith: (409, "not_possible"),
    UnknownWarning: (404, "not_found"),
    GoesRound: (409, "circle"),
    SteeringRefused: (422, "invalid"),
    TooManyPoints: (422, "invalid"),
    BadCursor: (400, "bad_cursor"),
    DatabaseError: (503, "database_unavailable"),
}
_CODES = {401: "not_signed_in", 403: "forbidden", 404: "not_found", 405: "method_not_allowed"}


def json(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A msgspec value as JSON."""
    return Response(
        msgspec.json.encode(content),
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        "application/json",
    )


def error(
    status: int, code: str, message: str, headers: dict[str, str] | None = None, **beside: object
) -> Response:
    """The one shape of an error."""
    return json({"error": {"code": code, "message": message, **beside}}, status, headers)


def install(app: FastAPI) -> None:
    """Answer every refusal by the table, and everything unforeseen with a 500 that tells nothing."""
    for kind in ANSWERS:
        app.add_exception_handler(kind, _known)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


async def _known(_request: Request, refusal: Exception) -> Response:
    kind = next(kind for kind in type(refusal).__mro__ if kind in ANSWERS)
    status, code = ANSWERS[kind]
    headers = {}
    if isinstance(refusal, LockedOut):
        headers["Retry-After"] = str(-(-refusal.retry_after_ms // 1000))
    why = getattr(refusal, "why", None)  # what pages say in their own words
    beside = {"why": why} if isinstance(why, dict) else {}
    return error(status, code, str(refusal), headers, **beside)


async def _refused(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refused)
    return error(refusal.status, refusal.code, str(refusal))


async def _invalid(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, RequestValidationError)
    said = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in refusal.errors())
    return error(422, "invalid", f"The request is not as the interface asks: {said}.")


async def _http(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, HTTPException)
    code = _CODES.get(refusal.status_code, "error")
    return error(refusal.status_code, code, str(refusal.detail), dict(refusal.headers or {}))


async def _unforeseen(request: Request, failure: Exception) -> Response:
    log.error("request failed", path=request.url.path, why=f"{type(failure).__name__}: {failure}")
    return error(500, "failed", "Something went wrong here. It is in the centre's log; try again.")
