"""`huawu run --switches`: each on ports of its own, all known to the centre by name."""

from __future__ import annotations

from pathlib import Path

from huawu.cli.options import Options
from huawu.cli.run import link_socket, names_of


def options(**values: object) -> Options:
    return Options(data=Path("/data"), **values)  # type: ignore[arg-type]


def test_switches_stand_two_ports_apart_and_share_the_ports_of_rtp() -> None:
    chosen = options(
        sip=("127.0.0.1:5060", "[::1]:5060"), sip_tls=("127.0.0.1:5061",), rtp_ports="20000-20999", switches=3
    )
    each = [chosen.of_switch(place) for place in range(3)]
    assert [one.sip for one in each] == [
        ("127.0.0.1:5060", "[::1]:5060"),
        ("127.0.0.1:5062", "[::1]:5062"),
        ("127.0.0.1:5064", "[::1]:5064"),
    ]
    assert [one.sip_tls for one in each] == [("127.0.0.1:5061",), ("127.0.0.1:5063",), ("127.0.0.1:5065",)]
    assert [one.rtp_ports for one in each] == ["20000-20331", "20332-20663", "20664-20995"]


def test_any_port_stays_any_port() -> None:
    assert options(sip=("127.0.0.1:0",), switches=2).of_switch(1).sip == ("127.0.0.1:0",)


def test_only_switch_is_as_it_always_was() -> None:
    alone = options()
    assert alone.of_switch(0) is alone
    assert names_of(alone) == [""]
    assert link_socket(Path("/data")) == "/data/link.sock"


def test_each_of_several_has_a_name_and_a_socket() -> None:
    names = names_of(options(switches=2))
    assert names == ["1", "2"]
    assert [link_socket(Path("/data"), name) for name in names] == ["/data/link-1.sock", "/data/link-2.sock"]
