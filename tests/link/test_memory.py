"""What is put on huge pages: memory of our own that is in use, and nothing else."""

from __future__ import annotations

import subprocess
import sys

from huawu.link.memory import in_use

HUGE = 0x200000
SMAPS = """\
55d0c0000000-55d0c0900000 rw-p 00000000 00:00 0                          [heap]
Size:               9216 kB
Rss:                9000 kB
Pss:                9000 kB
7f0000100000-7f0000600000 rw-p 00000000 00:00 0
Size:               5120 kB
Rss:                4000 kB
7f0010000000-7f0014000000 rw-p 00000000 00:00 0
Size:              65536 kB
Rss:                  16 kB
7f0020000000-7f0020100000 rw-p 00000000 00:00 0
Size:               1024 kB
Rss:                1024 kB
7f0030000000-7f0030400000 r-xp 00000000 08:01 1234                       /usr/lib/libpython3.11.so.1.0
Size:               4096 kB
Rss:                4096 kB
7f0040000000-7f0040400000 rw-p 00200000 08:01 1234                       /usr/lib/libpython3.11.so.1.0
Size:               4096 kB
Rss:                4096 kB
7ffc00000000-7ffc00400000 rw-p 00000000 00:00 0                          [stack]
Size:               4096 kB
Rss:                4096 kB
"""


def test_whole_huge_pages_within_memory_of_our_own_that_is_in_use() -> None:
    assert list(in_use(SMAPS, HUGE)) == [(0x55D0C0000000, 4 * HUGE), (0x7F0000200000, 2 * HUGE)]


def test_a_process_settles_and_goes_on() -> None:
    code = "from huawu.link import memory; kept = ['x' * 1000 for _ in range(9000)]; "
    code += "memory.settle(); print(kept[-1][:3])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "xxx\n"
    assert done.stderr == ""
