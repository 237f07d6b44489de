"""Whatever the checks can say has a code and is said in Chinese."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from huawu.config.wording import OTHER, worded
from huawu.config.words import WORDS

ROOM = Path(__file__).parents[2] / "src" / "huawu"
CHECKS = [
    *sorted((ROOM / "config").glob("check*.py")),
    *(ROOM / name for name in ("config/decode.py", "config/tree.py", "config/load.py")),
    *(ROOM / name for name in ("ivr/check.py", "ivr/hours.py")),
]
SAYS = {"_error", "_warning", "_wrong", "Problem", "HoursUnclear", "TextUnreadable", "_unread"}
NOT_SAID = re.compile(r"|[\w.{}#*-]+|\W*")
"""One word, a path, or nothing at all: no sentence."""


def sentences(path: Path) -> set[str]:
    """Every sentence that a module of the checks hands to somebody, with `x` for what varies."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        given: list[ast.expr] = []
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in SAYS:
                given = [*node.args, *(each.value for each in node.keywords)]
        elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            given = node.value.elts
        elif isinstance(node, ast.Assign) and [getattr(each, "id", "") for each in node.targets] == [
            "message"
        ]:
            given = [node.value]
        found |= {text for each in given if (text := said(each)) is not None and not NOT_SAID.fullmatch(text)}
    return found


def said(node: ast.expr) -> str | None:
    """The text of a string; what varies in it is a word, except the hint of what was meant."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if not isinstance(node, ast.JoinedStr):
        return None
    text = ""
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
            continue
        assert isinstance(part, ast.FormattedValue)
        source = ast.unparse(part.value)
        if source.startswith("no_such("):
            text += 'there is no host "x"'
        elif "whole" in source:
            text += "whole "
        elif source == "bounds":
            text += "from 1 to 2"
        elif source == "message":
            text += '"x" is not known here'
        elif not (source in ("hint", "more") or source.startswith("did_you_mean(")):
            text += "x"
    return text


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: path.name)
def test_every_sentence_has_its_row(path: Path) -> None:
    found = sentences(path)
    assert found or path.name in ("load.py",)
    assert not {text for text in found if worded(text).code == OTHER and text != '"x" is not known here'}


def test_the_sentences_are_found() -> None:
    """Or the test above would say nothing."""
    assert sum(len(sentences(path)) for path in CHECKS) > 80


def test_what_varies_is_told_apart() -> None:
    words = worded('there is no step "enquirey" (did you mean "enquiry"?)')
    assert (words.code, words.values) == (
        "not_known",
        {"what": "step", "name": "enquirey", "meant": "enquiry"},
    )
    assert words.message_zh == "没有名为“enquirey”的步骤（是不是“enquiry”？）"
    unknown = worded('"ecko" is not known here (did you mean "echo"?); possible: number, name')
    assert (unknown.code, unknown.values["possible"]) == ("unknown_key", "number, name")
    assert unknown.message_zh == "这里没有“ecko”这一项；可写：number, name（是不是“echo”？）"
    length = worded('"15" is no length of time; write it like 20s, 3m or 1h30m (did you mean 15s?)')
    assert length.values == {"value": "15", "meant": "15s"}
    strange = worded('there is no step "{name} \\1 \n"')
    assert strange.values["name"] == "{name} \\1 \n"
    assert worded("something new").code == OTHER


def test_a_row_fits_its_own_sentence() -> None:
    """No row before it takes the sentence away; what stands in braces is in both languages."""
    for code, english, chinese in WORDS:
        names = set(re.findall(r"\{(\w+)\}", english))
        assert set(re.findall(r"\{(\w+)\}", chinese)) <= names
        assert re.search("[\u4e00-\u9fff]", chinese), code
        assert worded(re.sub(r"\{(\w+)\}", "x", english)).code == code
