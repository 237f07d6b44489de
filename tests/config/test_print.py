"""A configuration prints and reads back, without passwords; differences are told in lines."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from huawu.config.check import check
from huawu.config.compile import compile_centre
from huawu.config.decode import Decoder
from huawu.config.diff import diff
from huawu.config.load import load
from huawu.config.print import print_configuration
from huawu.config.schema import Configuration, secrets_of, without_secrets
from huawu.config.tree import read
from tests.config.centre import CENTRE
from tests.config.values import configurations


def reread(text: str) -> Configuration:
    decoder = Decoder()
    root = read(text)
    assert root is not None
    configuration = decoder.struct(root, Configuration)
    assert configuration is not None, decoder.problems
    return configuration


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(configurations)
def test_what_is_printed_reads_back(configuration: Configuration) -> None:
    text = print_configuration(configuration)
    assert reread(text) == without_secrets(configuration)
    assert print_configuration(reread(text)) == text


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(configurations, configurations)
def test_no_difference_means_the_same(a: Configuration, b: Configuration) -> None:
    assert diff(a, a) == []
    assert (diff(a, b) == []) == (without_secrets(a) == without_secrets(b))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(configurations)
def test_a_check_never_raises_and_what_passes_it_can_be_compiled(configuration: Configuration) -> None:
    if not any(problem.severity == "error" for problem in check(configuration, ())):
        compile_centre(configuration, years=(2026,))


def test_passwords_never_leave() -> None:
    text = CENTRE.replace("user: boss", "user: boss, password: hunter2").replace(
        "person: li}", "person: li, sip_password: hunter3}"
    )
    configuration = load(text)
    assert secrets_of(configuration).people == {"boss": "hunter2"}
    assert secrets_of(configuration).endpoints == {"1001": "hunter3"}
    assert "hunter" not in print_configuration(configuration)
    assert diff(load(CENTRE), configuration) == []


def changes(*replaced: tuple[str, str]) -> list[str]:
    text = CENTRE
    for before, after in replaced:
        assert before in text
        text = text.replace(before, after)
    return [str(change) for change in diff(load(CENTRE), load(text))]


def test_differences_read_like_sentences() -> None:
    assert changes(("ring: 15s", "ring: 20s")) == ["~ queue general.ring 15s → 20s"]
    assert changes(("    ring: 15s\n", "")) == []  # it is the default
    assert changes(("  - {user: boss, name: 王, role: manager}\n", "")) == ["- person boss"]
    assert changes(("queues:\n", "queues:\n  refunds: {name: 退款}\n")) == ["+ queue refunds"]
    assert changes(("zh: 普通话", "zh: 国语")) == ["~ skill zh 普通话 → 国语"]
    assert changes(("echo: true", "queue: general")) == [
        "~ number 4100.queue (none) → general",
        "~ number 4100.echo true → false",
    ]
    assert changes(("1: enquiry", "2: enquiry")) == [
        "~ flow main.steps.menu.keys.1 enquiry → (none)",
        "~ flow main.steps.menu.keys.2 (none) → enquiry",
    ]
    assert changes(("name: 小诊所", "name: 大诊所")) == ["~ company.name 小诊所 → 大诊所"]


def test_the_order_of_breaks_counts() -> None:
    """`*121` is the first break of the list."""
    swapped = ("  - {id: rest, name: 小休}\n  - {id: meal", "  - {id: meal2, name: 小休}\n  - {id: meal")
    assert changes(swapped) == ["- break rest", "+ break meal2"]
    rest, meal = "  - {id: rest, name: 小休}\n", "  - {id: meal, name: 用餐}\n"
    assert changes((rest + meal, meal + rest)) == ["~ breaks order rest, meal → meal, rest"]


def test_everything_is_new_at_first() -> None:
    lines = [str(change) for change in diff(None, load(CENTRE))]
    assert lines[:3] == ["+ company", "+ number 4000", "+ number 4100"]
    assert all(line.startswith("+") for line in lines)
