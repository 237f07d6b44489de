"""SRTP: vectors, an implementation of its own as the other side, new keys, replays."""

from __future__ import annotations

import secrets
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huawu.switch.media import rtcp
from huawu.switch.media.protection import OVERLAP_MS, Protection
from huawu.switch.media.rtp import RtpPacket
from huawu.switch.sip.sdes import Crypto, Keys, Suite, fresh
from tests.support.srtp import Srtp, derived

MASTER = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6")
REPORT = bytes(rtcp.Report(ssrc=7))


def keys(suite: Suite = "AES_CM_128_HMAC_SHA1_80") -> Keys:
    return Keys(ours=fresh(1, suite), theirs=fresh(1, suite))


def mirrored(one: Keys) -> Keys:
    return Keys(ours=one.theirs, theirs=one.ours)


def voice(sequence: int, payload: bytes = bytes(160), ssrc: int = 7) -> bytes:
    return bytes(
        RtpPacket(payload_type=0, sequence=sequence & 0xFFFF, timestamp=0, ssrc=ssrc, payload=payload)
    )


def sealed(protection: Protection, packet: bytes) -> bytes:
    made = protection.seal(packet)
    assert made is not None
    return made


def test_session_keys_are_those_of_rfc_3711_appendix_b_3() -> None:
    key, salt = MASTER[:16], MASTER[16:]
    assert derived(key, salt, 0, 16).hex().upper() == "C61E7A93744F39EE10734AFE3FF7A087"
    assert derived(key, salt, 2, 14).hex().upper() == "30CBBC08863D8C85D49DB34A9AE1"
    assert derived(key, salt, 1, 20).hex().upper() == "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"


def test_a_packet_under_the_key_of_that_appendix() -> None:
    plain = bytes.fromhex("800f1234decafbadcafebabe") + b"\xab" * 16
    line = Crypto(tag=1, suite="AES_CM_128_HMAC_SHA1_80", key=MASTER)
    expected = "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb"
    assert sealed(Protection(Keys(ours=line, theirs=line)), plain).hex() == expected
    assert Srtp(MASTER).seal(plain).hex() == expected


@pytest.mark.parametrize(("suite", "tag"), [("AES_CM_128_HMAC_SHA1_80", 10), ("AES_CM_128_HMAC_SHA1_32", 4)])
def test_another_implementation_understands_us_across_the_turn_of_the_sequence(
    suite: Suite, tag: int
) -> None:
    agreed = keys(suite)
    us = Protection(agreed)
    out, back = Srtp(agreed.theirs.key, tag=tag), Srtp(agreed.ours.key, tag=tag)
    for step in range(300):
        packet = voice(65_400 + step, secrets.token_bytes(160))
        assert us.open(out.seal(packet), 0) == packet
        assert back.open(sealed(us, packet)) == packet
    assert back.rollovers == 1
    assert us.open(out.seal_rtcp(REPORT), 0) == REPORT
    assert back.open_rtcp(sealed(us, REPORT)) == REPORT
    assert (us.forged, us.replayed, us.unsent) == (0, 0, 0)


@pytest.mark.parametrize("suite", get_args(Suite))
def test_what_others_made_or_changed_is_refused(suite: Suite) -> None:
    agreed = keys(suite)
    us, peer, stranger = Protection(agreed), Protection(mirrored(agreed)), Protection(keys(suite))
    for packet in (voice(1), REPORT):
        good = sealed(peer, packet)
        assert us.open(sealed(stranger, packet), 0) is None
        assert us.open(packet, 0) is None
        assert us.open(good[:-1] + bytes((good[-1] ^ 1,)), 0) is None
        assert us.open(good, 0) == packet
        assert us.open(good, 0) is None
    assert (us.forged, us.replayed) == (6, 2)


@pytest.mark.parametrize("suite", get_args(Suite))
def test_an_mki_is_taken_off_and_must_be_the_agreed_one(suite: Suite) -> None:
    agreed = keys(suite)
    peer = Protection(mirrored(agreed))
    theirs = Crypto(tag=1, suite=suite, key=agreed.theirs.key, mki=b"\x00\x05")
    us = Protection(Keys(ours=agreed.ours, theirs=theirs))
    tag = {"AES_CM_128_HMAC_SHA1_80": 10, "AES_CM_128_HMAC_SHA1_32": 4}.get(suite, 0)
    for packet, behind in ((voice(1), tag), (REPORT, 10 if tag else 0)):
        good = sealed(peer, packet)
        at = len(good) - behind
        assert us.open(good[:at] + b"\x00\x06" + good[at:], 0) is None
        assert us.open(good, 0) is None
        assert us.open(good[:at] + b"\x00\x05" + good[at:], 0) == packet


def test_new_keys_leave_no_gap_and_old_ones_end_in_time() -> None:
    first, second = keys(), keys()
    us, old, new = Protection(first), Protection(mirrored(first)), Protection(mirrored(second))
    assert us.open(sealed(old, voice(1)), 0) == voice(1)
    us.renew(second, 1_000)
    assert us.open(sealed(new, voice(3)), 1_010) == voice(3)
    assert us.open(sealed(old, voice(2)), 1_020) == voice(2)
    assert us.open(sealed(old, voice(4)), 1_000 + OVERLAP_MS) is None
    assert new.open(sealed(us, voice(1)), 0) == voice(1)


def test_the_same_keys_keep_rollovers_and_the_list_of_replays() -> None:
    agreed = keys()
    us, peer = Protection(agreed), Protection(mirrored(agreed))
    for step in range(10):
        us.open(sealed(peer, voice(65_530 + step)), 0)
        peer.open(sealed(us, voice(65_530 + step)), 0)
    again = sealed(peer, voice(65_540))
    us.renew(
        Keys(ours=agreed.ours, theirs=Crypto(tag=4, suite=agreed.theirs.suite, key=agreed.theirs.key)), 0
    )
    assert us.open(again, 0) == voice(65_540)
    assert us.open(again, 0) is None
    assert peer.open(sealed(us, voice(65_540)), 0) == voice(65_540)


def test_a_change_of_the_peers_key_alone_keeps_our_stream() -> None:
    first = keys()
    us, back = Protection(first), Srtp(first.ours.key)
    for step in range(10):
        back.open(sealed(us, voice(65_530 + step)))
    us.renew(Keys(ours=first.ours, theirs=keys().theirs), 0)
    assert back.open(sealed(us, voice(65_540))) == voice(65_540)
    assert back.rollovers == 1


def test_a_packet_that_cannot_be_sealed_is_dropped() -> None:
    us = Protection(keys())
    assert us.seal(voice(1, bytes(3_000))) is None
    sealed(us, voice(5_000))
    assert us.seal(voice(5_000)) is None
    assert us.unsent == 2


def test_keys_are_never_printed() -> None:
    agreed = keys()
    assert agreed.ours.key.hex() not in repr(agreed)
    assert "hidden" in repr(agreed)
    assert str(agreed.ours.key) not in f"{agreed} {agreed!r} {agreed.ours!r}"


@settings(deadline=None)
@given(st.binary(max_size=2_100), st.sampled_from(get_args(Suite)), st.binary(max_size=4))
def test_garbage_is_refused(data: bytes, suite: Suite, mki: bytes) -> None:
    agreed = keys(suite)
    us = Protection(Keys(ours=agreed.ours, theirs=Crypto(tag=1, suite=suite, key=agreed.theirs.key, mki=mki)))
    assert us.open(data, 0) is None
    us.seal(data)
