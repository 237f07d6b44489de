"""How several workers share the files of tests out among themselves."""

from __future__ import annotations

from tests.support.workers import chosen, computes, is_real

LEFT = {
    "tests/acd/test_a.py": 400,
    "tests/chaos/test_b.py": 1,
    "tests/sip/test_c.py": 20,
    "tests/web/test_d.py": 10,
}


def in_order(*, computes: bool) -> list[str]:
    left, order = dict(LEFT), []
    while left:
        order.append(chosen(left, computes=computes))
        del left[order[-1]]
    return [file[6:-3] for file in order]


def test_what_waits_comes_first_and_the_longest_of_it_before_all() -> None:
    assert in_order(computes=False) == ["sip/test_c", "chaos/test_b", "acd/test_a", "web/test_d"]


def test_who_computes_leaves_real_processes_to_the_others_while_there_is_anything_else() -> None:
    assert in_order(computes=True) == ["acd/test_a", "web/test_d", "sip/test_c", "chaos/test_b"]


def test_the_last_of_three_workers_computes_and_none_of_two_nor_where_files_are_not_shared_out() -> None:
    def told(worker: int, count: int, *, shared_out: bool = True) -> dict[str, object]:
        return {"workerid": f"gw{worker}", "workercount": count, "shared_out": shared_out}

    assert [computes(told(worker, 3)) for worker in range(3)] == [False, False, True]
    assert not any(computes(told(worker, 2)) for worker in range(2))
    assert not computes(told(2, 3, shared_out=False))


def test_only_what_starts_real_processes_is_real() -> None:
    assert is_real("tests/proof/test_played.py")
    assert not is_real("tests/proof/test_live.py")
