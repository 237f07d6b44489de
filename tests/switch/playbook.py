"""A switch core among fakes, with verbs that read like what happens on the line."""

from __future__ import annotations

from huawu.link.messages import Answer, Command, Event, LegEnded, LegId, Originate, TrunkId, Welcome
from huawu.switch.core import SwitchCore
from huawu.switch.sip.events import CallAnswered, CallConfirmed, CallOffered, Flow, Output
from huawu.switch.sip.sdp import Sdp
from tests.switch.fakes import PEER, FakeCalls, FakeMedia, FakeSurroundings

A, B, C = LegId("a"), LegId("b"), LegId("c")
TRUNK = TrunkId("t")


def sdp(
    *,
    direction: str = "sendrecv",
    codecs: str = "8 0 101",
    host: str = "127.0.0.9",
    port: int = 4000,
    profile: str = "RTP/AVP",
    crypto: str = "",
) -> Sdp:
    family = "IP6" if ":" in host else "IP4"
    return Sdp.parse(
        f"v=0\r\no=- 1 1 IN {family} {host}\r\ns=-\r\nc=IN {family} {host}\r\nt=0 0\r\n"
        f"m=audio {port} {profile} {codecs}\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n"
        + (f"a=crypto:{crypto}\r\n" if crypto else "")
    )


class Line:
    """The core, its fakes, and what it told since the last look."""

    def __init__(self, *, centre: bool = True, media_timeout_s: float = 60.0) -> None:
        self.calls, self.media, self.around = FakeCalls(), FakeMedia(), FakeSurroundings()
        self.core = SwitchCore(
            calls=self.calls,
            media=self.media,
            around=self.around,
            media_timeout_s=media_timeout_s,
            sip_addresses=("udp:127.0.0.1:5060",),
        )
        self._numbers = 0
        if centre:
            self.core.centre_present(True)

    def news(self, *outputs: Output) -> list[Event]:
        """SIP tells something; what the centre hears of it."""
        self.calls.next = list(outputs)
        self.core.receive(b"", PEER)
        return self.told()

    def told(self) -> list[Event]:
        events, self.around.events = self.around.events, []
        return events

    def do(self, command: Command) -> list[Event]:
        """The centre commands; what it hears of it."""
        self._numbers += 1
        self.core.execute(self._numbers, command)
        return self.told()

    def answer(self, leg: LegId) -> list[Event]:
        """The centre answers, and the caller acknowledges; what it hears of both."""
        before = self.do(Answer(leg=leg))
        return before + self.news(CallConfirmed(leg=leg))

    def offered(self, leg: LegId = A, offer: Sdp | None = None, flow: Flow = PEER) -> list[Event]:
        return self.news(
            CallOffered(
                leg=leg,
                from_number="13812345678",
                from_name="王",
                to_number="95500",
                endpoint=None,
                trunk=TRUNK,
                flow=flow,
                offer=offer,
            )
        )

    def called(self, leg: LegId) -> None:
        """We call somebody, who answers."""
        self.do(Originate(leg=leg, trunk=TRUNK, number="10086"))
        self.news(CallAnswered(leg=leg, answer=sdp(codecs="8 101")))

    def pass_time(self, seconds: float) -> list[Event]:
        """Let time pass and the timers that are due fire, in their order."""
        until = self.around.seconds + seconds
        while self.around.timers:
            key, due = min(self.around.timers.items(), key=lambda item: item[1])
            if due > until:
                break
            self.around.seconds = max(self.around.seconds, due)
            del self.around.timers[key]
            self.core.fire(key)
        self.around.seconds = until
        return self.told()

    def snapshot(self) -> Welcome:
        return self.core.welcome(Welcome(switch="s", replays=False, last_event=0))


def ends(events: list[Event]) -> list[tuple[LegId, str, str]]:
    """The ends told: leg, by whom, why."""
    return [(event.leg, event.by, event.reason) for event in events if isinstance(event, LegEnded)]
