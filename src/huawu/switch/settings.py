"""What the switch is told when it starts, checked before anything is opened."""

from __future__ import annotations

import argparse
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

LOWEST_RTP_PORTS = 4

LogFormat = Literal["text", "json"]


class BadSettings(ValueError):
    """The switch cannot start as it was told; the text says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchSettings:
    """All that one switch process needs. Hosts are IP addresses without brackets.

    `sip` has at most one address a family; each is served by UDP and TCP on the same port (0 = any free
    one). So have `tls`, `ws` and `wss` for these transports. Our certificate is given by `tls_cert` and
    `tls_key` (one file may hold both), or made and kept in `tls_folder`. `ws_origins` are the pages that
    may connect; () = those of the same host. `webrtc` is the UDP port that all browsers' media share.
    `public_addresses` (at most one a family) are told to peers instead of the addresses bound to.
    """

    socket: str
    token: str
    sip: tuple[tuple[str, int], ...] = (("127.0.0.1", 5060),)
    rtp_ports: range = range(20_000, 30_000)
    public_addresses: tuple[str, ...] = ()
    log_format: LogFormat = "text"
    log_level: str = "INFO"
    media_timeout_s: float = 60.0
    dns: tuple[tuple[str, int], ...] = ()  # name servers; none = the system's
    tls: tuple[tuple[str, int], ...] = ()
    ws: tuple[tuple[str, int], ...] = ()
    wss: tuple[tuple[str, int], ...] = ()
    webrtc: tuple[tuple[str, int], ...] = ()  # () = browsers are not served
    away_grace_s: float = 30.0  # how long a browser that went away is waited for
    tls_cert: str = ""
    tls_key: str = ""
    tls_folder: str = ""
    ws_origins: tuple[str, ...] = ()
    connections_per_host: int = 200  # of TCP, TLS and WebSocket, each
    rtpengines: tuple[tuple[str, int], ...] = ()  # their ng control addresses; () = all media is ours

    def __post_init__(self) -> None:
        if not self.sip:
            raise BadSettings("no SIP address is given: add one, such as --sip 0.0.0.0:5060")
        for what, hosts in (
            ("--sip", [host for host, _ in self.sip]),
            ("--sip-tls", [host for host, _ in self.tls]),
            ("--sip-ws", [host for host, _ in self.ws]),
            ("--sip-wss", [host for host, _ in self.wss]),
            ("--webrtc", [host for host, _ in self.webrtc]),
            ("--public-address", [*self.public_addresses]),
        ):
            for ipv6 in (False, True):
                if sum((":" in host) is ipv6 for host in hosts) > 1:
                    raise BadSettings(
                        f"{what} is given twice for {'IPv6' if ipv6 else 'IPv4'}: give one, "
                        f"or listen on all addresses with {'[::]' if ipv6 else '0.0.0.0'}"
                    )
        if len(self.rtp_ports) < LOWEST_RTP_PORTS:
            raise BadSettings(f"--rtp-ports has {len(self.rtp_ports)} ports: each leg needs two")
        if not self.token:
            raise BadSettings("the link's token is empty: write one into the token file")

        if (self.tls or self.wss) and not (self.tls_cert or self.tls_folder):
            raise BadSettings(
                "TLS needs a certificate: name one with --tls-cert and --tls-key, "
                "or a folder for one of our own with --tls-folder"
            )
        if self.connections_per_host < 1:
            raise BadSettings("--connections-per-host must be at least 1, or nobody could connect")
        if len(set(self.rtpengines)) < len(self.rtpengines):
            raise BadSettings("--rtpengine is given twice with the same address: give each once")
        if any(port == 0 for _, port in self.rtpengines):
            raise BadSettings("--rtpengine needs a port, that of its listen-ng, such as 127.0.0.1:2223")
        if self.tls_key and not self.tls_cert:
            raise BadSettings("--tls-key is given without --tls-cert: name the certificate it belongs to")

    def bound(self, *, ipv6: bool) -> tuple[str, int] | None:
        """The SIP address of a family; None = that family is not served."""
        every = (*self.sip, *self.tls, *self.ws, *self.wss)
        return next(((host, port) for host, port in every if (":" in host) is ipv6), None)

    def public(self, *, ipv6: bool) -> str | None:
        """The public address of a family, if one is set."""
        return next((host for host in self.public_addresses if (":" in host) is ipv6), None)


def parse_arguments(arguments: Sequence[str]) -> SwitchSettings:
    """The settings from a command line. Raises BadSettings; SystemExit for --help and bad syntax."""
    parser = argparse.ArgumentParser(prog="python -m huawu.switch", description="The switch: SIP and media.")
    parser.add_argument("--socket", required=True, help="path of the socket the centre connects to")
    parser.add_argument("--token-file", required=True, help="file whose first line both sides know")
    parser.add_argument(
        "--sip", action="append", required=True, metavar="HOST:PORT", help="once per IP family"
    )
    for name, what in (("tls", "TLS"), ("ws", "WebSocket"), ("wss", "WebSocket over TLS")):
        parser.add_argument(
            f"--sip-{name}", action="append", default=[], metavar="HOST:PORT", help=f"for {what}, likewise"
        )
    parser.add_argument("--tls-cert", default="", metavar="FILE", help="our certificate, with its chain, PEM")
    parser.add_argument("--tls-key", default="", metavar="FILE", help="its key, when it is not in that file")
    parser.add_argument(
        "--tls-folder", default="", metavar="DIR", help="without --tls-cert: where one of our own is kept"
    )
    parser.add_argument(
        "--ws-origin", action="append", default=[], metavar="URL", help="pages that may connect; * = all"
    )
    parser.add_argument(
        "--connections-per-host",
        type=int,
        default=200,
        metavar="N",
        help="of TCP, TLS and WebSocket each; more for many phones behind one address or proxy",
    )
    parser.add_argument(
        "--webrtc",
        action="append",
        default=[],
        metavar="HOST:PORT",
        help="UDP port that the media of all browsers share, once per IP family; without it none is served",
    )
    parser.add_argument(
        "--away-grace",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="how long a call waits for a browser that left or lost its network",
    )
    parser.add_argument("--rtp-ports", default="20000-29999", metavar="LOW-HIGH", help="UDP ports for audio")
    parser.add_argument("--public-address", action="append", default=[], metavar="IP", help="told to peers")
    parser.add_argument(
        "--rtpengine",
        action="append",
        default=[],
        metavar="HOST:PORT",
        help="ng control address of an rtpengine that relays ordinary bridges; several share the bridges",
    )
    parser.add_argument("--log-format", choices=["text", "json"], default="text")
    parser.add_argument("--log-level", choices=["DEBUG", "INFO", "WARNING", "ERROR"], default="INFO")
    parser.add_argument(
        "--media-timeout",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="end legs that send no RTP and no RTCP for so long; 0 = never",
    )
    parser.add_argument(
        "--dns", action="append", default=[], metavar="HOST[:PORT]", help="name server; default: the system's"
    )
    given = parser.parse_args(arguments)
    return SwitchSettings(
        socket=given.socket,
        token=_read_token(given.token_file),
        sip=tuple(_sip_address(text) for text in given.sip),
        tls=tuple(_sip_address(text, "--sip-tls") for text in given.sip_tls),
        ws=tuple(_sip_address(text, "--sip-ws") for text in given.sip_ws),
        wss=tuple(_sip_address(text, "--sip-wss") for text in given.sip_wss),
        webrtc=tuple(_sip_address(text, "--webrtc") for text in given.webrtc),
        away_grace_s=max(0.0, given.away_grace),
        connections_per_host=given.connections_per_host,
        tls_cert=given.tls_cert,
        tls_key=given.tls_key,
        tls_folder=given.tls_folder,
        ws_origins=tuple(text.lower().rstrip("/") for text in given.ws_origin),
        rtp_ports=_ports(given.rtp_ports),
        public_addresses=tuple(_ip(text, "--public-address") for text in given.public_address),
        rtpengines=tuple(_sip_address(text, "--rtpengine") for text in given.rtpengine),
        log_format=given.log_format,
        log_level=given.log_level,
        media_timeout_s=max(0.0, given.media_timeout),
        dns=tuple(_name_server(text) for text in given.dns),
    )


def _read_token(path: str) -> str:
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.readline().strip()
    except OSError as error:
        raise BadSettings(f"the token file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadSettings(f"the token file {path} is not text") from None


def _sip_address(text: str, option: str = "--sip") -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise BadSettings(f"{option} {text} is not HOST:PORT, such as 0.0.0.0:5060 or [::]:5060")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise BadSettings(f"{option} {text}: put the IPv6 address in brackets, such as [::]:5060")
    return _ip(host.strip("[]"), option), int(port)


def _name_server(text: str) -> tuple[str, int]:
    if text.count(":") == 1 or (text.startswith("[") and not text.endswith("]")):
        return _sip_address(text, "--dns")
    return _ip(text, "--dns"), 53


def _ip(text: str, option: str) -> str:
    if text == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        raise BadSettings(f"{option} {text} is not an IP address") from None


def _ports(text: str) -> range:
    low, dash, high = text.partition("-")
    if not dash or not low.isdigit() or not high.isdigit() or not 1024 <= int(low) < int(high) <= 65_535:
        raise BadSettings(f"--rtp-ports {text} is not LOW-HIGH within 1024-65535, such as 20000-29999")
    return range(int(low), int(high) + 1)
