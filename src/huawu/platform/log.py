"""Logs: fixed text, fields apart, as key=value or JSON; a field named `pii_…` is masked before writing."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal, TextIO

import structlog

LogFormat = Literal["text", "json"]


def masked(value: str) -> str:
    """What may be shown of a number or name: `138****5678`, `王*`; short values keep their first sign."""
    if len(value) >= 8:
        return f"{value[:3]}****{value[-4:]}"
    return value[:1] + "*" * (len(value) - 1)


def mask_personal(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: masks every `pii_` field."""
    for field, value in event.items():
        if field.startswith("pii_") and value is not None:
            event[field] = masked(str(value))
    return event


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what standard error is when a record comes: an earlier one may have been closed since."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def configure_logging(level: str = "INFO", form: LogFormat = "text") -> None:
    """Send structlog's and the libraries' records to standard error, masked, from `level` on."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    render: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if form == "text":
        render = structlog.processors.KeyValueRenderer(
            key_order=["timestamp", "level", "event"], drop_missing=True
        )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            mask_personal,
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[_StandardError()], force=True)
