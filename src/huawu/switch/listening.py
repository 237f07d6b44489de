"""All the ways SIP comes and goes by: one transport each for UDP, TCP, TLS and WebSocket, a family."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from huawu.link.messages import Trunk
from huawu.switch.certificates import CertificateUnusable, Identity, now, own_identity, read_identity
from huawu.switch.settings import BadSettings, SwitchSettings
from huawu.switch.sip.addresses import join_host_port
from huawu.switch.sip.events import Flow, SendPacket, Transport
from huawu.switch.sip.transport_stream import StreamTransport
from huawu.switch.sip.transport_udp import UdpTransport
from huawu.switch.trust import Trust

FREE_PORT_TRIES: Final = 20
"""With port 0, how often to look for a port that is free for UDP and TCP."""
LOOK_AT_CERTIFICATE_S: Final = 10.0
log = logging.getLogger(__name__)


class Listening:
    """`hosts` are told to peers, per family (True = IPv6). Raises BadSettings for a bad certificate."""

    def __init__(
        self,
        settings: SwitchSettings,
        hosts: Mapping[bool, str],
        on_packet: Callable[[bytes, Flow], None],
        on_lost: Callable[[Flow], None],
    ) -> None:
        self._settings = settings
        self._hosts = hosts
        self._on_packet = on_packet
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._transports: dict[tuple[Transport, bool], UdpTransport | StreamTransport] = {}
        self._look: asyncio.TimerHandle | None = None
        self.addresses: dict[str, tuple[str, str]] = {}
        """Per name as in `Addresses`: the address told to peers, the one bound."""
        try:
            self._trust = Trust(_identity_of(settings, [*hosts.values()]), renews=not settings.tls_cert)
        except (CertificateUnusable, OSError) as error:
            raise BadSettings(str(error)) from None

    async def open(self) -> None:
        """Listen wherever the settings say. Raises AddressInUse."""
        for host, port in self._settings.sip:
            tries = FREE_PORT_TRIES if port == 0 else 1
            while True:
                tries -= 1
                try:
                    bound = await self._open_pair(host, port)
                    break
                except OSError:
                    if tries == 0:
                        raise
            self._name("udp", host, bound)
            self._name("tcp", host, bound)
        more: tuple[tuple[Transport, Iterable[tuple[str, int]]], ...] = (
            ("tls", self._settings.tls),
            ("ws", self._settings.ws),
            ("wss", self._settings.wss),
        )
        for kind, places in more:
            for host, port in places:
                transport = StreamTransport(
                    kind, self._trust, self._settings.ws_origins, self._settings.connections_per_host
                )
                await transport.open(host, port, self._on_packet, self._on_lost)
                self._transports[kind, ":" in host] = transport
                self._name(kind, host, transport.port)
        for ipv6 in self._hosts:
            if ("tls", ipv6) not in self._transports:  # trunks may still be called by it
                transport = self._transports["tls", ipv6] = StreamTransport("tls", self._trust)
                transport.open_outward(self._on_packet, self._on_lost)
        if self._trust.identity is not None:
            self._loop.add_signal_handler(signal.SIGHUP, self._look_at_certificate, True)
            self._look_at_certificate()

    async def close(self) -> None:
        """Close every transport."""
        if self._look is not None:
            self._look.cancel()
        for transport in self._transports.values():
            await transport.close()

    def send(self, packet: SendPacket) -> None:
        """Send by the transport that the flow names; `on_lost` follows when there is none."""
        flow = packet.flow
        transport = self._transports.get((flow.transport, ":" in flow.host))
        if transport is None:
            self._loop.call_soon(self._on_lost, flow)  # a family or a transport we do not serve
        else:
            transport.send(packet)

    def configure(self, trunks: Sequence[Trunk], web_origins: Sequence[str] = ()) -> None:
        """Believe these trunks by what they show, and no others; let these pages connect by WebSocket."""
        for transport in self._transports.values():
            if isinstance(transport, StreamTransport):
                transport.guests = frozenset(web_origins)
        changed = self._trust.configure(trunks)
        if changed.trunks or changed.callers:
            for transport in self._transports.values():
                if isinstance(transport, StreamTransport) and transport.kind == "tls":
                    transport.forget(changed.trunks, changed.calls_from)

    # ── inside ──

    def _name(self, kind: Transport, host: str, port: int) -> None:
        ipv6 = ":" in host
        self.addresses[f"{kind}{6 if ipv6 else 4}"] = (
            join_host_port(self._hosts[ipv6], port),
            join_host_port(host, port),
        )

    async def _open_pair(self, host: str, port: int) -> int:
        """UDP and TCP on the same port; returns it."""
        udp = UdpTransport()
        tcp = StreamTransport("tcp", from_one_host=self._settings.connections_per_host)
        await udp.open(host, port, self._on_packet, self._on_lost)
        try:
            await tcp.open(host, udp.port, self._on_packet, self._on_lost)
        except OSError:
            await udp.close()
            raise
        self._transports["udp", ":" in host] = udp
        self._transports["tcp", ":" in host] = tcp
        return udp.port

    def _look_at_certificate(self, asked: bool = False) -> None:
        self._trust.look(self._loop.time(), now(), asked=asked)
        if self._look is not None:
            self._look.cancel()
        self._look = self._loop.call_later(LOOK_AT_CERTIFICATE_S, self._look_at_certificate)


def _identity_of(settings: SwitchSettings, hosts: Sequence[str]) -> Callable[[], Identity] | None:
    """How to read our certificate; None = no transport needs one."""
    if settings.tls_cert:
        certificate = Path(settings.tls_cert)
        return lambda: read_identity(certificate, Path(settings.tls_key or certificate), now())
    if settings.tls_folder and (settings.tls or settings.wss):
        return lambda: own_identity(Path(settings.tls_folder), hosts, now())
    return None
