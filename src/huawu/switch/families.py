"""Which IP family an outgoing call's media needs: that of the phone or trunk it goes to."""

from __future__ import annotations

from huawu.link.messages import Configure, EndpointId, Originate, TrunkId
from huawu.switch.sip.addresses import split_host_port


class Families:
    """Remembers who is reached by IPv6; everybody else is reached by IPv4."""

    def __init__(self) -> None:
        self._endpoints: set[EndpointId] = set()
        self._fixed: set[EndpointId] = set()
        self._trunks: set[TrunkId] = set()

    def configure(self, configuration: Configure) -> None:
        self._fixed = {one.endpoint for one in configuration.endpoints if _is_ipv6(one.contact)}
        self._trunks = {one.trunk for one in configuration.trunks if _is_ipv6(one.target)}

    def registered(self, endpoint: EndpointId, host: str) -> None:
        """An endpoint's registrations changed by a packet from `host`."""
        if ":" in host:
            self._endpoints.add(endpoint)
        else:
            self._endpoints.discard(endpoint)

    def ipv6_to(self, originate: Originate) -> bool:
        return (
            originate.trunk in self._trunks
            or originate.endpoint in self._fixed
            or originate.endpoint in self._endpoints
        )


def _is_ipv6(place: str) -> bool:
    try:
        return ":" in split_host_port(place)[0]
    except ValueError:
        return False
