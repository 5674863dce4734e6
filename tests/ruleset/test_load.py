"""Rule files become a rule set, or every mistake in them is told with its place."""

from __future__ import annotations

import pickle
import random
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.errors import ConfigError
from corpus.kernels.signal import SignalCall
from corpus.resources import rules_root
from corpus.ruleset.load import load_rules, shipped_names
from corpus.ruleset.model import Applies, Bound, RuleSet


def problems(path: str, *more: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_rules([path, *more])
    return [str(problem).replace(str(Path(path).parent) + "/", "") for problem in caught.value.problems]


def test_a_rule_is_read_as_written(write, rule_text):
    (rule,) = load_rules([write(rule_text)]).rules
    assert rule.id == "my.han_low"
    assert rule.signal == SignalCall("char_ratio", (("of", "han"),))
    assert rule.keep_when == Bound(0.2, 0.9)
    assert rule.applies == Applies(lang=("zh",))
    assert rule.otherwise == "drop"
    assert rule.at.line == 1
    assert rule.overridden is None


def test_defaults_of_a_signal_are_filled_in(write, rule_text):
    text = rule_text.replace("{kernel: char_ratio, of: han}", "{kernel: short_line_ratio}")
    (rule,) = load_rules([write(text)]).rules
    assert rule.signal.column == "short_line_ratio.30"


def test_every_mistake_of_every_file_is_told_at_once(write, rule_text):
    first = write(
        rule_text.replace("char_ratio, of", "char_ratoi, of")
        + rule_text.replace("my.han_low", "my.second").replace("of: han", "of: hna")
        + rule_text.replace("my.han_low", "my.third").replace("otherwise: drop", "otherwise: drpo"),
        "a.yaml",
    )
    second = write(
        rule_text.replace("my.han_low", "my.fourth").replace("reason:", "raeson:")
        + rule_text.replace("my.han_low", "my.fifth").replace("{min: 0.2, max: 0.9}", "{min: 0.9, max: 0.2}"),
        "b.yaml",
    )
    assert problems(first, second) == [
        'a.yaml:3:12: my.han_low: unknown kernel "char_ratoi"; did you mean "char_ratio"?',
        "a.yaml:13:32: my.second: char_ratio: of: is not 'hna'; did you mean \"han\"? (one of han, kana, hangul, "
        "latin, greek, cyrillic, letter, digit, punctuation, symbol, whitespace, control, format, emoji, private, "
        "replacement, uppercase, alphanumeric, fullwidth, traditional)",
        "a.yaml:25:3: my.third: otherwise: Input should be 'drop', 'flag' or 'demote', not 'drpo'",
        "b.yaml:1:3: my.fourth: key 'reason' is missing",
        "b.yaml:6:3: my.fourth: unknown key 'raeson'; did you mean \"reason\"?",
        "b.yaml:14:3: my.fifth: keep_when: min 0.9 is above max 0.2",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{kernel: char_ratio, of: han}", "{kernel: char_ratio}", "3:3: my.han_low: char_ratio needs the argument"),
        ("{kernel: char_ratio, of: han}", "{of: han}", "3:3: my.han_low: signal: key 'kernel' must name a signal"),
        ("of: han}", "of: han, n: 3}", "3:41: my.han_low: char_ratio has no argument 'n'; it has of"),
        ("char_ratio, of: han", "top_ngram_char_ratio, n: two", "n: must be a whole number, not 'two'"),
        ("char_ratio, of: han", "top_ngram_char_ratio, n: true", "n: must be a whole number, not True"),
        ("char_ratio, of: han", "top_ngram_char_ratio, n: 99", "n: must be from 2 to 10, not 99"),
        ("char_ratio, of: han", "top_ngram_char_ratio, n: 1.5", "n: must be a whole number, not 1.5"),
        ("char_ratio, of: han", "lines, of: han", "lines has no argument 'of'; it has none"),
        ("{min: 0.2, max: 0.9}", "{}", "4:3: my.han_low: bounds nothing; give min or max"),
        ("{min: 0.2, max: 0.9}", "{max: 30}", "max 30 is outside it; 30 % is 0.3"),
        ("{min: 0.2, max: 0.9}", "{min: -1}", "4:15: my.han_low: char_ratio is a ratio from 0 to 1; min -1"),
        ("{min: 0.2, max: 0.9}", "{max: '0.3'}", "max: Input should be a valid number, not '0.3'"),
        ("{min: 0.2, max: 0.9}", "{max: .nan}", "max: Input should be a finite number"),
        ("{min: 0.2, max: 0.9}", "{in: [Hani]}", "char_ratio is a number; use min or max, not in"),
        ("id: my.han_low", "id: HanLow", "1:3: HanLow: id: String should match pattern"),
        ("lang: [zh]", "lang: zh", "lang: Input should be a valid tuple"),
        ("lang: [zh]", "lang: [Chinese]", "lang: String should match pattern"),
        ("lang: [zh]", "min_chars: 9, max_chars: 3", "applies: min_chars 9 is above max_chars 3"),
        ("  source: a test\n", "", "1:3: my.han_low: key 'source' is missing"),
        ('    drop: ["sunny and warm, 好"]\n', "", "8:3: my.han_low: key 'drop' is missing"),
        ('keep: ["今天天气很好, sunny and warm."]', "keep: []", "keep: Tuple should have at least 1 item"),
        ("  reason:", "  reason: twice\n  reason:", "7:3: key 'reason' is given twice"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_a_way_out(write, rule_text, old, new, said):
    assert old in rule_text
    assert said in "\n".join(problems(write(rule_text.replace(old, new))))


@pytest.mark.parametrize(
    ("pattern", "construct"),
    [
        ("a(?=b)", "look-ahead"),
        ("a(?!b)", "look-ahead"),
        ("(?<=a)b", "look-behind"),
        ("(?<!a)b", "look-behind"),
        (r"(a)\1", "a back-reference"),
        ("(?>a)", "an atomic group"),
        ("a(", "is not a regular expression of Rust's dialect"),
    ],
)
def test_a_regex_that_is_not_linear_is_refused_by_name(write, rule_text, pattern, construct):
    text = rule_text.replace("{kernel: char_ratio, of: han}", f"{{kernel: pattern_density, pattern: '{pattern}'}}")
    (said,) = problems(write(text.replace("{min: 0.2, max: 0.9}", "{max: 3}")))
    assert said.startswith("mine.yaml:3:37: my.han_low: pattern_density: pattern: ")
    assert construct in said


def test_a_rust_regex_is_taken(write, rule_text):
    text = rule_text.replace("{kernel: char_ratio, of: han}", r"{kernel: pattern_density, pattern: '\p{Han}+a?'}")
    (rule,) = load_rules([write(text.replace("{min: 0.2, max: 0.9}", "{max: 3}"))]).rules
    assert rule.signal.arguments == {"pattern": r"\p{Han}+a?"}


def test_labels_are_bounded_by_sets(write, rule_text):
    text = rule_text.replace("{kernel: char_ratio, of: han}", "{kernel: script}")
    assert "script is a label; use in or not_in, not min" in "\n".join(problems(write(text)))
    (rule,) = load_rules([write(text.replace("{min: 0.2, max: 0.9}", "{in: [Hani, Latn]}"))]).rules
    assert rule.keep_when == Bound(allowed=("Hani", "Latn"))
    both = write(text.replace("{min: 0.2, max: 0.9}", "{in: [Hani], not_in: [Hani]}"))
    assert "Hani stands in both in and not_in" in "\n".join(problems(both))


def test_an_id_is_declared_once(write, rule_text):
    (said,) = problems(write(rule_text, "a.yaml"), write("\n" + rule_text, "b.yaml"))
    assert said.endswith("a.yaml:1; to change it, use override")
    assert said.startswith("b.yaml:2:3: my.han_low: is declared already at ")


def test_repeated_examples_are_written_out(write, rule_text):
    text = rule_text.replace('drop: ["sunny and warm, 好"]', "drop: [{text: 'ab ', times: 3}, 7]")
    (rule,) = load_rules([write(text)]).rules
    assert rule.examples.drop == ("ab ab ab ", "7")
    huge = rule_text.replace('drop: ["sunny and warm, 好"]', "drop: [{text: 'ab ', times: 3000000}]")
    assert "an example has at most" in problems(write(huge))[0]


def test_names_that_do_not_exist_are_answered_with_those_that_do(write, rule_text):
    with pytest.raises(ConfigError, match=r'zh/wbe: no such rule set; did you mean "zh/web"\?'):
        load_rules(["zh/wbe"])
    with pytest.raises(ConfigError, match="neither a shipped rule set nor the path"):
        load_rules(["../../etc/passwd"])
    with pytest.raises(ConfigError, match="neither a shipped rule set"):
        load_rules(["tiers/default"])
    with pytest.raises(ConfigError, match=r"absent\.yaml: cannot be read: No such file"):
        load_rules(["absent.yaml"])
    with pytest.raises(ConfigError, match="is asked for twice, the second time by 'common/length'"):
        load_rules(["common", "common/length"])


def test_a_directory_is_all_its_files_in_order():
    whole = load_rules(["common"])
    files = [name for name in shipped_names() if name.startswith("common/")]
    assert whole == RuleSet(tuple(rule for name in files for rule in load_rules([name]).rules))
    assert {rule.at.path for rule in whole.rules} == {f"rules/{name}.yaml" for name in files}


def test_a_file_that_is_not_utf8_or_no_list_is_a_config_error(tmp_path, write):
    (tmp_path / "bad.yaml").write_bytes(b"- id: \xff")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_rules([str(tmp_path / "bad.yaml")])
    assert "must be a list of rules" in problems(write("id: my.rule"))[0]
    assert "must be a rule" in problems(write("- just words"))[0]
    assert load_rules([write("")]).rules == ()


class TestOverride:
    def test_only_the_keys_given_change(self, write, rule_text):
        base = write(rule_text, "a.yaml")
        change = write("\n- override: my.han_low\n  keep_when: {max: 0.8}\n  otherwise: flag\n", "b.yaml")
        (rule,) = load_rules([base, change]).rules
        assert rule.keep_when == Bound(0.2, 0.8)
        assert rule.otherwise == "flag"
        assert rule.applies == Applies(lang=("zh",))
        assert rule.reason == "too little Chinese in a Chinese text"
        assert rule.overridden is not None
        assert (rule.at.line, rule.overridden.line) == (1, 2)

    def test_null_takes_a_bound_away(self, write, rule_text):
        change = write("- override: my.han_low\n  keep_when: {max: null}\n  applies: {lang: []}\n", "b.yaml")
        (rule,) = load_rules([write(rule_text), change]).rules
        assert rule.keep_when == Bound(0.2, None)
        assert rule.applies == Applies()

    def test_examples_of_the_old_bound_do_not_judge_the_new_one(self, write, rule_text):
        changed = write("- override: my.han_low\n  keep_when: {max: 0.8}\n", "b.yaml")
        assert load_rules([write(rule_text), changed]).rules[0].examples.keep == ()
        renamed = write("- override: my.han_low\n  reason: another reason entirely\n", "c.yaml")
        assert load_rules([write(rule_text), renamed]).rules[0].examples.keep != ()

    def test_a_disabled_rule_is_gone_and_the_order_of_the_rest_stays(self, write, rule_text):
        three = "".join(rule_text.replace("my.han_low", f"my.rule{n}") for n in range(3))
        change = write("- override: my.rule0\n  otherwise: flag\n- override: my.rule1\n  disable: true\n", "b.yaml")
        found = load_rules([write(three), change])
        assert [rule.id for rule in found.rules] == ["my.rule0", "my.rule2"]

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ("- override: my.han_lwo\n  disable: true\n", "no rule 'my.han_lwo' stands before this override; did you"),
            ("- override: my.han_low\n", "changes nothing"),
            ("- override: my.han_low\n  disable: false\n", "disable: Input should be True"),
            ("- override: my.han_low\n  disable: true\n  otherwise: flag\n", "leaves no use for otherwise"),
            ("- override: my.han_low\n  keep_when: {max: 0.1}\n", "keeps nothing: from 0.2 to 0.1"),
            ("- override: my.han_low\n  keep_when: {min: null, max: null}\n", "bounds nothing"),
            ("- override: my.han_low\n  signal: {kernel: lines}\n", "unknown key 'signal'"),
            ("- override: my.han_low\n  disable: true\n" * 2, "already in line 1"),
        ],
    )
    def test_an_override_that_cannot_be_is_refused(self, write, rule_text, change, said):
        assert said in "\n".join(problems(write(rule_text), write(change, "b.yaml")))

    def test_a_broken_rule_is_not_reported_again_by_its_override(self, write, rule_text):
        broken = write(rule_text.replace("of: han", "of: hna"))
        assert len(problems(broken, write("- override: my.han_low\n  otherwise: flag\n", "b.yaml"))) == 1


class TestDigest:
    def test_what_changes_no_verdict_changes_no_digest(self, write, rule_text):
        base = load_rules([write(rule_text)])
        for old, new in (
            ("a test", "elsewhere"),
            ("too little", "not enough"),
            ("sunny", "rainy"),
            ("- id", "\n\n- id"),
        ):
            assert load_rules([write(rule_text.replace(old, new), "other.yaml")]).digest == base.digest
        two = load_rules([write(rule_text.replace("[zh]", "[zh, yue]"))])
        assert two.digest == load_rules([write(rule_text.replace("[zh]", "[yue, zh]"))]).digest

    def test_what_changes_a_verdict_changes_the_digest(self, write, rule_text):
        changes = (
            ("my.han_low", "my.han"),
            ("of: han", "of: kana"),
            ("max: 0.9", "max: 0.91"),
            ("otherwise: drop", "otherwise: flag"),
            ("lang: [zh]", "lang: [ja]"),
            ("lang: [zh]", "source: [news]"),
            ("lang: [zh]", "lang: [zh], min_chars: 5"),
        )
        digests = {load_rules([write(rule_text.replace(old, new))]).digest for old, new in changes}
        other = rule_text.replace("my.han_low", "my.other")
        digests |= {load_rules([write(text)]).digest for text in (rule_text, rule_text + other, other + rule_text)}
        assert len(digests) == len(changes) + 3

    def test_a_rule_set_survives_pickling(self, write, rule_text):
        built = load_rules([write(rule_text)])
        copy = pickle.loads(pickle.dumps(built))
        assert copy == built
        assert copy.digest == built.digest

    def test_calls_are_distinct_sorted_and_hold_the_length_when_it_decides(self, write, rule_text):
        text = (
            rule_text
            + rule_text.replace("my.han_low", "my.b")
            + rule_text.replace("my.han_low", "my.c").replace("lang: [zh]", "min_chars: 9")
        )
        assert [call.column for call in load_rules([write(text)]).calls] == ["char_ratio.han", "chars"]


SHIPPED = "\n".join(path.read_text(encoding="utf-8") for path in sorted(rules_root().glob("*/*.yaml")))
TOKENS = [
    *("- ", "id:", "override:", "disable: true", "signal:", "{", "}", "[", "]", "kernel: chars", "&a ", "*a", "<<: "),
    *("!!python/object:os.system ", "\t", "\n", "  ", ":", "'", '"', "|", ">", "null", "~", "1e999", "-1", "0x"),
    *("2024-02-31", "1:2:99", "yes", "keep_when: {max: 1}", "\ufeff", "? ", "\u0085", "\x07", "9" * 400, "zh.x"),
]


def loaded_or_refused(path: Path) -> bool:
    """Whether the file gives rules, or problems that all name a file; any other exception comes through."""
    try:
        return isinstance(load_rules([str(path)]), RuleSet)
    except ConfigError as error:
        return bool(error.problems) and all(problem.path == str(path) for problem in error.problems)


def _mutated(seed: int) -> str:
    """A piece of a shipped file with a few edits, as a tired person or a broken editor might make them."""
    pick = random.Random(seed)
    lines = SHIPPED.splitlines()
    start = pick.randrange(len(lines))
    text = list("\n".join(lines[start : start + pick.randrange(1, 40)]))
    for _ in range(pick.randrange(1, 6)):
        place = pick.randrange(len(text) + 1)
        match pick.randrange(3):
            case 0:
                text[place : place + pick.randrange(1, 9)] = []
            case 1:
                text[place:place] = pick.choice(TOKENS)
            case _:
                text[place:place] = text[pick.randrange(len(text) + 1) :][:60]
    return "".join(text)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_any_file_gives_rules_or_a_config_error(tmp_path, seed):
    path = tmp_path / "mutated.yaml"
    path.write_text(_mutated(seed), encoding="utf-8")
    assert loaded_or_refused(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=5)
        | st.dates()
        | st.sampled_from(["char_ratio", "han", "id", "zh", "my.rule", "drop", "lines"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "override",
                        "signal",
                        "kernel",
                        "of",
                        "keep_when",
                        "min",
                        "max",
                        "in",
                        "applies",
                        "lang",
                        "otherwise",
                        "reason",
                        "source",
                        "examples",
                        "keep",
                        "drop",
                        "text",
                        "times",
                    ]
                )
                | st.integers()
                | st.none()
                | st.text(max_size=3),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
def test_any_yaml_value_gives_rules_or_a_config_error(tmp_path, value):
    path = tmp_path / "any.yaml"
    path.write_text(yaml.safe_dump([value]), encoding="utf-8")
    assert loaded_or_refused(path)
