"""The doctor says what is in the way, and how to mend it."""

from __future__ import annotations

import os
import socket
import stat
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from huawu.cli.doctor import Finding, examine, is_compiled
from huawu.cli.main import app
from huawu.cli.options import BadAddress, Options, dialable, split_address
from huawu.cli.run import _switch, prepare
from tests.support.authority import Authority


def findings(tmp_path: Path, **options: object) -> list[Finding]:
    given = {"data": tmp_path / "data", "http": "127.0.0.1:0", "sip": ("127.0.0.1:0",)} | options
    return list(examine(Options(**given)))  # type: ignore[arg-type]


def test_a_taken_port_is_named_with_the_option_to_change(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        found = findings(tmp_path, sip=(f"127.0.0.1:{port}",))
    bad = [finding for finding in found if finding.grade == "bad" and "SIP" in finding.what]
    assert len(bad) == 1
    assert f"127.0.0.1:{port} is taken" in bad[0].what
    assert "--sip" in bad[0].mend


def test_an_address_of_another_machine_is_told(tmp_path: Path) -> None:
    found = findings(tmp_path, http="203.0.113.9:8080")
    assert any("203.0.113.9:8080 cannot be used" in finding.what for finding in found)


def test_a_data_folder_below_a_file_is_bad(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = findings(tmp_path, data=tmp_path / "file" / "data")
    assert any(finding.grade == "bad" and "cannot be written" in finding.what for finding in found)


def test_a_new_data_folder_is_its_owners_alone_and_an_open_one_is_doubtful(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "new" / "data")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert any(each.grade == "good" and str(folder) in each.what for each in findings(tmp_path, data=folder))
    folder.chmod(0o755)
    assert prepare(folder) == folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755, "whoever opened it had a reason"
    found = [each for each in findings(tmp_path, data=folder) if each.grade == "doubt"]
    assert any("chmod o-rwx" in each.mend for each in found)


def test_every_disk_that_is_written_to_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, away = tmp_path / "data", tmp_path / "away"
    (data / "logs").mkdir(parents=True)
    (data / "recordings").symlink_to("/dev")  # a disk of its own on every Linux
    away.mkdir()
    free = {data: 50_000_000_000, data / "recordings": 576_000_000}
    monkeypatch.setattr(
        "shutil.disk_usage", lambda place: SimpleNamespace(total=100_000_000_000, free=free[place])
    )

    def said() -> list[tuple[str, str, str]]:
        found = findings(tmp_path, database=f"sqlite:///{away}/huawu.db")
        return [
            (one.grade, one.what, one.mend) for one in found if " free" in one.what and "disk" in one.what
        ]

    own, other = said()
    assert own[:2] == ("good", f"50 GB free on the disk of {data}")
    sound = data / "recordings"
    assert other[:2] == ("doubt", f"Only 576 MB free on the disk of {sound}: about 10 hours of recordings")
    assert f"a larger disk at {sound}" in other[2]
    free[data], free[sound] = 0, 3_000_000_000_000
    own, other = said()
    assert own[:2] == ("bad", f"The disk of {data} is full: 0 kB free")
    assert f"Make room there, or put a larger disk at {data}" in own[2]
    assert other == ("good", f"3 TB free on the disk of {sound}: about 52,083 hours of recordings", "")


def test_a_folder_within_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data" / "recordings").mkdir(parents=True)
    allowed = os.access
    monkeypatch.setattr("os.access", lambda at, how: "recordings" not in str(at) and allowed(at, how))
    bad = [one for one in findings(tmp_path) if one.grade == "bad" and "cannot be written" in one.what]
    assert [one.what for one in bad] == [f"{tmp_path / 'data' / 'recordings'} cannot be written"]
    assert "read-only" in bad[0].mend


@pytest.mark.parametrize(
    ("prefix", "built_with", "grade"),
    [
        ("/home/someone/.pyenv/versions/3.11.7", "'--prefix=/home/someone' '--enable-shared'", "doubt"),
        ("/usr/local", "'--enable-optimizations' '--with-lto'", "good"),
        ("/usr", "'--enable-shared' '--prefix=/usr'", "good"),
        ("C:\\Python311", None, "good"),
    ],
)
def test_a_python_built_without_a_profile_is_doubtful(
    prefix: str, built_with: str | None, grade: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huawu.cli.doctor.sys.base_prefix", prefix)
    monkeypatch.setattr("huawu.cli.doctor.sysconfig.get_config_var", lambda name: built_with)
    (told,) = [finding for finding in findings(tmp_path) if finding.what.startswith("Python 3.")]
    assert told.grade == grade
    assert ("/usr/bin/python3" in told.mend) is (grade == "doubt")


def test_it_tells_what_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("standard/course", "switch/media/path"):
        source = tmp_path / f"{module}.py"
        source.parent.mkdir(parents=True)
        source.touch()
        assert not is_compiled(tmp_path)
        source.with_suffix(".cpython-311-x86_64-linux-gnu.so").touch()
    assert is_compiled(tmp_path)
    assert [finding.grade for finding in findings(tmp_path) if "judged by plain Python" in finding.what] == [
        "good"
    ]


def test_a_wrong_clock_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huawu.cli.doctor.time.time", lambda: 86_400.0)
    found = findings(tmp_path)
    assert any(finding.grade == "bad" and "1970" in finding.what for finding in found)


def test_without_a_public_address_the_way_out_is_doubtful(tmp_path: Path) -> None:
    assert any("public address" in finding.what for finding in findings(tmp_path, sip=("0.0.0.0:0",)))
    found = findings(tmp_path, public_address=("203.0.113.9",))
    assert any(finding.what == "Public address 203.0.113.9" for finding in found)


def test_nothing_is_changed_by_looking(tmp_path: Path) -> None:
    findings(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["8080", "localhost", "1.2.3.4:x", "host:80", "1.2.3.4:70000", ":80"])
def test_what_is_no_address_is_told_by_example(text: str) -> None:
    with pytest.raises(BadAddress, match=r"127\.0\.0\.1:8080"):
        split_address(text)


def test_addresses_of_both_families() -> None:
    assert split_address("localhost:80") == ("127.0.0.1", 80)
    assert split_address("[::1]:5060") == ("::1", 5060)


def test_help_names_what_a_newcomer_needs() -> None:
    told = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "100", "NO_COLOR": "1"}).output
    for word in ("run", "doctor", "simulate", "config", "password", "4000"):
        assert word in told


def test_an_address_of_all_is_told_as_one_that_can_be_called() -> None:
    assert dialable("0.0.0.0:5060") == "127.0.0.1:5060"
    assert dialable("[::]:5060") == "[::1]:5060"
    assert dialable("192.0.2.1:5060") == "192.0.2.1:5060"


def test_further_sip_ports_are_looked_at(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        found = findings(tmp_path, sip_tls=(place,), sip_ws=("127.0.0.1:0",))
    bad = [finding for finding in found if finding.grade == "bad"]
    assert [(finding.what, "--sip-tls" in finding.mend) for finding in bad] == [
        (f"SIP (TLS): {place} is taken by another programme", True)
    ]


def test_the_port_of_browsers_media_is_looked_at_beside_the_websocket(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        found = findings(tmp_path, webrtc=(place,))
    bad = [finding for finding in found if finding.grade == "bad"]
    assert [(finding.what, "--webrtc" in finding.mend) for finding in bad] == [
        (f"Browsers' media: {place} is taken by another programme", True)
    ]
    beside = Options(data=tmp_path, sip_ws=("0.0.0.0:5066",), sip_wss=("0.0.0.0:5067", "[::]:5067"))
    assert beside.webrtc_places == ("0.0.0.0:5004", "[::]:5004")
    assert beside.of_switch(0).webrtc_places == beside.webrtc_places
    assert replace(beside, switches=2).of_switch(1).webrtc_places == ("0.0.0.0:5006", "[::]:5006")
    assert Options(data=tmp_path).webrtc_places == ()


def test_the_certificate_is_looked_at_when_tls_is_wanted(tmp_path: Path) -> None:
    def said(**options: object) -> tuple[str, str]:
        found = findings(tmp_path, sip_tls=("127.0.0.1:0",), **options)
        (one,) = [finding for finding in found if finding.what.startswith(("TLS ", "The c", "The k"))]
        return one.grade, one.what

    authority = Authority(tmp_path)
    good, other = str(authority.issue("pbx.example")), str(authority.issue("other.example"))
    assert said(tls_cert=good)[0] == "good"
    assert "good until" in said(tls_cert=good)[1]
    assert said(tls_cert=str(authority.issue("pbx.example", days=9)))[0] == "doubt"
    assert said(tls_cert=good, tls_key=other)[0] == "bad"
    assert "expired on" in said(tls_cert=str(authority.issue("pbx.example", days=-0.5)))[1]
    assert said(tls_cert=str(tmp_path / "nowhere.pem"))[0] == "bad"
    assert said()[0] == "good"
    assert not (tmp_path / "data").exists()


def test_rtpengine_that_does_not_answer_is_doubtful(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        found = [one for one in findings(tmp_path, rtpengine=(address,)) if "rtpengine at" in one.what]
    assert [(one.grade, address in one.what) for one in found] == [("doubt", True)]
    assert "--rtpengine" in found[0].mend
    assert not [one for one in findings(tmp_path) if "rtpengine at" in one.what]


def test_rtpengine_is_handed_on_to_the_switch(tmp_path: Path) -> None:
    child = _switch(
        Options(data=tmp_path, rtpengine=("127.0.0.1:2223", "127.0.0.2:2223")), tmp_path, "switch", {}
    )
    given = [value for name, value in pairwise(child.arguments) if name == "--rtpengine"]
    assert given == ["127.0.0.1:2223", "127.0.0.2:2223"]
