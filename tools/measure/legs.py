"""Agents' pages in a real Chromium, all in recorded calls at once: who hears, who is heard, what it costs.

The whole way: a switch, a centre, SIPp's callers who speak, and pages at the desk that register by WebSocket,
answer by F2 and talk by ICE, DTLS and SRTP. Run: python -m tools.measure.legs [legs ...]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from tools.measure.centre import FEW_AGENTS, BenchFailed, Centre, Cpu, running_centre
from tools.measure.chromium import PATIENCE_MS, a_page, browsers_seconds, chromium, sign_in
from tools.measure.parts import SETTLE_S, Row, Trouble, core_share, idle_share, loop_ns, silent_recordings
from tools.measure.sipp import calling
from tools.measure.voices import Heard, speaking

LEGS = 20
A_BROWSER = 10
"""Pages of one Chromium: it opens 16 microphones at most, and says of the next that it is in use."""
SECONDS = 8.0
ANSWER_S = 1.5
"""At most, for each page, until all have answered."""
SWITCH = ("--sip-ws", "127.0.0.1:0", "--ws-origin", "*", "--webrtc", "127.0.0.1:0")
EVENLY = 0.9
"""Of the 50 packets a second that are due: fewer, and the page does not hear its caller."""

AN_AGENT = """
const Connection = window.RTCPeerConnection
window.legs = []
window.RTCPeerConnection = class extends Connection {
    constructor(...given) {
        super(...given)
        window.legs.push(this)
    }
}
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
navigator.mediaDevices.getUserMedia = (wanted) => ask({ audio: {
    ...(wanted.audio === true ? {} : wanted.audio),
    echoCancellation: false, noiseSuppression: false, autoGainControl: false,
} })
setInterval(() => document.querySelector('[data-test=offer] [data-test=answer]')?.click(), 250)
"""
COUNTS = """async () => {
    const told = { got: 0, lost: 0, sent: 0, energy: 0, said: 0, jitter_ms: 0, round_trip_ms: 0 }
    for (const leg of window.legs.filter(one => one.connectionState === 'connected'))
        for (const one of (await leg.getStats()).values()) {
            if (one.type === 'inbound-rtp') {
                told.got += one.packetsReceived
                told.lost += one.packetsLost
                told.energy += one.totalAudioEnergy ?? 0
                told.jitter_ms = 1000 * one.jitter
            } else if (one.type === 'outbound-rtp') told.sent += one.packetsSent
            else if (one.type === 'media-source') told.said += one.totalAudioEnergy ?? 0
            else if (one.type === 'candidate-pair' && one.nominated)
                told.round_trip_ms = 1000 * (one.currentRoundTripTime ?? 0)
        }
    return told
}"""


@dataclass(frozen=True, slots=True)
class Ear:
    """What one page's WebRTC told of its leg while it was measured."""

    got: int
    lost: int
    sent: int
    energy: float
    """Of what it played; 0 when all of it was silence."""
    said: float
    jitter_ms: float
    round_trip_ms: float

    def hears(self, seconds: float) -> bool:
        return self.got >= EVENLY * 50 * seconds and self.energy > 0

    def speaks(self, seconds: float) -> bool:
        return self.sent >= EVENLY * 50 * seconds and self.said > 0


@dataclass(frozen=True, slots=True)
class Talked:
    """Some seconds of so many calls at once."""

    ears: list[Ear]
    callers: Heard
    share: Cpu
    browsers: float
    """Of one core, all pages of the browser together."""
    idle: Cpu
    silent: int
    """Recordings that lack the voice of a side."""
    seconds: float
    loop_ns: float

    @property
    def a_leg(self) -> float:
        """Percent of a core, of the switch: the page's leg, its caller's, their recording."""
        return 100 * (self.share.switch - self.idle.switch) / len(self.ears)

    @property
    def lost(self) -> float:
        """Percent of the packets of both ways."""
        got = sum(ear.got for ear in self.ears) + self.callers.got
        lost = sum(ear.lost for ear in self.ears) + self.callers.lost
        return 100 * max(0, lost) / max(1, got + lost)


def talk(folder: Path, trouble: Trouble, legs: int, seconds: float = SECONDS) -> Talked:
    """So many pages, each in a call with a caller who speaks. Raises BenchFailed when one does not answer."""
    with ExitStack() as stack:
        centre = stack.enter_context(
            running_centre(folder, SWITCH, agents_count=legs + FEW_AGENTS, in_pages=True)
        )
        idle = idle_share(centre)
        browsers = stack.enter_context(chromium(-(-legs // A_BROWSER)))
        pages = [
            _desk(browsers[place // A_BROWSER], centre, agent)
            for place, agent in enumerate(centre.agents[FEW_AGENTS:])
        ]
        talked = _in_calls(centre, folder, trouble, pages, idle, seconds)
        trouble.lines += centre.complaints()
    return talked


def _desk(browser: Browser, centre: Centre, agent: str) -> Page:
    page, user = a_page(browser, AN_AGENT), f"a{agent}"
    sign_in(page, centre.http, user, centre.passwords[user], "/desk")
    expect(page.get_by_test_id("phone-light")).to_contain_text("话机正常", timeout=PATIENCE_MS)
    page.get_by_test_id("go-ready").click()
    expect(page.get_by_test_id("desk-state")).to_contain_text("就绪", timeout=PATIENCE_MS)
    return page


def _in_calls(
    centre: Centre, folder: Path, trouble: Trouble, pages: list[Page], idle: Cpu, seconds: float
) -> Talked:
    legs, loop = len(pages), loop_ns()
    answer_s = 5.0 + ANSWER_S * legs
    with (
        speaking(legs) as voices,
        calling(centre, folder, ports=voices.ports, talk_s=answer_s + seconds + 5.0) as lines,
    ):
        began = time.monotonic()
        for page in pages:
            expect(page.get_by_test_id("line-state")).to_have_text("通话中", timeout=PATIENCE_MS)
        if time.monotonic() - began > answer_s:
            raise BenchFailed(f"{legs} pages took longer than {answer_s:.0f} s to answer")
        time.sleep(2.0)  # what the answering itself takes is not what a leg costs
        before, heard, browsers = [_counts(page) for page in pages], voices.heard(), browsers_seconds()
        measured = time.monotonic()
        share = core_share(centre, seconds)
        browsers = (browsers_seconds() - browsers) / (time.monotonic() - measured)
        callers = voices.heard() - heard
        ears = [_less(_counts(page), past) for page, past in zip(pages, before, strict=True)]
    went = lines.counted("SuccessfulCall(C)")
    trouble.failed += legs - went
    if went < legs:
        trouble.lines += lines.errors().splitlines()[:5]
    time.sleep(SETTLE_S)
    silent = silent_recordings(centre, legs)
    return Talked(ears, callers, share, browsers, idle, silent, seconds, (loop + loop_ns()) / 2)


def _counts(page: Page) -> Ear:
    return Ear(**page.evaluate(COUNTS))


def _less(now: Ear, past: Ear) -> Ear:
    return Ear(
        got=now.got - past.got,
        lost=now.lost - past.lost,
        sent=now.sent - past.sent,
        energy=now.energy - past.energy,
        said=now.said - past.said,
        jitter_ms=now.jitter_ms,
        round_trip_ms=now.round_trip_ms,
    )


def judge(talked: Talked, trouble: Trouble) -> None:
    """Whatever was not heard counts as failed."""
    for place, ear in enumerate(talked.ears):
        if not (ear.hears(talked.seconds) and ear.speaks(talked.seconds)):
            trouble.failed += 1
            trouble.lines.append(f"page {place + 1} of {len(talked.ears)} did not hear or speak: {ear}")
    if talked.silent:
        trouble.failed += talked.silent
        trouble.lines.append(f"{talked.silent} recordings of pages' calls lack a side's voice")


def bench(folder: Path, trouble: Trouble) -> Iterator[Row]:
    """Part o: 20 real pages at once."""
    talked = talk(folder, trouble, LEGS)
    judge(talked, trouble)
    yield Row(
        "o",
        f"a leg of a real Chromium, with its caller's and their recording ({LEGS} at once)",
        "% of a core",
        {
            "a leg": talked.a_leg,
            "lost": talked.lost,
            "centre": 100 * (talked.share.centre - talked.idle.centre) / LEGS,
            "the browser for each page": 100 * talked.browsers / LEGS,
        },
        judged=talked.a_leg,
        must=1.5,
        aim=1.0,
        loop_ns=talked.loop_ns,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("legs", nargs="*", type=int, default=[LEGS])
    parser.add_argument("--seconds", type=float, default=SECONDS)
    chosen = parser.parse_args()
    print(" legs  hear and speak     a leg  browser a page    lost  jitter  round trip")
    for legs in chosen.legs:
        trouble = Trouble()
        with tempfile.TemporaryDirectory(prefix="huawu-legs") as folder:
            talked = talk(Path(folder), trouble, legs, chosen.seconds)
        judge(talked, trouble)
        well = sum(ear.hears(talked.seconds) and ear.speaks(talked.seconds) for ear in talked.ears)
        print(
            f"{legs:5}  {well:14}  {talked.a_leg:7.3f} %  {100 * talked.browsers / legs:12.2f} %"
            f"  {talked.lost:5.2f} %  {max(ear.jitter_ms for ear in talked.ears):3.0f} ms"
            f"  {max(ear.round_trip_ms for ear in talked.ears):7.0f} ms",
            flush=True,
        )
        for line in trouble.lines:
            print(f"  {line}")


if __name__ == "__main__":
    main()
