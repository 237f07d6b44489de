"""Registration: who may, for how long, in which order; and what it means for calls."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huawu.link.messages import Endpoint, EndpointId, Trunk, TrunkId
from huawu.switch.sip import slowed
from huawu.switch.sip.digest import parameters_of
from huawu.switch.sip.events import CallOffered, ContactsChanged, Flow, SendPacket, Suspicion
from huawu.switch.sip.message import Response
from tests.switch.sip.playbook import LATENCY, REALM, Agent, Peer, Playbook, credentials, endpoint, sdp_of

BOB = EndpointId("e-bob")
URI = "sip:huawu.test"


class Phone:
    """A phone that answers challenges."""

    def __init__(self, host: str = "10.0.0.9", transport: str = "UDP", **fields: str) -> None:
        self.book = Playbook()
        self.ours: Agent = self.book.agent()
        self.ours.configure(endpoint("bob"), endpoint("eve"))
        self.peer: Peer = self.book.peer(host)
        self.fields = fields | {"transport": transport}
        self.cseq = 0

    def register(
        self,
        *lines: str,
        user: str = "bob",
        as_user: str = "",
        password: str = "secret",
        cseq: int | None = None,
        **fields: str,
    ) -> Response:
        """REGISTER, challenged, REGISTER again; the last answer (after any delay)."""
        who = f"<sip:{user}@huawu.test>"
        answer: Response | None = None
        for _ in range(2):
            self.cseq = self.cseq + 1 if cseq is None else cseq
            extra: tuple[str, ...] = ()
            if answer is not None and answer.code == 401:
                extra = (credentials(answer, "REGISTER", URI, as_user or user, password),)
            self.peer.request(
                self.ours, "REGISTER", URI, *lines, *extra,
                **({"from_": f"{who};tag=r", "to_": who, "cseq": str(self.cseq), "call_id": "reg",
                    "branch": f"{self.book.now}{len(self.book.said)}"} | self.fields | fields),
            )  # fmt: skip
            self.book.run(10)
            answer = self.peer.hears_response(f"{self.peer.heard[0].code} REGISTER")  # type: ignore[union-attr]
        assert answer is not None
        return answer

    def contacts(self) -> list[int]:
        return [one.contacts for one in self.ours.news if isinstance(one, ContactsChanged)]


def test_registration_lives_for_its_time() -> None:
    phone = Phone()
    answer = phone.register("Expires: 120")
    assert answer.code == 200
    assert answer.first("contact") == "<sip:peer@10.0.0.9:5060>;expires=120"
    phone.book.run(100)
    assert phone.contacts() == [1]
    phone.book.run(30)
    assert phone.contacts() == [1, 0]
    assert phone.ours.clean()


def test_refreshing_keeps_it_alive_silently() -> None:
    phone = Phone()
    for _ in range(5):
        assert phone.register("Expires: 120").code == 200
        phone.book.run(80)
    assert phone.contacts() == [1]


@pytest.mark.parametrize(
    ("lines", "code", "expires"),
    [
        (("Expires: 30",), 423, ""),
        ((), 200, "3600"),
        (("Expires: 99999",), 200, "7200"),
        (("Expires: soon",), 200, "3600"),
    ],
)
def test_expiry_bounds(lines: tuple[str, ...], code: int, expires: str) -> None:
    answer = Phone().register(*lines)
    assert answer.code == code
    if code == 423:
        assert answer.first("min-expires") == "60"
    else:
        assert answer.first("contact").endswith(f";expires={expires}")


def test_unregistering() -> None:
    phone = Phone()
    phone.register()
    assert phone.register("Expires: 0").code == 200
    phone.register("Contact: <sip:second@10.0.0.9>")
    assert phone.contacts() == [1, 0, 2]


def test_star_takes_all_away() -> None:
    phone = Phone()
    phone.register("Contact: <sip:second@10.0.0.9>")
    phone.register("Contact: <sip:third@10.0.0.9>;expires=300")
    assert phone.contacts() == [2, 3]
    assert phone.register("Contact: *", "Expires: 0").code == 400  # * beside another
    text = (
        f"REGISTER {URI} SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKs{{0}}\n"
        "From: <sip:bob@huawu.test>;tag=r\nTo: <sip:bob@huawu.test>\nCall-ID: reg\n"
        "CSeq: 9{0} REGISTER\nContact: *\nExpires: 0\n{1}\n"
    )
    phone.peer.say(phone.ours, text.format(1, ""))
    phone.book.run()
    challenge = phone.peer.hears_response("401 REGISTER")
    line = credentials(challenge, "REGISTER", URI, "bob")
    phone.peer.say(phone.ours, text.format(2, line + "\n"))
    phone.book.run()
    assert "contact" not in phone.peer.hears_response("200 REGISTER").headers
    assert phone.contacts() == [2, 3, 0]


def test_old_registrations_do_not_undo_newer_ones() -> None:
    phone = Phone()
    phone.register()
    assert phone.register("Expires: 0", cseq=1).code == 500
    assert phone.contacts() == [1]
    assert phone.register("Expires: 0", cseq=1, call_id="rebooted").code == 200


def test_same_contact_again_is_one_contact() -> None:
    phone = Phone()
    phone.register()
    phone.ours.news.clear()
    answer = phone.register()
    assert len(answer.items("contact")) == 1
    assert not phone.ours.news


def test_slowed_answers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slowed, "MAX_SLOWED", 2)
    phone = Phone()
    for number in range(4):
        call(phone, "1", call_id=f"first{number}")
    asked = [one for one in phone.peer.heard if isinstance(one, Response)]
    for number, challenge in enumerate(asked):
        line = credentials(challenge, "INVITE", "sip:1@10.0.0.1", "bob", "guess")
        call(phone, "1", line, call_id=f"c{number}")
    kinds = [one.kind for one in phone.ours.news if isinstance(one, Suspicion)]
    assert kinds.count("flood") == 2
    phone.book.run(60)
    assert phone.ours.clean()


def test_wrong_password_unknown_user_and_somebody_elses_name_get_the_same_slow_answer() -> None:
    answers = []
    for user, as_user, password in (("bob", "", "wrong"), ("nobody", "", "secret"), ("bob", "eve", "secret")):
        phone = Phone()
        answer = phone.register(user=user, as_user=as_user, password=password)
        assert phone.ours.take(Suspicion).kind == "auth_failed"
        said = [title for _, title in phone.book.said]
        assert said == ["REGISTER", "401 REGISTER", "REGISTER", "401 REGISTER"]
        answers.append((answer.code, answer.phrase, sorted(answer.headers)))
    assert answers[0] == answers[1] == answers[2]


def test_answers_to_failures_grow_slower() -> None:
    phone = Phone()
    who = "<sip:bob@huawu.test>"
    waits = []
    for number in range(7):
        phone.peer.request(phone.ours, "REGISTER", URI, from_=f"{who};tag=r", to_=who, branch=f"a{number}")
        phone.book.run()
        line = credentials(phone.peer.hears_response("401 REGISTER"), "REGISTER", URI, "bob", "guess")
        phone.peer.request(
            phone.ours, "REGISTER", URI, line, from_=f"{who};tag=r", to_=who, branch=f"b{number}"
        )
        began = phone.book.now
        while not phone.peer.heard:
            phone.book.run(0.1)
        waits.append(round(phone.book.now - began, 1))
        phone.peer.heard.clear()
    assert waits == [0.6, 1.1, 2.1, 4.1, 8.1, 8.1, 8.1]
    phone.book.run(40)
    assert phone.ours.clean()


def ask(phone: Phone, who: str, branch: str, *lines: str) -> None:
    """A REGISTER without credentials."""
    phone.peer.request(phone.ours, "REGISTER", URI, *lines, from_=f"{who};tag=r", to_=who, branch=branch)
    phone.book.run()


@pytest.mark.parametrize(
    ("name", "algorithms"),
    [
        ("User-Agent: Zoiper 5", ["SHA-256", "MD5"]),
        ("User-Agent: baresip v1.0.0 (x86_64/linux)", ["MD5"]),
        ("User-Agent: baresip v3.9.0 (x86_64/linux)", ["SHA-256", "MD5"]),
        ("Subject: none", ["MD5", "SHA-256"]),  # SIPp and old gateways read the first alone
    ],
)
def test_challenge_takes_the_form_that_the_program_can_read(name: str, algorithms: list[str]) -> None:
    phone = Phone()
    ask(phone, "<sip:bob@huawu.test>", "b", name)
    values = phone.peer.hears_response("401 REGISTER").headers["www-authenticate"]
    assert [parameters_of(value)["algorithm"] for value in values] == algorithms


def test_phone_that_gives_up_at_sha_256_is_asked_for_md5_alone_next_time() -> None:
    phone = Phone()
    who = "<sip:bob@huawu.test>"
    asked = []
    for number in range(3):
        ask(phone, who, f"a{number}", "User-Agent: Some Phone 3")
        values = phone.peer.hears_response("401 REGISTER").headers["www-authenticate"]
        asked.append([parameters_of(value)["algorithm"] for value in values])
    assert asked == [["SHA-256", "MD5"], ["MD5"], ["SHA-256", "MD5"]]


def test_only_algorithms_that_someone_has_a_hash_for_are_asked() -> None:
    phone = Phone()
    bob = endpoint("bob")
    phone.ours.configure(Endpoint(endpoint=bob.endpoint, user="bob", ha1_sha256=bob.ha1_sha256))
    call(phone, "1", call_id="one")
    call(phone, "1", call_id="two")
    for _ in range(2):
        values = phone.peer.hears_response("401 INVITE").headers["www-authenticate"]
        assert [parameters_of(value)["algorithm"] for value in values] == ["SHA-256"]


def test_contacts_are_bounded() -> None:
    phone = Phone()
    for number in range(15):
        phone.register(contact=f"10.0.0.9:{6000 + number}")
    assert phone.contacts()[-1] == 10
    phone.book.run(4000)
    assert phone.contacts()[-1] == 0


def test_disabled_endpoint_loses_its_registration() -> None:
    phone = Phone()
    phone.register()
    phone.ours.configure(endpoint("eve"))
    assert phone.contacts() == [1, 0]
    assert phone.register().code == 401


def test_fixed_contact_is_reachable_without_registering() -> None:
    book = Playbook()
    ours, desk = book.agent(), book.peer("10.0.0.30", 5062)
    ours.configure(endpoint("bob", contact="10.0.0.30:5062"))
    assert ours.take(ContactsChanged).contacts == 1
    ours.call("out", endpoint=BOB)
    book.run()
    assert desk.hears_request("INVITE").uri == "sip:bob@10.0.0.30:5062"
    desk.request(ours, "INVITE", "sip:anything@x", body=str(sdp_of(desk)))
    book.run()
    assert ours.take(CallOffered).endpoint == BOB
    ours.configure()
    assert ours.take(ContactsChanged).contacts == 0


def test_phone_behind_nat_is_called_where_it_registered_from() -> None:
    phone = Phone("203.0.113.5", sent_by="192.168.1.20:5060", contact="192.168.1.20:5060")
    phone.register()
    phone.ours.call("out", endpoint=BOB)
    phone.book.run()
    invite = phone.peer.hears_request("INVITE")
    assert invite.uri == "sip:peer@192.168.1.20:5060"
    phone.peer.reply(invite, 200, body=str(sdp_of(phone.peer)))
    phone.book.run()
    phone.peer.hears("ACK")


def test_tcp_phone_is_called_on_its_connection_until_it_breaks() -> None:
    phone = Phone(transport="TCP", contact="10.0.0.9:40001")
    phone.register()
    phone.ours.call("out", endpoint=BOB)
    phone.book.run()
    phone.peer.hears("INVITE")
    flow = Flow(transport="tcp", host="10.0.0.9", port=5060, connection=1)
    phone.ours.do(phone.ours.ua.connection_lost(flow, phone.book.now))
    assert phone.contacts() == [1, 0]


# ── the gate ──────────────────────────────────────────────────────────────────────────────────────


def call(phone: Phone, number: str, *lines: str, user: str = "peer", call_id: str = "call") -> None:
    phone.peer.request(
        phone.ours, "INVITE", f"sip:{number}@10.0.0.1", *lines, from_=f"<sip:{user}@x>;tag=1",
        call_id=call_id, branch=call_id, body=str(sdp_of(phone.peer)),
    )  # fmt: skip
    phone.book.run()


def test_stranger_reaches_public_numbers_only() -> None:
    phone = Phone()
    call(phone, "10000")
    offered = phone.ours.take(CallOffered)
    assert (offered.endpoint, offered.trunk) == (None, None)
    phone.peer.heard.clear()
    call(phone, "10001", call_id="second")
    assert phone.peer.titles() == ["401 INVITE"]


def test_registered_phone_is_known_by_its_flow() -> None:
    phone = Phone()
    phone.register()
    call(phone, "10001", user="bob")
    assert phone.ours.take(CallOffered).endpoint == BOB


def test_credentials_prove_who_calls() -> None:
    phone = Phone()
    call(phone, "13800000000", call_id="one")
    challenge = phone.peer.hears_response("401 INVITE")
    uri = "sip:13800000000@10.0.0.1"
    call(phone, "13800000000", credentials(challenge, "INVITE", uri, "bob"), call_id="two")
    assert phone.ours.take(CallOffered).endpoint == BOB


def test_wrong_credentials_do_not_pass_as_a_stranger() -> None:
    phone = Phone()
    call(phone, "10001", call_id="one")
    challenge = phone.peer.hears_response("401 INVITE")
    call(
        phone, "10000", credentials(challenge, "INVITE", "sip:10000@10.0.0.1", "bob", "wrong"), call_id="two"
    )
    assert phone.ours.take(Suspicion).user == "bob"
    assert not [one for one in phone.ours.news if isinstance(one, CallOffered)]


@pytest.mark.parametrize(
    ("sources", "known"),
    [(("10.0.0.9",), True), (("10.0.0.0/24",), True), (("10.0.1.0/24", "nonsense", "::1"), False)],
)
def test_trunks_are_known_by_their_sources(sources: tuple[str, ...], known: bool) -> None:
    phone = Phone()
    phone.ours.configure(trunks=(Trunk(trunk=TrunkId("t"), target="10.0.0.9", sources=sources),))
    call(phone, "10000", 'P-Asserted-Identity: "Wang" <sip:+8613800000000@carrier>')
    offered = phone.ours.take(CallOffered)
    assert (offered.trunk is not None) == known
    assert offered.from_number == ("+8613800000000" if known else "peer")


# ── a law ─────────────────────────────────────────────────────────────────────────────────────────

deeds = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from([0, 60, 100, 300]), st.integers(0, 200)),
    max_size=8,
)


@given(deeds)
@settings(max_examples=40, deadline=None)
def test_told_contacts_are_those_that_live(plan: list[tuple[str, int, int]]) -> None:
    """After every step the last number told is the number of contacts not run out."""
    phone = Phone()
    alive: dict[str, float] = {}
    for name, seconds, wait in plan:
        before = phone.book.now
        answer = phone.register(f"Expires: {seconds}", contact=f"{name}.test:5060")
        assert answer.code == 200
        alive[name] = before + 10 + LATENCY + seconds if seconds else 0.0
        phone.book.run(wait + 0.5)
        now = phone.book.now
        living = sum(1 for end in alive.values() if end > now)
        assert (phone.contacts() or [0])[-1] == living
    phone.book.run(400)
    assert (phone.contacts() or [0])[-1] == 0
    assert phone.ours.clean()


def test_answers_to_strangers_are_the_same_again() -> None:
    """A repetition of a challenged request needs no memory of ours to get the same To tag."""
    phone = Phone()
    packets = []
    for _ in range(2):
        call(phone, "1", call_id="same")
        packets.append(phone.peer.hears_response("401 INVITE").to_tag)
    assert packets[0] == packets[1]
    assert REALM in phone.book.packets[-1].decode()
    assert all(isinstance(one, (Suspicion, SendPacket)) for one in phone.ours.news)


def test_phones_that_come_before_any_configuration_are_told_to_come_again_and_not_suspected() -> None:
    """A switch that was started again does not call honest phones guessers."""
    phone = Phone()
    phone.ours = phone.book.agent()
    phone.ours.ua.overloaded(5)  # no centre has told it anything yet
    answer = phone.register()
    assert (answer.code, answer.first("retry-after")) == (503, "5")
    assert phone.ours.news == []
    phone.ours.configure(endpoint("bob"))
    assert phone.register().code == 200
    phone.ours.ua.overloaded(5)  # the centre is away, and the phones are known
    assert phone.register().code == 200
