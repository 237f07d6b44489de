"""A private PostgreSQL for the tests: its own folder and port, no durability, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from sqlalchemy.engine import make_url

from tests.support.tools import free_port


def _programmes() -> Path:
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True
    )
    on_path = shutil.which("initdb")
    if found:
        return found[0].parent
    if on_path:
        return Path(on_path).parent
    pytest.fail("These tests start their own PostgreSQL; install the package `postgresql` (Debian, Ubuntu).")


@contextmanager
def server() -> Iterator[str]:
    """A running server; gives the address of its `postgres` database."""
    programmes = _programmes()
    folder = Path(tempfile.mkdtemp(prefix="huawu-pg-", dir="/tmp"))
    owner: str | None = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        owner = "postgres"
        try:
            account = pwd.getpwnam(owner)
        except KeyError:
            pytest.fail(
                "PostgreSQL does not run as root; the package `postgresql` makes the user `postgres`."
            )
        os.chown(folder, account.pw_uid, account.pw_gid)
    port = free_port()
    data = folder / "data"
    options = (
        f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off "
        "-c full_page_writes=off -c shared_buffers=32MB -c max_connections=60 -c autovacuum=off"
    )

    def run(*command: str | Path) -> None:
        done = subprocess.run(
            [str(part) for part in command],
            user=owner,
            cwd=folder,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            log = folder / "log"
            told = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            pytest.fail(f"{Path(str(command[0])).name} failed: {done.stdout}{done.stderr}{told}")

    try:
        run(programmes / "initdb", "-D", data, "-U", "huawu", "-A", "trust", "-E", "UTF8", "--no-sync",
            "--locale=C.UTF-8")  # fmt: skip
        run(programmes / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "-t", "60", "start")
        try:
            yield f"postgresql://huawu@127.0.0.1:{port}/postgres"
        finally:
            run(programmes / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder_of(url: str) -> Path:
    """The folder of a server that `server` started."""
    port = str(make_url(url).port)
    for pid_file in Path("/tmp").glob("huawu-pg-*/data/postmaster.pid"):
        with suppress(OSError):
            if pid_file.read_text().splitlines()[3] == port:
                return pid_file.parent
    pytest.fail(f"no server of ours listens on port {port}")


def processes(url: str) -> list[psutil.Process]:
    """All its processes."""
    first = psutil.Process(int((_folder_of(url) / "postmaster.pid").read_text().splitlines()[0]))
    return [first, *first.children()]


@contextmanager
def away(url: str) -> Iterator[None]:
    """Within, the server does not run.

    It is stopped in order: a crash of a server with `synchronous_commit=off` loses what it said it had.
    """
    data = _folder_of(url)
    options = (data / "postmaster.opts").read_text().split(" ", 1)[1]
    owner = "postgres" if os.geteuid() == 0 else None
    stop = [str(_programmes() / "pg_ctl"), "-D", str(data), "-m", "fast", "-w", "stop"]
    start = [str(_programmes() / "pg_ctl"), "-D", str(data), "-l", str(data.parent / "log"), "-w"]
    start += ["-t", "60", "-o", options.partition('"-D"')[2].partition('" ')[2].replace('"', ""), "start"]
    subprocess.run(stop, user=owner, cwd=data, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        subprocess.run(start, user=owner, cwd=data, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)  # fmt: skip
