"""Random numbers that a seed decides, and nothing that was drawn before."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch


@contextlib.contextmanager
def random_numbers(seed: int, device: torch.device) -> Iterator[None]:
    """Within it what random layers draw is decided by `seed`; behind it, as if it had not been."""
    generators = [torch.default_generator]      # torch.manual_seed is 1 ms without a GPU
    if device.type == "cuda":
        generators.append(torch.cuda.default_generators[device.index or 0])
    states = [generator.get_state() for generator in generators]
    for generator in generators:
        generator.manual_seed(seed % 2**63)
    try:
        yield
    finally:
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)
