"""Credentials lent to a page: beside the phone's own, and what was registered ends with them."""

from __future__ import annotations

import hashlib

from huawu.link.messages import EndpointId
from huawu.switch.sip.events import LoanTold
from huawu.switch.sip.loans import Loan
from tests.switch.sip.playbook import REALM, endpoint
from tests.switch.sip.test_registrar import Phone

BOB = EndpointId("e-bob")


def loan(
    name: str = "bob.k3j2", password: str = "lent", until: float = 3_600.0, to: EndpointId = BOB
) -> Loan:
    plain = f"{name}:{REALM}:{password}".encode()
    return Loan(
        loan=name,
        endpoint=to,
        ha1_sha256=hashlib.sha256(plain).hexdigest(),
        ha1_md5=hashlib.md5(plain, usedforsecurity=False).hexdigest(),
        until=until,
    )


def lend(phone: Phone, *loans: Loan, whole: bool = False) -> None:
    phone.ours.do(phone.ours.ua.lend(loans, phone.book.now, whole=whole))


def test_who_proves_a_loan_is_registered_as_its_endpoint() -> None:
    phone = Phone()
    lend(phone, loan())
    assert phone.register(as_user="bob.k3j2", password="lent").code == 200
    assert phone.contacts() == [1]


def test_the_phones_own_password_counts_beside_a_loan() -> None:
    phone = Phone()
    lend(phone, loan())
    assert phone.register(as_user="bob.k3j2", password="lent").code == 200
    assert phone.register("Contact: <sip:second@10.0.0.9>").code == 200
    assert phone.contacts() == [1, 2]


def test_a_loan_with_another_password_and_an_unknown_loan_are_refused_alike() -> None:
    phone = Phone()
    lend(phone, loan())
    wrong = phone.register(as_user="bob.k3j2", password="secret")
    assert wrong.code == 401
    unknown = phone.register(as_user="bob.none", password="lent")
    assert unknown.code == 401
    assert sorted(wrong.headers) == sorted(unknown.headers)


def test_a_loan_registers_nobody_else() -> None:
    phone = Phone()
    lend(phone, loan())
    assert phone.register(user="eve", as_user="bob.k3j2", password="lent").code == 401


def test_a_registration_lasts_no_longer_than_its_loan() -> None:
    phone = Phone()
    lend(phone, loan(until=phone.book.now + 200))
    answer = phone.register("Expires: 3600", as_user="bob.k3j2", password="lent")
    assert int(answer.headers["contact"][0].rpartition("expires=")[2]) <= 200
    phone.book.run(210)
    assert phone.contacts() == [1, 0]
    assert phone.register(as_user="bob.k3j2", password="lent").code == 401


def test_what_was_registered_by_a_loan_ends_when_it_is_taken_back() -> None:
    phone = Phone()
    lend(phone, loan())
    phone.register("Contact: <sip:desk@10.0.0.9>")
    phone.register(as_user="bob.k3j2", password="lent")
    lend(phone, loan(until=0.0))
    assert phone.contacts() == [2, 1], "the desk phone stays"
    assert phone.register(as_user="bob.k3j2", password="lent").code == 401


def test_the_whole_ends_every_other_loan() -> None:
    phone = Phone()
    lend(phone, loan())
    phone.register(as_user="bob.k3j2", password="lent")
    lend(phone, loan("bob.next"), whole=True)
    assert phone.contacts() == [1, 0]
    assert phone.register(as_user="bob.next", password="lent").code == 200


def test_a_prolonged_loan_with_a_new_password_keeps_what_is_registered() -> None:
    phone = Phone()
    lend(phone, loan())
    phone.register(as_user="bob.k3j2", password="lent")
    lend(phone, loan(password="anew", until=7_200.0))
    assert phone.contacts() == [1]
    assert phone.register(as_user="bob.k3j2", password="anew").code == 200


def test_it_is_told_when_a_loan_is_in_use_and_when_no_longer() -> None:
    def told() -> list[tuple[str, bool]]:
        return [(one.loan, one.used) for one in phone.ours.news if isinstance(one, LoanTold)]

    phone = Phone()
    lend(phone, loan())
    assert phone.register("Contact: <sip:desk@10.0.0.9>").code == 200
    assert phone.register(as_user="bob.k3j2", password="lent").code == 200
    assert told() == [("bob.k3j2", True)], "desk phones are told by others"
    assert phone.ours.ua.loans_used() == ["bob.k3j2"]
    lend(phone, loan("bob.next"), whole=True)
    assert phone.register(as_user="bob.next", password="lent").code == 200
    assert told() == [("bob.k3j2", True), ("bob.k3j2", False), ("bob.next", True)]
    phone.ours.configure(endpoint("eve"))
    assert phone.ours.ua.loans_used() == []


def test_a_loan_lets_nobody_in_once_its_endpoint_is_gone() -> None:
    phone = Phone()
    lend(phone, loan())
    phone.ours.configure(endpoint("eve"))
    assert phone.register(as_user="bob.k3j2", password="lent").code == 401
    phone.ours.configure(endpoint("bob"))
    assert phone.register(as_user="bob.k3j2", password="lent").code == 200, "it is still lent"


def test_a_page_is_challenged_so_that_jssip_can_answer() -> None:
    phone = Phone()
    who = "<sip:bob@huawu.test>"
    phone.peer.request(
        phone.ours, "REGISTER", "sip:huawu.test", "User-Agent: JsSIP 3.13.8",
        from_=f"{who};tag=r", to_=who, cseq="1", call_id="js", branch="js",
    )  # fmt: skip
    phone.book.run(1)
    answer = phone.peer.hears_response("401 REGISTER")
    (challenge,) = answer.headers["www-authenticate"]
    assert "algorithm=MD5" in challenge, "JsSIP knows MD5 alone, and reads the last challenge"
