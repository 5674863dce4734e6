"""A conversation in the terminal: a line is a turn, and a few words with a slash before them steer it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from train.speaking import Decoding, Speaker

HELP = "/new begins again, /system TEXT says who answers, /bye ends"


def talk(speaker: Speaker, decoding: Decoding, lines: Iterable[str], say: Callable[[str], None]) -> None:
    """Answer every line until there is none; `say` gets pieces of text as they come, line ends included."""
    system: list[dict[str, str]] = []
    turns: list[dict[str, str]] = []
    for line in lines:
        text = line.strip()
        if text == "/bye":
            return
        if text == "/new":
            turns = []
        elif text.startswith("/system "):
            system, turns = [{"role": "system", "content": text.removeprefix("/system ").strip()}], []
        elif text.startswith("/"):
            say(f"{HELP}\n")
        elif text:
            turns.append({"role": "user", "content": text})
            pieces = []
            for piece in speaker.words([*system, *turns], decoding):
                pieces.append(piece)
                say(piece)
            say("\n")
            turns.append({"role": "assistant", "content": "".join(pieces).strip()})
