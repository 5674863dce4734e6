"""What is wrong with a generated row, whatever else there is: the rules for dialogues, and a few that only the request
can decide (its language, its evidence)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import polars as pl
import pyarrow as pa

from corpus.kernels.catalogue import measure
from corpus.kernels.fold import fold
from corpus.kernels.language import identify
from corpus.ruleset.compile import verdicts
from corpus.ruleset.load import load_rules
from corpus.ruleset.model import CHARS, DROPPED, SEVERITY, RuleSet, sorted_calls
from corpus.schema import MESSAGES
from corpus.synth.dealing import TEXTS
from corpus.synth.model import ASSISTANT, USER, Draft
from corpus.synth.rouge import alike, unit_strings

PACKS = ("sft/common", "sft/zh", "sft/en", str(TEXTS / "rules.yaml"))
STRICT = frozenset(
    f"sft.{name}"
    for name in (
        *(
            "mute_answer",
            "echo_start",
            "ends_with_colon",
            "template_instruction",
            "second_speaker",
            "unfilled_variable",
        ),
        *("zh_as_a_model", "en_as_a_model", "zh_refusal", "en_refusal", "zh_no_input_mark", "en_no_input_mark"),
    )
)
"""Rules that flag rows of other people and reject generated ones: a row costs a fraction of a cent, a doubt more."""
BLANK_INSTRUCTION, BLANK_ANSWER, DECLINED = "blank_instruction", "blank_answer", "declined"
WRONG_LANGUAGE, NO_EVIDENCE, SAID_BEFORE = "wrong_language", "evidence_not_in_text", "repeats_a_turn"
AGAIN = 0.7
"""ROUGE-L from which a question is one that was asked before in its conversation."""
HAN_LEAST, HAN_MOST = 0.3, 0.5
"""Share of Han characters among those and the words of other scripts in an instruction: at least of a Chinese one
(code and names take room), at most of an English one (which may quote Chinese)."""
EVIDENCE = 8
"""Characters of folded evidence, at least: less stands in any text."""
_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")


@dataclass(frozen=True)
class Verdict:
    """Why a row is rejected: the first reason and all of them; both empty for a good row."""

    reason: str = ""
    reasons: tuple[str, ...] = ()


GOOD = Verdict()


@lru_cache(maxsize=1)
def ruleset() -> RuleSet:
    """The rules that generated rows must pass."""
    return load_rules(PACKS)


def check(drafts: Sequence[Draft], lang: str, materials: Sequence[str], source: str) -> list[Verdict]:
    """A verdict for each draft, in order; a draft's does not depend on the others. `materials` are the passages that
    evidence must stand in, empty where none is wanted; `source` is what the rules know the rows by."""
    plain = [_plain(draft, lang, material) for draft, material in zip(drafts, materials, strict=True)]
    asked = [(row, pair) for row, draft in enumerate(drafts) if not plain[row] for pair in draft.answered]
    failing = _failing([pair for _, pair in asked], lang, source)
    by_row: dict[int, list[str]] = {}
    for (row, _), names in zip(asked, failing, strict=True):
        by_row.setdefault(row, []).extend(name for name in names if name not in by_row.get(row, ()))
    return [
        Verdict(one, (one,)) if one else Verdict(by_row[row][0], tuple(by_row[row])) if by_row.get(row) else GOOD
        for row, one in enumerate(plain)
    ]


def _plain(draft: Draft, lang: str, material: str) -> str:
    """The reason that needs no rule, or nothing."""
    if draft.evidence is not None and not (draft.instruction or draft.output):
        return DECLINED
    if not all(question.strip() for question, _ in draft.answered) or not draft.instruction:
        return BLANK_INSTRUCTION
    if not all(answer.strip() for _, answer in draft.answered):
        return BLANK_ANSWER
    if not in_language(draft.instruction, lang):
        return WRONG_LANGUAGE
    if draft.evidence is not None and not stands_in(draft.evidence, material):
        return NO_EVIDENCE
    return SAID_BEFORE if _said_before(draft) else ""


def _said_before(draft: Draft) -> bool:
    """Whether one of the new questions of a conversation is an earlier one of its own."""
    if not draft.before:
        return False
    turns = (*draft.before, (USER, draft.instruction))
    questions = unit_strings([text for role, text in turns if role == USER])
    new = len(draft.answered)
    return any(
        alike(questions[place], other, AGAIN)
        for place in range(len(questions) - new, len(questions))
        for other in questions[:place]
    )


def in_language(text: str, lang: str) -> bool:
    """Whether an instruction is in `zh` or `en`, by the share of Han among its characters and words."""
    han, words = len(_HAN.findall(text)), len(_WORD.findall(_HAN.sub(" ", text)))
    if not han + words:
        return True
    share = han / (han + words)
    return share >= HAN_LEAST if lang == "zh" else share <= HAN_MOST


def stands_in(evidence: str, material: str) -> bool:
    """Whether the evidence stands in the material, word for word but for width, case, spaces and punctuation."""
    said, text = fold(pa.array([evidence, material], pa.large_string())).to_pylist()
    return len(said) >= EVIDENCE and said in text


def _failing(pairs: Sequence[tuple[str, str]], lang: str, source: str) -> list[list[str]]:
    """The ids of the rules that reject each pair of a question and its answer."""
    if not pairs:
        return []
    rules = ruleset()
    questions, answers = ([pair[side] for pair in pairs] for side in (0, 1))
    text = pa.array([f"{question}\n\n{answer}" for question, answer in pairs], pa.large_string())
    found, score = identify(text)
    columns = {
        "text": text,
        "url": pa.nulls(len(pairs), pa.string()),
        "lang": found,
        "lang_score": score,
        "instruction": pa.array(questions, pa.large_string()),
        "answer": pa.array(answers, pa.large_string()),
        "messages": pa.array([[{"role": USER, "content": question}, {"role": ASSISTANT, "content": answer}]
                              for question, answer in pairs], MESSAGES),
    }  # fmt: skip
    batch = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
    frame = pl.DataFrame(pl.from_arrow(measure(batch, sorted_calls({CHARS, *rules.calls})))).with_columns(
        pl.lit(lang).alias("lang"), pl.lit(source).alias("source"), pl.lit("conversation").alias("kind")
    )
    rejecting = [rule.id in STRICT or SEVERITY[rule.otherwise] == DROPPED for rule in rules.rules]
    return [
        [rules.rules[place].id for place in failed or () if rejecting[place]]
        for failed in verdicts(rules, frame)["failed"].to_list()
    ]
