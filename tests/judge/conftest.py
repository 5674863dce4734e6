"""A judge with a server of the tests behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from judge_asking import SOON, Ask
from judge_server import MODEL, JudgeServer

from corpus.judge.client import Judge, Terms
from corpus.judge.ledger import opened
from corpus.judge.prompts import Prompt, load_prompt
from corpus.judge.schema import Answer, Question
from corpus.judge.wire import Endpoint


@pytest.fixture
def quality() -> Prompt:
    return load_prompt("quality_zh")


@pytest.fixture
def ask(tmp_path: Path, quality: Prompt, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Texts through a judge at a server; each call opens the ledger anew, as a new command would."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def run(server: JudgeServer, texts: Sequence[str], timeout: float = 20.0, **terms: Any) -> list[Answer]:
        wanted = Terms(**{"patience": SOON, **terms})

        async def work() -> list[Answer]:
            with opened(tmp_path / "ledger.jsonl") as ledger:
                async with Judge(Endpoint(MODEL, server.url, timeout=timeout), ledger, wanted) as judge:
                    return await judge.ask(Question(str(n), quality, {"text": text}) for n, text in enumerate(texts))

        return asyncio.run(work())

    return run
