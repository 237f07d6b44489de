"""Who asks, and whether they may: session cookie with CSRF token, or bearer token."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request

from huawu.accounts.roles import Permission
from huawu.accounts.service import Accounts, Principal
from huawu.web.errors import Refused

COOKIE = "huawu_session"
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


async def principal_of(connection: HTTPConnection, *, query_token: bool = False) -> Principal | None:
    """Who this request comes from, or None."""
    accounts: Accounts = connection.app.state.accounts
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return await accounts.who_holds(token.strip())
    if query_token and (token := connection.query_params.get("token", "")):
        return await accounts.who_holds(token)
    cookie = connection.cookies.get(COOKIE, "")
    return await accounts.who(cookie) if cookie else None


async def signed_in(request: Request) -> Principal:
    """The principal; raises 401 without one and 403 for a write without the CSRF token."""
    principal = await principal_of(request)
    if principal is None:
        raise Refused(401, "not_signed_in", "Nobody is signed in, or the session is over. Sign in again.")
    if principal.csrf and request.method not in _READS:
        given = request.headers.get("x-csrf-token", "")
        if not secrets.compare_digest(given.encode(), principal.csrf.encode()):
            raise Refused(403, "csrf", "The X-CSRF-Token is missing or old. Reload the page and try again.")
    request.state.principal = principal
    if principal.csrf and not _may_wait(request.url.path):
        if principal.must_change:
            raise Refused(
                403,
                "must_change_password",
                "This is your first password. Choose one of your own, then go on.",
            )
        if principal.second_factor_required and not principal.second_factor:
            raise Refused(
                403,
                "second_factor_needed",
                "Your role signs in with a code besides the password. Set one up, then go on.",
            )
    return principal


def _may_wait(path: str) -> bool:
    """What is open before the password was changed and the second factor set up."""
    return path.startswith("/api/v1/session") or path == "/api/v1/centre"


def bound_to(principal: Principal) -> bool:
    """Whether a password or a second factor has to be set before anything else."""
    needs_code = principal.second_factor_required and not principal.second_factor
    return bool(principal.csrf) and (principal.must_change or needs_code)


def may(*any_of: Permission) -> Callable[[Request], Awaitable[Principal]]:
    """A dependency: who asks, with at least one of these permissions; else 403."""

    async def checked(request: Request) -> Principal:
        principal = await signed_in(request)
        if not any(map(principal.may, any_of)):
            raise forbidden()
        return principal

    return checked


def forbidden() -> Refused:
    return Refused(403, "forbidden", "Your role does not allow this. Ask a manager if it should.")


def same_origin(connection: HTTPConnection) -> bool:
    """Whether a browser's page of this very site asks (or no browser at all)."""
    origin = connection.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == connection.headers.get("host")
