"""`huawu run`: the switch, the centre and, in the demo, the traffic maker, kept alive together."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import tempfile
import zlib
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from huawu.cli.claim import FolderTaken, claim
from huawu.cli.options import Options, split_address
from huawu.cli.supervise import Child, ChildFailed, Supervisor, python
from huawu.link import house_time
from huawu.link.address import LONGEST_PATH
from huawu.speech.installed import can_hear

READY_WITHIN_S = 60.0
CLOCK_EVERY_S = 5.0
CLOCK_JUMP_S = 2.0

console = Console(stderr=True, highlight=False)


def run_until_told(options: Options) -> int:
    """Run until Ctrl-C or SIGTERM; the exit code."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(claim(options.data.absolute()))
            folder = prepare(options.data)
        except FolderTaken as taken:
            console.print(f"[red]{escape(str(taken))}[/red]", soft_wrap=True)
            return 1
        except OSError as error:
            console.print(
                f"[red]The data folder {escape(str(options.data))} cannot be used: {error.strerror}.[/red] "
                "Choose another with --data, or give this user the right to write it."
            )
            return 1
        return asyncio.run(_run(options, folder))


async def _run(options: Options, folder: Path) -> int:
    if options.tls:
        from huawu.cli.secure import secured  # cryptography is large, and most do without
        from huawu.switch.certificates import CertificateUnusable

        try:
            options = secured(options)
        except CertificateUnusable as error:
            console.print(f"[red]The pages cannot be served by https:[/red] {escape(str(error))}")
            return 1
    options = options.with_pages()
    zero_s = house_time.zero_now()
    environment = {**os.environ, house_time.VARIABLE: f"{zero_s:.3f}"}
    children = [
        _switch(options.of_switch(place), folder, name, environment)
        for place, name in enumerate(names_of(options))
    ]
    children.append(_centre(options, folder, environment))
    children.append(_judge(options, folder, environment))
    if options.hear:
        if why_deaf := can_hear(options.speech_model):
            console.print(f"[dim]Calls are judged without their words: {escape(why_deaf)}[/dim]")
        else:
            children.append(_worker(options, folder, environment))
    if options.demo and options.simulate:
        children.append(_simulation(folder))
    supervisor = Supervisor(children, lambda words: console.print(f"[yellow]{escape(words)}[/yellow]"))
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told_to_stop.set)
    stop = asyncio.create_task(told_to_stop.wait())
    supervisor.start()
    welcome = asyncio.create_task(_welcome(options, folder / "ready.json"))
    clock = asyncio.create_task(_watch_clock(zero_s))
    try:
        waiting: list[asyncio.Future[Any]] = [stop, supervisor.failed]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        welcome.cancel()
        clock.cancel()
        with contextlib.suppress(FileNotFoundError):
            (folder / "ready.json").unlink()
        if not supervisor.failed.done():
            console.print("\nEnding calls …", end=" ")
        await supervisor.stop()
        stop.cancel()
    if supervisor.failed.done():
        return _explain(supervisor.failed.result())
    console.print("done.")
    return 0


def prepare(data: Path) -> Path:
    """Make the data folder with what both processes share; the absolute path. Raises OSError.

    A new one is its owner's alone: it holds what callers said. The rights of one that is there stay.
    """
    folder = data.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    for part in (folder / "logs", folder / "recordings", folder / "prompts"):
        part.mkdir(exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        (folder / "ready.json").unlink()
    token = folder / "link.token"
    if not token.exists():
        descriptor = os.open(token, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
    return folder


def names_of(options: Options) -> list[str]:
    """The switches' names: 1, 2, … where there are several, "" for the only one."""
    return [str(place + 1) for place in range(options.switches)] if options.switches > 1 else [""]


def link_socket(folder: Path, name: str = "") -> str:
    """Where a switch and the centre of this data folder meet; a short path where the folder's is too long."""
    path = str(folder / (f"link-{name}.sock" if name else "link.sock"))
    if len(path.encode()) <= LONGEST_PATH:
        return path
    return str(Path(tempfile.gettempdir()) / f"huawu-{zlib.crc32(path.encode()):x}.sock")


def _switch(options: Options, folder: Path, name: str, environment: dict[str, str]) -> Child:
    addresses = [part for address in options.sip for part in ("--sip", address)]
    dns = [part for server in options.dns for part in ("--dns", server)]
    public = [part for address in options.public_address for part in ("--public-address", address)]
    more = [part for option, address in options.more_sip for part in (option, address)]
    if options.tls_cert:
        more += ["--tls-cert", options.tls_cert]
        more += ["--tls-key", options.tls_key] if options.tls_key else []
    elif options.sip_tls or options.sip_wss:
        more += ["--tls-folder", str(options.tls_folder / name)]
    more += [part for origin in options.ws_origin for part in ("--ws-origin", origin)]
    more += [part for address in options.rtpengine for part in ("--rtpengine", address)]
    more += [part for address in options.webrtc_places for part in ("--webrtc", address)]
    more += ["--away-grace", str(options.away_grace_s)]
    more += ["--connections-per-host", str(options.connections_per_host)]
    arguments = python(
        "huawu.switch",
        "--socket",
        link_socket(folder, name),
        "--token-file",
        str(folder / "link.token"),
        *addresses,
        *more,
        "--rtp-ports",
        options.rtp_ports,
        *public,
        *dns,
        "--log-level",
        options.log_level,
    )
    title = f"switch-{name}" if name else "switch"
    log, sign = folder / "logs" / f"{title}.log", Path(link_socket(folder, name))
    return Child(title, arguments, environment, log, ends=1, sign=sign)


def _centre(options: Options, folder: Path, environment: dict[str, str]) -> Child:
    arguments = [*python("huawu.cli.main", "centre"), "--data", str(folder), "--http", options.http]
    arguments.append("--no-judge")  # a process of its own does
    if options.switches > 1:
        for name in names_of(options):
            arguments += ["--switch", f"{name}={link_socket(folder, name)}"]
    if options.tls:
        arguments += ["--tls-cert", options.tls_cert]
        arguments += ["--tls-key", options.tls_key] if options.tls_key else []
    if options.database:
        arguments += ["--database", options.database]
    if options.demo:
        arguments += ["--demo", "--simulate" if options.simulate else "--no-simulate"]
    arguments += ["--log-level", options.log_level]
    # The last to end: it puts on record how the switch ended the calls.
    log, sign = folder / "logs" / "centre.log", folder / "ready.json"
    return Child("centre", arguments, environment, log, ends=2, sign=sign)


def _judge(options: Options, folder: Path, environment: dict[str, str]) -> Child:
    arguments = [*python("huawu.cli.main", "judge"), "--data", str(folder)]
    if options.database:
        arguments += ["--database", options.database]
    arguments += ["--log-level", options.log_level]
    return Child("judge", arguments, environment, folder / "logs" / "judge.log", vital=False)


def _worker(options: Options, folder: Path, environment: dict[str, str]) -> Child:
    arguments = [*python("huawu.cli.main", "worker"), "--data", str(folder)]
    if options.database:
        arguments += ["--database", options.database]
    if options.speech_model:
        arguments += ["--speech-model", options.speech_model]
    arguments += ["--log-level", options.log_level]
    return Child("worker", arguments, environment, folder / "logs" / "worker.log", vital=False)


def _simulation(folder: Path) -> Child:
    arguments = python("huawu.cli.main", "simulate", "--data", str(folder))
    return Child("simulation", arguments, dict(os.environ), folder / "logs" / "simulation.log", vital=False)


async def _watch_clock(zero_s: float) -> None:
    """Tell when somebody set the machine's clock: the centre goes on by the time it was started with."""
    while True:
        await asyncio.sleep(CLOCK_EVERY_S)
        if words := clock_was_set(zero_s, house_time.zero_now()):
            console.print(f"[yellow]{words}[/yellow]")
            zero_s = house_time.zero_now()


def clock_was_set(before_s: float, now_s: float) -> str:
    """What to say when the clock jumped; nothing when it did not."""
    by_s = now_s - before_s
    if abs(by_s) < CLOCK_JUMP_S:
        return ""
    return (
        f"The machine's clock was set {'forward' if by_s > 0 else 'back'} by {abs(by_s):.0f} s. Calls and "
        "records go on by the time the centre was started with, so that no wait or length is wrong; start "
        "it anew in a quiet moment to go by the new time."
    )


# ── What is said ──────────────────────────────────────────────────────────────────────────────────


async def _welcome(options: Options, ready: Path) -> None:
    """Say where to look, once the centre is ready."""
    if not console.is_terminal:  # where nothing can turn, a line says that something goes on
        console.print("Starting the centre …")
    with console.status("Starting the centre …"):
        deadline = asyncio.get_running_loop().time() + READY_WITHIN_S
        while not ready.exists():
            if asyncio.get_running_loop().time() > deadline:
                console.print(f"[yellow]The centre takes long to start; see {options.data}/logs.[/yellow]")
                deadline = float("inf")
            await asyncio.sleep(0.1)
    say_where_to_look(json.loads(ready.read_text(encoding="utf-8")), ready.parent, options)


def say_where_to_look(told: dict[str, Any], folder: Path, options: Options) -> None:
    """The address, the numbers and, the first time, the passwords."""
    console.print(f"\n[bold]Huawu 话务[/bold] is ready.  Pages  [bold cyan]{told['http']}[/bold cyan]")
    if options.tls:
        from huawu.cli.secure import addresses_to_open

        port = int(str(told["http"]).rpartition(":")[2])
        places = "  ".join(addresses_to_open(options, port))
        console.print(f"In your network: [bold cyan]{escape(places)}[/bold cyan]")
        if options.tls_cert.startswith(str(folder)):
            console.print(
                "The certificate is our own, so browsers ask once whether to go on; give one that they "
                "know with --tls-cert and --tls-key."
            )
    numbers = told.get("numbers") or {}
    if numbers:
        spoken = "   ".join(f"[bold]{number}[/bold] {escape(name)}" for name, number in numbers.items())
        console.print(f"Call it with any SIP phone at [bold]{told['sip']}[/bold]:\n  {spoken}")
    else:
        console.print(f"No number leads anywhere yet. Phones register at [bold]{told['sip']}[/bold].")
    if any(split_address(address)[0] in ("0.0.0.0", "::") for address in options.sip):
        console.print("Phones elsewhere in your network use this machine's address there, same port.")
    more = [place for place in told.get("sip_addresses", ()) if not place.startswith(("udp:", "tcp:"))]
    if more:
        console.print(f"SIP is also heard at {escape('  '.join(more))}")
    marker, ready = folder / "secrets.told", str(folder / "ready.json")
    people = told.get("people") or []
    if people and not marker.exists():
        table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
        phones = any(person.get("sip_password") for person in people)
        for heading in ("role", "user", "password", *(["SIP password"] if phones else [])):
            table.add_column(heading)
        for person in people:
            of_phone = [person.get("sip_password", "")] if phones else []
            table.add_row(person["role"], person["user"], person["password"], *of_phone)
        console.print(
            f"\nThese passwords are told once; while the centre runs they stand in {escape(ready)}.",
            soft_wrap=True,
        )
        console.print(table)
        if phones:
            console.print("By phone, agents dial *11 to be ready, *12 for a break, *13 to sign out.")
        marker.touch()
    elif any(person["password"] for person in people):
        console.print(f"The passwords made here stand in {escape(ready)} meanwhile.", soft_wrap=True)
    if [person["user"] for person in people] == ["admin"]:
        console.print(
            "Sign in as [bold]admin[/bold] and describe your centre under 管理 (Settings): numbers, queues, "
            "people. Or take over a file with `huawu config import FILE`."
        )
    if options.demo and {"leader", "1001"} <= {person["user"] for person in people}:
        console.print(
            "Sign in as [bold]leader[/bold] to watch, as [bold]1001[/bold] to take calls in the page."
        )
    if options.demo and options.simulate:
        console.print("Callers and agents 1007–1010 are simulated; --no-simulate leaves them out.")
    console.print("\n[dim]Ctrl-C ends all calls politely and stops.[/dim]")


def _explain(failure: ChildFailed) -> int:
    console.print(f"[red]The {failure.name} cannot run:[/red]\n{escape(str(failure))}", soft_wrap=True)
    console.print("[dim]`huawu doctor` says what is in the way.[/dim]")
    return 1
