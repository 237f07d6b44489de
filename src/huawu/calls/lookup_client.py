"""Flows' questions over HTTP: few at once, no longer than the caller may wait, only to hosts that are named.

What is asked and answered is about callers, so neither is logged.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
import socket
import time
from collections.abc import Mapping
from typing import Any, Final

import httpx
import msgspec
import structlog

from huawu.calls.effects import LookUpWanted
from huawu.calls.looking_up import LookupAnswer
from huawu.config.schema import Lookup, LookupService

log = structlog.get_logger(__name__)

LARGEST: Final = 64 * 1024
"""Octets of an answer; a larger one is a failure."""
LONGEST_VALUE: Final = 200
NOT_FOUND: Final = (204, 404)


class LookupFailed(Exception):
    """No answer to be used; `why` is one word for the timeline."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class LookupClient:
    """Asks services. `environment` holds their secrets."""

    def __init__(self, lookup: Lookup, environment: Mapping[str, str] | None = None) -> None:
        logging.getLogger("httpx").setLevel(
            logging.WARNING
        )  # it writes whole addresses, callers' numbers in them
        self._environment = os.environ if environment is None else environment
        self._http = httpx.AsyncClient(follow_redirects=False, trust_env=False, timeout=None)
        self.configure(lookup)

    def configure(self, lookup: Lookup) -> None:
        """Ask by these settings from now on."""
        self._lookup = lookup
        self._slots = asyncio.Semaphore(lookup.at_once)

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(self, wanted: LookUpWanted) -> LookupAnswer:
        """The answer, or why there is none. Never raises, never takes longer than the service's time-out."""
        began = time.monotonic()
        answer = await self._ask(wanted)
        took_ms = round((time.monotonic() - began) * 1000)
        log.info("looked up", service=wanted.service, how=answer.how, why=answer.why, took_ms=took_ms)
        return answer

    async def _ask(self, wanted: LookUpWanted) -> LookupAnswer:
        service = self._lookup.services.get(wanted.service)
        if service is None:
            return LookupAnswer(how="failed", fields={}, why="no_such_service")
        try:
            async with asyncio.timeout(service.timeout_ms / 1000) as bound, self._slots:
                _check_time_left(bound, service.timeout_ms)
                found = await self._answer(service, wanted)
        except TimeoutError:
            return LookupAnswer(how="failed", fields={}, why="timeout")
        except LookupFailed as failed:
            return LookupAnswer(how="failed", fields={}, why=failed.why)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
            return LookupAnswer(how="failed", fields={}, why="refused")
        if found is None:
            return LookupAnswer(how="not_found", fields={})
        return LookupAnswer(
            how="found", fields={name: value_at(found, at) for name, at in wanted.take.items()}
        )

    async def _answer(self, service: LookupService, wanted: LookUpWanted) -> dict[str, Any] | None:
        """The JSON object; None: the service knows nothing of it."""
        request = await self._request(service, wanted)
        response = await self._http.send(request, stream=True)
        try:
            if response.status_code in NOT_FOUND:
                return None
            if response.status_code != 200:
                raise LookupFailed(f"status_{response.status_code}")
            if response.headers.get("content-encoding", "identity") != "identity":
                raise LookupFailed("bad_answer")  # it was not asked for, and what it unpacks to is unbounded
            body = bytearray()
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > LARGEST:
                    raise LookupFailed("too_large")
        finally:
            await response.aclose()
        try:
            found = msgspec.json.decode(bytes(body))
        except (ValueError, RecursionError) as error:
            raise LookupFailed("bad_answer") from error
        if found is None:
            return None
        if not isinstance(found, dict):
            raise LookupFailed("bad_answer")
        return found

    async def _request(self, service: LookupService, wanted: LookUpWanted) -> httpx.Request:
        """To the very address that was looked at, so that a name cannot come to mean another meanwhile."""
        url = httpx.URL(service.url)
        address = await _address_of(url, internal=service.internal)
        headers = {
            "Host": url.netloc.decode("ascii"),
            "Accept": "application/json",
            "Accept-Encoding": "identity",
        }
        secret = self._environment.get(service.secret_env, "") if service.secret_env else ""
        if secret:
            headers[service.header] = f"Bearer {secret}" if service.header == "Authorization" else secret
        asked = {"extensions": {"sni_hostname": url.host}, "headers": headers}
        there = url.copy_with(host=address)
        if service.method == "post":
            return self._http.build_request("POST", there, json=wanted.send, **asked)  # type: ignore[arg-type]
        return self._http.build_request("GET", there.copy_merge_params(wanted.send), **asked)  # type: ignore[arg-type]


def _check_time_left(bound: asyncio.Timeout, timeout_ms: int) -> None:
    """Who waited for a turn until a tenth of the time is left gets no answer any more: nobody is asked."""
    until = bound.when()
    if until is not None and until - asyncio.get_running_loop().time() < timeout_ms / 10_000:
        raise TimeoutError


async def _address_of(url: httpx.URL, *, internal: bool) -> str:
    """Where the host is. Raises `LookupFailed` when it lies inside and that was not said."""
    port = url.port or (443 if url.scheme == "https" else 80)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    if not addresses:
        raise LookupFailed("refused")
    if not internal and not all(ipaddress.ip_address(each.partition("%")[0]).is_global for each in addresses):
        raise LookupFailed("internal_address")
    return addresses[0]


def value_at(found: dict[str, Any], path: str) -> str:
    """A field of the answer as a variable's value: `customer.level` within another, "" for none."""
    value: Any = found
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        return ""
    return "".join(sign for sign in str(value)[: 2 * LONGEST_VALUE] if sign.isprintable())[:LONGEST_VALUE]
