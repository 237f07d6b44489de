"""Calls are moved at a real switch with real phones: who hears whom is measured with tones and an FFT."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from huawu.calls.recordings import find
from tests.centre.scene import MUSIC, Line, Scene
from tests.centre.story import channels
from tests.centre.tones import tones_in
from tests.support.baresip import baresip
from tests.support.rtp import rtp_peer
from tests.support.sip_phone import Call, sip_phone
from tests.support.tools import free_port, until

pytestmark = pytest.mark.sip

CALLER_HZ, AGENT_HZ, COLLEAGUE_HZ = 400.0, 900.0, 1_500.0


def tones(line: Line) -> set[float]:
    """Which of the three voices a phone heard in the last 200 ms."""
    return tones_in(line, (CALLER_HZ, AGENT_HZ, COLLEAGUE_HZ))


async def hear(**wanted: tuple[Line, set[float]]) -> None:
    """Wait until each phone hears these voices and no other."""
    for name, (line, voices) in wanted.items():
        await until(lambda line=line, voices=voices: tones(line) == voices, f"what {name} should hear", 15)  # type: ignore[misc]


async def talking(scene: Scene, number: str) -> tuple[Line, Line, dict[str, Any]]:
    """A caller talks with 1001; the call."""
    agent = await scene.agent("1001")
    caller = await scene.caller(number, "4001")
    await caller.say(CALLER_HZ)
    await agent.say(AGENT_HZ)
    await hear(caller=(caller, {AGENT_HZ}), agent=(agent, {CALLER_HZ}))
    return caller, agent, await scene.api.call_from(number, state="talking")


async def ask(scene: Scene, call: dict[str, Any], what: str, **body: str) -> None:
    answer = await scene.api.http.post(f"/calls/{call['id']}/{what}", json=body)
    assert answer.status_code == 200, answer.text


async def test_consult_swap_and_conference(scene: Scene) -> None:
    number = "13800000711"
    caller, agent, call = await talking(scene, number)
    colleague = await scene.agent("1002")
    await ask(scene, call, "consult", agent="1002")
    await caller.hears_sound(MUSIC)
    await colleague.say(COLLEAGUE_HZ)
    await hear(agent=(agent, {COLLEAGUE_HZ}), colleague=(colleague, {AGENT_HZ}))
    assert not tones(caller) & {AGENT_HZ, COLLEAGUE_HZ}
    await ask(scene, call, "consult/swap")
    await hear(caller=(caller, {AGENT_HZ}), agent=(agent, {CALLER_HZ}))
    await colleague.hears_sound(MUSIC)
    await ask(scene, call, "consult/conference")
    await hear(
        caller=(caller, {AGENT_HZ, COLLEAGUE_HZ}),
        agent=(agent, {CALLER_HZ, COLLEAGUE_HZ}),
        colleague=(colleague, {CALLER_HZ, AGENT_HZ}),
    )
    agent.hang_up()
    await agent.ended()
    await hear(caller=(caller, {COLLEAGUE_HZ}), colleague=(colleague, {CALLER_HZ}))
    caller.hang_up()
    await caller.ended()
    await colleague.ended()
    await scene.api.fact_of(number, "recording_stopped")
    done = await scene.api.call_from(number, state="ended", id=call["id"])
    kinds = [fact["kind"] for fact in done["facts"]]
    assert kinds.count("recording_started") == 1
    assert done["recording"]["state"] == "complete"
    whole = await scene.api.http.get(f"/calls/{call['id']}/recording")
    left, _ = channels(whole.content)
    assert abs(len(left) / 8 - (done["ended_ms"] - done["bridged_ms"])) < 600, (
        "the caller is on it throughout"
    )


async def test_a_blind_transfer_and_a_consultation_that_is_completed(scene: Scene) -> None:
    number = "13800000712"
    caller, agent, call = await talking(scene, number)
    colleague = await scene.agent("1002")
    await colleague_takes(scene, call, caller, agent, colleague)
    third = await scene.agent("1003")
    await ask(scene, call, "consult", agent="1003")
    await caller.hears_sound(MUSIC)
    await third.say(AGENT_HZ)
    await hear(third=(third, {COLLEAGUE_HZ}), colleague=(colleague, {AGENT_HZ}))
    await ask(scene, call, "consult/complete")
    await colleague.ended()
    await hear(caller=(caller, {AGENT_HZ}), third=(third, {CALLER_HZ}))
    caller.hang_up()
    await caller.ended()
    await third.ended()


async def colleague_takes(
    scene: Scene, call: dict[str, Any], caller: Line, agent: Line, colleague: Line
) -> None:
    await ask(scene, call, "transfer", agent="1002")
    await agent.ended()
    await colleague.say(COLLEAGUE_HZ)
    await hear(caller=(caller, {COLLEAGUE_HZ}), colleague=(colleague, {CALLER_HZ}))


async def test_a_parked_caller_hears_music_and_is_taken_by_dialling_the_slot(scene: Scene) -> None:
    number = "13800000713"
    caller, agent, call = await talking(scene, number)
    await ask(scene, call, "park", slot="705")
    await agent.ended()
    await caller.hears_sound(MUSIC)
    await scene.api.set_state("1004", "break", "rest")
    taker = await scene.dials("1004", "705")
    await taker.say(COLLEAGUE_HZ)
    await hear(caller=(caller, {COLLEAGUE_HZ}), taker=(taker, {CALLER_HZ}))
    caller.hang_up()
    await caller.ended()
    await taker.ended()
    done = await scene.api.call_from(number, state="ended", id=call["id"])
    assert {"parked", "retrieved"} <= {fact["kind"] for fact in done["facts"]}


async def test_a_phones_own_transfer_key_sends_the_caller_on(scene: Scene) -> None:
    """baresip sends REFER, is told how it goes, and is let go when the colleague has answered."""
    api, centre, number = scene.api, scene.centre, "13800000714"
    password = centre.person("1001").sip_password
    async with baresip(
        scene.folder / "b", user="1001", password=password, switch_port=centre.sip_port
    ) as phone:
        await api.reachable("1001", within_s=30)
        await phone.command("dial", f"sip:*11@127.0.0.1:{centre.sip_port}")
        await api.agent_is("1001", "ready")
        await phone.told("CALL_CLOSED")
        caller = await scene.caller(number, "4001")
        await caller.say(CALLER_HZ)
        await caller.hears(700)
        colleague = await scene.agent("1002")
        await phone.command("transfer", f"sip:1002@127.0.0.1:{centre.sip_port}")
        await colleague.say(COLLEAGUE_HZ)
        await hear(caller=(caller, {COLLEAGUE_HZ}), colleague=(colleague, {CALLER_HZ}))
        sent = await api.fact_of(number, "transfer", agent="1002")
        assert (sent["how"], sent["of"]) == ("blind", "1001")
        await api.agent_is("1001", "wrap_up")
        caller.hang_up()
        await caller.ended()
        await colleague.ended()


async def test_a_phone_connects_its_two_calls(scene: Scene) -> None:
    """The agent's phone calls the colleague beside the caller, then sends REFER with Replaces."""
    api, centre, number = scene.api, scene.centre, "13800000715"
    port = free_port()
    await scene.registered("1001", port)
    async with rtp_peer() as ear, sip_phone(centre.sip_port, ear.port, port) as phone:
        await api.reachable("1001")
        await api.set_state("1001", "ready")
        caller = await scene.caller(number, "4001")
        await caller.say(CALLER_HZ)
        await until(lambda: ear.hears(CALLER_HZ), "the caller at the agent")
        first = phone.calls[0]
        colleague = await scene.agent("1002")
        second = await phone.dial("1002")
        await colleague.say(COLLEAGUE_HZ)
        await api.agent_is("1002", "talking")
        refer_to = f"Refer-To: <sip:1002@127.0.0.1:{centre.sip_port}?Replaces={second.replaces}>\r\n"
        assert await phone.ask(first, "REFER", refer_to) == 202
        await hear(caller=(caller, {COLLEAGUE_HZ}), colleague=(colleague, {CALLER_HZ}))
        await until(lambda: first.ended and second.ended, "the end of both lines of the agent")
        assert first.fragments[-1] == "SIP/2.0 200 OK"
        sent = await api.fact_of(number, "transfer", agent="1002")
        assert (sent["how"], sent["of"]) == ("attended", "1001")
        inner = await api.call_from("phone", state="ended", number="1002")
        assert "moved" in [fact["kind"] for fact in inner["facts"]]
        caller.hang_up()
        await caller.ended()
        await colleague.ended()


async def test_a_caller_goes_on_at_another_line_and_both_are_recorded(scene: Scene) -> None:
    """A colleague calls the queue; the phone puts a new call in the place of that one (RFC 3891)."""
    api, centre, user = scene.api, scene.centre, "1001"
    port = free_port()
    await scene.registered(user, port)
    async with rtp_peer() as ear, sip_phone(centre.sip_port, ear.port, port) as phone:
        await api.reachable(user)
        agent = await scene.agent("1002")
        old = await phone.dial("4001")
        await agent.say(AGENT_HZ)
        heard = len(ear.heard)
        await until(lambda: len(ear.heard) > heard + 150, "three seconds of talk")
        new = await phone.dial("4001", f"{_in_place_of(old)}Require: replaces\r\n")
        await until(lambda: old.ended, "the end of the line that was replaced")
        call = await api.call_from("phone", state="talking")
        heard = len(ear.heard)
        await until(lambda: len(ear.heard) > heard + 100, "two seconds more")
        assert await phone.ask(new, "BYE") == 200
        await agent.ended()
    call = await api.call_from("phone", state="ended", id=call["id"])
    later = [each["recording"] for each in call["facts"] if each["kind"] == "recording_started"][-1]
    await api.fact_of("phone", "recording_stopped", recording=later)
    call = await api.call_from("phone", id=call["id"])
    replaced_ms = next(each["at_ms"] for each in call["facts"] if each["kind"] == "replaced")
    with closing(sqlite3.connect(centre.folder / "huawu.db")) as books:
        wanted = "SELECT path, began_ms, length_ms, state FROM recordings WHERE call = ? ORDER BY began_ms"
        rows = books.execute(wanted, [call["id"]]).fetchall()
    assert [state for *_, state in rows] == ["complete", "complete"]
    for path, _, length_ms, _ in rows:
        assert find(centre.folder, path, call["id"]).length_ms == length_ms
    (_, began_ms, length_ms, _), (*_, later_ms, _) = rows
    assert abs(began_ms + length_ms - replaced_ms) < 300
    assert call["recording"]["length_ms"] == later_ms > 1_500


def _in_place_of(call: Call) -> str:
    """The header of an INVITE that takes the place of a call of this phone."""
    return f"Replaces: {call.call_id};to-tag={call.their_tag};from-tag={call.our_tag}\r\n"
