"""What people wrote stays as they wrote it: only what has to change does, and the result says so."""

from __future__ import annotations

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huawu.cli.demo import demo_text
from huawu.config.load import load, parse, parse_parts
from huawu.config.print import plain, print_configuration
from huawu.config.rewrite import with_parts, without_passwords
from huawu.config.schema import Configuration, without_secrets
from tests.config.centre import CENTRE
from tests.config.values import structs

ANY = structs(Configuration)


def test_parts_that_did_not_change_keep_their_comments() -> None:
    before = load(demo_text())
    after = msgspec.structs.replace(before, breaks=before.breaks[:1])
    text = with_parts(demo_text(), after)
    assert load(text) == after
    kept, changed = demo_text().split("\nbreaks:\n")
    assert text.startswith(kept)
    assert text.endswith(changed[changed.index("\n# ── Phones") :])
    assert "Open day and night" in text


def test_a_part_that_is_new_or_gone_is_written_or_not() -> None:
    before = load(CENTRE)
    without = msgspec.structs.replace(before, breaks=())
    assert "breaks" not in with_parts(CENTRE, without)
    again = with_parts(with_parts(CENTRE, without), before)
    assert load(again) == before
    assert "# Reasons to be away\nbreaks:" in again


def test_passwords_are_taken_out_and_nothing_else() -> None:
    text = CENTRE.replace("name: 李\n", "name: 李 # 组长\n    password: 'it''s \\ secret' # once\n")
    text = text.replace("person: li}", 'person: li, sip_password: "a } \\u4e2d b"}')
    configuration = load(text)
    assert configuration.people[0].password == "it's \\ secret"
    clean = without_passwords(text, configuration)
    assert clean == text.replace("'it''s \\ secret'", '""').replace('"a } \\u4e2d b"', '""')
    assert load(clean) == without_secrets(configuration)
    assert without_passwords(CENTRE, load(CENTRE)) is CENTRE


def test_a_skill_named_like_a_password_is_not_one() -> None:
    text = CENTRE.replace("password", "x").replace("{zh: 普通话}", "{zh: 普通话, password: 密码}")
    text = text.replace("name: 李\n", "name: 李\n    password: long enough\n")
    clean = without_passwords(text, load(text))
    assert load(clean) == without_secrets(load(text))
    assert "long enough" not in clean


def test_what_has_no_sections_is_written_anew() -> None:
    text = "{company: {name: 甲}, breaks: [{id: a, name: b}]}"
    after = msgspec.structs.replace(load(text), breaks=())
    assert with_parts(text, after) == print_configuration(after)


@given(before=ANY, after=ANY)
@settings(max_examples=20, suppress_health_check=list(HealthCheck), deadline=None)
def test_any_configuration_can_be_written_over_any_other(before: Configuration, after: Configuration) -> None:
    """Errors in meaning aside: what is read again is what was to be written."""
    text = with_parts(print_configuration(before), after)
    if parse(text).configuration is not None:
        assert parse(text).configuration == without_secrets(after)
    else:
        assert text == print_configuration(after)


@given(whole=ANY, defaults=st.booleans())
@settings(max_examples=30, suppress_health_check=list(HealthCheck), deadline=None)
def test_parts_read_back_as_the_configuration_they_show(whole: Configuration, defaults: bool) -> None:
    shown = msgspec.json.decode(
        msgspec.json.encode(plain(without_secrets(whole), lists=True, defaults=defaults))
    )
    by_text, by_parts = parse(print_configuration(whole)), parse_parts(shown)
    assert by_parts.configuration == by_text.configuration
    assert {str(each.problem.path) for each in by_parts.errors} == {
        str(each.problem.path) for each in by_text.errors
    }
    assert all(each.place == (0, 0) for each in by_parts.problems)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=20,
    )
)
def test_no_json_makes_the_reader_fail(value: object) -> None:
    assert parse_parts(value).configuration is None
    assert parse_parts({"company": value, "flows": {"a": value}, "people": value}).problems


def test_parts_nested_without_end_are_refused() -> None:
    deep: object = "x"
    for _ in range(200):
        deep = {"a": [deep]}
    assert "nested too deeply" in str(parse_parts(deep).problems[0])
