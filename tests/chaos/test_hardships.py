"""Databases and disks that fail a while under load: calls go on, and all comes on record."""

from __future__ import annotations

import contextlib
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from tools.chaos.invariants import Death

from tests.chaos.scene import Scene, busy_house, eventually
from tests.support import postgres

pytestmark = pytest.mark.sip

AWAY_S = 15.0
"""Long enough for several tries to write to have failed; what happens in a minute is no different."""


def told(scene: Scene, words: str) -> bool:
    return words in scene.house.log("centre")


def written_again(scene: Scene, before: int = 0) -> bool:
    return scene.house.log("centre").count("facts are written again") > before


@contextlib.contextmanager
def locked(database: Path) -> Iterator[None]:
    """Somebody (a backup, a database browser) holds the database so that nobody else can write."""
    holder = sqlite3.connect(database, isolation_level=None, timeout=30)
    try:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")
    finally:
        holder.close()


def test_facts_wait_while_the_database_is_locked(tmp_path: Path) -> None:
    with busy_house(tmp_path) as scene:
        with locked(scene.house.data / "huawu.db"):
            began = time.time()
            eventually(lambda: told(scene, "facts cannot be written and wait in memory"), "the complaint")
            time.sleep(AWAY_S / 2)
            answered = [one for one in scene.callers.trace.read().values() if one.final_at > began + 2]
            assert any(one.answered for one in answered), "no call was answered while the database was locked"
            assert not any(one.final == 503 for one in answered), "calls were refused for the database's sake"
        eventually(lambda: written_again(scene), "the facts to be written")
        scene.talk_goes_on(time.time())
        scene.settles()


def test_a_centre_that_dies_while_the_database_is_locked_comes_back_with_it(tmp_path: Path) -> None:
    with busy_house(tmp_path) as scene:
        centre = scene.house.process_of("centre").pid
        with locked(scene.house.data / "huawu.db"):
            time.sleep(2)
            died = time.time()
            scene.house.kill("centre")
            eventually(lambda: "is busy" in scene.house.log("centre"), "its complaint")
        scene.house.wait_until_whole([centre])
        scene.talk_goes_on(time.time())
        scene.settles([Death("centre", died, time.time())])


def limit(process: psutil.Process, octets: int) -> None:
    """No file of this process may grow beyond that: writing fails, as on a full disk."""
    hard = process.rlimit(psutil.RLIMIT_FSIZE)[1]
    process.rlimit(psutil.RLIMIT_FSIZE, (octets, hard))


def test_calls_go_on_while_the_disk_is_full(tmp_path: Path) -> None:
    with busy_house(tmp_path) as scene:
        both = [scene.house.process_of(name) for name in ("centre", "switch")]
        for process in both:
            limit(process, 20_000)  # a second of a recording
        began = time.time()
        eventually(lambda: told(scene, "facts cannot be written and wait in memory"), "the complaint")
        time.sleep(AWAY_S / 2)
        new = [one for one in scene.callers.trace.read().values() if one.final_at > began + 2]
        assert any(one.answered for one in new)
        status, health = scene.house.health()
        assert (status, health["status"], health["switch"]) == (503, "not_writing", "up")
        assert health["facts_waiting"] > 0
        for process in both:
            limit(process, resource.RLIM_INFINITY)
        eventually(lambda: written_again(scene), "the facts to be written")
        assert scene.house.health()[0] == 200
        scene.talk_goes_on(time.time())
        scene.settles()


def signal_all(processes: Iterable[psutil.Process], sign: signal.Signals) -> None:
    """To all that are still there: of PostgreSQL's, some come and go."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(sign)


@pytest.mark.postgres
def test_facts_wait_while_postgresql_is_gone_or_stalls(tmp_path: Path) -> None:
    with postgres.server() as url, busy_house(tmp_path, database=url) as scene:
        with postgres.away(url):
            eventually(lambda: told(scene, "facts cannot be written and wait in memory"), "the complaint")
            time.sleep(AWAY_S / 2)
        eventually(lambda: written_again(scene), "the facts to be written")
        scene.talk_goes_on(time.time())
        stalled = postgres.processes(url)
        signal_all(stalled, signal.SIGSTOP)
        began = time.time()
        time.sleep(AWAY_S / 2)
        signal_all(stalled, signal.SIGCONT)
        new = [one for one in scene.callers.trace.read().values() if one.final_at > began + 2]
        assert any(one.answered for one in new)
        scene.talk_goes_on(time.time())
        scene.settles()


def test_a_data_folder_that_cannot_be_written_is_named_with_advice(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "huawu.cli.main", "run", "--demo", "--data", "/proc/huawu"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    said = " ".join(done.stderr.split())
    assert "The data folder /proc/huawu cannot be used" in said
    assert "Choose another with --data" in said


def test_ten_times_the_load_disturbs_no_call_under_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tools.chaos.flood import flood

    with busy_house(tmp_path, talk_ms=(9_000, 12_000, 15_000)) as scene:

        def up() -> int:
            return sum(one.up_at(time.time()) for one in scene.callers.trace.read().values())

        eventually(lambda: up() >= 4, "calls to be under way")
        with ThreadPoolExecutor(1) as beside:
            under_way = beside.submit(flood, scene.house, tmp_path, rate=1_500, seconds=4)
            began = time.time()
            scene.ears.mark()
            time.sleep(4)  # in the thick of it
            heard, now = scene.ears.heard(), time.time()
            seen = scene.callers.trace.read().values()
            standing = [one for one in seen if one.up_at(began - 0.5) and one.up_at(now)]
            wave = under_way.result()
        gaps = [heard[one.port].longest_gap_s for one in standing if one.port in heard]
        assert gaps, "no call stood through the flood"
        assert all(heard[one.port].got for one in standing if one.port in heard), "a call lost its sound"
        with capsys.disabled():
            print(f"\n  {wave}; longest silence of a call under way {max(gaps, default=0):.2f} s")
        assert wave.unanswered + wave.answered + wave.refused == wave.calls
        assert not wave.without_retry_after
        # Callers whose ACK was lost in the flood stand in line until SIP gives them up, after 32 s.
        scene.talk_goes_on(time.time(), within_s=150)
        scene.settles()
