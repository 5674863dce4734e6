"""What the loader cannot refuse but a reviewer would: tags without examples, slow terms, cues that match everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from corpus.errors import Problem
from corpus.kernels.matchview import view_of_term
from corpus.ruleset.doubts import of_pattern
from corpus.tags.model import Tag, TagSet, Taxonomy
from corpus.tags.score import judge


def lint(tagset: TagSet) -> list[Problem]:
    """Everything doubtful about the taxonomies as written, in file order; empty for clean ones. Reads no text."""
    return sorted(
        _problem(tag, message)
        for taxonomy in tagset.taxonomies
        for tag in taxonomy.tags
        for message in _doubts(taxonomy, tag)
    )


def test_examples(tagset: TagSet) -> list[Problem]:
    """Examples that are tagged otherwise than the taxonomy says: empty when all hold. Models are left aside.

    A `keep` example must get its tag and, of a taxonomy of one label, no other; an `other` example must not get it.
    """
    found = []
    for taxonomy in tagset.taxonomies:
        texts = [text for tag in taxonomy.tags for text in (*tag.keep, *tag.other)]
        if not texts:
            continue
        alone = TagSet((replace(taxonomy, model=None),))
        judged = judge(pa.array(texts, pa.large_string()), alone)[0]
        row = 0
        for place, tag in enumerate(taxonomy.tags):
            for verb, examples in (("keep", tag.keep), ("other", tag.other)):
                for number, _ in enumerate(examples, start=1):
                    if bool(judged.given[row, place]) != (verb == "keep"):
                        given = [name for name, yes in zip(taxonomy.leaves, judged.given[row], strict=True) if yes]
                        said = f"{verb} example {number} is tagged {', '.join(given) or 'nothing'}"
                        scores = f"score {judged.scores[row, place]:.3g}, least {tag.least:g}"
                        found.append(_problem(tag, f"{said} ({scores})"))
                    row += 1
    return sorted(found)


def _doubts(taxonomy: Taxonomy, tag: Tag) -> Iterator[str]:
    if not tag.keep:
        yield "has no example that keeps it"
    for text in sorted(set(tag.keep) & set(tag.other)):
        yield f"has an example that is both kept and not: {text[:30]!r}"
    for term, _ in tag.terms:
        if len(view_of_term(term)) == 1:
            yield f"the term {term!r} has one character, which is found everywhere and slows all others"
    for cue in tag.cues:
        for doubt in of_pattern(cue.match):
            yield f"{cue.match!r}: {doubt}"
    if taxonomy.per == "thousand" and any(cue.weight < 0 for cue in tag.cues):
        yield "a cue with a negative weight means little where scores are for each 1,000 characters"
    reachable = sum(weight for _, weight in tag.terms) + sum(cue.weight for cue in tag.cues if cue.weight > 0)
    if taxonomy.model is None and taxonomy.per == "text" and reachable * max(1, taxonomy.cap) < tag.least:
        yield f"can never be given: all its weights are {reachable:g}, its least score is {tag.least:g}"


def _problem(tag: Tag, message: str) -> Problem:
    return Problem(tag.at.path, tag.at.line, 1, f"{tag.id}: {message}")
