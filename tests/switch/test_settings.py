"""What the switch is told is checked before it starts, and refused with advice."""

from __future__ import annotations

import logging
import os
import socket
from pathlib import Path

import pytest

from huawu.switch.__main__ import EXIT_CONFIG, main
from huawu.switch.log import LineFormatter, SuspicionLog, masked
from huawu.switch.process import host_toward, told_hosts
from huawu.switch.settings import BadSettings, SwitchSettings, parse_arguments
from huawu.switch.sip.events import Flow, Suspicion


@pytest.fixture
def basics(tmp_path: Path) -> list[str]:
    token = tmp_path / "token"
    token.write_text("secret\n")
    return ["--socket", str(tmp_path / "s"), "--token-file", str(token)]


def test_command_line_becomes_settings(basics: list[str]) -> None:
    settings = parse_arguments(
        [*basics, "--sip", "127.0.0.1:5070", "--sip", "[::1]:0", "--rtp-ports", "4000-4099"]
        + ["--public-address", "203.0.113.5", "--log-format", "json"]
    )
    assert settings.token == "secret"
    assert settings.sip == (("127.0.0.1", 5070), ("::1", 0))
    assert settings.rtp_ports == range(4000, 4100)
    assert told_hosts(settings) == {False: "203.0.113.5", True: "::1"}


@pytest.mark.parametrize(
    ("bound", "peer", "told"),
    [
        ("127.0.0.1", "8.8.8.8", "203.0.113.5"),
        ("127.0.0.1", "127.0.0.9", "203.0.113.5"),
        ("0.0.0.0", "8.8.8.8", "203.0.113.5"),
        ("0.0.0.0", "127.0.0.1", "127.0.0.1"),  # in the house it is called where it is
    ],
)
def test_whom_the_public_address_is_told(basics: list[str], bound: str, peer: str, told: str) -> None:
    settings = parse_arguments([*basics, "--sip", f"{bound}:5070", "--public-address", "203.0.113.5"])
    assert host_toward(settings, told_hosts(settings), peer) == told


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["--sip", "5060"], "is not HOST:PORT"),
        (["--sip", "::1:5060"], "in brackets"),
        (["--sip", "example.org:5060"], "not an IP address"),
        (["--sip", "127.0.0.1:99999"], "is not HOST:PORT"),
        (["--sip", "127.0.0.1:1", "--sip", "127.0.0.2:1"], "listen on all addresses with 0.0.0.0"),
        (["--sip", "127.0.0.1:1", "--public-address", "me"], "not an IP address"),
        (["--sip", "127.0.0.1:1", "--rtp-ports", "9-5"], "LOW-HIGH"),
        (["--sip", "127.0.0.1:1", "--rtp-ports", "4000-4001"], "each leg needs two"),
        (["--sip", "127.0.0.1:1", "--token-file", "/dev/null/token"], "Not a directory"),
        (["--sip", "127.0.0.1:1", "--token-file", os.devnull], "token is empty"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    basics: list[str], arguments: list[str], advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BadSettings, match=advice):
        parse_arguments([*basics, *arguments])
    assert main([*basics, *arguments]) == EXIT_CONFIG
    text = capsys.readouterr().err
    assert text.startswith("huawu switch: ")
    assert text.count("\n") == 1


def test_settings_need_an_address() -> None:
    with pytest.raises(BadSettings, match="no SIP address"):
        SwitchSettings(socket="s", token="t", sip=())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("13812345678", "138****5678"),
        ("sip:+8613812345678@x", "sip:+86****5678@x"),
        ("95500123", "95****23"),
        ("1001", "1001"),
        ("", ""),
    ],
)
def test_numbers_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_log_lines_are_fields() -> None:
    record = logging.makeLogRecord(
        {"msg": "call offered", "levelname": "INFO", "leg": "a b", "pii_from": "13812345678", "created": 0.5}
    )
    record.msecs = 500
    assert LineFormatter("text").format(record) == (
        'time=1970-01-01T00:00:00.500Z level=info event="call offered" leg="a b" from=138****5678'
    )
    assert LineFormatter("json").format(record) == (
        '{"time": "1970-01-01T00:00:00.500Z", "level": "info", "event": "call offered", '
        '"leg": "a b", "from": "138****5678"}'
    )


def test_suspicions_are_one_line_each_and_not_a_flood(caplog: pytest.LogCaptureFixture) -> None:
    log = SuspicionLog(burst=3)
    case = Suspicion(
        kind="auth_failed",
        flow=Flow(transport="udp", host="1.2.3.4", port=5060),
        user="1001\nevent=forged",
    )
    for _ in range(50):
        log.note(case, at=0.0)
    assert len(caplog.records) == 3
    line = LineFormatter("text").format(caplog.records[0])
    assert "event=suspicion kind=auth_failed source=1.2.3.4 port=5060" in line
    assert "\n" not in line
    log.note(case, at=2.0)
    assert "omitted=47" in LineFormatter("text").format(caplog.records[-1])
    elsewhere = Suspicion(kind="flood", flow=Flow(transport="tcp", host="::1", port=1))
    log.note(elsewhere, at=2.0)
    assert len(caplog.records) == 5


def test_further_ways_become_settings(basics: list[str]) -> None:
    settings = parse_arguments(
        [*basics, "--sip", "127.0.0.1:0", "--sip-tls", "[::1]:5061", "--sip-ws", "127.0.0.1:80"]
        + ["--rtpengine", "127.0.0.1:2223", "--rtpengine", "[::1]:2223"]
        + ["--webrtc", "127.0.0.1:5004", "--webrtc", "[::1]:5004", "--away-grace", "12.5"]
        + ["--sip-wss", "127.0.0.1:443", "--tls-folder", "/tls", "--ws-origin", "https://Desk.example/"]
    )
    assert (settings.tls, settings.ws, settings.wss) == (
        (("::1", 5061),), (("127.0.0.1", 80),), (("127.0.0.1", 443),),
    )  # fmt: skip
    assert settings.ws_origins == ("https://desk.example",)
    assert settings.rtpengines == (("127.0.0.1", 2223), ("::1", 2223))
    assert settings.webrtc == (("127.0.0.1", 5004), ("::1", 5004))
    assert settings.away_grace_s == 12.5
    assert settings.bound(ipv6=True) == ("::1", 5061)
    assert told_hosts(settings) == {False: "127.0.0.1", True: "::1"}


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["--sip-tls", "127.0.0.1:0"], "TLS needs a certificate"),
        (["--sip-wss", "127.0.0.1:0"], "TLS needs a certificate"),
        (["--sip-ws", "5066"], "--sip-ws 5066 is not HOST:PORT"),
        (["--sip-ws", "127.0.0.1:1", "--sip-ws", "127.0.0.2:1"], "--sip-ws is given twice for IPv4"),
        (["--webrtc", "5004"], "--webrtc 5004 is not HOST:PORT"),
        (["--webrtc", "127.0.0.1:1", "--webrtc", "127.0.0.2:1"], "--webrtc is given twice for IPv4"),
        (["--connections-per-host", "0"], "must be at least 1"),
        (["--rtpengine", "2223"], "--rtpengine 2223 is not HOST:PORT"),
        (["--rtpengine", "media.example:2223"], "media.example is not an IP address"),
        (["--rtpengine", "127.0.0.1:1", "--rtpengine", "127.0.0.1:1"], "--rtpengine is given twice"),
        (["--rtpengine", "127.0.0.1:0"], "--rtpengine needs a port"),
        (["--tls-key", "/k"], "--tls-key is given without --tls-cert"),
        (["--sip-tls", "127.0.0.1:0", "--tls-cert", "/nowhere.pem"], "/nowhere.pem cannot be read"),
        (["--sip-tls", "127.0.0.1:0", "--tls-cert", os.devnull], "holds no certificate"),
        (["--sip-tls", "127.0.0.1:0", "--tls-folder", f"{os.devnull}/x"], "no certificate can be kept in"),
    ],
)
def test_ways_that_cannot_be_are_refused_in_one_line(
    basics: list[str], arguments: list[str], advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*basics, "--sip", "127.0.0.1:0", *arguments]) == EXIT_CONFIG
    text = capsys.readouterr().err
    assert advice in text
    assert text.count("\n") == 1


def test_a_port_taken_is_named_with_its_transport(
    basics: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        assert main([*basics, "--sip", "127.0.0.1:0", "--sip-ws", place]) == EXIT_CONFIG
    said = capsys.readouterr().err
    assert f"cannot listen for SIP on WS {place}" in said
    assert "Stop the program that uses it, or choose another address: --sip-ws." in said
