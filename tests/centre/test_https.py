"""`huawu run --tls`: pages and the page's phone by one certificate, from the first start."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.support.centre import running_centre
from tests.support.tools import PATIENCE_S

pytestmark = pytest.mark.sip


async def test_pages_live_screens_and_the_phone_are_reached_by_one_certificate(tmp_path: Path) -> None:
    with running_centre(tmp_path / "data", arguments=("--tls",)) as centre:
        assert centre.http.startswith("https://")
        trusted = ssl.create_default_context(cafile=str(tmp_path / "data" / "tls" / "sip.crt"))
        async with httpx.AsyncClient(
            base_url=f"{centre.http}/api/v1", verify=trusted, timeout=PATIENCE_S
        ) as client:
            known = centre.person("1006")
            assert "strict-transport-security" not in (await client.get("/centre")).headers
            answer = await client.post("/session", json={"user": "1006", "password": known.password})
            assert "secure" in answer.headers["set-cookie"].lower()
            client.headers["X-CSRF-Token"] = answer.json()["csrf"]
            phone = (await client.post("/phone", json={})).json()
            assert phone["websocket"].startswith("wss://127.0.0.1:")
            cookie = {"Cookie": f"huawu_session={client.cookies['huawu_session']}"}
        sip = [Subprotocol("sip")]
        async with connect(phone["websocket"], ssl=trusted, subprotocols=sip) as socket:
            await socket.send("\r\n\r\n")
            assert await socket.recv() == "\r\n", "the switch answers the page's keep-alive (RFC 5626)"
        live = f"{centre.live.replace('http', 'ws', 1)}?screen=desk"
        async with connect(live, ssl=trusted, additional_headers=cookie) as socket:
            assert '"type":"snapshot"' in str(await socket.recv())
        assert "https://" in centre.screen
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as open_client:
            answer = await open_client.get(f"{centre.http.replace('https', 'http')}/desk?a=1")
            assert (answer.status_code, answer.headers["location"]) == (307, f"{centre.http}/desk?a=1")
