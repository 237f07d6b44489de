"""What pages are told of STUN and TURN servers."""

from __future__ import annotations

import base64
import hashlib
import hmac

from huawu.config.check import check
from huawu.config.schema import Company, Configuration, WebRtc
from huawu.config.webrtc import ice_servers, turn_secret

TURN = ("turn:turn.example.com:3478", "turns:turn.example.com:5349?transport=tcp")
SET = WebRtc(stun=("stun:stun.example.com",), turn=TURN, turn_secret_env="TURN", turn_for_ms=3_600_000)


def test_turn_gets_a_name_that_runs_out_and_its_proof_as_coturn_reckons() -> None:
    stun, turn = ice_servers(SET, "1001", 1_800_000_000.9, "north")
    assert stun == {"urls": ["stun:stun.example.com"]}
    assert turn["urls"] == [*TURN]
    assert turn["username"] == "1800003600:1001"
    proof = hmac.new(b"north", b"1800003600:1001", hashlib.sha1).digest()
    assert base64.b64decode(turn["credential"]) == proof


def test_nothing_set_is_nothing_told_and_no_secret_no_turn() -> None:
    assert ice_servers(WebRtc(), "1001", 0.0, "north") == []
    assert ice_servers(SET, "1001", 0.0) == [{"urls": ["stun:stun.example.com"]}]


def test_the_secret_is_in_the_environment() -> None:
    assert turn_secret(SET, {"TURN": "north"}) == "north"
    assert turn_secret(SET, {}) == ""
    assert turn_secret(WebRtc(), {"": "x"}) == ""


def test_what_cannot_work_is_told() -> None:
    def problems(webrtc: WebRtc) -> list[str]:
        centre = Configuration(company=Company(name="a"), webrtc=webrtc)
        return [".".join(map(str, one.path)) for one in check(centre) if one.path[0] == "webrtc"]

    assert problems(SET) == []
    assert problems(WebRtc(turn=TURN)) == ["webrtc.turn_secret_env"]
    assert problems(WebRtc(turn_for_ms=1_000)) == ["webrtc.turn_for"]
