"""The schema that pages go by says what the reader says."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings

from huawu.cli.demo import demo_text
from huawu.config.json_schema import json_schema
from huawu.config.load import load
from huawu.config.print import plain
from huawu.config.schema import Configuration, without_secrets
from tests.config.values import structs

SCHEMA = json_schema()


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """As much of JSON Schema's validation as the schema here uses."""
    if "$ref" in schema:
        return fits(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return any(fits(value, each) for each in schema["anyOf"])
    if "oneOf" in schema:
        return sum(fits(value, each) for each in schema["oneOf"]) == 1
    if "const" in schema or "enum" in schema:
        return value in schema.get("enum", [schema.get("const")])
    match schema["type"]:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str) and re.search(schema.get("pattern", ""), value) is not None
        case "integer" | "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                return False
            return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
        case "array":
            return isinstance(value, list) and all(fits(each, schema["items"]) for each in value)
    if not isinstance(value, dict):
        return False
    known = schema.get("properties", {})
    more = schema["additionalProperties"]
    names = {"type": "string", **schema["propertyNames"]} if "propertyNames" in schema else {"type": "string"}
    return (
        set(schema.get("required", ())) <= value.keys()
        and all(fits(name, names) for name in value)
        and all(
            fits(item, known[name]) if name in known else more is not False and fits(item, more)
            for name, item in value.items()
        )
    )


def shown(configuration: Configuration, *, defaults: bool) -> Any:
    parts = plain(without_secrets(configuration), lists=True, defaults=defaults)
    return msgspec.json.decode(msgspec.json.encode(parts))


@given(structs(Configuration))
@settings(max_examples=30, suppress_health_check=list(HealthCheck), deadline=None)
def test_every_configuration_fits_the_schema(configuration: Configuration) -> None:
    assert fits(shown(configuration, defaults=True), SCHEMA)
    assert fits(shown(configuration, defaults=False), SCHEMA)


def test_what_the_reader_refuses_does_not_fit() -> None:
    parts = shown(load(demo_text()), defaults=False)
    assert fits(parts, SCHEMA)
    for path, value in [
        (("queues", "general", "ring"), 15),
        (("queues", "general", "ring"), "15"),
        (("queues", "general", "ring"), ""),
        (("queues", "general", "weight"), 101),
        (("queues", "general", "strategy"), "any"),
        (("queues", "general", "x"), 1),
        (("flows", "main", "steps", "menu", "do"), "play"),
        (("company", "name"), None),
        (("breaks",), {}),
    ]:
        wrong = msgspec.json.decode(msgspec.json.encode(parts))
        place = wrong
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value
        assert not fits(wrong, SCHEMA), path


def test_defaults_units_and_promises_are_told() -> None:
    queue = SCHEMA["$defs"]["Queue"]
    assert queue["properties"]["ring"]["default"] == "15s"
    assert queue["properties"]["goal_share"]["x-unit"] == "share"
    assert queue["required"] == ["name"]
    assert "How a line of callers is served" in queue["description"]
    assert SCHEMA["$defs"]["Disposition"]["properties"]["children"]["additionalProperties"] == {
        "$ref": "#/$defs/Disposition"
    }
