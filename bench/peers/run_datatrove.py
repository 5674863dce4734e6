"""MinHash of datatrove on JSON lines, run by the Python of its own environment.

    python run_datatrove.py IN OUT PROCESSES jieba|characters

Its published recipe in its four steps, with its defaults: shingles of five words, 14 bands of 8 hashes of 64 bits. Its
default language has no words in Chinese, so `jieba` is the tokenizer it ships for `cmn_Hani`; `characters` gives it one
word a character instead, which costs less than a segmenter. A task a process in each step, as many files as processes.
"""

import sys
from pathlib import Path

from datatrove.executor.local import LocalPipelineExecutor
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter
from datatrove.utils.hashing import HashConfig
from datatrove.utils.word_tokenizers import WordTokenizer


class Characters(WordTokenizer):
    """A word a character."""

    def __init__(self):
        super().__init__("zh")

    def word_tokenize(self, text):
        return [one for one in text if not one.isspace()]

    def sent_tokenize(self, text):
        raise NotImplementedError

    def span_tokenize(self, text):
        raise NotImplementedError


def main():
    given, out, processes, words = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    config = MinhashConfig(hash_config=HashConfig(precision=64))
    language = Characters() if words == "characters" else "cmn_Hani"
    reader = JsonlReader(str(given), glob_pattern="*.jsonl")

    def step(name, pipeline, tasks, depends):
        return LocalPipelineExecutor(
            pipeline, tasks=tasks, workers=processes, logging_dir=str(out / "logs" / name), depends=depends
        )

    sign = [reader, MinhashDedupSignature(str(out / "signatures"), config=config, language=language)]
    first = step("sign", sign, processes, None)
    buckets = [MinhashDedupBuckets(str(out / "signatures"), str(out / "buckets"), config=config)]
    second = step("buckets", buckets, config.num_buckets, first)
    cluster = [MinhashDedupCluster(str(out / "buckets"), str(out / "remove"), config=config)]
    third = step("cluster", cluster, 1, second)
    removed = JsonlWriter(str(out / "removed"), compression=None)
    kept = JsonlWriter(str(out / "kept"), compression=None)
    step("filter", [reader, MinhashDedupFilter(str(out / "remove"), removed), kept], processes, third).run()


if __name__ == "__main__":
    main()
