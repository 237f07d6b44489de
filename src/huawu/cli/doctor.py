"""`huawu doctor`: what is missing or in the way, and how to mend it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import os
import platform
import shutil
import socket
import stat
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final, Literal

from rich.console import Console
from rich.text import Text

from huawu.assets.catalogue import AssetError, PromptCatalogue
from huawu.cli.options import Options, split_address
from huawu.platform.disks import disks_of, places_of, readable, standing
from huawu.speech.installed import can_hear

Grade = Literal["good", "doubt", "bad"]
MARKS: Final[dict[Grade, tuple[str, str]]] = {
    "good": ("✓", "green"),
    "doubt": ("!", "yellow"),
    "bad": ("✗", "red"),
}

NEWEST_KNOWN = 1_767_225_600
"""1 January 2026, in Unix seconds: a clock before this is wrong."""
HOUR_OF_SOUND = 57_600_000
"""Octets of an hour of recorded conversation; a disk with less is as good as full."""
LEAST_FOR_SOUND = 35 * HOUR_OF_SOUND
LEAST_FOR_RECORDS = 200_000_000
"""Room that the database and the logs should have where no recordings lie."""
LEAST_FILES = 4_096


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `mend` says what to do unless all is good."""

    grade: Grade
    what: str
    mend: str = ""


def tell_findings(options: Options) -> int:
    """Print all findings as they are made; the exit code."""
    console = Console()
    worst = 0
    for finding in examine(options):
        mark, colour = MARKS[finding.grade]
        console.print(Text(f" {mark} ", style=colour) + Text(finding.what))
        if finding.mend:
            console.print(Text(f"   → {finding.mend}", style="dim"))
        worst += finding.grade == "bad"
    return 1 if worst else 0


def examine(options: Options) -> Iterator[Finding]:
    """Look at everything a centre with these options needs; changes nothing."""
    checks: tuple[Callable[[Options], Iterator[Finding]], ...] = (
        _python,
        _compiled,
        _clock,
        _data,
        _disks,
        _ports,
        _certificate,
        _addresses,
        _pages,
        _prompts,
        _hearing,
        _limits,
        _rtpengine,
    )
    for check in checks:
        yield from check(options)


def _python(options: Options) -> Iterator[Finding]:
    version = f"Python {platform.python_version()}"
    if built_for_speed():
        yield Finding("good", version)
    else:
        yield Finding(
            "doubt",
            f"{version} in {sys.base_prefix} was built without --enable-optimizations: "
            "a call takes up to half as much processor time again",
            "Use the system's own: remove the folder .venv, then PYTHON=/usr/bin/python3 make run.",
        )


def _compiled(options: Options) -> Iterator[Finding]:
    compiled = is_compiled(Path(__file__).parents[1])
    yield Finding(
        "good", f"Voices are passed on and calls judged by {'compiled code' if compiled else 'plain Python'}"
    )


def is_compiled(package: Path) -> bool:
    """Whether extensions stand beside the sources of the judge and of voice's way. Nothing is loaded."""
    beside = ((package / "standard").glob("course.*"), (package / "switch" / "media").glob("path.*"))
    return all(any(file.suffix != ".py" for file in files) for files in beside)


def built_for_speed() -> bool:
    """Whether this Python was built guided by a profile, as far as it tells; those of distributions are."""
    told = sysconfig.get_config_var("CONFIG_ARGS")
    return not told or sys.base_prefix == "/usr" or "--enable-optimizations" in told


def _clock(options: Options) -> Iterator[Finding]:
    now = time.time()
    if now < NEWEST_KNOWN:
        yield Finding(
            "bad",
            f"The clock says {time.strftime('%Y-%m-%d', time.gmtime(now))}",
            "Set it, deadlines and recordings go by it. With systemd: timedatectl set-ntp true",
        )
        return
    if shutil.which("timedatectl"):
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            told = subprocess.run(
                ["timedatectl", "show", "-p", "NTPSynchronized", "--value"],
                capture_output=True,
                text=True,
                timeout=3,
                check=False,
            ).stdout.strip()
            if told == "no":
                yield Finding(
                    "doubt",
                    "The clock is not kept right by a time server",
                    "timedatectl set-ntp true, unless the host of this machine keeps its time",
                )
                return
    yield Finding("good", f"Clock: {time.strftime('%Y-%m-%d %H:%M:%S %Z', time.localtime(now))}")


def _data(options: Options) -> Iterator[Finding]:
    folder = options.data
    if not _can_write(folder):
        yield Finding(
            "bad",
            f"The data folder {folder} cannot be written",
            f"Choose another with --data, or give this user the right to write {standing(folder)}.",
        )
        return
    if os.name == "posix" and folder.exists() and folder.stat().st_mode & stat.S_IRWXO:
        yield Finding(
            "doubt",
            f"Everybody on this machine can look into the data folder {folder}",
            f"Recordings and what customers told lie there: chmod o-rwx {folder}",
        )
    else:
        yield Finding("good", f"Data folder {folder}")


def _disks(options: Options) -> Iterator[Finding]:
    """Recordings, logs or the database may have a disk of their own, and each may be full."""
    sound = options.data / "recordings"
    places = places_of(options.data, options.database_file)
    for place in places[1:]:
        if not _can_write(place):
            yield Finding(
                "bad",
                f"{place} cannot be written",
                "Give this user the right to, or see whether its disk is there and not mounted read-only.",
            )
    for disk in disks_of([*places, sound]):
        where, hours = disk.places[0], ""
        least = LEAST_FOR_RECORDS
        mend = f"Make room there, or put a larger disk at {where}: full, it keeps nothing more."
        if sound in disk.places:
            hours = f": about {disk.free / HOUR_OF_SOUND:,.0f} hours of recordings"
            least = LEAST_FOR_SOUND
            mend = (
                f"Make room (old recordings are the largest files), or put a larger disk at {sound}: "
                f"an hour of conversation takes {readable(HOUR_OF_SOUND)}."
            )
        if disk.free < HOUR_OF_SOUND:
            yield Finding("bad", f"The disk of {where} is full: {readable(disk.free)} free", mend)
        elif disk.free < least:
            yield Finding("doubt", f"Only {readable(disk.free)} free on the disk of {where}{hours}", mend)
        else:
            yield Finding("good", f"{readable(disk.free)} free on the disk of {where}{hours}")


def _can_write(place: Path) -> bool:
    """Whether files can be made there, once the folders that are missing are made."""
    there = standing(place)
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _ports(options: Options) -> Iterator[Finding]:
    yield _port(options.http, (socket.SOCK_STREAM,), "Web pages", "--http")
    for address in options.sip:
        yield _port(address, (socket.SOCK_DGRAM, socket.SOCK_STREAM), "SIP", "--sip")
    for option, address in options.more_sip:
        yield _port(address, (socket.SOCK_STREAM,), f"SIP ({option.removeprefix('--sip-').upper()})", option)

    for address in options.webrtc_places:
        yield _port(address, (socket.SOCK_DGRAM,), "Browsers' media", "--webrtc")


def _certificate(options: Options) -> Iterator[Finding]:
    """The certificate that TLS would show."""
    if options.tls_key and not options.tls_cert:
        yield Finding("bad", "A key is given without its certificate", "Name that with --tls-cert.")
    if not (options.sip_tls or options.sip_wss):
        return
    if not options.tls_cert:
        yield Finding(
            "good",
            f"TLS by a certificate of our own, kept in {options.tls_folder}: phones that check it need "
            f"{options.tls_folder / 'sip.crt'}, browsers do not take it",
        )
        return
    from huawu.switch.certificates import RENEW_DAYS, CertificateUnusable, now, read_identity

    certificate, at = Path(options.tls_cert), now()
    try:
        identity = read_identity(certificate, Path(options.tls_key or certificate), at)
    except CertificateUnusable as error:
        what, _, mend = str(error).partition(": ")
        yield Finding("bad", what[0].upper() + what[1:], mend[0].upper() + mend[1:] + ".")
        return
    names = ", ".join(identity.names) or "nobody"
    told = f"TLS certificate for {names}, good until {identity.expires:%Y-%m-%d}"
    if identity.days_left(at) <= RENEW_DAYS:
        yield Finding(
            "doubt",
            f"{told}: {identity.days_left(at):.0f} days",
            "Have it renewed and put the new one there; a running switch takes it over by itself.",
        )
    else:
        yield Finding("good", told)


def _port(address: str, kinds: tuple[socket.SocketKind, ...], what: str, option: str) -> Finding:
    host, port = split_address(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind in kinds:
        with socket.socket(family, kind) as probe:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return Finding(
                        "bad",
                        f"{what}: {address} is taken by another programme",
                        f"End that one (`ss -lnp` names it), or choose another with {option}.",
                    )
                return Finding(
                    "bad",
                    f"{what}: {address} cannot be used: {error.strerror}",
                    f"Choose an address of this machine with {option}.",
                )
    return Finding("good", f"{what}: {address} is free")


def _addresses(options: Options) -> Iterator[Finding]:
    if options.public_address:
        yield Finding("good", f"Public address {', '.join(options.public_address)}")
        return
    hosts = [split_address(address)[0] for address in options.sip]
    if all(ipaddress.ip_address(host).is_loopback for host in hosts):
        yield Finding(
            "doubt",
            "Only phones on this very machine can call",
            "For phones in your network: --sip 0.0.0.0:5060",
        )
    else:
        yield Finding(
            "doubt",
            "No public address is set: phones in this network can call, a carrier behind NAT is not heard",
            "For calls from the internet: --public-address YOUR.PUBLIC.IP, and open the SIP and RTP ports.",
        )


def _pages(options: Options) -> Iterator[Finding]:
    if resources.files("huawu.web").joinpath("static", "index.html").is_file():
        yield Finding("good", "Pages are built")
    else:
        yield Finding("bad", "The pages are not built", "make run builds them; a wheel brings them along.")


def _prompts(options: Options) -> Iterator[Finding]:
    own = options.data / "prompts"
    try:
        catalogue = PromptCatalogue.load(overlay=own if own.is_dir() else None)
        missing = []
        for prompt in catalogue.ids():
            try:
                catalogue.path(prompt, "zh")
            except AssetError:
                missing.append(prompt)
    except AssetError as error:
        yield Finding("bad", str(error), "Install the package anew.")
        return
    if missing:
        yield Finding(
            "bad", f"{len(missing)} prompts have no recording, such as {missing[0]}", "Render them."
        )
    else:
        yield Finding("good", f"{len(catalogue.ids())} prompts")


def _hearing(options: Options) -> Iterator[Finding]:
    """Words need an extra; a centre without them works, and judges by timing."""
    if why_deaf := can_hear(options.speech_model):
        missing, _, mend = why_deaf.partition(". ")
        yield Finding("doubt", f"{missing}: calls are judged by timing alone", mend)
    else:
        yield Finding("good", "Speech recognition")


def _limits(options: Options) -> Iterator[Finding]:
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < LEAST_FILES and hard < LEAST_FILES:
        yield Finding(
            "doubt",
            f"At most {hard} open files: each call needs about six",
            "Raise it: ulimit -n 65536, or LimitNOFILE= in the service file.",
        )
    else:
        yield Finding("good", f"Open files: {max(soft, hard):,}")


def _rtpengine(options: Options) -> Iterator[Finding]:
    if not options.rtpengine:
        return
    from huawu.switch.rtpengine.ng import NgError

    for address in options.rtpengine:
        host, port = split_address(address)
        try:
            asyncio.run(_ping(host, port))
        except (NgError, OSError) as error:
            yield Finding(
                "doubt",
                f"rtpengine at {address} does not answer: {error}",
                "Start it (deploy/rtpengine/rtpengine.conf), or leave --rtpengine out. Without it the switch "
                "relays all media itself.",
            )
        else:
            yield Finding("good", f"rtpengine at {address} answers")


async def _ping(host: str, port: int) -> None:
    from huawu.switch.rtpengine.client import NgClient

    client = NgClient(host, port)
    try:
        await client.open()
        await client.ping()
    finally:
        client.close()
