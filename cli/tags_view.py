"""What `corpus tags` and `corpus coverage` show to people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.render import files, number, out, reasons, share, table

if TYPE_CHECKING:
    from corpus.tags.coverage import Coverage
    from corpus.tags.files import Applied
    from corpus.tags.model import TagSet
    from corpus.tags.opened.choose import Spread
    from corpus.tags.opened.files import Made

SHOWN = 20


def taxonomies(found: TagSet) -> None:
    """One line a tag, under its taxonomy."""
    for place, one in enumerate(found.taxonomies):
        if place:
            out()
        out(f"{one.name}: column {one.column}, {one.labels}, {len(one.tags)} tags")
        rows = [(tag.id, tag.zh, tag.en, str(len(tag.terms)), str(len(tag.cues))) for tag in one.tags]
        table(("tag", "Chinese", "English", "terms", "patterns"), rows, indent="  ")
    out(f"\ndigest {found.digest}")


def taxonomies_json(found: TagSet) -> dict[str, Any]:
    """The same for scripts."""
    shown = [
        {
            "taxonomy": one.name,
            "column": one.column,
            "labels": one.labels,
            "groups": {name: {"zh": zh, "en": en} for name, zh, en in one.groups},
            "tags": [{"id": tag.id, "zh": tag.zh, "en": tag.en, "least": tag.least} for tag in one.tags],
        }
        for one in found.taxonomies
    ]
    return {"digest": found.digest, "taxonomies": shown}


def applied(done: Applied) -> None:
    """Rows, then the most frequent tags of each column."""
    kind = "instruction rows" if done.instructions else "documents"
    out(f"{number(done.read)} rows read, {number(done.instructions or done.read)} of them {kind}")
    reasons("unreadable", done.unreadable)
    for column, counts in done.tags.items():
        out()
        out(column)
        some = list(counts.items())[:SHOWN]
        table(None, [(name, number(count), share(count, done.read)) for name, count in some], indent="  ")
        if len(counts) > SHOWN:
            out(f"  and {len(counts) - SHOWN} more")
    out()
    files(done.files)


def normalised(done: Made) -> None:
    """What became of the raw tags, and how rows and vocabulary stand."""
    out(f"{number(done.read)} rows read, {number(done.tagged)} with a tag left")
    reasons("unreadable", done.unreadable)
    out(f"{number(done.raw_tags)} raw tags became {number(done.tags)}")
    table(None, [(reason, number(count), share(count, done.raw_tags)) for reason, count in done.reasons.items()], "  ")
    _spread("all rows", done.spread)
    if done.chosen is not None:
        _spread("chosen", done.chosen)
    files(done.files)


def _spread(name: str, found: Spread) -> None:
    said = f"{found.complexity:.2f} tags a row, {number(found.diversity)} different tags"
    covered = f"{100 * found.coverage:.1f} % of the vocabulary, evenness {found.evenness:.2f}"
    out(f"{name}: {number(found.rows)} rows, {said}, {covered}")


def coverage(found: Coverage) -> None:
    """The gaps with what they lack, then all tags."""
    covered = share(round(found.tagged), round(found.tokens)) if found.tokens else "0 %"
    out(f"{found.column} against {found.against}")
    out(f"{number(round(found.tokens))} tokens, {covered} of them with a tag; {len(found.leaves)} tags")
    out(f"in the wrong place: {100 * found.distance:.1f} % of the tagged tokens")
    gaps = set(found.gaps)
    rows = [
        (
            leaf.tag,
            number(leaf.rows),
            number(round(leaf.tokens)),
            f"{100 * leaf.share:.2f} %",
            f"{100 * leaf.wanted:.2f} %",
            number(round(leaf.lacks)),
            "-" if leaf.weight is None else f"{leaf.weight:.2f}",
            f"{leaf.epochs:.2f}",
            ("absent" if not leaf.tokens else "gap") if leaf.tag in gaps else "",
        )
        for leaf in found.leaves
        if leaf.tokens or leaf.wanted
    ]
    out()
    table(("tag", "rows", "tokens", "share", "wanted", "lacks", "weight", "epochs", ""), rows)
    out()
    out(f"{len(found.gaps)} gaps, {len(found.absent)} of them absent; {100 * found.reachable:.1f} % can be filled")
