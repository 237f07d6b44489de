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
    one). `public_addresses` (at most one a family) are told to peers instead of the addresses bound to.
    """

    socket: str
    token: str
    sip: tuple[tuple[str, int], ...] = (("127.0.0.1", 5060),)
    rtp_ports: range = range(20_000, 30_000)
    public_addresses: tuple[str, ...] = ()
    log_format: LogFormat = "text"
    log_level: str = "INFO"
    media_timeout_s: float = 120.0

    def __post_init__(self) -> None:
        if not self.sip:
            raise BadSettings("no SIP address is given: add one, such as --sip 0.0.0.0:5060")
        for what, hosts in (
            ("--sip", [host for host, _ in self.sip]),
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

    def bound(self, *, ipv6: bool) -> tuple[str, int] | None:
        """The SIP address of a family; None = that family is not served."""
        return next(((host, port) for host, port in self.sip if (":" in host) is ipv6), None)

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
    parser.add_argument("--rtp-ports", default="20000-29999", metavar="LOW-HIGH", help="UDP ports for audio")
    parser.add_argument("--public-address", action="append", default=[], metavar="IP", help="told to peers")
    parser.add_argument("--log-format", choices=["text", "json"], default="text")
    parser.add_argument("--log-level", choices=["DEBUG", "INFO", "WARNING", "ERROR"], default="INFO")
    parser.add_argument(
        "--media-timeout",
        type=float,
        default=120.0,
        metavar="SECONDS",
        help="end legs without audio; 0 = never",
    )
    given = parser.parse_args(arguments)
    return SwitchSettings(
        socket=given.socket,
        token=_read_token(given.token_file),
        sip=tuple(_sip_address(text) for text in given.sip),
        rtp_ports=_ports(given.rtp_ports),
        public_addresses=tuple(_ip(text, "--public-address") for text in given.public_address),
        log_format=given.log_format,
        log_level=given.log_level,
        media_timeout_s=max(0.0, given.media_timeout),
    )


def _read_token(path: str) -> str:
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.readline().strip()
    except OSError as error:
        raise BadSettings(f"the token file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadSettings(f"the token file {path} is not text") from None


def _sip_address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise BadSettings(f"--sip {text} is not HOST:PORT, such as 0.0.0.0:5060 or [::]:5060")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise BadSettings(f"--sip {text}: put the IPv6 address in brackets, such as [::]:5060")
    return _ip(host.strip("[]"), "--sip"), int(port)


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
