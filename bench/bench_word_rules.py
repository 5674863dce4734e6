"""Word rules on Chinese, by characters and by a segmenter: python bench/bench_word_rules.py FILE... [--mb 5].

The signals `words` and `stop_words` read characters: two words for three Han, and function characters wherever they
stand. Here rjieba (a segmenter, `pip install rjieba`) cuts the same texts, after the rewrites `common`, and two
verdicts are compared: at least 50 words (Gopher), for texts cut to lengths around that bound too, and at least --stops
different function words in texts of 200 characters and more, as `zh/web` asks. Prints the agreement, the segmenter's
words for each Han character, and its MB/s of one core.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from bench_kernels import from_file

from corpus.kernels.catalogue import measure
from corpus.kernels.rewrites.catalogue import rewrite
from corpus.kernels.signal import SignalCall
from corpus.kernels.words import STOPS_ZH
from corpus.ruleset.rewrites import load_rewrites

LEAST_WORDS, LEAST_CHARS = 50, 200


def main() -> None:
    import rjieba

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="+")
    parser.add_argument("--field", default="text")
    parser.add_argument("--mb", type=int, default=5)
    parser.add_argument("--stops", type=int, default=2)
    options = parser.parse_args()
    calls = [SignalCall("words"), SignalCall("stop_words", (("language", "zh"),))]
    calls.append(SignalCall("char_count", (("of", "han"),)))
    number = {form: index for index, forms in enumerate(STOPS_ZH) for form in forms}
    for path in options.file:
        column = from_file(path, options.field, options.mb * 1_000_000)
        for one in load_rewrites(["common"]):
            column = rewrite(column, one.call).text
        whole = column.to_pylist()
        # The same texts cut short, so that some lie close to the bound.
        texts = whole + [text[:size] for text in whole for size in (60, 75, 90, 105, 120, 150, 250)]
        batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], ["text"])
        words, stops, han = (np.asarray(one.to_numpy(zero_copy_only=False)) for one in measure(batch, calls))
        start = time.process_time()
        cut = [rjieba.cut(text) for text in texts]
        rate = sum(len(text.encode()) for text in texts) / 1e6 / (time.process_time() - start)
        segmented = np.array([sum(any(map(str.isalnum, word)) for word in one) for one in cut])
        function = np.array([len({number[word] for word in one if word in number}) for one in cut])
        chars = np.array([len(text) for text in texts])
        mostly, long = han > 0.5 * np.maximum(chars, 1), chars >= LEAST_CHARS
        enough, expected = words >= LEAST_WORDS, segmented >= LEAST_WORDS
        near = np.abs(segmented - LEAST_WORDS) <= LEAST_WORDS // 2
        same = (stops >= options.stops) == (function >= options.stops)
        print(f"{path.name}: {len(texts)} texts; segmenter {rate:.1f} MB/s of one core")
        print(f"  words for each Han, median of Chinese texts: {np.median(segmented[mostly] / han[mostly]):.3f}")
        print(f"  at least {LEAST_WORDS} words: agree {np.mean(enough == expected):.4f}; of the {near.sum()} within "
              f"half of the bound {np.mean((enough == expected)[near]):.4f}")  # fmt: skip
        print(f"  at least {options.stops} function words: agree {np.mean(same[long]):.4f} of {long.sum()} texts of "
              f"{LEAST_CHARS} characters; {np.mean(same):.4f} of all")  # fmt: skip


if __name__ == "__main__":
    main()
