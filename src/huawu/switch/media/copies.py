"""Media away: another relays a leg's bridge and sends us a copy of what its peer says.

The copy is taken as if it came from the peer itself, so recording, talk, keys and quality go on as before;
what of ours is due meanwhile waits, or is not sent.
"""

from __future__ import annotations

from typing import Final

from huawu.link.messages import LegId
from huawu.switch.media.hearing import Hearing
from huawu.switch.media.leg import Leg
from huawu.switch.media.ports import Address, LocalPorts, PortPool
from huawu.switch.media.udp import UdpSocket

LEGS_AN_EAR: Final = 16
"""So few that what comes in half a second fits into a socket's usual buffer."""


class CopyEar:
    """One pair of ports of ours for the copies of several legs' voices, told apart by where they come from.

    It is read once a step, not at each packet: nobody waits for a copy, and to wake for each costs more than
    all that is done with it.
    """

    def __init__(self, host: str, pool: PortPool) -> None:
        """Raises NoPortLeft."""
        self._pool = pool
        self.legs: dict[LegId, Leg] = {}
        self._sources: dict[tuple[str, int], Leg] = {}
        self.ports: LocalPorts
        self.ports, self._socket, self._rtcp = pool.open(host, self.receive, _ignore)
        if isinstance(self._socket, UdpSocket):
            self._socket.read_by_turns()

    def expect(self, leg: Leg, hosts: tuple[str, ...], port: int) -> None:
        """The leg's copy comes from one of these hosts, by this port; from elsewhere nothing is heard."""
        self._forget(leg)
        self._sources.update(dict.fromkeys(((host, port) for host in hosts), leg))

    def receive(self, data: bytes, address: Address) -> None:
        """A datagram came. Never raises."""
        leg = self._sources.get(address[:2])
        if leg is not None and leg.gate.locked is not None:
            leg.receive(data, leg.gate.locked)

    def drain(self) -> None:
        """Take all that waits."""
        if isinstance(self._socket, UdpSocket):
            self._socket.drain()

    def leave(self, leg: Leg) -> None:
        """Hear no copy of this leg any more."""
        self.legs.pop(leg.name, None)
        self._forget(leg)

    def close(self) -> None:
        """Nobody's copy is heard here any more."""
        self._socket.close()
        self._rtcp.close()
        self._pool.free(self.ports)

    def _forget(self, leg: Leg) -> None:
        self._sources = {source: other for source, other in self._sources.items() if other is not leg}


class CopyEars:
    """The ears that are open: as few as hear all."""

    def __init__(self, pool: PortPool) -> None:
        self._pool = pool
        self._ears: list[CopyEar] = []
        self._of: dict[LegId, CopyEar] = {}

    def open(self, leg: Leg) -> LocalPorts:
        """Where a copy of the leg's voice is to be sent; deaf until `expect`. Raises NoPortLeft."""
        ear = self._of.get(leg.name)
        if ear is None:
            assert leg.ports is not None
            host = leg.ports.host
            rooms = (one for one in self._ears if one.ports.host == host and len(one.legs) < LEGS_AN_EAR)
            ear = next(rooms, None)
            if ear is None:
                ear = CopyEar(host, self._pool)
                self._ears.append(ear)
            ear.legs[leg.name] = leg
            self._of[leg.name] = ear
        return ear.ports

    def expect(self, leg: LegId, hosts: tuple[str, ...], port: int) -> None:
        ear = self._of.get(leg)
        if ear is not None:
            ear.expect(ear.legs[leg], hosts, port)

    def close(self, leg: LegId) -> None:
        """The last to leave an ear closes it."""
        ear = self._of.pop(leg, None)
        if ear is not None:
            ear.leave(ear.legs[leg])
            if not ear.legs:
                self._ears.remove(ear)
                ear.close()

    def drain(self) -> None:
        """Take what came since the last step."""
        for ear in self._ears:
            ear.drain()


def _ignore(data: bytes, address: Address) -> None:
    """RTCP beside the copies: it is not about what we sent."""


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
