"""Registrations, second credentials and passes as the centre tells them, by this process's own time."""

from __future__ import annotations

from huawu.link.messages import AdmitGuests, LearnRegistrations, LendSecrets, Registration
from huawu.switch.sip.events import BindingChanged
from huawu.switch.sip.loans import Loan
from huawu.switch.sip.passes import Pass


def bindings_of(command: LearnRegistrations, now_ms: int) -> list[BindingChanged]:
    """What was registered elsewhere, when it is `now_ms` by the centre."""
    return [
        BindingChanged(
            endpoint=one.endpoint,
            key=one.key,
            seconds=(one.until_ms - now_ms) / 1000,
            binding=one.binding,
        )
        for one in command.registrations
    ]


def registration_of(news: BindingChanged, now_ms: int) -> Registration:
    """A registration made here, for the other switches."""
    until_ms = now_ms + int(news.seconds * 1000)
    return Registration(endpoint=news.endpoint, key=news.key, until_ms=until_ms, binding=news.binding)


def loans_of(command: LendSecrets, at: float, now_ms: int) -> list[Loan]:
    """What is lent, when it is `now_ms` by the centre and `at` by us."""
    return [
        Loan(
            loan=one.loan,
            endpoint=one.endpoint,
            ha1_sha256=one.ha1_sha256,
            ha1_md5=one.ha1_md5,
            until=at + (one.until_ms - now_ms) / 1000,
        )
        for one in command.secrets
    ]


def passes_of(command: AdmitGuests, at: float, now_ms: int) -> list[Pass]:
    """Who may make one call, likewise."""
    return [
        Pass(
            guest=one.guest,
            number=one.number,
            address=one.address,
            page=one.page,
            ha1_sha256=one.ha1_sha256,
            ha1_md5=one.ha1_md5,
            until=at + (one.until_ms - now_ms) / 1000,
        )
        for one in command.passes
    ]
