"""A text that people wrote, changed where it must be and nowhere else: comments stay.

Each way out is proved by reading the result again; where that does not give what it should, the whole is
printed anew, without the comments.
"""

from __future__ import annotations

from typing import Any, Final

import yaml

from huawu.config.load import parse
from huawu.config.print import about, plain, print_configuration, print_part
from huawu.config.schema import Configuration, without_secrets

_SECRETS: Final = frozenset({"password", "sip_password"})


def without_passwords(text: str, configuration: Configuration) -> str:
    """The text that gave this configuration, with `""` for every password in it."""
    bare = without_secrets(configuration)
    if bare == configuration:
        return text
    for begin, end in reversed(_passwords(text)):
        text = f'{text[:begin]}""{text[end:]}'
    return text if parse(text).configuration == bare else print_configuration(configuration)


def with_parts(text: str, configuration: Configuration) -> str:
    """A text that gives this configuration; parts that did not change keep what stands in `text`."""
    bare = without_secrets(configuration)
    before = parse(text).configuration
    if before is None:
        return print_configuration(bare)
    sections = _sections(text)
    old, new = plain(before, defaults=True), plain(bare, defaults=True)
    shown = plain(bare)
    written = [sections.pop("", "")]
    for name, section in sections.items():
        if old.get(name) == new.get(name):
            written.append(section)
        elif name in shown:
            written.append(_heading(section) + print_part(name, shown[name]) + "\n")
    written += [f"\n{about(name)}{print_part(name, shown[name])}" for name in shown if name not in sections]
    joined = "".join(_ended(part) for part in written)
    return joined if parse(joined).configuration == bare else print_configuration(bare)


def _passwords(text: str) -> list[tuple[int, int]]:
    """Where the values of passwords stand, from the first to the last."""
    found: list[tuple[int, int]] = []
    key = ""
    for event in yaml.parse(text, Loader=yaml.SafeLoader):  # this loader counts characters
        if isinstance(event, yaml.ScalarEvent):
            if key in _SECRETS and event.start_mark and event.end_mark:
                found.append((event.start_mark.index, event.end_mark.index))
                key = ""
            else:
                key = event.value
        else:
            key = ""
    return found


def _sections(text: str) -> dict[str, str]:
    """The lines of each top-level part with the comments right above it; "" = what stands before."""
    lines = text.splitlines(keepends=True)
    begins: list[tuple[int, str]] = []
    depth, key_next = 0, True
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            if depth == 1:
                key_next = True
        elif isinstance(event, yaml.ScalarEvent) and depth == 1:
            if key_next and event.start_mark:
                begins.append((_above(lines, event.start_mark.line), event.value))
            key_next = not key_next
    sections = {"": "".join(lines[: begins[0][0]] if begins else lines)}
    for index, (begin, name) in enumerate(begins):
        end = begins[index + 1][0] if index + 1 < len(begins) else len(lines)
        sections[name] = "".join(lines[begin:end])
    return sections


def _above(lines: list[str], line: int) -> int:
    """Where the comment right above a line begins."""
    while line and lines[line - 1].startswith("#"):
        line -= 1
    return line


def _heading(section: str) -> str:
    """The comment lines with which a section begins."""
    heading = ""
    for line in section.splitlines(keepends=True):
        if not line.startswith("#"):
            break
        heading += line
    return heading


def _ended(part: Any) -> str:
    text = str(part)
    return text if not text or text.endswith("\n") else f"{text}\n"
