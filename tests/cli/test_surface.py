"""What scripts can type is frozen: a new command or option is a decision, and this test is where it is taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cli import docs
from cli.main import command, names

SYNTH = (
    " --prompt --seed --window --as --base-url --key-env --prices --budget-usd --budget-tokens --concurrency"
    " --temperature --max-tokens --structure --timeout --tries --paid-tries --again --json"
)
EVAL = (
    " --model --out --lang --resamples --seed --base-url --key-env --prices --budget-usd --budget-tokens --concurrency"
    " --temperature --max-tokens --structure --timeout --tries --paid-tries --again --json"
)
SURFACE = {
    "run": "PIPELINE --out --master --json --detach --split-mb",
    "clean": "IN --out --rules --text --id --lang --master --json --split-mb",
    "dedup": "IN --out --exact-only --threshold --similarity --bands --rows --numbers --urls --keep --curve --plan"
    " --audit -n --seed --text --id --lang --master --json --split-mb",
    "decontaminate": "IN --against --out --action --words --characters --coverage --text --id --lang --master --json"
    " --split-mb",
    "index build": "RUN --out --json",
    "index add": "INDEX IN --text --id --lang --run --master --json",
    "index query": "INDEX IN --text --id --lang -n --json",
    "index remove": "INDEX --ids --restore --json",
    "index verify": "INDEX --json",
    "judge": "FILES --prompt --model --out --base-url --key-env --text --id --part --prices --budget-usd"
    " --budget-tokens --concurrency --temperature --max-tokens --seed --structure --timeout --tries"
    " --paid-tries --canaries --again --batch-write --batch-read --batch-forget --json",
    "synth instruct": "--out --model --lang --rows --requests --seeds --against --examples --threshold --cosine"
    + SYNTH,
    "synth evolve": "FILES --out --model --lang --rows --requests --rounds --operations --sample --against"
    " --threshold --cosine" + SYNTH,
    "synth continue": "FILES --out --model --lang --rows --requests --turns --sample --against --threshold --cosine"
    + SYNTH,
    "synth ground": "FILES --out --model --lang --rows --requests --each --with-text --sample --text --id --against"
    " --threshold --cosine" + SYNTH,
    "eval judge": "TESTS --answers" + EVAL,
    "eval pairwise": "TESTS --answers --first --second --rewards" + EVAL,
    "eval task": "TESTS --answers --positive --resamples --seed --json",
    "eval report": "DIR --out --corrections --lang --json",
    "difficulty score": "FILES --out --instruction --input --answer --lang --stages --cut --model --prompt"
    " --max-tokens --half --weight --json",
    "difficulty train": "FILES --out --label-field --hard-from --instruction --input --answer --target --precision"
    " --seed --embedder --json",
    "difficulty eval": "MODEL FILES --label-field --hard-from --instruction --input --answer --json",
    "difficulty apply": "MODEL FILES --out --instruction --input --answer --stages --cut --json",
    "perplexity train": "FILES --out --order --least --rare --vocabulary --most --folds --text --lang --json",
    "perplexity eval": "MODEL FILES --text --lang --json",
    "perplexity score": "FILES --out --model --by --cuts --exempt --text --lang --json",
    "perplexity neural": "FILES --out --model --max-tokens --text --json --disorder --half",
    "perplexity adopt": "FILE --out --tokens --tokenizer --normalise --source --licence --json",
    "pairs plan": "IN --out --rows --round --after --by --quota --stage --lang --difficulty --easier --failures"
    " --failure-share --against --seed --json",
    "pairs generate": "ROUND --model --name --local --source --draws --policy --system --base-url --key-env --prices"
    " --budget-usd --budget-tokens --concurrency --temperature --top-p --max-tokens --seed --timeout --tries"
    " --paid-tries --again --json",
    "pairs judge": "ROUND --model --name --score --compare --most --rewards --allow-code --base-url --key-env --prices"
    " --budget-usd --budget-tokens --concurrency --temperature --max-tokens --seed --structure --timeout --tries"
    " --paid-tries --again --json",
    "pairs build": "ROUND --out --margin --least --similar --ratio --longer --per-seed --on-policy --direct --weight"
    " --json",
    "pairs export": "IN --as --out --json",
    "import": "IN --out --kind --importer --dedup --lang --master --json --split-mb",
    "select": "RUN --out --by --rows --tokens --limit --balanced --power --within --cap --json",
    "control": "RUN --out --seed --json",
    "tier": "RUN --tiers --dry-run --marginal --tokenizer --master --json",
    "submit": "PIPELINE OPTION --out --master --json --split-mb --write",
    "plan": "PIPELINE --out --json --split-mb",
    "status": "RUN --json",
    "stop": "RUN --json",
    "verify": "RUN --json",
    "explain": "RUN DOC_ID --json",
    "stats": "RUN --by --json",
    "sample": "RUN -n --removed --reason --tier --seed --json",
    "report": "RUN --out --lang --sample --seed --map-png --training --json",
    "demo": "--out --train --rounds --master --json",
    "doctor": "LOCATION --spark --json",
    "gc": "RUN --grace-hours --json",
    "whatif": "RUN --set --disable --rules -n --seed --json",
    "gate": "RUN --limit --confidence -n --seed --out --judged --json",
    "rules list": "NAME --json",
    "rules show": "ID --in --json",
    "rules lint": "NAME",
    "rules test": "NAME",
    "blacklist list": "--json",
    "models add": "MODEL --name --kind --licence --allow-download --replace --json",
    "models list": "--json",
    "models verify": "NAME --json",
    "classifier train": "--out --positive --negative --labelled --label-field --text --names --target --precision "
    "--balance --ngrams --epochs --rate --dims --buckets --seed --json",
    "classifier eval": "MODEL FILES --positive --negative --label-field --text --names --json",
    "classifier apply": "MODEL FILES --out --text --json",
    "classifier adopt": "FILE --out --view --target --source --licence --json",
    "continuity train": "FILES --out --bits --columns --passes --places --most --folds --seed --text --lang --json",
    "continuity score": "FILES --out --model --text --lang --json",
    "quality train": "--good --out --bad --raw --synthetic-bad --amount --text --lang --view --precision --ngrams "
    "--epochs --rate --dims --seed --json",
    "quality eval": "--good --bad --policy --perplexity --continuity --text --lang --json",
    "quality score": "FILES --out --policy --perplexity --continuity --text --lang --json",
    "quality dirty": "FILES --out --kind --amount --text --seed --json",
    "quality kinds": "--json",
    "blacklist add": "FILE --name --category --action",
    "blacklist test": "NAME TEXT --json",
    "blacklist stats": "NAME FILES --text --json",
    "rules import": "FILE --out --lang --complete --json",
    "blacklist mine": "IN --out --text --min-documents --lift --top --json",
    "convert": "IN --out --to --text --id --shard-bytes --shard-tokens --shard-rows --sample --rows --seed --tokenizer"
    " --compress --max-quarantined --json",
    "export": "IN --as --out --array --bare --max-left-out --json",
    "rules overlap": "RUN --json",
    "tags list": "NAME --json",
    "tags lint": "NAME",
    "tags test": "NAME",
    "tags apply": "FILES --out --tags --instruction --input --answer --text --json",
    "tags normalise": "FILES --out --field --least --cosine --support --confidence --embedder --budget --json",
    "templates list": "--json",
    "templates show": "TASK --lang",
    "templates apply": "FILES --task --out --map --lang --id --seed --json",
    "coverage": "RUN --target --natural --column --tolerance --epochs --weights --json",
    "train pack": "RUN --out --tokenizer --seq-len --template --tier --processes --spark --master --seed --json",
    "train plan": "CONFIG --set --ranks --json",
    **{
        f"train {stage}": "CONFIG --set --local_rank --json"
        for stage in ("pretrain", "sft", "dpo", "reward", "ppo", "generate")
    },
    "train bench": "--model --zero --ranks --batch --length --document-tokens --steps --warm-up --bf16"
    " --activation-checkpointing --attention --liger --compile --json",
    "train rounds": "CONFIG --set --json",
    "train merge": "ADAPTER --out --base --json",
    "train export": "CHECKPOINT --out --dtype --universal --json",
    "train chat": "MODEL --adapter --bits --web --port --temperature --top-p --repetition-penalty"
    " --max-new-tokens --seed",
    "train launch": "KIND STAGE CONFIG --out --nodes --ranks --hours --name --port --json",
    "train doctor": "FOLDER --json",
    "train delta make": "BASE TUNED --out --json",
    "train delta apply": "BASE DELTA --out --json",
    "train vocab grow": "BASE TIER --out --add --by --json",
    "train vocab prune": "BASE TIER --out --least --json",
    "rules fit": "--reference --target --rules --lang --keep --documents --seed --out --json",
}


def test_commands_and_options_are_those_written_down() -> None:
    assert {name: set(_typed(name)) for name in names()} == {name: set(said.split()) for name, said in SURFACE.items()}


def _typed(name: str) -> list[str]:
    found: Any = command()
    for step in name.split():
        found = found.commands[step]
    long = [max(item.opts, key=len) for item in found.params if item.param_type_name == "option"]
    return [item for item in long if item != "--help"] + [
        str(item.metavar) for item in found.params if item.param_type_name == "argument"
    ]


def test_every_command_and_every_option_says_what_it_is_for() -> None:
    for name in names():
        found: Any = command()
        for step in name.split():
            found = found.commands[step]
        assert found.help, name
        for item in found.params:
            assert item.help, f"{name} {item.name}"


def test_the_page_of_the_command_line_is_fresh() -> None:
    page = Path(__file__).parents[2] / "docs" / "cli.md"
    assert page.read_text(encoding="utf-8") == docs.page(), "run: python -m cli.docs > docs/cli.md"


def test_the_readme_names_only_commands_there_are() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    lines = [line.strip() for line in readme.splitlines() if line.startswith("    corpus ")]
    assert lines
    known = {name.split()[0] for name in names()}
    assert {line.split()[1] for line in lines} <= known
