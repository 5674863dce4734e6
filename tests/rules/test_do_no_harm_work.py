"""What cleaning scripts before this one got wrong around the texts: files, names, word lists, accounts, models and
samples. The numbers are those of docs/do-no-harm.md; defects in the texts themselves are in test_do_no_harm.py."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from reading import read_source

from corpus import config, wordlists
from corpus.inspect.sample import scrambled
from corpus.kernels import language
from corpus.kernels.catalogue import measure
from corpus.kernels.terms import Automaton
from corpus.kernels.wordlist import compile_patterns, locate
from corpus.ruleset.compile import verdicts
from corpus.ruleset.load import load_rules, shipped_names
from corpus.ruleset.model import RuleSet
from corpus.ruleset.rewrites import load_rewrites, shipped_rewrites
from corpus.stages.ingest import Ingest
from corpus.stages.select import Select

RECIPES = [name for name in shipped_names() if name.startswith("sources/")]
SPAM = {
    "zh": "代开发票，加微信，注册送彩金，全网最低价，点击领取。",
    "en": "Online casino, free spins, no deposit bonus, play poker for real money, bet now. ",
}


def rows(folder: Path, name: str, first: int, many: int) -> Path:
    lines = [
        json.dumps({"id": f"r{number}", "text": f"第{number}行说的是渡口的事。"})
        for number in range(first, first + many)
    ]
    data = "".join(line + "\n" for line in lines).encode()
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def source(*paths: Path, **more: object) -> config.Source:
    return config.Source.model_validate({"name": "s", "paths": [str(path) for path in paths], **more})


def judged(ruleset: RuleSet, text: str, lang: str) -> pl.DataFrame:
    batch = pa.RecordBatch.from_pydict(
        {
            "text": pa.array([text], pa.large_string()),
            "url": pa.array([None], pa.string()),
            "lang": pa.array([lang], pa.string()),
            "lang_score": pa.array([0.9], pa.float32()),
        }
    )
    frame = pl.DataFrame(pl.from_arrow(measure(batch, ruleset.calls)))
    return verdicts(ruleset, frame.with_columns(lang=pl.lit(lang), source=pl.lit("s")))


def failed(ruleset: RuleSet, text: str, lang: str) -> list[str]:
    return [ruleset.rules[index].id for index in judged(ruleset, text, lang)["failed"].item()]


@pytest.mark.parametrize("split_bytes", [200, 999, 1 << 20])
def test_c12_a_file_cut_into_many_parts_loses_no_row(tmp_path: Path, split_bytes: int) -> None:
    """The first part was opened again, and emptied, each time the writer came round to it."""
    found = read_source(source(rows(tmp_path, "a.jsonl", 0, 100)), split_bytes)
    assert sorted(found.keys) == sorted(f"r{number}" for number in range(100))
    assert found.quarantined == []


def test_c13_every_usual_name_of_a_file_of_records_is_found(tmp_path: Path) -> None:
    """A name ending in .jsonl became .jsonll, which the next script did not look for."""
    for place, name in enumerate(("a.jsonl", "b.json", "c.jsonl.gz", "d.part-000000.jsonl")):
        rows(tmp_path, name, 10 * place, 10)
    found = read_source(source(tmp_path))
    assert sorted(found.keys) == sorted(f"r{number}" for number in range(40))


@pytest.mark.parametrize("name", RECIPES)
def test_c14_every_recipe_runs_and_the_word_lists_run_with_it(name: str) -> None:
    """Of 25 scripts five could not run at all, one filter never applied, and eight never asked the word lists."""
    lang = "en" if name.startswith("sources/en_") else "zh"
    ruleset = load_rules(["common", f"{lang}/web", f"{lang}/wordlists", name])
    spam = failed(ruleset, SPAM[lang] * 3, lang)
    assert [rule for rule in spam if rule.endswith("_terms")]
    own = [rule for rule in ruleset.rules if rule.id.startswith("sources.")]
    assert own
    assert all(rule.applies.lang == (lang,) for rule in own)


def test_c15_rules_rewrites_and_lists_are_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths of word lists were relative to one of two working directories, or to the author's home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_rules([name for name in shipped_names() if name.startswith(("common/", "zh/", "en/"))]).rules
    assert load_rewrites(shipped_rewrites())
    assert all(wordlists.load(name).terms for name in wordlists.shipped_names())


def automaton(*terms: str) -> Automaton:
    listed = wordlists.WordList("l", tuple(wordlists.Term(term) for term in terms))
    return compile_patterns(list(listed.patterns(0)), 1)


def hits(text: str, *terms: str) -> list[str]:
    found = locate(pa.array([text], pa.large_string()), automaton(*terms)).to_pylist()
    return [text.encode()[hit["start"] : hit["end"]].decode() for hit in found]


def test_c16_terms_that_touch_each_other_digits_or_letters_are_found() -> None:
    """The matcher skipped a term right behind another, and any term beside a letter or digit in ASCII."""
    assert hits("北京欢迎你", "北京", "欢迎", "你") == ["北京", "欢迎", "你"]
    assert hits("代开发票2023", "代开发票") == ["代开发票"]
    assert hits("vx微信号", "微信号") == ["微信号"]
    assert hits("abc北京2023欢迎x", "北京", "欢迎") == ["北京", "欢迎"]
    assert hits("上海滩头", "上海滩头人", "海滩") == ["海滩"]


def test_c16_a_latin_term_is_not_found_inside_a_word() -> None:
    """The other side of the same: boundaries stay where a language has them."""
    assert hits("The classics of Sussex", "sex", "ass") == []


def test_c19_a_verdict_names_every_rule_and_what_it_saw_and_ids_are_the_records_own(tmp_path: Path) -> None:
    """The log named a category and no term, one reason stood for another, and ids became line numbers."""
    ruleset = load_rules(["common", "zh/web", "zh/wordlists"])
    spam = SPAM["zh"] * 3
    found = judged(ruleset, spam, "zh")
    names = [ruleset.rules[index].id for index in found["failed"].item()]
    assert {"zh.gambling_terms", "zh.fraud_terms"} <= set(names)
    assert all(value is not None for value in found["values"].item())
    terms = [term.text for name in ("zh/gambling", "zh/fraud") for term in wordlists.load(name).terms]
    assert {"代开发票", "注册送彩金"} <= set(hits(spam, *terms))
    records = read_source(source(rows(tmp_path, "a.jsonl", 0, 20))).rows
    batch = pa.RecordBatch.from_pylist(records)
    documents = Ingest(source(tmp_path, lang="zh"))(batch)
    back = Ingest(source(tmp_path, lang="zh"))(batch.take(pa.array(list(range(19, -1, -1)))))
    assert documents.column("source_key").to_pylist() == [f"r{number}" for number in range(20)]
    assert documents.column("doc_id").to_pylist() == back.column("doc_id").to_pylist()[::-1]


def test_c21_the_model_is_loaded_once_and_a_text_gets_one_answer_however_it_comes() -> None:
    """The model was loaded for every batch; a newline ended it, because the cleaned string was thrown away; training
    and serving cut words differently."""
    texts = [
        "The ferry had crossed\nthe river\r\nfor a hundred years.",
        "Il fait très beau\naujourd'hui.",
        "\n",
        "a\n\nb",
    ]
    together = language.identify(pa.array(texts * 50, pa.large_string()))
    for place, text in enumerate(texts):
        alone = language.identify(pa.array([text], pa.large_string()))
        assert [column[0] for column in alone] == [column[place] for column in together]
    assert together[0][0].as_py() == "en"
    assert language._model() is language._model()


def test_c22_a_sample_is_seeded_and_a_broken_line_repeats_no_row(tmp_path: Path) -> None:
    """The sampler had no seed, took v9 for newer than v10, and on a broken line gave the row before once more."""
    good = rows(tmp_path, "v9.jsonl", 0, 300).read_bytes().splitlines()
    good[100:100] = [b'{"text": "never closed', b"\xff\xfe", b"[]"]
    (tmp_path / "v10.jsonl").write_bytes(b"\n".join(good).replace(b'"r', b'"w') + b"\n")
    found = read_source(source(tmp_path))
    assert len(found.keys) == len(set(found.keys)) == 600
    assert len(found.quarantined) == 3

    wanted = config.Select.model_validate({"sample": {"share": 0.3, "seed": 7}})
    stage = Ingest(source(tmp_path, lang="zh"))
    batch = stage(pa.RecordBatch.from_pylist(found.rows))
    chosen = [chosen_of(Select(wanted), batch), chosen_of(Select(wanted), batch.take(pa.array(range(599, -1, -1))))]
    assert chosen[0] == chosen[1]
    assert 120 < len(chosen[0]) < 240
    other = config.Select.model_validate({"sample": {"share": 0.3, "seed": 8}})
    assert chosen_of(Select(other), batch) != chosen[0]
    ids = batch.column("doc_id")
    assert scrambled(ids, 3).tolist() == scrambled(ids, 3).tolist() != scrambled(ids, 4).tolist()


def chosen_of(stage: Select, batch: pa.RecordBatch) -> set[str]:
    done = stage(batch)
    kept = done.filter(done.column("dropped").is_null())
    return set(kept.column("doc_id").to_pylist())
