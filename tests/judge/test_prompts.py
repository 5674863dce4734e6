from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import ConfigError, UsageError
from corpus.judge.prompts import load_prompt, shipped

OWN = """\
prompt: 1
name: mine
version: 1
lang: en
kind: score
parts: [text]
system: You rate.
user: "Rate {text}"
answer:
  score: {kind: integer, from: 0, to: 3}
"""


def test_every_shipped_prompt_is_sound_and_there_is_one_in_each_language() -> None:
    prompts = [load_prompt(name) for name in shipped()]
    assert {prompt.name for prompt in prompts} == set(shipped())
    assert len({prompt.digest for prompt in prompts}) == len(prompts)
    kinds = {name.rpartition("_")[0] for name in shipped()}
    assert {f"{kind}_{lang}" for kind in kinds for lang in ("zh", "en")} == set(shipped())


def test_both_languages_of_a_prompt_ask_for_the_same() -> None:
    for name in shipped():
        if name.endswith("_zh"):
            zh, en = load_prompt(name), load_prompt(name.replace("_zh", "_en"))
            assert (zh.kind, zh.parts, list(zh.answer)) == (en.kind, en.parts, list(en.answer))
            assert all(zh.answer[key].least == en.answer[key].least for key in zh.answer)


def test_the_digest_changes_with_the_words_and_not_with_comments(tmp_path: Path) -> None:
    found = []
    for number, text in enumerate((OWN, "# a comment\n" + OWN, OWN.replace("You rate", "You judge"))):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text, encoding="utf-8")
        found.append(load_prompt(str(path)).digest)
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("{text}", "it", "missing: text"),
        ("{text}", "{text} {other}", "not a part: other"),
        ("from: 0, to: 3", "from: 3, to: 0", "the first lower"),
        ("from: 0, to: 3", "", "needs `from` and `to`"),
        ("kind: score", "kind: scoer", "own.yaml:5"),
        ("kind: score", "kind: compare", "parts first and second"),
        ("version: 1", "version: 0", "own.yaml:3"),
        ("system:", "sytsem:", "did you mean"),
    ],
)
def test_a_mistake_in_a_prompt_is_told_with_its_place(tmp_path: Path, was: str, now: str, said: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OWN.replace(was, now), encoding="utf-8")
    with pytest.raises(ConfigError) as wrong:
        load_prompt(str(path))
    assert said in str(wrong.value)


def test_an_unknown_name_is_told_with_what_there_is() -> None:
    with pytest.raises(UsageError, match="did you mean"):
        load_prompt("qualty_zh")
    with pytest.raises(UsageError, match="no such file"):
        load_prompt("absent.yaml")
