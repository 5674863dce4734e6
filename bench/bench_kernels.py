"""MB/s of one core for each kernel: python bench/bench_kernels.py [FILE.jsonl[.zst]] [--field text] [--mb 30].

Without a file it measures text it makes itself. Each kernel runs once to be compiled or loaded, then three times; the
best is printed. Bytes are UTF-8 bytes of the text.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "1"

import orjson
import pyarrow as pa

from corpus.kernels import catalogue, digest, fold, language, normalise, text_signals
from corpus.kernels.signal import SignalCall

Work = Callable[[pa.Array], object]


def lines_of(path: Path) -> Iterator[bytes]:
    if path.suffix == ".zst":
        import zstandard

        with zstandard.open(path, "rb") as stream:
            yield from io.BufferedReader(stream)
    else:
        with path.open("rb") as stream:
            yield from stream


def from_file(path: Path, field: str, limit: int) -> pa.Array:
    texts, size = [], 0
    for line in lines_of(path):
        texts.append(orjson.loads(line)[field])
        size += len(texts[-1].encode())
        if size >= limit:
            break
    return pa.array(texts, pa.large_string())


def made_up(limit: int) -> pa.Array:
    """Documents of 1 to 12 KB of characters drawn with Zipf's frequencies, a tenth of them English words."""
    source = random.Random(7)
    characters = [chr(0x4E00 + 13 * index % 8000) for index in range(3000)]
    weights = [1 / (rank + 3) for rank in range(3000)]
    words = ["data", "model", "training", "the", "of", "corpus", "language", "and"]
    texts, size = [], 0
    while size < limit:
        paragraphs = []
        for _ in range(source.randint(2, 20)):
            clauses = ["".join(source.choices(characters, weights, k=source.randint(4, 18))) for _ in range(12)]
            clauses[3] = " ".join(source.choices(words, k=4))
            paragraphs.append("，".join(clauses) + "。")
        texts.append("\n".join(paragraphs))
        size += len(texts[-1].encode())
    return pa.array(texts, pa.large_string())


def asked(*calls: SignalCall) -> Work:
    return lambda text: catalogue.measure(pa.RecordBatch.from_arrays([text], ["text"]), calls)


def works() -> Mapping[str, Work]:
    kinds = ("han", "kana", "hangul", "latin", "digit", "punctuation", "symbol", "whitespace", "control", "emoji")
    of_lines = [name for name, one in catalogue.SIGNALS.items() if one.family == "lines" and not one.params]
    grams = [SignalCall("top_ngram_char_ratio", (("n", n),)) for n in (2, 3, 4)]
    grams += [SignalCall("duplicate_ngram_char_ratio", (("n", n),)) for n in range(5, 11)]
    found: dict[str, Work] = {
        "chars: 10 kinds and script": asked(
            SignalCall("script"), *(SignalCall("char_ratio", (("of", kind),)) for kind in kinds)
        ),
        "lines: all but sentences": asked(*(SignalCall(name) for name in of_lines if name != "sentences")),
        "lines: sentences": asked(SignalCall("sentences")),
        "repetition: 9 n-gram ratios": asked(*grams),
        "repetition: runs, diversity": asked(SignalCall("longest_run"), SignalCall("token_diversity")),
        "words": asked(SignalCall("mean_word_length"), SignalCall("stop_words", (("language", "en"),))),
        "patterns: URLs and e-mails": asked(SignalCall("url_char_ratio"), SignalCall("email_count")),
    }
    for group in text_signals.PHRASE_GROUPS:
        found[f"patterns: {group}"] = asked(SignalCall("phrase_density", (("of", group),)))
    return {
        **found,
        "normalise": normalise.normalise,
        "language": language.identify,
        "fold_keys": fold.fold_keys,
        "fold": fold.fold,
        "digest": lambda text: digest.row_hashes(pa.table({"text": text})),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--field", default="text")
    parser.add_argument("--mb", type=int, default=30)
    options = parser.parse_args()
    limit = options.mb * 1_000_000
    text = from_file(options.file, options.field, limit) if options.file else made_up(limit)
    size = sum(len(one.as_py().encode()) for one in text) / 1e6
    print(f"{options.file.name if options.file else 'made up'}: {len(text)} documents, {size:.1f} MB")
    for name, work in works().items():
        work(text.slice(0, 8))
        best = min(timed(work, text) for _ in range(3))
        print(f"{name:32} {size / best:8.0f} MB/s")


def timed(work: Work, text: pa.Array) -> float:
    start = time.perf_counter()
    work(text)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
