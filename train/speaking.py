"""A model that answers conversations: loaded from a folder, decoded as told, in batches or word by word."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Thread
from typing import Any

from pydantic import Field

from corpus.errors import UsageError
from corpus.located import Strict
from train.importing import no_garbage
from train.models import SAFE, Bits, quantisation

Messages = Sequence[Mapping[str, str]]
Render = Callable[[Any, Messages], str]


class Decoding(Strict):
    """How words are chosen; names and meanings are those of transformers' GenerationConfig. `temperature` 0 is greedy
    (or beam) search; `seed` makes sampling repeatable for the same batches."""

    max_new_tokens: int = Field(default=512, ge=1)
    min_new_tokens: int = Field(default=0, ge=0)
    temperature: float = Field(default=0.0, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    top_k: int = Field(default=0, ge=0)
    num_beams: int = Field(default=1, ge=1)
    repetition_penalty: float = Field(default=1.0, gt=0)
    no_repeat_ngram_size: int = Field(default=0, ge=0)
    seed: int = 0

    def settings(self) -> dict[str, Any]:
        """Arguments of `generate`."""
        given = self.model_dump(exclude={"seed", "temperature", "top_p", "top_k"})
        if self.temperature == 0:
            return given | {"do_sample": False}
        return given | {"do_sample": True, "temperature": self.temperature, "top_p": self.top_p, "top_k": self.top_k}


@dataclass(frozen=True)
class Speaker:
    """`render` writes a conversation as the text that the model is to go on with."""

    model: Any
    tokenizer: Any
    render: Render
    synced: bool = False

    def replies(self, chats: Sequence[Messages], decoding: Decoding, draws: int = 1) -> list[list[str]]:
        """`draws` answers to each conversation, in their order."""
        import torch

        asked = self._encoded([self.render(self.tokenizer, chat) for chat in chats])
        torch.manual_seed(decoding.seed)
        settings = decoding.settings() | {"num_return_sequences": draws}
        with torch.no_grad():
            given = self.model.generate(**asked, **settings, pad_token_id=self._pad, synced_gpus=self.synced)
        texts = self.tokenizer.batch_decode(given[:, asked["input_ids"].shape[1] :], skip_special_tokens=True)
        return [[text.strip() for text in texts[at : at + draws]] for at in range(0, len(texts), draws)]

    def words(self, chat: Messages, decoding: Decoding) -> Iterator[str]:
        """Pieces of one answer as they are made."""
        import torch
        from transformers import TextIteratorStreamer

        streamer = TextIteratorStreamer(self.tokenizer, skip_prompt=True, skip_special_tokens=True)
        asked = self._encoded([self.render(self.tokenizer, chat)])
        torch.manual_seed(decoding.seed)
        settings = {**asked, **decoding.settings(), "num_beams": 1, "pad_token_id": self._pad, "streamer": streamer}
        thread = Thread(target=self.model.generate, kwargs=settings, daemon=True)
        thread.start()
        yield from (piece for piece in streamer if piece)
        thread.join()

    @property
    def _pad(self) -> int:
        pad = self.tokenizer.pad_token_id
        return int(self.tokenizer.eos_token_id if pad is None else pad)

    def _encoded(self, texts: list[str]) -> Any:
        """Padded on the left, so that every answer begins at the same place; templates write special tokens out."""
        self.tokenizer.padding_side = "left"
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        found = self.tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
        return {name: found[name].to(self.model.device) for name in ("input_ids", "attention_mask")}


def own_template(tokenizer: Any, messages: Messages) -> str:
    """By the chat template that came with the tokenizer. UsageError when none did."""
    if not tokenizer.chat_template:
        raise UsageError("the tokenizer has no chat template: name the one the model was trained with (template: ...)")
    return str(tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True))


def load(folder: str, adapter: str | None = None, bits: Bits | None = None, render: Render = own_template) -> Speaker:
    """The model in `folder`, with a LoRA over it, in 4 or 8 bits where asked; bf16 on a GPU, float32 on a CPU.

    Local files only, safetensors, no code of others. UsageError when it cannot be loaded.
    """
    with no_garbage():
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

    gpu = torch.cuda.is_available()
    extra: dict[str, Any] = {"quantization_config": quantisation(bits, zero=0)} if bits else {}
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **SAFE)
        kind = torch.bfloat16 if gpu else torch.float32
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=kind, use_safetensors=True, **SAFE, **extra)
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder}: no model can be loaded: {str(error).strip().splitlines()[0]}") from None
    if adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter, local_files_only=True)
    if gpu and not bits:
        model = model.to("cuda")
    return Speaker(model.eval(), tokenizer, render)
