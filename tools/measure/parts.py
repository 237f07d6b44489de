"""What is measured: the CPU of a call, the way to an agent, the next call, recorded calls, routing."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tools.measure.centre import FEW, FEW_AGENTS, MANY, BenchFailed, Centre, Cpu
from tools.measure.routing import busy_floor, quiet_floor
from tools.measure.sipp import SET_UP_RATE, Message, Traffic, drive, talking
from tools.measure.voices import Heard, speaking

RATE = 40
CALLS, WARM_UP, RUNS = 600, 200, 3
TALK_MS = 800
SETTLE_S = 0.7
"""After the last call: recordings are closed, facts written."""
JUDGED_S = 4.0
"""After the last call all are judged."""
WAITING = 30
NEXT_CALLS = 200
SPEAKING = (20, 50)
SPEAKING_S = 8.0


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. `must` and `aim` are upper bounds, or lower ones when `at_least`."""

    part: str
    what: str
    unit: str
    figures: dict[str, float]
    judged: float | None = None
    must: float | None = None
    aim: float | None = None
    loop_ns: float = 0.0
    at_least: bool = False

    @property
    def verdict(self) -> str:
        if self.judged is None or self.must is None or self.aim is None:
            return ""
        for name, bound in (("aim", self.aim), ("must", self.must)):
            if self.judged >= bound if self.at_least else self.judged <= bound:
                return name
        return "missed"


@dataclass(slots=True)
class Trouble:
    """Whatever did not go as it must; nothing is hidden."""

    failed: int = 0
    resent: int = 0
    lines: list[str] = field(default_factory=list)

    def note(self, traffic: Traffic) -> None:
        self.failed += traffic.failed
        self.resent += traffic.resent
        if traffic.failed:
            self.lines += traffic.errors.splitlines()[:5]


def loop_ns() -> float:
    """One turn of a plain Python loop, to compare machines, and moments of one, by."""
    start, total = time.process_time(), 0
    for number in range(2_000_000):
        total += number
    return (time.process_time() - start) / 2_000_000 * 1e9


def calls(centre: Centre, folder: Path, trouble: Trouble) -> Iterator[Row]:
    """Parts a and b: the same runs give the CPU of a call and the time to the agent's phone."""
    drive_calls(centre, folder, WARM_UP, trouble)
    spent: list[Cpu] = []
    delays: list[list[float]] = []
    loops: list[float] = []
    judging: list[float] = []
    for _ in range(RUNS):
        loop = loop_ns()
        before, judged = centre.cpu(), centre.judging()
        traffic = drive_calls(centre, folder, CALLS, trouble)
        time.sleep(SETTLE_S)
        used = centre.cpu() - before
        if traffic.calls == 0:
            raise BenchFailed(f"no call went as written:\n{traffic.errors[-2000:]}")
        spent.append(Cpu(used.switch / traffic.calls * 1000, used.centre / traffic.calls * 1000))
        delays.append(to_the_agent(traffic))
        loops.append((loop + loop_ns()) / 2)
        time.sleep(JUDGED_S)
        judging.append((centre.judging() - judged) / traffic.calls * 1000)
    both = [each.both for each in spent]
    yield Row(
        "a",
        "CPU of a call: queued, bridged, ended, without media",
        "ms",
        {
            "least": min(both),
            "median": statistics.median(both),
            "switch": statistics.median(each.switch for each in spent),
            "centre": statistics.median(each.centre for each in spent),
            "judged afterwards by the judge": statistics.median(judging),
        },
        judged=statistics.median(both),
        must=5,
        aim=2.5,
        loop_ns=statistics.median(loops),
    )
    yield _delays("b", "caller's INVITE to agent's INVITE", delays, 20, 8, statistics.median(loops))


def drive_calls(centre: Centre, folder: Path, count: int, trouble: Trouble) -> Traffic:
    """Calls at 40 a second that are queued, bridged and ended, without media."""
    traffic = drive(
        centre,
        folder,
        callers="caller_leaves",
        agents="agent_stays",
        number=MANY,
        calls=count,
        rate=RATE,
        at_once=10_000,
        caller_ms=TALK_MS,
    )
    trouble.note(traffic)
    return traffic


def to_the_agent(traffic: Traffic) -> list[float]:
    """Milliseconds from each caller's INVITE being sent to the agent's being read, by the caller's number."""
    asked: dict[str, float] = {}
    for message in traffic.callers:
        if message.sent and message.start_line.startswith("INVITE "):
            asked.setdefault(_user(message.header("From")), message.at)
    rang: dict[str, float] = {}
    for message in traffic.agents:
        if not message.sent and message.start_line.startswith("INVITE "):
            rang.setdefault(_user(message.header("From")), message.at)
    return [(at - asked[number]) * 1000 for number, at in rang.items() if number in asked]


def next_call(centre: Centre, folder: Path, trouble: Trouble) -> Iterator[Row]:
    """Part c: few agents, a line of callers, agents who hang up."""
    runs, loops = [], []
    for _ in range(RUNS):
        loop = loop_ns()
        traffic = drive(
            centre,
            folder,
            callers="caller_stays",
            agents="agent_leaves",
            number=FEW,
            calls=NEXT_CALLS,
            rate=60,
            at_once=FEW_AGENTS + WAITING,
            caller_ms=0,
            agent_ms=150,  # slower than callers come, so that there is always a line
        )
        trouble.note(traffic)
        runs.append(to_the_next_call(traffic.agents))
        loops.append((loop + loop_ns()) / 2)
    yield _delays("c", "agent hangs up to the next caller's INVITE", runs, 50, 15, statistics.median(loops))


def to_the_next_call(messages: list[Message]) -> list[float]:
    """Milliseconds from each BYE an agent's phone sent to the next INVITE that it read."""
    agent_of: dict[str, str] = {}
    free: dict[str, float] = {}
    waits = []
    for message in messages:
        call = message.header("Call-ID")
        if not message.sent and message.start_line.startswith("INVITE "):
            agent = message.start_line.split()[1].partition(":")[2].partition("@")[0]
            if call in agent_of:
                continue  # sent once more
            agent_of[call] = agent
            if agent in free:
                waits.append((message.at - free.pop(agent)) * 1000)
        elif message.sent and message.start_line.startswith("BYE ") and call in agent_of:
            free.setdefault(agent_of[call], message.at)
    return waits


def idle_share(centre: Centre) -> Cpu:
    """What both take of a core before the first call: later, ended transactions still run out."""
    time.sleep(1.0)
    return core_share(centre, 5.0)


def recorded(centre: Centre, folder: Path, trouble: Trouble, idle: Cpu) -> Iterator[Row]:
    """Part d: whole processes while calls are up and both sides speak, less what they take idle."""
    for count in SPEAKING:
        run = speak(centre, folder, trouble, count)
        share = run.share
        per_call = 100 * (share.both - idle.both) / count
        yield Row(
            "d",
            f"a recorded call, both sides speaking ({count} at once)",
            "% of a core",
            {
                "a call": per_call,
                "switch": 100 * (share.switch - idle.switch) / count,
                "centre": 100 * (share.centre - idle.centre) / count,
                "idle": 100 * idle.both,
            },
            judged=per_call,
            must=0.4,
            aim=0.2,
            loop_ns=run.loop_ns,
        )


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a time of recorded calls took, and what was heard in it, and the bytes of both processes."""

    share: Cpu
    heard: Heard
    memory: int
    loop_ns: float


def speak(centre: Centre, folder: Path, trouble: Trouble, count: int, seconds: float = SPEAKING_S) -> Spoken:
    """`count` recorded calls at once, both sides speaking; measured while all of them are up."""
    loop = loop_ns()
    setup_s = count / SET_UP_RATE + 2.0
    talk_s = setup_s + seconds + 2.0
    with (
        speaking(2 * count) as voices,
        talking(centre, folder, ports=voices.ports, talk_s=talk_s) as (lines, phones),
    ):
        time.sleep(setup_s)
        before = voices.heard()
        share = core_share(centre, seconds)
        heard, memory = voices.heard() - before, centre.memory()
    went = min(lines.counted("SuccessfulCall(C)"), phones.counted("SuccessfulCall(C)"))
    trouble.failed += count - went
    if went < count:
        trouble.lines += (lines.errors() + phones.errors()).splitlines()[:5]
    time.sleep(SETTLE_S)
    if heard.late > seconds:  # more than one step in fifty
        trouble.lines.append(f"the peers themselves were late in {heard.late} steps of {count} calls")
    silent = silent_recordings(centre, count)
    if silent:
        trouble.lines.append(f"{silent} of {count} recordings lack a side's voice")
    return Spoken(share, heard, memory, (loop + loop_ns()) / 2)


def routing() -> Iterator[Row]:
    """Part e: the ACD alone, in this process."""
    for name, floor in (("100,000 waiting", busy_floor), ("5,000 agents ready", quiet_floor)):
        loop = loop_ns()
        decided, deciding, whole = floor()
        yield Row(
            "e",
            f"routing decisions, 10,000 agents, {name}",
            "1/s",
            {"decisions": decided / deciding, "with ringing and answer": decided / whole},
            loop_ns=(loop + loop_ns()) / 2,
        )


def core_share(centre: Centre, seconds: float) -> Cpu:
    """The share of one core that each process takes for a while."""
    before, began = centre.cpu(), time.monotonic()
    time.sleep(seconds)
    used, took = centre.cpu() - before, time.monotonic() - began
    return Cpu(used.switch / took, used.centre / took)


def silent_recordings(centre: Centre, count: int) -> int:
    """How many of the newest `count` recordings lack the voice of a side."""
    files = sorted((centre.folder / "recordings").rglob("*.wav"), key=lambda file: file.stat().st_mtime_ns)[
        -count:
    ]
    silent = count - len(files)
    for file in files:
        sound = file.read_bytes()[58:]
        silent += any(len(set(sound[side::2])) < 20 for side in (0, 1))
    return silent


def _delays(part: str, what: str, runs: list[list[float]], must: float, aim: float, loop: float) -> Row:
    """Percentiles of all runs together, and the best run's p99: neighbours on the machine hit single runs."""
    everything = sorted(delay for run in runs for delay in run)
    if not everything:
        raise BenchFailed(f"nothing to time: {what}")
    nines = [_percentile(sorted(run), 99) for run in runs if run]
    return Row(
        part,
        what,
        "ms",
        {
            "p50": _percentile(everything, 50),
            "p95": _percentile(everything, 95),
            "p99": _percentile(everything, 99),
            "best run's p99": min(nines),
        },
        judged=_percentile(everything, 99),
        must=must,
        aim=aim,
        loop_ns=loop,
    )


def _percentile(ordered: list[float], percent: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def _user(name_addr: str) -> str:
    """The user of a From header's address."""
    return name_addr.partition("sip:")[2].partition("@")[0]
