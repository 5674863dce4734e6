"""Taxonomy files -> one TagSet, or every mistake in all of them at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from corpus import located
from corpus.errors import ConfigError, CorpusError, Problem
from corpus.kernels.matchview import view_of_term
from corpus.located import Located
from corpus.ruleset.entries import Shelf, read
from corpus.ruleset.model import Location
from corpus.tags.model import Cue, Model, Tag, TagSet, Taxonomy
from corpus.tags.spec import ModelSpec, TagSpec, TaxonomySpec

FOLDER = "tags"
RESERVED = ("has_code", "has_maths", "text", "lang", "key")
"""Columns that no taxonomy can have: others have them."""
_PLURAL = 4


def shipped_names() -> list[str]:
    """The taxonomies that come with the package."""
    return list(Shelf.of(FOLDER, "taxonomy").names)


def load_tags(names_or_paths: Sequence[str]) -> TagSet:
    """The taxonomies of `names_or_paths` in order: shipped ones (`tasks`), or .yaml files.

    Raises ConfigError with every problem of all files.
    """
    problems: list[Problem] = []
    taxonomies: list[Taxonomy] = []
    for shown, path in Shelf.of(FOLDER, "taxonomy").files(names_or_paths, problems):
        document = read(shown, path, problems)
        if document is None:
            continue
        made = _taxonomy(document, problems)
        if made is None:
            continue
        if made.column in [other.column for other in taxonomies]:
            problems.append(document.problem(("column",), f"column {made.column!r} is that of another taxonomy"))
        taxonomies.append(made)
    if problems:
        raise ConfigError(problems)
    return TagSet(tuple(taxonomies))


def _taxonomy(document: Located, problems: list[Problem]) -> Taxonomy | None:
    try:
        spec = located.validate(TaxonomySpec, document)
    except ConfigError as error:
        problems += error.problems
        return None
    found = list(_mistakes(spec, document))
    model = None if spec.model is None else _model(spec.model, spec, document, found)
    problems += found
    if found:
        return None
    return Taxonomy(
        name=spec.taxonomy,
        column=spec.column,
        labels=spec.labels,
        of=spec.of,
        head=spec.head,
        tail=spec.tail,
        most=spec.most,
        per=spec.per,
        floor=spec.floor,
        cap=spec.cap,
        gaps=spec.gaps,
        source=spec.source,
        groups=tuple((name, group.zh, group.en) for name, group in spec.groups.items()),
        tags=tuple(_tag(tag, spec, document, number) for number, tag in enumerate(spec.tags)),
        model=model,
    )


def _tag(tag: TagSpec, spec: TaxonomySpec, document: Located, number: int) -> Tag:
    terms: dict[tuple[int, ...], tuple[str, float]] = {}
    for weight, given in tag.terms.items():
        for term in given:
            terms[tuple(view_of_term(term))] = (term, float(weight))
    for view, (term, weight) in list(terms.items()):
        if _has_plural(term):
            terms.setdefault((*view, ord("s")), (term.strip() + "s", weight))
    return Tag(
        id=tag.id,
        zh=tag.zh,
        en=tag.en,
        least=spec.least if tag.least is None else tag.least,
        distinct=spec.distinct if tag.distinct is None else tag.distinct,
        terms=tuple(terms.values()),
        cues=tuple(Cue(cue.match, cue.weight, cue.min_chars, cue.max_chars) for cue in tag.cues),
        keep=tag.examples.keep,
        other=tag.examples.other,
        at=Location(document.path, document.position(("tags", number))[0]),
    )


def _has_plural(term: str) -> bool:
    """Whether an English term stands for its plural too: its last word has letters enough and no s at its end."""
    last = term.split()[-1]
    return term.isascii() and last.isalpha() and len(last) >= _PLURAL and last[-1].lower() not in "sy"


def _mistakes(spec: TaxonomySpec, document: Located) -> Iterator[Problem]:
    """What the keys alone do not show."""
    if spec.column in RESERVED:
        yield document.problem(("column",), f"column {spec.column!r} is taken; name another")
    seen: dict[str, int] = {}
    for number, tag in enumerate(spec.tags):
        place = ("tags", number)
        if tag.id in seen:
            line = document.position(("tags", seen[tag.id]))[0]
            yield document.problem((*place, "id"), f"{tag.id}: is declared already in line {line}")
        seen.setdefault(tag.id, number)
        group, slash, _ = tag.id.partition("/")
        if slash and group not in spec.groups:
            hint = located.suggest(group, spec.groups)
            yield document.problem((*place, "id"), f"{tag.id}: no group {group!r} is declared under groups{hint}")
        if not tag.terms and not any(cue.weight > 0 for cue in tag.cues) and spec.model is None:
            yield document.problem(place, f"{tag.id}: has neither terms nor cues, so it is never given")
        yield from _repeated(tag, document, place)


def _repeated(tag: TagSpec, document: Located, place: tuple[str | int, ...]) -> Iterator[Problem]:
    first: dict[tuple[int, ...], str] = {}
    for weight, terms in tag.terms.items():
        for index, term in enumerate(terms):
            view = tuple(view_of_term(term))
            if view in first:
                at = (*place, "terms", f"{weight:g}", index)
                yield document.problem(at, f"{tag.id}: {term!r} is found as {first[view]!r} is; one of them is idle")
            first.setdefault(view, term)


def _model(given: ModelSpec, spec: TaxonomySpec, document: Located, problems: list[Problem]) -> Model | None:
    from corpus.models.classifier import load

    try:
        found = load(given.name, Path(document.path).parent)
    except CorpusError as error:
        problems.append(document.problem(("model", "name"), str(error)))
        return None
    ids = [tag.id for tag in spec.tags]
    unknown = [label for label in found.card.labels if label not in ids]
    if unknown or found.card.view == "instruction":
        said = f"has labels that are no tags here: {', '.join(unknown)}" if unknown else "reads instruction rows"
        problems.append(document.problem(("model", "name"), f"model {given.name!r} {said}"))
        return None
    from corpus.models import card as cards

    directory = cards.find(given.name, Path(document.path).parent)
    return Model(given.name, found.card.digest, given.least, str(directory.absolute()))
