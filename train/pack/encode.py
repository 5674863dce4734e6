"""Texts and conversations as token ids, with what is learnt of them; what people wrote never becomes a mark.

A conversation is tokenised whole, as a model will see it, and the learnt spans are found by their characters. Where a
token would reach over the border of a span, or a text holds the name of a special token, its parts are tokenised each
for itself, the written ones with special tokens off.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from corpus.errors import UsageError
from train.importing import no_garbage
from train.models import SAFE
from train.templates.model import Rendered, Template

Ids = np.ndarray[Any, np.dtype[np.int32]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Words:
    """A tokenizer folder. `chat` is the template that conversations are written with, None for documents."""

    folder: str
    chat: Template | None = None

    @cached_property
    def whole(self) -> Any:
        """transformers' tokenizer. UsageError when the folder holds none that is fast."""
        with no_garbage():
            from transformers import AutoTokenizer

        try:
            found = AutoTokenizer.from_pretrained(self.folder, **SAFE)
        except (OSError, ValueError) as error:
            raise UsageError(f"{self.folder}: no tokenizer can be loaded: {str(error).splitlines()[0]}") from None
        if not getattr(found, "is_fast", False):
            raise UsageError(f"{self.folder}: its tokenizer is not a fast one; save it once with transformers")
        return found

    @cached_property
    def fast(self) -> Any:
        """The tokenizer of the tokenizers package."""
        return self.whole.backend_tokenizer

    @property
    def eos(self) -> int:
        """The token that ends a document. UsageError when there is none."""
        if self.whole.eos_token_id is None:
            raise UsageError(f"{self.folder}: has no end-of-sequence token (eos_token in tokenizer_config.json)")
        return int(self.whole.eos_token_id)

    @property
    def pad(self) -> int:
        """The token behind short rows: the padding token, else that which ends a document. It is never learnt."""
        return int(self.eos if self.whole.pad_token_id is None else self.whole.pad_token_id)

    @cached_property
    def digest(self) -> str:
        """sha256 of the vocabulary and of the tokens that begin, end and pad."""
        told = self.fast.to_str() + repr((self.whole.bos_token, self.whole.eos_token, self.pad))
        return hashlib.sha256(told.encode()).hexdigest()

    @cached_property
    def special(self) -> re.Pattern[str]:
        """Finds the name of any special token."""
        names = [token.content for token in self.whole.added_tokens_decoder.values() if token.special]
        return re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))) or r"(?!)")

    def check(self) -> None:
        """UsageError when the template's marks are no tokens here: a model could not tell where a turn ends."""
        if self.chat is None:
            return
        lacking = [
            mark
            for mark in self.chat.marks
            if self.whole.convert_tokens_to_ids(mark) in (None, self.whole.unk_token_id)
        ]
        if lacking:
            raise UsageError(
                f"{self.folder}: has no token {', '.join(lacking)}, which the template {self.chat.name} needs: use the "
                "template of its own family, or add the tokens and train their rows"
            )


@dataclass
class Encoded:
    """Sequences of one batch: ids, what is learnt (None: everything), and the place of the record each is from."""

    ids: list[Ids] = field(default_factory=list)
    masks: list[Mask] | None = None
    records: list[int] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def documents(words: Words, texts: Sequence[str], size: int) -> Encoded:
    """Documents with the token that ends them; a longer one than `size` goes on in further sequences. One without a
    word ("empty") is left out."""
    words.fast.encode_special_tokens = True
    found = Encoded()
    for place, one in enumerate(words.fast.encode_batch(list(texts), add_special_tokens=False)):
        if not one.ids:
            found.counts["empty"] += 1
            continue
        ids = np.append(np.array(one.ids, np.int32), np.int32(words.eos))
        found.counts["split_documents"] += len(ids) > size
        for at in range(0, len(ids), size):
            found.ids.append(ids[at : at + size])
            found.records.append(place)
    return found


def conversations(words: Words, rows: Sequence[Sequence[dict[str, str]]], size: int) -> Encoded:
    """Conversations with their masks. A longer one than `size` is cut behind the last answer that fits ("truncated");
    one whose first answer does not fit ("too_long"), or with nothing to learn ("no_target"), is left out."""
    assert words.chat is not None  # noqa: S101 - the caller chose
    bos, eos = words.whole.bos_token or "", words.whole.eos_token or ""
    shown = [words.chat.render(row, bos, eos) for row in rows]
    words.fast.encode_special_tokens = False
    encodings = words.fast.encode_batch([one.text for one in shown], add_special_tokens=False)
    found = Encoded(masks=[])
    for place, (one, encoding) in enumerate(zip(shown, encodings, strict=True)):
        ids, mask, ends = _masked(words, one, encoding)
        if len(ids) > size:
            fits = ends[ends <= size]
            if not len(fits):
                found.counts["too_long"] += 1
                continue
            ids, mask = ids[: fits[-1]], mask[: fits[-1]]
            found.counts["truncated"] += 1
        if not mask[1:].any():
            found.counts["no_target"] += 1
            continue
        found.ids.append(ids)
        found.masks.append(mask)  # type: ignore[union-attr]
        found.records.append(place)
    return found


def _masked(words: Words, shown: Rendered, encoding: Any) -> tuple[Ids, Mask, Ids]:
    """Ids, mask, and the ends of the answers in tokens."""
    if not any(words.special.search(shown.text, start, end) for start, end in shown.contents):
        borders = [_token_at(encoding, shown, place) for span in shown.spans for place in span]
        if None not in borders:
            ids = np.array(encoding.ids, np.int32)
            places = np.array(borders, np.int64).reshape(-1, 2)
            return ids, _spread(len(ids), places), places[:, 1].astype(np.int32)
    return _piecewise(words, shown)


def _token_at(encoding: Any, shown: Rendered, place: int) -> int | None:
    """The first token at a character; None when a token reaches over it, or nothing is there."""
    if place == len(shown.text):
        return len(encoding.ids)
    token = encoding.char_to_token(place)
    if token is None:
        return None
    start = encoding.token_to_chars(token)[0]
    # The space that some templates leave before an answer belongs to its first word in most vocabularies.
    return token if start == place or shown.text[start:place] == " " else None


def _piecewise(words: Words, shown: Rendered) -> tuple[Ids, Mask, Ids]:
    cuts = sorted({0, len(shown.text), *(place for span in (*shown.contents, *shown.spans) for place in span)})
    written = set(shown.contents)
    ids: list[int] = []
    at = {0: 0}
    for start, end in pairwise(cuts):
        words.fast.encode_special_tokens = any(low <= start and end <= high for low, high in written)
        ids += words.fast.encode(shown.text[start:end], add_special_tokens=False).ids
        at[end] = len(ids)
    words.fast.encode_special_tokens = False
    places = np.array([[at[start], at[end]] for start, end in shown.spans], np.int64).reshape(-1, 2)
    return np.array(ids, np.int32), _spread(len(ids), places), places[:, 1].astype(np.int32)


def _spread(size: int, places: Any) -> Mask:
    mask = np.zeros(size, np.bool_)
    for start, end in places:
        mask[start:end] = True
    return mask
