"""How much CPU the SIP core takes a message: whole calls between two user agents, joined in memory.

Run: python -m tools.measure.sip_core [calls]
"""

from __future__ import annotations

import sys
from itertools import count
from time import process_time

from huawu.link.messages import Configure, LegId, Originate, Trunk, TrunkId
from huawu.switch.sip.agent import Addresses, UserAgent
from huawu.switch.sip.events import CallOffered, Flow, Output, SendPacket
from huawu.switch.sip.negotiation import LocalMedia, make_offer, negotiate

LOCAL = LocalMedia(host="10.0.0.1", rtp_port=4000, rtcp_port=4001)


def main(calls: int) -> None:
    numbers = count()

    def token() -> str:
        return f"{next(numbers):016x}"

    places = ("10.0.0.1", "10.0.0.2")
    agents = [UserAgent(token=token, local=Addresses(udp4=f"{place}:5060")) for place in places]
    flows = [Flow(transport="udp", host=place, port=5060) for place in places]
    trunk = Trunk(trunk=TrunkId("t"), target=f"{places[1]}:5060")
    agents[0].configure(Configure(realm="bench", trunks=(trunk,)), 0.0)
    agents[1].configure(Configure(realm="bench", public_numbers=("10000",)), 0.0)
    offer = make_offer(LOCAL)
    answer, _ = negotiate(LOCAL, offer)
    spent, packets, at = 0.0, 0, 0.0

    def carry(side: int, outputs: list[Output]) -> list[CallOffered]:
        """Deliver packets to and fro until silence; the time in `receive` is what is measured."""
        nonlocal spent, packets
        offered: list[CallOffered] = []
        queue = [(side, one) for one in outputs]
        while queue:
            origin, one = queue.pop(0)
            if isinstance(one, CallOffered):
                offered.append(one)
            if not isinstance(one, SendPacket):
                continue
            packets += 1
            began = process_time()
            more = agents[1 - origin].receive(one.data, flows[origin], at)
            spent += process_time() - began
            queue += [(1 - origin, each) for each in more]
        return offered

    commands = 0.0
    whole = process_time()
    for number in range(calls):
        at = number * 0.01
        leg = LegId(f"out{number}")
        began = process_time()
        wish = Originate(leg=leg, trunk=TrunkId("t"), number="10000", caller_number="13800000000")
        outputs = agents[0].invite(leg, wish, offer, at)
        commands += process_time() - began
        incoming = carry(0, outputs)[0].leg
        began = process_time()
        ringing = agents[1].ring(incoming, at)
        commands += process_time() - began
        carry(1, ringing)
        began = process_time()
        answered = agents[1].answer(incoming, answer, at)
        commands += process_time() - began
        carry(1, answered)
        began = process_time()
        ended = agents[0].hang_up(leg, "normal", at)
        commands += process_time() - began
        carry(0, ended)
    whole = process_time() - whole
    print(f"{calls} calls, {packets / calls:.1f} messages a call")
    print(f"receive:  {spent / packets * 1e6:6.1f} µs a message")
    print(f"commands: {commands / calls * 1e6:6.1f} µs a call (invite, ring, answer, hang up)")
    print(f"both agents together: {(spent + commands) / calls * 1e6:6.1f} µs a call, one dialog each side")
    print(f"whole loop: {whole / calls * 1e6:6.1f} µs a call")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
