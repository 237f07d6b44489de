"""Right parties hear right parties: a real switch, a tone for each party, and an FFT of what each hears."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from huawu.link.messages import (
    Answer,
    Bridge,
    CommandFailed,
    ConferenceId,
    HangUp,
    Hears,
    LegAnswered,
    LegEnded,
    LegId,
    LegOffered,
    LegRinging,
    Mix,
    Originate,
    RecordingId,
    RecordingStopped,
    StartRecording,
    StopRecording,
    Trunk,
    TrunkId,
)
from huawu.switch.media import wav
from tests.support.party import Line, Party
from tests.support.sound import heard_among
from tests.support.switch import RunningSwitch, running_switch
from tests.support.tools import until
from tests.switch.scripted_centre import PUBLIC, ScriptedCentre

pytestmark = pytest.mark.sip

HERTZ = (350.0, 500.0, 650.0, 800.0, 950.0, 1100.0, 1250.0, 1400.0)
BAD_LINE = Line(lost=0.02, swapped=0.02, jitter_ms=15)
TRUNK = TrunkId("t")
ROOM = ConferenceId("room")
R = RecordingId("r")


class Table:
    """Parties on the phone, by name: `legs` are theirs at the switch."""

    def __init__(self, switch: RunningSwitch, centre: ScriptedCentre, stack: AsyncExitStack) -> None:
        self._switch, self.centre, self._stack = switch, centre, stack
        self.parties: dict[str, Party] = {}
        self.legs: dict[str, LegId] = {}

    async def party(self, line: Line) -> Party:
        """A phone with the next tone; every other one speaks A-law."""
        index = len(self.parties)
        name, codec = "abcdefgh"[index], "PCMA" if index % 2 else "PCMU"
        party = Party(name, codec, HERTZ[index], line, self._switch.port)
        self.parties[name] = await self._stack.enter_async_context(party.there())
        return party

    async def seat(self, count: int, line: Line = Line()) -> None:  # noqa: B008 (frozen)
        """So many more callers, answered and talking."""
        await self._configured()
        for _ in range(count):
            party = await self.party(line)
            party.call(PUBLIC)
            leg = (await self.centre.next(LegOffered)).leg
            self.legs[party.name] = leg
            self.centre.send(Answer(leg=leg))
            await self.centre.next(LegAnswered, leg)
            await until(lambda party=party: party.media, "the switch's description")  # type: ignore[misc]
            party.begin_to_talk()

    async def _configured(self) -> None:
        """Commands are done in their order: once a bad one is refused, the configuration is in force."""
        self.centre.send(HangUp(leg=LegId("nobody")))
        await self.centre.next(CommandFailed)

    async def go_on(self, name: str, frames: int) -> None:
        """Until a party has heard so many frames more."""
        heard, before = self.parties[name].heard, len(self.parties[name].heard)
        await until(lambda: len(heard) >= before + frames, f"{frames} frames more")

    def mix(self, matrix: str) -> None:
        """`abc ba` = a hears b and c, b hears a."""
        hears = tuple(
            Hears(listener=self.legs[row[0]], speaker=self.legs[speaker])
            for row in matrix.split()
            for speaker in row[1:]
        )
        self.centre.send(Mix(conference=ROOM, hears=hears))

    async def hear(self, wanted: dict[str, str]) -> None:
        """Wait until each hears exactly these, in the latest half second; none of the others."""

        def heard() -> dict[str, str]:
            return {name: self.of(self.latest(name)) for name in wanted}

        try:
            await until(lambda: heard() == wanted, "the right tones", 15)
        except pytest.fail.Exception:
            pytest.fail(f"wanted {wanted}, heard {heard()}")

    def latest(self, name: str) -> bytes:
        return b"".join(ulaw for _, ulaw in self.parties[name].heard[-25:])

    def of(self, ulaw: bytes) -> str:
        """Whose tones these are; each says its at -20 dB."""
        if len(ulaw) < 4_000:
            return ""
        found = heard_among(ulaw, HERTZ, above_db=-32.0)
        return "".join(name for name, hertz in zip("abcdefgh", HERTZ, strict=True) if hertz in found)


@pytest.fixture
async def table(switch: RunningSwitch, centre: ScriptedCentre) -> AsyncIterator[Table]:
    async with AsyncExitStack() as stack:
        yield Table(switch, centre, stack)


def all_hear_all(names: str) -> str:
    return " ".join(one + names.replace(one, "") for one in names)


def others(names: str) -> dict[str, str]:
    return {one: names.replace(one, "") for one in names}


@pytest.mark.parametrize(("count", "line"), [(3, Line()), (5, BAD_LINE), (8, Line())])
async def test_conference_each_hears_all_others(table: Table, count: int, line: Line) -> None:
    await table.seat(count, line)
    names = "abcdefgh"[:count]
    table.mix(all_hear_all(names))
    await table.hear(others(names))
    for party in table.parties.values():
        sequences = [sequence for sequence, _ in party.heard]
        assert sequences == [(sequences[0] + step) & 0xFFFF for step in range(len(sequences))]


async def test_listen_whisper_barge_and_the_recording_of_it(table: Table, tmp_path: Path) -> None:
    """a is the caller, b the agent, c the supervisor."""
    await table.seat(3, Line(jitter_ms=10))
    legs, centre, path = table.legs, table.centre, str(tmp_path / "r.wav")
    centre.send(Bridge(a=legs["a"], b=legs["b"]))
    await table.hear({"a": "b", "b": "a", "c": ""})
    centre.send(StartRecording(recording=R, path=path, left=legs["a"], right=legs["b"]))
    table.mix("ab ba cab")
    await table.hear({"a": "b", "b": "a", "c": "ab"})
    table.mix("ab bac cab")
    await table.hear({"a": "b", "b": "ac", "c": "ab"})
    await table.go_on("a", 50)
    centre.send(StopRecording(recording=R))
    await centre.next(RecordingStopped)
    both = wav.parse(Path(path).read_bytes(), channels=2)
    assert table.of(both[0::2][-8_000:-800]) == "a"
    assert heard_among(both[1::2][2_400:-800], HERTZ) == {HERTZ[1]}, "the whisper is on the recording"
    barged = str(tmp_path / "barged.wav")
    centre.send(StartRecording(recording=R, path=barged, left=legs["a"], right=legs["b"]))
    table.mix("abc bac cab")
    await table.hear({"a": "bc", "b": "ac", "c": "ab"})
    await table.go_on("a", 50)
    centre.send(StopRecording(recording=R))
    await centre.next(RecordingStopped)
    both = wav.parse(Path(barged).read_bytes(), channels=2)
    assert table.of(both[1::2][-4_800:-800]) == "bc"


async def test_far_network_is_heard_before_the_answer(table: Table) -> None:
    await table.seat(1)
    callee = await table.party(Line())
    centre, leg = table.centre, LegId("out")
    await centre.configure(trunks=(Trunk(trunk=TRUNK, target=f"127.0.0.1:{callee.port}"),))
    centre.send(Originate(leg=leg, trunk=TRUNK, number="10086"))
    await callee.wait_for_call()
    callee.speak_early()
    assert await centre.next(LegRinging, leg) == LegRinging(leg=leg, early_media=True)
    callee.begin_to_talk()
    centre.send(Bridge(a=table.legs["a"], b=leg))
    await table.hear({"a": "b"})
    callee.answer()
    await centre.next(LegAnswered, leg)
    await table.hear({"a": "b", "b": "a"})


async def test_phone_that_falls_silent_is_ended_with_the_reason(tmp_path: Path) -> None:
    async with (
        running_switch(tmp_path, arguments=("--media-timeout", "2")) as switch,
        AsyncExitStack() as stack,
    ):
        centre = ScriptedCentre(switch.client())
        async with centre.running():
            await centre.configure()
            table = Table(switch, centre, stack)
            await table.seat(2)
            table.mix("ab ba")
            await table.hear({"a": "b", "b": "a"})
            await table.parties["b"].fall_silent()
            ended = await centre.next(LegEnded)
            assert (ended.leg, ended.by, ended.reason) == (table.legs["b"], "switch", "media_timeout")
            assert ended.detail == "no RTP for 2 s"
            await until(lambda: table.parties["b"].ended, "its BYE")
            assert not table.parties["a"].ended
