"""msgspec values in the OpenAPI description, so that clients can be generated from it."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from huawu import __version__
from huawu.calls.desk_views import Desk, DeskChange
from huawu.calls.help_desk import HelpBoard, HelpChange
from huawu.calls.monitor.views import MonitorChange
from huawu.calls.survey_rows import Scores
from huawu.calls.toll_desk import TollsView
from huawu.calls.views import PartiesView
from huawu.web import views
from huawu.web.desk_views import Notices, NoticeView, Voicemails, VoicemailView
from huawu.web.phone_views import PagePhoneView

_SHOWN: tuple[type, ...] = (
    views.Me,
    views.CentreView,
    views.Queues,
    views.Agents,
    views.AgentView,
    views.Calls,
    views.CallWithFacts,
    views.Callbacks,
    PartiesView,
    views.SimulationView,
    TollsView,
    Voicemails,
    VoicemailView,
    Notices,
    NoticeView,
    Scores,
    PagePhoneView,
    views.Health,
    views.Wallboard,
    views.Change,
    Desk,
    DeskChange,
    HelpBoard,
    HelpChange,
    MonitorChange,
)
_GIVEN: set[type] = set()
"""What operations answer with, besides."""
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        }
    },
}


def gives(kind: type) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an operation that answers with this struct."""
    _GIVEN.add(kind)
    reference = {"$ref": f"#/components/schemas/{kind.__name__}"}
    refusal = {"$ref": "#/components/schemas/Error"}
    return {
        200: {"description": "OK", "content": {"application/json": {"schema": reference}}},
        "default": {"description": "Refused", "content": {"application/json": {"schema": refusal}}},
    }


def install(app: FastAPI) -> None:
    """Let `app.openapi()` tell of the structs too."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = get_openapi(
                title="Huawu 话务",
                version=__version__,
                summary="An open contact centre that runs by the book",
                description="Instants and lengths are milliseconds. See docs/api.md for the live socket.",
                routes=app.routes,
            )
            _, components = msgspec.json.schema_components(
                (*_SHOWN, *sorted(_GIVEN - set(_SHOWN), key=lambda kind: kind.__name__)),
                ref_template="#/components/schemas/{name}",
            )
            schemas = described.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(components)
            schemas["Error"] = _ERROR
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
