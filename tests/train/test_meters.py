"""FLOPs as torch counts them, and what a meter tells of a stretch of time."""

from __future__ import annotations

import pytest

from train import meters
from train.meters import Meter, flops_per_token, peak_of


@pytest.mark.parametrize("heads", [(4, 2), (4, 4), (8, 1)])
def test_flops_are_those_that_torch_counts(heads: tuple[int, int]) -> None:
    import torch
    from torch.utils.flop_counter import FlopCounterMode
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=128, hidden_size=64, intermediate_size=96, num_hidden_layers=3, num_attention_heads=heads[0],
        num_key_value_heads=heads[1], attn_implementation="eager",
    )  # fmt: skip
    ids = torch.randint(128, (2, 48))
    with FlopCounterMode(display=False) as counter:
        LlamaForCausalLM(config)(ids, labels=ids, use_cache=False).loss.backward()
    assert flops_per_token(config, 48) * ids.numel() == pytest.approx(counter.get_total_flops(), rel=1e-9)
    assert flops_per_token(config, 48, frozen=True) == pytest.approx(flops_per_token(config, 48) * 2 / 3)


def test_peaks_are_found_by_the_name_of_the_device() -> None:
    assert peak_of("NVIDIA A100-SXM4-80GB") == 312e12
    assert peak_of("NVIDIA H200") == 989e12
    assert peak_of("NVIDIA H20") == 148e12
    assert peak_of("Imaginary 9000") is None


def test_a_meter_tells_of_the_time_since_it_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([10.0, 14.0, 15.0])
    monkeypatch.setattr(meters.time, "perf_counter", lambda: next(now))
    meter = Meter(flops=2e9, peak=1e12, since=6.0)
    meter.tokens, meter.places, meter.waited = 400, 500, 1.0
    found = meter.read()
    assert found["tokens_per_second_per_gpu"] == 100
    assert found["model_tflops"] == pytest.approx(0.2)
    assert found["mfu"] == pytest.approx(0.2)
    assert (found["useful_tokens"], found["data_wait"]) == (0.8, 0.25)
    assert meter.since == 14.0
    assert meter.tokens == 0
