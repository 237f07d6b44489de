"""Offers outside of the first INVITE: how they are read, and refused while another is under way."""

from __future__ import annotations

from zlib import crc32

from huawu.switch.sip.bodies import Unsupported, description
from huawu.switch.sip.core import Core
from huawu.switch.sip.dialog import Dialog
from huawu.switch.sip.message import Request
from huawu.switch.sip.sdp import Sdp
from huawu.switch.sip.transaction import ServerTransaction


class BadOffer(ValueError):
    """An offer that cannot be read: answer with `code`, `phrase` and `lines`."""

    def __init__(self, code: int, phrase: str, lines: str) -> None:
        super().__init__(phrase)
        self.code = code
        self.phrase = phrase
        self.lines = lines


def offer_in(request: Request) -> Sdp | None:
    """The offer a request carries, None when it has no body. Raises BadOffer (415 or 400)."""
    try:
        return description(request)
    except Unsupported as error:
        raise BadOffer(415, "", error.lines) from None
    except ValueError as error:
        raise BadOffer(400, f"Bad SDP: {error}", "") from None


def refuse_untimely(core: Core, transaction: ServerTransaction, at: float, *, ours: bool) -> None:
    """Refuse an offer that collides with ours (491), or follows theirs too soon (500).

    RFC 3311 §5.2, RFC 3261 §14.2: the Retry-After is a random time up to 10 s.
    """
    if ours:
        core.respond(transaction, 491, at)
    else:
        core.respond(transaction, 500, at, lines=f"Retry-After: {crc32(core.token().encode()) % 11}\r\n")


def glare_wait(core: Core, dialog: Dialog) -> float:
    """Seconds until an offer refused by 491 comes again (RFC 3261 §14.1).

    Who owns the Call-ID waits 2.1–4 s, the other 0–2 s, in steps of 10 ms.
    """
    chance = crc32(core.token().encode())
    return 2.1 + (chance % 191) / 100 if dialog.initiator else (chance % 201) / 100
