"""Figures for a monitoring system, in Prometheus' text form; one registry for the process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Gauge, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """Gauges that are read when they are asked for."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

    def gauge(self, name: str, says: str, read: Callable[[], float]) -> None:
        """`huawu_<name>`: the value of `read()` at the moment of asking."""
        Gauge(f"huawu_{name}", says, registry=self.registry).set_function(read)

    def by_kind(self, name: str, says: str, read: Callable[[], Mapping[str, float]], *, total: bool) -> None:
        """`huawu_<name>{kind=…}`: what `read()` says of each kind; with `total` a counter, `…_total`."""
        family = CounterMetricFamily if total else GaugeMetricFamily
        self.registry.register(_ByKind(f"huawu_{name}", says, read, family))

    def text(self) -> bytes:
        return generate_latest(self.registry)


class _ByKind(Collector):
    """A family of figures that differ in one label."""

    def __init__(
        self,
        name: str,
        says: str,
        read: Callable[[], Mapping[str, float]],
        family: type[CounterMetricFamily] | type[GaugeMetricFamily],
    ) -> None:
        self._name = name
        self._says = says
        self._read = read
        self._family = family

    def collect(self) -> Iterable[Metric]:
        family = self._family(self._name, self._says, labels=["kind"])
        for kind, value in self._read().items():
            family.add_metric([kind], value)
        yield family
