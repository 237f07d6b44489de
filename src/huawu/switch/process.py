"""The switch as a process: sockets, timers and signals around the core."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Mapping

from huawu.link import house_time
from huawu.link.address import check_path
from huawu.link.messages import Command, Configure, Event
from huawu.link.server import LinkServer
from huawu.switch.certificates import now
from huawu.switch.core import SwitchCore
from huawu.switch.listening import Listening
from huawu.switch.load import EVERY_S, Load
from huawu.switch.log import SuspicionLog
from huawu.switch.media.engine import MediaEngine
from huawu.switch.peers import is_loopback
from huawu.switch.resolver import DnsResolver
from huawu.switch.rtpengine.relays import RtpEngines
from huawu.switch.settings import SwitchSettings
from huawu.switch.sip.addresses import is_private, join_host_port
from huawu.switch.sip.agent import Addresses, UserAgent
from huawu.switch.sip.events import Flow, Place, SendPacket
from huawu.switch.timers import Timers
from huawu.switch.webrtc.dtls import Certificate
from huawu.switch.webrtc.port import WebPort
from huawu.switch.webrtc.sockets import bind

log = logging.getLogger(__name__)

SIGNAL_GRACE_MS = 2_000
SETTLE_S = 0.5
"""After the last leg ended: time for BYEs to be answered or sent once more."""
SETTLE_CHECKS = 25
MOST_PEERS_KNOWN = 10_000
LOOP_LATE_S = 5.0
"""The loop's time is that of its last turn: it may lag so far behind the clock that it is."""
CENTRE_LATE_S = 1.0
"""A centre that has not taken an event for so long, though it is there, cannot keep up with more calls."""


class Switch:
    """One life of the switch. `Surroundings` of its core; `run` serves until it is shut down."""

    def __init__(self, settings: SwitchSettings) -> None:
        self._settings = settings
        self._listening: Listening | None = None
        self.send: Callable[[SendPacket], None]
        self._hosts: dict[bool, str] = {}
        self._toward: dict[str, str] = {}
        self._done = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._timers = Timers(self._loop, self._fire)
        self.start_timer = self._timers.start
        self.stop_timer = self._timers.stop
        self._load_watch: asyncio.TimerHandle | None = None
        self._suspicions = SuspicionLog()
        self._load = Load()
        self._resolver = DnsResolver(settings.dns)
        self._looking: set[asyncio.Task[None]] = set()
        self._centre_load = Load()
        apart_s = time.monotonic() - self._loop.time()  # one clock where the loop does not count its own way
        self._zero_s = house_time.zero() + (apart_s if abs(apart_s) > LOOP_LATE_S else 0.0)
        self._centre_there = self._configured = False
        self._core: SwitchCore | None = None
        self._agent: UserAgent | None = None
        self._media: MediaEngine | None = None

    async def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Raises BadSettings or OSError, with advice, when an address cannot be had."""
        check_path(self._settings.socket)
        self._hosts = told_hosts(self._settings)
        try:
            await self._serve(on_ready)
        finally:
            self._timers.cancel()
            for task in list(self._looking):
                task.cancel()
            if self._load_watch is not None:
                self._load_watch.cancel()
            if self._listening is not None:
                await self._listening.close()

    async def _serve(self, on_ready: Callable[[], None]) -> None:
        settings = self._settings
        listening = self._listening = Listening(settings, self._hosts, self._received, self._flow_lost)
        self.send = listening.send
        await listening.open()
        addresses = listening.addresses
        agent = self._agent = UserAgent(
            token=_Tokens().next,
            local=Addresses(
                host_toward=self._host_toward,
                **{name: told for name, (told, _) in addresses.items()},
            ),
        )
        sip_addresses = tuple(f"{name[:-1]}:{bound}" for name, (_, bound) in addresses.items())
        relays = RtpEngines(
            settings.rtpengines,
            lambda calls: anchoring.lost(calls) if anchoring is not None else None,
            lambda: anchoring.available() if anchoring is not None else None,
        )
        four, six = settings.bound(ipv6=False), settings.bound(ipv6=True)
        web = self._open_web()
        media = self._media = MediaEngine(
            host=four[0] if four else "127.0.0.1",
            ports=settings.rtp_ports,
            first_pair=secrets.randbelow(max(1, len(settings.rtp_ports) // 2)),
            emit=lambda event: core.media_event(event),
            now_ms=self.now_ms,
            host6=six[0] if six else None,
            path_news=lambda leg, news: core.presence.tell(leg, news),
            web=web,
            rerouted=(lambda leg: anchoring.rerouted(leg) if anchoring is not None else None)
            if settings.rtpengines
            else None,
        )
        core = self._core = SwitchCore(
            calls=agent,
            media=media,
            around=self,
            on_suspicion=lambda suspicion: self._suspicions.note(suspicion, self.at()),
            media_timeout_s=settings.media_timeout_s,
            relays=relays if settings.rtpengines else None,
            away_grace_s=settings.away_grace_s,
            sip_addresses=sip_addresses,
        )
        anchoring = core.anchoring
        self._link = LinkServer(
            switch=secrets.token_hex(8),
            token=settings.token,
            snapshot=core.welcome,
            on_command=self._execute,
            on_centre=self._centre_present,
            now_ms=self.now_ms,
        )
        await media.start()
        await relays.start()
        try:
            await self._link.start(settings.socket)
            self._catch_signals()
            self._watch_load(self.at())
            log.info("switch ready", extra={"sip": " ".join(sip_addresses)})
            on_ready()
            await self._done.wait()
            await self._settle(agent)
        finally:
            await relays.stop()
            await media.stop()
            await self._link.stop()
        log.info("switch stopped")

    def _open_web(self) -> WebPort | None:
        """The port that all browsers share. Raises OSError, with advice."""
        places = self._settings.webrtc
        if not places:
            return None
        try:
            return WebPort(bind=bind, places=places, certificate=Certificate(now()), now_ms=self.now_ms)
        except OSError as error:
            told = " or ".join(join_host_port(host, port) for host, port in places)
            raise OSError(
                error.errno,
                f"UDP {told} cannot be had for browsers' media ({error.strerror}): "
                "end the programme that has it (`ss -lnup` names it), or choose another with --webrtc",
            ) from None

    async def _settle(self, agent: UserAgent) -> None:
        """Let the last packets be answered, but not for long."""
        for _ in range(SETTLE_CHECKS):
            if not any(agent.leaks().values()):
                return
            await asyncio.sleep(SETTLE_S / SETTLE_CHECKS)

    def _catch_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._asked_to_stop, signal.Signals(number).name)

    def _asked_to_stop(self, why: str) -> None:
        assert self._core is not None
        log.info("switch stops", extra={"why": why, "holds": self._holds()})
        self._core.shutdown(SIGNAL_GRACE_MS)

    def _holds(self) -> str:
        """What is in use just now; without calls, nothing but zeros half a minute after the last."""
        counts = {**self._agent.leaks(), **self._media.holds()} if self._agent and self._media else {}
        return " ".join(f"{name.replace(' ', '_')}={count}" for name, count in counts.items())

    def _watch_load(self, due: float) -> None:
        assert self._core is not None
        own = self._load.measured(self.at() - due)
        centres = self._centre_load.measured(max(0.0, self._link.lateness(self.at()) - CENTRE_LATE_S))
        if own or centres:
            for changed, load, who in ((own, self._load, "switch"), (centres, self._centre_load, "centre")):
                if changed:
                    log.warning(
                        "overloaded, new calls are refused" if load.overloaded else "load is normal again",
                        extra={"who": who},
                    )
            self._core.overloaded(self._load.overloaded or self._centre_load.overloaded)
        due = self.at() + EVERY_S
        self._load_watch = self._loop.call_at(due, self._watch_load, due)

    def _centre_present(self, present: bool) -> None:
        assert self._core is not None
        log.info("centre connected" if present else "centre gone")
        self._centre_there = present
        if self._configured or not present:
            self._core.centre_present(present)

    def _execute(self, number: int, command: Command) -> None:
        assert self._core is not None
        assert self._listening is not None
        if isinstance(command, Configure):
            self._listening.configure(command.trunks, command.web_origins)
        self._core.execute(number, command)
        if isinstance(command, Configure) and not self._configured:
            self._configured = True  # only now it is known who may call what
            self._core.centre_present(self._centre_there)

    # ── Packets ───────────────────────────────────────────────────────────────────────────────────

    def _received(self, data: bytes, flow: Flow) -> None:
        if self._core is not None:
            try:
                self._core.receive(data, flow)
            except Exception:  # a packet that finds a fault of ours must not stop the others
                log.exception("sip packet broke", extra={"source": flow.host})

    def _flow_lost(self, flow: Flow) -> None:
        if self._core is not None:
            self._core.connection_lost(flow)

    # ── Surroundings ──────────────────────────────────────────────────────────────────────────────

    def at(self) -> float:
        return self._loop.time()

    def now_ms(self) -> int:
        return int((self._zero_s + self._loop.time()) * 1000)

    def _fire(self, key: str) -> None:
        if self._core is not None:
            try:
                self._core.fire(key)
            except Exception:  # as for packets
                log.exception("timer broke", extra={"key": key})

    def look_up(self, place: Place) -> None:
        task = self._loop.create_task(self._look_up(place), name=f"look up {place.name}")
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    async def _look_up(self, place: Place) -> None:
        found = await self._resolver.find(place)
        if self._core is not None:
            self._core.looked_up(found)

    def emit(self, event: Event) -> None:
        self._link.emit(event)

    def media_host(self, bound: str, peer: str) -> str:
        return self._host_toward(peer) if peer else self._hosts.get(":" in bound, bound)

    def web_hosts(self, peer: str) -> tuple[str, ...]:
        return web_hosts(self._settings, peer)

    def _host_toward(self, peer: str) -> str:
        """What this peer should see as our address; a machine on several networks has several."""
        known = self._toward.get(peer)
        if known is None:
            if len(self._toward) > MOST_PEERS_KNOWN:
                self._toward.clear()
            known = self._toward[peer] = host_toward(self._settings, self._hosts, peer)
        return known

    def stopped(self) -> None:
        self._done.set()


class _Tokens:
    """Random hex of 64 bits, fetched from the system a thousand at a time."""

    def __init__(self) -> None:
        self._store = ""
        self._at = 0

    def next(self) -> str:
        """One not given before."""
        if self._at >= len(self._store):
            self._store, self._at = os.urandom(8_000).hex(), 0
        self._at += 16
        return self._store[self._at - 16 : self._at]


async def serve(settings: SwitchSettings, on_ready: Callable[[], None] = lambda: None) -> None:
    """Run a switch until Shutdown, SIGTERM or SIGINT. Raises BadSettings, LinkError, OSError with advice."""
    await Switch(settings).run(on_ready)


def told_hosts(settings: SwitchSettings) -> dict[bool, str]:
    """What peers are told to send to, per family (True = IPv6). Raises BadSettings when that is unknown."""
    hosts: dict[bool, str] = {}
    for ipv6 in (False, True):
        bound = settings.bound(ipv6=ipv6)
        if bound is None:
            continue
        host = settings.public(ipv6=ipv6) or bound[0]
        hosts[ipv6] = _own_address(ipv6) if host in ("0.0.0.0", "::") else host
    return hosts


def host_toward(settings: SwitchSettings, hosts: Mapping[bool, str], peer: str) -> str:
    """Our address for one peer: as bound, or the public one; when bound to all, that of the way to the peer.

    A peer in our own networks is given the address there even when a public one is set.
    """
    ipv6 = ":" in peer
    usual = hosts.get(ipv6) or next(iter(hosts.values()))
    bound = settings.bound(ipv6=ipv6)
    if bound is None or bound[0] not in ("0.0.0.0", "::"):
        return usual
    if settings.public(ipv6=ipv6) and not is_private(peer):
        return usual
    return _address_toward(peer) or usual


def web_hosts(settings: SwitchSettings, peer: str) -> tuple[str, ...]:
    """The addresses that a browser at `peer` may reach us by, the likeliest first.

    Who comes by this machine's own address may be a browser elsewhere behind a proxy, and even one here does
    not always use the loopback: so our address in the network is told as well.
    """
    found: list[str] = []
    for host, _ in settings.webrtc:
        ipv6 = ":" in host
        public = settings.public(ipv6=ipv6)
        own = [host]
        if host in ("0.0.0.0", "::"):
            toward = _address_toward(peer) if peer and (":" in peer) is ipv6 else None
            own = [toward or _own_address(ipv6)]
            if is_loopback(own[0]):
                own.append(_own_address(ipv6))
        ways = own if public is None else [*own, public] if is_private(peer or "0.0.0.0") else [public, *own]
        found += ways
    return tuple(dict.fromkeys(found))


def _own_address(ipv6: bool) -> str:
    """The address this machine uses toward the world; the loopback's when there is no way out."""
    return _address_toward("2001:db8::1" if ipv6 else "192.0.2.1") or ("::1" if ipv6 else "127.0.0.1")


def _address_toward(peer: str) -> str | None:
    """Our address on the way to a host; nothing is sent to find out. None = there is no way."""
    with socket.socket(socket.AF_INET6 if ":" in peer else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((peer, 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])
