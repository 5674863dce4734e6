"""docs/import-recipes.md, made from the importers' tables by `python -m corpus.ruleset.foreign.page`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from corpus.ruleset.foreign import datatrove, juicer_ops

HEAD = """\
# Importing other tools' recipes

This page is made from the importers' tables by `python -m corpus.ruleset.foreign.page`; a test holds that it is fresh.

    corpus rules import cmn_Hani.yml --out my/zh.yaml
    corpus rules import recipe.yaml --out my/recipe.yaml --lang zh

reads the thresholds of datatrove as FineWeb2 publishes them for each language, or a recipe of Data-Juicer, and writes

| file | what it holds |
|---|---|
| `my/zh.yaml` | the rules; the comment above them lists what has no counterpart and what measures something else |
| `my/zh.rewrites.yaml` | mappers that change texts as a rewrite of ours does |
| `my/zh.stopwords.txt` | the function words of a datatrove file, for the rule that counts them |
| `my/zh.pipeline.yaml` | a pipeline that names these files; its `sources` are yours to set |

Files that are not needed are not written, and none that is there already is overwritten. The numbers are the recipe's
own; each rule says in its `source` which key of which line it comes from. All imported rules drop, as the filters do.
Their examples are made for the bound by measuring texts with the real kernels, so `corpus rules test` holds for them;
a bound that no text is known to fail is left out and said so. Mistakes in a recipe (a word where a number belongs) are
told all at once with file:line:column, and nothing is written.

- **Language.** `--lang`, else what the recipe says: the name of a FineWeb2 file (`cmn_Hani` is `zh`), or `lang` of
  `language_id_score_filter`. The rules then apply to that language alone.
- **Words.** Chinese and Japanese words are not divided by spaces. Where the other tool counts n-grams of words, one of
  n words is taken as one of 1.6 n characters; the lengths of words have no counterpart there. Data-Juicer without
  `tokenization` takes what stands between spaces for a word, in Chinese a whole clause, so its numbers say little.
- **Order.** Data-Juicer runs operators as they stand; here rewrites run first, then everything is measured, then all
  rules decide. A mapper behind a filter is pointed out.
- **`--complete`** adds what FineWeb2's script applies beside the file of a language: {script}.
"""


def page() -> str:
    """The whole page."""
    script = ", ".join(f"`{name}` {number:g}" for name, number in datatrove.SCRIPT.items())
    return "\n".join([HEAD.format(script=script), *_datatrove(), "", *_juicer()]) + "\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield f"| {' | '.join(names)} |"
    yield "|" + "---|" * len(names)
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _datatrove() -> Iterator[str]:
    yield "## datatrove, FineWeb2\n"
    rows = [
        (f"`{name}`", one.of, f"`{one.kernel}` {one.side}", _said(one.differs, one.in_words))
        for name, one in datatrove.SETTINGS.items()
    ]
    rows += [(f"`{name}`", of, f"`{kernel}`", said) for name, (of, kernel, said) in datatrove.SPECIAL.items()]
    rows += [(f"`{name}`", "", "none", said) for name, said in datatrove.NONE.items() if said]
    yield from _table(("setting", "filter", "rule on", "what differs"), rows)


def _said(differs: str, in_words: bool) -> str:
    return "; ".join(filter(None, [differs, "not for Chinese and Japanese" if in_words else ""]))


def _juicer() -> Iterator[str]:
    yield "## Data-Juicer\n"
    yield "### Filters that become rules\n"
    rows = []
    for name, one in juicer_ops.FILTERS.items():
        args = "".join(f", {key}: {value}" for key, value in one.args) + (", n" if one.n else "")
        defaults = ", ".join(f"`{key}` {value:g}" for key, value in (one.low, one.high) if key and value is not None)
        rows.append((f"`{name}`", f"`{one.kernel}`{args}", defaults, one.differs))
    yield from _table(("operator", "signal", "defaults", "what differs"), rows)
    yield "\n### Mappers that become rewrites\n"
    mappers = [(f"`{name}`", f"`{one.call['kernel']}`", one.differs) for name, one in juicer_ops.MAPPERS.items()]
    modes = ", ".join(juicer_ops.CASES)
    convert = ("`chinese_convert_mapper`", "`traditional_to_simplified`, `simplified_to_traditional`", f"modes {modes}")
    yield from _table(("operator", "rewrite", "what differs"), [*mappers, convert])
    yield "\n### Operators that become settings of the pipeline\n"
    yield from _table(("operator", "setting"), ((f"`{name}`", said) for name, said in juicer_ops.SETTINGS.items()))
    yield "\n### Operators without a counterpart\n"
    none = ((f"`{name}`", said.replace("{args}", "its arguments")) for name, said in juicer_ops.NONE.items())
    yield from _table(("operator", "instead"), none)
    yield "\nOperators on images, video and audio are named and left out; so is every other one that is not known."


if __name__ == "__main__":
    sys.stdout.write(page())
