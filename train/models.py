"""The model of a run: from a folder or from scratch, whole, with an adapter, or quantised under one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from corpus.errors import EnvironmentProblem, UsageError
from corpus.located import Strict
from train import shapes
from train.importing import no_garbage

SAFE: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
Bits = Literal[4, 8]
Attention = Literal["sdpa", "eager", "flash_attention_2", "flash_attention_3"]


class Lora(Strict):
    """A low-rank adapter, by peft's names; over all linear layers but the head unless told."""

    r: int = Field(default=16, ge=1)
    lora_alpha: int = Field(default=32, ge=1)
    lora_dropout: float = Field(default=0.05, ge=0, lt=1)
    target_modules: str | tuple[str, ...] = "all-linear"
    modules_to_save: tuple[str, ...] | None = None
    use_rslora: bool = False
    use_dora: bool = False

    def peft(self, task: str) -> Any:
        """What peft takes."""
        from peft import LoraConfig

        told = self.model_dump()
        lists = {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}
        return LoraConfig(task_type=task, **lists)


class Model(Strict):
    """`model` is a folder, or `config` a config.json to begin from scratch with; `load_in_bits` quantises it under a
    `lora` (4: NF4 with double quantisation, QLoRA). `trainable: embeddings` holds everything else still: the first
    phase after a vocabulary has grown."""

    model: str | None = None
    config: str | None = None
    lora: Lora | None = None
    load_in_bits: Bits | None = None
    trainable: Literal["all", "embeddings"] = "all"
    attn_implementation: Attention = "sdpa"
    use_liger_kernel: bool = False

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.model is None) == (self.config is None):
            raise ValueError(
                "needs `model` (a folder) or `config` (a config.json, for a model from scratch), and not both"
            )
        if self.load_in_bits and not self.lora:
            raise ValueError("a quantised model is trained through an adapter: set `lora`")
        if self.lora and self.trainable != "all":
            raise ValueError("`trainable` is for whole models; with `lora` name `modules_to_save`")
        return self


def load(settings: Model, seed: int, bf16: bool, zero: int) -> Any:
    """The model, ready to train. `zero` is the ZeRO stage, which keeps weights of 32 bits beside those of bf16; without
    it trained weights stay in 32 bits and bf16 is a matter of autocast.

    UsageError when it cannot be loaded; EnvironmentProblem without the packages for quantised weights or Liger.
    """
    if settings.use_liger_kernel and find_spec("liger_kernel") is None:
        raise EnvironmentProblem("use_liger_kernel needs the extra: pip install 'corpus-tiers[gpu]'")
    with no_garbage():
        import torch
        from transformers import AutoConfig, AutoModelForCausalLM

    kind = torch.bfloat16 if bf16 and (zero or settings.lora) else torch.float32
    ways: dict[str, Any] = {"dtype": kind, "attn_implementation": settings.attn_implementation}
    torch.manual_seed(seed)
    try:
        if settings.config is not None:
            shape = AutoConfig.from_pretrained(settings.config, **SAFE)
            model = AutoModelForCausalLM.from_config(shape, **ways)
        else:
            quantised = (
                {"quantization_config": quantisation(settings.load_in_bits, zero)} if settings.load_in_bits else {}
            )
            model = AutoModelForCausalLM.from_pretrained(
                settings.model, use_safetensors=True, **SAFE, **ways, **quantised
            )
    except (OSError, ValueError, ImportError) as error:  # an attention that is not installed is an ImportError
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UsageError(f"{settings.model or settings.config}: no model can be loaded: {first}") from None
    if settings.trainable == "embeddings":
        rows = {
            id(one.weight) for one in (model.get_input_embeddings(), model.get_output_embeddings()) if one is not None
        }
        for weight in model.parameters():
            weight.requires_grad_(id(weight) in rows)
    if settings.lora:
        from peft import get_peft_model, prepare_model_for_kbit_training

        if settings.load_in_bits:
            model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)
        model = get_peft_model(model, settings.lora.peft("CAUSAL_LM"))
    return model


def save_words(folders: Sequence[str], out: str) -> None:
    """Put the tokenizer of the first folder that has one beside the model: that of the pack, which has the chat
    template that the model learnt, before the base's."""
    from transformers import AutoTokenizer

    found = next((one for one in folders if (Path(one) / "tokenizer_config.json").is_file()), None)
    if found is not None:
        AutoTokenizer.from_pretrained(found, **SAFE).save_pretrained(out)


def quantisation(bits: Bits | None, zero: int) -> Any:
    """How bitsandbytes quantises. Under ZeRO-3 the weights are stored in bf16 words, which ranks can share out."""
    if find_spec("bitsandbytes") is None:
        raise EnvironmentProblem("4- and 8-bit weights need the extra: pip install 'corpus-tiers[qlora]'")
    import torch
    from transformers import BitsAndBytesConfig

    if bits == 8:
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16, bnb_4bit_quant_storage=torch.bfloat16 if zero == 3 else torch.uint8,
    )  # fmt: skip


def shape_of(settings: Model) -> Any:
    """hidden_size, num_hidden_layers and vocab_size; of known families without a package to import."""
    return shapes.known(settings.model or str(settings.config)) or _config(settings)


def _config(settings: Model) -> Any:
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(settings.model or settings.config, **SAFE)
    except (OSError, ValueError, json.JSONDecodeError) as error:
        raise UsageError(
            f"{settings.model or settings.config}: no config.json can be read: {str(error).splitlines()[0]}"
        ) from None


def counted(settings: Model) -> tuple[int, int]:
    """Parameters of the model, and those that are trained; without a weight in memory."""
    shape, lora = shapes.known(settings.model or str(settings.config)), settings.lora
    if shape is None or (lora and (lora.target_modules != "all-linear" or lora.modules_to_save or lora.use_dora)):
        return counted_by_torch(settings)
    if settings.trainable == "embeddings":
        return shape.whole, shape.rows
    return shape.whole, shape.lora(lora.r) if lora else shape.whole


def counted_by_torch(settings: Model) -> tuple[int, int]:
    """As `counted`, of any family and adapter: the model is made, on no device."""
    import torch
    from transformers import AutoModelForCausalLM

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(_config(settings))
        whole = sum(weight.numel() for weight in model.parameters())
        if settings.trainable == "embeddings":
            rows = {
                id(one.weight): one.weight.numel()
                for one in (model.get_input_embeddings(), model.get_output_embeddings())
            }
            return whole, sum(rows.values())
        if settings.lora is None:
            return whole, whole
        from peft import get_peft_model

        adapted = get_peft_model(model, settings.lora.peft("CAUSAL_LM"))
        return whole, sum(weight.numel() for weight in adapted.parameters() if weight.requires_grad)
