"""What a page is told of its phone."""

from __future__ import annotations

import msgspec


class IceServer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """As `RTCIceServer` of WebRTC."""

    urls: list[str]
    username: str = ""
    credential: str = ""


class PhoneNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """What the page may dial by itself; `echo` is "" when the centre has no such number."""

    echo: str
    ready: str
    break_: str = msgspec.field(name="break")
    sign_out: str
    pick_up: str
    listen: str
    whisper: str
    barge: str
    park: str
    park_slots: list[str]


class PagePhoneView(msgspec.Struct, frozen=True, kw_only=True):
    """All that the page's phone needs. `password` is told once; ask again before `expires_ms`."""

    uri: str
    user: str
    authorization_user: str
    password: str
    realm: str
    loan: str
    lent_ms: int
    expires_ms: int
    websocket: str
    ice: list[IceServer]
    numbers: PhoneNumbers
