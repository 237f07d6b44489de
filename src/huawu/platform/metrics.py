"""Figures for a monitoring system, in Prometheus' text form; one registry for the process."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """Gauges that are read when they are asked for."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

    def gauge(self, name: str, says: str, read: Callable[[], float]) -> None:
        """`huawu_<name>`: the value of `read()` at the moment of asking."""
        Gauge(f"huawu_{name}", says, registry=self.registry).set_function(read)

    def text(self) -> bytes:
        return generate_latest(self.registry)
