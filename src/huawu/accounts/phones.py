"""What SIP phones prove themselves with: digest hashes (RFC 7616, RFC 8760), bound to a realm.

The password itself is kept only when asked (`keep_plain`, for the demo, which prints it); the hashes are as
good as the password to whoever reads the database, within this realm.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

import msgspec
from sqlalchemy import select

from huawu.accounts.tables import endpoint_secrets
from huawu.platform.clock import Clock
from huawu.platform.database import Database

ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without letters and digits that look alike: people type these passwords from a screen."""


def typed_password() -> str:
    """A new one: 12 characters, 59 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(12))


class EndpointSecret(msgspec.Struct, frozen=True, kw_only=True):
    """One phone's proof; `password` is empty unless it was kept."""

    endpoint: str
    user: str
    realm: str
    ha1_sha256: str
    ha1_md5: str
    password: str = ""


def secret_of(
    endpoint: str, user: str, realm: str, password: str, *, keep_plain: bool = False
) -> EndpointSecret:
    """The hashes of user:realm:password."""
    text = f"{user}:{realm}:{password}".encode()
    return EndpointSecret(
        endpoint=endpoint,
        user=user,
        realm=realm,
        ha1_sha256=hashlib.sha256(text).hexdigest(),
        ha1_md5=hashlib.md5(text, usedforsecurity=False).hexdigest(),
        password=password if keep_plain else "",
    )


class PhoneSecrets:
    """The table of phones' secrets."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def put(self, secret: EndpointSecret) -> None:
        """Set or replace one phone's secret."""
        row = msgspec.structs.asdict(secret) | {"updated_ms": self._clock.now_ms()}
        insert = self._db.insert(endpoint_secrets).values(row)
        put = insert.on_conflict_do_update(
            index_elements=["endpoint"], set_={name: insert.excluded[name] for name in row}
        )
        async with self._db.begin() as connection:
            await connection.execute(put)

    async def all(self) -> dict[str, EndpointSecret]:
        """All phones' secrets by endpoint."""
        async with self._db.read() as connection:
            rows = (await connection.execute(select(endpoint_secrets))).mappings()
            names = EndpointSecret.__struct_fields__
            return {row["endpoint"]: EndpointSecret(**{name: row[name] for name in names}) for row in rows}
