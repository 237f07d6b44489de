"""The page of figures has a section for calls through a switch, and keeps it when the rest is new."""

from __future__ import annotations

from tools.measure.spoken import Found
from tools.proof.judging import Tally
from tools.proof.report import SWITCHED, section_of
from tools.proof.script import load_all
from tools.proof.switched import of, section, written_into

from huawu.standard import load_standard


def found() -> Found:
    right = Tally(found=2, true=2, kept=1)
    erring = Tally(found=1, true=3, false=["call at 7 s"], kept=1, kept_missed=["other"])
    tallies = {"open.third-ring": right, "open.surname": erring, "promise.closing": Tally(missed=["form"])}
    return Found(calls=list(load_all())[:3], left_out={"x": "why"}, verdicts=90, live=tallies, after=tallies)


def test_each_rule_is_told_live_and_afterwards_but_those_whose_forms_were_not_played() -> None:
    text = section(load_standard(), of(found()))
    assert "3 of the 4 calls" in text
    assert "90 of 90 verdicts are alike" in text
    assert "- Rules that look at T and V, live: precision 100 %, recall 100 %." in text
    assert "- Rules that look at P, afterwards: precision 75 %, recall 100 %." in text
    assert "| open.surname | P | 75 % | 100 % | 50 % | 75 % | 100 % | 50 % |" in text
    assert "- open.surname, live, false alarm: call at 7 s" in text
    assert "promise.closing" not in text


def test_the_section_takes_its_own_place_and_leaves_the_rest_of_the_page() -> None:
    text = section(load_standard(), of(found()))
    page = written_into("# Figures\n\nsome\n", text)
    assert page == f"# Figures\n\nsome\n\n{text}"
    assert written_into(page, text) == page
    assert section_of(page) == text
    assert text.startswith(SWITCHED)
    assert section_of("# Figures\n") == ""
