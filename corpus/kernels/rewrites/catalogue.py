"""Every rewrite there is, and the one function that runs a call of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from corpus.kernels.rewrites.segments import Rewritten
from corpus.kernels.signal import Param, Value

PII_KINDS = (
    "email", "wechat", "qq", "passport", "ipv6", "plate",
    "id_card", "credit_code", "phone", "bank_card", "ipv4", "ssn",
)  # fmt: skip


@dataclass(frozen=True)
class Kernel:
    """A way to change a text; `many` names a parameter that is a list of its choices, all of them by default."""

    name: str
    doc: str
    params: tuple[Param, ...] = ()
    many: Param | None = None


@dataclass(frozen=True, order=True)
class RewriteCall:
    """A kernel with its arguments; `many` are the values of the parameter that is a list."""

    kernel: str
    args: tuple[tuple[str, Value], ...] = ()
    many: tuple[str, ...] = ()


_WIDTHS = ("letters_digits", "all")
_PHRASES = Param("phrases", str, "characters", choices=("characters", "phrases"))
KERNELS: Mapping[str, Kernel] = {
    kernel.name: kernel
    for kernel in (
        Kernel(
            "fold_width",
            "Full-width ASCII letters and digits to half width; punctuation only with `all`.",
            (Param("what", str, "letters_digits", choices=_WIDTHS),),
        ),
        Kernel("numerals", "Circled, bracketed and dotted numbers to plain ones, where they do not run together."),
        Kernel("html_remnants", "Tags, comments, scripts and styles go, entities become what they name."),
        Kernel(
            "spaces_between_han",
            "One space between Han, in lines written so, and between Han and a full-width mark goes.",
            (Param("min_share", float, 0.3, minimum=0, maximum=1),),
        ),
        Kernel("repeated_punctuation", "Runs of one mark become one, of an ellipsis or dash two."),
        Kernel(
            "repeated_spans",
            "A span that follows itself at once keeps one copy.",
            (Param("min_chars", int, 30, minimum=8, maximum=100_000),),
        ),
        Kernel("urls", "Bare URLs go; a Markdown link leaves its words."),
        Kernel("image_links", "Markdown pictures go, with the link around them."),
        Kernel(
            "unfinished_tail",
            "The last line loses what follows its last finished sentence.",
            (Param("min_chars", int, 30, minimum=1, maximum=100_000),),
        ),
        Kernel(
            "lines_matching",
            "Lines go that match a pattern and are not long.",
            (Param("pattern", str), Param("max_chars", int, 80, minimum=1, maximum=1_000_000)),
        ),
        Kernel("traditional_to_simplified", "Whole texts to Simplified characters, by OpenCC.", (_PHRASES,)),
        Kernel("simplified_to_traditional", "Whole texts to Traditional characters, by OpenCC.", (_PHRASES,)),
        Kernel(
            "pii",
            "Personal numbers and addresses become typed placeholders.",
            many=Param("kinds", str, choices=PII_KINDS),
        ),
    )
}


def rewrite(text: pa.Array, call: RewriteCall) -> Rewritten:
    """`text` (large_string) as the call changes it. Null in, null out; every row alone; linear in the text."""
    arguments = dict(call.args)
    if not len(text):
        from corpus.kernels.rewrites.segments import untouched

        return untouched(text)
    match call.kernel:
        case "fold_width" | "numerals":
            from corpus.kernels.rewrites import widths

            return (
                widths.numerals(text) if call.kernel == "numerals" else widths.fold_width(text, str(arguments["what"]))
            )
        case "html_remnants" | "urls" | "image_links":
            from corpus.kernels.rewrites import markup

            by_name = {"html_remnants": markup.html_remnants, "urls": markup.urls, "image_links": markup.image_links}
            return by_name[call.kernel](text)
        case "spaces_between_han" | "repeated_punctuation":
            from corpus.kernels.rewrites import spacing

            if call.kernel == "repeated_punctuation":
                return spacing.repeated_punctuation(text)
            return spacing.spaces_between_han(text, float(arguments["min_share"]))
        case "repeated_spans":
            from corpus.kernels.rewrites.spans import repeated_spans

            return repeated_spans(text, int(arguments["min_chars"]))
        case "unfinished_tail" | "lines_matching":
            from corpus.kernels.rewrites import endings

            if call.kernel == "unfinished_tail":
                return endings.unfinished_tail(text, int(arguments["min_chars"]))
            return endings.lines_matching(text, str(arguments["pattern"]), int(arguments["max_chars"]))
        case "traditional_to_simplified" | "simplified_to_traditional":
            from corpus.kernels.rewrites import variants

            if call.kernel == "traditional_to_simplified":
                return variants.traditional_to_simplified(text, str(arguments["phrases"]))
            return variants.simplified_to_traditional(text, str(arguments["phrases"]))
        case "pii":
            from corpus.kernels.rewrites.pii import pii

            return pii(text, call.many)
        case _:
            raise KeyError(call.kernel)
