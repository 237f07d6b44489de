"""The configuration over HTTP: administrators read, check, save it and go back to an earlier one."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, model_validator

from huawu.config.desk import ChangedMeanwhile, Draft, Saved, SettingsDesk
from huawu.config.diff import told
from huawu.config.json_schema import json_schema
from huawu.config.load import ConfigurationInvalid
from huawu.config.schema import Secrets, without_secrets
from huawu.config.tree import LARGEST_TEXT
from huawu.web.administration import Administrator
from huawu.web.api import Centre
from huawu.web.configuration_views import (
    ChangesView,
    CheckedView,
    KeptConfiguration,
    PhoneSecretView,
    SavedView,
    SchemaView,
    VersionsView,
    VersionView,
    changes_view,
    kept_view,
    parts_of,
    passwords_view,
    problem_view,
)
from huawu.web.errors import json
from huawu.web.ports import CentrePort
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1", tags=["configuration"])
LONGEST_PASSWORD: Final = 256
Password = Annotated[str, Field(max_length=LONGEST_PASSWORD)]


class DraftGiven(BaseModel):
    """Either `text` (YAML) or `parts` (the same as plain JSON)."""

    text: str | None = Field(default=None, max_length=LARGEST_TEXT)
    parts: dict[str, Any] | None = None

    @model_validator(mode="after")
    def one_of_both(self) -> DraftGiven:
        if (self.text is None) == (self.parts is None):
            raise ValueError("give either text or parts")
        return self

    @property
    def draft(self) -> Draft:
        return Draft(text=self.text, parts=self.parts)


class SecretsGiven(BaseModel):
    people: dict[str, Password] = {}
    endpoints: dict[str, Password] = {}


class SaveWanted(DraftGiven):
    version: int = Field(ge=0, lt=2**31)
    comment: str = Field(default="", max_length=500)
    secrets: SecretsGiven = SecretsGiven()


class RollBackWanted(BaseModel):
    to: int = Field(ge=1, lt=2**31)
    version: int = Field(ge=0, lt=2**31)
    comment: str = Field(default="", max_length=500)


def desk_of(request: Request) -> SettingsDesk:
    desk: SettingsDesk = request.app.state.settings
    return desk


Desk = Annotated[SettingsDesk, Depends(desk_of)]
Version = Annotated[int, Query(ge=0, lt=2**31)]


# ── Looking ───────────────────────────────────────────────────────────────────────────────────────


@router.get("/configuration", operation_id="configuration", responses=gives(KeptConfiguration))
async def configuration(centre: Centre, desk: Desk, _who: Administrator, defaults: bool = False) -> Response:
    """The one in force, as text and as parts; without any password."""
    return json(await _kept(centre, desk, None, defaults))


@router.get("/configuration/versions", operation_id="configurationVersions", responses=gives(VersionsView))
async def versions(
    centre: Centre,
    desk: Desk,
    _who: Administrator,
    before: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """All that were ever in force, the newest first."""
    found, more = await desk.versions(before=before, limit=limit)
    shown = [
        VersionView(
            version=each.version,
            at_ms=each.at_ms,
            by=each.by,
            by_name=_name(centre, each.by),
            comment=each.comment,
            changes=each.changes,
        )
        for each in found
    ]
    return json(VersionsView(versions=shown, next=shown[-1].version if more else None))


@router.get(
    "/configuration/versions/{version}",
    operation_id="configurationVersion",
    responses=gives(KeptConfiguration),
)
async def one_version(
    centre: Centre, desk: Desk, _who: Administrator, version: int, defaults: bool = False
) -> Response:
    """One of them, whole."""
    return json(await _kept(centre, desk, version if 0 < version < 2**31 else 0, defaults))


@router.get("/configuration/changes", operation_id="configurationChanges", responses=gives(ChangesView))
async def changes(
    desk: Desk, _who: Administrator, begin: Annotated[Version, Query(alias="from")], to: Version
) -> Response:
    """What leads from one version to another; from 0 = from nothing."""
    return json(ChangesView(from_version=begin, to=to, changes=changes_view(await desk.changes(begin, to))))


@router.get("/configuration/schema", operation_id="configurationSchema", responses=gives(SchemaView))
async def schema(_who: Administrator) -> Response:
    """The form of `parts` as a JSON Schema."""
    return json(SchemaView(schema=json_schema()))


@router.post("/configuration/check", operation_id="checkConfiguration", responses=gives(CheckedView))
async def check(desk: Desk, _who: Administrator, given: DraftGiven) -> Response:
    """All that is wrong with a draft, and what it would change. Nothing is kept."""
    checked = await desk.check(given.draft)
    parsed = checked.parsed
    whole = parsed.configuration
    parts = None
    if whole is not None:
        parts = await asyncio.to_thread(parts_of, without_secrets(whole), defaults=False)
    return json(
        CheckedView(
            problems=[problem_view(each) for each in parsed.errors],
            warnings=[problem_view(each) for each in parsed.warnings],
            changes=changes_view(checked.changes),
            text=checked.text,
            parts=parts,
        )
    )


# ── Changing ──────────────────────────────────────────────────────────────────────────────────────


@router.put("/configuration", operation_id="saveConfiguration", responses=gives(SavedView))
async def save(request: Request, desk: Desk, who: Administrator, wanted: SaveWanted) -> Response:
    """Keep a draft and bring it into force, for which no call is hurt; told once: passwords made for it."""
    saved = await desk.save(
        wanted.draft,
        expected=wanted.version,
        by=who.user,
        comment=wanted.comment,
        secrets=Secrets(people=wanted.secrets.people, endpoints=wanted.secrets.endpoints),
    )
    return await _saved(request, saved, wanted.comment)


@router.post("/configuration/roll_back", operation_id="rollBackConfiguration", responses=gives(SavedView))
async def roll_back(request: Request, desk: Desk, who: Administrator, wanted: RollBackWanted) -> Response:
    """An earlier version becomes the newest."""
    saved = await desk.roll_back(wanted.to, expected=wanted.version, by=who.user, comment=wanted.comment)
    return await _saved(request, saved, wanted.comment or f"back to version {wanted.to}")


@router.post("/endpoints/{endpoint}/secret", operation_id="newPhoneSecret", responses=gives(PhoneSecretView))
async def new_secret(desk: Desk, _who: Administrator, endpoint: str) -> Response:
    """Another password for a phone, told this once. It has to register anew with it."""
    user, password = await desk.new_secret(endpoint)
    return json(PhoneSecretView(endpoint=endpoint, user=user, password=password))


async def _saved(request: Request, saved: Saved, comment: str) -> Response:
    await request.app.state.sessions_ended()  # of those who are here no more
    request.state.audited = {"subject": f"version {saved.version}", "comment": comment, **told(saved.changes)}
    return json(
        SavedView(
            version=saved.version,
            changes=changes_view(saved.changes),
            warnings=[problem_view(each) for each in saved.warnings],
            passwords=passwords_view(saved.passwords),
        )
    )


async def _kept(
    centre: CentrePort, desk: SettingsDesk, version: int | None, defaults: bool
) -> KeptConfiguration:
    stored, parsed = await desk.kept(version)
    found = parsed.configuration
    return await asyncio.to_thread(
        lambda phones, people: kept_view(
            stored, _name(centre, stored.by), found, parsed.problems, phones, people, defaults=defaults
        ),
        await desk.phones_with_secret(found) if found is not None else [],
        await desk.people_with_password(found) if found is not None else [],
    )


def _name(centre: CentrePort, user: str) -> str:
    return next((person.name for person in centre.configuration.people if person.user == user), user)


# ── Refusals that tell more than a code ───────────────────────────────────────────────────────────


def install(app: FastAPI) -> None:
    """Answer what the desk refuses with all that a page needs to go on."""
    app.add_exception_handler(ConfigurationInvalid, _invalid)
    app.add_exception_handler(ChangedMeanwhile, _changed)


async def _invalid(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, ConfigurationInvalid)
    problems = [problem_view(each) for each in refusal.problems]
    first, others = problems[0], len(problems) - 1
    message = f"At {first.where}: {first.message}" + (f"; {others} more." if others else ".")
    return json({"error": {"code": "invalid", "message": message, "problems": problems}}, 422)


async def _changed(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, ChangedMeanwhile)
    kept = refusal.kept
    told_of = {
        "code": "changed",
        "message": str(refusal),
        "version": kept.version,
        "by": kept.by,
        "by_name": _name(request.app.state.centre, kept.by),
        "at_ms": kept.at_ms,
        "changes": changes_view(refusal.changes),
    }
    return json({"error": told_of}, 409)
