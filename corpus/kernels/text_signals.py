"""The signals of a text: what each measures, in what unit, by which kernel; part of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from corpus.kernels.signal import Param, Signal

CHAR_KINDS = (
    "han", "kana", "hangul", "latin", "greek", "cyrillic", "letter", "digit", "punctuation", "symbol", "whitespace",
    "control", "format", "emoji", "private", "replacement", "uppercase", "alphanumeric", "fullwidth", "traditional",
)  # fmt: skip
PII_KINDS = (
    "email", "wechat", "qq", "passport", "ipv6", "plate",
    "id_card", "credit_code", "phone", "bank_card", "ipv4", "ssn",
)  # fmt: skip
LINE_GROUPS = ("javascript", "lorem_ipsum", "cookie", "policy")
PHRASE_GROUPS = ("javascript", "lorem_ipsum", "cookie", "placeholder", "html_remnant", "mojibake")

CAPPED = "term_density_capped"
"""The signal of several word lists, named joined by `+`."""

_OF_LIST = (Param("list", str), Param("digest", str, default=""))
_OF_CHARS = (Param("of", str, choices=CHAR_KINDS),)
_OF_HEADINGS = (Param("of", str, choices=("chapter", "numbered")),)
_SEGMENTS = (Param("marks", str, choices=("lines", "clauses")),)


def _ratio(name: str, family: str, doc: str, *params: Param) -> Signal:
    return Signal(name, family, doc, "ratio", pa.float32(), params)


def _count(name: str, family: str, doc: str, *params: Param) -> Signal:
    return Signal(name, family, doc, "count", pa.int32(), params)


def _length(name: str, family: str, doc: str, *params: Param) -> Signal:
    return Signal(name, family, doc, "characters", pa.int32(), params)


def _mean(name: str, family: str, doc: str, *params: Param) -> Signal:
    return Signal(name, family, doc, "characters", pa.float32(), params)


def _density(name: str, doc: str, *params: Param) -> Signal:
    return Signal(name, "patterns", doc, "count", pa.float32(), params)


def _of_model(name: str, doc: str) -> Signal:
    said = f"{doc} `model` is its directory, relative to the rule file, or its name among the user's."
    params = (Param("model", str), Param("digest", str, default=""))
    return Signal(name, "perplexity", said, "count", pa.float32(), params)


TEXT_SIGNALS: Mapping[str, Signal] = {
    # characters
    "chars": _length("chars", "chars", "Code points of the text."),
    "char_ratio": _ratio("char_ratio", "chars", "Share of all code points that are of a kind.", *_OF_CHARS),
    "char_count": _count("char_count", "chars", "Code points that are of a kind.", *_OF_CHARS),
    "script": Signal(
        "script",
        "chars",
        "ISO 15924 code of the script most letters belong to (Hani, Kana, Hang, Latn, Cyrl...); null without letters.",
        "label",
        pa.string(),
    ),
    # lines and paragraphs
    "lines": _count("lines", "lines", "Lines that are not blank."),
    "mean_line_length": _mean("mean_line_length", "lines", "Mean code points of a line, outer spaces left out."),
    "max_line_length": _length("max_line_length", "lines", "Code points of the longest line."),
    "short_line_ratio": _ratio(
        "short_line_ratio",
        "lines",
        "Share of lines with fewer than `below` code points.",
        Param("below", int, default=30, minimum=1, maximum=100_000),
    ),
    "duplicate_line_ratio": _ratio("duplicate_line_ratio", "lines", "Share of lines that repeat an earlier line."),
    "duplicate_line_char_ratio": _ratio(
        "duplicate_line_char_ratio", "lines", "Share of the characters of lines that stand in repeated lines."
    ),
    "bullet_line_ratio": _ratio("bullet_line_ratio", "lines", "Share of lines that start with a bullet."),
    "ellipsis_line_ratio": _ratio("ellipsis_line_ratio", "lines", "Share of lines that end with an ellipsis."),
    "terminal_line_ratio": _ratio(
        "terminal_line_ratio", "lines", "Share of lines that end with a sentence mark, closing quotes allowed after it."
    ),
    "paragraphs": _count("paragraphs", "lines", "Blocks of lines separated by blank lines."),
    "mean_paragraph_length": _mean(
        "mean_paragraph_length", "lines", "Mean code points of a paragraph, without the outer spaces of its lines."
    ),
    "duplicate_paragraph_ratio": _ratio(
        "duplicate_paragraph_ratio", "lines", "Share of paragraphs that repeat an earlier one."
    ),
    "duplicate_paragraph_char_ratio": _ratio(
        "duplicate_paragraph_char_ratio", "lines", "Share of the characters of paragraphs that stand in repeated ones."
    ),
    "newline_ratio": _ratio("newline_ratio", "lines", "Newlines for each code point."),
    "sentences": _count("sentences", "lines", "Sentences: ended by a Chinese or Latin sentence mark or a line's end."),
    # repetition
    "tokens": _count("tokens", "repetition", "Tokens: each Han, kana or hangul character, each other run of letters."),
    "top_ngram_char_ratio": _ratio(
        "top_ngram_char_ratio",
        "repetition",
        "Share of token characters taken by the most frequent token n-gram; 0 when none repeats.",
        Param("n", int, minimum=2, maximum=10),
    ),
    "duplicate_ngram_char_ratio": _ratio(
        "duplicate_ngram_char_ratio",
        "repetition",
        "Share of token characters in token n-grams seen before, never counting a character twice.",
        Param("n", int, minimum=2, maximum=20),
    ),
    "longest_run": _length("longest_run", "repetition", "Longest run of one repeated code point."),
    "token_diversity": _ratio("token_diversity", "repetition", "Distinct tokens over all tokens."),
    # words
    "words": _count("words", "words", "Words: runs of alphabetic scripts, and two words for three Han or kana."),
    "mean_word_length": _mean("mean_word_length", "words", "Mean code points of words of alphabetic scripts."),
    "max_word_length": _length(
        "max_word_length", "words", "Code points of the longest piece between spaces, Han and kana aside."
    ),
    "long_word_ratio": _ratio(
        "long_word_ratio",
        "words",
        "Share of pieces between spaces that are longer than `above` code points.",
        Param("above", int, default=40, minimum=1, maximum=100_000),
    ),
    "alphabetic_word_ratio": _ratio(
        "alphabetic_word_ratio", "words", "Share of pieces between spaces that hold at least one letter."
    ),
    "symbol_word_ratio": _ratio(
        "symbol_word_ratio",
        "words",
        "Hashes, or ellipses, for each word; 1 at most.",
        Param("of", str, choices=("hash", "ellipsis")),
    ),
    "stop_words": _count(
        "stop_words",
        "words",
        "How many different function words of a language occur.",
        Param("language", str, choices=("en", "zh")),
    ),
    # patterns
    "url_count": _count("url_count", "patterns", "URLs."),
    "email_count": _count("email_count", "patterns", "E-mail addresses."),
    "url_char_ratio": _ratio("url_char_ratio", "patterns", "Share of the text's code points that stand in URLs."),
    "phrase_density": _density(
        "phrase_density",
        "Phrases of a group for each 1,000 code points.",
        Param("of", str, choices=PHRASE_GROUPS),
    ),
    "pattern_density": _density(
        "pattern_density",
        "Matches of a regular expression (Rust dialect) for each 1,000 code points.",
        Param("pattern", str),
    ),
    "curly_ratio": _ratio("curly_ratio", "patterns", "Share of code points that are curly brackets."),
    # prose
    "halfwidth_mark_ratio": _ratio(
        "halfwidth_mark_ratio",
        "prose",
        "Share of , . ? ! : ; ( ) between Han among these and their full-width forms next to Han.",
    ),
    "unpaired_ratio": _ratio(
        "unpaired_ratio", "prose", "Share of quotes and brackets without a partner; apostrophes and 1) are none."
    ),
    "han_per_mark": _mean(
        "han_per_mark", "prose", "Han characters for each sentence or clause mark, without marks all of them."
    ),
    "marks": _count("marks", "prose", "Sentence and clause marks, points and commas inside numbers left out."),
    "unended_paragraph_ratio": _ratio(
        "unended_paragraph_ratio",
        "prose",
        "Share of lines of 20 and more code points that end without an end mark, closing quotes allowed after it.",
    ),
    "common_han_ratio": _ratio(
        "common_han_ratio", "prose", "Share of Han that are, simplified, among the 3,755 of GB 2312 level 1."
    ),
    "function_han_ratio": _ratio("function_han_ratio", "prose", "Share of Han that are function characters."),
    "mixed_script_windows": _ratio(
        "mixed_script_windows",
        "prose",
        "Share of Han and Latin letters in stretches of seven and more where the two take turns letter by letter.",
    ),
    "special_char_ratio": _ratio(
        "special_char_ratio", "prose", "Share of code points that are no letter: marks, symbols, digits, space, emoji."
    ),
    "non_alphanumeric_ratio": _ratio(
        "non_alphanumeric_ratio",
        "prose",
        "Share of code points, space aside, that are no letter, no digit and no sentence or clause mark.",
    ),
    "parentheses_ratio": _ratio(
        "parentheses_ratio", "prose", "Share of code points in round brackets, brackets included, line by line."
    ),
    "inserted_sentence_score": _ratio(
        "inserted_sentence_score",
        "inserted",
        "How far the least familiar sentence lies from the others of its text; null below eight sentences.",
    ),
    # rhythm and order
    "fragment_char_ratio": _ratio(
        "fragment_char_ratio",
        "rhythm",
        "Share of visible code points in five and more short fragments in a row: menus, lists of terms, tables.",
    ),
    "flood_ratio": _ratio(
        "flood_ratio", "rhythm", "Share of characters of Chinese, or words, in more than 40 without a mark or a break."
    ),
    "splice_ratio": _ratio(
        "splice_ratio", "rhythm", "Share of letters in stretches of another script amid the lines of the text's own."
    ),
    "misplaced_mark_ratio": _ratio(
        "misplaced_mark_ratio",
        "rhythm",
        "Share of marks that begin a line, follow an opening quote or a mark that they cannot follow.",
    ),
    "spaced_han_ratio": _ratio(
        "spaced_han_ratio", "rhythm", "Share of Han that follow another one with nothing but spaces between."
    ),
    "comma_ratio": _ratio("comma_ratio", "rhythm", "Share of marks that end no sentence: commas, colons, semicolons."),
    "alien_run_ratio": _ratio(
        "alien_run_ratio",
        "rhythm",
        "Share of visible code points in runs of more than 15 (8 where words are written) without a letter of the "
        "text's script: addresses, code, tables of numbers.",
    ),
    "loose_line_char_ratio": _ratio(
        "loose_line_char_ratio", "rhythm", "Share of visible code points in lines that end without an end mark."
    ),
    "sentence_order_score": _ratio(
        "sentence_order_score",
        "order",
        "How likely it is that neighbouring sentences share words as those of prose do, not as those of a shuffled "
        "text; about a half where that is hard to tell, null below six sentences.",
    ),
    "repeated_sentence_ratio": _ratio(
        "repeated_sentence_ratio", "order", "Share of tokens in sentences of eight and more tokens that came before."
    ),
    # segments and headings
    "mean_segment_length": _mean(
        "mean_segment_length",
        "segments",
        "Mean code points between newlines and 、, with `clauses` commas too.",
        *_SEGMENTS,
    ),
    "segment_length_deviation": _mean(
        "segment_length_deviation", "segments", "Standard deviation of the code points of segments.", *_SEGMENTS
    ),
    "segment_length_reach": _mean(
        "segment_length_reach", "segments", "Mean and deviation of the code points of segments, added.", *_SEGMENTS
    ),
    "chapter_heading_count": _count(
        "chapter_heading_count", "segments", "Marks like 第十二章 and 第3回, or like （十二）.", *_OF_HEADINGS
    ),
    "chapter_char_ratio": _ratio(
        "chapter_char_ratio",
        "segments",
        "Share of code points in marks like 第十二章, or like （十二）.",
        *_OF_HEADINGS,
    ),
    "few_word_line_ratio": _ratio(
        "few_word_line_ratio",
        "segments",
        "Share of lines with fewer than `below` words, two words for three Han.",
        Param("below", int, default=3, minimum=1, maximum=1000),
    ),
    # repetition over characters
    "char_repetition_ratio": _ratio(
        "char_repetition_ratio",
        "char_grams",
        "Share of the n-grams of code points that are the sqrt(d) most frequent of d different ones.",
        Param("n", int, minimum=2, maximum=20),
    ),
    # lines with phrases
    "phrase_line_ratio": _ratio(
        "phrase_line_ratio",
        "pattern_lines",
        "Share of lines with a phrase of a group.",
        Param("of", str, choices=LINE_GROUPS),
    ),
    "pattern_line_ratio": _ratio(
        "pattern_line_ratio",
        "pattern_lines",
        "Share of lines that match a regular expression (Rust dialect).",
        Param("pattern", str),
    ),
    "listing_ratio": _ratio(
        "listing_ratio",
        "listing",
        "Share of lines that are only dates, numbers or links of a site, times that of other lines without a sentence.",
    ),
    # word lists
    "term_density": Signal(
        "term_density",
        "terms",
        "Weighted hits of a word list for each 1,000 code points, those of one term up to the list's cap.",
        "count",
        pa.float32(),
        _OF_LIST,
    ),
    "term_hits": _count("term_hits", "terms", "Hits of a word list; of terms that overlap one counts.", *_OF_LIST),
    "term_distinct": _count("term_distinct", "terms", "Different terms of a word list that are hit.", *_OF_LIST),
    CAPPED: Signal(
        CAPPED,
        "terms",
        "As term_density, of lists joined by `+` (zh/ads+zh/seo); each category adds at most `cap` for each 1,000 code "
        "points and `hits` in a text (0: any number).",
        "count",
        pa.float32(),
        (
            *_OF_LIST,
            Param("cap", float, default=0.0, minimum=0, maximum=1_000_000),
            Param("hits", int, default=0, minimum=0, maximum=1_000_000),
        ),
    ),
    # personal numbers and addresses
    "pii_count": _count(
        "pii_count",
        "pii",
        "Personal numbers and addresses of a kind, as the rewrite `pii` finds them; with `all` of every kind.",
        Param("of", str, default="all", choices=("all", *PII_KINDS)),
    ),
    # classifiers
    "classifier_score": _ratio(
        "classifier_score",
        "classify",
        "Calibrated probability of a label by a classifier (`corpus classifier train`): `model` is its directory, "
        "relative to the rule file, or its name among the user's; no `label` is the one it looks for. Null where a "
        "text has no letter or digit.",
        Param("model", str),
        Param("label", str, default=""),
        Param("digest", str, default=""),
    ),
    # language models
    "perplexity": _of_model(
        "perplexity",
        "Two to the power of the mean bits that a text's units (characters of Chinese, words, marks, line breaks) cost "
        "by a language model (`corpus perplexity train`): low for text like what it was trained on.",
    ),
    "worst_perplexity": _of_model(
        "worst_perplexity", "As perplexity, of the 64 units in a row that cost most; of a shorter text all."
    ),
    "perplexity_deviation": _of_model(
        "perplexity_deviation", "Standard deviation of the bits of a text's units by a language model; high for garble."
    ),
    # forms
    "code_like": _ratio("code_like", "forms", "Share of visible code points in lines that look like code."),
    "verse_like": _ratio(
        "verse_like",
        "forms",
        "Share of visible code points in verse: even clauses, or short lines with marks, in a row.",
    ),
    "dialogue_like": _ratio(
        "dialogue_like", "forms", "Share of visible code points in lines that open a quote or begin with a speaker."
    ),
}
