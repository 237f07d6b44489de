"""Which digest algorithms a site's phones are challenged with."""

from __future__ import annotations

import pytest

from huawu.link.messages import Endpoint, EndpointId
from huawu.switch.sip.digest import algorithms_for


def one(*, sha256: bool, md5: bool) -> Endpoint:
    return Endpoint(
        endpoint=EndpointId("e"), user="1", ha1_sha256="0" if sha256 else "", ha1_md5="0" if md5 else ""
    )


BOTH, NEW, OLD = one(sha256=True, md5=True), one(sha256=True, md5=False), one(sha256=False, md5=True)


@pytest.mark.parametrize(
    ("endpoints", "offered"),
    [
        ([], ("SHA-256", "MD5")),
        ([BOTH, NEW], ("SHA-256", "MD5")),
        ([NEW, NEW], ("SHA-256",)),
        ([BOTH, OLD], ("MD5",)),
        ([NEW, OLD], ("MD5",)),
    ],
)
def test_an_old_phone_makes_the_site_speak_md5(endpoints: list[Endpoint], offered: tuple[str, ...]) -> None:
    assert algorithms_for(endpoints) == offered
