"""What may be asked over HTTP: only hosts that are named, nothing internal unless it is said."""

from __future__ import annotations

import pytest

from huawu.config.load import load, parse
from tests.config.centre import CENTRE

SERVICE = """
lookup:
  hosts: [crm.example.com, "10.0.0.8:8080", localhost]
  services:
    crm: {url: "%s"%s}
"""


def told(url: str, more: str = "") -> list[str]:
    parsed = parse(CENTRE + SERVICE % (url, more))
    return [f"{each.place[0]}: {each.problem.message}" for each in parsed.problems if each.is_error]


def test_a_service_at_a_named_host_is_taken() -> None:
    configuration = load(CENTRE + SERVICE % ("https://crm.example.com/caller", ", timeout: 500ms"))
    assert configuration.lookup.services["crm"].timeout_ms == 500
    assert configuration.lookup.at_once == 8


@pytest.mark.parametrize(
    ("url", "more", "message"),
    [
        ("https://evil.example.com/", "", "name it in lookup.hosts"),
        ("https://crm.example.com:8443/", "", "name it in lookup.hosts"),
        ("http://10.0.0.8:8080/", "", 'say "internal: true"'),
        ("http://localhost/", "", 'say "internal: true"'),
        ("https://u:p@crm.example.com/", "", "a password does not belong here"),
        ("ftp://crm.example.com/", "", "cannot be asked"),
        ("crm.example.com", "", "cannot be asked"),
        ("https://crm.example.com:99999/", "", "is no address"),
        ("https://crm.example.com/", ", timeout: 1m", "write from 100ms to 10s"),
        ("https://crm.example.com/", ', header: "X Y"', "write it like X-Api-Key"),
    ],
)
def test_what_may_not_be_asked_is_told_with_its_line(url: str, more: str, message: str) -> None:
    (problem,) = told(url, more)
    assert message in problem
    line = int(problem.partition(":")[0])
    assert (CENTRE + SERVICE % (url, more)).splitlines()[line - 1].lstrip().startswith("crm:")


def test_an_internal_service_must_be_said_to_be_one() -> None:
    assert told("http://10.0.0.8:8080/", ", internal: true") == []


def test_a_queues_survey_and_announcement_must_exist() -> None:
    text = "company: {name: x}\nqueues:\n  q:\n    name: q\n    survey: nothing\n    announce: [silence]\n"
    parsed = parse(text, prompts=("welcome",))
    assert [(each.place[0], each.problem.message) for each in parsed.errors] == [
        (5, 'there is no flow "nothing"'),
        (6, 'there is no prompt "silence"'),
    ]
