"""What a phone's camera reads from the screen (QR code, ISO/IEC 18004), as an image that stays sharp."""

from __future__ import annotations

import io
from typing import Final

import segno

QUIET: Final = 4
"""So many modules of white around it: readers need them, on dark pages most of all."""


def qr_of(text: str) -> str:
    """An SVG image, black on white; its size is the page's affair."""
    code = segno.make_qr(text, error="l")
    image = io.BytesIO()
    code.save(image, kind="svg", xmldecl=False, border=QUIET, dark="#000", light="#fff", omitsize=True)
    return image.getvalue().decode()
