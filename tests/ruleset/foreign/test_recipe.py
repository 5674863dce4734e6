"""Other tools' recipes become rules that load, lint and hold, with their own numbers; mistakes are told with places."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus import config
from corpus.errors import ConfigError, UsageError
from corpus.ruleset.foreign.juicer_ops import CASES, CONVERTED, FILTERS, MAPPERS
from corpus.ruleset.foreign.page import page
from corpus.ruleset.foreign.recipe import Imported, import_recipe
from corpus.ruleset.lint import lint
from corpus.ruleset.lint import test_examples as check_examples
from corpus.ruleset.load import load_rules
from corpus.ruleset.model import Rule, RuleSet
from corpus.ruleset.rewrites import load_rewrites

THRESHOLDS = """\
dup_line_frac: 0.271
dup_para_frac: 0
dup_n_grams:
- - 5
  - 0.187
- - 10
  - 0.121
language_score: 0.654
line_punct_thr: 0.113
max_avg_word_length: 5
max_non_alpha_words_ratio: 0.721
min_avg_word_length: 1
new_line_ratio: 0.168
stopwords: ["的", "在", "·", "為", "为", "了"]
top_n_grams:
- - 2
  - 0.243
no_such_setting: 3
"""
ENGLISH = (
    THRESHOLDS.replace('["的", "在", "·", "為", "为", "了"]', '["the", "of", "and", "to", "in", "was"]')
    .replace("min_avg_word_length: 1", "min_avg_word_length: 3.1")
    .replace("max_avg_word_length: 5", "max_avg_word_length: 9")
)
RECIPE = """\
project_name: 'web zh'
dataset_path: 'in.jsonl'
text_keys: content
process:
  - fix_unicode_mapper:
  - clean_links_mapper
  - clean_email_mapper:
  - language_id_score_filter:
      lang: zh
      min_score: 0.81
  - alphanumeric_filter:
      tokenization: false
      min_ratio: 0.12
  - average_line_length_filter: {min_len: 11, max_len: 1400}
  - character_repetition_filter: {rep_len: 8, max_ratio: 0.55}
  - word_repetition_filter: {lang: zh, tokenization: true, rep_len: 10, max_ratio: 0.17}
  - text_length_filter: {min_len: 52, max_len: 64000}
  - text_length_filter: {min_len: 40}
  - special_characters_filter: {min_ratio: 0.0, max_ratio: 1.0}
  - flagged_words_filter: {lang: zh, max_ratio: 0.01}
  - image_shape_filter:
  - text_lenght_filter:
  - clean_ip_mapper:
  - document_minhash_deduplicator: {tokenization: character, jaccard_threshold: 0.72}
"""


def imported(folder: Path, text: str, name: str, **options: object) -> tuple[Imported, RuleSet]:
    source = folder / name
    source.write_text(text, encoding="utf-8")
    out = folder / "mine.yaml"
    found = import_recipe(str(source), str(out), **options)  # type: ignore[arg-type]
    return found, load_rules([str(out)])


def rule(rules: RuleSet, name: str) -> Rule:
    return rules.rules[rules.by_id[name]]


def fates(found: Imported, key: str) -> list[str]:
    return [note.fate for note in found.notes if note.origin.key == key]


def test_thresholds_of_fineweb2_become_rules_with_the_same_numbers(tmp_path: Path) -> None:
    _, rules = imported(tmp_path, THRESHOLDS, "cmn_Hani.yml")
    assert rule(rules, "cmn_hani.dup_line_frac").keep_when.max == 0.271
    assert rule(rules, "cmn_hani.line_punct_thr").keep_when.min == 0.113
    assert rule(rules, "cmn_hani.language_score").keep_when.min == 0.654
    assert {one.applies.lang for one in rules.rules} == {("zh",)}
    assert {one.otherwise for one in rules.rules} == {"drop"}


def test_each_imported_rule_names_the_key_and_the_line_it_comes_from(tmp_path: Path) -> None:
    _, rules = imported(tmp_path, THRESHOLDS, "cmn_Hani.yml")
    assert "cmn_Hani.yml: dup_n_grams[1] (line 6), 0.121" in rule(rules, "cmn_hani.dup_n_grams_10").source


def test_word_ngrams_of_chinese_become_longer_character_ngrams_and_say_so(tmp_path: Path) -> None:
    found, rules = imported(tmp_path, THRESHOLDS, "cmn_Hani.yml")
    assert rule(rules, "cmn_hani.dup_n_grams_5").signal.arguments == {"n": 8}
    assert rule(rules, "cmn_hani.top_n_grams_2").signal.arguments == {"n": 3}
    assert fates(found, "dup_n_grams[0]") == ["differs"]


def test_word_ngrams_of_english_keep_their_length(tmp_path: Path) -> None:
    _, rules = imported(tmp_path, ENGLISH, "eng_Latn.yml")
    assert rule(rules, "eng_latn.dup_n_grams_5").signal.arguments == {"n": 5}
    assert rule(rules, "eng_latn.min_avg_word_length").keep_when.min == 3.1
    assert rule(rules, "eng_latn.max_non_alpha_words_ratio").keep_when.min == 0.721


def test_newlines_a_word_become_newlines_a_character(tmp_path: Path) -> None:
    _, rules = imported(tmp_path, THRESHOLDS, "cmn_Hani.yml")
    assert rule(rules, "cmn_hani.new_line_ratio").keep_when.max == 0.105


def test_what_has_no_counterpart_or_is_switched_off_is_said(tmp_path: Path) -> None:
    found, _ = imported(tmp_path, THRESHOLDS, "cmn_Hani.yml")
    assert fates(found, "max_avg_word_length") == ["none"]
    assert fates(found, "max_non_alpha_words_ratio") == ["none"]
    assert fates(found, "dup_para_frac") == ["off"]
    assert fates(found, "no_such_setting") == ["none"]


def test_stop_words_become_a_word_list_without_marks_and_variants(tmp_path: Path) -> None:
    _, rules = imported(tmp_path, THRESHOLDS, "cmn_Hani.yml")
    lines = (tmp_path / "mine.stopwords.txt").read_text(encoding="utf-8").splitlines()
    assert lines[1:] == ["的", "在", "為", "了"]
    stopwords = rule(rules, "cmn_hani.stopwords")
    assert (stopwords.signal.kernel, stopwords.keep_when.min) == ("term_distinct", 2)


def test_complete_adds_what_the_script_applies_beside_the_file(tmp_path: Path) -> None:
    _, rules = imported(tmp_path, THRESHOLDS, "cmn_Hani.yml", complete=True)
    assert rule(rules, "cmn_hani.min_doc_words").keep_when.min == 50
    assert rule(rules, "cmn_hani.char_duplicates_ratio").keep_when.max == 0.1


def test_operators_of_data_juicer_become_rules_with_the_same_numbers(tmp_path: Path) -> None:
    _, rules = imported(tmp_path, RECIPE, "web.yaml")
    assert rule(rules, "web.alphanumeric_filter").keep_when.min == 0.12
    lines = rule(rules, "web.average_line_length_filter").keep_when
    assert (lines.min, lines.max) == (11, 1400)
    repeated = rule(rules, "web.character_repetition_filter")
    assert (repeated.signal.arguments, repeated.keep_when.max) == ({"n": 8}, 0.55)
    assert rule(rules, "web.word_repetition_filter").signal.arguments == {"n": 16}
    assert rule(rules, "web.language_id_score_filter").keep_when.min == 0.81


def test_arguments_left_out_have_the_defaults_of_the_operator(tmp_path: Path) -> None:
    _, rules = imported(tmp_path, "process: [character_repetition_filter, text_length_filter]\n", "r.yaml")
    assert rule(rules, "r.character_repetition_filter").keep_when.max == 0.5
    assert rule(rules, "r.text_length_filter").keep_when.min == 10


def test_a_looser_bound_on_the_same_side_is_left_out_and_said(tmp_path: Path) -> None:
    found, rules = imported(tmp_path, RECIPE, "web.yaml")
    assert rule(rules, "web.text_length_filter").keep_when.min == 52
    assert "web.text_length_filter_2" not in rules.by_id
    assert fates(found, "text_length_filter") == ["off"]


def test_operators_that_are_unknown_are_named_with_a_guess(tmp_path: Path) -> None:
    found, _ = imported(tmp_path, RECIPE, "web.yaml")
    said = {note.origin.key: note.said for note in found.notes if note.fate == "none"}
    assert 'did you mean "text_length_filter"' in said["text_lenght_filter"]
    assert "other media" in said["image_shape_filter"]
    assert "0.72" in said["document_minhash_deduplicator"]
    assert "flagged_words_filter" in said


def test_mappers_become_rewrites_and_their_order_is_pointed_out(tmp_path: Path) -> None:
    found, _ = imported(tmp_path, RECIPE, "web.yaml")
    rewrites = load_rewrites([str(tmp_path / "mine.rewrites.yaml")])
    assert [one.call.kernel for one in rewrites] == ["urls", "pii", "pii"]
    assert any("after a filter" in note.said for note in found.notes if note.origin.key == "clean_ip_mapper")
    assert not any("after a filter" in note.said for note in found.notes if note.origin.key == "clean_links_mapper")


def test_the_pipeline_names_the_files_and_keeps_the_recipes_source(tmp_path: Path) -> None:
    imported(tmp_path, RECIPE, "web.yaml")
    pipeline = config.load(tmp_path / "mine.pipeline.yaml")
    assert pipeline.name == "web_zh"
    assert pipeline.sources[0].fields.text == "content"
    assert pipeline.sources[0].paths == (str(tmp_path / "in.jsonl"),)
    assert pipeline.select.languages.include == ("zh", "zh[-_]*")
    assert pipeline.rules == (str(tmp_path / "mine.yaml"),)
    assert pipeline.rewrites == (str(tmp_path / "mine.rewrites.yaml"),)


@pytest.mark.parametrize(
    ("text", "name"), [(THRESHOLDS, "cmn_Hani.yml"), (ENGLISH, "eng_Latn.yml"), (RECIPE, "w.yaml")]
)
def test_imported_rules_are_clean_and_their_examples_hold(tmp_path: Path, text: str, name: str) -> None:
    _, rules = imported(tmp_path, text, name)
    assert rules.rules
    assert lint(rules) == []
    assert check_examples(rules) == []


def test_every_filter_and_mapper_of_the_tables_makes_something_that_holds(tmp_path: Path) -> None:
    operators = [*FILTERS, *MAPPERS, *(f"{{chinese_convert_mapper: {{mode: {mode}}}}}" for mode in CASES)]
    text = "process:\n" + "".join(f"  - {name}\n" for name in operators)
    _, rules = imported(tmp_path, text, "all.yaml")
    assert {f"all.{name}" for name in FILTERS} <= set(rules.by_id)
    assert check_examples(rules) == []
    from corpus.ruleset.rewrites import load_rewrites

    rewrites = load_rewrites([str(tmp_path / "mine.rewrites.yaml")])
    assert len(rewrites) == len(MAPPERS) + len(CASES)
    assert {str(call["kernel"]) for call in CASES.values()} == set(CONVERTED)
    for one in rewrites:
        for example in one.examples:
            assert rewritten(example.before, one.call) == example.after, one.id


def rewritten(text: str, call: object) -> str:
    import pyarrow as pa

    from corpus.kernels.rewrites.catalogue import rewrite

    return str(rewrite(pa.array([text], pa.large_string()), call).text[0].as_py())  # type: ignore[arg-type]


def test_mistakes_are_told_all_at_once_with_their_places_and_nothing_is_written(tmp_path: Path) -> None:
    source = tmp_path / "bad.yaml"
    text = "dup_line_frac: much\ntop_n_grams:\n- [2]\n- [3, 0.2]\nstopwords: the\n"
    source.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        import_recipe(str(source), str(tmp_path / "out.yaml"))
    assert [(problem.line, problem.message.partition(":")[0]) for problem in error.value.problems] == [
        (1, "dup_line_frac"),
        (3, "top_n_grams"),
        (5, "stopwords"),
    ]
    assert list(tmp_path.iterdir()) == [source]


def test_mistakes_in_operators_are_told_with_their_places(tmp_path: Path) -> None:
    source = tmp_path / "bad.yaml"
    source.write_text(
        "process:\n  - text_length_filter:\n      min_len: ten\n  - [a, b]\n"
        "  - words_num_filter: {min_num: 9, max_num: 2}\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as error:
        import_recipe(str(source), str(tmp_path / "out.yaml"))
    assert [problem.line for problem in error.value.problems] == [3, 4, 5]


def test_a_file_that_is_neither_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "other.yaml"
    source.write_text("name: x\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="neither a Data-Juicer recipe"):
        import_recipe(str(source), str(tmp_path / "out.yaml"))


def test_yaml_tags_are_not_run(tmp_path: Path) -> None:
    source = tmp_path / "evil.yaml"
    source.write_text("process: !!python/object/apply:os.getcwd []\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"evil.yaml:1"):
        import_recipe(str(source), str(tmp_path / "out.yaml"))


def test_no_file_that_is_there_is_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "mine.pipeline.yaml"
    mine.write_text("name: kept\n", encoding="utf-8")
    with pytest.raises(UsageError, match="is there already"):
        imported(tmp_path, RECIPE, "web.yaml")
    assert mine.read_text(encoding="utf-8") == "name: kept\n"
    assert not (tmp_path / "mine.yaml").exists()


def test_the_documentation_is_made_from_these_tables() -> None:
    shown = Path(__file__).parents[3] / "docs" / "import-recipes.md"
    assert shown.read_text(encoding="utf-8") == page()
