"""Callers from web pages in the configuration: nobody by default, whole origins, public numbers only."""

from __future__ import annotations

import pytest

from huawu.config.check_web import origin_of
from huawu.config.compile import compile_centre, switch_settings
from huawu.config.load import load, parse
from huawu.config.print import print_configuration

CENTRE = """
company: {name: 测试}
numbers:
  - {number: 4000, echo: true, public: true}
  - {number: 4001, echo: true}
calendars: {office: {hours: {mon-fri: "09:00-18:00"}}}
"""
GOOD = """
web_callers:
  origins: ["https://shop.example", "http://localhost:8000"]
  numbers: ["4000"]
  at_once: 5
  per_address: {minute: 2, hour: 9}
  longest_call: 10m
  hours: office
"""


def problems(part: str) -> list[str]:
    return [str(each) for each in parse(CENTRE + part).problems]


def test_by_default_no_page_may_call() -> None:
    configuration = load(CENTRE)
    assert configuration.web_callers.origins == ()
    assert switch_settings(configuration).web_origins == ()


def test_what_is_written_is_read_compiled_told_to_the_switch_and_printed_back() -> None:
    configuration = load(CENTRE + GOOD)
    assert problems(GOOD) == []
    wanted = configuration.web_callers
    assert (wanted.at_once, wanted.per_address.hour, wanted.longest_call_ms) == (5, 9, 600_000)
    assert compile_centre(configuration, years=(2026,)).hours_of_web is not None
    assert switch_settings(configuration).web_origins == wanted.origins
    assert load(print_configuration(configuration)).web_callers == wanted


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        ("https://shop.example/", "write scheme, host and port alone: https://shop.example"),
        ("https://Shop.example:443", "write scheme, host and port alone: https://shop.example"),
        ("shop.example", "is no origin"),
        ("*", "is no origin"),
        ("https://*.example", "is no origin"),
        ("null", "is no origin"),
        ("ftp://shop.example", "is no origin"),
        ("http://shop.example", "no microphone"),
    ],
)
def test_an_origin_that_no_browser_would_tell_is_pointed_out(origin: str, words: str) -> None:
    (problem,) = problems(f'web_callers: {{origins: ["{origin}"], numbers: ["4000"]}}')
    assert words in problem


@pytest.mark.parametrize("number", ["4001", "4999"])
def test_only_public_numbers_can_be_called(number: str) -> None:
    (problem,) = problems(f'web_callers: {{origins: ["https://shop.example"], numbers: ["{number}"]}}')
    assert "public: true" in problem


def test_half_of_it_is_pointed_out_and_so_is_an_unknown_calendar() -> None:
    assert "without numbers" in problems('web_callers: {origins: ["https://shop.example"]}')[0]
    assert "without origins" in problems('web_callers: {numbers: ["4000"]}')[0]
    assert "calendar" in problems(GOOD.replace("hours: office", "hours: offce"))[0]


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://a.example:8443", "https://a.example:8443"),
        ("http://[::1]:80", "http://[::1]"),
        ("https://a.example:x", None),
        ("https://", None),
    ],
)
def test_origins_are_written_as_browsers_do(text: str, origin: str | None) -> None:
    assert origin_of(text) == origin
