"""TLS between a socket and what is said on it: bytes in, bytes out, no socket and no clock of its own."""

from __future__ import annotations

import contextlib
import ssl
from typing import Final

_CHUNK: Final = 65_536


class TlsBroken(OSError):
    """The far end broke TLS or was not believed; what is left to send (an alert) says so to it."""


class TlsLayer:
    """One end of one connection. After `receive` and `send`, what `to_network` gives must be sent."""

    def __init__(self, context: ssl.SSLContext, *, server_side: bool) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.secured = context.wrap_bio(self._in, self._out, server_side=server_side)
        self.ready = False
        self.over = False  # the far end said that it sends no more

    def begin(self) -> None:
        """Say hello first: for the end that connected."""
        self._shake()

    def receive(self, data: bytes) -> bytes:
        """Take what came; returns what it says in the clear. Raises TlsBroken."""
        self._in.write(data)
        if not self.ready and not self._shake():
            return b""
        plain: list[bytes] = []
        try:
            while piece := self.secured.read(_CHUNK):
                plain.append(piece)
            self.over = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.over = True
        except ssl.SSLError as error:
            raise TlsBroken(_words(error)) from None
        return b"".join(plain)

    def send(self, data: bytes) -> None:
        """Say something, once `ready`. Raises TlsBroken."""
        try:
            self.secured.write(data)
        except ssl.SSLError as error:
            raise TlsBroken(_words(error)) from None

    def close(self) -> None:
        """Say that nothing follows."""
        # It would wait for the other's word, or there was no handshake.
        with contextlib.suppress(ssl.SSLError, ValueError):
            self.secured.unwrap()

    def to_network(self) -> bytes:
        return self._out.read() if self._out.pending else b""

    def _shake(self) -> bool:
        try:
            self.secured.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            raise TlsBroken(_words(error)) from None
        self.ready = True
        return True


def _words(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not believed: {error.verify_message}"
    reason = (error.reason or str(error)).lower().replace("_", " ")
    return f"TLS failed: {reason}"
