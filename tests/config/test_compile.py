"""A configuration as the rooms get it: queues, agents, numbers, phones."""

from __future__ import annotations

import hashlib

import pytest

from huawu.acd.events import AgentId, Overflow, QueueId, QueuePolicy, SkillId
from huawu.config.compile import Centre, compile_centre, ha1, phone_hashes, queue_policy, switch_settings
from huawu.config.load import load
from huawu.config.plan import Destination, ToAgent, ToEcho, ToFeature, ToFlow, ToOutside, ToQueue
from huawu.config.schema import Queue, Way
from huawu.link.messages import EndpointId
from tests.config.centre import CENTRE

TRUNKS = """\
trunks:
  - {trunk: city, target: 10.0.0.1:5060, user: u, password_env: CITY_PASSWORD}
  - {trunk: abroad, target: 10.0.0.2, sources: [10.0.0.2/32], trusted: no}
outbound:
  rules:
    - {rule: city, who: [agent], prefixes: ["0"], strip: 1, trunks: [city, abroad]}
    - {rule: abroad, who: [agent], prefixes: ["00", "+"], trunks: [abroad]}
  emergency: ["110", "119"]
"""


def centre(text: str = CENTRE + TRUNKS) -> Centre:
    return compile_centre(load(text), years=(2026,))


NUMBERS: list[tuple[str, Destination | None]] = [
    ("4000", ToFlow(flow="main")),
    ("4100", ToEcho()),
    ("1001", ToAgent(agent=AgentId("li"), name="李")),
    ("*11", ToFeature(feature="ready")),
    ("*12", ToFeature(feature="break", reason="rest")),
    ("*121", ToFeature(feature="break", reason="rest", name="小休")),
    ("*122", ToFeature(feature="break", reason="meal", name="用餐")),
    ("*123", None),
    ("*13", ToFeature(feature="sign_out")),
    ("0 138-0000", ToOutside(number="01380000")),
    ("0049123", ToOutside(number="0049123")),
    ("+49 (123)", ToOutside(number="+49123")),
    ("110", ToOutside(number="110")),
    ("0110", ToOutside(number="0110")),
    ("0", None),
    ("4999", None),
    ("", None),
]


@pytest.mark.parametrize(("number", "place"), NUMBERS)
def test_a_number_leads_to_its_place(number: str, place: Destination | None) -> None:
    assert centre().numbers.find(number) == place


def test_a_number_may_lead_to_a_queue_or_an_agent() -> None:
    text = CENTRE.replace("number: 4100, echo: true", "number: 4100, name: 一, queue: general")
    assert centre(text).numbers.find("4100") == ToQueue(queue=QueueId("general"), name="一")
    text = CENTRE.replace("number: 4100, echo: true", "number: 4100, agent: li")
    assert centre(text).numbers.find("4100") == ToAgent(agent=AgentId("li"))


def test_the_switch_is_told_the_proxies() -> None:
    configuration = load("company: {name: 诊所}\nsip: {proxies: [10.0.0.5]}\n", source="test")
    assert switch_settings(configuration, environment={}).proxies == ("10.0.0.5",)


def test_a_queue_becomes_a_policy() -> None:
    queue = Queue(
        name="咨询",
        skills={"zh": 1},
        ring_ms=12_000,
        longest_line=3,
        line_full=Way(hang_up=True),
        longest_wait_ms=120_000,
        wait_over=Way(number="4100"),
        no_agent=Way(flow="main"),
        goal_share=0.9,
    )
    assert queue_policy("general", queue) == QueuePolicy(
        queue=QueueId("general"),
        name="咨询",
        skills={SkillId("zh"): 1},
        ring_ms=12_000,
        longest_line=3,
        line_full=Overflow(action="hang_up"),
        longest_wait_ms=120_000,
        wait_over=Overflow(action="number", target="4100"),
        no_agent=Overflow(action="flow", target="main"),
        goal_share=0.9,
    )


def test_a_queue_left_as_it_is_has_the_acds_own_defaults() -> None:
    assert queue_policy("q", Queue(name="q")) == QueuePolicy(queue=QueueId("q"), name="q")
    handed_on = queue_policy("q", Queue(name="q", line_full=Way(queue="p")))
    assert handed_on.line_full == Overflow(action="queue", target="p")


def test_those_who_take_calls_become_agents() -> None:
    it = centre()
    assert [(agent.agent, agent.queues, agent.skills) for agent in it.agents] == [
        ("li", ("general",), {"zh": 5})
    ]
    assert it.agent("boss") is None
    assert it.endpoint_of == {"li": "1001"}
    assert it.agent_of == {"1001": "li"}
    assert it.breaks == {"rest": "小休", "meal": "用餐"}
    assert it.language == "zh"


def test_a_phone_that_is_off_is_nobodys() -> None:
    assert centre(CENTRE.replace("person: li}", "person: li, enabled: false}")).agent_of == {}


def test_the_switch_is_told_hashes_not_passwords() -> None:
    told = switch_settings(
        load(CENTRE + TRUNKS), {"1001": "secret"}, environment={"CITY_PASSWORD": "s"}, hold_music="/m.wav"
    )
    (phone,) = told.endpoints
    assert phone.ha1_md5 == hashlib.md5(b"1001:huawu:secret").hexdigest()
    assert phone.ha1_sha256 == hashlib.sha256(b"1001:huawu:secret").hexdigest()
    assert (told.realm, told.public_numbers, told.hold_music) == ("huawu", ("4000",), "/m.wav")
    assert [(trunk.trunk, trunk.password) for trunk in told.trunks] == [("city", "s"), ("abroad", "")]
    assert [trunk.trusted for trunk in told.trunks] == [True, False]


def test_hashes_do_as_well_as_passwords_and_a_password_in_the_file_counts() -> None:
    known = ha1("1001", "secret")
    assert switch_settings(load(CENTRE), hashes={"1001": known}).endpoints[0].ha1_md5 == known.md5
    written = load(CENTRE.replace("person: li}", "person: li, sip_password: secret}"))
    assert switch_settings(written).endpoints[0].ha1_sha256 == known.sha256
    assert switch_settings(load(CENTRE)).endpoints[0].ha1_sha256 == ""
    assert phone_hashes(written) == {"1001": known}


def test_a_hash_made_for_another_name_does_not_count() -> None:
    told = switch_settings(load(CENTRE), hashes={"1001": ha1("old-name", "secret")})
    assert told.endpoints[0].ha1_md5 == ""


def test_a_digest_hash_is_that_of_the_standard() -> None:
    """RFC 7616 §3.9.1."""
    known = ha1("Mufasa", "Circle of Life", "http-auth@example.org")
    assert known.md5 == "3d78807defe7de2157e2b0b6573a855f"
    assert known.sha256 == "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232"


def test_endpoints_keep_their_own_user() -> None:
    text = CENTRE.replace("person: li}", "user: li-phone, person: li, contact: 10.0.0.9:5060}")
    (phone,) = switch_settings(load(text)).endpoints
    assert (phone.endpoint, phone.user, phone.contact) == (EndpointId("1001"), "li-phone", "10.0.0.9:5060")
