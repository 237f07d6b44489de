"""What pages are given of the configuration; see docs/api.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from huawu.config.diff import Change, Sign
from huawu.config.load import Located
from huawu.config.print import plain
from huawu.config.schema import Configuration, Secrets
from huawu.config.store import StoredConfiguration
from huawu.config.wording import worded


class ProblemView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong. `path` are names and places in lists; line and column are null for parts."""

    path: list[str | int]
    where: str
    line: int | None
    column: int | None
    code: str
    values: dict[str, str]
    message: str
    message_zh: str


class ConfigurationChange(msgspec.Struct, frozen=True, kw_only=True):
    """`~ queue general.ring`, before and after; `+` and `-` are of whole things."""

    sign: Sign
    what: str
    before: str
    after: str


class Passwords(msgspec.Struct, frozen=True, kw_only=True):
    """Made now, told this once: by user and by endpoint."""

    people: dict[str, str]
    endpoints: dict[str, str]


class KeptConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """A version. `parts` is null, and `problems` say why, when this program cannot read it any more."""

    version: int
    at_ms: int
    by: str
    by_name: str
    comment: str
    text: str
    parts: dict[str, Any] | None
    problems: list[ProblemView]
    phones_with_secret: list[str]
    people_with_password: list[str]


class VersionView(msgspec.Struct, frozen=True, kw_only=True):
    """A version without its text; `changes` counts them, null: it cannot be read any more."""

    version: int
    at_ms: int
    by: str
    by_name: str
    comment: str
    changes: int | None


class VersionsView(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first; `next`: ask for those `before` it."""

    versions: list[VersionView]
    next: int | None


class ChangesView(msgspec.Struct, frozen=True, kw_only=True):
    from_version: int = msgspec.field(name="from")
    to: int
    changes: list[ConfigurationChange]


class SchemaView(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON Schema of `parts`."""

    schema: dict[str, Any]


class CheckedView(msgspec.Struct, frozen=True, kw_only=True):
    """All that is to be said of a draft. With errors there are no `changes`, `text` and `parts`."""

    problems: list[ProblemView]
    warnings: list[ProblemView]
    changes: list[ConfigurationChange]
    text: str
    parts: dict[str, Any] | None


class SavedView(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    changes: list[ConfigurationChange]
    warnings: list[ProblemView]
    passwords: Passwords


class PhoneSecretView(msgspec.Struct, frozen=True, kw_only=True):
    """What a phone registers as, and its new password, told this once."""

    endpoint: str
    user: str
    password: str


def problem_view(located: Located) -> ProblemView:
    """A problem with its code and its Chinese."""
    line, column = located.place
    words = worded(located.problem.message)
    return ProblemView(
        path=list(located.problem.path),
        where=located.where,
        line=line or None,
        column=column or None,
        code=words.code,
        values=words.values,
        message=located.problem.message,
        message_zh=words.message_zh,
    )


def changes_view(changes: Sequence[Change]) -> list[ConfigurationChange]:
    """What leads from one configuration to another."""
    return [msgspec.convert(each, ConfigurationChange, from_attributes=True) for each in changes]


def parts_of(configuration: Configuration, *, defaults: bool) -> dict[str, Any]:
    """The file as plain JSON."""
    parts: dict[str, Any] = plain(configuration, defaults=defaults, lists=True)
    return parts


def kept_view(
    stored: StoredConfiguration,
    by_name: str,
    configuration: Configuration | None,
    problems: tuple[Located, ...],
    phones: list[str],
    people: list[str],
    *,
    defaults: bool,
) -> KeptConfiguration:
    """A version as a page shows it."""
    return KeptConfiguration(
        version=stored.version,
        at_ms=stored.at_ms,
        by=stored.by,
        by_name=by_name,
        comment=stored.comment,
        text=stored.text,
        parts=parts_of(configuration, defaults=defaults) if configuration is not None else None,
        problems=[problem_view(each) for each in problems if each.is_error],
        phones_with_secret=phones,
        people_with_password=people,
    )


def passwords_view(secrets: Secrets) -> Passwords:
    return Passwords(people=secrets.people, endpoints=secrets.endpoints)
