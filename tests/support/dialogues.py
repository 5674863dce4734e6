"""One small row of every format that is imported, written for these tests."""

from __future__ import annotations

from typing import Any

from corpus.importers.model import Format

SYSTEM = "你是一位园艺顾问，回答要简短。"
CALL = '{"name": "tide", "arguments": {"port": "青岛", "day": 3}}'
TOOLS = '[{"name": "tide", "description": "潮汐时间", "parameters": {"type": "object", "properties": {}}}]'

ROWS: dict[Format, dict[str, Any]] = {
    Format.ALPACA: {
        "instruction": "把下面的句子改成反问句。",
        "input": "他明白这个道理。",
        "output": "难道他不明白吗？",
    },
    Format.FLATTENED: {
        "instruction": "Human:月季怎么修剪？\nAssistant:花后剪去残花。\nHuman:冬天呢？\nAssistant:",
        "input": "",
        "output": "冬天剪到三个饱满的芽。",
    },
    Format.SHAREGPT: {
        "id": "s-1",
        "conversations": [
            {"from": "human", "value": "青岛后天几点涨潮？"},
            {"from": "function_call", "value": CALL},
            {"from": "observation", "value": '{"high": "05:40"}'},
            {"from": "gpt", "value": "后天清晨五点四十涨潮。"},
        ],
        "system": SYSTEM,
        "tools": TOOLS,
    },
    Format.MESSAGES: {
        "messages": [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": "几点涨潮？", "loss_weight": 0.0},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "tide", "arguments": '{"port":"青岛"}'}}
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "05:40"},
            {"role": "assistant", "content": "五点四十。", "loss_weight": 1.0},
        ]
    },
    Format.DIALOG: {
        "path": "data/7.json",
        "dialog": [
            {"role": "client", "content": "最近总是睡不着。"},
            {"role": "counselor", "content": "睡前会想些什么呢？"},
        ],
    },
    Format.FIREFLY: {
        "conversation_id": 12,
        "category": "闲聊",
        "conversation": [{"human": "你好", "assistant": "您好。"}, {"human": "再见", "assistant": "再会。"}],
        "dataset": "自写",
    },
    Format.MOSS: {
        "path": "plugins/1.json",
        "conversation_id": 1,
        "meta_instruction": "You can calculate.\n",
        "num_turns": 1,
        "chat": {
            "turn_1": {
                "Human": "<|Human|>: 三乘七是多少？<eoh>\n",
                "Inner Thoughts": "<|Inner Thoughts|>: 算一下<eot>\n",
                "Commands": '<|Commands|>: Calculate("3*7")<eoc>\n',
                "Tool Responses": '<|Results|>:\nCalculate("3*7") => 21\n<eor>\n',
                "MOSS": "<|MOSS|>: 是二十一。<eom>\n",
            }
        },
    },
    Format.GLAIVE: {
        "system": "SYSTEM: You may use these functions.\n",
        "chat": "USER: When is high tide?\n\n\nASSISTANT: <functioncall> "
        '{"name": "tide", "arguments": \'{"port": "Leith"}\'} <|endoftext|>\n\n\n'
        'FUNCTION RESPONSE: {"high": "05:40"}\n\n\nASSISTANT: At twenty to six. <|endoftext|>\n\n\n',
    },
    Format.TURN_LIST: {"id": "9", "score": "4.25\n\n", "data": ["石榴何时采收？", "籽粒转红、果皮有光时采收。"]},
    Format.ZIYA: {"task": "问答", "prompt": ["一加一？", "再加一？"], "output": ["二。", "三。"]},
    Format.INPUT_TARGET: {"kind": "Couplet", "input": "上联：春风入户", "target": "下联：喜气临门"},
    Format.QUESTION_ANSWER: {"question": "水的沸点？", "answer": "标准大气压下一百摄氏度。", "level": 1},
    Format.SEED_TASKS: {
        "id": "seed_1",
        "name": "synonym",
        "instruction": "写出近义词",
        "instances": [{"input": "明亮", "output": "光亮、敞亮"}],
        "is_classification": False,
    },
    Format.DPO: {"prompt": "怎样煮米饭？", "chosen": "先淘米，再加水。", "reject": "不知道。", "source": "自写"},
    Format.ALPACA_PAIR: {"instruction": "翻译", "input": "你好", "chosen": "Hello.", "rejected": "Bye."},
    Format.SHAREGPT_PAIR: {
        "conversations": [{"from": "system", "value": SYSTEM}, {"from": "human", "value": "多久浇一次水？"}],
        "chosen": {"from": "gpt", "value": "土干了再浇。"},
        "rejected": {"from": "gpt", "value": "每小时。"},
    },
    Format.MESSAGES_PAIR: {
        "chosen_messages": [
            {"role": "user", "content": [{"type": "text", "value": "早上好"}], "loss_weight": 0.0},
            {"role": "assistant", "content": [{"type": "text", "value": "早。"}], "loss_weight": 1.0},
        ],
        "rejected_messages": [
            {"role": "user", "content": [{"type": "text", "value": "早上好"}], "loss_weight": 0.0},
            {"role": "assistant", "content": [{"type": "text", "value": "哦"}], "loss_weight": 1.0},
        ],
    },
    Format.ULTRAFEEDBACK: {
        "prompt": "draw every day",
        "prompt_id": "af3",
        "chosen": [{"content": "draw every day", "role": "user"}, {"content": "Set a time.", "role": "assistant"}],
        "rejected": [{"content": "draw every day", "role": "user"}, {"content": "No.", "role": "assistant"}],
        "messages": [{"content": "draw every day", "role": "user"}, {"content": "Set a time.", "role": "assistant"}],
        "score_chosen": 8.7,
        "score_rejected": 3.1,
    },
    Format.TRANSCRIPTS: {
        "chosen": "\n\nHuman: Can I eat acorns?\n\nAssistant: Raw?\n\nHuman: Yes\n\nAssistant: Leach them first.",
        "rejected": "\n\nHuman: Can I eat acorns?\n\nAssistant: Raw?\n\nHuman: Yes\n\nAssistant: Sure.",
    },
    Format.COMPLETIONS: {
        "source": "own",
        "instruction": "Name a tide table.",
        "completions": [
            {"model": "a", "response": "I cannot.", "overall_score": 2.0},
            {"model": "b", "response": "The one for Leith.", "overall_score": 8.5},
            {"model": "c", "response": "Some table.", "overall_score": 5.0},
        ],
    },
    Format.KTO: {"prompt": "推荐一种果树", "completion": "石榴，耐旱。", "label": True},
    Format.PROMPTS: {"id_": 3, "prompt": "为什么叶子会变黄？", "domain": "园艺"},
    Format.EVALUATION: {"question": "写一首关于石榴的诗", "std_answer": "", "class": "generation"},
    Format.TEXT: {"text": "Human: \n怎么扦插？\n\nAssistant: \n"},
}
