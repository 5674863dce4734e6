"""Templates by family. `source` says where the form is documented; marks are tokens of the vendors' vocabularies."""

from __future__ import annotations

from corpus.errors import UsageError
from corpus.located import suggest
from train.templates.model import Template

IM = {
    "system": "<|im_start|>system\n{content}<|im_end|>\n",
    "user": "<|im_start|>user\n{content}<|im_end|>\n",
    "tool": "<|im_start|>user\n<tool_response>\n{content}\n</tool_response><|im_end|>\n",
    "opens": "<|im_start|>assistant\n",
    "closes": "<|im_end|>",
    "after": "\n",
    "marks": ("<|im_start|>", "<|im_end|>"),
}
FAMILIES = {
    one.name: one
    for one in (
        Template("qwen", "Qwen2.5 and Qwen3, tokenizer_config.json of the instruct models (ChatML)", **IM),  # type: ignore[arg-type]
        Template("chatml", "OpenAI's ChatML, as many models use it", **IM),  # type: ignore[arg-type]
        Template("yi", "Yi-34B-Chat, tokenizer_config.json", **IM),  # type: ignore[arg-type]
        Template("internlm2", "InternLM2-chat, chat format document", begin="{bos}", **IM),  # type: ignore[arg-type]
        Template(
            "internlm", "InternLM-chat-7B, modeling code: build_inputs", begin="{bos}", system="<|System|>:{content}\n",
            user="<|User|>:{content}<eoh>\n", opens="<|Bot|>:", closes="<eoa>", after="\n", marks=("<eoh>", "<eoa>"),
        ),
        Template(
            "llama3", "Llama 3 model card, prompt format", begin="<|begin_of_text|>",
            system="<|start_header_id|>system<|end_header_id|>\n\n{content}<|eot_id|>",
            user="<|start_header_id|>user<|end_header_id|>\n\n{content}<|eot_id|>",
            tool="<|start_header_id|>ipython<|end_header_id|>\n\n{content}<|eot_id|>",
            opens="<|start_header_id|>assistant<|end_header_id|>\n\n", closes="<|eot_id|>",
            marks=("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
        ),
        Template(
            "llama2", "Llama 2 reference code: chat_completion", user="{bos}[INST] {content} [/INST]",
            merged="{bos}[INST] <<SYS>>\n{system}\n<</SYS>>\n\n{content} [/INST]", opens=" ", closes=" {eos}",
        ),
        Template(
            "mistral", "Mistral 7B Instruct v0.1 to v0.2, model card", begin="{bos}", user="[INST] {content} [/INST]",
            merged="[INST] {system}\n\n{content} [/INST]", opens=" ", closes="{eos}",
        ),
        Template(
            "deepseek", "DeepSeek LLM chat, README", begin="{bos}", system="{content}\n\n", user="User: {content}\n\n",
            opens="Assistant:", closes="{eos}",
        ),
        Template(
            "deepseek3", "DeepSeek V3 and R1, tokenizer_config.json", begin="{bos}", system="{content}",
            user="<｜User｜>{content}", opens="<｜Assistant｜>", closes="{eos}",
            marks=("<｜User｜>", "<｜Assistant｜>"),
        ),
        Template(
            "baichuan", "Baichuan-13B-Chat, generation_utils", system="{content}", user="<reserved_102>{content}",
            opens="<reserved_103>", closes="{eos}", marks=("<reserved_102>", "<reserved_103>"),
        ),
        Template(
            "baichuan2", "Baichuan2-Chat, generation_utils", system="{content}", user="<reserved_106>{content}",
            opens="<reserved_107>", closes="{eos}", marks=("<reserved_106>", "<reserved_107>"),
        ),
        Template(
            "glm4", "GLM-4-9B-Chat, tokenizer_config.json", begin="[gMASK]<sop>", system="<|system|>\n{content}",
            user="<|user|>\n{content}", again="\n{content}", tool="<|observation|>\n{content}",
            opens="<|assistant|>\n", closes="<|user|>",
            marks=("[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>"),
        ),
        Template(
            "gemma", "Gemma formatting and system instructions", begin="{bos}",
            user="<start_of_turn>user\n{content}<end_of_turn>\n",
            merged="<start_of_turn>user\n{system}\n\n{content}<end_of_turn>\n", opens="<start_of_turn>model\n",
            closes="<end_of_turn>", after="\n", marks=("<start_of_turn>", "<end_of_turn>"),
        ),
        Template(
            "phi3", "Phi-3-mini instruct, model card", system="<|system|>\n{content}<|end|>\n",
            user="<|user|>\n{content}<|end|>\n", opens="<|assistant|>\n", closes="<|end|>", after="\n",
            marks=("<|system|>", "<|user|>", "<|end|>", "<|assistant|>"),
        ),
        Template(
            "belle", "BELLE, README of train/ (BLOOM and LLaMA)", system="{content}\n\n",
            user="Human: \n{content}\n\n", opens="Assistant: \n", closes="{eos}",
        ),
        Template(
            "ziya", "Ziya-LLaMA-13B, model card", system="{content}\n", user="<human>:{content}\n", opens="<bot>:",
            closes="{eos}", after="\n",
        ),
        Template(
            "firefly", "Firefly, README (multi-turn in one sequence)", begin="{bos}", system="{content}{eos}",
            user="{content}{eos}", closes="{eos}",
        ),
        Template(
            "phased", "PhasedSFT, training code", begin="{bos}", system="{content}\n", user="User: {content}{eos}\n",
            opens="Assistant: ", closes="{eos}", after="\n",
        ),
    )
}  # fmt: skip


def get(name: str) -> Template:
    """A family by name; UsageError when there is none."""
    if name not in FAMILIES:
        raise UsageError(
            f"no template {name!r}{suggest(name, FAMILIES)}; there are {', '.join(sorted(FAMILIES))}, and own"
        )
    return FAMILIES[name]
