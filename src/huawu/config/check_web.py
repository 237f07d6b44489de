"""What can be said of callers from web pages before any call: whole origins, public numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from huawu.config.schema import Configuration
from huawu.ivr.check import no_such
from huawu.ivr.schema import Problem

LOCAL = ("localhost", "127.0.0.1", "::1")
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9])?|[0-9a-f:.]+")


def check_web_callers(configuration: Configuration) -> Iterator[Problem]:
    """Everything wrong with `web_callers`."""
    wanted, at = configuration.web_callers, "web_callers"
    for index, origin in enumerate(wanted.origins):
        meant = origin_of(origin)
        if meant is None or meant != origin:
            like = meant or "https://www.example.com"
            message = f'"{origin}" is no origin of pages; write scheme, host and port alone: {like}'
            yield Problem(path=(at, "origins", index), message=message)
        elif meant.startswith("http:") and urlsplit(meant).hostname not in LOCAL:
            message = "browsers give pages opened by http no microphone; use https"
            yield Problem(path=(at, "origins", index), message=message, severity="warning")
    public = {number.number for number in configuration.numbers if number.public}
    for index, number in enumerate(wanted.numbers):
        if number not in public:
            message = f"{no_such('public number', number, public)}; strangers call it: write public: true"
            yield Problem(path=(at, "numbers", index), message=message)
    if wanted.hours and wanted.hours not in configuration.calendars:
        message = no_such("calendar", wanted.hours, configuration.calendars)
        yield Problem(path=(at, "hours"), message=message)
    if bool(wanted.origins) != bool(wanted.numbers):
        missing = "numbers" if wanted.origins else "origins"
        message = f"nobody can call from a page without {missing}"
        yield Problem(path=(at, missing), message=message, severity="warning")


def origin_of(text: str) -> str | None:
    """The origin of an address as browsers tell it (RFC 6454 §6.2); None = it has none."""
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not _HOST.fullmatch(host):
        return None
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port in (None, _PORTS[parts.scheme]) else f":{port}")
