"""Every rewrite there is, and the one function that runs a call of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from corpus.kernels.rewrites.segments import Rewritten
from corpus.kernels.signal import Param, Value
from corpus.kernels.text_signals import PII_KINDS

LISTS = "lists"
"""The parameter that names word lists: any that there are, so it has no choices."""


@dataclass(frozen=True)
class Kernel:
    """A way to change a text; `many` names a parameter that is a list of its choices, all of them by default. Word
    `lists` have no choices and must be named."""

    name: str
    doc: str
    params: tuple[Param, ...] = ()
    many: Param | None = None


@dataclass(frozen=True, order=True)
class RewriteCall:
    """A kernel with its arguments; `many` are the values of the parameter that is a list. A word list stands there as
    `NAME@DIGEST CATEGORY`, all that decides what it does; its terms travel in `attached`."""

    kernel: str
    args: tuple[tuple[str, Value], ...] = ()
    many: tuple[str, ...] = ()
    attached: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        shown = [f"{name}={value}" for name, value in self.args]
        shown += [", ".join(one.partition("@")[0] for one in self.many)] if self.many else []
        return f"{self.kernel}({', '.join(shown)})"


_WIDTHS = ("letters_digits", "all")
_LISTS = Param(LISTS, str)
_MIN_DENSITY = Param("min_density", float, 30.0, minimum=0, maximum=1000)
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
        Kernel("page_frame", "Menus above a text and lists of links below it go; the title stays."),
        Kernel("repeated_title", "A first line that stands again as the next one keeps one copy."),
        Kernel("edge_marks", "Marks that no text begins or ends with go from its ends."),
        Kernel(
            "trim_ends",
            "Sentences at the head and the tail go while phrases of word lists stand close together in them.",
            (
                Param("ends", str, "both", choices=("both", "head", "tail")),
                _MIN_DENSITY,
                Param("patience", int, 80, minimum=0, maximum=10_000),
                Param("max_share", float, 0.3, minimum=0, maximum=0.5),
                Param("max_chars", int, 1000, minimum=1, maximum=10_000),
            ),
            _LISTS,
        ),
        Kernel(
            "term_lines",
            "Lines go in which terms of word lists stand close together and that are not long.",
            (_MIN_DENSITY, Param("max_chars", int, 60, minimum=1, maximum=1_000_000)),
            _LISTS,
        ),
        Kernel("mask_terms", "Terms of word lists become placeholders named by the list's category.", (), _LISTS),
        Kernel(
            "by_action",
            "What each word list itself says: `drop_line` as term_lines, `mask` as mask_terms.",
            (_MIN_DENSITY, Param("max_chars", int, 60, minimum=1, maximum=1_000_000)),
            _LISTS,
        ),
        Kernel(
            "lines_matching",
            "Lines go that match a pattern and are not long.",
            (Param("pattern", str), Param("max_chars", int, 80, minimum=1, maximum=1_000_000)),
        ),
        Kernel(
            "spans_matching",
            "What matches a pattern goes, but for what its first group holds, where it matches often enough.",
            (Param("pattern", str), Param("min_count", int, 1, minimum=1, maximum=1_000_000)),
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
        case "page_frame" | "repeated_title":
            from corpus.kernels.rewrites import frames

            return frames.page_frame(text) if call.kernel == "page_frame" else frames.repeated_title(text)
        case "unfinished_tail" | "lines_matching" | "edge_marks" | "spans_matching":
            from corpus.kernels.rewrites import endings

            if call.kernel == "unfinished_tail":
                return endings.unfinished_tail(text, int(arguments["min_chars"]))
            if call.kernel == "spans_matching":
                return endings.spans_matching(text, str(arguments["pattern"]), int(arguments["min_count"]))
            if call.kernel == "edge_marks":
                return endings.edge_marks(text)
            return endings.lines_matching(text, str(arguments["pattern"]), int(arguments["max_chars"]))
        case "traditional_to_simplified" | "simplified_to_traditional":
            from corpus.kernels.rewrites import variants

            if call.kernel == "traditional_to_simplified":
                return variants.traditional_to_simplified(text, str(arguments["phrases"]))
            return variants.simplified_to_traditional(text, str(arguments["phrases"]))
        case "trim_ends":
            from corpus.kernels.rewrites.ends import trim_ends
            from corpus.kernels.rewrites.terms import automaton_of

            ends, density, share = (
                str(arguments["ends"]),
                float(arguments["min_density"]),
                float(arguments["max_share"]),
            )
            patience, max_chars = int(arguments["patience"]), int(arguments["max_chars"])
            return trim_ends(text, automaton_of(call.attached)[0], ends, density, patience, share, max_chars)
        case "term_lines" | "mask_terms" | "by_action":
            from corpus.kernels.rewrites import terms

            if call.kernel == "mask_terms":
                return terms.mask_terms(text, call.attached)
            density, max_chars = float(arguments["min_density"]), int(arguments["max_chars"])
            if call.kernel == "term_lines":
                return terms.term_lines(text, call.attached, density, max_chars)
            return terms.by_action(text, call.attached, [one.split()[-1] for one in call.many], density, max_chars)
        case "pii":
            from corpus.kernels.rewrites.pii import pii

            return pii(text, call.many)
        case _:
            raise KeyError(call.kernel)
