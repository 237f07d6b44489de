"""Names by real DNS messages: SRV, addresses, no such name, no answer, and what a calm resolver says then."""

from __future__ import annotations

import asyncio

import pytest

from huawu.switch import resolver
from huawu.switch.resolver import DnsResolver
from huawu.switch.sip.events import Address, Place, Transport
from tests.support.dns import NameServer, name_server


def asking(server: NameServer) -> DnsResolver:
    return DnsResolver((("127.0.0.1", server.port),))


async def test_a_sip_domain_leads_by_srv() -> None:
    async with name_server() as server:
        server.records = {
            ("_sip._udp.carrier.test", "SRV"): ["10 30 5070 a.carrier.test.", "20 0 5080 b.carrier.test."],
            ("a.carrier.test", "A"): ["127.0.0.2", "127.0.0.3"],
            ("b.carrier.test", "AAAA"): ["::1"],
        }
        found = await asking(server).find(Place(name="carrier.test", transport="udp"))
    assert sorted(found.addresses, key=lambda one: one.host) == [
        Address(host="127.0.0.2", port=5070, priority=10, weight=30),
        Address(host="127.0.0.3", port=5070, priority=10, weight=30),
        Address(host="::1", port=5080, priority=20, weight=0),
    ]
    assert (found.ttl_s, found.trouble) == (60, "")


@pytest.mark.parametrize(
    ("transport", "expected"), [("udp", "127.0.0.2"), ("tcp", "127.0.0.3"), ("tls", "127.0.0.4")]
)
async def test_a_domain_says_by_naptr_where_its_srv_records_for_a_transport_are(
    transport: Transport, expected: str
) -> None:
    async with name_server() as server:
        server.records = {
            ("carrier.test", "NAPTR"): [
                '20 10 "s" "SIP+D2U" "" spare.carrier.test.',
                '10 20 "S" "sip+d2u" "" lost.carrier.test.',
                '10 50 "s" "SIP+D2U" "" edge.carrier.test.',
                '5 10 "u" "E2U+sip" "!^.*$!sip:info@carrier.test!" .',
                '30 10 "s" "SIP+D2T" "" tcp.carrier.test.',
            ],
            ("edge.carrier.test", "SRV"): ["0 0 5070 a.carrier.test."],
            ("tcp.carrier.test", "SRV"): ["0 0 5070 b.carrier.test."],
            ("_sips._tcp.carrier.test", "SRV"): ["0 0 5071 c.carrier.test."],
            ("_sip._udp.carrier.test", "SRV"): ["0 0 5060 wrong.carrier.test."],
            ("a.carrier.test", "A"): ["127.0.0.2"],
            ("b.carrier.test", "A"): ["127.0.0.3"],
            ("c.carrier.test", "A"): ["127.0.0.4"],
        }
        found = await asking(server).find(Place(name="carrier.test", transport=transport))
    assert [one.host for one in found.addresses] == [expected]


@pytest.mark.parametrize(
    ("transport", "port", "expected"), [("udp", 0, 5060), ("tls", 0, 5061), ("tcp", 5099, 5099)]
)
async def test_a_name_without_srv_or_with_a_port_leads_by_its_addresses(
    transport: str, port: int, expected: int
) -> None:
    async with name_server() as server:
        server.records = {("carrier.test", "A"): ["127.0.0.2"]}
        place = Place(name="carrier.test", transport=transport, port=port)  # type: ignore[arg-type]
        found = await asking(server).find(place)
        assert any("SRV" in question for question in server.asked) == (port == 0)
    assert found.addresses == (Address(host="127.0.0.2", port=expected),)


async def test_what_leads_nowhere_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolver, "PATIENCE_S", 0.3)
    async with name_server() as server:
        server.records = {
            ("_sip._udp.none.test", "SRV"): ["0 0 0 ."],
            ("_sip._udp.void.test", "SRV"): ["0 0 5060 lost.void.test."],
        }
        ask = asking(server)
        said = {
            name: (await ask.find(Place(name=name, transport="udp"))).trouble
            for name in ("gone.test", "none.test", "void.test", "a..b", "x" * 70 + ".test")
        }
        server.silent = True
        said["silent"] = (await ask.find(Place(name="late.test", transport="udp"))).trouble
    assert said["gone.test"] == "there is no such name"
    assert said["none.test"] == "it says it has no such service"
    assert said["void.test"] == "none of its servers has an address"
    assert said["silent"] == "the name server did not answer in time"
    assert all(said.values())


async def test_many_places_are_asked_for_together_without_a_flood() -> None:
    async with name_server() as server:
        server.records = {(f"n{n}.test", "A"): [f"127.0.1.{n}"] for n in range(40)}
        ask = asking(server)
        places = [Place(name=f"n{n}.test", transport="udp", port=5060) for n in range(40)]
        found = await asyncio.gather(*map(ask.find, places))
    assert [one.addresses[0].host for one in found] == [f"127.0.1.{n}" for n in range(40)]
