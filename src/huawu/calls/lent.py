"""The second credentials of phones in pages, as every switch is to know them."""

from __future__ import annotations

from collections.abc import Iterable

from huawu.link.messages import LendSecrets, LentSecret


class Lent:
    """What is lent now."""

    def __init__(self) -> None:
        self._secrets: dict[str, LentSecret] = {}

    def take(self, secrets: Iterable[LentSecret], now_ms: int) -> LendSecrets | None:
        """Note these; what the switches are to be told of it, None = nothing."""
        told = tuple(secrets)
        known = self._secrets | {secret.loan: secret for secret in told}
        self._secrets = {loan: secret for loan, secret in known.items() if secret.until_ms > now_ms}
        return LendSecrets(secrets=told) if told else None

    def whole(self) -> LendSecrets:
        """For a switch that comes or returns: these, and no others."""
        return LendSecrets(secrets=tuple(self._secrets.values()), whole=True)
