"""Talking with a real, tiny model: in the terminal, and on the page in a browser."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from itertools import groupby
from threading import Thread

import neural
import pytest
from browser import chromium

from train.chat.terminal import talk
from train.chat.web import server, url_of
from train.speaking import Decoding, Speaker, load

SHORT = Decoding(max_new_tokens=6, min_new_tokens=3)


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Speaker:
    return load(str(neural.causal(tmp_path_factory.mktemp("model"), chat=True)))


@pytest.fixture
def address(speaker: Speaker) -> Iterator[str]:
    running = server(speaker, SHORT, "<b>tiny</b> 模型")
    thread = Thread(target=lambda: running.serve_forever(0.02), daemon=True)
    thread.start()
    yield url_of(running)
    running.shutdown()
    running.server_close()
    thread.join(10)


def test_a_turn_sees_what_was_said_before_until_it_begins_again(speaker: Speaker) -> None:
    said: list[str] = []
    talk(speaker, SHORT, ["天地", "玄黄", "/new", "天地", "/what", "", "/bye", "never"], said.append)
    lines = [
        "".join(group) for ends, group in groupby(said, lambda piece: piece == "\n" or piece[0] == "/") if not ends
    ]
    assert len(lines) == 3
    assert lines[0] == lines[2]
    assert said[-1].startswith("/new")
    first = {"role": "user", "content": "天地"}
    second = [first, {"role": "assistant", "content": lines[0].strip()}, {"role": "user", "content": "玄黄"}]
    assert lines[1].strip() == speaker.replies([second], SHORT)[0][0]


def test_the_page_asks_and_shows_the_answer_in_both_languages(speaker: Speaker, address: str) -> None:
    wanted = speaker.replies([[{"role": "user", "content": "天地"}]], SHORT)[0][0]
    with chromium() as page:
        page.driver.get(address)
        assert page.run("return document.getElementById('model').textContent") == "<b>tiny</b> 模型"
        labels = []
        for _ in range(2):
            labels.append(page.run("return document.getElementById('send').textContent"))
            page.run("document.getElementById('lang').click()")
        assert sorted(labels) == ["Send", "发送"]
        page.run("document.getElementById('text').value = '天地'; document.getElementById('form').requestSubmit()")
        page.until("return document.querySelector('.assistant')?.dataset.done")
        assert page.run("return document.querySelector('.assistant').textContent").strip() == wanted
        assert page.complaints() == []


@pytest.mark.parametrize(
    ("host", "token", "body"),
    [
        ("127.0.0.1:1", "wrong", [{"role": "user", "content": "天"}]),
        ("evil.example:80", None, [{"role": "user", "content": "天"}]),
        ("127.0.0.1:1", None, [{"role": "root", "content": "天"}]),
        ("127.0.0.1:1", None, {"role": "user"}),
    ],
)
def test_others_and_nonsense_are_turned_away(address: str, host: str, token: str | None, body: object) -> None:
    port = int(address.rstrip("/").rpartition(":")[2])
    held = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    held.request("GET", "/")
    page = held.getresponse().read().decode()
    real = json.loads(page.partition("const settings = ")[2].partition(";\n")[0])["token"]
    headers = {"Host": host, "X-Token": real if token is None else token}
    held.request("POST", "/", json.dumps(body), headers)
    assert held.getresponse().status == 400
    other = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    other.request("GET", "/", headers={"Host": "evil.example"})
    assert other.getresponse().status == 404
