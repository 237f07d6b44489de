"""Callers from web pages: a pass for one call, for pages of the origins in the configuration (CORS).

No cookie is read or set, and no page of another origin can read what is answered.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Annotated, Any, Final

import msgspec
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, StringConstraints

from huawu.calls.web_desk import WebCallRefused, WebDesk
from huawu.config.compile import REALM
from huawu.config.schema import Configuration
from huawu.web.errors import error, json
from huawu.web.phone import websocket_of
from huawu.web.phone_views import IceServer
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1", tags=["web callers"])
log = structlog.get_logger(__name__)
PREFLIGHT_S: Final = 600


class WebCallWanted(BaseModel):
    number: Annotated[str, StringConstraints(max_length=32)]


class WebCallView(msgspec.Struct, frozen=True, kw_only=True):
    """All that a page needs for its one call. `password` is told once; call before `until_ms`."""

    uri: str
    target: str
    authorization_user: str
    password: str
    realm: str
    websocket: str
    ice: list[IceServer]
    until_ms: int
    longest_ms: int


class WebCallSurroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What the web knows of callers from pages: the desk, where switches listen, what is configured."""

    desk: WebDesk
    web_sockets: Callable[[], list[str]]
    configuration: Callable[[], Configuration]
    ice: Callable[[str], list[dict[str, Any]]] = lambda guest: []


def visitor(address: str, forwarded: str, proxies: Iterable[str]) -> str:
    """Whose browser asks: a proxy of ours is believed about whom it speaks for, nobody else is."""
    hops = [address, *reversed([part.strip() for part in forwarded.split(",") if part.strip()])]
    for near, far in pairwise(hops):
        if not _within(near, proxies):
            return near
        try:
            ipaddress.ip_address(far)
        except ValueError:
            return near
    return hops[-1]


def _within(address: str, proxies: Iterable[str]) -> bool:
    try:
        found = ipaddress.ip_address(address)
        return any(found in ipaddress.ip_network(place.strip(), strict=False) for place in proxies)
    except ValueError:
        return False


@router.options("/web-calls", include_in_schema=False)
async def may_ask(request: Request) -> Response:
    """The browser asks on behalf of a page whether it may ask."""
    around: WebCallSurroundings = request.app.state.web_calls
    headers = _readable(around, request)
    if headers:
        headers |= {
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "content-type",
            "Access-Control-Max-Age": str(PREFLIGHT_S),
        }
    return Response(status_code=204, headers={"Vary": "Origin", **headers})


@router.post("/web-calls", operation_id="callFromPage", responses=gives(WebCallView))
async def call_from_page(request: Request, wanted: WebCallWanted) -> Response:
    """A pass for one call from a page elsewhere to one number; asked without signing in."""
    around: WebCallSurroundings = request.app.state.web_calls
    origin = request.headers.get("origin", "")
    configuration = around.configuration()
    address = visitor(
        request.client.host if request.client else "",
        request.headers.get("x-forwarded-for", ""),
        configuration.sip.proxies,
    )
    readable = {"Vary": "Origin", **_readable(around, request)}
    host = request.url.hostname or ""
    try:
        given = around.desk.ask(origin, wanted.number, address)
        websocket = configuration.sip.websocket or websocket_of(
            around.web_sockets(), request.url.scheme, host, given.guest
        )
        if not websocket:
            raise WebCallRefused(503, "switch_away", "Calls cannot be taken at this moment. Try again later.")
    except WebCallRefused as refusal:
        log.info("call from a page refused", why=refusal.code, page=origin[:200], pii_address=address)
        return _refused(refusal, readable)
    shown_host = f"[{host}]" if ":" in host else host
    view = WebCallView(
        uri=f"sip:{given.guest}@{shown_host}",
        target=f"sip:{wanted.number.replace('#', '%23')}@{shown_host}",
        authorization_user=given.guest,
        password=given.password,
        realm=REALM,
        websocket=websocket,
        ice=[IceServer(**server) for server in around.ice(given.guest)],
        until_ms=given.until_ms,
        longest_ms=configuration.web_callers.longest_call_ms,
    )
    return json(view, headers=readable)


def _readable(around: WebCallSurroundings, request: Request) -> dict[str, str]:
    """What lets the page read the answer; nothing to pages that may not call."""
    origin = request.headers.get("origin", "")
    if not around.desk.may_ask(origin):
        return {}
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "Retry-After"}


def _refused(refusal: WebCallRefused, headers: dict[str, str]) -> Response:
    if refusal.retry_ms:
        headers["Retry-After"] = str(-(-refusal.retry_ms // 1000))
    if not refusal.opens_ms:
        return error(refusal.status, refusal.code, str(refusal), headers)
    told = {"code": refusal.code, "message": str(refusal), "opens_ms": refusal.opens_ms}
    return json({"error": told}, refusal.status, headers)
