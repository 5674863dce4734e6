"""Somebody else's recipe -> files of ours, and what became of every setting."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from corpus import located, storage
from corpus.errors import ConfigError, Problem, UsageError
from corpus.ruleset.foreign.datatrove import SETTINGS, SPECIAL, is_datatrove, read_datatrove
from corpus.ruleset.foreign.juicer import is_juicer, read_juicer
from corpus.ruleset.foreign.model import Note, Recipe
from corpus.ruleset.foreign.write import files_of


@dataclass(frozen=True)
class Imported:
    """The files by path, and the notes in the order of the recipe's lines."""

    kind: str
    rules: int
    rewrites: int
    files: dict[str, str]
    notes: tuple[Note, ...]


def import_recipe(path: str, out: str, lang: str | None = None, complete: bool = False) -> Imported:
    """Write the recipe in the YAML file `path` as rules at `out` and, beside it, what else it needs.

    Understood are datatrove's thresholds as FineWeb2 publishes them and recipes of Data-Juicer; `lang` is the language
    of the texts, else taken from the recipe; `complete` adds what FineWeb2's script says beside its files. Raises
    ConfigError with every problem of the recipe, and UsageError when a file is there already; nothing is written then.
    """
    if not out.endswith((".yaml", ".yml")):
        raise UsageError(f"--out {out}: must end in .yaml, so that a pipeline can name it in `rules:`")
    found = read_recipe(path, lang, complete)
    files = files_of(found, out)
    there = [name for name in files if storage.exists(name)]
    if there:
        raise UsageError("\n".join(f"{name}: is there already; name another --out, or remove it" for name in there))
    for name, content in files.items():
        storage.put_atomic(name, content.encode())
    notes = sorted(found.notes, key=lambda note: (note.origin.line == 0, note.origin.line))
    return Imported(found.kind, len(found.rules), len(found.rewrites), files, tuple(notes))


def read_recipe(path: str, lang: str | None = None, complete: bool = False) -> Recipe:
    """The recipe in a YAML file; ConfigError with everything that is wrong with it."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        detail = getattr(error, "strerror", None) or str(error)
        raise ConfigError([Problem(path, 0, 0, f"cannot be read: {detail}")]) from None
    document = located.parse(text, path)
    problems: list[Problem] = []
    languages = (lang,) if lang else ()
    if is_juicer(document.value):
        recipe = read_juicer(document, languages, problems)
    elif is_datatrove(document.value):
        recipe = read_datatrove(document, languages, complete, problems)
    else:
        known = ", ".join([*SETTINGS, *SPECIAL][:4])
        message = f"is neither a Data-Juicer recipe (`process:`, a list) nor thresholds of datatrove ({known}, ...)"
        raise ConfigError([document.problem((), message)])
    if problems:
        raise ConfigError(problems)
    return recipe
