"""What stands in a workbook (.xlsx, ECMA-376 part 1 §18) as the pages write one: values, row by row."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Final
from zipfile import ZipFile

_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def workbook_rows(path: Path) -> list[list[str]]:
    """Rows of the first sheet, an empty cell as ""; texts and numbers as they are written."""
    with ZipFile(path) as parts:
        texts = ["".join(one.itertext()) for one in ET.fromstring(parts.read("xl/sharedStrings.xml"))]
        sheet = ET.fromstring(parts.read("xl/worksheets/sheet1.xml"))
    rows: list[list[str]] = []
    for row in sheet.iter(f"{_MAIN}row"):
        cells: dict[int, str] = {}
        for cell in row:
            value = cell.findtext(f"{_MAIN}v") or ""
            cells[_column(cell.attrib["r"])] = texts[int(value)] if cell.get("t") == "s" else value
        rows.append([cells.get(at, "") for at in range(max(cells, default=-1) + 1)])
    width = max(map(len, rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows]


def _column(reference: str) -> int:
    """0 of `A7`, 27 of `AB7`."""
    number = 0
    for letter in re.sub(r"\d", "", reference):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
