"""The same on a page: one self-contained file, served on loopback alone, answers streamed as they are made.

Only a page that this server gave can ask (a fresh token is in it), so no other site that is open in the browser can.
"""

from __future__ import annotations

import json
import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

from train.speaking import Decoding, Speaker

PAGE = Path(__file__).with_name("page.html")
MOST = 1 << 20
ROLES = frozenset({"system", "user", "assistant"})


def server(speaker: Speaker, decoding: Decoding, name: str, port: int = 0) -> ThreadingHTTPServer:
    """A server on 127.0.0.1, not begun; its address is `url_of` it. One answer is made at a time."""
    token = secrets.token_urlsafe(24)
    words = json.dumps({"token": token, "model": name}, ensure_ascii=False).replace("<", "\\u003c")
    page = PAGE.read_text(encoding="utf-8").replace("/*SETTINGS*/null", words).encode()
    turn = Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """The page, and nothing else."""
            if self.path != "/" or not self._ours():
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; "
                             "script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'")  # fmt: skip
            self.end_headers()
            self.wfile.write(page)

        def do_POST(self) -> None:
            """The pieces of an answer to the messages in the body."""
            messages = self._messages()
            if messages is None:
                self.send_error(400)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.end_headers()
            with turn:
                for piece in speaker.words(messages, decoding):
                    self.wfile.write(piece.encode())
                    self.wfile.flush()

        def _messages(self) -> list[dict[str, str]] | None:
            if not self._ours():
                return None
            given = self.headers.get("X-Token", "")
            length = self.headers.get("Content-Length", "")
            if not secrets.compare_digest(given.encode(), token.encode()) or not length.isdigit() or int(length) > MOST:
                return None
            try:
                said = json.loads(self.rfile.read(int(length)))
            except ValueError:
                return None
            sound = isinstance(said, list) and all(
                isinstance(one, dict) and one.get("role") in ROLES and isinstance(one.get("content"), str)
                for one in said
            )
            return [{"role": one["role"], "content": one["content"]} for one in said] if sound and said else None

        def _ours(self) -> bool:
            """Whether the browser was told to come here, and not by a name that somebody pointed at this machine."""
            return self.headers.get("Host", "").rpartition(":")[0] in {"127.0.0.1", "localhost"}

        def log_message(self, *_: object) -> None:
            """Conversations are nobody's business."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


def url_of(running: ThreadingHTTPServer) -> str:
    """Where to open it."""
    return f"http://127.0.0.1:{running.server_address[1]}/"
