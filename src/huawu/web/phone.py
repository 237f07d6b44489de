"""The phone of the page over HTTP: a signed-in person's page is lent a secret and told where to connect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel

from huawu.accounts.lending import NotSignedIn, PhoneElsewhere
from huawu.calls.phone_desk import PhoneDesk
from huawu.config.compile import REALM
from huawu.config.schema import Configuration
from huawu.web.api import Anybody
from huawu.web.auth import COOKIE, forbidden
from huawu.web.errors import Refused, json
from huawu.web.phone_views import IceServer, PagePhoneView, PhoneNumbers
from huawu.web.schema import gives

router = APIRouter(prefix="/api/v1", tags=["phone"])
SCHEMES: Final = {"http": ("ws", "wss"), "https": ("wss",)}
"""Where a page opened so may connect: browsers let no page opened by https use `ws`."""


class PhoneWanted(BaseModel):
    take_over: bool = False
    if_free: bool = False
    """A page that was told *elsewhere* looks whether the other one is gone by now."""


class PhoneSurroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What the web knows of phones: the desk that lends, where switches listen, what is configured."""

    desk: PhoneDesk
    web_sockets: Callable[[], list[str]]
    configuration: Callable[[], Configuration]
    ice: Callable[[str], list[dict[str, Any]]] = lambda user: []


def numbers_of(configuration: Configuration) -> PhoneNumbers:
    """The numbers a page's phone should know."""
    codes = configuration.feature_codes
    return PhoneNumbers(
        echo=next((one.number for one in configuration.numbers if one.echo), ""),
        ready=codes.ready,
        break_=codes.break_,
        sign_out=codes.sign_out,
        pick_up=codes.pick_up,
        listen=codes.listen,
        whisper=codes.whisper,
        barge=codes.barge,
        park=codes.park,
        park_slots=list(codes.park_slots),
    )


def websocket_of(addresses: list[str], scheme: str, host: str, user: str) -> str:
    """The switch's address for a page opened at `scheme://host`; "" = there is none it could use.

    Of several switches each person keeps to one.
    """
    for wanted in SCHEMES.get(scheme, ()):
        fitting = [address for address in addresses if address.startswith(f"{wanted}:")]
        if fitting:
            port = fitting[sum(user.encode()) % len(fitting)].rpartition(":")[2]
            name = f"[{host}]" if ":" in host else host
            return f"{wanted}://{name}:{port}"
    return ""


@router.post("/phone", operation_id="phone", responses=gives(PagePhoneView))
async def phone(request: Request, who: Anybody, wanted: PhoneWanted) -> Response:
    """A secret for this page's phone; 409 when another session has it, unless `take_over`.

    With `if_free` also when another page of the same session has it.
    """
    if not who.csrf:
        raise forbidden()  # a programme has no page
    around: PhoneSurroundings = request.app.state.phones
    configuration = around.configuration()
    host = request.url.hostname or ""
    websocket = configuration.sip.websocket or websocket_of(
        around.web_sockets(), request.url.scheme, host, who.user
    )
    if not websocket:
        raise Refused(
            503,
            "switch_away",
            "No switch can be reached from this page: it is starting, or it does not hear SIP over "
            "WebSocket (--sip-ws, or --tls for pages opened by https). Try again in a moment.",
        )
    try:
        given = await around.desk.lend(
            who.user,
            token=request.cookies.get(COOKIE, ""),
            address=request.client.host if request.client else "",
            browser=request.headers.get("user-agent", ""),
            take_over=wanted.take_over,
            only_free=wanted.if_free and not wanted.take_over,
        )
    except PhoneElsewhere as refusal:
        held = refusal.held
        desk = {"since_ms": held.since_ms, "address": held.address, "browser": held.browser}
        return json({"error": {"code": "phone_elsewhere", "message": str(refusal), "desk": desk}}, 409)
    except NotSignedIn as refusal:
        raise Refused(401, "not_signed_in", str(refusal)) from None
    shown_host = f"[{host}]" if ":" in host else host
    view = PagePhoneView(
        uri=f"sip:{given.user}@{shown_host}",
        user=given.user,
        authorization_user=given.lent.loan,
        password=given.password,
        realm=REALM,
        loan=given.lent.loan,
        lent_ms=given.lent.lent_ms,
        expires_ms=given.lent.until_ms,
        websocket=websocket,
        ice=[IceServer(**server) for server in around.ice(who.user)],
        numbers=numbers_of(configuration),
    )
    return json(view)


@router.delete("/phone", operation_id="giveBackPhone", status_code=204)
async def give_back(request: Request, who: Anybody) -> Response:
    """This page needs the phone no more; its registration ends."""
    around: PhoneSurroundings = request.app.state.phones
    await around.desk.give_back(who.user, request.cookies.get(COOKIE, ""))
    return Response(status_code=204)
