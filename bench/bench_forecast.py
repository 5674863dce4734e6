"""How near the forecasts of `corpus dedup --plan` come to what a run finds, by size of the sample.

python bench/bench_forecast.py FILE_OR_DIRECTORY ... [--texts 20000 10000 5000] [--seeds 9]

The truth is the forecast from everything, which is what the run finds. Printed for each sample: the share signed, CPU
seconds, and over the seeds the median ratio to the truth and how often the 95 % interval holds it.
"""

from __future__ import annotations

import argparse
import statistics
import time

from corpus import shorthand
from corpus.dedup.forecast import About, Forecast, forecast


def holds(found: About, truth: About) -> bool:
    return found.low <= truth.value <= found.high


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="+")
    parser.add_argument("--texts", type=int, nargs="+", default=[20_000, 10_000, 5_000])
    parser.add_argument("--seeds", type=int, default=9)
    options = parser.parse_args()
    settings = shorthand.dedup(options.inputs)
    start = time.process_time()
    truth = forecast(settings, texts=1 << 40)
    print(f"everything: {time.process_time() - start:.1f} s, {truth.compared:,} texts, {truth.pairs:,} pairs, "
          f"{truth.to_verify.value:,.0f} to verify, {truth.involved.value:,.0f} records, "
          f"largest bucket {truth.largest:,}, memory {truth.memory_bytes / 1e6:,.0f} MB")  # fmt: skip
    print(f"{'texts':>8} {'share':>7} {'CPU s':>6} {'compared':>9} {'pairs':>7} {'largest':>8} "
          f"{'to verify':>10} {'held':>6} {'records':>8} {'held':>6}")  # fmt: skip
    for texts in options.texts:
        start = time.process_time()
        found: list[Forecast] = [forecast(settings, seed, texts) for seed in range(options.seeds)]
        seconds = (time.process_time() - start) / options.seeds
        ratio = {
            name: statistics.median(getattr(one, name) / max(1, getattr(truth, name)) for one in found)
            for name in ("compared", "pairs", "largest")
        }
        ends = {}
        for name in ("to_verify", "involved"):
            told, true = [getattr(one, name) for one in found], getattr(truth, name)
            median = statistics.median(one.value for one in told) / max(1, true.value)
            ends[name] = median, sum(holds(one, true) for one in told)
        share = statistics.median(one.share for one in found)
        print(f"{texts:>8} {share:>7.4f} {seconds:>6.1f} {ratio['compared']:>9.2f} {ratio['pairs']:>7.2f} "
              f"{ratio['largest']:>8.2f} {ends['to_verify'][0]:>10.2f} {ends['to_verify'][1]:>3}/{len(found)} "
              f"{ends['involved'][0]:>8.2f} {ends['involved'][1]:>3}/{len(found)}")  # fmt: skip


if __name__ == "__main__":
    main()
