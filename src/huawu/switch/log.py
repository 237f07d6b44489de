"""The switch's log: one line an event, key=value or JSON, with personal data masked."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections import OrderedDict
from typing import Any, Final

from huawu.switch.settings import LogFormat
from huawu.switch.sip.events import Suspicion

PERSONAL: Final = "pii_"
"""Fields whose names begin so are masked; the line shows them without the prefix."""

_ORDINARY: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_number = re.compile(r"(?<!\d)\+?\d{7,}(?!\d)")
_plain = re.compile(r"[^\s\"=\\\x00-\x1f\x7f]+")


def masked(text: str) -> str:
    """Hide the middle of each telephone number: 13812345678 → 138****5678, 95500123 → 95****23."""
    return _number.sub(_mask, text)


def _mask(found: re.Match[str]) -> str:
    digits = found.group()
    shown = (3, 4) if len(digits) >= 10 else (2, 2)
    return f"{digits[: shown[0]]}****{digits[-shown[1] :]}"


class LineFormatter(logging.Formatter):
    """Time, level, a fixed text, then the fields given by `extra`."""

    def __init__(self, form: LogFormat) -> None:
        super().__init__()
        self._json = form == "json"
        self._told = 0, "1970-01-01T00:00:00"

    def _second(self, second: int) -> str:
        if second != self._told[0]:
            self._told = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return self._told[1]

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            "time": f"{self._second(int(record.created))}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        for key, value in vars(record).items():
            if key not in _ORDINARY:
                if key.startswith(PERSONAL):
                    fields[key.removeprefix(PERSONAL)] = masked(str(value))
                else:
                    fields[key] = value
        if record.exc_info:
            fields["error"] = masked(self.formatException(record.exc_info))
        if self._json:
            return json.dumps(fields, ensure_ascii=False, default=str)
        return " ".join(f"{key}={_quoted(value)}" for key, value in fields.items())


def _quoted(value: object) -> str:
    text = str(value)
    return text if _plain.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def set_up(form: LogFormat, level: str) -> None:
    """Send all logging of this process to standard error."""
    # What no line tells need not be found out for each.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(form))
    logging.basicConfig(level=level, handlers=[handler], force=True)


class SuspicionLog:
    """Writes `suspicion kind=… source=…` lines, at most `burst` a source at once and one a second after.

    Made for fail2ban and its like (deploy/fail2ban): one line a case, the address in a field of its own,
    and whether it is `proved` to be the sender's or only `claimed`, as anybody can over UDP.
    """

    def __init__(self, *, burst: int = 10, sources: int = 10_000) -> None:
        self._log = logging.getLogger("huawu.switch.suspicion")
        self._burst = burst
        self._sources = sources
        self._allowed: OrderedDict[tuple[str, str], tuple[float, float, int]] = OrderedDict()

    def note(self, suspicion: Suspicion, at: float) -> None:
        """Log it unless its source was noted too often; the next line says how many were left out."""
        key = (suspicion.kind, suspicion.flow.host)
        since, left, omitted = self._allowed.pop(key, (at, float(self._burst), 0))
        left = min(float(self._burst), left + at - since)
        if left < 1.0:
            self._allowed[key] = (at, left, omitted + 1)
            return
        self._allowed[key] = (at, left - 1.0, 0)
        if len(self._allowed) > self._sources:
            self._allowed.popitem(last=False)
        fields: dict[str, object] = {
            "kind": suspicion.kind,
            "source": suspicion.flow.host,
            "port": suspicion.flow.port,
            "transport": suspicion.flow.transport,
            "address": "proved" if suspicion.proved or suspicion.flow.connection else "claimed",
        }
        if suspicion.user:
            fields["pii_user"] = suspicion.user
        if suspicion.detail:
            fields["pii_detail"] = suspicion.detail
        if omitted:
            fields["omitted"] = omitted
        self._log.warning("suspicion", extra=fields)
