"""Transfers by SIP between link and user agent: checked against the leg table, then passed on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from huawu.link.messages import Command, LegId, Refer, TellTransfer, TransferAsked, TransferProgressed
from huawu.switch.legs import CommandRefused, LegState
from huawu.switch.ports import Calls, Surroundings
from huawu.switch.sip.events import Output
from huawu.switch.table import LegTable


class TransferControl:
    """`commands` and `news` map types to what takes them; commands raise CommandRefused, LegOver."""

    def __init__(
        self, *, table: LegTable, calls: Calls, around: Surroundings, do: Callable[[list[Output]], None]
    ) -> None:
        self._table = table
        self._calls = calls
        self._around = around
        self._do = do
        self._referred: set[LegId] = set()  # legs whose peers were sent a REFER and have not told its end

    def commands(self) -> dict[type[Command], Callable[[Any], None]]:
        return {Refer: self._refer, TellTransfer: self._tell}

    def news(self) -> dict[type[Output], Callable[[Any], None]]:
        return {TransferAsked: self._asked, TransferProgressed: self._progressed}

    def _refer(self, command: Refer) -> None:
        leg = self._table.used(command.leg).leg
        if command.replaces is not None:
            self._table.used(command.replaces)
            if command.replaces == leg:
                raise CommandRefused(f"leg {leg} cannot take its own place")
        elif not command.number:
            raise CommandRefused("a transfer needs a number or a leg to replace")
        if leg in self._referred:
            raise CommandRefused(f"a transfer of leg {leg} is under way")
        self._referred.add(leg)
        self._do(self._calls.refer(leg, command.number, command.replaces, self._around.at()))

    def _tell(self, command: TellTransfer) -> None:
        """Also for a leg that is over: whoever asks for a transfer may hang up before it is done."""
        if not self._table.known(command.leg):
            raise CommandRefused(f"there is no leg {command.leg}")
        at = self._around.at()
        self._do(self._calls.tell_transfer(command.leg, command.state, command.reason, at))

    def _asked(self, news: TransferAsked) -> None:
        if self._talks(news.leg) and (news.replaces is None or self._talks(news.replaces)):
            self._around.emit(news)
        else:
            self._do(self._calls.tell_transfer(news.leg, "failed", "failed", self._around.at()))

    def _progressed(self, news: TransferProgressed) -> None:
        if news.state in ("done", "failed"):
            self._referred.discard(news.leg)
        if news.leg in self._table.legs:
            self._around.emit(news)

    def _talks(self, leg: LegId) -> bool:
        found = self._table.legs.get(leg)
        return found is not None and found.state is LegState.ANSWERED
