"""What a leg and its peer agree on as the call begins, and whenever they do anew: codec, keys, places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from huawu.switch.codecs import CODECS
from huawu.switch.media.protection import Protection, wired
from huawu.switch.sip.negotiation import AgreedMedia
from huawu.switch.sip.sdes import Keys

if TYPE_CHECKING:
    from huawu.switch.media.leg import Leg


def agree(leg: Leg, agreed: AgreedMedia) -> None:
    """Media runs as agreed from now on; `Leg.reroute` must follow."""
    before = leg.agreed
    leg.agreed = agreed
    if leg.codec.name != agreed.codec:
        leg.codec = CODECS[agreed.codec]
        leg.decode = leg.codec.decoder() if leg.codec.decoder is not None else None
        leg.encode = leg.codec.encoder() if leg.codec.encoder is not None else None
    if agreed.web is None:  # else the keys come by DTLS
        secure(leg, agreed.srtp)
    leg.voice_type = agreed.payload_type
    leg.digits_type = -1 if agreed.digits_type is None else agreed.digits_type
    if before is None or before.remote_host != agreed.remote_host:
        leg.rtcp_address = None
    leg.gate.sends = agreed.direction == "sendrecv"
    if agreed.web is None:
        leg.gate.signal(agreed.remote_host, agreed.remote_port, leg.shared.now_ms())


def secure(leg: Leg, keys: Keys | None) -> None:
    """Protect from now on with these keys; None = not at all."""
    if keys is not None and leg.protection is not None:
        leg.protection.renew(keys, leg.shared.now_ms())
        return
    leg.protection = None if keys is None else Protection(keys)
    leg.rtp, leg.rtcp = wired(leg.rtp, leg.protection), wired(leg.rtcp, leg.protection)
