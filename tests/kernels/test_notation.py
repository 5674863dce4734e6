"""Code and formulas are seen, prose about them is not, and a row's answer does not depend on its batch."""

from __future__ import annotations

import pyarrow as pa
import pytest

from corpus.kernels.notation import has_code, has_maths

CODE = [
    "看这个例子：\n```python\nx = 1\n```",
    "def add(a, b):\n    return a + b",
    "#include <stdio.h>\nint main() {\n  return 0;\n}",
    "public static void main(String[] args) {",
    "SELECT name, age FROM users WHERE age > 3",
    "const total = items.length;",
    "  pip install numpy",
    "<script src='a.js'></script>",
    "for (int i = 0; i < n; i++) {",
    "import numpy as np",
]
MATHS = [
    r"因此 \frac{a}{b} 成立",
    "设 $x^2 + y^2 = r^2$ 为圆",
    "f(x) = 3x + 1 是一次函数",
    "3 + 5 = 8",
    "12×(3+4)=84",
    "解不等式 2x - 3 > 7",
    "对所有 x ∈ A，有 x ≤ 3",
    "求 sin(θ) 的最大值",
]
PROSE = [
    "我们学习编程，先写代码，再测试函数。",
    "数学是一门古老的学科，三角函数很有用。",
    "He selected a book from the shelf; it was on import duties.",
    "价格是 3 元 + 运费，日期 2024-01-02，比分 3-1。",
    "Return to the class for the public lecture.",
    "",
]


@pytest.mark.parametrize("text", CODE)
def test_code(text):
    assert has_code(pa.array([text], pa.large_string())).to_pylist() == [True]


@pytest.mark.parametrize("text", MATHS)
def test_maths(text):
    assert has_maths(pa.array([text], pa.large_string())).to_pylist() == [True]


@pytest.mark.parametrize("text", PROSE)
def test_prose(text):
    array = pa.array([text], pa.large_string())
    assert (has_code(array).to_pylist(), has_maths(array).to_pylist()) == ([False], [False])


def test_null_is_null_and_rows_are_judged_alone():
    rows = [*CODE, None, *MATHS, *PROSE]
    for judge in (has_code, has_maths):
        whole = judge(pa.array(rows, pa.large_string()))
        assert whole.to_pylist() == [judge(pa.array([row], pa.large_string()))[0].as_py() for row in rows]
        assert (whole.type, whole[len(CODE)].as_py()) == (pa.bool_(), None)
    assert has_code(pa.array([], pa.large_string())).to_pylist() == []
