"""What Huawu costs, and how well it judges calls. `make bench`; see docs/performance.md.

Starts a switch and a centre of its own on the loopback, calls them with SIPp, and ends all that it started.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import psutil  # noqa: E402
from tools.measure import (  # noqa: E402
    book,
    cluster,
    lasting,
    legs,
    limits,
    paint,
    parts,
    proof,
    relayed,
    screens,
    spoken,
    webrtc,
)
from tools.measure.centre import BenchFailed, apart, running_centre  # noqa: E402
from tools.measure.parts import Row, Trouble  # noqa: E402
from tools.measure.sipp import make_agents_ready  # noqa: E402
from tools.native import CannotCompile, build  # noqa: E402

from huawu.cli.doctor import built_for_speed  # noqa: E402

PARTS = "abcdefghijklmnopqr"
QUIET_LOOP_NS = 25


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", default=",".join(PARTS), help="parts, such as a,b (a and b go together)")
    arguments.add_argument(
        "--priority", action="store_true", help="go before other programs of a busy machine (needs root)"
    )
    arguments.add_argument(
        "--together", action="store_true", help="callers share the cores of the centre in parts a, b and d"
    )
    arguments.add_argument(
        "--native",
        action="store_true",
        help="compiled as far as the wheel of a platform is",
    )
    arguments.add_argument("--keep", type=Path, help="keep logs and traces in this folder")
    chosen = arguments.parse_args()
    wanted = {part for part in chosen.only.replace(",", "") if part in PARTS}
    if not wanted:
        arguments.error(f"--only takes some of {', '.join(PARTS)}")
    if chosen.priority:
        # All that is started inherits it. It takes half a core at most, so nobody is locked out.
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    trouble = Trouble()
    print(machine(native=chosen.native), flush=True)
    rows: list[Row] = []
    code = 0
    try:
        with ExitStack() as stack:
            folder = chosen.keep
            if folder is None:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="huawu-bench")))
            folder.mkdir(parents=True, exist_ok=True)
            if chosen.native:
                build(folder / "native")
                os.environ["PYTHONPATH"] = str(folder / "native")  # of what is started from here on
            for row in measure(wanted, folder.absolute(), trouble, together=chosen.together):
                print(line(row), file=sys.stderr, flush=True)
                rows.append(row)
    except (BenchFailed, CannotCompile) as error:
        print(f"Broken off: {error}", file=sys.stderr)
        code = 1
    print(table(sorted(rows, key=lambda row: row.part)))
    print(f"\nCalls that failed: {trouble.failed}. SIP messages sent again: {trouble.resent}.")
    for told in trouble.lines[:20]:
        print(f"  {told}")
    return code or int(trouble.failed > 0)


def measure(wanted: set[str], folder: Path, trouble: Trouble, *, together: bool = False) -> Iterator[Row]:
    """The rows of the parts wanted, each as soon as it is known.

    `together`: who calls shares the cores of what is measured in parts a, b and d, too.
    """
    if "e" in wanted:
        yield from parts.routing()
    if "i" in wanted:
        yield from cluster.rates(folder, trouble)
    if "j" in wanted:
        yield from relayed.with_and_without(folder, trouble)
    if "k" in wanted:
        yield from webrtc.bench()
    if "l" in wanted:
        with running_centre(folder / "screens", agents_count=screens.DESKS) as centre:
            make_agents_ready(centre, folder)
            yield from screens.screens(centre, folder, trouble)
            trouble.lines += centre.complaints()
    if "m" in wanted:
        yield from book.standard(folder, trouble)
    if "n" in wanted:
        yield from proof.quality(trouble)
    if "o" in wanted:
        yield from legs.bench(folder / "legs", trouble)
    if "p" in wanted:
        yield from paint.bench(folder)
    if "q" in wanted:
        yield from spoken.spoken(folder, trouble)
    if "r" in wanted:
        yield from lasting.bench(folder / "lasting", trouble)
    if wanted <= {"e", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r"}:
        return
    with running_centre(folder) as centre:
        with apart(centre) if not together else nullcontext():
            idle = parts.idle_share(centre) if "d" in wanted else None
            make_agents_ready(centre, folder)
            if idle is not None:
                yield from parts.recorded(centre, folder, trouble, idle)
            if wanted & {"a", "b"}:
                yield from (row for row in parts.calls(centre, folder, trouble) if row.part in wanted)
        if "c" in wanted:
            yield from parts.next_call(centre, folder, trouble)
        if wanted & {"f", "g"}:
            yield from (row for row in limits.at_once(centre, folder, trouble) if row.part in wanted)
        if "h" in wanted:
            yield from limits.rate(centre, folder, trouble)
        trouble.lines += centre.complaints()


def machine(*, native: bool = False) -> str:
    """Where and when this was measured."""
    model = platform.processor() or platform.machine()
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        names = [text for text in cpus.read_text().splitlines() if text.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    load = psutil.getloadavg()[0]
    python = platform.python_version() + ("" if built_for_speed() else " built without a profile")
    python += ", compiled as in the wheel of a platform" if native else ""
    return (
        f"{time.strftime('%Y-%m-%d')}, {psutil.cpu_count()} × {model}, {platform.system()}, "
        f"Python {python}, {commit}; load {load:.1f} before the start\n"
    )


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    head = f"| | what | figures | must | aim | reached | loop | at {QUIET_LOOP_NS} ns |"
    return "\n".join([head, "|---|---|---|---|---|---|---|---|", *(line(row) for row in rows)])


def line(row: Row) -> str:
    """One row of the table; CPU times are also told as they would be on a quiet machine."""
    figures = ", ".join(f"{name} **{_short(value)}**" for name, value in row.figures.items())
    quiet = ""
    if row.part in "ad" and row.judged is not None:
        quiet = f"{_short(row.judged * min(1.0, QUIET_LOOP_NS / row.loop_ns))}"
    bounds = f"{_bound(row, row.must)} | {_bound(row, row.aim)}"
    return (
        f"| {row.part} | {row.what} | {figures} {row.unit} | {bounds} "
        f"| {row.verdict} | {row.loop_ns:.0f} ns | {quiet} |"
    )


def _bound(row: Row, value: float | None) -> str:
    return "" if value is None else f"{'≥' if row.at_least else '≤'} {value:g}"


def _short(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 10 else f"{value:.1f}"


if __name__ == "__main__":
    sys.exit(main())
