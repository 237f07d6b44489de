"""Digest authentication: the vectors of RFC 7616 and RFC 8760, challenges, replays, both sides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.link.messages import Endpoint
from huawu.switch.sip import digest
from huawu.switch.sip.digest import Challenger, answer_challenge, hashed, parameters_of, response_to
from tests.switch.sip.playbook import REALM, endpoint, tokens

BOB = endpoint("bob")
NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_vectors_of_rfc_7616_section_3_9_1(algorithm: str, expected: str) -> None:
    ha1 = hashed(algorithm, "Mufasa:http-auth@example.org:Circle of Life")
    proof = response_to(
        algorithm, ha1, "GET", "/dir/index.html", NONCE, qop="auth", nc="00000001", cnonce=CNONCE
    )
    assert proof == expected


def test_vector_of_rfc_2617_without_qop_is_the_old_form() -> None:
    ha1 = hashed("MD5", "Mufasa:testrealm@host.com:Circle Of Life")
    nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
    assert (
        response_to("MD5", ha1, "GET", "/dir/index.html", nonce, qop="auth", nc="00000001", cnonce="0a4f113b")
        == "6629fae49393a05397450978507c4ef1"
    )
    assert response_to("MD5", ha1, "GET", "/dir/index.html", nonce) == "670fd8c2df070c60b045671b8b24ff02"


def challenger() -> Challenger:
    one = Challenger(tokens("n"))
    one.realm = REALM
    return one


def headers(lines: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines.splitlines():
        name, _, value = line.partition(": ")
        found.setdefault(name.lower(), []).append(value)
    return found


def find(user: str) -> Endpoint | None:
    return BOB if user == "bob" else None


def proof(
    one: Challenger, at: float = 0.0, user: str = "bob", password: str = "secret", md5: bool = False
) -> str:
    """The Authorization value a phone would send to a fresh challenge."""
    asked = headers(one.challenge(at))
    if md5:
        asked["www-authenticate"] = asked["www-authenticate"][1:]
    line = answer_challenge(asked, "INVITE", "sip:1@x", user=user, password=password, cnonce="c")
    assert line is not None
    return line.partition(": ")[2].rstrip()


def test_sha_256_is_offered_before_md5() -> None:
    values = headers(challenger().challenge(0.0, stale=True))["www-authenticate"]
    given_ = [parameters_of(value) for value in values]
    assert [one["algorithm"] for one in given_] == ["SHA-256", "MD5"]
    assert [one["qop"] for one in given_] == ["auth", "auth"]
    assert [one["stale"] for one in given_] == ["true", "true"]
    assert given_[0]["nonce"] == given_[1]["nonce"]


@pytest.mark.parametrize("md5", [False, True])
def test_right_password_is_accepted_once(md5: bool) -> None:
    one = challenger()
    value = proof(one, md5=md5)
    assert one.check([value], "INVITE", "sip:1@x", find, 1.0).endpoint == BOB
    assert one.check([value], "INVITE", "sip:1@x", find, 1.0).outcome == "stale"  # replayed


def test_counts_must_grow() -> None:
    one = challenger()
    nonce = parameters_of(headers(one.challenge(0.0))["www-authenticate"][0])["nonce"]

    def check(nc: str) -> str:
        answer = response_to(
            "SHA-256", BOB.ha1_sha256, "INVITE", "sip:1@x", nonce, qop="auth", nc=nc, cnonce="c"
        )
        value = (
            f'Digest username="bob", realm="{REALM}", nonce="{nonce}", uri="sip:1@x", qop=auth, nc={nc}, '
            f'cnonce="c", response="{answer}", algorithm=SHA-256'
        )
        return one.check([value], "INVITE", "sip:1@x", find, 1.0).outcome

    counts = ("00000001", "00000002", "00000002", "00000005", "00000004", "0000000a", "1")
    assert [check(nc) for nc in counts] == [
        "accepted", "accepted", "stale", "accepted", "stale", "accepted", "refused",
    ]  # fmt: skip


def test_old_and_foreign_nonces_are_stale() -> None:
    one, other = challenger(), Challenger(tokens("other"))
    other.realm = REALM
    assert one.check([proof(one)], "INVITE", "sip:1@x", find, digest.NONCE_LIFE + 1).outcome == "stale"
    assert one.check([proof(other)], "INVITE", "sip:1@x", find, 1.0).outcome == "stale"


def test_wrong_proofs_are_refused_alike() -> None:
    one = challenger()
    for user, password in (("bob", "wrong"), ("nobody", "secret"), ("", "")):
        assert (
            one.check([proof(one, user=user, password=password)], "INVITE", "sip:1@x", find, 0).outcome
            == "refused"
        )
    assert one.check([proof(one)], "BYE", "sip:1@x", find, 0).outcome == "refused"
    assert one.check([proof(one)], "INVITE", "sip:2@x", find, 0).outcome == "refused"
    off = Endpoint(endpoint=BOB.endpoint, user="bob", ha1_sha256=BOB.ha1_sha256, enabled=False)
    assert one.check([proof(one)], "INVITE", "sip:1@x", lambda _: off, 0).outcome == "refused"
    bare = Endpoint(endpoint=BOB.endpoint, user="bob", ha1_md5=BOB.ha1_md5)
    assert one.check([proof(one)], "INVITE", "sip:1@x", lambda _: bare, 0).outcome == "refused"


def test_a_nonce_is_good_for_one_wrong_answer_and_says_nothing_of_the_password_afterwards() -> None:
    one = challenger()
    nonce = parameters_of(headers(one.challenge(0.0))["www-authenticate"][0])["nonce"]

    def check(password: str, nc: str) -> str:
        ha1 = hashed("SHA-256", f"bob:{REALM}:{password}")
        answer = response_to("SHA-256", ha1, "INVITE", "sip:1@x", nonce, qop="auth", nc=nc, cnonce="c")
        value = (
            f'Digest username="bob", realm="{REALM}", nonce="{nonce}", uri="sip:1@x", qop=auth, nc={nc}, '
            f'cnonce="c", response="{answer}", algorithm=SHA-256'
        )
        return one.check([value], "INVITE", "sip:1@x", find, 1.0).outcome

    assert [check("wrong", "00000001"), check("secret", "00000002"), check("wrong", "ffffffff")] == [
        "refused", "stale", "stale",
    ]  # fmt: skip


def test_a_nonce_is_good_for_whom_it_was_made() -> None:
    one = challenger()
    nonce = parameters_of(headers(one.challenge(0.0, source="10.0.0.9"))["www-authenticate"][0])["nonce"]
    answer = response_to(
        "MD5", BOB.ha1_md5, "INVITE", "sip:1@x", nonce, qop="auth", nc="00000001", cnonce="c"
    )
    value = (
        f'Digest username="bob", realm="{REALM}", nonce="{nonce}", uri="sip:1@x", qop=auth, nc=00000001, '
        f'cnonce="c", response="{answer}"'
    )
    assert one.check([value], "INVITE", "sip:1@x", find, 1.0, "10.0.0.8").outcome == "stale"
    assert one.check([value], "INVITE", "sip:1@x", find, 1.0, "10.0.0.9").outcome == "accepted"


def test_credentials_for_others_are_none() -> None:
    one = challenger()
    values = ['Digest realm="elsewhere", username="bob"', "Basic abc", "Digest =", "Digest"]
    assert one.check(values, "INVITE", "sip:1@x", find, 0).outcome == "missing"


def test_counts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "MAX_NONCES", 5)
    one = challenger()
    values = [proof(one, at=number) for number in range(10)]
    for value in values:
        assert one.check([value], "INVITE", "sip:1@x", find, 20.0).outcome == "accepted"
    assert len(one._counts) == 5
    for value in values:
        assert one.check([value], "INVITE", "sip:1@x", find, 20.0).outcome == "stale"


def test_client_takes_the_first_challenge_it_can() -> None:
    base = 'realm="r", nonce="n"'
    values = [
        f'Digest {base}, algorithm=SHA-512-256, qop="auth"',
        f'Digest {base}, algorithm=SHA-256, qop="auth-int"',
        f'Digest {base}, algorithm=SHA-256, qop="auth,auth-int", opaque="o\\"o"',
        f"Digest {base}",
    ]
    line = answer_challenge({"www-authenticate": values}, "BYE", "sip:x", user="u", password="p", cnonce="c")
    assert line is not None
    told = parameters_of(line.partition(": ")[2].strip())
    assert (told["algorithm"], told["qop"], told["opaque"], told["nc"]) == (
        "SHA-256",
        "auth",
        'o"o',
        "00000001",
    )
    old = answer_challenge(
        {"www-authenticate": values[3:]}, "BYE", "sip:x", user="u", password="p", cnonce="c"
    )
    assert old is not None
    assert "qop" not in old
    assert (
        answer_challenge({"www-authenticate": values[:2]}, "BYE", "x", user="u", password="p", cnonce="c")
        is None
    )
    assert answer_challenge({}, "BYE", "x", user="u", password="p", cnonce="c", proxy=True) is None


@given(st.text(max_size=80).map(lambda text: "Digest " + text))
def test_garbage_parameters_are_refused_or_read(text: str) -> None:
    one = challenger()
    try:
        parameters_of(text)
    except ValueError:
        assert one.check([text], "INVITE", "x", find, 0).outcome == "missing"


def test_nonces_differ() -> None:
    one = challenger()
    values = [headers(one.challenge(0.0))["www-authenticate"][0] for _ in range(50)]
    assert len({parameters_of(value)["nonce"] for value in values}) == 50
