"""`huawu simulate --day N`: a day of calls in virtual time, hour by hour."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import Progress

from huawu.sim.day import run_day


def replay_day(calls: int) -> int:
    """Run it with a progress bar and say what came of it; the exit code is 1 when a law was broken."""
    console = Console()
    began = time.monotonic()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(f"A day of {calls:,} calls", total=24)
        report = run_day(calls, on_hour=lambda hour, _: progress.update(task, completed=hour))
    console.print(
        f"{report.calls:,} calls, {report.facts:,} facts, {report.bridged:,} conversations "
        f"in {time.monotonic() - began:.0f} s of computing."
    )
    for how, count in report.ended.most_common():
        console.print(f"  ended {how}: {count:,}")
    for breach in report.breaches:
        console.print(f"[red]{breach}[/red]")
    if report.dropped_commands:
        console.print(f"[red]{report.dropped_commands} commands for legs that had ended[/red]")
    return 1 if report.breaches or report.dropped_commands else 0
