"""What doubling a text costs, from 64 KB to 4 MB: python bench/bench_linear.py [--only NAME] [--limit 2.5].

Every signal, every rewrite, every pattern of the shipped rule files, the normalisation, the language identifier, the
folding and the shipped word lists read one text that is as hostile as we could make it: one line, many lines, the same
again and again, brackets, tags and quotes that never close, scripts that take turns, runs of digits, marks that
combine. Printed is the dearest doubling of each, by time of the process (CPU, one thread), so that a busy machine
changes little; what is above 2.2 is measured again until it is below or has been measured fifteen times, and minima
count. Doublings above MEMORY are left out: what reads a GB a second waits for nothing but memory, and shows where the
text itself leaves a cache.

Exit status 1 when a doubling costs more than the limit. A kernel that is linear may still pass 2 where its tables leave
a cache of the processor; a quadratic one costs 4.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

os.environ["POLARS_MAX_THREADS"] = "1"

import pyarrow as pa
import yaml

from corpus.kernels import catalogue, fold, language, normalise, wordlist
from corpus.kernels.rewrites.catalogue import KERNELS, RewriteCall, rewrite
from corpus.kernels.signal import SignalCall
from corpus.resources import rules_root
from corpus.ruleset.rewrites import load_rewrites, shipped_rewrites
from corpus.wordlists import load
from corpus.wordlists import shipped_names as shipped_lists

SMALLEST, LARGEST = 64 << 10, 4 << 20
SUSPICIOUS = 2.2
MOST = 15
END = "甲。"
"""Behind every text, so that no size takes another way for what it happens to end with."""
MEMORY = 1e9
"""Bytes a second."""
ENOUGH = 0.004
"""Seconds that one measurement takes at least: short calls are repeated within it."""

Work = Callable[[pa.Array], object]


def filled(unit: str) -> Callable[[int], str]:
    """A shape that repeats `unit`, whole, up to a size in bytes."""
    return lambda size: unit * (size // len(unit.encode()))


def prose(size: int) -> str:
    """Characters by Zipf's law with marks, in one line."""
    source = random.Random(5)
    characters = [chr(0x4E00 + 13 * index % 8000) for index in range(3000)]
    picked = source.choices(characters, [1 / (rank + 3) for rank in range(3000)], k=size // 3)
    for index in range(9, len(picked), 10):
        picked[index] = "，" if index % 40 != 39 else "。"
    return "".join(picked)


def own_lines(size: int) -> str:
    """Lines no two of which are the same."""
    return "".join(f"第{index:07d}行写的是别的事。\n" for index in range(size // 37))


def sentences_of_words(size: int) -> str:
    """Latin words, each different, in sentences."""
    return "".join(f"word{index:x} follows word{index * 7919:x}. " for index in range(size // 28))


def nearly_repeated(size: int) -> str:
    """Spans of 34 characters that differ in the last: every beginning has been seen before."""
    span = "山里的人每天清早都要走很远的路去挑水回来以后再做早饭给孩子们吃这"
    return "".join(span + chr(0x4E00 + index % 5000) for index in range(size // (3 * len(span) + 3)))


def doubled_each(size: int) -> str:
    """The same, doubled again and again with a letter between: repeats of every length."""
    text = "甲乙丙丁"
    while len(text.encode()) < size:
        text = text + "戊" + text
    return text.encode()[: size - size % 3].decode(errors="ignore")


def nested(opening: str, closing: str) -> Callable[[int], str]:
    """All brackets open, then all close."""
    return lambda size: opening * (size // 2 // len(opening.encode())) + closing * (size // 2 // len(closing.encode()))


def marked(mark: str, unit: str) -> Callable[[int], str]:
    """`mark` once, then `unit` without end."""
    return lambda size: mark + filled(unit)(size - len(mark.encode()))


SHAPES: Mapping[str, Callable[[int], str]] = {
    "prose in one line": prose,
    "lines all different": own_lines,
    "words all different": sentences_of_words,
    "one line again and again": filled("清早的河边有人在洗菜。\n"),
    "newlines": filled("\n"),
    "spaces": filled(" "),
    "space and newline": filled(" \n"),
    "one Han": filled("啊"),
    "one letter": filled("a"),
    "ABAB": filled("甲乙"),
    "ABAB of 36": filled("山里的人每天清早都要走很远的路去挑水回来以后再做早饭给孩子们吃这件事"),
    "nearly repeated": nearly_repeated,
    "doubled each time": doubled_each,
    "nested brackets": nested("（", "）"),
    "nested ASCII brackets": nested("([{", "}])"),
    "brackets never closed": filled("（「【甲"),
    "scripts in turn": filled("中a文b字c"),
    "Han and spaces": filled("我 们 "),
    "digits": filled("1234567890"),
    "digits and separators": filled("138 0000-1.2(3)+"),
    "numbers with letters": filled("v1.2.3.4 11010119900101001X "),
    "circled numbers": filled("①②Ａ１"),
    "tags never closed": filled('<div class="x <a href='),
    "scripts never closed": filled("<script>x<!-- y -->"),
    "styles never closed": filled("<style>a</p><script>"),
    "comments never closed": filled("<!-- <"),
    "quotes never closed": filled("“甲\"'"),
    "entities": filled("&amp;&lt;&#x4e00;&"),
    "ampersands": filled("&#"),
    "at signs": filled("a.b@c.d@"),
    "address that runs on": marked("a@", "a-b."),
    "schemes": filled("http://www.a"),
    "one URL": marked("http://", "a/b?c=d&"),
    "links never closed": filled("[甲](http://a ![x]("),
    "links with titles": filled('[甲](http://a "b [乙](http://c) '),
    "fences": filled("```\n甲\n"),
    "a fence never closed": marked("```\n", "甲乙 13800000000\n"),
    "marks": filled("！？。，……——"),
    "points": filled("."),
    "zero width": filled("甲\u200b\u200d"),
    "controls": filled("甲\x01\x02\r"),
    "marks that combine": filled("\u0316\u0301"),
    "letters with marks": filled("e\u0301\u0316\u0323"),
    "emoji": filled("😀👨‍👩‍👧"),
    "buttons": filled("点赞 1 收藏"),
    "buttons in lines": filled("点赞 1 收藏 2\n长按二维码关注\n"),
    "terms with gaps": filled("加*薇*信*代*开*发*票*"),
    "one term, then gaps": marked("加微", "*"),
    "chapters": filled("第十二章（三）"),
    "list items": filled("- 甲\n"),
    "table": filled("| 甲 | 1 |\n"),
    "mojibake": filled("锟斤拷Ã¤Â½"),
}


def signals() -> Iterator[tuple[str, SignalCall]]:
    """Every signal of a text, with each choice where it has choices, and every pattern of a shipped file."""
    for name, signal in catalogue.SIGNALS.items():
        if signal.reads != "text" or signal.family == "terms" or any(p.name == "pattern" for p in signal.params):
            continue
        choices = next((param.choices for param in signal.params if param.choices), ())
        for choice in choices or (None,):
            arguments = tuple(
                (param.name, choice if param.choices else param.default if param.default is not None else 3)
                for param in signal.params
            )
            call = SignalCall(name, tuple((key, value) for key, value in arguments if value is not None))
            yield f"signal {name}{'.' + choice if choice else ''}", call
    for place, pattern in patterns():
        yield f"pattern {place}", SignalCall("pattern_density", (("pattern", pattern),))


def patterns() -> Iterator[tuple[str, str]]:
    """Every regular expression of the shipped rule files, whoever uses it."""
    pending = [
        (path.relative_to(rules_root()).with_suffix("").as_posix(), yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted(rules_root().glob("**/*.yaml"))
    ]
    while pending:
        place, value = pending.pop(0)
        if isinstance(value, dict):
            place = str(value.get("id", place))
            pending[:0] = [(place, inner) for key, inner in value.items() if key != "pattern"]
            if isinstance(value.get("pattern"), str):
                yield place, value["pattern"]
        elif isinstance(value, list):
            pending[:0] = [(place, inner) for inner in value]


def works() -> dict[str, Work]:
    """What is measured, by name; calls that are the same stand once."""
    found: dict[str, Work] = {}
    seen: set[object] = set()
    for name, call in signals():
        if call not in seen:
            seen.add(call)
            found[name] = lambda text, call=call: catalogue.measure(
                pa.RecordBatch.from_arrays([text], ["text"]), [call]
            )
    for one in load_rewrites(shipped_rewrites()):
        found[f"rewrite {one.id}"] = lambda text, call=one.call: rewrite(text, call)
        seen.add(one.call.kernel)
    for kernel in KERNELS.values():
        if kernel.name not in seen and kernel.many is None:
            arguments = tuple((param.name, param.default) for param in kernel.params if param.default is not None)
            call = RewriteCall(kernel.name, arguments)
            found[f"rewrite {kernel.name}"] = lambda text, call=call: rewrite(text, call)
    lists = [load(name) for name in shipped_lists()]
    automaton = wordlist.compile_patterns(
        [pattern for group, one in enumerate(lists) for pattern in one.patterns(group)], len(lists)
    )
    return {
        **found,
        "normalise": normalise.normalise,
        "language": language.identify,
        "fold_keys": fold.fold_keys,
        "word lists": lambda text: wordlist.scan(text, automaton),
    }


def seconds(work: Work, text: pa.Array) -> float:
    """CPU time of one call."""
    calls, spent = 0, 0.0
    while spent < ENOUGH:
        start = time.process_time()
        work(text)
        spent += time.process_time() - start
        calls += 1
    return spent / calls


@dataclass
class Doubling:
    """The dearest doubling of one work on one shape."""

    ratio: float
    shape: str
    size: int
    rate: float


def dearest(work: Work, shape: str, texts: Mapping[int, pa.Array]) -> Doubling:
    """Each size once, then the suspicious doublings again, both sides."""
    best = {size: seconds(work, text) for size, text in texts.items()}
    sizes = sorted(best)
    bytes_of = {size: texts[size].nbytes for size in sizes}
    for _ in range(MOST - 1):
        again = {size for small, size in pairwise(sizes) if best[size] / best[small] > SUSPICIOUS}
        again = {size for size in again if bytes_of[size] / best[size] < MEMORY}
        if not again:
            break
        for size in sorted(again | {size // 2 for size in again}):
            best[size] = min(best[size], seconds(work, texts[size]))
    pairs = [(best[size] / best[small], size) for small, size in pairwise(sizes)]
    slow = [(ratio, size) for ratio, size in pairs if bytes_of[size] / best[size] < MEMORY]
    ratio, size = max(slow, default=(0.0, sizes[-1]))
    return Doubling(ratio, shape, size, bytes_of[sizes[-1]] / best[sizes[-1]] / 1e6)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="works whose name holds this")
    parser.add_argument("--shape", default="", help="shapes whose name holds this")
    parser.add_argument("--limit", type=float, default=2.5)
    parser.add_argument("--smallest", type=int, default=SMALLEST)
    options = parser.parse_args()
    chosen = {name: work for name, work in works().items() if options.only in name}
    found: dict[str, list[Doubling]] = {name: [] for name in chosen}
    shapes = {name: shape for name, shape in SHAPES.items() if options.shape in name}
    for name, shape in shapes.items():
        texts, size = {}, options.smallest
        while size <= LARGEST:
            texts[size] = pa.array([shape(size) + END], pa.large_string())
            size *= 2
        for what, work in chosen.items():
            work(texts[options.smallest])
            found[what].append(dearest(work, name, texts))
            if found[what][-1].ratio > options.limit:
                one = found[what][-1]
                print(f"  {what}: {one.ratio:.2f} at {one.size >> 10} KB of {name}", file=sys.stderr, flush=True)
        print(f"  done: {name}", file=sys.stderr, flush=True)
    print(f"{len(chosen)} works on {len(shapes)} shapes, {options.smallest >> 10} KB to {LARGEST >> 20} MB")
    print(f"{'dearest doubling':>16}  {'slowest, MB/s':>13}  what: where")
    for what, all_of_it in sorted(found.items(), key=lambda item: -max(one.ratio for one in item[1])):
        one, slow = max(all_of_it, key=lambda d: d.ratio), min(all_of_it, key=lambda d: d.rate)
        where = f"{one.size >> 10} KB of {one.shape}; slowest on {slow.shape}"
        shown = f"{one.ratio:16.2f}" if one.ratio else f"{'memory':>16}"
        print(f"{shown}  {slow.rate:13.1f}  {what}: {where}")
    return int(any(one.ratio > options.limit for all_of_it in found.values() for one in all_of_it))


if __name__ == "__main__":
    sys.exit(main())
