"""Media away: another relays a leg's bridge and sends us a copy of what its peer says.

The copy is taken as if it came from the peer itself, so recording, talk, keys and quality go on as before;
what of ours is due meanwhile waits, or is not sent.
"""

from __future__ import annotations

from huawu.switch.media.leg import Hearing, Leg
from huawu.switch.media.ports import Address, LocalPorts, PortPool


class CopyEar:
    """Ports of ours for the copy of one leg's voice; deaf until `expect`."""

    __slots__ = ("_hosts", "_leg", "_pool", "_port", "_sockets", "ports")

    def __init__(self, leg: Leg, pool: PortPool) -> None:
        """Raises NoPortLeft."""
        self._leg = leg
        self._pool = pool
        self._hosts: tuple[str, ...] = ()
        self._port = 0
        self.ports: LocalPorts
        self.ports, *self._sockets = pool.open(leg.ports.host, self._receive, _ignore)

    def expect(self, hosts: tuple[str, ...], port: int) -> None:
        """The copy comes from one of these hosts, by this port; nothing else is heard."""
        self._hosts, self._port = hosts, port

    def _receive(self, data: bytes, address: Address) -> None:
        locked = self._leg.gate.locked
        if address[1] == self._port and address[0] in self._hosts and locked is not None:
            self._leg.receive(data, locked)

    def close(self) -> None:
        for socket in self._sockets:
            socket.close()
        self._pool.free(self.ports)


def _ignore(data: bytes, address: Address) -> None:
    """RTCP beside the copy: it is not about what we sent."""


def fellow(leg: Leg) -> Leg | None:
    """The leg with which it has an ordinary bridge: plain RTP both ways in one coding, and nothing of ours
    to be heard by either. None = it needs the switch.
    """
    other = leg.bridged
    if other is None or not (_ordinary(leg) and _ordinary(other)):
        return None
    mine, its = leg.agreed, other.agreed
    if mine is None or its is None or (":" in mine.remote_host) is not (":" in its.remote_host):
        return None
    same = (mine.codec, mine.payload_type, mine.digits_type) == (its.codec, its.payload_type, its.digits_type)
    return other if same else None


def _ordinary(leg: Leg) -> bool:
    agreed = leg.agreed
    return (
        leg.hearing is Hearing.LIVE
        and agreed is not None
        and agreed.direction == "sendrecv"
        and leg.protection is None
        and not (leg.held or leg.peer_held or leg.muted)
        and leg.row is None
        and not leg.digits_out
        and leg.gate.target is not None
    )
