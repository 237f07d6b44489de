"""The centre's own process: everything but SIP and media, put together and kept until told to stop."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import signal
import sys
from zoneinfo import ZoneInfo

import structlog

from huawu.accounts.audit import Audit
from huawu.accounts.lending import Lending
from huawu.accounts.people import People
from huawu.accounts.phones import PhoneSecrets
from huawu.accounts.roles import Permission
from huawu.accounts.service import Accounts, PersonGiven
from huawu.assets.catalogue import PromptCatalogue, hold_music
from huawu.assets.shelf import Shelf
from huawu.assets.voices import voice_of
from huawu.calls import recordings
from huawu.calls.call_papers import CallPapers
from huawu.calls.effects import Heard
from huawu.calls.engine import Engine
from huawu.calls.found import LostAndFound
from huawu.calls.hearing_watch import HearingWatch
from huawu.calls.homes import THE_ONE, SwitchId
from huawu.calls.kept import Kept, Position
from huawu.calls.live_words import LiveWords
from huawu.calls.lookup_client import LookupClient
from huawu.calls.notice_desk import NoticeDesk
from huawu.calls.notice_rows import NoticeRecord
from huawu.calls.phone_desk import PhoneDesk
from huawu.calls.record import CallRecord
from huawu.calls.service import CallService
from huawu.calls.store import CallStore
from huawu.calls.toll_desk import TollDesk
from huawu.calls.toll_record import TollRecord
from huawu.calls.voicemail_desk import VoicemailDesk
from huawu.cli.book_in_force import follow_book, take_up_book
from huawu.cli.demo import (
    Secrets,
    begun,
    keep_secrets,
    known_secrets,
    ready_file,
    write_private,
)
from huawu.cli.following import follow_changes
from huawu.cli.inspecting import inspection_of, tell_desks
from huawu.cli.keeping import old_recordings
from huawu.cli.options import Options, dialable, reachable, split_address
from huawu.cli.rooms import rooms_of_pages, seat_desks
from huawu.cli.run import link_socket
from huawu.config.compile import REALM, Centre, compile_centre, switch_settings
from huawu.config.desk import SettingsDesk
from huawu.config.load import ConfigurationInvalid, load
from huawu.config.prompt_desk import PromptDesk
from huawu.config.schema import Configuration
from huawu.config.store import DatabaseConfigurations
from huawu.link import house_time, memory
from huawu.link.client import LinkClient
from huawu.link.messages import Configure
from huawu.platform.clock import SystemClock
from huawu.platform.database import Database, DatabaseError
from huawu.platform.log import configure_logging
from huawu.platform.sealing import Seal, key_of
from huawu.quality.service import Quality
from huawu.speech.backlog import Backlog
from huawu.speech.live import LiveBoard
from huawu.web.app import create_app
from huawu.web.centre import LiveCentre
from huawu.web.first_request import answer_one
from huawu.web.monitor import add_warnings
from huawu.web.serve import serve_http
from huawu.web.simulation import SimulationDesk
from huawu.web.transcripts import add_hearings

log = structlog.get_logger(__name__)

CANNOT_START = 78
TOKEN_NAME = "ready.json"


def call_name(now_ms: int, leg: str = "") -> str:
    """A call's name: begins with its time, so that calls of one hour lie together in the database.

    With the caller's `leg` it is the same each time.
    """
    rest = hashlib.blake2s(leg.encode(), digest_size=3).hexdigest() if leg else secrets.token_hex(3)
    return f"{now_ms:011x}{rest}"


def run_process(options: Options) -> int:
    """Run until SIGTERM; the exit code."""
    configure_logging(options.log_level)
    try:
        if sys.platform == "win32":
            asyncio.run(CentreProcess(options).run())
        else:
            import uvloop

            uvloop.run(CentreProcess(options).run())
    except (DatabaseError, ConfigurationInvalid, OSError) as error:
        print(f"huawu centre: {error}", file=sys.stderr)
        return CANNOT_START
    return 0


class CentreProcess:
    """One life of the centre."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._folder = options.data.absolute()
        self._clock = SystemClock(house_time.zero())
        self._db = Database(options.database_url)
        self._configurations = DatabaseConfigurations(self._db, self._clock.now_ms)
        self._accounts = Accounts(self._db, self._clock, seal=lambda: Seal(key_of(self._folder)))
        self._audit = Audit(self._db, self._clock)
        self._words = LiveWords(self._db, self._clock)
        self._hearings = HearingWatch(self._db, self._clock)
        self._secrets = Secrets()
        self._desks: dict[str, object] = {}
        self._catalogue = PromptCatalogue.load(overlay=self._folder / "prompts")
        self._settings = SettingsDesk(
            self._configurations,
            People(self._db, self._clock),
            PhoneSecrets(self._db, self._clock),
            self._catalogue.ids,
            other_phones=lambda: self._secrets.sip_passwords,
        )

    async def run(self) -> None:
        """Raises what keeps it from starting."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await self._db.migrate()
        await self._accounts.second_factors.seal_all()
        configuration = await self._configuration()
        await self._meet_people(configuration)
        repaired = 0
        for folder in recordings.FOLDERS:
            repaired += await asyncio.to_thread(recordings.repair_all, self._folder / folder)
        if repaired:
            log.info("recordings of an earlier life mended", files=repaired)
        store = CallStore(self._db, rescue=self._folder / "facts.rescue")
        await store.start()
        service, centre = await self._put_together(store, configuration)
        self._take_up_settings(service, centre)
        old = old_recordings(self._db, self._folder, self._clock, lambda: centre.configuration)
        started: asyncio.Future[int] = loop.create_future()
        app = create_app(
            centre, self._accounts, data=self._folder, https_only=self._options.certificate_was_given
        )
        for name, desk in self._desks.items():
            setattr(app.state, name, desk)
        add_warnings(app.state.metrics, service.monitor)
        add_hearings(app.state.metrics, self._hearings)
        await answer_one(app)
        host, port = split_address(self._options.http)
        tasks = [
            asyncio.create_task(
                serve_http(app, host, port, started=started, certificate=self._options.certificate),
                name="http",
            ),
            asyncio.create_task(follow_changes(self._settings, self._audit), name="changes"),
            asyncio.create_task(self._db.keep_statistics(), name="statistics"),
            asyncio.create_task(self._phones.run(), name="phones"),
            asyncio.create_task(self._quality.run(), name="quality"),
            asyncio.create_task(follow_book(self._quality.books, service.assist), name="book"),
            asyncio.create_task(self._words.run(), name="live words"),
            asyncio.create_task(self._hearings.run(), name="hearings"),
            asyncio.create_task(old.run(), name="old recordings"),
            asyncio.create_task(self._announce(service, configuration, host, started), name="ready"),
            asyncio.create_task(stop.wait(), name="stop"),
        ]
        memory.settle()
        try:
            await asyncio.wait([tasks[0], tasks[-1]], return_when=asyncio.FIRST_COMPLETED)
            if tasks[0].done():
                tasks[0].result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await service.stop()
            await store.close()
            await self._db.close()

    # ── Putting together ──────────────────────────────────────────────────────────────────────────

    async def _put_together(
        self, store: CallStore, configuration: Configuration
    ) -> tuple[CallService, LiveCentre]:
        compiled = compile_centre(configuration)
        kept = Kept(self._db)
        zone = ZoneInfo(configuration.company.time_zone)
        sockets = self._sockets()
        token = await asyncio.to_thread((self._folder / "link.token").read_text)
        engine = Engine(
            compiled,
            self._catalogue,
            token=lambda: call_name(self._clock.now_ms()),
            recording_path=lambda call, at_ms: recordings.recording_path(call, at_ms, zone),
            data=str(self._folder),
            hold_music=self._music(),
            call_name=lambda leg, at_ms: call_name(at_ms, leg),
            life=f"{secrets.token_hex(2)}-",
            switches=tuple(sockets),
        )
        tolls = TollDesk(engine, TollRecord(self._db), kept, self._clock)
        notices = NoticeDesk(engine, NoticeRecord(self._db), self._folder, self._clock)
        await notices.start()
        voicemails = VoicemailDesk(store.voicemails, self._folder, self._clock)
        self._desks = {"notices": notices, "voicemails": voicemails, "database": self._db}
        service = CallService(
            engine,
            store,
            kept,
            {
                name: self._link(path, token.strip(), await kept.position(name))
                for name, path in sockets.items()
            },
            self._clock,
            switch_settings=await self._switch_settings(configuration),
            tolls=tolls,
            found=LostAndFound(self._db, store, self._folder),
            voicemails=voicemails,
            lookups=LookupClient(configuration.lookup),
        )
        watch = service.monitor
        kept_watch = watch.keep_in(self._db, self._folder, lambda: store.state)
        watch.desk.notices = notices.all
        self._quality: Quality = inspection_of(
            self._db, self._clock, lambda: engine.floor.centre, judges=self._options.judge
        )
        await take_up_book(self._quality.books, service.assist)

        def written(record: CallRecord) -> None:
            kept_watch.lost.written(record)
            self._quality.judging.told(record)

        store.told, store.renumbered = written, service.desks.renumbered
        self._desks["quality"] = self._quality
        self._hearings.heard = self._quality.judging.wanted
        kept_watch.steering.audit = self._audit.write
        kept_watch.steering.told = service.desks.queues_set
        self._desks["watch"] = watch
        service.words = self._words.tell
        self._words.told = lambda fact: service.assist.heard((fact,))
        self._desks |= {"backlog": Backlog(self._db), "live_board": LiveBoard(self._db)}
        self._simulation = SimulationDesk(service, self._clock, on=self._options.simulate)
        switches = service.switches
        phones = PhoneDesk(Lending(self._db, self._clock, REALM), switches, lambda: engine.floor.centre)
        switches.loan_used, switches.loans_met = phones.loan_used, phones.loans_met
        await service.start(compiled)
        centre = LiveCentre(
            service,
            store,
            self._db,
            configuration,
            tolls,
            demo=self._options.demo,
            simulation=self._simulation.view,
            switch_simulation=self._simulation.turn,
        )
        await phones.start()
        self._phones = phones
        self._desks |= rooms_of_pages(
            service, engine, phones, lambda: centre.configuration, self._clock.now_ms
        )
        self._desks |= {"sessions_ended": phones.settle, "phone_of": phones.phone_of, "desks": service.desks}
        self._desks["help"] = await seat_desks(service, engine, phones, store, self._db, self._clock)
        service.heard = self._heard
        tell_desks(self._quality, service.desks, self._audit)
        self._desks |= {"audit": self._audit, "people": People(self._db, self._clock)}
        self._desks |= {"papers": CallPapers(self._db, self._clock), "simulation": self._simulation}
        return service, centre

    def _sockets(self) -> dict[SwitchId, str]:
        """Where each switch is; the only one of a data folder needs no name."""
        named = [each.partition("=") for each in self._options.switch]
        return {SwitchId(name): path for name, _, path in named} or {THE_ONE: link_socket(self._folder)}

    @staticmethod
    def _link(path: str, token: str, position: Position) -> LinkClient:
        return LinkClient(path, token, switch=position.switch, last_event=position.event)

    async def _configuration(self) -> Configuration:
        stored = await begun(self._configurations, demo=self._options.demo)
        self._settings.version = stored.version
        return load(stored.text, source=f"version {stored.version}")

    async def _meet_people(self, configuration: Configuration, *, keep: bool = True) -> dict[str, str]:
        """Everybody named may sign in; the passwords made for newcomers, which are kept for `ready.json`
        unless somebody else tells them.
        """
        given = [
            PersonGiven(user=person.user, name=person.name, role=person.role)
            for person in configuration.people
        ]
        self._accounts.second_factor_roles = frozenset(configuration.security.second_factor)
        made = await self._accounts.sync_people(given, first_must_change=not self._options.demo)
        self._secrets = await asyncio.to_thread(
            known_secrets,
            self._folder,
            configuration,
            made if keep else {},
            phones=self._options.demo,
            hashed=await self._configurations.phones(),
        )
        return made

    async def _switch_settings(self, configuration: Configuration) -> Configure:
        return switch_settings(
            configuration,
            self._secrets.sip_passwords,
            hashes=await self._configurations.phones(),
            hold_music=self._music(),
        )

    async def _heard(self, heard: Heard) -> None:
        """Somebody listens to a call under way, by page or by phone."""
        await self._audit.write(
            "call_heard", by=heard.by, subject=heard.call, detail={"mode": heard.mode, "of": heard.of}
        )

    def _music(self) -> str:
        own = self._folder / "prompts"
        return str(hold_music(own if own.is_dir() else None))

    # ── While it runs ─────────────────────────────────────────────────────────────────────────────

    def _take_up_settings(self, service: CallService, centre: LiveCentre) -> None:
        """What is saved from now on comes into force here."""

        async def take_over(compiled: Centre, configuration: Configuration, keep: bool) -> dict[str, str]:
            made = await self._meet_people(configuration, keep=keep)
            service.configure(compiled, await self._switch_settings(configuration))
            centre.configuration = configuration
            return made

        async def tell_phones(configuration: Configuration) -> None:
            await self._meet_people(configuration)
            service.switches.configure(await self._switch_settings(configuration))

        self._settings.take_over, self._settings.tell_phones = take_over, tell_phones
        self._desks["settings"] = self._settings
        prompts = PromptDesk(
            self._catalogue,
            Shelf(self._folder),
            voice_of(os.environ),
            self._clock,
            lambda: centre.configuration,
        )
        self._desks |= {"prompts": prompts, "voice": self._catalogue}

    async def _token(self) -> str:
        """The token that `ready.json` tells: that of the life before, so that programmes need no other."""
        if self._secrets.api_token and await self._accounts.who_holds(self._secrets.api_token):
            return self._secrets.api_token
        await self._accounts.remove_token(TOKEN_NAME)
        self._secrets.api_token = await self._accounts.create_token(TOKEN_NAME, list(Permission), by="huawu")
        await asyncio.to_thread(keep_secrets, self._folder, self._secrets)
        return self._secrets.api_token

    async def _announce(
        self, service: CallService, configuration: Configuration, host: str, started: asyncio.Future[int]
    ) -> None:
        """Write `ready.json` once pages are served and the switch is there."""
        port = await started
        await service.welcomed.wait()
        token = await self._token()
        sip = next((each for each in service.switches.sip_addresses if each.startswith("udp:")), "")
        http = dialable(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        data = ready_file(
            http=f"{'https' if self._options.tls_cert else 'http'}://{http}",
            sip=dialable(sip.removeprefix("udp:")),
            sip_addresses=[reachable(each) for each in service.switches.sip_addresses],
            api_token=token,
            configuration=configuration,
            known=self._secrets,
            demo=self._options.demo,
        )
        await asyncio.to_thread(write_private, self._folder / "ready.json", data)
        log.info("centre ready", http=http, sip=sip)
