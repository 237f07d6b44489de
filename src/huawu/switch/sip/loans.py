"""Credentials lent to phones for some hours, such as the one in a signed-in person's page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from huawu.link.messages import Endpoint, EndpointId

MAX_LOANS: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """Whoever proves to be `loan` is this endpoint, up to the instant `until` (seconds)."""

    loan: str
    endpoint: EndpointId
    ha1_sha256: str
    ha1_md5: str
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Registers:
    """Whose a registration is; one that was proved by a loan ends with it."""

    endpoint: EndpointId
    loan: str = ""
    until: float = math.inf


class Loans:
    """All that is lent now. A loan of an endpoint that is not configured, or off, lets nobody in."""

    def __init__(self) -> None:
        self._loans: dict[str, Loan] = {}
        self._endpoints: Mapping[EndpointId, Endpoint] = {}
        self._known: dict[str, Endpoint] = {}

    def __len__(self) -> int:
        return len(self._loans)

    def configure(self, endpoints: Iterable[Endpoint]) -> None:
        """The endpoints that may be lent to."""
        self._endpoints = {one.endpoint: one for one in endpoints if one.enabled}
        self._known = {loan: self._as_endpoint(one) for loan, one in self._loans.items() if self._fits(one)}

    def lend(self, loans: Sequence[Loan], at: float, *, whole: bool) -> frozenset[str]:
        """Take these in; returns the loans that are over now."""
        before = set(self._loans)
        wanted = {one.loan: one for one in loans}
        if whole:
            self._loans.clear()
            self._known.clear()
        for one in wanted.values():
            self._loans.pop(one.loan, None)
            self._known.pop(one.loan, None)
            if one.until <= at or (len(self._loans) >= MAX_LOANS):
                continue
            self._loans[one.loan] = one
            if self._fits(one):
                self._known[one.loan] = self._as_endpoint(one)
        for loan in [name for name, one in self._loans.items() if one.until <= at]:
            del self._loans[loan]
            self._known.pop(loan, None)
        return frozenset(before - self._loans.keys())

    def find(self, user: str, at: float) -> Endpoint | None:
        """The endpoint that this user name stands for, with the lent proof in place of its own."""
        found = self._loans.get(user)
        return self._known.get(user) if found is not None and at < found.until else None

    def until(self, user: str) -> float | None:
        """When the loan of this name runs out; None = it is none."""
        found = self._loans.get(user)
        return found.until if found is not None else None

    def endpoint_of(self, user: str) -> EndpointId | None:
        """Whom the loan of this name stands for; None = it is none."""
        found = self._loans.get(user)
        return found.endpoint if found is not None else None

    def _fits(self, loan: Loan) -> bool:
        return loan.endpoint in self._endpoints

    def _as_endpoint(self, loan: Loan) -> Endpoint:
        return msgspec.structs.replace(
            self._endpoints[loan.endpoint], ha1_sha256=loan.ha1_sha256, ha1_md5=loan.ha1_md5
        )
