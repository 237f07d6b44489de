"""Ordinary bridges by a real rtpengine: tones and an FFT both ways, recording, supervision, its death."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from huawu.cli.doctor import examine
from huawu.cli.options import Options
from huawu.link.messages import (
    Answer,
    Bridge,
    CommandFailed,
    ConferenceId,
    DigitPressed,
    EndpointId,
    EndpointReachable,
    HangUp,
    Hears,
    Hold,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegId,
    LegOffered,
    LegResumed,
    Mix,
    Mute,
    Originate,
    Play,
    PlayFinished,
    PlayId,
    RecordingId,
    RecordingStopped,
    Resume,
    SendDigits,
    StartRecording,
    StopRecording,
    TalkStarted,
    TalkStopped,
    Tone,
    Unmute,
)
from huawu.switch.media import wav
from tests.support.baresip import baresip
from tests.support.party import Line, Party, _header
from tests.support.rtpengine import FIRST_PORT, LAST_PORT, RtpEngine, rtpengine, until_calls
from tests.support.sound import heard_among
from tests.support.switch import RunningSwitch, running_switch
from tests.support.tools import until
from tests.switch.scripted_centre import PUBLIC, ScriptedCentre
from tests.switch.scripted_centre import phone as registered

pytestmark = pytest.mark.sip

HERTZ = {"a": 350.0, "b": 800.0, "c": 1250.0}
ROOM = ConferenceId("room")
R = RecordingId("r")


class Phone(Party):
    """Takes other media by re-INVITE, unless it is `stubborn`; hears only the address it was told."""

    def __init__(self, name: str, switch_port: int, host: str = "127.0.0.1") -> None:
        super().__init__(name, "PCMU", HERTZ[name], Line(), switch_port, host)
        self.stubborn = False
        self.digits = 0
        self.strays = 0

    def take(self) -> None:
        before, self._invite = self.media, ""
        super().take()
        if "tag=" in (_header(self._invite, "To") if self._invite else ""):
            if self.stubborn:
                self.media = before
                self._reply(self._invite, "488 Not Acceptable Here")
            else:
                self._reply(self._invite, "200 OK", self._sdp())

    def listen(self) -> None:
        data, source = self._rtp.recvfrom(2_048)
        if source[:2] != self.media:
            self.strays += 1
        elif data[1] & 0x7F == 0:
            self.heard.append((int.from_bytes(data[2:4], "big"), data[12:]))
        elif data[1] & 0x7F == 101 and data[13] & 0x80:
            self.digits += 1

    def _sdp(self) -> str:
        return super()._sdp().replace("RTP/AVP 0", "RTP/AVP 0 101") + "a=rtpmap:101 telephone-event/8000\r\n"

    def press(self, event: int) -> None:
        """The end of a key, as RFC 4733 says it: three times."""
        began = self._timestamp
        for _ in range(3):
            header = struct.pack(">BBHII", 0x80, 101, self._sequence, began, self.rtp_port)
            self._sequence = (self._sequence + 1) & 0xFFFF
            self._send(header + struct.pack(">BBH", event, 0x80 | 10, 800))

    @property
    def is_away(self) -> bool:
        return self.media is not None and FIRST_PORT <= self.media[1] <= LAST_PORT

    def hears(self) -> str:
        """Whose tones the latest half second has."""
        ulaw = b"".join(ulaw for _, ulaw in self.heard[-25:])
        if len(ulaw) < 4_000:
            return ""
        found = heard_among(ulaw, HERTZ.values(), above_db=-32.0)
        return "".join(name for name, hertz in HERTZ.items() if hertz in found)


class Table:
    """Phones that called in, and their legs."""

    def __init__(self, switch: RunningSwitch, centre: ScriptedCentre, stack: AsyncExitStack) -> None:
        self.switch, self.centre, self._stack = switch, centre, stack
        self.phones: dict[str, Phone] = {}
        self.legs: dict[str, LegId] = {}

    async def seat(self, names: str, *, stubborn: str = "", host: str = "127.0.0.1") -> None:
        self.centre.send(HangUp(leg=LegId("nobody")))
        await self.centre.next(CommandFailed)  # the configuration before it is in force
        for name in names:
            port = self.switch.port6 if ":" in host else self.switch.port
            phone = self.phones[name] = Phone(name, port, host)
            phone.stubborn = name in stubborn
            await self._stack.enter_async_context(phone.there())
            phone.call(PUBLIC)
            leg = self.legs[name] = (await self.centre.next(LegOffered)).leg
            self.centre.send(Answer(leg=leg))
            await self.centre.next(LegAnswered, leg)
            await until(lambda phone=phone: phone.media, "the switch's description")  # type: ignore[misc]
            phone.begin_to_talk()

    def bridge(self) -> None:
        self.centre.send(Bridge(a=self.legs["a"], b=self.legs["b"]))

    def mix(self, matrix: str) -> None:
        """`abc ba` = a hears b and c, b hears a."""
        hears = tuple(
            Hears(listener=self.legs[row[0]], speaker=self.legs[speaker])
            for row in matrix.split()
            for speaker in row[1:]
        )
        self.centre.send(Mix(conference=ROOM, hears=hears))

    async def hear(self, **wanted: str) -> None:
        """Wait until each hears exactly these in the latest half second."""

        def heard() -> dict[str, str]:
            return {name: self.phones[name].hears() for name in wanted}

        try:
            await until(lambda: heard() == wanted, "the right tones", 15)
        except pytest.fail.Exception:
            where = {name: phone.media for name, phone in self.phones.items()}
            pytest.fail(f"wanted {wanted}, heard {heard()}, media {where}; log:\n{self.switch.log[-3000:]}")

    async def away(self, names: str = "ab", *, away: bool = True) -> None:
        """Wait until these phones speak to rtpengine, or to the switch."""
        await until(
            lambda: all(self.phones[name].is_away is away for name in names),
            f"{names} to be {'away' if away else 'home'}",
            15,
        )
        for name in names:
            self.phones[name].heard.clear()

    async def fresh(self, frames: int = 50) -> None:
        """Until the caller has heard so many frames more."""
        heard = self.phones["a"].heard
        before = len(heard)
        await until(lambda: len(heard) >= before + frames, f"{frames} frames more", 15)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[RtpEngine]:
    async with rtpengine(tmp_path, "--interface=::1") as engine:
        yield engine


@pytest.fixture
async def table(tmp_path: Path, engine: RtpEngine) -> AsyncIterator[Table]:
    arguments = ("--rtpengine", f"127.0.0.1:{engine.port}", "--media-timeout", "5")
    async with running_switch(tmp_path, arguments=arguments) as switch, AsyncExitStack() as stack:
        centre = ScriptedCentre(switch.client())
        async with centre.running():
            await centre.configure()
            yield Table(switch, centre, stack)


async def test_bridge_flows_past_the_switch_and_is_recorded_whole(
    table: Table, engine: RtpEngine, tmp_path: Path
) -> None:
    await table.seat("ab")
    centre, legs, phones, path = table.centre, table.legs, table.phones, str(tmp_path / "r.wav")
    centre.send(StartRecording(recording=R, path=path, left=legs["a"], right=legs["b"]))
    table.bridge()
    await table.hear(a="b", b="a")
    await table.away()
    await table.hear(a="b", b="a")
    assert all(phone.is_away for phone in phones.values())
    before = await engine.packets()
    strays = {name: phone.strays for name, phone in phones.items()}
    await table.fresh(100)
    assert await engine.packets() - before >= 190, "both ways went through rtpengine"
    assert {name: phone.strays for name, phone in phones.items()} == strays, "and none through the switch"
    phones["a"].press(5)
    assert (await centre.next(DigitPressed, legs["a"])).digit == "5"
    await until(lambda: phones["b"].digits, "the key at the other party")
    centre.send(StopRecording(recording=R))
    stopped = await centre.next(RecordingStopped)
    both = wav.parse(Path(path).read_bytes(), channels=2)
    assert stopped.length_ms > 2_500
    for channel, name in ((both[0::2], "a"), (both[1::2], "b")):
        for at in range(4_000, len(channel) - 4_800, 800):
            found = heard_among(channel[at : at + 800], HERTZ.values(), above_db=-32.0)
            assert found == {HERTZ[name]}, f"{name}'s channel at {at / 8:.0f} ms"
    assert {event.leg for event in centre.of(TalkStarted)} == set(legs.values())
    for leg in legs.values():
        centre.send(HangUp(leg=leg))
    for leg in legs.values():
        quality = (await centre.next(LegEnded, leg)).quality
        assert quality is not None
        assert quality.packets > 150
        assert quality.lost <= 5
    await until_calls(engine, 0)


async def test_bridge_of_two_by_ipv6_flows_past_the_switch_and_comes_home(
    table: Table, engine: RtpEngine
) -> None:
    await table.seat("ab", host="::1")
    table.bridge()
    await table.hear(a="b", b="a")
    await table.away()
    await table.hear(a="b", b="a")
    before = await engine.packets()
    await table.fresh(100)
    assert await engine.packets() - before >= 190, "both ways went through rtpengine"
    table.phones["a"].press(7)
    assert (await table.centre.next(DigitPressed, table.legs["a"])).digit == "7"
    table.centre.send(Hold(leg=table.legs["a"]))
    await table.away(away=False)
    table.centre.send(Resume(leg=table.legs["a"]))
    await table.away()
    await table.hear(a="b", b="a")


async def test_bridge_of_two_families_stays_with_the_switch(table: Table, engine: RtpEngine) -> None:
    await table.seat("a")
    await table.seat("b", host="::1")
    table.bridge()
    await table.hear(a="b", b="a")
    await table.fresh(100)  # two seconds, four times what it takes to go
    assert not any(phone.is_away for phone in table.phones.values())
    assert await engine.calls() == []


async def test_baresip_talks_holds_and_presses_keys_through_it(
    table: Table, engine: RtpEngine, tmp_path: Path
) -> None:
    centre, agent = table.centre, LegId("agent")
    await centre.configure(registered("1001", md5_only=True))
    async with baresip(
        tmp_path / "b", user="1001", password="secret", switch_port=table.switch.port, hertz=800,
        codecs="pcmu",
    ) as phone:  # fmt: skip
        await centre.next(EndpointReachable)
        await table.seat("a")
        centre.send(Originate(leg=agent, endpoint=EndpointId("1001"), caller_number="13000002020"))
        await centre.next(LegAnswered, agent)
        centre.send(Bridge(a=table.legs["a"], b=agent))
        await table.hear(a="b")
        await table.away("a")
        await table.hear(a="b")
        before = await engine.packets()
        await table.fresh(100)
        assert await engine.packets() - before >= 190, "baresip's voice too goes through rtpengine"
        await phone.command("sndcode", "5")
        assert (await centre.next(DigitPressed, agent)).digit == "5"
        await phone.command("hold")
        await centre.next(LegHeld, agent)
        await table.away("a", away=False)
        await phone.command("resume")
        await centre.next(LegResumed, agent)
        await table.away("a")
        await table.hear(a="b")
        centre.send(HangUp(leg=agent))
        ended = await centre.next(LegEnded, agent)
        assert ended.quality is not None
        assert ended.quality.packets > 100
        await phone.told("CALL_CLOSED")


async def test_talk_that_begins_and_ends_while_away_is_told(table: Table, engine: RtpEngine) -> None:
    await table.seat("ab")
    table.bridge()
    await table.away()
    await table.centre.next(TalkStarted, table.legs["a"])
    await table.phones["a"].fall_silent()
    await table.centre.next(TalkStopped, table.legs["a"])
    table.phones["a"].begin_to_talk()
    await table.centre.next(TalkStarted, table.legs["a"])
    await table.hear(a="b", b="a")


async def test_hold_and_mute_bring_the_call_home_and_it_goes_again(table: Table, engine: RtpEngine) -> None:
    await table.seat("ab")
    centre, legs = table.centre, table.legs
    table.bridge()
    await table.away()
    centre.send(Hold(leg=legs["a"]))
    await table.away(away=False)
    await table.hear(a="", b="")
    await until_calls(engine, 0)
    centre.send(Resume(leg=legs["a"]))
    await table.away()
    await table.hear(a="b", b="a")
    centre.send(Mute(leg=legs["b"]))
    await table.away(away=False)
    await table.hear(a="", b="a")
    centre.send(Unmute(leg=legs["b"]))
    await table.away()
    await table.hear(a="b", b="a")
    await until_calls(engine, 1)


async def test_listen_whisper_and_barge_bring_it_home_and_it_goes_again(
    table: Table, engine: RtpEngine
) -> None:
    """a is the caller, b the agent, c the supervisor."""
    await table.seat("abc")
    table.bridge()
    await table.away()
    table.mix("ab ba cab")
    await table.hear(a="b", b="a", c="ab")
    assert not any(phone.is_away for phone in table.phones.values())
    table.mix("ab bac cab")
    await table.hear(a="b", b="ac", c="ab")
    table.mix("abc bac cab")
    await table.hear(a="bc", b="ac", c="ab")
    await until_calls(engine, 0)
    table.mix("ab ba")
    await table.away()
    table.phones["c"].heard.clear()
    await table.hear(a="b", b="a")
    await table.fresh(50)
    assert table.phones["c"].hears() == ""
    await until_calls(engine, 1)


async def test_daemon_killed_in_mid_call_and_back_again(table: Table, engine: RtpEngine) -> None:
    await table.seat("ab")
    table.bridge()
    await table.away()
    engine.die()
    await table.away(away=False)
    await table.hear(a="b", b="a")
    assert table.switch.log.count("rtpengine is gone") == 1
    assert not table.centre.of(LegEnded)
    await engine.start()
    await table.away()
    await table.hear(a="b", b="a")


async def test_daemon_that_began_anew_unnoticed_is_found_out(table: Table, engine: RtpEngine) -> None:
    await table.seat("ab")
    table.bridge()
    await table.away()
    await engine.client.ask("delete", call_id=(await engine.calls())[0], delete_delay=0)
    await table.away(away=False)
    await table.away()
    await table.hear(a="b", b="a")
    assert "rtpengine forgot bridges" in table.switch.log


async def test_daemon_dead_before_the_call_leaves_it_with_the_switch(table: Table, engine: RtpEngine) -> None:
    engine.die()
    await until(lambda: "rtpengine is gone" in table.switch.log, "the switch to notice")
    await table.seat("ab")
    table.bridge()
    await table.hear(a="b", b="a")
    await table.fresh(100)
    assert not any(phone.is_away for phone in table.phones.values())
    assert table.switch.log.count("rtpengine is gone") == 1


async def test_phone_that_takes_no_other_media_stays_with_the_switch(table: Table, engine: RtpEngine) -> None:
    await table.seat("ab", stubborn="b")
    table.bridge()
    await until(lambda: "phone keeps its media with us" in table.switch.log, "its refusal")
    await table.away(away=False)
    await until_calls(engine, 0)
    await table.hear(a="b", b="a")
    await table.fresh(50)
    assert not any(phone.is_away for phone in table.phones.values()), "it is not asked again"


async def test_silent_phone_is_ended_while_away(table: Table, engine: RtpEngine) -> None:
    await table.seat("ab")
    table.bridge()
    await table.away()
    await table.phones["b"].fall_silent()
    ended = await table.centre.next(LegEnded, within_s=15)
    assert (ended.leg, ended.by, ended.reason) == (table.legs["b"], "switch", "media_timeout")
    await table.away("a", away=False)
    await until_calls(engine, 0)


async def test_survivor_comes_home_for_what_follows(table: Table, engine: RtpEngine) -> None:
    await table.seat("ab")
    table.bridge()
    await table.away()
    table.centre.send(HangUp(leg=table.legs["b"]))
    await table.away("a", away=False)
    await until_calls(engine, 0)


async def killed_in_mid_call(tmp_path: Path, engine: RtpEngine, stack: AsyncExitStack) -> Table:
    """A switch that is no more, and phones that do not know it."""
    arguments = ("--rtpengine", f"127.0.0.1:{engine.port}")
    tables: list[Table] = []
    with contextlib.suppress(pytest.fail.Exception):  # it did not end as it should
        async with running_switch(tmp_path, arguments=arguments) as switch:
            centre = ScriptedCentre(switch.client())
            async with centre.running():
                await centre.configure()
                table = Table(switch, centre, stack)
                await table.seat("ab")
                table.bridge()
                await table.away()
                await switch.program.kill()
                tables.append(table)
    assert tables, "the call did not get so far"
    return tables[0]


async def test_switch_killed_leaves_nothing_at_rtpengine(tmp_path: Path) -> None:
    timeouts = ("--timeout=2", "--silent-timeout=2", "--delete-delay=0")
    async with rtpengine(tmp_path, *timeouts) as engine, AsyncExitStack() as stack:
        table = await killed_in_mid_call(tmp_path, engine, stack)
        await table.hear(a="b", b="a")
        for phone in table.phones.values():
            await phone.fall_silent()
        await until_calls(engine, 0)


async def test_clip_and_digits_while_away_are_heard_whole(table: Table, engine: RtpEngine) -> None:
    await table.seat("ab")
    centre, legs = table.centre, table.legs
    table.bridge()
    await table.away()
    clip = Tone(hertz=(int(HERTZ["c"]),), length_ms=1_000, level_db=-20.0)
    centre.send(Play(leg=legs["a"], play=PlayId("p"), clips=(clip,)))
    await table.hear(a="c")
    await centre.next(PlayFinished)
    await table.away()
    centre.send(SendDigits(leg=legs["b"], digits="159"))
    await until(lambda: table.phones["b"].digits >= 9, "three keys")
    await table.away()
    await table.hear(a="b", b="a")


async def test_doctor_says_that_it_answers(tmp_path: Path, engine: RtpEngine) -> None:
    options = Options(data=tmp_path, http="127.0.0.1:0", rtpengine=(f"127.0.0.1:{engine.port}",))
    findings = await asyncio.to_thread(lambda: list(examine(options)))
    assert f"rtpengine at 127.0.0.1:{engine.port} answers" in {finding.what for finding in findings}
