"""Another web site: one page on the loopback at an origin of its own, with whatever stands in it."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def other_site(body: str = "", host: str = "127.0.0.1") -> Iterator[OtherSite]:
    """Serve a page until the end; `host` may be `localhost`, which is another origin."""
    site = OtherSite(body, host)
    thread = threading.Thread(target=site.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        site.server.server_close()
        thread.join()


class OtherSite:
    """`body` may be changed before the page is opened."""

    def __init__(self, body: str, host: str) -> None:
        self.body = body
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = self.path.partition("?")[0] == "/"
                text = f"<!doctype html><title>shop</title><h1>Shop</h1>{site.body}" if known else ""
                self.send_response(200 if known else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing to say."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://{host}:{self.server.server_port}"
