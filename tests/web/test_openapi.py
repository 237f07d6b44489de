"""The description of the interface is whole: clients are generated from it."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI


def _references(value: Any) -> set[str]:
    if isinstance(value, dict):
        found = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return found.union(*map(_references, value.values()))
    if isinstance(value, list):
        return set().union(*map(_references, value))
    return set()


def test_everything_that_is_referred_to_is_described(app: FastAPI) -> None:
    described = app.openapi()
    schemas = described["components"]["schemas"]
    missing = {name for name in _references(described) if name.rpartition("/")[2] not in schemas}
    assert not missing


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(app: FastAPI) -> None:
    operations = [operation for path in app.openapi()["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names)) > 60
    assert all(operation.get("description") for operation in operations)
    assert all(operation.get("tags") for operation in operations)
