"""The built pages: files with hashed names for ever, `index.html` for every page's address."""

from __future__ import annotations

import gzip
import mimetypes
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from huawu.web.errors import Refused

STATIC = Path(__file__).with_name("static")
BUTTON = "call.js"
NOT_BUILT = """<!doctype html><meta charset="utf-8"><title>Huawu 话务</title>
<h1>Huawu 话务</h1><p>The centre runs, but its pages are not built. Run <code>make ui</code> and reload.</p>
<p>The interface for programmes is described at <a href="/api/openapi.json">/api/openapi.json</a>.</p>"""
FOR_EVER = "public, max-age=31536000, immutable"
SMALL = 1_000
"""Bytes below which compressing gains nothing."""

router = APIRouter(include_in_schema=False)


class Shelf:
    """Files with hashed names, each read and compressed once: under its name none ever changes.

    At the beginning of a shift a thousand desks ask for the same thirty files.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[Path, bool], tuple[bytes, dict[str, str]]] = {}

    def response(self, file: Path, *, packed: bool) -> Response:
        """The file; `packed`: who asks can unpack gzip."""
        kept = self._kept.get((file, packed))
        if kept is None:
            kept = self._kept[file, packed] = _as_sent(file, packed)
        content, headers = kept
        return Response(content, headers=headers)


def _as_sent(file: Path, packed: bool) -> tuple[bytes, dict[str, str]]:
    content = file.read_bytes()
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    headers = {"Content-Type": kind, "Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    if packed and len(content) >= SMALL:
        headers["Content-Encoding"] = "gzip"
        content = gzip.compress(content, mtime=0)
    return content, headers


@router.get("/{path:path}")
def page(request: Request, path: str) -> Response:
    """A file of the pages, or the page itself, which knows its own addresses."""
    static: Path = request.app.state.static
    if path == "api" or path.startswith("api/"):
        raise Refused(404, "not_found", f"There is nothing at /{path[:100]}. See docs/api.md.")
    file = (static / path).resolve() if path and "\0" not in path else static
    if path and file.is_relative_to(static.resolve()) and file.is_file():
        if path.startswith("assets/"):
            shelf: Shelf = request.app.state.shelf
            return shelf.response(file, packed="gzip" in request.headers.get("accept-encoding", ""))
        if path == BUTTON:  # other sites' pages load it, by this very name
            lasts = {"Cache-Control": "public, max-age=600", "Cross-Origin-Resource-Policy": "cross-origin"}
            return FileResponse(file, headers=lasts)
        return FileResponse(file, headers={"Cache-Control": "no-cache"})
    if path.startswith("assets/"):
        raise Refused(404, "not_found", f"There is no file {path[:100]!r}; reload the page.")
    index = static / "index.html"
    if not index.is_file():
        return HTMLResponse(NOT_BUILT, headers={"Cache-Control": "no-store"})
    return FileResponse(index, headers={"Cache-Control": "no-cache"})
