"""Where the far side of an outgoing call is: the host of its phone or trunk, for the media's address."""

from __future__ import annotations

from huawu.link.messages import Configure, EndpointId, Originate, TrunkId
from huawu.switch.sip.addresses import split_host_port


class Peers:
    """Remembers by which host each phone registered; fixed contacts and trunks are as configured."""

    def __init__(self) -> None:
        self._registered: dict[EndpointId, str] = {}
        self._fixed: dict[EndpointId, str] = {}
        self._trunks: dict[TrunkId, str] = {}

    def configure(self, configuration: Configure) -> None:
        self._fixed = {one.endpoint: _host(one.contact) for one in configuration.endpoints if one.contact}
        self._trunks = {one.trunk: _host(one.target) for one in configuration.trunks}

    def registered(self, endpoint: EndpointId, host: str) -> None:
        """An endpoint's registrations changed by a packet from `host`."""
        self._registered[endpoint] = host

    def host_of(self, originate: Originate) -> str:
        """The host that an outgoing call goes to, without brackets; "" when it is not known."""
        if originate.trunk is not None:
            return self._trunks.get(originate.trunk, "")
        if originate.endpoint is None:
            return ""
        return self._fixed.get(originate.endpoint) or self._registered.get(originate.endpoint, "")


def _host(place: str) -> str:
    try:
        return split_host_port(place)[0]
    except ValueError:
        return ""
