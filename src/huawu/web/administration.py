"""People, the audit, and one's own second factor, over HTTP."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from huawu.accounts.audit import Audit, AuditPage
from huawu.accounts.people import People, PersonView
from huawu.accounts.roles import Permission, Role
from huawu.accounts.second_factor import SecondFactors
from huawu.accounts.service import Accounts, Principal
from huawu.calls.finding import BadCursor
from huawu.web.api import Anybody, Centre
from huawu.web.auth import forbidden, may
from huawu.web.errors import json
from huawu.web.qr import qr_of
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1")
Administrator = Annotated[Principal, Depends(may(Permission.ADMINISTER))]


class PersonWanted(BaseModel):
    user: str = Field(pattern=r"^[\w.-]{1,64}$")
    name: str = Field(min_length=1, max_length=120)
    role: Role
    language: str = Field(default="", max_length=16)


class PersonChange(BaseModel):
    name: str | None = Field(default=None, min_length=1, max_length=120)
    role: Role | None = None
    language: str | None = Field(default=None, max_length=16)
    blocked: bool | None = None


class CodeWanted(BaseModel):
    code: str = Field(max_length=32)


class PasswordTold(BaseModel):
    password: str = Field(max_length=256)


class PeopleView(msgspec.Struct, frozen=True, kw_only=True):
    people: list[PersonView]


class FirstPassword(msgspec.Struct, frozen=True, kw_only=True):
    """Told this once; it has to be changed at the first sign-in."""

    password: str


class PersonMade(msgspec.Struct, frozen=True, kw_only=True):
    person: PersonView
    password: str


class RecoveryCodes(msgspec.Struct, frozen=True, kw_only=True):
    """Told this once; each is good for one sign-in without the app."""

    recovery: list[str]


def people_of(request: Request) -> People:
    people: People = request.app.state.people
    return people


def factors_of(request: Request) -> SecondFactors:
    accounts: Accounts = request.app.state.accounts
    return accounts.second_factors


Folk = Annotated[People, Depends(people_of)]
Factors = Annotated[SecondFactors, Depends(factors_of)]


# ── People ────────────────────────────────────────────────────────────────────────────────────────


@router.get("/people", tags=["people"], operation_id="people", responses=gives(PeopleView))
async def everybody(folk: Folk, _who: Administrator) -> Response:
    """Everybody who may or might sign in."""
    return json(PeopleView(people=await folk.all()))


@router.post("/people", tags=["people"], operation_id="createPerson", responses=gives(PersonMade))
async def create(request: Request, folk: Folk, who: Administrator, wanted: PersonWanted) -> Response:
    """Somebody who takes no calls (those who do stand in the configuration); with a first password."""
    password = await folk.create(wanted.user, wanted.name, wanted.role, wanted.language, by=who.user)
    request.state.audited = {"subject": wanted.user, "role": wanted.role.value, "name": wanted.name}
    return json(PersonMade(person=await folk.get(wanted.user), password=password))


@router.post("/people/{person}", tags=["people"], operation_id="changePerson", responses=gives(PersonView))
async def change(
    request: Request, folk: Folk, who: Administrator, person: str, wanted: PersonChange
) -> Response:
    """Another name, role or language; blocked or not. Who is blocked is signed out."""
    changed = await folk.change(
        person,
        by=who.user,
        name=wanted.name,
        role=wanted.role,
        language=wanted.language,
        blocked=wanted.blocked,
    )
    request.state.audited = wanted.model_dump(mode="json", exclude_none=True)
    await request.app.state.sessions_ended()
    return json(changed)


@router.post(
    "/people/{person}/password", tags=["people"], operation_id="resetPassword", responses=gives(FirstPassword)
)
async def reset_password(request: Request, folk: Folk, _who: Administrator, person: str) -> Response:
    """A new first password; the person is signed out everywhere."""
    password = await folk.reset_password(person)
    await request.app.state.sessions_ended()
    return json(FirstPassword(password=password))


@router.delete("/people/{person}/totp", tags=["people"], operation_id="removePersonsTotp", status_code=204)
async def remove_totp_of(folk: Folk, factors: Factors, _who: Administrator, person: str) -> Response:
    """The person lost app and recovery codes: the password alone is enough, until set up again."""
    await folk.get(person)
    await factors.remove(person)
    return Response(status_code=204)


@router.delete("/people/{person}/sessions", tags=["people"], operation_id="endSessions", status_code=204)
async def end_sessions(request: Request, folk: Folk, _who: Administrator, person: str) -> Response:
    """Sign somebody out everywhere."""
    await folk.get(person)
    await folk.end_sessions(person)
    await request.app.state.sessions_ended()
    return Response(status_code=204)


# ── The audit ─────────────────────────────────────────────────────────────────────────────────────


@router.get("/audit", tags=["audit"], operation_id="audit", responses=gives(AuditPage))
async def audit(
    request: Request,
    _who: Annotated[Principal, Depends(may(Permission.SEE_AUDIT))],
    by: Annotated[str, Query(max_length=100)] = "",
    what: Annotated[str, Query(max_length=40)] = "",
    subject: Annotated[str, Query(max_length=100)] = "",
    from_ms: Annotated[int | None, Query(ge=0, lt=2**53)] = None,
    to_ms: Annotated[int | None, Query(ge=0, lt=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Who did what, to whom, when and from where; newest first."""
    if cursor and not (cursor.isascii() and cursor.isdigit()):
        raise BadCursor(cursor)
    kept: Audit = request.app.state.audit
    page = await kept.find(
        by=by,
        what=what,
        subject=subject,
        from_ms=from_ms,
        to_ms=to_ms,
        limit=limit,
        cursor=int(cursor) if cursor else None,
    )
    return json(page)


# ── One's own second factor ───────────────────────────────────────────────────────────────────────


class EnrolmentView(msgspec.Struct, frozen=True, kw_only=True):
    """What the app is given, by hand or by camera: `qr` is an SVG image of `uri`. Told this once."""

    secret: str
    uri: str
    qr: str


@router.post("/session/totp", tags=["session"], operation_id="beginTotp", responses=gives(EnrolmentView))
async def begin_totp(centre: Centre, factors: Factors, who: Anybody) -> Response:
    """A secret for one's app; nothing changes until a code of it is confirmed."""
    if not who.csrf:
        raise forbidden()
    begun = await factors.begin(who.user, f"Huawu {centre.about().company}")
    return json(EnrolmentView(secret=begun.secret, uri=begun.uri, qr=qr_of(begun.uri)))


@router.post(
    "/session/totp/confirm", tags=["session"], operation_id="confirmTotp", responses=gives(RecoveryCodes)
)
async def confirm_totp(factors: Factors, who: Anybody, wanted: CodeWanted) -> Response:
    """From now on a code is asked for at sign-in; told this once: codes for when the app is lost."""
    if not who.csrf:
        raise forbidden()
    return json(RecoveryCodes(recovery=await factors.confirm(who.user, wanted.code)))


@router.delete("/session/totp", tags=["session"], operation_id="removeTotp", status_code=204)
async def remove_totp(request: Request, factors: Factors, who: Anybody, wanted: PasswordTold) -> Response:
    """The password alone is enough again, if the role allows that; the password is asked for."""
    if not who.csrf or who.second_factor_required:
        raise forbidden()
    accounts: Accounts = request.app.state.accounts
    address = request.client.host if request.client else ""
    await accounts.check_password(who.user, wanted.password, address=address)
    await factors.remove(who.user)
    return Response(status_code=204)
