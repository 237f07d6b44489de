"""The centre's own process: everything but SIP and media, put together and kept until told to stop."""

from __future__ import annotations

import asyncio
import secrets
import signal
import sys

import structlog

from huawu.assets.catalogue import PromptCatalogue, hold_music
from huawu.calls.engine import Engine
from huawu.calls.kept import Kept
from huawu.calls.service import CallService
from huawu.calls.store import CallStore
from huawu.cli.demo import demo_secrets, demo_text, ready_file, write_private
from huawu.cli.options import Options
from huawu.cli.run import link_socket
from huawu.config.compile import compile_centre, switch_settings
from huawu.config.load import load
from huawu.config.store import DatabaseConfigurations
from huawu.link.client import LinkClient
from huawu.platform.clock import SystemClock
from huawu.platform.database import Database, DatabaseError

log = structlog.get_logger(__name__)

CANNOT_START = 78


def run_process(options: Options) -> int:
    """Run until SIGTERM; the exit code."""
    try:
        if sys.platform == "win32":
            asyncio.run(run(options))
        else:
            import uvloop

            uvloop.run(run(options))
    except (DatabaseError, OSError) as error:
        print(f"huawu centre: {error}", file=sys.stderr)
        return CANNOT_START
    return 0


async def run(options: Options) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    folder = options.data.absolute()
    clock = SystemClock()
    db = Database(options.database_url)
    await db.migrate()
    configurations = DatabaseConfigurations(db, clock.now_ms)
    stored = await configurations.current()
    if stored is None:
        text = demo_text()
        await configurations.save(text, by="huawu", comment="demo", expected_version=0)
    else:
        text = stored.text
    configuration = load(text)
    known = demo_secrets(folder, configuration) if options.demo else None
    centre = compile_centre(configuration)
    store = CallStore(db, rescue=folder / "facts.rescue")
    await store.start()
    kept = Kept(db)
    position = await kept.position()
    link = LinkClient(
        link_socket(folder),
        (folder / "link.token").read_text().strip(),
        switch=position.switch,
        last_event=position.event,
    )
    catalogue = PromptCatalogue.load(overlay=folder / "prompts")
    engine = Engine(
        centre,
        catalogue,
        token=lambda: secrets.token_hex(8),
        recording_path=lambda call, at_ms: str(folder / "recordings" / f"{call}.wav"),
        hold_music=str(hold_music()),
    )
    service = CallService(
        engine,
        store,
        kept,
        link,
        clock,
        switch_settings=switch_settings(
            configuration, known.sip_passwords if known else {}, hold_music=str(hold_music())
        ),
    )
    await service.start(centre)
    await service.welcomed.wait()
    sip = next((a for a in service.sip_addresses if a.startswith("udp:")), "").removeprefix("udp:")
    write_private(
        folder / "ready.json",
        ready_file(http="http://x", sip=sip, api_token="", configuration=configuration, known=known),
    )
    await stop.wait()
    await service.stop(end_calls=True)
    await store.close()
    await db.close()
