"""The ready filter for fail2ban, tried by its own program on what a real switch logs while it is attacked."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest

from tests.support.register import Refused, register
from tests.support.switch import running_switch
from tests.support.tools import PATIENCE_S, Program, free_port, tool, until
from tests.switch.scripted_centre import PUBLIC, ScriptedCentre
from tests.switch.scripted_centre import phone as registered

pytestmark = pytest.mark.sip

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "fail2ban"
FILTER = DEPLOY / "filter.d" / "huawu.conf"
GUESSER, DIALLER, FORGER, BABBLER, INNOCENT = (f"127.0.0.{last}" for last in range(66, 71))
HERE = "127.0.0.1"


def request(
    method: str, host: str, port: int, number: int, *lines: str, user: str = "1001", to: str = ""
) -> str:
    kept = [
        f"{method} sip:{user}@127.0.0.1 SIP/2.0",
        f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{host}{number};rport",
        f'From: "x" <sip:{user}@127.0.0.1>;tag=f{number}',
        f"To: {to or f'<sip:{user}@127.0.0.1>'}",
        f"Call-ID: {host}-{number}",
        f"CSeq: 1 {method}",
        f"Contact: <sip:{user}@{host}:{port}>",
        "Max-Forwards: 70",
        "User-Agent: friendly-scanner",
        *lines,
    ]
    return "\r\n".join(kept) + "\r\nContent-Length: 0\r\n\r\n"


class Socket:
    """One address that sends single packets and hears the answers."""

    def __init__(self, host: str, switch_port: int) -> None:
        self.host, self.switch = host, ("127.0.0.1", switch_port)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind((host, 0))
        self.port = int(self.socket.getsockname()[1])

    async def ask(self, text: str) -> str:
        loop = asyncio.get_running_loop()
        await loop.sock_sendto(self.socket, text.encode(), self.switch)
        return (await asyncio.wait_for(loop.sock_recv(self.socket, 65_535), PATIENCE_S)).decode()

    def tell(self, text: str) -> None:
        self.socket.sendto(text.encode(), self.switch)


async def configured(switch_port: int) -> None:
    """Until the switch asks for passwords of our realm."""
    phone = Socket(HERE, switch_port)
    for number in range(100):
        if 'realm="huawu"' in await phone.ask(request("REGISTER", HERE, phone.port, 500 + number)):
            break
        await asyncio.sleep(0.05)
    phone.socket.close()


async def enrol(switch_port: int, expires: int = 300) -> None:
    """What an ordinary phone does."""
    port = free_port(INNOCENT)
    await register(port, "1002", "secret", switch_port, host=INNOCENT, switch_host=HERE, expires=expires)


async def guess_passwords(switch_port: int, port: int, user: str) -> None:
    """A challenge, and a wrong answer to it."""
    with pytest.raises(Refused):
        await register(port, user, "guess", switch_port, host=GUESSER, switch_host=HERE)


async def guess_by_sipsak(switch_port: int, folder: Path) -> None:
    command = [tool("sipsak"), "-U", "-s", f"sip:1001@127.0.0.1:{switch_port}", "-u", "1001", "-a", "guess"]
    assert await (await Program.start(command, folder / "sipsak.log")).wait(20) != 0


async def dial_abroad(switch_port: int, *, acknowledges: bool) -> None:
    phone = Socket(DIALLER if acknowledges else FORGER, switch_port)
    for number in range(6):
        where = "00441632960123"
        answer = await phone.ask(request("INVITE", phone.host, phone.port, number, user=where))
        assert answer.startswith("SIP/2.0 401")
        if acknowledges:
            to = next(line for line in answer.split("\r\n") if line.startswith("To: "))[4:]
            phone.tell(request("ACK", phone.host, phone.port, number, user=where, to=to))
    phone.socket.close()


async def forge(switch_port: int) -> None:
    """What needs no answer, so may bear anybody's address; with words that would look like a proof."""
    phone = Socket(FORGER, switch_port)
    for number in range(100, 130):
        name = '"x address=proved\\"} address=proved" <sip:1001%20address=proved@127.0.0.1>'
        wrong = (
            'Authorization: Digest username="1001 address=proved", realm="huawu", nonce="0123", uri="sip:a", '
            'response="00", qop=auth, nc=00000001, cnonce="c"'
        )
        answer = await phone.ask(request("REGISTER", phone.host, phone.port, number, wrong, to=name))
        assert answer.startswith("SIP/2.0 401")
        phone.tell("INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP x address=proved\r\n\r\n")
    phone.socket.close()


async def babble(switch_port: int) -> None:
    """Nonsense by a connection: its address is no forgery, but it may be a phone with a fault."""
    reader, writer = await asyncio.open_connection("127.0.0.1", switch_port, local_addr=(BABBLER, 0))
    writer.write(b"INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/TCP\r\nContent-Length: 0\r\n\r\n" * 3)
    await writer.drain()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await reader.read()


async def banned(log: Path, mode: str = "normal") -> list[str]:
    """The addresses that fail2ban-regex finds, one for each line."""
    command = [tool("fail2ban-regex"), "-o", "ip", str(log), f"{FILTER}[mode={mode}]"]
    found = await Program.start(command, log.with_suffix(f".{mode}"))
    await found.wait()
    return [line for line in found.output.split("\n") if line]


@pytest.mark.parametrize("form", ["text", "json"])
async def test_filter_finds_guessers_and_nobody_else(tmp_path: Path, form: str) -> None:
    async with running_switch(tmp_path, arguments=["--log-format", form]) as switch:
        centre = ScriptedCentre(switch.client())
        async with centre.running():
            await centre.configure(registered("1001", md5_only=True), registered("1002"))  # sipsak knows MD5
            await configured(switch.port)
            await enrol(switch.port)
            await dial_abroad(switch.port, acknowledges=True)
            await dial_abroad(switch.port, acknowledges=False)
            await forge(switch.port)
            await babble(switch.port)
            for user in ("1001", "4711"):
                await guess_passwords(switch.port, free_port(GUESSER), user)
            await guess_by_sipsak(switch.port, tmp_path)
            caller = Socket(INNOCENT, switch.port)
            answer = await caller.ask(request("INVITE", caller.host, caller.port, 900, user=PUBLIC))
            assert answer.startswith(("SIP/2.0 100", "SIP/2.0 4"))
            caller.socket.close()
            await enrol(switch.port, expires=0)
            await until(lambda: switch.log.count("malformed") > 8, "the switch to log what it was sent")
        log = tmp_path / "switch.log"
        found = await banned(log)
        assert set(found) == {GUESSER, DIALLER, "127.0.0.1"}
        assert found.count(GUESSER) == 2
        assert found.count(DIALLER) == 4
        assert set(await banned(log, "strict")) == {GUESSER, DIALLER, "127.0.0.1", BABBLER}
        assert FORGER in switch.log
        assert INNOCENT not in switch.log


async def test_jail_is_read_by_fail2ban_itself(tmp_path: Path) -> None:
    """The whole configuration, dumped by its own client: the jail with our filter, no daemon needed."""
    folder = tmp_path / "fail2ban"
    for name in ("filter.d", "jail.d"):
        (folder / name).mkdir(parents=True)
        text = (DEPLOY / name / "huawu.conf").read_text()
        (folder / name / "huawu.conf").write_text(
            text.replace("/var/lib/huawu/logs/switch*.log", str(tmp_path / "switch.log"))
        )
    (tmp_path / "switch.log").touch()
    for name in ("fail2ban.conf", "jail.conf", "paths-debian.conf", "paths-common.conf", "action.d"):
        (folder / name).symlink_to(Path("/etc/fail2ban") / name)
    (folder / "filter.d" / "common.conf").symlink_to("/etc/fail2ban/filter.d/common.conf")
    client = await Program.start([tool("fail2ban-client"), "-c", str(folder), "-d"], tmp_path / "dump")
    assert await client.wait() == 0, client.output
    assert "['add', 'huawu', 'auto']" in client.output
    assert "['start', 'huawu']" in client.output
    assert "address=proved" in client.output
