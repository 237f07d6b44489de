"""The HTTP application: everything the browser and other programmes meet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from huawu.accounts.service import Accounts
from huawu.calls.views import CallCounts
from huawu.platform.metrics import Metrics
from huawu.web import (
    administration,
    api,
    book,
    callbacks,
    configuration,
    errors,
    exports,
    help,
    holidays,
    inspection_plans,
    inspections,
    live,
    monitor,
    moves,
    notices,
    pages,
    papers,
    phone,
    playing,
    prompts,
    quality,
    schema,
    simulation,
    sound,
    transcripts,
    voicemails,
    web_calls,
)
from huawu.web.auditing import Auditing
from huawu.web.ports import CentrePort

SECURITY: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; "
        "media-src 'self' blob:; connect-src 'self' ws: wss:; font-src 'self' data:; "
        "worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}


HTTPS_ONLY: Final = {"Strict-Transport-Security": "max-age=31536000"}
"""For a year the browser asks by https alone (RFC 6797). Only with a certificate that it believes: with one
of our own it would leave people no way past its warning."""


ROOMS: Final = (
    api.router,
    callbacks.router,
    moves.router,
    phone.router,
    web_calls.router,
    papers.router,
    help.router,
    exports.router,
    monitor.router,
    administration.router,
    configuration.router,
    holidays.router,
    playing.router,
    prompts.router,
    voicemails.router,
    quality.router,
    inspections.router,
    book.router,
    inspection_plans.router,
    notices.router,
    sound.router,
    transcripts.router,
    live.router,
    simulation.router,
    pages.router,
)
"""All routes, in the order in which they are looked at: the pages take what is left."""


class SecurityHeaders:
    """Adds the headers above to every answer that does not set its own."""

    def __init__(self, app: ASGIApp, more: Mapping[str, str] = MappingProxyType({})) -> None:
        self._app = app
        self._headers = {**SECURITY, **more}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, secured if scope["type"] == "http" else send)


def create_app(
    centre: CentrePort,
    accounts: Accounts,
    *,
    data: Path,
    metrics: Metrics | None = None,
    static: Path = pages.STATIC,
    https_only: bool = False,
) -> FastAPI:
    """The application on a running centre; `data` is the folder that holds `recordings/`.

    `https_only`: browsers are told to come by https alone from now on.
    """
    app = FastAPI(title="Huawu 话务", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)
    app.state.centre = centre
    app.state.accounts = accounts
    app.state.data = data
    app.state.static = static
    app.state.shelf = pages.Shelf()
    app.state.metrics = metrics or centre_metrics(centre)
    app.state.sessions_ended = _nothing
    app.state.phone_of = lambda user: ""
    for room in ROOMS:
        # As they are: `include_router` would have each route analysed again, at the first request that comes
        # by, and so hold the loop that answers calls for a tenth of a second or more.
        app.router.routes.extend(room.routes)
    errors.install(app)
    configuration.install(app)
    book.install(app)
    prompts.install(app)
    schema.install(app)
    app.add_middleware(Auditing)
    app.add_middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5)
    app.add_middleware(SecurityHeaders, more=HTTPS_ONLY if https_only else {})
    return app


async def _nothing() -> None:
    """Nobody needs to know that sessions ended."""


def centre_metrics(centre: CentrePort) -> Metrics:
    """The figures of any centre."""
    metrics = Metrics()

    def calls() -> CallCounts:
        return centre.live.snapshot().calls

    metrics.gauge("calls_active", "Calls in the house", lambda: calls().active)
    metrics.gauge("calls_waiting", "Callers in a queue", lambda: calls().waiting)
    metrics.gauge("calls_talking", "Conversations with agents", lambda: calls().talking)
    metrics.gauge("switch_up", "1 while the switch can be reached", lambda: float(centre.switch_up))
    metrics.gauge("facts_waiting", "Facts of calls not written yet", lambda: centre.writing.waiting)
    metrics.gauge("facts_lost", "Facts of calls that were dropped", lambda: centre.writing.lost)
    metrics.gauge("live_viewers", "Open live sockets", lambda: centre.live.viewers)
    metrics.gauge(
        "agents_signed_in",
        "Agents at work",
        lambda: sum(agent.state != "signed_out" for agent in centre.agents()),
    )
    return metrics
