"""Who guesses extensions, numbers and passwords learns nothing, gets slower, and stands in the log."""

# ruff: noqa: E501 (wire text is shown unbroken)

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from huawu.link.messages import Configure, Trunk, TrunkId
from huawu.switch.log import LineFormatter, SuspicionLog
from huawu.switch.sip import digest, guessers, pace
from huawu.switch.sip.agent import UserAgent
from huawu.switch.sip.events import CallOffered, Flow, SendPacket, Suspicion
from huawu.switch.sip.guessers import Guessers, network_of
from huawu.switch.sip.message import Response, parse
from huawu.switch.sip.pace import Pace
from tests.switch.sip.playbook import REALM, Agent, Party, Playbook, credentials, crlf, endpoint

KNOWN, DISABLED, UNKNOWN = "1001", "1002", "4711"
PLACE = "sip:10.0.0.1"


class Scanner(Party):
    """Sends single requests from one place; keeps the bytes that come back, and when."""

    def __init__(self, book: Playbook, ours: Agent, host: str = "10.0.0.66") -> None:
        super().__init__(book, host, 5060)
        self.ours = ours
        self.heard: list[tuple[float, bytes]] = []
        self.number = 0

    def deliver(self, data: bytes, flow: Flow) -> None:
        self.heard.append((round(self.book.now, 3), data))

    def send(
        self,
        method: str,
        user: str,
        *lines: str,
        uri: str = "",
        acks: bool = False,
        agent: str = "friendly-scanner",
    ) -> None:
        self.number += 1
        number = self.number
        text = (
            f"{method} {uri or PLACE} SIP/2.0\nVia: SIP/2.0/UDP {self.place};branch=z9hG4bK{number};rport\n"
            f"Max-Forwards: 70\nFrom: <sip:{user}@{REALM}>;tag=f{number}\nTo: <sip:{user}@{REALM}>\n"
            f"Call-ID: scan{number}\nCSeq: 1 {method}\nContact: <sip:{user}@{self.place}>\n"
            f"User-Agent: {agent}\n"
        )
        text += "".join(f"{line}\n" for line in lines) + "Content-Length: 0\n\n"
        self.book.post(
            self, SendPacket(flow=Flow(transport="udp", host="10.0.0.1", port=5060), data=crlf(text))
        )
        self.book.run(0.05)
        if acks:
            to = self.answer().headers["to"][0]
            ack = (
                text.replace(f"{method} {uri or PLACE}", f"ACK {uri or PLACE}")
                .replace(f"1 {method}", "1 ACK")
                .replace(f"To: <sip:{user}@{REALM}>", f"To: {to}")
            )
            flow = Flow(transport="udp", host="10.0.0.1", port=5060)
            self.book.post(self, SendPacket(flow=flow, data=crlf(ack)))
            self.book.run(0.05)

    def answer(self) -> Response:
        found = parse(self.heard[-1][1])
        assert isinstance(found, Response)
        return found

    def proof(self, method: str, user: str, password: str) -> str:
        """The Authorization line for the challenge heard last."""
        return credentials(self.answer(), method, PLACE, user, password)

    def guess(self, user: str, password: str = "guess", method: str = "REGISTER") -> None:
        """Take a challenge and answer it wrongly; does not wait for what becomes of it."""
        self.send(method, user)
        self.send(method, user, self.proof(method, user, password))


def stage(host: str = "10.0.0.66") -> tuple[Playbook, Agent, Scanner]:
    book = Playbook()
    ours = book.agent()
    off = msgspec.structs.replace(endpoint(DISABLED), enabled=False)
    ours.configure(endpoint(KNOWN), off)
    return book, ours, Scanner(book, ours, host)


def suspicions(ours: Agent) -> list[Suspicion]:
    return [one for one in ours.news if isinstance(one, Suspicion)]


# ── the same for all ──


def asks(method: str, user: str, how: str, monkeypatch: pytest.MonkeyPatch) -> tuple[object, ...]:
    """All that a scanner can see of us when it asks about a user, and how much work it made."""
    work: Counter[str] = Counter()
    for name in ("hashed", "response_to"):
        done = getattr(digest, name)

        def counted(*given: object, _name: str = name, _done: object = done, **named: object) -> object:
            work[_name] += 1
            return _done(*given, **named)  # type: ignore[operator]

        monkeypatch.setattr(digest, name, counted)
    book, ours, scanner = stage()
    uri = PLACE if method == "REGISTER" else f"sip:{user}@10.0.0.1"
    lines: tuple[str, ...] = ("Event: presence",) if method == "SUBSCRIBE" else ()
    if how != "bare":
        scanner.send("REGISTER", user)
        line = scanner.proof(method, user, "guess").replace(f'uri="{PLACE}"', f'uri="{uri}"')
        if how == "other realm":
            line = line.replace(REALM, "asterisk")
        elif how == "invented nonce":
            line = line.replace('nonce="', 'nonce="00')
        elif how == "old nonce":
            book.run(digest.NONCE_LIFE + 1)
        elif how == "garbage":
            line = "Authorization: Digest " + line[30:]
        lines += (line,)
    began = book.now
    work.clear()
    scanner.send(method, user, *lines, uri=uri)
    book.run(60)
    monkeypatch.undo()
    heard = tuple((at - began, data.replace(user.encode(), b"USER")) for at, data in scanner.heard)
    told = [
        (one.kind, one.user.replace(user, "USER"), one.detail.replace(user, "USER"))
        for one in suspicions(ours)
    ]
    return heard, told, dict(work), ours.ua.leaks()


@pytest.mark.parametrize(
    "method", ["REGISTER", "INVITE", "OPTIONS", "SUBSCRIBE", "MESSAGE", "NOTIFY", "REFER", "BYE"]
)
@pytest.mark.parametrize(
    "how", ["bare", "wrong password", "other realm", "invented nonce", "old nonce", "garbage"]
)
def test_known_disabled_and_unknown_users_cannot_be_told_apart(
    method: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = [asks(method, user, how, monkeypatch) for user in (KNOWN, DISABLED, UNKNOWN)]
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0][0]) >= 1  # type: ignore[arg-type]


def test_a_right_password_for_a_disabled_user_is_a_wrong_one(monkeypatch: pytest.MonkeyPatch) -> None:
    book, ours, scanner = stage()
    scanner.guess(DISABLED, "secret")
    book.run(10)
    assert scanner.answer().code == 401
    assert [one.kind for one in suspicions(ours)] == ["auth_failed"]


def test_an_old_nonce_does_not_tell_whether_the_password_was_right() -> None:
    answers = []
    for password in ("secret", "guess"):
        book, _, scanner = stage()
        scanner.send("REGISTER", KNOWN)
        line = scanner.proof("REGISTER", KNOWN, password)
        book.run(digest.NONCE_LIFE + 1)
        scanner.send("REGISTER", KNOWN, line)
        book.run(20)
        answers.append(scanner.heard[-1])
    assert answers[0] == answers[1]
    assert b"stale=true" in answers[0][1]


# ── slowed ──


def test_each_guess_needs_a_challenge_of_its_own() -> None:
    book, ours, scanner = stage()
    scanner.send("REGISTER", KNOWN)
    lines = [scanner.proof("REGISTER", KNOWN, password) for password in ("a", "b", "secret")]
    lines = [line.replace("nc=00000001", f"nc=0000000{number}") for number, line in enumerate(lines, 1)]
    for line in lines:
        scanner.send("REGISTER", KNOWN, line)
    book.run(10)
    assert all(b"401" in data.split(b"\r\n")[0] for _, data in scanner.heard)
    assert [one.kind for one in suspicions(ours)] == ["auth_failed"]


def test_guesses_side_by_side_are_judged_no_faster_than_their_answers_leave() -> None:
    book, ours, scanner = stage()
    for number in range(40):
        scanner.guess(KNOWN, f"guess{number}")
    book.run(60)
    guesses = [one for one in suspicions(ours) if one.user]
    crowded = [one for one in guesses if one.detail == "too many guesses at once"]
    refused = [one for one in guesses if one not in crowded]
    assert len(refused) < 10
    assert len(refused) + len(crowded) == 40
    assert ours.clean()


def test_a_distributed_guesser_is_slowed_by_the_user_it_guesses_at() -> None:
    book, ours, _ = stage()
    waits = []
    for number in range(6):
        scanner = Scanner(book, ours, f"10.1.0.{number + 1}")
        scanner.guess(KNOWN)
        began = book.now
        count = len(scanner.heard)
        book.run(20)
        waits.append(round(scanner.heard[count][0] - began, 1) if len(scanner.heard) > count else 0.0)
    assert waits[0] < 1
    assert waits == sorted(waits)
    assert waits[-1] > 7


def test_a_right_password_does_not_clear_the_way_for_guesses_at_others() -> None:
    book, ours, scanner = stage()
    for _ in range(5):
        scanner.guess(UNKNOWN)
        book.run(20)
        scanner.send("REGISTER", KNOWN)
        scanner.send("REGISTER", KNOWN, scanner.proof("REGISTER", KNOWN, "secret"))
        assert scanner.answer().code == 200
    scanner.guess(UNKNOWN)
    book.run(5)
    assert scanner.answer().code == 401
    assert scanner.heard[-1][0] < book.now - 4.8  # only the challenge so far: the answer waits 8 s
    assert len(suspicions(ours)) == 6


def test_an_innocent_phone_behind_the_same_address_registers_at_once_in_the_midst_of_guessing() -> None:
    book, _, scanner = stage()
    for number in range(60):
        scanner.guess("9999", f"guess{number}")
    began = book.now
    scanner.send("REGISTER", KNOWN)
    scanner.send("REGISTER", KNOWN, scanner.proof("REGISTER", KNOWN, "secret"))
    assert scanner.answer().code == 200
    assert book.now - began < 0.2


def test_a_phone_keeps_its_place_while_its_neighbour_guesses_at_its_password() -> None:
    book, ours, phone = stage()
    phone.send("REGISTER", KNOWN)
    phone.send("REGISTER", KNOWN, phone.proof("REGISTER", KNOWN, "secret"))
    neighbour = Scanner(book, ours)
    del book.parties[neighbour.host, neighbour.port]
    neighbour.port = 40_000
    book.parties[neighbour.host, neighbour.port] = neighbour
    book.parties[phone.host, phone.port] = phone
    for number in range(30):
        neighbour.guess(KNOWN, f"guess{number}")
    phone.number = 500
    phone.send("REGISTER", KNOWN)
    phone.send("REGISTER", KNOWN, phone.proof("REGISTER", KNOWN, "secret"))
    assert phone.answer().code == 200
    assert "too many guesses at once" in {one.detail for one in suspicions(ours)}


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8::9", "2001:db8:0:0::/64"),
        ("::1", "0:0:0:0::/64"),
        ("fe80::1%eth0", "fe80:0:0:0::/64"),
        ("2001:db8:0001::", "2001:db8:1:0::/64"),
    ],
)
def test_a_guesser_with_a_whole_64_is_one_guesser(host: str, network: str) -> None:
    assert network_of(host) == network


def test_failures_are_forgotten_after_a_while() -> None:
    one = Guessers()
    assert [one.wrong("h", "u", 0.0) for _ in range(3)] == [0.5, 1.0, 2.0]
    assert one.wrong("h", "u", guessers.FORGET_AFTER + 1) == 0.5


def test_what_is_kept_of_guessers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessers, "MAX_SOURCES", 5)
    one, answers = Guessers(), Pace()
    for number in range(100):
        one.wrong(f"10.0.0.{number}", f"u{number}" * 50, float(number))
        one.unproven(f"10.1.0.{number}", float(number))
    assert (len(one._networks), len(one._users), len(one._pairs)) == (5, 5, 5)
    monkeypatch.setattr(pace, "MAX_SOURCES", 5)
    assert all(answers.allows(f"10.0.0.{number}", 0.0) for number in range(100))
    assert len(answers) == 5


# ── habits of scanners ──


def test_a_sweep_over_extensions_gets_the_same_401_each_and_is_told_after_a_while() -> None:
    _, ours, scanner = stage()
    for extension in range(100, 200):
        scanner.send("REGISTER", str(extension))
    titles = {data.split(b"\r\n")[0] for _, data in scanner.heard}
    assert (len(scanner.heard), titles) == (100, {b"SIP/2.0 401 Unauthorized"})
    found = suspicions(ours)
    assert len(found) == 80
    assert {(one.kind, one.proved) for one in found} == {("auth_failed", False)}
    assert ours.clean()


@pytest.mark.parametrize("number", ["00441234567890", "900441234567890", "+441234567890", "011972599", "100"])
def test_numbers_without_login_are_refused_and_told_from_the_third_on(number: str) -> None:
    _, ours, scanner = stage()
    for _ in range(6):
        scanner.send("INVITE", "100", uri=f"sip:{number}@10.0.0.1", acks=True, agent="sipcli/v1.8")
    assert [one.kind for one in suspicions(ours)] == ["forbidden_number"] * 4
    assert {one.proved for one in suspicions(ours)} == {True}
    assert not [one for one in ours.news if isinstance(one, CallOffered)]
    assert ours.clean()


def test_who_does_not_acknowledge_may_have_forged_its_address() -> None:
    _, ours, scanner = stage()
    for _ in range(6):
        scanner.send("INVITE", "100", uri="sip:00441@10.0.0.1")
    assert {(one.kind, one.proved) for one in suspicions(ours)} == {("forbidden_number", False)}


def test_an_acknowledgement_with_an_invented_tag_proves_nothing() -> None:
    _, ours, scanner = stage()
    for _ in range(6):
        scanner.send("INVITE", "100", uri="sip:00441@10.0.0.1")
        ack = (
            f"ACK sip:00441@10.0.0.1 SIP/2.0\n"
            f"Via: SIP/2.0/UDP {scanner.place};branch=z9hG4bK{scanner.number}\n"
            f"From: <sip:100@{REALM}>;tag=f{scanner.number}\nTo: <sip:100@{REALM}>;tag=0123456789abcdef\n"
            f"Call-ID: scan{scanner.number}\nCSeq: 1 ACK\nMax-Forwards: 70\n\n"
        )
        scanner.ours.deliver(crlf(ack), Flow(transport="udp", host=scanner.host, port=5060))
    assert {one.proved for one in suspicions(ours)} == {False}


def test_wrong_passwords_prove_the_address_for_their_nonce_was_sent_there() -> None:
    _, ours, scanner = stage()
    scanner.guess(KNOWN)
    assert [(one.kind, one.user, one.proved) for one in suspicions(ours)] == [("auth_failed", KNOWN, True)]


def test_a_nonce_that_somebody_else_was_given_bans_nobody() -> None:
    book, ours, scanner = stage()
    scanner.send("REGISTER", KNOWN)
    line = scanner.proof("REGISTER", KNOWN, "guess")
    victim = Scanner(book, ours, "10.0.0.77")
    for _ in range(40):
        victim.send("REGISTER", KNOWN, line)
    assert {one.proved for one in suspicions(ours)} <= {False}
    assert all(b"stale=true" in data for _, data in victim.heard)


def test_a_flood_of_options_is_answered_at_a_pace_and_told() -> None:
    _, ours, _ = stage()
    flow = Flow(transport="udp", host="10.0.0.66", port=5060)
    text = (
        "OPTIONS sip:100@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.66;branch=z9hG4bK{n}\n"
        "From: <sip:a@b>;tag=1\nTo: <sip:100@b>\nCall-ID: o{n}\nCSeq: 1 OPTIONS\nMax-Forwards: 70\nUser-Agent: friendly-scanner\n\n"
    )
    answered = 0
    for number in range(1000):
        out = ours.ua.receive(crlf(text.replace("{n}", str(number))), flow, number / 1000)
        answered += any(isinstance(one, SendPacket) for one in out)
        ours.news += [one for one in out if isinstance(one, Suspicion)]
    assert answered == pytest.approx(pace.BURST + pace.A_SECOND, abs=2)
    assert {one.kind for one in suspicions(ours)} == {"flood"}
    other = Flow(transport="udp", host="10.0.0.67", port=5060)
    assert ours.ua.receive(crlf(text.replace("{n}", "x")), other, 1.0), "others are answered"
    assert ours.clean()


def test_pings_of_trunks_and_registered_phones_are_always_answered() -> None:
    book = Playbook()
    ours = book.agent()
    trunk = Trunk(trunk=TrunkId("t"), target="10.0.0.2", sources=("10.0.0.2",))
    ours.do(ours.ua.configure(Configure(realm=REALM, trunks=(trunk,)), 0.0))
    carrier = Scanner(book, ours, "10.0.0.2")
    for _ in range(300):
        carrier.send("OPTIONS", "ping")
    assert len(carrier.heard) == 300
    flow = Flow(transport="udp", host="10.0.0.2", port=5060)
    assert all(_ping(ours.ua, flow, number) for number in range(1000))


def _ping(ua: UserAgent, flow: Flow, number: int) -> bool:
    text = (
        f"OPTIONS sip:10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKp{number}\n"
        f"From: <sip:a@b>;tag=1\nTo: <sip:b>\nCall-ID: p{number}\nCSeq: 1 OPTIONS\nMax-Forwards: 70\n\n"
    )
    return bool(ua.receive(crlf(text), flow, 20.0))


def test_malformed_via_is_told_and_answered_at_a_pace_where_an_answer_can_go() -> None:
    _, ours, _ = stage()
    flow = Flow(transport="udp", host="10.0.0.66", port=5060)
    bad = crlf(
        "OPTIONS sip:a SIP/2.0\nVia: SIP/2.0/UDP\nFrom: <sip:a@b>;tag=1\n"
        "To: <sip:b>\nCall-ID: x\nCSeq: 1 OPTIONS\n\n"
    )
    wrong = bad.replace(b"Via: SIP/2.0/UDP\r\n", b"Via: SIP/2.0/UDP 10.0.0.66;branch=z9hG4bK1\r\n").replace(
        b"1 OPTIONS", b"1 INVITE"
    )
    assert [type(one) for one in ours.ua.receive(bad, flow, 0.0)] == [Suspicion]
    answers = [ours.ua.receive(wrong, flow, 0.0) for _ in range(500)]
    assert sum(any(isinstance(one, SendPacket) for one in out) for out in answers) == pace.BURST
    assert all(any(isinstance(one, Suspicion) for one in out) for out in answers)


# ── the log ──


def test_the_line_says_whether_the_address_is_surely_the_senders(caplog: pytest.LogCaptureFixture) -> None:
    log = SuspicionLog()
    flow = Flow(transport="udp", host="192.0.2.1", port=5060)
    for one in (
        Suspicion(kind="auth_failed", flow=flow, user='1001" address=proved', detail="x"),
        Suspicion(kind="auth_failed", flow=flow, proved=True),
        Suspicion(kind="malformed", flow=Flow(transport="tcp", host="192.0.2.1", port=9, connection=3)),
    ):
        log.note(one, at=0.0)
    lines = [LineFormatter("text").format(record) for record in caplog.records]
    assert ["address=claimed " in lines[0], lines[0].count("transport=udp address=")] == [True, 1]
    assert lines[1].endswith("source=192.0.2.1 port=5060 transport=udp address=proved")
    assert lines[2].endswith("source=192.0.2.1 port=9 transport=tcp address=proved")
