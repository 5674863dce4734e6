"""Every error a user can meet, and the exit code it becomes.

    CorpusError                     70  a bug unless a subclass says otherwise
    ├── UsageError                   2  a wrong argument or a missing file
    ├── ConfigError                  2  a wrong pipeline or rule file; carries every problem found
    ├── ContractError                3  stages that do not chain; carries every mismatch
    ├── AuditError                   3  a stage whose output does not add up
    ├── GateFailed                   3  what was published has, or may have, too many defects
    ├── VerifyError                  3  a committed output that no longer matches its manifest
    ├── CommitFailed                 3  another run committed this stage first, with other content
    ├── RejectedTooMuch              4  the drop-rate band or the quarantine share was exceeded
    ├── BudgetExhausted              5  stopped on purpose; repeat the command to go on
    └── EnvironmentProblem           2  no usable Java, a missing extra

A message has three parts: what is wrong, where (file:line, stage, column or doc_id), what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class CorpusError(Exception):
    """Base of every error raised on purpose."""

    exit_code: ClassVar[int] = 70


class UsageError(CorpusError):
    """A wrong argument, a missing file, a run directory that is none."""

    exit_code = 2


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a file a user wrote. `line` and `column` count from 1; 0 means the whole file."""

    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return f"{where}: {self.message}"


class ConfigError(CorpusError):
    """A pipeline or rule file with mistakes: all of them, in file order."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ContractError(CorpusError):
    """Stages whose columns do not chain: every mismatch, one a line."""

    exit_code = 3


class AuditError(CorpusError):
    """A stage wrote something that does not add up; nothing was committed."""

    exit_code = 3


class GateFailed(CorpusError):
    """The share of defects in what was published may lie above the limit."""

    exit_code = 3


class VerifyError(CorpusError):
    """A committed file is missing, damaged or not the one its manifest names."""

    exit_code = 3


class CommitFailed(CorpusError):
    """Another run committed the same stage first, with different content."""

    exit_code = 3


class RejectedTooMuch(CorpusError):
    """More of the input was dropped or quarantined than the pipeline allows."""

    exit_code = 4


class BudgetExhausted(CorpusError):
    """A declared budget is used up; the run resumes where it stopped."""

    exit_code = 5


class EnvironmentProblem(CorpusError):
    """Something the machine lacks: Java, an extra, a native library."""

    exit_code = 2
