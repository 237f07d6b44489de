"""The built pages: files with hashed names for ever, `index.html` for every page's address."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from huawu.web.errors import Refused

STATIC = Path(__file__).with_name("static")
BUTTON = "call.js"
NOT_BUILT = """<!doctype html><meta charset="utf-8"><title>Huawu 话务</title>
<h1>Huawu 话务</h1><p>The centre runs, but its pages are not built. Run <code>make ui</code> and reload.</p>
<p>The interface for programmes is described at <a href="/api/openapi.json">/api/openapi.json</a>.</p>"""

router = APIRouter(include_in_schema=False)


@router.get("/{path:path}")
def page(request: Request, path: str) -> Response:
    """A file of the pages, or the page itself, which knows its own addresses."""
    static: Path = request.app.state.static
    if path == "api" or path.startswith("api/"):
        raise Refused(404, "not_found", f"There is nothing at /{path[:100]}. See docs/api.md.")
    file = (static / path).resolve() if path and "\0" not in path else static
    if path and file.is_relative_to(static.resolve()) and file.is_file():
        if path == BUTTON:  # other sites' pages load it, by this very name
            lasts = {"Cache-Control": "public, max-age=600", "Cross-Origin-Resource-Policy": "cross-origin"}
            return FileResponse(file, headers=lasts)
        for_ever = path.startswith("assets/")
        return FileResponse(
            file, headers={"Cache-Control": "public, max-age=31536000, immutable" if for_ever else "no-cache"}
        )
    if path.startswith("assets/"):
        raise Refused(404, "not_found", f"There is no file {path[:100]!r}; reload the page.")
    index = static / "index.html"
    if not index.is_file():
        return HTMLResponse(NOT_BUILT, headers={"Cache-Control": "no-store"})
    return FileResponse(index, headers={"Cache-Control": "no-cache"})
