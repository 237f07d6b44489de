"""A centre's first start, with the demo or empty: configuration, passwords, and what `ready.json` tells."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from importlib import resources
from pathlib import Path

import msgspec

from huawu.accounts.phones import typed_password
from huawu.config.schema import Configuration
from huawu.config.store import ConfigurationStore, StoredConfiguration

SIMULATED = ("1007", "1008", "1009", "1010")
"""Agents whom the traffic maker plays."""
MENU, QUEUE, ECHO = "4000", "4001", "4100"


class Secrets(msgspec.Struct, kw_only=True):
    """Random for each data folder, kept in a file that only its owner may read."""

    passwords: dict[str, str] = {}  # user → for the pages
    sip_passwords: dict[str, str] = {}  # endpoint → for the phone
    api_token: str = ""


def demo_text() -> str:
    """The demo's configuration as a file."""
    return resources.files("huawu.assets").joinpath("demo.yaml").read_text(encoding="utf-8")


def first_text() -> str:
    """A centre without anything but an administrator, as a file."""
    return resources.files("huawu.assets").joinpath("first.yaml").read_text(encoding="utf-8")


async def begun(configurations: ConfigurationStore, *, demo: bool) -> StoredConfiguration:
    """What is in force; a new data folder begins with the demo, or with an administrator alone.

    Who asks for the demo after the other beginning, with nothing changed since, has it.
    """
    stored = await configurations.current()
    if stored is None or (demo and stored.text == first_text()):
        text, comment = (demo_text(), "the demo") if demo else (first_text(), "the first start")
        before = stored.version if stored else 0
        await configurations.save(text, by="huawu", comment=comment, expected_version=before)
        stored = await configurations.current()
    assert stored is not None
    return stored


def known_secrets(
    folder: Path,
    configuration: Configuration,
    made: Mapping[str, str],
    *,
    phones: bool,
    hashed: Collection[str] = (),
) -> Secrets:
    """The secrets of this data folder, with the passwords just `made`; `phones`: make those not there yet.

    Phones whose password is known as a hash only (`hashed`) have none here, also none from before.
    """
    path = folder / "secrets.json"
    found = msgspec.json.decode(path.read_bytes(), type=Secrets) if path.exists() else Secrets()
    found.passwords.update(made)
    if phones:
        for phone in configuration.endpoints:
            found.sip_passwords.setdefault(phone.endpoint, typed_password())
    for endpoint in hashed:
        found.sip_passwords.pop(endpoint, None)
    keep_secrets(folder, found)
    return found


def keep_secrets(folder: Path, known: Secrets) -> None:
    """Put the secrets of a data folder down for its next start."""
    write_private(folder / "secrets.json", msgspec.json.format(msgspec.json.encode(known)))


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read, in one step: a reader sees the old or the new, whole."""
    half = path.with_name(path.name + ".new")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    half.replace(path)


def ready_file(
    *,
    http: str,
    sip: str,
    sip_addresses: Sequence[str],
    api_token: str,
    configuration: Configuration,
    known: Secrets,
    demo: bool,
) -> bytes:
    """What programs and people need to use this centre. Passwords are those that were made here."""
    if demo:
        numbers = {"menu": MENU, "queue": QUEUE, "echo": ECHO}
    else:
        numbers = {number.name or number.number: number.number for number in configuration.numbers}
    people = [
        {
            "role": person.role,
            "user": person.user,
            "name": person.name,
            "password": known.passwords.get(person.user, ""),
            "sip_password": known.sip_passwords.get(person.user, ""),
            "simulated": demo and person.user in SIMULATED,
        }
        for person in configuration.people
    ]
    told = {
        "http": http,
        "sip": sip,
        "sip_addresses": list(sip_addresses),
        "numbers": numbers,
        "api_token": api_token,
        "people": people,
    }
    return json.dumps(told, ensure_ascii=False, indent=2).encode()
