"""What the models commands show to people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.render import number, out, size, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpus.models.registry.manage import State
    from corpus.models.registry.pins import Pin


def plain(pin: Pin) -> dict[str, Any]:
    """A pin as JSON values, with the digest of its files."""
    return {**pin.model_dump(mode="json"), "digest": pin.digest}


def added(pin: Pin) -> None:
    """What was pinned."""
    out(f"{pin.name}: {pin.kind}, {number(len(pin.files))} files, {size(pin.bytes)}, licence {pin.licence}")
    out(f"digest {pin.digest}")
    out(pin.path)


def listed(pins: Sequence[Pin]) -> None:
    """A line a model."""
    if not pins:
        out("nothing is pinned; corpus models add")
        return
    rows = [(one.name, one.kind, one.digest[:12], size(one.bytes), one.licence, one.path) for one in pins]
    table(("model", "kind", "digest", "size", "licence", "path"), rows)


def states(found: Sequence[State]) -> None:
    """Each model with what is wrong with it."""
    for one in found:
        out(f"{one.pin.name}: {'as pinned' if not one.problems else 'NOT as pinned'}")
        for said in one.problems:
            out(f"  {said}")
    if not found:
        out("nothing is pinned; corpus models add")
