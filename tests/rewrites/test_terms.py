"""Lines with terms of word lists go, hits become placeholders, and a list of the user's own says which."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import wordlists
from corpus.errors import ConfigError, UsageError
from corpus.kernels.catalogue import measure
from corpus.kernels.rewrites.catalogue import rewrite
from corpus.kernels.rewrites.terms import automaton_of, mask_terms, term_lines
from corpus.ruleset.load import load_rules
from corpus.ruleset.rewrites import Rewrite, load_rewrites

FRUIT = wordlists.WordList("fruit", (wordlists.Term("西瓜"), wordlists.Term("red apple")), category="fruit")
TOOLS = wordlists.WordList("tools", (wordlists.Term("瓜刀"), wordlists.Term("锄头")), category="tools")
LISTS = wordlists.attach([FRUIT, TOOLS], [FRUIT.packed, TOOLS.packed])

RULE = """\
- id: my.fruit
  {key}: {{kernel: {kernel}, {lists}}}
  reason: a test of word lists in a file
  source: a test
"""


PIECES = st.sampled_from(["西", "瓜", "刀", " ", "*", "\n", "red ", "apple", "é", "😀", "```"])


def array(*texts: str | None) -> pa.Array:
    return pa.array(texts, pa.large_string())


def declared(tmp_path: Path, kernel: str, before: str, after: str, head: str = "", lists: str = "[f.txt]") -> Rewrite:
    """The one rewrite of a file beside the list `f.txt`."""
    (tmp_path / "f.txt").write_text(f"{head}西瓜\n", encoding="utf-8")
    text = RULE.format(key="rewrite", kernel=kernel, lists=f"lists: {lists}")
    text += f"  examples: [{{before: {before}, after: {after}}}, {{before: 井, after: 井}}]\n"
    (tmp_path / "my.yaml").write_text(text, encoding="utf-8")
    (found,) = load_rewrites([str(tmp_path / "my.yaml")])
    return found


def test_a_hit_is_masked_with_what_it_was_spaced_out_by() -> None:
    done = mask_terms(array("买 西*瓜 吧，Ｒｅｄ Apple！", None, "无"), LISTS)
    assert done.text.to_pylist() == ["买 <FRUIT> 吧，<FRUIT>！", None, "无"]
    assert done.counts["fruit"].to_pylist() == [2, None, 0]


def test_hits_that_overlap_are_one_placeholder() -> None:
    done = mask_terms(array("一把西瓜刀和锄头"), LISTS)
    assert done.text.to_pylist() == ["一把<FRUIT>和<TOOLS>"]
    assert [done.counts[name].to_pylist() for name in ("fruit", "tools")] == [[1], [1]]


def test_code_fences_keep_their_terms() -> None:
    text = "西瓜\n```\n西瓜\n```\n西瓜"
    assert mask_terms(array(text), LISTS).text.to_pylist() == ["<FRUIT>\n```\n西瓜\n```\n<FRUIT>"]
    assert term_lines(array(text), LISTS, 0, 60).text.to_pylist() == ["```\n西瓜\n```\n"]


def test_only_short_lines_in_which_terms_stand_close_go() -> None:
    long = "他在山上种了很多东西，有一年夏天收了西瓜。"
    done = term_lines(array(f"西瓜、锄头\n{long}\n井\n"), LISTS, 60, 60)
    assert done.text.to_pylist() == [f"{long}\n井\n"]
    assert [done.counts[name].to_pylist() for name in ("fruit", "tools")] == [[1], [1]]
    assert term_lines(array(f"{long}\n井"), LISTS, 0, 10).text.to_pylist() == [f"{long}\n井"]


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(
        st.none() | st.lists(PIECES).map("".join),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_what_is_masked_holds_no_hit_and_rows_do_not_mix(texts: list[str | None]) -> None:
    whole = mask_terms(array(*texts), LISTS).text
    assert whole.to_pylist() == [mask_terms(array(one), LISTS).text[0].as_py() for one in texts]
    from corpus.kernels.wordlist import scan

    fenced = [one is not None and "```" in one for one in texts]
    hits = scan(whole, automaton_of(LISTS)[0]).hits.any(axis=1)
    assert not [row for row in range(len(texts)) if hits[row] and not fenced[row] and "e" not in (texts[row] or "")]


def test_a_file_by_its_path_says_what_is_done_and_how_it_is_called(tmp_path: Path) -> None:
    masked = declared(tmp_path, "by_action", "吃西瓜", "吃<FRUIT>", "#! category=fruit action=mask\n")
    assert rewrite(array("吃西瓜", "井"), masked.call).text.to_pylist() == ["吃<FRUIT>", "井"]
    dropped = declared(tmp_path, "by_action", '"西瓜\\n"', '""', "#! action=drop_line\n")
    assert rewrite(array("西瓜\n井"), dropped.call).text.to_pylist() == ["井"]
    assert masked.essence() != dropped.essence()


def test_a_list_whose_action_is_for_rules_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"by_action: f\.txt says flag, which a rule on term_density does"):
        declared(tmp_path, "by_action", "吃西瓜", "吃")


def test_mistakes_in_lists_are_told_with_their_places(tmp_path: Path) -> None:
    for lists, said in (
        ("[]", "must name word lists"),
        ("[f.txt, f.txt]", "each once"),
        ("[fr.txt]", "cannot be read"),
    ):
        with pytest.raises(ConfigError, match=rf"my\.yaml:2:\d+: my\.fruit: mask_terms: .*{said}"):
            declared(tmp_path, "mask_terms", "吃西瓜", "吃", lists=lists)
    with pytest.raises(ConfigError, match=r"f\.txt:1:1: my\.fruit: 'actoin=mask' is not category=WORD|f\.txt:1:1"):
        declared(tmp_path, "mask_terms", "吃西瓜", "吃", "#! actoin=mask\n")


def test_a_changed_list_is_another_rewrite(tmp_path: Path) -> None:
    one = declared(tmp_path, "mask_terms", "吃西瓜", "吃<USER>")
    two = declared(tmp_path, "mask_terms", "吃西瓜", "吃<USER>", "苹果\n")
    assert one.call != two.call
    assert one.essence() != two.essence()
    stale = wordlists.attach([wordlists.WordList("zh/ads", (wordlists.Term("x"),))], [""])
    with pytest.raises(UsageError, match="not .* as it was when the rules were read"):
        mask_terms(array("x"), stale)


def rule(tmp_path: Path, signal: str, otherwise: str = "") -> str:
    text = RULE.format(key="signal", kernel="term_density", lists=signal)
    text += f"  keep_when: {{max: 3}}\n{otherwise}  examples: {{keep: [井], drop: [西瓜]}}\n"
    (tmp_path / "rule.yaml").write_text(text, encoding="utf-8")
    return str(tmp_path / "rule.yaml")


def test_a_rule_that_does_not_say_otherwise_does_what_its_list_says(tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_text("#! action=drop\n西瓜\n", encoding="utf-8")
    assert load_rules([rule(tmp_path, "list: f.txt")]).rules[0].otherwise == "drop"
    assert load_rules([rule(tmp_path, "list: f.txt", "  otherwise: flag\n")]).rules[0].otherwise == "flag"
    (tmp_path / "f.txt").write_text("#! action=mask\n西瓜\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="'otherwise' is missing: f.txt says mask, which a rewrite does"):
        load_rules([rule(tmp_path, "list: f.txt")])


def test_a_category_adds_no_more_than_its_cap(tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_text("#! category=fruit\n西瓜\n", encoding="utf-8")
    (tmp_path / "g.txt").write_text("#! category=fruit\n苹果\n", encoding="utf-8")
    (tmp_path / "t.txt").write_text("#! category=tools\n锄头\n", encoding="utf-8")
    text = "西瓜苹果锄头" + "井" * 94
    batch = pa.RecordBatch.from_arrays([array(text, None)], names=["text"])

    def density(options: str) -> list[float | None]:
        path = rule(tmp_path, options, "  otherwise: flag\n")
        content = Path(path).read_text(encoding="utf-8").replace("term_density", "term_density_capped")
        Path(path).write_text(content, encoding="utf-8")
        return measure(batch, [load_rules([path]).rules[0].signal]).column(0).to_pylist()

    assert density("list: f.txt+g.txt+t.txt") == [30.0, None]
    assert density("list: f.txt+g.txt+t.txt, hits: 1") == [20.0, None]
    assert density("list: f.txt+g.txt+t.txt, cap: 5") == [10.0, None]
    with pytest.raises(ConfigError, match=r"f\.txt is named twice"):
        density("list: f.txt+f.txt")


def test_no_shipped_term_begins_or_ends_with_a_mark_that_is_not_compared() -> None:
    from corpus.kernels.matchview import OTHER, SPREAD, classes

    meanings = classes()
    for name in wordlists.shipped_names():
        for term in wordlists.load(name).terms:
            edges = {int(meanings[ord(term.text[place])]) for place in (0, -1)}
            assert all(one >= OTHER or one == SPREAD for one in edges), (name, term.text)
