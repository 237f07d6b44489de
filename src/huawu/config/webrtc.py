"""What a page's browser is told of servers between it and the switch: STUN and TURN (RFC 8489, 8656)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from huawu.config.schema import WebRtc

SHORTEST_MS: Final = 300_000


def ice_servers(settings: WebRtc, user: str, now: float, secret: str = "") -> list[dict[str, Any]]:
    """The `iceServers` of an RTCPeerConnection for this user from `now` (Unix seconds) on.

    TURN's credentials run out after `turn_for`, as coturn's `use-auth-secret` reckons them: the name holds
    the instant, the password proves that we who share the `secret` wrote it. Without it no TURN is told.
    """
    servers: list[dict[str, Any]] = []
    if settings.stun:
        servers.append({"urls": [*settings.stun]})
    if settings.turn and secret:
        name = f"{int(now) + settings.turn_for_ms // 1000}:{user}"
        proof = hmac.digest(secret.encode(), name.encode(), hashlib.sha1)
        servers.append(
            {"urls": [*settings.turn], "username": name, "credential": base64.b64encode(proof).decode()}
        )
    return servers


def for_guests(settings: WebRtc, longest_call_ms: int) -> WebRtc:
    """The same for a stranger's one call: TURN's password outlasts that by little."""
    if not longest_call_ms:
        return settings
    shorter_ms = min(settings.turn_for_ms, longest_call_ms + SHORTEST_MS)
    return msgspec.structs.replace(settings, turn_for_ms=shorter_ms)


def turn_secret(settings: WebRtc, environment: Mapping[str, str]) -> str:
    """The secret shared with the TURN servers; "" = none is set."""
    return environment.get(settings.turn_secret_env, "") if settings.turn_secret_env else ""
