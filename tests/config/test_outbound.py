"""What a number outside means, and which rule lets it out in which form."""

from __future__ import annotations

import pytest

from huawu.config.compile import switch_settings
from huawu.config.load import load, parse
from huawu.config.outbound import Barred, Passage, meaning_of, outbound_plan
from tests.config.centre import CENTRE

OUT = """\
trunks:
  - {trunk: city, target: 10.0.0.1}
  - {trunk: abroad, target: sip.carrier.test}
  - {trunk: plant, target: 10.0.0.3}
outbound:
  rules:
    - {rule: city, who: [agent, manager], prefixes: ["0"], strip: 1, trunks: [city, abroad], form: national}
    - {rule: boss, who: manager, prefixes: ["00"], trunks: abroad, form: e164, prepend: "17909"}
    - {rule: plant, who: [agent, phone], prefixes: ["7"], trunks: plant, kinds: [short]}
  emergency: [110, 119]
  emergency_trunks: [city, plant]
  countries: [CN, HK, GB]
  blocked_countries: [GB]
  costs: [{prefix: "+852", cost: national}]
"""
TEXT = CENTRE.replace("company: {name: 小诊所}", "company: {name: 小诊所, country: cn}") + OUT

MEANINGS = [
    ("13800138000", "mobile", "mobile", "CN"),
    ("010 6234 5678".replace(" ", ""), "fixed", "national", "CN"),
    ("4008123123", "shared_cost", "national", "CN"),
    ("016812345", "premium", "premium", "CN"),
    ("10086", "short", "local", "CN"),
    ("0013105551234", "mobile", "international", "US"),
    ("+18765551234", "mobile", "international", "JM"),  # the same country code as the US, another price
    ("+8821612345678", "satellite", "premium", ""),
    ("+979123456789", "premium", "premium", ""),
]


@pytest.mark.parametrize(("number", "kind", "cost", "country"), MEANINGS)
def test_a_number_is_what_its_numbering_plan_says(number: str, kind: str, cost: str, country: str) -> None:
    meaning = meaning_of(number, "CN")
    assert meaning is not None
    assert (meaning.kind, meaning.cost, "".join(meaning.countries)) == (kind, cost, country)


def test_a_number_that_no_plan_knows_counts_for_each_country_it_could_be_of() -> None:
    meaning = meaning_of("+19995551234", "CN")
    assert meaning is not None
    assert {"US", "JM", "CA"} <= set(meaning.countries)
    assert meaning_of("1" * 18, "CN") is None
    assert meaning_of("+", "CN") is None


WAYS: list[tuple[str, str, Barred | tuple[str, str, tuple[str, ...]]]] = [
    ("agent", "0 13800138000", ("city", "13800138000", ("city", "abroad"))),
    ("agent", "002162345678", "no_rule"),  # 00 is for the manager, and not 0 with a city code behind
    ("manager", "0085221234567", ("boss", "17909+85221234567", ("abroad",))),
    ("manager", "00441632960960", "country"),
    ("manager", "0013105551234", "country"),
    ("agent", "016895555", "kind"),
    ("phone", "7001", ("plant", "7001", ("plant",))),
    ("phone", "0 13800138000", "no_rule"),
    ("agent", "0*72", "no_number"),
    ("phone", "110", ("emergency", "110", ("city", "plant"))),
    ("agent", "0119", ("emergency", "119", ("city", "plant"))),
    ("flow", "110", "no_rule"),
    ("transfer", "110", ("emergency", "110", ("city", "plant"))),
]


@pytest.mark.parametrize(("asker", "number", "way"), WAYS)
def test_a_rule_lets_out_or_says_why_not(
    asker: str, number: str, way: Barred | tuple[str, str, tuple[str, ...]]
) -> None:
    passage = outbound_plan(load(TEXT)).passage(number, asker)  # type: ignore[arg-type]
    if isinstance(passage, Passage):
        assert (passage.rule, passage.number, passage.trunks) == way
    else:
        assert passage == way


def test_a_price_given_in_the_file_goes_before_the_usual_one() -> None:
    plan = outbound_plan(load(TEXT))
    passage = plan.passage("0085221234567", "manager")
    assert isinstance(passage, Passage)
    assert (passage.meaning.cost, passage.costly) == ("national", False)


def test_by_default_nothing_leaves() -> None:
    plan = outbound_plan(load(CENTRE))
    for number in ("013800138000", "13800138000", "110", "+8613800138000", "0085221234567"):
        assert plan.passage(number, "administrator") == "no_rule"
        assert not plan.leads_out(number)


MISTAKES = [
    ("trunks: plant,", "trunks: plnt,", 'outbound.rules.2.trunks.0: there is no trunk "plnt"'),
    ("strip: 1", "strip: 2", "outbound.rules.0.strip: drops more digits than a prefix has"),
    ("rule: boss", "rule: city", "the rule city is given twice"),
    ('who: manager, prefixes: ["00"]', 'who: manager, prefixes: ["0"]', "never applies"),
    ("who: manager", "who: boss", '"boss" is not one of agent'),
    ("who: manager", "who: []", 'name at least one in "who"'),
    ("[110, 119]", "[1001, 119]", "1001 is a number or extension of the centre as well"),
    ("emergency_trunks: [city, plant]", "emergency_trunks: [cty]", 'there is no trunk "cty"'),
    ("countries: [CN, HK, GB]", "countries: [CN, XX]", '"XX" is no country; write it like CN or HK, or any'),
    ("  costs:", "  caps_of: {nobody: {day: 1}}\n  costs:", 'there is no person "nobody"'),
    ("  costs:", "  alarm: {hours: offce}\n  costs:", 'there is no calendar "offce"'),
    ("  costs:", "  caps: {agent: {hour: -1}}\n  costs:", "write a number from 0"),
    ("  emergency: [110, 119]\n", "", "warning: phones may call outside but no emergency number"),
]


@pytest.mark.parametrize(("before", "after", "message"), MISTAKES)
def test_a_mistake_in_the_rules_is_told_with_its_line(before: str, after: str, message: str) -> None:
    assert TEXT.count(before) == 1
    told = [str(problem) for problem in parse(TEXT.replace(before, after)).problems]
    assert any(message.removeprefix("") in line for line in told), told
    assert all(line.startswith("centre.yaml:") for line in told)


def test_the_switch_is_told_every_way_to_dial_for_help() -> None:
    plan = outbound_plan(load(TEXT))
    assert plan.emergency_dialled() == ("0110", "0119", "110", "119")
    assert all(plan.emergency_number(dialled) for dialled in plan.emergency_dialled())
    assert switch_settings(load(TEXT)).emergency_numbers == plan.emergency_dialled()
