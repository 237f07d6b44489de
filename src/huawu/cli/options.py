"""What a centre is started with, from the command line or the environment."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from pathlib import Path

DEFAULT_HTTP = "127.0.0.1:8080"
DEFAULT_SIP = "0.0.0.0:5060"
DEFAULT_PAGES_SIP = 5066
DEFAULT_CONNECTIONS = 200
DEFAULT_RTP = "20000-29999"
WEBRTC_PORT = 5004
"""The UDP port of browsers' media, where none is given."""
DEFAULT_GRACE_S = 30.0
JUDGE_NICE = 10
"""How far judging stands back behind calls under way."""
SPARE_CORES = 1.0
"""So many cores must have nothing to do before a worker hears what is being said."""
LOOPBACK_OF_ALL = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}


class BadAddress(ValueError):
    """Not an address one can listen on; the text says what one looks like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One centre's start. Addresses are `HOST:PORT`, IPv6 in brackets."""

    data: Path
    http: str = DEFAULT_HTTP
    sip: tuple[str, ...] = (DEFAULT_SIP,)
    sip_tls: tuple[str, ...] = ()
    sip_ws: tuple[str, ...] = ()
    sip_wss: tuple[str, ...] = ()
    webrtc: tuple[str, ...] = ()  # () = beside the WebSocket's addresses, at `WEBRTC_PORT`
    away_grace_s: float = DEFAULT_GRACE_S  # how long a call waits for a browser that went away
    tls: bool = False  # pages by https, phones in pages by wss
    tls_cert: str = ""  # "" = one of our own, kept in the data folder
    tls_key: str = ""  # "" = in the certificate's file
    ws_origin: tuple[str, ...] = ()  # pages that may connect by WebSocket; () = those of the same host
    connections_per_host: int = DEFAULT_CONNECTIONS
    rtp_ports: str = DEFAULT_RTP
    rtpengine: tuple[str, ...] = ()  # ng control addresses; () = the switch relays all media itself
    public_address: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    database: str = ""  # "" = SQLite in the data folder
    switches: int = 1  # how many `huawu run` starts
    switch: tuple[str, ...] = ()  # of the centre alone: each switch's NAME=SOCKET; () = the one beside it
    demo: bool = False
    simulate: bool = True
    judge: bool = True  # of the centre alone: it judges calls itself
    hear: bool = True  # `huawu run` starts a worker that hears recordings, where one can
    speech_model: str = ""  # a folder; "" = the model that comes with the extra
    log_level: str = "INFO"

    @property
    def more_sip(self) -> tuple[tuple[str, str], ...]:
        """The further SIP addresses, each with its option."""
        every = (("--sip-tls", self.sip_tls), ("--sip-ws", self.sip_ws), ("--sip-wss", self.sip_wss))
        return tuple((option, address) for option, addresses in every for address in addresses)

    @property
    def webrtc_places(self) -> tuple[str, ...]:
        """Where browsers' media goes: as given, or beside where pages call by WebSocket."""
        if self.webrtc:
            return self.webrtc
        ways = [address.rpartition(":") for address in (*self.sip_ws, *self.sip_wss)]
        return tuple(dict.fromkeys(f"{host}:{WEBRTC_PORT if int(port) else 0}" for host, _, port in ways))

    @property
    def tls_folder(self) -> Path:
        """Where a certificate of our own is kept."""
        return self.data.absolute() / "tls"

    @property
    def certificate(self) -> tuple[str, str] | None:
        """Certificate and key of the pages; None = they are served in the open."""
        return (self.tls_cert, self.tls_key or self.tls_cert) if self.tls_cert else None

    @property
    def certificate_was_given(self) -> bool:
        """Whether browsers believe the certificate; our own they do not."""
        return bool(self.tls_cert) and not Path(self.tls_cert).is_relative_to(self.tls_folder)

    def with_pages(self) -> Options:
        """The same, so that phones in pages can reach the switch where the pages are served.

        Port 5066 beside the usual SIP port (5067 by TLS), else any free one: pages are told which.
        """
        if self.sip_ws or self.sip_wss:
            return self
        host, colon, _ = self.http.rpartition(":")
        try:
            split_address(f"{host}:0")
        except BadAddress:
            return self
        usual = any(address.endswith(":5060") for address in self.sip)
        if self.tls:
            return replace(self, sip_wss=(f"{host}{colon}{DEFAULT_PAGES_SIP + 1 if usual else 0}",))
        return replace(self, sip_ws=(f"{host}{colon}{DEFAULT_PAGES_SIP if usual else 0}",))

    def of_switch(self, place: int) -> Options:
        """The same for one of several switches: two ports on from the one before, a share of RTP's ports.

        Two, so that 5060 and 5061 (TLS) stay together.
        """
        if self.switches == 1:
            return self
        low, _, high = self.rtp_ports.partition("-")
        share = (int(high) + 1 - int(low)) // self.switches & ~1
        begin = int(low) + place * share
        return replace(
            self,
            sip=tuple(_further(address, 2 * place) for address in self.sip),
            sip_tls=tuple(_further(address, 2 * place) for address in self.sip_tls),
            sip_ws=tuple(_further(address, 2 * place) for address in self.sip_ws),
            sip_wss=tuple(_further(address, 2 * place) for address in self.sip_wss),
            webrtc=tuple(_further(address, 2 * place) for address in self.webrtc_places),
            rtp_ports=f"{begin}-{begin + share - 1}",
        )

    @property
    def database_url(self) -> str:
        """Where records are kept."""
        return self.database or f"sqlite:///{(self.data / 'huawu.db').absolute()}"

    @property
    def database_file(self) -> Path | None:
        """SQLite's file; None = the records are kept by a server."""
        kind, _, path = self.database_url.partition(":///")
        return Path(path.partition("?")[0]) if kind.startswith("sqlite") else None


def split_address(address: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`. Raises BadAddress."""
    host, colon, port = address.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        if not colon:
            raise ValueError
        number = int(port)
        ipaddress.ip_address(host)
        if not 0 <= number <= 65_535:
            raise ValueError
    except ValueError:
        raise BadAddress(f"{address!r} is not HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080") from None
    return host, number


def _further(address: str, ports: int) -> str:
    host, _, port = address.rpartition(":")
    return f"{host}:{int(port) + ports}" if int(port) else address


def dialable(address: str) -> str:
    """An address that this machine can call, for one that means all of its addresses."""
    host, _, port = address.rpartition(":")
    return f"{LOOPBACK_OF_ALL.get(host, host)}:{port}"


def reachable(place: str) -> str:
    """`transport:HOST:PORT`, likewise."""
    transport, _, address = place.partition(":")
    return f"{transport}:{dialable(address)}"
