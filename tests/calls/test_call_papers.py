"""Forms filed are found again by what they say, on either database."""

from __future__ import annotations

from pathlib import Path

import pytest

from huawu.calls.call_papers import CallPapers, NoteChanged, WrapUp
from huawu.calls.facts import Fact
from huawu.calls.finding import CallFilter
from huawu.calls.store import CallStore
from huawu.platform.clock import VirtualClock
from huawu.platform.database import Database


@pytest.fixture
def papers(db: Database, clock: VirtualClock) -> CallPapers:
    return CallPapers(db, clock)


async def test_calls_are_found_by_leaf_and_by_branch(
    papers: CallPapers, db: Database, tmp_path: Path
) -> None:
    store = CallStore(db, rescue=tmp_path / "rescue")
    await store.start()
    filed = {"a": "complaint.attitude", "b": "complaint.refusal", "c": "complaints.other", "d": "complaint"}
    for at_ms, (call, disposition) in enumerate(filed.items(), 1):
        store.append([Fact(call=call, seq=1, at_ms=at_ms, kind="offered", fields={"caller": "138"})])
        await papers.file(WrapUp(call=call, agent="1001", disposition=disposition))
    await store.flush()

    async def found(disposition: str) -> list[str]:
        page = await store.find(CallFilter(disposition=disposition))
        return [record.id for record in page.calls]

    assert await found("complaint.attitude") == ["a"]
    assert await found("complaint") == ["d", "b", "a"]
    assert await found("comp%") == []
    assert await papers.dispositions(["a", "c", "none"]) == {"a": filed["a"], "c": filed["c"]}
    await store.close()


async def test_of_two_who_save_first_words_one_is_told(papers: CallPapers) -> None:
    await papers.save_note("a", "一", version=0, by="1001")
    with pytest.raises(NoteChanged) as refusal:
        await papers.save_note("a", "二", version=0, by="1002")
    assert refusal.value.note.text == "一"
    assert (await papers.save_note("a", "二", version=1, by="1002")).version == 2


async def test_each_agent_of_a_call_files_for_themselves(papers: CallPapers, clock: VirtualClock) -> None:
    for agent in ("1001", "1002", "1001"):
        clock.advance(1)
        await papers.file(WrapUp(call="a", agent=agent, disposition="help.solved", summary=agent))
    assert [(one.agent, one.version) for one in await papers.wrap_ups("a")] == [("1002", 1), ("1001", 2)]
