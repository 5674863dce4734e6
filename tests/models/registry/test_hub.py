"""A model fetched from a hub: a server on this machine that answers as the hub's client expects."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

Made = Callable[..., Path]
COMMIT = "89abcdef0123456789abcdef0123456789abcdef"
ADD = "from corpus.models.registry.manage import add; print(add('somebody/tiny', allow_download={}).model_dump_json())"


class Hub(ThreadingHTTPServer):
    """Serves the files of one directory as the model somebody/tiny, and remembers what was asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.folder = folder
        self.asked: list[str] = []


class Answer(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        path = self.path.partition("?")[0]
        self.server.asked.append(path)
        names = sorted(one.name for one in self.server.folder.iterdir())
        if path.startswith("/api/models/somebody/tiny/tree/"):
            size = {one.name: one.stat().st_size for one in self.server.folder.iterdir()}
            tree = [{"type": "file", "path": name, "size": size[name], "oid": "0" * 40} for name in names]
            content, kind = json.dumps(tree).encode(), "application/json"
        elif path.startswith("/api/models/somebody/tiny"):
            found = {"id": "somebody/tiny", "sha": COMMIT, "siblings": [{"rfilename": name} for name in names]}
            content, kind = json.dumps(found).encode(), "application/json"
        elif (name := path.rpartition("/")[2]) in names and "/resolve/" in path:
            content, kind = (self.server.folder / name).read_bytes(), "application/octet-stream"
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def hub(lm: Made) -> Iterator[Hub]:
    server = Hub(lm("there", **{"pytorch_model.bin": b"pickled", "modeling.py": b"print('ran')"}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def add(hub: Hub, tmp_path: Path, allowed: bool) -> subprocess.CompletedProcess[str]:
    """In a process of its own: the client reads its settings once, when it is imported."""
    own = {
        "HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}", "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1",
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-c", ADD.format(allowed)], env={**os.environ, **own}, capture_output=True, text=True,
        timeout=120, cwd=Path(__file__).parents[3], check=False,
    )  # fmt: skip


def test_a_model_is_fetched_only_when_asked_and_neither_code_nor_pickles_are(hub: Hub, tmp_path: Path) -> None:
    refused = add(hub, tmp_path, allowed=False)
    assert refused.returncode != 0
    assert "--allow-download fetches it" in refused.stderr
    assert hub.asked == []

    done = add(hub, tmp_path, allowed=True)
    assert done.returncode == 0, done.stderr
    pin = json.loads(done.stdout)
    assert pin["source"] == f"somebody/tiny@{COMMIT}"
    assert {one["name"] for one in pin["files"]} == {"README.md", "config.json", "model.safetensors", "tokenizer.json"}
    assert not any(path.endswith((".py", ".bin")) for path in hub.asked)
