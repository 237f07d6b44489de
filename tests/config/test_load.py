"""Every mistake in a file is told with its place and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huawu.config.decode import parse_length, print_length
from huawu.config.load import ConfigurationInvalid, load, load_file, parse
from huawu.config.tree import LARGEST_TEXT
from tests.config.centre import CENTRE

PROMPTS = ("menu", "to-person")


def said(text: str) -> list[str]:
    return [str(problem) for problem in parse(text, prompts=PROMPTS).problems]


def changed(before: str, after: str) -> list[str]:
    assert before in CENTRE
    return said(CENTRE.replace(before, after))


def test_what_is_said_of_a_trunks_certificate_can_be_kept() -> None:
    def trunk(rest: str) -> list[str]:
        return said(f"{CENTRE}\ntrunks:\n  - {{trunk: city, target: 10.0.0.1, {rest}}}\n")

    assert trunk("transport: tls, tls: {ca: /a.pem, client_certificate: true, name: sip.example.org}") == []
    assert trunk(f"transport: tls, tls: {{fingerprint: {':'.join(['aB'] * 32)}}}") == []
    assert "client_certificate needs" in trunk("tls: {client_certificate: true}")[0]
    assert "is not tls" in trunk("tls: {name: sip.example.org}")[0]
    assert "a whole path" in trunk("transport: tls, tls: {ca: here.pem}")[0]
    assert "32 pairs" in trunk("transport: tls, tls: {fingerprint: abc}")[0]


def test_proxies_are_named_one_by_one() -> None:
    """They are believed about everybody else."""

    def proxies(places: str) -> list[str]:
        return said(f"{CENTRE}\nsip: {{proxies: {places}}}\n")

    assert proxies("[10.0.0.5, 10.0.1.0/28, '2001:db8::5']") == []
    assert "neither an IP address nor a network" in proxies("[kamailio.example.org]")[0]
    assert "everybody would be believed" in proxies("[0.0.0.0/0]")[0]


def test_a_good_centre_has_nothing_said_of_it() -> None:
    assert said(CENTRE) == []


MISTAKES = [
    (
        "1: enquiry",
        "1: enquirey",
        '10:45 flows.main.steps.menu.keys.1: there is no step "enquirey" (did you mean',
    ),
    (
        "say: menu",
        "say: menus",
        '10:29 flows.main.steps.menu.say.0: there is no prompt "menus" (did you mean',
    ),
    ("echo: true", "ecko: true", '4:20 numbers.4100.ecko: "ecko" is not known here (did you mean "echo"?)'),
    ("do: menu", "do: meny", '10:18 flows.main.steps.menu.do: "meny" is not one of play, menu'),
    ("do: menu, ", "", '10:7 flows.main.steps.menu: "do" is missing; it is one of play, menu'),
    ("ring: 15s", "ring: 15", '19:11 queues.general.ring: "15" is no length of time; write it like 20s, 3m'),
    ("ring: 15s", "ring: 0", "19:11 queues.general.ring: a phone must ring for at least 1s"),
    (
        "ring: 15s",
        "weight: 101",
        "19:13 queues.general.weight: 101 does not fit; write a number from 0 to 100",
    ),
    ("ring: 15s", "longest_line: -1", "-1 does not fit; write a number of at least 0"),
    ("ring: 15s", "longest_line: many", '"many" is no whole number'),
    ("ring: 15s", "goal_share: 120%", "120% does not fit; write a number from 0 to 1"),
    ("ring: 15s", "strategy: longest", '"longest" is not one of longest_idle, fewest_calls'),
    ("ring: 15s", "wait_over: {}", "19:5 queues.general.wait_over: say exactly one of queue, number, flow"),
    ("ring: 15s", "no_agent: {number: 4999}", "the number 4999 leads nowhere"),
    ("ring: 15s", "no_agent: {queue: general}", "callers go round: general → general"),
    ("ring: 15s", "no_agent: {number: 4001}\nx: y", '"x" is not known here'),
    ("ring: 15s", "ring: [15s]", "19:5 queues.general.ring: one value is needed here, not a list"),
    ("ring: 15s", "ring:", "queues.general.ring: nothing is given; write a value or take the line out"),
    ("public: true", "public: maybe", '"maybe" is neither true nor false'),
    ("number: 4000", "number: 4 000", '"4 000" cannot stand here; write it like 4000, *11'),
    (
        "number: 4100",
        "number: 4000",
        "4:14 numbers.4000.number: the number 4000 is given twice; it is also at",
    ),
    ("number: 4100", "number: 1001", "people.li.extension: the number 1001 is given twice"),
    ("number: 4100", 'number: "*11"', "feature_codes.ready: the number *11 is given twice"),
    ("echo: true", "queue: general, echo: true", "leads to exactly one of flow, queue, agent and echo"),
    ("echo: true", "agent: boss", 'numbers.4100.agent: there is no agent "boss"'),
    (
        "user: boss",
        "user: li",
        "27:12 people.li.user: the user li is given twice; it is also at people.0.user",
    ),
    ("queues: [general]", "queues: [generl]", 'people.li.queues.0: there is no queue "generl" (did you mean'),
    ("queues: [general]", "queues: [general, general]", "a queue is named twice"),
    ("skills: {zh: 5}", "skills: {fr: 5}", 'people.li.skills.fr: there is no skill "fr"'),
    ("skills: {zh: 5}", "skills: {zh: 11}", "11 does not fit; write a number from 1 to 10"),
    ("person: li}", "person: bos}", 'endpoints.1001.person: there is no person "bos" (did you mean "boss"?)'),
    ("id: meal", "id: rest", "the break rest is given twice"),
    ("id: meal, ", "", 'breaks.1: "id" is missing'),
    ("{name: 小诊所}", "{name: 小诊所, language: fr}", 'company.language: there is no language "fr"'),
    (
        "{name: 小诊所}",
        "{name: 小诊所, time_zone: Mars}",
        '"Mars" is no time zone; write it like Asia/Shanghai',
    ),
    ("mon-fri: 09:00-18:00", "mon-fry: 09:00-18:00", '14:29 calendars.office.hours.mon-fry: "mon-fry" is no'),
    ("09:00-18:00", "9-18", 'calendars.office.hours.mon-fri.0: "9-18" is no span of time'),
    ("{hours: {", "{holidays: ZZ, hours: {", 'calendars.office.holidays: the holidays of "ZZ" are not known'),
    ("start: menu", "start: &x menu", "anchors and aliases (& and *) are not used here; write it out"),
    ("  general:\n", "  general: {}\n  general:\n", '"general" is given twice; the first is in line 16'),
    ("numbers:\n", "numbers: {}\nx:\n", "numbers: a list is needed here"),
    ("skills: {zh: 普通话}", "skills: [zh]", "skills: names with values are needed here"),
    ("company: ", "company: ]", "this is no YAML"),
    ("company: ", "---\na: b\n---\ncompany: ", "there is a second document"),
    ("company: ", "[a]: b\ncompany: ", "a name must stand before the colon"),
    ("{name: 小诊所}", "{name: " + "[" * 40 + "]" * 40 + "}", "this is nested too deeply"),
]


@pytest.mark.parametrize(("before", "after", "message"), MISTAKES)
def test_one_mistake(before: str, after: str, message: str) -> None:
    assert any(message in line for line in changed(before, after)), changed(before, after)


def test_callers_cannot_dial_out_by_what_they_press() -> None:
    trunk = "trunks:\n  - {trunk: city, target: 10.0.0.1}\n"
    trunk += "outbound:\n  rules:\n    - {rule: all, who: [flow], prefixes: ['0'], trunks: [city]}\n"
    for number, allowed in (("{caller}", False), ("0{caller}", False), ("8{caller}", True), ("4100", True)):
        step = f"enquiry: {{do: transfer, number: '{number}', failed: person}}"
        text = CENTRE.replace("enquiry: {do: queue, queue: general}", step) + trunk
        assert (parse(text).errors == ()) == allowed, number
        assert parse(text.replace("do: transfer", "do: transfer, outside: true")).errors == ()


WARNINGS = [
    ("queues: [general]", "queues: []", "nobody serves this queue"),
    ("skills: {zh: 5}", "skills: {}", "nobody who serves this queue has zh at level 1"),
    ("    extension: 1001\n", "", "has no extension"),
    ("  - {endpoint: 1001, person: li}\n", "", "has no phone"),
    ("ring: 15s", "wait_over: {hang_up: true}", 'never happens without "longest_wait"'),
    ("ring: 15s", "longest_line: 5", 'has a bound but no "line_full": the caller is hung up on'),
    ("mon-fri: 09:00-18:00", "mon: []", "this calendar is never open"),
    ("1: enquiry, ", "", "flows.main.steps.enquiry: warning: nothing leads to this step"),
]


@pytest.mark.parametrize(("before", "after", "message"), WARNINGS)
def test_one_warning(before: str, after: str, message: str) -> None:
    parsed = parse(CENTRE.replace(before, after), prompts=PROMPTS)
    assert parsed.configuration is not None
    assert any(message in str(warning) for warning in parsed.warnings)


def test_all_errors_are_told_in_the_order_of_the_text() -> None:
    text = CENTRE.replace("1: enquiry", "1: x1").replace("0: person", "0: x2").replace("[general]", "[x3]")
    lines = [str(problem) for problem in parse(text).errors]
    assert [line[-4:-1] for line in lines] == ['"x1', '"x2', '"x3']


def test_a_wrong_number_does_not_hide_what_else_is_wrong() -> None:
    lines = said(CENTRE.replace("1: enquiry", "1: x1").replace("ring: 15s", "ring: 15\n    strategy: best"))
    assert [line.split(" ")[1] for line in lines] == [
        "flows.main.steps.menu.keys.1:",
        "flows.main.steps.enquiry:",
        "queues.general.ring:",
        "queues.general.strategy:",
    ]


def test_a_loop_of_queues_through_a_number_and_a_flow_is_refused() -> None:
    text = CENTRE.replace("    ring: 15s\n", "    longest_wait: 1m\n    wait_over: {number: 4200}\n")
    text = text.replace("  - {number: 4100, echo: true}\n", "  - {number: 4200, flow: back}\n")
    text = text.replace(
        "calendars:",
        "  back: {start: q, steps: {q: {do: play, say: menu, next: r}, r: {do: queue, queue: general}}}\n"
        "calendars:",
    )
    assert any("callers go round: general → general" in line for line in said(text))


def test_nothing_and_not_a_mapping() -> None:
    assert said("") == ['centre.yaml:1:1 file: the file is empty; begin with "company:"']
    assert "names with values are needed here" in said("- a")[0]
    assert "longer than" in said("#" * (LARGEST_TEXT + 1))[0]
    assert "this is no YAML" in said("a: \x00")[0]


def test_load_raises_with_all_errors(tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_text("\ufeff" + CENTRE, encoding="utf-8")
    assert load_file(file).company.name == "小诊所"
    with pytest.raises(ConfigurationInvalid, match="no step") as raised:
        load(CENTRE.replace("1: enquiry", "1: x").replace("0: person", "0: y"))
    assert len(raised.value.problems) == 2


@given(st.text())
def test_any_text_gives_problems_not_exceptions(text: str) -> None:
    assert parse(text).configuration is None


@given(
    st.integers(0, len(CENTRE) - 1),
    st.integers(0, 8),
    st.sampled_from(["", ":", "{", "- ", "\n", "x", "0", "["]),
)
def test_a_broken_file_gives_problems_not_exceptions(at: int, length: int, instead: str) -> None:
    parsed = parse(CENTRE[:at] + instead + CENTRE[at + length :])
    assert parsed.configuration is not None or parsed.errors


@given(st.integers(0, 10**9))
def test_lengths_print_and_read_back(length_ms: int) -> None:
    assert parse_length(print_length(length_ms)) == length_ms


@pytest.mark.parametrize("text", ["", "20", "s", "-1s", "1.5s", "1s1m", "20 s", "9" * 30 + "s"])
def test_what_is_no_length(text: str) -> None:
    assert parse_length(text) is None
