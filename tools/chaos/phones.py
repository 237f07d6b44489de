"""The phones around the house: SIPp makes and takes the calls, a thread of ours keeps agents registered."""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tools.chaos.ears import Ears
from tools.chaos.house import MAIL, NUMBER, PASSWORD, ChaosFailed, House, free_port
from tools.chaos.traces import Trace

SCENARIOS = Path(__file__).parent / "scenarios"
OWED_PHONES = 32
"""Ports of those who are owed something, half of them where they are called back."""
REFRESH_S = 3.0
"""Real phones wait longer; what is looked at here is that they need nobody's help."""
_field = re.compile(r'(realm|nonce)="([^"]*)"')


class Callers:
    """SIPp calling without end, and the phones of agents that take the calls."""

    def __init__(self, process: subprocess.Popen[bytes], trace: Trace, errors: Path) -> None:
        self.process = process
        self.trace = trace
        self._errors = errors

    @property
    def errors(self) -> str:
        return self._errors.read_text(errors="replace") if self._errors.exists() else ""

    def stop_politely(self, within_s: float) -> None:
        """No new calls; those under way end as written."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGUSR1)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(within_s)


@contextlib.contextmanager
def calling(
    house: House, folder: Path, ears: Ears, *, rate: float, at_once: int, talk_ms: Sequence[int]
) -> Iterator[tuple[Callers, Callers]]:
    """Callers with three lengths of talk and agents' phones; `at_once` calls at most."""
    mine = ears.ports[: len(ears.ports) - (OWED_PHONES if house.outside_port else 0)]
    half = len(mine) // 2
    ports = (mine[:half], mine[half:])
    lines = [
        f"{ports[0][index % half]};138{index:08d}\n" for index in range(max(200_000 // half * half, half))
    ]
    (folder / "callers.csv").write_text("SEQUENTIAL\n" + "".join(lines))
    (folder / "agents.csv").write_text("SEQUENTIAL\n" + "".join(f"{port}\n" for port in ports[1]))
    stays_ms = max(talk_ms) + 30_000
    with sipp(house, folder, "agent", house.phones_port, [], {"STAYS_MS": stays_ms}) as agents:
        how = ["-s", NUMBER, "-r", str(max(1, round(rate * 10))), "-rp", "10000", "-l", str(at_once)]
        how += ["-m", "10000000"]
        words = dict(zip(("SHORT_MS", "MIDDLE_MS", "LONG_MS"), sorted(talk_ms), strict=True))
        with sipp(house, folder, "caller", free_port(), how, words) as callers:
            yield callers, agents


@contextlib.contextmanager
def owing(house: House, folder: Path, ears: Ears) -> Iterator[tuple[Callers, Callers]]:
    """Callers who leave messages or ask to be called back, and the phones outside that then ring."""
    half = OWED_PHONES // 2
    ports = (ears.ports[-OWED_PHONES:-half], ears.ports[-half:])
    dialled = (MAIL, NUMBER)
    lines = [f"{ports[0][index % half]};137{index:08d};{dialled[index % 2]}\n" for index in range(40_000)]
    (folder / "oweds.csv").write_text("SEQUENTIAL\n" + "".join(lines))
    (folder / "outsides.csv").write_text("SEQUENTIAL\n" + "".join(f"{port}\n" for port in ports[1]))
    with sipp(
        house, folder, "agent", house.outside_port, [], {"STAYS_MS": 2_000}, files="outside"
    ) as outside:
        how = ["-s", NUMBER, "-r", "8", "-rp", "10000", "-l", "10", "-m", "10000000"]
        with sipp(house, folder, "owed", free_port(), how, {"STAYS_MS": 12_000}) as owed:
            yield owed, outside


@contextlib.contextmanager
def sipp(
    house: House,
    folder: Path,
    name: str,
    port: int,
    arguments: Sequence[str],
    words: Mapping[str, int],
    files: str = "",
) -> Iterator[Callers]:
    """One SIPp with a scenario in which `words` are replaced; `files` begins the names of what it writes."""
    files = files or name
    program = shutil.which("sipp")
    if program is None:
        raise ChaosFailed("sipp is missing: install the package sip-tester")
    text = (SCENARIOS / f"{name}.xml").read_text()
    for word, value in words.items():
        text = text.replace(word, str(value))
    at = folder / files
    Path(f"{at}.xml").write_text(text)
    command = [program, f"127.0.0.1:{house.sip_port}", "-sf", f"{at}.xml", "-inf", f"{at}s.csv"]
    command += ["-i", "127.0.0.1", "-p", str(port), "-mp", str(free_port()), "-nostdin", *arguments]
    command += ["-trace_err", "-error_file", f"{at}.errors", "-deadcall_wait", "4000"]
    command += ["-trace_msg", "-message_file", f"{at}.messages"]
    with Path(f"{at}.screen").open("wb") as screen:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen, cwd=folder
        )
    try:
        trace = Trace(Path(f"{at}.messages"), calls=name != "agent")
        yield Callers(process, trace, Path(f"{at}.errors"))
    finally:
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()
            process.wait()


class Registrations(threading.Thread):
    """Registers agents' phones at one address and refreshes them, as phones do, whatever the switch does."""

    def __init__(self, house: House, refresh_s: float = REFRESH_S) -> None:
        super().__init__(name="registrations", daemon=True)
        self._house = house
        self._refresh_s = refresh_s
        self._over = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(1.0)
        self._calls = {agent: secrets.token_hex(8) for agent in house.agents}
        self._number = 0
        self.refused: list[str] = []

    def run(self) -> None:
        while not self._over.is_set():
            for agent in self._house.agents:
                if self._over.is_set():
                    return
                with contextlib.suppress(TimeoutError, ConnectionError):
                    self._register(agent)
            self._over.wait(self._refresh_s)

    def stop(self) -> None:
        self._over.set()
        if self.is_alive():
            self.join(5)
        self._socket.close()

    def _register(self, agent: str) -> None:
        challenge = self._ask(agent, "")
        lines = [line for line in challenge.split("\r\n") if line.lower().startswith("www-authenticate")]
        line = next((one for one in lines if "SHA-256" in one), lines[0] if lines else None)
        if line is None:
            if not challenge.startswith(("SIP/2.0 503", "SIP/2.0 500")):
                self.refused.append(challenge.split("\r\n")[0])
            return
        algorithm = "SHA-256" if "SHA-256" in line else "MD5"
        found = dict(_field.findall(line))

        def digest(text: str) -> str:
            return hashlib.new(algorithm.replace("-", ""), text.encode()).hexdigest()

        uri, cnonce = f"sip:127.0.0.1:{self._house.sip_port}", secrets.token_hex(8)
        first = digest(f"{agent}:{found['realm']}:{PASSWORD}")
        proof = digest(f"{first}:{found['nonce']}:00000001:{cnonce}:auth:" + digest(f"REGISTER:{uri}"))
        self._ask(
            agent,
            f'Authorization: Digest username="{agent}", realm="{found["realm"]}", nonce="{found["nonce"]}", '
            f'uri="{uri}", qop=auth, nc=00000001, cnonce="{cnonce}", algorithm={algorithm}, '
            f'response="{proof}"\r\n',
        )

    def _ask(self, agent: str, credentials: str) -> str:
        """The answer. Raises TimeoutError, as when the switch is dead."""
        self._number += 1
        own = self._socket.getsockname()[1]
        branch = secrets.token_hex(8)
        packet = (
            f"REGISTER sip:127.0.0.1:{self._house.sip_port} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK{branch};rport\r\n"
            f"From: <sip:{agent}@127.0.0.1>;tag={secrets.token_hex(4)}\r\nTo: <sip:{agent}@127.0.0.1>\r\n"
            f"Call-ID: {self._calls[agent]}\r\nCSeq: {self._number} REGISTER\r\n"
            f"Contact: <sip:{agent}@127.0.0.1:{self._house.phones_port}>\r\n"
            f"Expires: 120\r\nMax-Forwards: 70\r\n{credentials}Content-Length: 0\r\n\r\n"
        )
        self._socket.sendto(packet.encode(), ("127.0.0.1", self._house.sip_port))
        until = time.monotonic() + 1.0
        while time.monotonic() < until:
            answer = self._socket.recv(4096).decode(errors="replace")
            if branch in answer:
                return answer
        raise TimeoutError
