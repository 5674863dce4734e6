"""Recall and precision of the `pii` kernel on numbers made up here: python bench/bench_pii.py [--rows 2000] [--seed 1]

Positives are made by the rules that give such numbers out (prefixes, dates, check digits), each in a sentence, a
table, a key with `=` or `:`, beside a path or a second number. Negatives are other numbers: years, ISBN, digits of pi,
versions, order numbers, formulas, amounts, time stamps, paths. Printed are the share of positives found (by kind, and
by context where any is missed), the share of negatives taken with one of them, and MB/s of processor time. Eleven
digits of pi that stand alone can be a mobile number by their form, so a few are taken.
"""

from __future__ import annotations

import argparse
import random
import string
import time
from collections import defaultdict
from collections.abc import Callable, Iterator

import pyarrow as pa

from corpus.kernels.rewrites import checks
from corpus.kernels.rewrites.pii import pii

PI = "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899"
FIRST = ("130", "131", "135", "138", "139", "147", "150", "159", "166", "173", "177", "180", "188", "191", "198", "199")
CITIES = ("010", "021", "022", "0371", "0755", "0571", "0898", "0991", "0312", "0432", "0851")
LETTERS = string.ascii_lowercase


def digits(chance: random.Random, many: int) -> str:
    return "".join(chance.choice(string.digits) for _ in range(many))


def mobile(chance: random.Random) -> str:
    number = chance.choice(FIRST) + digits(chance, 8)
    gap = chance.choice(("", "", "", "-", " "))
    spaced = gap.join((number[:3], number[3:7], number[7:]))
    return chance.choice(("", "", "", "", "+86", "+86 ", "86-", "0086")) + spaced


def landline(chance: random.Random) -> str:
    city = chance.choice(CITIES)
    local = chance.choice("2345678") + digits(chance, 7 if len(city) == 3 else 6)
    form = chance.choice(("{}-{}", "{}-{}", "({}){}", "{} {}"))
    return form.format(city, local) + chance.choice(("", "", "-" + digits(chance, 3)))


def id_card(chance: random.Random) -> str:
    born = f"{chance.randint(1940, 2015)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
    head = chance.choice(("110101", "310104", "440305", "510107", "330106")) + born + digits(chance, 3)
    return next(head + sign for sign in "0123456789X" if checks.id_card(head + sign))


def credit_code(chance: random.Random) -> str:
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    head = chance.choice(("91", "92", "12")) + "110108" + "".join(chance.choice(signs) for _ in range(9))
    return next(head + sign for sign in signs if checks.credit_code(head + sign))


def bank_card(chance: random.Random) -> str:
    begin, size = chance.choice((("6222", 19), ("6217", 19), ("6225", 16), ("4367", 16), ("5187", 16), ("3568", 16)))
    head = begin + digits(chance, size - len(begin) - 1)
    number = next(head + sign for sign in string.digits if checks.luhn(head + sign))
    return chance.choice((number, " ".join(number[at : at + 4] for at in range(0, size, 4))))


def email(chance: random.Random) -> str:
    name = "".join(chance.choice(LETTERS) for _ in range(chance.randint(2, 9)))
    return f"{name}{chance.choice(('', '.', '_'))}{digits(chance, 2)}@{chance.choice(('qq.com', 'mail.example.cn'))}"


def plate(chance: random.Random) -> str:
    return chance.choice("京沪粤浙川") + chance.choice("ABCDE") + chance.choice(("", "·")) + digits(chance, 5)


def ip(chance: random.Random) -> str:
    return ".".join(str(chance.randint(20, 126)) if at < 1 else str(chance.randint(20, 250)) for at in range(4))


KINDS: dict[str, tuple[Callable[[random.Random], str], tuple[str, ...]]] = {
    "phone": (mobile, ("联系{}", "手机：{}。", "{}", "tel={}", "phone: {}", "电话/{}", "请打{}找老李", "Tel.{}",
                       "张三,{}", "phone={}&x=1", "见 /home/a.txt，电话{}", "https://a.cn/，电话{}", "（{}）", "**{}**",
                       "老王-{}", "13911112222/{}", "手机号码是{}(微信同号)", "12,{},李四", "微信{}", "Mobile No. {}")),
    "landline": (landline, ("电话{}", "传真：{}", "{}", "tel={}", "电话/{}", "（{}）", "总机{}，找老李", "Fax: {}")),
    "id_card": (id_card, ("身份证{}", "身份证号码：{}。", "{}", "id_card={}", "证件/{}", "李四,{},男")),
    "credit_code": (credit_code, ("统一社会信用代码：{}", "代码{}，", "{}")),
    "bank_card": (bank_card, ("卡号：{}", "打到银行卡 {} 上", "账号{}。", "card {}", "开户行账号：{}")),
    "email": (email, ("写信到{}。", "邮箱：{}", "{}", "mailto:{}", "email={}")),
    "plate": (plate, ("车牌{}", "一辆{}的车", "{}")),
    "ipv4": (ip, ("服务器 {}", "IP地址：{}", "ping {}", "来自{}的请求")),
}  # fmt: skip


def negatives(chance: random.Random) -> Iterator[tuple[str, str]]:
    yield "years", f"{chance.randint(1900, 2030)}-{chance.randint(1900, 2030)} {chance.randint(1900, 2030)}年"
    yield "isbn", f"ISBN 978-7-{digits(chance, 3)}-{digits(chance, 5)}-{digits(chance, 1)}，97870{digits(chance, 8)}"
    at = chance.randint(2, 60)
    yield "pi", chance.choice((PI, f"第{at}位起是 {PI[at : at + 11]} 和 0.{PI[at : at + 18]}"))
    yield (
        "version",
        f"版本 {chance.randint(1, 9)}.{chance.randint(0, 20)}.{chance.randint(0, 9)}.{chance.randint(0, 9)}",
    )
    yield "order", f"订单号：{mobile_like(chance)}，快递单号 {digits(chance, 13)}，流水号{mobile_like(chance)}"
    yield "formula", f"x={mobile_like(chance)}，y = 3*{mobile_like(chance)}，{digits(chance, 4)}+{digits(chance, 4)}"
    yield "amount", f"共{mobile_like(chance)}元，约 {mobile_like(chance)} 元，{mobile_like(chance)}吨"
    stamp = f"1{chance.randint(5, 7)}{digits(chance, 11)} 2020{digits(chance, 4)}{digits(chance, 6)}"
    yield "stamp", f"{stamp} ts={mobile_like(chance)}"
    yield "path", f"https://a.cn/p/{mobile_like(chance)}.html?id={mobile_like(chance)} /data/{mobile_like(chance)}/x"
    yield "date time", "2020-01-02 12:30:45 2021/11/12 08:00-17:30"
    yield "digits", f"{digits(chance, 9)} {digits(chance, 12)} 编号{digits(chance, 16)} 0123456789012"
    yield "float", f"{digits(chance, 1)}.{digits(chance, 11)} -0.{mobile_like(chance)} 1e{digits(chance, 6)}"


def mobile_like(chance: random.Random) -> str:
    return chance.choice(FIRST) + digits(chance, 8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    for kind, (made, contexts) in KINDS.items():
        rows = [(chance.choice(contexts), made(chance)) for _ in range(options.rows)]
        done = pii(pa.array([context.format(value) for context, value in rows], pa.large_string()))
        counts = done.counts["phone" if kind == "landline" else kind].to_pylist()
        missed = defaultdict(list)
        for (context, value), many in zip(rows, counts, strict=True):
            if not many:
                missed[context].append(value)
        lost = sum(map(len, missed.values()))
        print(f"{kind:12} recall {1 - lost / len(rows):.4f} of {len(rows)}")
        for context, values in sorted(missed.items()):
            print(f"    missed {len(values):5}  {context.format(values[0])}")
    wrong: dict[str, list[tuple[str, str]]] = defaultdict(list)
    total: dict[str, int] = defaultdict(int)
    rows = [one for _ in range(options.rows) for one in negatives(chance)]
    done = pii(pa.array([text for _, text in rows], pa.large_string()))
    for (kind, text), after in zip(rows, done.text.to_pylist(), strict=True):
        total[kind] += 1
        if after != text:
            wrong[kind].append((text, after))
    for kind, many in total.items():
        found = wrong[kind]
        print(
            f"not: {kind:10} taken {len(found) / many:.4f} of {many}"
            + (f"  {found[0][0]} -> {found[0][1]}" if found else "")
        )
    text = pa.array([one * 20 for _, one in rows], pa.large_string())
    start = time.process_time()
    pii(text)
    print(f"{text.nbytes / 1e6 / (time.process_time() - start):.0f} MB/s on numbers alone, the worst case")


if __name__ == "__main__":
    main()
