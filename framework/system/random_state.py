"""Seeded random numbers that do not depend on what was drawn before."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import torch

# torch's generators are global to the process, so only one thread at a time may seed them. A
# generator for each net would be better, but torch's fused dropout and its compiler do not take
# one, and seeded runs would get other numbers.
_LENT = threading.RLock()


@contextlib.contextmanager
def random_numbers(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's generators in this context, and restore their states after it.

    Other threads that enter it wait meanwhile.
    """
    with _LENT:
        yield from _lend(seed, device)


def _lend(seed: int, device: torch.device) -> Iterator[None]:
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
