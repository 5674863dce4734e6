"""What the page of an evaluation says, in Chinese and in English: every sentence of it stands here once."""

from __future__ import annotations

from collections.abc import Mapping

from corpus.report.words import Text

TITLE = Text("模型评测：{judge}", "Evaluation by {judge}")
STATIC: Mapping[str, Text] = {
    "category": Text("类别", "Category"),
    "verdict": Text("判定", "Verdict"),
    "search": Text("查找", "Search"),
    "corrections": Text("人工修正", "Corrections by hand"),
    "save": Text("保存为文件", "Save file"),
    "load": Text("读入文件", "Load file"),
    "clear": Text("清空", "Clear"),
    "figures": Text("结果", "Figures"),
    "reading": Text("逐题阅读", "Questions and answers"),
    "theme": Text("深色/浅色", "Dark / light"),
}
FIGURES: Mapping[str, Text] = {
    "model": Text("模型", "model"),
    "scored": Text("已评", "scored"),
    "unscored": Text("未评", "not scored"),
    "macro": Text("各类平均", "mean of categories"),
    "without": Text("不含数学和代码", "without maths and code"),
    "micro": Text("全部题目平均", "mean of questions"),
    "category": Text("类别", "category"),
    "questions": Text("题数", "questions"),
    "all": Text("全部", "all"),
    "win": Text("胜", "win"),
    "tie": Text("平", "tie"),
    "lose": Text("负", "lose"),
    "points": Text("得分", "points"),
    "controlled": Text("长度相同时的得分", "points at equal length"),
    "difference": Text("两个模型之差", "difference of two models"),
    "p": Text("偶然的概率", "chance"),
    "points_mean": Text(
        "得分 = 100 ×（胜 + 平 ÷ 2）÷ 题数 − 50：0 为不相上下，50 为全胜。括号里是 95 % 置信区间。",
        "Points = 100 (wins + ties / 2) / N - 50: 0 is a draw, 50 wins all. In brackets the 95 % interval.",
    ),
    "scores_mean": Text(
        "分数从 0 到 1。没有分数的回答不计入任何平均。括号里是 95 % 置信区间。",
        "Scores are 0 to 1. Answers without a score are in no mean. In brackets the 95 % interval.",
    ),
    "judges": Text("几个评判模型之间的一致程度", "How far the judges agree"),
    "rows": Text("共同评过的行", "rows rated by two or more"),
    "same": Text("判定相同", "same rating"),
    "alpha": Text("Krippendorff α", "Krippendorff's alpha"),
    "fleiss": Text("Fleiss κ", "Fleiss' kappa"),
    "cohen": Text("Cohen κ：", "Cohen's kappa: "),
    "corrected": Text("人工修正已经计入：改动 {count} 处。", "Corrections by hand are counted in: {count} changes."),
}
SCRIPT: Mapping[str, Text] = {
    "every": Text("全部", "all"),
    "filter_high": Text("高分（不低于 0.7）", "high (0.7 or more)"),
    "filter_middle": Text("中等（0.4 到 0.7）", "middle (0.4 to 0.7)"),
    "filter_low": Text("低分（低于 0.4）", "low (below 0.4)"),
    "filter_none": Text("没有判定", "not judged"),
    "filter_corrected": Text("修正过的", "corrected"),
    "filter_win": Text("胜", "win"),
    "filter_tie": Text("平", "tie"),
    "filter_lose": Text("负", "lose"),
    "filter_orders": Text("两种次序判定不同", "orders disagree"),
    "filter_judges": Text("评判模型意见不同", "judges disagree"),
    "win": Text("胜", "win"),
    "tie": Text("平", "tie"),
    "lose": Text("负", "lose"),
    "said_first": Text("前者更好", "first is better"),
    "said_second": Text("后者更好", "second is better"),
    "said_tie": Text("不相上下", "a tie"),
    "said_null": Text("没有判定", "nothing"),
    "forward": Text("原次序", "as named"),
    "backward": Text("交换次序", "exchanged"),
    "unjudged": Text("未评", "not judged"),
    "questions": Text("题目", "questions"),
    "points": Text("得分", "points"),
    "question": Text("问题", "Question"),
    "reference": Text("参考答案", "Reference answer"),
    "no_answer": Text("没有回答", "no answer"),
    "correct": Text("修正", "correct to"),
    "note": Text("备注", "note"),
    "corrected_rows": Text("已修正 {count} 处，存于此浏览器", "{count} corrected, kept in this browser"),
    "page": Text("第 {page} 页，共 {pages} 页（{count} 题）", "page {page} of {pages} ({count} questions)"),
    "range": Text("分数须在 0 到 1 之间", "a score is from 0 to 1"),
    "unsaved": Text("浏览器不让保存，请用“保存为文件”", "this browser keeps nothing: use Save file"),
    "no_json": Text("文件不是 JSON", "the file is not JSON"),
    "other": Text("文件不是这次评测的修正", "the file holds no corrections of this evaluation"),
    "loaded": Text("读入 {count} 处修正", "{count} corrections loaded"),
    "sure": Text("清空此浏览器里的全部修正？", "Forget all corrections in this browser?"),
}
_CATEGORIES: Mapping[str, str] = {
    "open qa": "开放问答",
    "closed qa": "封闭问答",
    "classification": "分类",
    "extraction": "抽取",
    "summarisation": "摘要",
    "translation": "翻译",
    "rewriting": "改写",
    "brainstorming": "头脑风暴",
    "generation": "生成",
    "role play": "角色扮演",
    "chat": "闲聊",
    "maths": "数学",
    "code": "代码",
    "reasoning": "推理",
    "none": "没有类别",
}


def category(name: str) -> Text:
    """A category in words; one we do not know stands as it is."""
    return Text(_CATEGORIES.get(name, name), name)
