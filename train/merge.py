"""Adapters merged into their base, and DeepSpeed checkpoints made whole or fit for another number of ranks."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path

from corpus.errors import AuditError, UsageError
from train import tensors
from train.deepspeed import UNIVERSAL
from train.models import SAFE

OF_ADAPTERS = ("adapter_config.json", "README.md", "training_args.bin")
OF_RANKS = ("latest", "zero_to_fp32.py", "zero_to_torch.py")


def merge(adapter: str, out: str, base: str | None = None) -> None:
    """Write the model that a LoRA adapter makes of its base (by default the one that the adapter names), on the CPU, in
    the base's own precision, with the tokenizer and the provenance that lie beside the adapter."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    settings = Path(adapter) / "adapter_config.json"
    if not settings.is_file():
        raise UsageError(f"{adapter}: holds no adapter_config.json; it is no adapter")
    named = base or json.loads(settings.read_text(encoding="utf-8"))["base_model_name_or_path"]
    if not Path(named).is_dir():
        raise UsageError(f"{adapter}: its base {named} is no folder here; give it by --base")
    model = AutoModelForCausalLM.from_pretrained(named, dtype="auto", use_safetensors=True, **SAFE)
    merged = PeftModel.from_pretrained(model, adapter, local_files_only=True).merge_and_unload()
    with tensors.made(out) as folder:
        merged.save_pretrained(folder)
        for source in (Path(adapter), Path(named)):
            tensors.copy_rest(source, folder, but=OF_ADAPTERS)


def export(checkpoint: str, out: str, dtype: str = "bfloat16") -> str:
    """Write a DeepSpeed checkpoint of any stage and number of ranks as one model of safetensors; its digest."""
    import torch
    from deepspeed.utils.zero_to_fp32 import get_fp32_state_dict_from_zero_checkpoint

    source = _deepspeed(checkpoint)
    kind = getattr(torch, dtype, None)
    if not isinstance(kind, torch.dtype) or not kind.is_floating_point:
        raise UsageError(f"dtype {dtype!r}: one of bfloat16, float16, float32")
    state = get_fp32_state_dict_from_zero_checkpoint(checkpoint)
    with tensors.made(out) as folder:
        named = ((name, state[name].to(kind)) for name in sorted(state))
        found = tensors.write(named, folder)
        tensors.copy_rest(source, folder)
        return found


def universal(checkpoint: str, out: str) -> str:
    """Write a DeepSpeed checkpoint as a universal one, which a run of any number of ranks resumes from; its folder.

    `out` is the `out` of the run that goes on: it finds the checkpoint there under its own name, as after a restart.
    AuditError when DeepSpeed wrote other weights than the model beside the checkpoint has.
    """
    from argparse import Namespace

    from deepspeed.checkpoint.ds_to_universal import main

    source = _deepspeed(checkpoint)
    step = (source / "latest").read_text(encoding="utf-8").strip()
    target = Path(out) / source.resolve().name
    with tensors.made(str(target)) as folder, redirect_stdout(sys.stderr):
        main(
            Namespace(
                input_folder=str(source / step), output_folder=str(folder / f"{step}_universal"), num_extract_workers=1,
                num_merge_workers=1, keep_temp_folder=False, strict=True, inject_missing_state=True,
            )
        )  # fmt: skip
        _audit(source, folder / f"{step}_universal" / "zero")
        (folder / UNIVERSAL).write_text(f"{step}_universal", encoding="utf-8")
        (folder / "scheduler.pt").write_bytes((source / "scheduler.pt").read_bytes())
        tensors.copy_rest(source, folder, but=OF_RANKS)
    return str(target)


def _audit(source: Path, zero: Path) -> None:
    """A map of weights that is not that of the partitions (as under `round_robin_gradients`) is silent otherwise."""
    import torch

    model = tensors.folder(str(source))
    for name in model.files:
        file = zero / name / "fp32.pt"
        if file.is_file():
            found, wanted = torch.load(file, weights_only=True), model.tensor(name)
            found = found["param"] if isinstance(found, dict) else found
            if not torch.equal(found.to(wanted.dtype).reshape(wanted.shape), wanted):
                raise AuditError(f"{source}: DeepSpeed wrote other weights for {name} than the model there has")


def _deepspeed(checkpoint: str) -> Path:
    source = Path(checkpoint)
    if not (source / "latest").is_file():
        raise UsageError(f"{checkpoint}: holds no file `latest`; it is no DeepSpeed checkpoint")
    return source
