"""Rounds of training, each on new and harder data than the last: a plan of commands, done one after the other.

A step is a command of this project or of anybody; what it did is kept in a receipt, so a plan that was killed goes on
at the step that was not finished, and that step's own command resumes by itself. When a round ends, a line in
`rounds.jsonl` says what it began from, what it made, and how it did.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from corpus import storage
from corpus.errors import ContractError, CorpusError, UsageError
from corpus.located import Strict
from train import provenance

_HOLE = re.compile(r"\{(\w+)\}")
GIVEN = ("round", "here", "before", "model", "start")
PROGRAMS = {"corpus": "cli.main", "torchrun": "torch.distributed.run"}
"""Programs of this environment, which need not be on the PATH."""


class StepFailed(CorpusError):
    """A command of a plan ended with an error; its code is passed on."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc]


class Step(Strict):
    """A command, word by word. In its words `{round}` is the number, `{here}` the folder of the round and `{before}`
    that of the last one, `{model}` the model as the steps before left it, `{start}` as the last round left it, and any
    name of `values` that round's value. `model` is the folder of the model that the step makes; `ranks` starts it in
    so many ranks; `rounds` names the rounds that it belongs to, all by default; `tells` keeps fields of the JSON object
    that it ends with for the line of the round (name: path)."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    run: tuple[str, ...] = Field(min_length=1)
    model: str | None = None
    ranks: int = Field(default=0, ge=0)
    rounds: tuple[int, ...] = ()
    tells: Mapping[str, str] = {}


class Rounds(Strict):
    """`values` has for each name a value a round. Each round must begin with the model that the last one ended with."""

    out: str
    model: str
    rounds: int = Field(ge=1)
    values: Mapping[str, tuple[str, ...]] = {}
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        wrong = [
            f"`values` of {name} are {len(own)}, not {self.rounds}"
            for name, own in self.values.items()
            if len(own) != self.rounds
        ]
        known = {*GIVEN, *self.values}
        for step in self.steps:
            holes = {hole for word in (*step.run, step.model or "") for hole in _HOLE.findall(word)}
            wrong += [
                f"step {step.name}: {{{hole}}} is none of {', '.join(sorted(known))}" for hole in sorted(holes - known)
            ]
        names = [step.name for step in self.steps]
        wrong += [f"step {name} is there twice" for name in sorted({name for name in names if names.count(name) > 1})]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


def run(plan: Rounds, say: Callable[[str], None] = lambda _: None) -> list[dict[str, Any]]:
    """Do what is not done yet; the lines of all rounds.

    StepFailed with the command's own code when one fails; ContractError when a step that is done was another command;
    UsageError when a step ends well and its model is not there.
    """
    out = Path(plan.out)
    out.mkdir(parents=True, exist_ok=True)
    model, lines = plan.model, []
    for number in range(1, plan.rounds + 1):
        here = out / f"round={number}"
        here.mkdir(exist_ok=True)
        words = {
            "round": str(number), "here": str(here), "before": str(out / f"round={number - 1}"), "start": model,
            "model": model, **{name: own[number - 1] for name, own in plan.values.items()},
        }  # fmt: skip
        told: dict[str, Any] = {}
        for step in plan.steps:
            if step.rounds and number not in step.rounds:
                continue
            told |= _once(step, words, here, lambda text, number=number: say(f"round {number}: {text}"))  # type: ignore[misc]
            if step.model:
                model = words["model"] = _filled(step.model, words)
                if not Path(model).is_dir():
                    raise UsageError(f"round {number}: step {step.name} ended well, but {model} is not there")
        line = {"round": number, "start": words["start"], "model": model, "told": told, "chain": _short(model)}
        lines.append(line)
        written = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in lines)
        storage.put_atomic(str(out / "rounds.jsonl"), written.encode())
    return lines


def _once(step: Step, words: Mapping[str, str], here: Path, say: Callable[[str], None]) -> dict[str, Any]:
    """What a step tells; its command runs only where no receipt says that it has."""
    command = [_filled(word, words) for word in step.run]
    key = hashlib.sha256(json.dumps(command).encode()).hexdigest()
    receipt = here / f"{step.name}.done.json"
    if receipt.is_file():
        kept = json.loads(receipt.read_text(encoding="utf-8"))
        if kept["command"] != command:
            raise ContractError(
                f"{receipt}: was done by another command: {' '.join(kept['command'])}; name another `out`"
            )
        return dict(kept["told"])
    say(f"{step.name}: {' '.join(command)}")
    log = here / f"{step.name}.log"
    with log.open("ab") as errors:
        done = subprocess.run(started(command, step.ranks), stdout=subprocess.PIPE, stderr=errors, check=False)
    if done.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])
        raise StepFailed(
            f"step {step.name} ended with {done.returncode} (all of it in {log}):\n{tail}", done.returncode
        )
    told = _told(done.stdout.decode("utf-8", "replace"), step, log)
    page = json.dumps({"key": key, "command": command, "told": told}, ensure_ascii=False)
    storage.put_atomic(str(receipt), page.encode())
    return told


def started(command: Sequence[str], ranks: int) -> list[str]:
    """A command as this interpreter starts it, in `ranks` ranks where that is not 0."""
    launcher = [sys.executable, "-m", PROGRAMS["torchrun"], "--standalone", "--nproc-per-node", str(ranks)]
    module = PROGRAMS.get(command[0])
    if ranks and module:
        return [*launcher, "--module", module, *command[1:]]
    if ranks:
        return [*launcher, "--no-python", *command]
    return [sys.executable, "-m", module, *command[1:]] if module else list(command)


def _told(output: str, step: Step, log: Path) -> dict[str, Any]:
    if not step.tells:
        return {}
    last = next((line for line in reversed(output.splitlines()) if line.startswith("{")), "")
    try:
        found = json.loads(last)
    except ValueError:
        raise UsageError(
            f"step {step.name}: ends with no JSON object, which `tells` needs: add --json ({log})"
        ) from None
    return {name: _reached(found, path) for name, path in step.tells.items()}


def _reached(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _filled(word: str, words: Mapping[str, str]) -> str:
    return _HOLE.sub(lambda hole: words[hole[1]], word)


def _short(model: str) -> list[dict[str, Any]]:
    """The provenance of a model: stage, fingerprint and step of each ancestor, the youngest first."""
    return [{name: page.get(name) for name in ("stage", "fingerprint", "step")} for page in provenance.chain(model)]
