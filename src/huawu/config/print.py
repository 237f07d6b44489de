"""A configuration as text again: always the same order, comments above each part, no password ever."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
import yaml

from huawu.config.decode import fields_of, print_length
from huawu.config.schema import Configuration, without_secrets

HEADER = """\
# A centre, whole, in one file. Check it with `huawu config check`, take it over with `huawu config import`.
# Passwords are never written here; give one when somebody needs a new one, and it is taken over once.
"""
_ABOUT = {
    "company": "Who answers here",
    "numbers": "What callers dial, and where each number leads",
    "flows": "What callers hear and may choose: named steps",
    "calendars": "Opening hours and holidays",
    "queues": "Lines of callers, and how they are served",
    "skills": "What people can do",
    "people": "Who works here",
    "endpoints": "Phones",
    "trunks": "Lines to carriers and other exchanges",
    "outbound": "What may be called outside, by whom, how much",
    "sip": "SIP proxies of ours that phones and trunks come through",
    "webrtc": "Servers that help browsers to reach the switch",
    "web_callers": "Web pages from which visitors may call, and what",
    "security": "How people sign in",
    "recordings": "How long recordings are kept",
    "lookup": "What flows may ask over HTTP, and where",
    "breaks": "Reasons to be away",
    "dispositions": "What a call can have been about",
    "feature_codes": "What agents and leaders dial",
    "warnings": "At what shift leaders are warned",
    "assist": "What agents are told while they talk",
}


def print_configuration(configuration: Configuration) -> str:
    """The text of a configuration; reading it gives the same configuration, less its passwords."""
    parts = plain(without_secrets(configuration))
    return HEADER + "".join(f"\n{about(name)}{print_part(name, value)}" for name, value in parts.items())


def print_part(name: str, value: Any) -> str:
    """One part, as `plain` gives it, as text."""
    text: str = yaml.dump(
        {name: value},
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=None,
        width=100,
    )
    return text


def about(name: str) -> str:
    """What stands above a part, for people."""
    return f"# {_ABOUT[name]}\n"


def plain(value: Any, kind: Any = None, *, defaults: bool = False, lists: bool = False) -> Any:
    """A value as dicts, lists and scalars under the file's names; defaults are left out unless asked for.

    A list of one word is that word, as people write it, unless `lists` are to stay lists.
    """
    if get_origin(kind) in (Union, UnionType) and value is not None:
        kind = next(member for member in get_args(kind) if member is not NoneType)
    if get_origin(kind) is Annotated:
        meta = get_args(kind)[1]
        if (meta.extra or {}).get("unit") == "length":
            return print_length(value)
        kind = get_args(kind)[0]
    if isinstance(value, msgspec.Struct):
        shown: dict[str, Any] = {}
        config = value.__struct_config__
        if config.tag is not None:
            shown[str(config.tag_field)] = config.tag
        for field in fields_of(type(value)):
            item = getattr(value, field.name)
            default = field.default_factory() if callable(field.default_factory) else field.default
            if defaults or field.required or item != default:
                shown[field.encode_name] = plain(item, field.type, defaults=defaults, lists=lists)
        return shown
    inner = get_args(kind)
    if isinstance(value, dict):
        return {key: plain(item, inner[1], defaults=defaults, lists=lists) for key, item in value.items()}
    if isinstance(value, tuple):
        items = [plain(item, inner[0], defaults=defaults, lists=lists) for item in value]
        return items[0] if len(items) == 1 and isinstance(items[0], str) and not lists else items
    return value


class _Dumper(yaml.SafeDumper):
    """Numbers to dial without quotes where they read back as written: every scalar is taken as text."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if text.isascii() and text.isdigit():
        return dumper.represent_scalar("tag:yaml.org,2002:int", text)
    if not text.isprintable():
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
    return dumper.represent_str(text)


_Dumper.add_representer(str, _represent_text)
