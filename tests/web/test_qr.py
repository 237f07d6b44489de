"""The picture of an enrolment: a whole image without script that fits any otpauth address."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from huawu.accounts.totp import new_secret, uri_of
from huawu.web.qr import QUIET, qr_of

SVG = "{http://www.w3.org/2000/svg}"


def test_it_is_an_image_of_squares_and_grows_with_what_it_says() -> None:
    small, large = (
        ET.fromstring(qr_of(text)) for text in ("a", uri_of(new_secret(), "王" * 20, "话务" * 20))
    )
    sizes = [int(each.attrib["viewBox"].split()[2]) for each in (small, large)]
    assert sizes[0] == 21 + 2 * QUIET, "the smallest code there is (ISO/IEC 18004 §5.3.1)"
    assert sizes[0] < sizes[1] <= 177 + 2 * QUIET
    assert {each.tag for each in large.iter()} == {f"{SVG}svg", f"{SVG}path"}, "browsers draw no other"
