"""Data-Juicer's operators and what stands for them here: tables, read by the importer and by the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from corpus.kernels.signal import Value

Examples = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Filter:
    """A filter that is a bound: its arguments for the two sides with their defaults (None: no bound), and the one that
    becomes `n`; `words` when that counts words."""

    kernel: str
    reason: str
    low: tuple[str, float | None] = ("", None)
    high: tuple[str, float | None] = ("", None)
    args: tuple[tuple[str, Value], ...] = ()
    n: tuple[str, int] | None = None
    words: bool = False
    differs: str = ""
    refuses: str = ""
    """An argument that must not be true, because it makes the filter measure tokens of a model."""
    other: tuple[str, ...] = ()
    """Arguments that change nothing here."""


@dataclass(frozen=True)
class Mapper:
    """A mapper that is a rewrite, with examples of it."""

    call: Mapping[str, Any]
    reason: str
    examples: Examples
    differs: str = ""


_BRACKETS = "lines that are blank are no lines here, and spaces around a line are not counted"
FILTERS: Mapping[str, Filter] = {
    "alphanumeric_filter": Filter(
        "char_ratio",
        "the share of letters and digits is out of range",
        ("min_ratio", 0.25),
        ("max_ratio", None),
        (("of", "alphanumeric"),),
        refuses="tokenization",
    ),
    "average_line_length_filter": Filter(
        "mean_line_length",
        "the lines are on average too short or too long",
        ("min_len", 10),
        ("max_len", None),
        differs=_BRACKETS,
    ),
    "maximum_line_length_filter": Filter(
        "max_line_length",
        "the longest line is too short or too long",
        ("min_len", 10),
        ("max_len", None),
        differs=_BRACKETS,
    ),
    "character_repetition_filter": Filter(
        "char_repetition_ratio",
        "too much of the text is made of the same strings of characters",
        ("min_ratio", 0.0),
        ("max_ratio", 0.5),
        n=("rep_len", 10),
    ),
    "word_repetition_filter": Filter(
        "duplicate_ngram_char_ratio",
        "too much of the text is made of the same strings of words",
        ("min_ratio", 0.0),
        ("max_ratio", 0.5),
        n=("rep_len", 10),
        words=True,
        differs="the share of n-grams that occur more than once there, the share of characters in n-grams seen before "
        "here, which is lower",
        other=("tokenization",),
    ),
    "special_characters_filter": Filter(
        "special_char_ratio",
        "too many of the characters are no letters",
        ("min_ratio", 0.0),
        ("max_ratio", 0.25),
        differs="a fixed set of marks, digits, emoji and white space there, everything but letters here",
    ),
    "text_length_filter": Filter("chars", "the text is too short or too long", ("min_len", 10), ("max_len", None)),
    "words_num_filter": Filter(
        "words",
        "the text has too few or too many words",
        ("min_num", 10),
        ("max_num", None),
        differs="pieces between spaces, or of a sentencepiece model, there; two words for three Han characters here",
        other=("tokenization",),
    ),
    "language_id_score_filter": Filter(
        "lang_score",
        "the language is not certain enough",
        ("min_score", 0.8),
        differs="null, and so no failure, where the source declares its language or the script alone decides it",
    ),
}
"""Filters that become rules. Arguments left out have Data-Juicer's defaults."""
CASES: Mapping[str, Mapping[str, Any]] = {
    "t2s": {"kernel": "traditional_to_simplified", "phrases": "characters"},
    "tw2s": {"kernel": "traditional_to_simplified", "phrases": "characters"},
    "hk2s": {"kernel": "traditional_to_simplified", "phrases": "characters"},
    "tw2sp": {"kernel": "traditional_to_simplified", "phrases": "phrases"},
    "s2t": {"kernel": "simplified_to_traditional", "phrases": "characters"},
}
CONVERTED: Mapping[str, Examples] = {
    "traditional_to_simplified": (("漢語", "汉语"), ("山水", "山水")),
    "simplified_to_traditional": (("汉语", "漢語"), ("山水", "山水")),
}
MAPPERS: Mapping[str, Mapper] = {
    "clean_email_mapper": Mapper(
        {"kernel": "pii", "kinds": ["email"]},
        "addresses of people are no text to learn",
        (("写信到 lihua@example.org 报名", "写信到 <EMAIL> 报名"), ("他在信里写道", "他在信里写道")),
        "a placeholder stands where the address stood; there nothing",
    ),
    "clean_ip_mapper": Mapper(
        {"kernel": "pii", "kinds": ["ipv6", "ipv4"]},
        "addresses of machines are no text to learn",
        (("服务器在 93.184.216.34 上", "服务器在 <IP> 上"), ("版本 3.2 在本机", "版本 3.2 在本机")),
        "public addresses only, and a placeholder stands where one stood; there nothing",
    ),
    "clean_links_mapper": Mapper(
        {"kernel": "urls"},
        "a bare address says nothing that can be learned",
        (("说明在 https://example.org/a 这里", "说明在  这里"), ("和/或都可以", "和/或都可以")),
        "a Markdown link leaves its words",
    ),
    "clean_html_mapper": Mapper(
        {"kernel": "html_remnants"},
        "tags and entities that an extractor left are no language",
        (("风&#8220;很大&#8221;", "风“很大”"), ("if a<b and c>d", "if a<b and c>d")),
        "known tags only; there a parser takes everything in angle brackets",
    ),
    "punctuation_normalization_mapper": Mapper(
        {"kernel": "fold_width", "what": "all"},
        "full-width marks and letters are another spelling of the half-width ones",
        (("第１２届，开幕（一）", "第12届,开幕(一)"), ("今天。", "今天。")),
        "the full-width digit one stays a digit; there it becomes a quotation mark. Quotes, dashes and the ideographic "
        "stop are not changed. For Chinese leave this out: full-width marks are Chinese writing",
    ),
    "remove_repeat_sentences_mapper": Mapper(
        {"kernel": "repeated_spans", "min_chars": 30},
        "a passage that follows itself was pasted twice",
        (
            (
                "山里的人每天清早都要走很远的路去挑水，回来以后再做早饭给孩子们吃。" * 2,
                "山里的人每天清早都要走很远的路去挑水，回来以后再做早饭给孩子们吃。",
            ),
            ("下雨啦，下雨啦，快回家。", "下雨啦，下雨啦，快回家。"),
        ),
        "copies that follow at once and have 30 characters; there any sentence that stood anywhere before",
    ),
}
"""Mappers that become rewrites."""
SETTINGS: Mapping[str, str] = {
    "fix_unicode_mapper": "`normalise: {unicode: NFC}`, which is the default; mojibake is not repaired, "
    "common/encoding drops it",
    "whitespace_normalization_mapper": "`normalise` takes invisible characters and trailing spaces; the kinds of space "
    "stay, the ideographic one is Chinese writing",
    "document_deduplicator": "`dedup: {exact: true}`; compared by folded text (width, case, Traditional forms, marks), "
    "there byte by byte unless told otherwise",
    "random_selector": "`select: {sample: {share}}`, chosen by hashed ids",
    "language_id_score_filter": "`select: {languages: {include}}` beside the rule, when `lang` is given",
}
"""Operators that become settings of the pipeline."""
_MODEL = "needs a model that the recipe does not hold"
NONE: Mapping[str, str] = {
    "flagged_words_filter": "its word list is an asset of Data-Juicer. Give yours to `corpus blacklist add` and bound "
    "term_density, or name zh/wordlists or en/wordlists in `rules:`",
    "stopwords_filter": "the share of function words among words, with a list that is an asset of Data-Juicer; "
    "stop_words counts different ones, function_han_ratio is their share of Han",
    "perplexity_filter": "a KenLM model with its own scale",
    "token_num_filter": "tokens of a Hugging Face tokenizer; bound chars, or see `publish: {tokenizer}`",
    "suffix_filter": "name only the files you want in `sources: paths`",
    "specified_field_filter": "rules look at texts, not at other fields",
    "specified_numeric_field_filter": "rules look at texts, not at other fields",
    "document_minhash_deduplicator": "near duplicates have settings of their own; compare: {args}",
    "document_simhash_deduplicator": "SimHash is not done; near duplicates are found by MinHash: {args}",
    "clean_copyright_mapper": "comments of licences at the head of source files stay; zh/copyright_lines of "
    "`rewrites: [zh]` takes the footers of pages",
    "remove_bibliography_mapper": "LaTeX is not read",
    "remove_comments_mapper": "LaTeX is not read",
    "remove_header_mapper": "LaTeX is not read",
    "expand_macro_mapper": "LaTeX is not read",
    "remove_long_words_mapper": "words are not taken out of texts; long_word_ratio and max_word_length bound them",
    "remove_words_with_incorrect_substrings_mapper": "words are not taken out of texts; clean_links_mapper's rewrite "
    "takes addresses",
    "remove_non_chinese_character_mapper": "it deletes English, formulas and code from Chinese texts; bound char_ratio "
    "of han instead",
    "remove_specific_chars_mapper": "single characters are not taken out of texts; bound char_ratio of symbol",
    "remove_table_text_mapper": "tables stay; segment_length_reach bounds them",
    "sentence_split_mapper": "line breaks stay as they are",
    "replace_content_mapper": "patterns remove whole lines only (`lines_matching`)",
    "nlpaug_en_mapper": "texts are not augmented",
    "nlpcda_zh_mapper": "texts are not augmented",
    "text_action_filter": _MODEL,
    "text_entity_dependency_filter": _MODEL,
    "llm_quality_score_filter": _MODEL,
    "llm_difficulty_score_filter": _MODEL,
    "topk_specified_field_selector": "records are not ranked by their fields",
    "frequency_specified_field_selector": "records are not ranked by their fields",
}
"""Operators that nothing stands for, and what to do instead. `{args}` becomes their arguments."""
KNOWN = tuple(dict.fromkeys([*FILTERS, *MAPPERS, *SETTINGS, *NONE, "chinese_convert_mapper"]))
