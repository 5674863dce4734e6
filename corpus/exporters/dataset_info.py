"""Entries of LLaMA-Factory's `dataset_info.json` for exported files."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from corpus.exporters.rows import Shape, To

_ANSWERS = {"chosen": "chosen", "rejected": "rejected", "kto_tag": "kto_tag"}
_ALPACA = {
    "prompt": "instruction",
    "query": "input",
    "response": "output",
    "system": "system",
    "history": "history",
    **_ANSWERS,
}
_SHAREGPT = {"messages": "conversations", "system": "system", "tools": "tools", **_ANSWERS}
_TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "observation_tag": "tool",
    "system_tag": "system",
}


def entry(file_name: str, to: To, shape: Shape, fields: Collection[str]) -> dict[str, Any] | None:
    """What LLaMA-Factory needs to know to load the file, of whose rows at least one has each of `fields`: it names
    those alone, for a column that is not there is an error. None when it has no loader for such rows: prompts, pairs
    of lists of messages, and files in the format they once came in."""
    if shape == "prompt" or to == "original":
        return None
    columns: dict[str, str]
    more: dict[str, Any] = {"ranking": True} if shape == "pair" else {}
    match to:
        case "alpaca":
            columns = _ALPACA
        case "messages":
            if shape != "conversation":
                return None
            columns = {"messages": "messages", "tools": "tools"}
            more.update(formatting="sharegpt", tags=_TAGS)
        case _:
            columns = _SHAREGPT
            more["formatting"] = "sharegpt"
    there = {name: column for name, column in columns.items() if column in fields}
    return {"file_name": file_name, **more, "columns": there}
