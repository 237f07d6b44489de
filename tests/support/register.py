"""Registers a phone for a program that cannot prove itself by SHA-256 (SIPp before 3.7).

Whom the switch asks for MD5 alone, as it does in turns, that one proves itself by MD5.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import socket

TRIES = 5
_field = re.compile(r'(realm|nonce)="([^"]*)"')


class Refused(Exception):
    """The switch did not accept the registration; the text is its answer."""


async def register(
    port: int,
    user: str,
    password: str,
    switch_port: int,
    *,
    host: str = "127.0.0.1",
    expires: int = 300,
    switch_host: str = "",
    turns: int = 1,
) -> None:
    """Register `user` at `host:port` by UDP, with digest (RFC 8760); `expires=0` ends it. Raises Refused.

    `switch_host`: where the switch is, if not at `host`. A switch that is not ready yet (503) is asked again.
    `turns`: how often a refusal is met by another try, where the switch may not have heard of `user` yet.
    """
    shown = f"[{host}]" if ":" in host else host
    uri, call, tag = f"sip:{shown}:{switch_port}", secrets.token_hex(8), secrets.token_hex(4)

    def request(number: int, credentials: str) -> bytes:
        return (
            f"REGISTER {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {shown}:{port};branch=z9hG4bK{secrets.token_hex(8)};rport\r\n"
            f"From: <sip:{user}@{shown}>;tag={tag}\r\nTo: <sip:{user}@{shown}>\r\n"
            f"Call-ID: {call}\r\nCSeq: {number} REGISTER\r\nContact: <sip:{user}@{shown}:{port}>\r\n"
            f"Expires: {expires}\r\nMax-Forwards: 70\r\n{credentials}Content-Length: 0\r\n\r\n"
        ).encode()

    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.setblocking(False)
        phone.bind((host, port))

        async def ours() -> str:
            """The next answer to us: a port may still be told of calls of who had it before."""
            while f"Call-ID: {call}\r\n" not in (answer := (await loop.sock_recv(phone, 4096)).decode()):
                pass
            return answer

        async def exchange(packet: bytes) -> str:
            for _ in range(TRIES):
                await loop.sock_sendto(phone, packet, (switch_host or host, switch_port))
                try:
                    return await asyncio.wait_for(ours(), 2)
                except TimeoutError:
                    continue
            raise Refused("no answer")

        async def ask(number: int, credentials: str) -> str:
            for _ in range(TRIES):
                answer = await exchange(request(number, credentials))
                if not answer.startswith("SIP/2.0 503"):
                    break
                await asyncio.sleep(0.5)
            return answer

        for turn in range(turns):
            challenge = await ask(2 * turn + 1, "")
            answer = await ask(2 * turn + 2, _credentials(challenge, user, password, uri))
            if answer.startswith("SIP/2.0 200"):
                return
            await asyncio.sleep(0.1 * 2**turn)
        raise Refused(answer)


def _credentials(challenge: str, user: str, password: str, uri: str) -> str:
    """The header that proves who we are, by the strongest way offered. Raises Refused where none is."""
    lines = [one for one in challenge.split("\r\n") if one.lower().startswith("www-authenticate")]
    line = next((one for one in lines if "SHA-256" in one), lines[0] if lines else None)
    if line is None:
        raise Refused(challenge)
    algorithm = "SHA-256" if "SHA-256" in line else "MD5"

    def _hash(text: str) -> str:
        return hashlib.new(algorithm.replace("-", ""), text.encode()).hexdigest()

    found = dict(_field.findall(line))
    cnonce = secrets.token_hex(8)
    first = _hash(f"{user}:{found['realm']}:{password}")
    proof = _hash(f"{first}:{found['nonce']}:00000001:{cnonce}:auth:" + _hash(f"REGISTER:{uri}"))
    return (
        f'Authorization: Digest username="{user}", realm="{found["realm"]}", nonce="{found["nonce"]}", '
        f'uri="{uri}", qop=auth, nc=00000001, cnonce="{cnonce}", algorithm={algorithm}, '
        f'response="{proof}"\r\n'
    )
