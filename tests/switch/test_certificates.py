"""Certificates: read with words that help, made and renewed by ourselves, and whom a trunk's names."""

from __future__ import annotations

import datetime as dt
import logging
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from huawu.link.messages import Trunk, TrunkId, TrunkTls
from huawu.switch.certificates import (
    CertificateUnusable,
    Identity,
    fingerprint_of,
    names_of,
    now,
    own_identity,
    read_authorities,
    read_identity,
    self_signed,
)
from huawu.switch.trust import TrunkTerms, Trust
from tests.support.authority import Authority, der_of

CITY = TrunkId("city")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def refusal(certificate: Path, key: Path | None = None, at: dt.datetime | None = None) -> str:
    with pytest.raises(CertificateUnusable) as caught:
        read_identity(certificate, key or certificate, at or now())
    return str(caught.value)


def test_what_cannot_be_served_is_told_with_its_file_and_its_cure(
    authority: Authority, tmp_path: Path
) -> None:
    good, other = authority.issue("a.example"), authority.issue("b.example")
    assert read_identity(good, good, now()).names == ("a.example",)
    assert "does not belong to the certificate" in refusal(good, other)
    assert "expired on" in refusal(authority.issue("a.example", days=-0.5))
    assert "is this machine's clock right" in refusal(good, at=now() - dt.timedelta(days=9))
    nowhere = tmp_path / "nowhere"
    assert refusal(nowhere).startswith(f"the certificate {nowhere} cannot be read: No such file")
    assert refusal(good, nowhere).startswith(f"the key {nowhere} cannot be read: No such file")
    assert "holds no certificate" in refusal(Path(os.devnull), good)
    assert "not a private key" in refusal(good, authority.file)
    locked = tmp_path / "locked.key"
    private = ec.generate_private_key(ec.SECP256R1())
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    locked.write_bytes(private.private_bytes(*form, serialization.BestAvailableEncryption(b"secret")))
    assert f"the key {locked} is locked by a password" in refusal(good, locked)


def test_our_own_is_made_once_kept_private_and_renewed_in_time(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    first = own_identity(folder, ["127.0.0.1", "::1"], now())
    assert {"127.0.0.1", "::1"} <= set(first.names)
    assert (first.key.stat().st_mode & 0o777) == 0o600
    assert b"PRIVATE" not in (folder / "sip.crt").read_bytes()
    before = first.certificate.read_bytes()
    assert own_identity(folder, ["::1"], now() + dt.timedelta(days=300)) == first
    assert own_identity(folder, ["::1"], now() + dt.timedelta(days=370)).expires > first.expires
    assert first.certificate.read_bytes() != before
    elsewhere = own_identity(folder, ["192.0.2.9"], now())
    assert "192.0.2.9" in elsewhere.names
    (folder / "sip.pem").write_text("torn")
    assert own_identity(folder, ["::1"], now()).days_left(now()) > 390


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CertificateUnusable, match="no certificate can be kept in"):
        own_identity(tmp_path / "file" / "tls", ["::1"], now())


def test_names_are_those_of_rfc_5922(authority: Authority) -> None:
    sip = authority.issue("sip:Example.org", "sip:alice@private.example", "pbx.example.org", "10.0.0.1")
    assert names_of(der_of(sip)) == ("example.org", "pbx.example.org", "10.0.0.1")
    assert names_of(der_of(authority.issue(common="Only.Common"))) == ("only.common",)
    assert names_of(der_of(authority.issue("other.example", common="not.this"))) == ("other.example",)
    assert names_of(b"nonsense") == ()


def terms(**tls: object) -> TrunkTerms:
    return TrunkTerms(
        Trunk(trunk=CITY, target="sip.carrier.example:5061", sources=("10.0.0.0/24",), tls=TrunkTls(**tls))  # type: ignore[arg-type]
    )


def test_a_trunk_is_who_its_certificate_says_and_no_wildcard(authority: Authority) -> None:
    right, wild = authority.issue("SIP.carrier.example"), authority.issue("*.carrier.example")
    assert terms().judge([der_of(right)]) == ""
    assert terms().judge([der_of(wild)]) == (
        "its certificate is for *.carrier.example, not for sip.carrier.example"
    )
    assert terms(name="*.carrier.example").judge([der_of(wild)]) == ""
    assert terms().judge([]) == "it showed no certificate"
    pinned = ":".join(f"{byte:02X}" for byte in bytes.fromhex(fingerprint_of(der_of(wild))))
    assert terms(fingerprint=pinned).judge([der_of(wild)]) == ""
    assert "has the fingerprint" in terms(fingerprint=pinned).judge([der_of(right)])


def test_a_caller_is_a_trunk_by_authority_name_and_place_together(
    authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "stranger")
    (city,) = read_authorities(authority.file)
    leaf = der_of(authority.issue("sip.carrier.example"))
    wanted = terms(ca=str(authority.file), client_certificate=True)
    assert wanted.is_caller([leaf, city], "10.0.0.7")
    assert not wanted.is_caller([leaf, city], "10.0.1.7")
    assert not wanted.is_caller([der_of(authority.issue("other.example")), city], "10.0.0.7")
    (other,) = read_authorities(stranger.file)
    assert not wanted.is_caller([der_of(stranger.issue("sip.carrier.example")), other], "10.0.0.7")
    assert not wanted.is_caller([], "10.0.0.7")
    with pytest.raises(CertificateUnusable, match="cannot be read"):
        terms(ca=str(tmp_path / "nowhere"))


def test_changes_of_trunks_touch_only_connections_that_they_concern(authority: Authority) -> None:
    trust = Trust()
    one = Trunk(trunk=CITY, target="10.0.0.1", transport="tls")
    proved = TrunkTls(ca=str(authority.file), client_certificate=True)
    two = Trunk(trunk=TrunkId("two"), target="10.0.0.2", sources=("10.0.0.2",), tls=proved)
    first = trust.configure([one, two])
    assert first.trunks == frozenset()
    assert (first.calls_from("10.0.0.2"), first.calls_from("10.0.0.3")) == (True, False)
    again = trust.configure([one, two])
    assert (again.trunks, again.callers) == (frozenset(), ())
    later = trust.configure([Trunk(trunk=CITY, target="10.0.0.9", transport="tls")])
    assert later.trunks == {"city", "two"}
    assert trust.client_context("two") is None


def test_a_trunk_whose_authority_cannot_be_read_is_told_and_not_believed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trust = Trust()
    tls = TrunkTls(ca=str(tmp_path / "nowhere.pem"))
    trust.configure([Trunk(trunk=CITY, target="10.0.0.1", transport="tls", tls=tls)])
    assert "trunk cannot be reached by tls" in caplog.text
    assert trust.client_context("city") is None


def test_a_certificate_is_taken_over_when_its_file_changes_and_kept_when_the_new_one_is_no_use(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    file = tmp_path / "sip.pem"

    def put(host: str, days: float = 90) -> None:
        certificate, key = self_signed([host], now(), days=days)
        half = tmp_path / "half"
        half.write_bytes(key + certificate)
        half.replace(file)

    put("a.example")
    trust = Trust(lambda: read_identity(file, file, now()))
    first = trust.server_context(asks=True)
    trust.look(0.0, now())
    assert trust.server_context(asks=True) is first
    assert caplog.text == ""
    put("b.example")
    trust.look(10.0, now())
    assert trust.identity is not None
    assert trust.identity.names == ("b.example",)
    assert trust.server_context(asks=True) is not first
    assert "taken over" in caplog.text
    file.write_text("torn")
    trust.look(20.0, now())
    assert trust.identity.names == ("b.example",)
    assert "not taken over" in caplog.text
    put("c.example", days=5)
    trust.look(30.0, now(), asked=True)
    assert trust.identity.names == ("c.example",)
    assert caplog.text.count("ends soon") == 1
    trust.look(40.0, now())
    trust.look(50.0, now() + dt.timedelta(days=4))
    assert caplog.text.count("ends soon") == 1
    trust.look(90_000.0, now() + dt.timedelta(days=6))
    assert caplog.text.count("is over") == 1


def test_a_given_certificate_that_is_over_is_told_once_a_day_and_no_more(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    file = authority.issue("a.example", days=40)
    clock = [now()]
    trust = Trust(lambda: read_identity(file, file, clock[0]))
    clock[0] += dt.timedelta(days=41)
    for at in range(0, 86_400, 3_000):
        trust.look(float(at), clock[0])
    assert [record.getMessage() for record in caplog.records] == ["tls certificate is over"]


def test_our_own_is_renewed_while_we_run(tmp_path: Path) -> None:
    clock = [now()]
    trust = Trust(lambda: own_identity(tmp_path, ["::1"], clock[0]), renews=True)
    identity = trust.identity
    assert isinstance(identity, Identity)
    clock[0] = identity.expires - dt.timedelta(days=20)
    trust.look(0.0, clock[0])
    assert trust.identity is not None
    assert trust.identity.expires > identity.expires
