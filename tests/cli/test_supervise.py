"""Processes that die are started again; those that cannot start are given up with their own words."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from huawu.cli.supervise import CANNOT_START, MOST_RESTARTS_AT_START, Child, Supervisor
from tests.support.tools import PATIENCE_S


def child(tmp_path: Path, script: str, *, vital: bool = True) -> Child:
    return Child(
        "worker", (sys.executable, "-c", script), dict(os.environ), tmp_path / "worker.log", vital=vital
    )


async def until(condition: object, within_s: float = PATIENCE_S) -> None:
    deadline = asyncio.get_running_loop().time() + within_s
    while not condition():  # type: ignore[operator]
        assert asyncio.get_running_loop().time() < deadline, "waited in vain"
        await asyncio.sleep(0.02)


async def test_a_killed_process_is_started_again_and_it_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    worker = child(tmp_path, "import time; print('up', flush=True); time.sleep(60)")
    supervisor = Supervisor([worker], told.append)
    supervisor.start()
    await until(lambda: "up" in worker.last_words)
    assert worker.process is not None
    first = worker.process.pid
    worker.process.kill()
    await until(lambda: worker.process is not None and worker.process.pid != first)
    await until(lambda: worker.process is not None and worker.process.returncode is None)
    assert "killed (SIGKILL)" in told[0]
    await supervisor.stop()
    assert worker.process.returncode is not None


async def test_a_process_that_cannot_start_is_given_up_with_its_words(tmp_path: Path) -> None:
    worker = child(tmp_path, f"import sys; print('the port is taken'); sys.exit({CANNOT_START})")
    supervisor = Supervisor([worker], lambda words: None)
    supervisor.start()
    failure = await asyncio.wait_for(supervisor.failed, PATIENCE_S)
    assert str(failure) == "the port is taken"
    assert worker.restarts == 0
    await supervisor.stop()


async def test_its_words_are_the_sentence_it_ends_with_not_the_log_before(tmp_path: Path) -> None:
    said = "level=info began\nhuawu worker: the port is taken.\nChoose another."
    worker = child(tmp_path, f"import sys; print({said!r}); sys.exit({CANNOT_START})")
    supervisor = Supervisor([worker], lambda words: None)
    supervisor.start()
    failure = await asyncio.wait_for(supervisor.failed, PATIENCE_S)
    assert str(failure) == "huawu worker: the port is taken.\nChoose another."
    await supervisor.stop()


async def test_what_went_wrong_at_the_end_is_told(tmp_path: Path) -> None:
    script = """
import signal, sys, time
def end(*_):
    print('level=info stops')
    sys.exit('huawu centre: 3 facts are lost')
signal.signal(15, end)
print('up', flush=True)
time.sleep(60)
"""
    told: list[str] = []
    worker = child(tmp_path, script)
    supervisor = Supervisor([worker], told.append)
    supervisor.start()
    await until(lambda: "up" in worker.last_words)
    await supervisor.stop()
    assert told == ["huawu centre: 3 facts are lost"]


async def test_one_that_is_not_vital_is_left_out(tmp_path: Path) -> None:
    told: list[str] = []
    worker = child(tmp_path, f"import sys; print('no demo'); sys.exit({CANNOT_START})", vital=False)
    supervisor = Supervisor([worker], told.append)
    supervisor.start()
    await until(lambda: told)
    assert "left out" in told[0]
    assert not supervisor.failed.done()
    await supervisor.stop()


async def test_one_that_does_not_listen_is_killed_in_the_end(tmp_path: Path) -> None:
    script = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    worker = child(tmp_path, script)
    supervisor = Supervisor([worker], lambda words: None)
    supervisor.start()
    await until(lambda: "deaf" in worker.last_words)
    await supervisor.stop(patience_s=0.2)
    assert worker.process is not None
    assert worker.process.returncode == -9


def test_nothing_is_left_when_the_supervisor_itself_is_killed(tmp_path: Path) -> None:
    script = (
        "import asyncio, os, sys\n"
        "from pathlib import Path\n"
        "from huawu.cli.supervise import Child, Supervisor\n"
        "async def main():\n"
        "    worker = Child('w', (sys.executable, '-c', 'import time; time.sleep(60)'), dict(os.environ),"
        f" Path({str(tmp_path / 'w.log')!r}))\n"
        "    Supervisor([worker], print).start()\n"
        "    while worker.process is None: await asyncio.sleep(0.01)\n"
        "    print(worker.process.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout is not None
        worker = int(keeper.stdout.readline())
        keeper.kill()
        keeper.wait()
    deadline = time.monotonic() + 20
    while psutil.pid_exists(worker) and psutil.Process(worker).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the child lives on"
        time.sleep(0.02)


async def test_a_process_that_was_ready_is_never_given_up(tmp_path: Path) -> None:
    sign = tmp_path / "ready"
    script = (
        f"import os; p = {str(sign)!r}; open(p + '.new', 'w').close(); os.replace(p + '.new', p); os._exit(9)"
    )
    worker = child(tmp_path, script)
    worker.sign = sign
    supervisor = Supervisor([worker], lambda words: None)
    supervisor.start()
    await until(lambda: worker.restarts > MOST_RESTARTS_AT_START + 1, 60)
    assert not supervisor.failed.done()
    await supervisor.stop()


async def test_a_process_that_never_gets_ready_is_given_up(tmp_path: Path) -> None:
    worker = child(tmp_path, "import os; os._exit(9)")
    worker.sign = tmp_path / "ready"
    worker.sign.touch()  # an earlier life was ready; this one is not
    supervisor = Supervisor([worker], lambda words: None)
    supervisor.start()
    await asyncio.wait_for(supervisor.failed, PATIENCE_S)
    assert worker.restarts == MOST_RESTARTS_AT_START
    await supervisor.stop()


async def test_one_that_was_ready_once_is_tried_again_even_if_it_says_it_cannot_start(tmp_path: Path) -> None:
    """Its database may be away; at the first start that is a mistake to tell, later it is a disturbance."""
    sign = tmp_path / "ready"
    script = (
        f"import os; p = {str(sign)!r}; first = not os.path.exists(p); open(p, 'a').close()\n"
        f"os._exit(9 if first else {CANNOT_START})"
    )
    worker = child(tmp_path, script)
    worker.sign = sign
    supervisor = Supervisor([worker], lambda words: None)
    supervisor.start()
    await until(lambda: worker.restarts >= 3, 60)
    assert not supervisor.failed.done()
    await supervisor.stop()
