"""A page that watches and does not read: it costs a bounded amount, and is cut off."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect

from huawu.accounts.roles import Permission
from huawu.accounts.service import Accounts
from huawu.calls.views import Change
from huawu.web import serve
from tests.web.fake_centre import AGENT, FakeCentre


async def test_a_viewer_that_does_not_read_costs_a_bounded_amount_and_is_cut_off(
    app: FastAPI, accounts: Accounts, centre: FakeCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "PING_S", 1.0)
    started: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve.serve_http(app, "127.0.0.1", 0, started=started))
    token = await accounts.create_token("board", [Permission.WATCH, Permission.SEE_NUMBERS], by="test")
    url = f"ws://127.0.0.1:{await started}/api/v1/live?token={token}"
    async with connect(url, max_queue=1) as lazy:
        await lazy.recv()
        agents = [msgspec.structs.replace(AGENT, id=f"a{n}", name="王" * 3_000) for n in range(1_000)]
        published = most = 0
        async with asyncio.timeout(180):  # it computes all the while, on a machine that may be busy
            while centre.live.viewers:
                agent = msgspec.structs.replace(agents[published % 1_000], calls_today=published)
                centre.live.publish(Change(agent=agent))
                published += 1
                most = max(most, len(centre.live._news))
                await asyncio.sleep(0.001)
        await lazy.wait_closed()
        assert lazy.close_code in (1011, 1006)  # the reason too may find no room on a line that is full
    assert published > most
    assert most <= 2_048
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
