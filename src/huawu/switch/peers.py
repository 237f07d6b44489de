"""What is known of the far side of a call: its host, what is set for its media, who else can read our SIP."""

from __future__ import annotations

from collections.abc import Callable

from huawu.link.messages import Configure, Endpoint, EndpointId, Originate, Trunk, TrunkId
from huawu.switch.sip.addresses import split_host_port
from huawu.switch.sip.edge import NOWHERE
from huawu.switch.sip.events import Flow
from huawu.switch.sip.negotiation import NO_TERMS, Terms


class Peers:
    """Remembers by which host each phone registered; fixed contacts are as configured."""

    def __init__(self, host_of_trunk: Callable[[TrunkId], str] = lambda trunk: "") -> None:
        self._host_of_trunk = host_of_trunk
        self._registered: dict[EndpointId, tuple[Flow, Flow | None]] = {}
        self._fixed: dict[EndpointId, str] = {}
        self._over_tls: set[TrunkId] = set()
        self._terms: dict[EndpointId | TrunkId, Terms] = {}

    def configure(self, configuration: Configure) -> None:
        self._fixed = {one.endpoint: _host(one.contact) for one in configuration.endpoints if one.contact}
        self._over_tls = {one.trunk for one in configuration.trunks if one.transport == "tls"}
        self._terms = {one.endpoint: _terms(one) for one in configuration.endpoints} | {
            one.trunk: _terms(one) for one in configuration.trunks
        }

    def registered(self, endpoint: EndpointId, source: Flow, via: Flow | None = None) -> None:
        """An endpoint registered from `source`, by the proxy `via` if one is between."""
        self._registered[endpoint] = source, via

    def host_of(self, originate: Originate) -> str:
        """The host that an outgoing call goes to, without brackets; "" when it is not known."""
        if originate.trunk is not None:
            return self._host_of_trunk(originate.trunk)
        if originate.endpoint is None:
            return ""
        found = self._registered.get(originate.endpoint)
        return self._fixed.get(originate.endpoint) or (media_host(*found) if found is not None else "")

    def terms(self, endpoint: EndpointId | None, trunk: TrunkId | None) -> Terms:
        """What is set for the media of a phone's or trunk's calls; strangers have the defaults."""
        if trunk is not None:
            return self._terms.get(trunk, NO_TERMS)
        return NO_TERMS if endpoint is None else self._terms.get(endpoint, NO_TERMS)

    def calls_in_clear(self, originate: Originate) -> bool:
        """Whether others on the way can read the SIP of such a call: no TLS, and not within this machine."""
        if is_loopback(self.host_of(originate)):
            return False
        if originate.trunk is not None:
            return originate.trunk not in self._over_tls
        if originate.endpoint is None or originate.endpoint in self._fixed:
            return True
        found = self._registered.get(originate.endpoint)
        return found is None or in_clear(*found)


def in_clear(source: Flow, via: Flow | None = None) -> bool:
    """Whether others on the way can read what comes from `source`, by the proxy `via` if one is between."""
    return any(
        flow.transport not in ("tls", "wss") and not is_loopback(flow.host)
        for flow in (source, via)
        if flow is not None
    )


def media_host(source: Flow, via: Flow | None = None) -> str:
    """The host that media probably comes from: the peer's own, not a proxy's, where that is known."""
    return via.host if via is not None and source is NOWHERE else source.host


def is_loopback(host: str) -> bool:
    """An IP address of this machine's own."""
    return host == "::1" or host.startswith("127.")


def _terms(one: Endpoint | Trunk) -> Terms:
    return Terms(srtp=one.srtp, codecs=one.codecs) if one.codecs or one.srtp != "never" else NO_TERMS


def _host(place: str) -> str:
    try:
        return split_host_port(place)[0]
    except ValueError:
        return ""
