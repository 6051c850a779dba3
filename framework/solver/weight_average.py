"""A running mean (EMA) of a net's weights, which is tested and written instead of them.

Source: Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging"; the smaller
decay of the first iterations is that of tf.train.ExponentialMovingAverage.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from framework.definition.prototxt import Document
from framework.net.params import LearnedBlob


class WeightAverage:
    """The running mean of blobs: `decay` of it stays in each iteration.

    blobs  all those of the net: running sums (BatchNorm) are averaged as weights are, so that
           they belong to one another
    """

    def __init__(self, blobs: list[LearnedBlob], decay: float):
        self.decay = decay
        self.weights = [blob.parameter.detach() for blob in blobs]
        self.means = [weight.clone() for weight in self.weights]

    @classmethod
    def of(cls, document: Document, blobs: list[LearnedBlob]) -> WeightAverage | None:
        """That of a solver file, or None without ema_decay. SpecError for one beyond 0 to 1."""
        decay = document.message.ema_decay
        if not 0 <= decay < 1:
            raise document.error("ema_decay", f"is {decay:g}; it must be from 0 to below 1")
        return cls(blobs, decay) if decay else None

    @torch.no_grad()
    def update(self, iteration: int) -> None:
        """Move the mean towards the weights, after the update of `iteration` (from 0).

        Early means forget sooner, for they hold the random weights of the start.
        """
        decay = min(self.decay, (1 + iteration) / (10 + iteration))
        torch._foreach_lerp_(self.means, self.weights, 1 - decay)

    @torch.no_grad()
    def begin_at_weights(self) -> None:
        """Take the weights as the mean: of files that were just loaded."""
        torch._foreach_copy_(self.means, self.weights)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """In which the mean replaces the weights; afterwards they are back, to the bit."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        weights = [weight.clone() for weight in self.weights]
        torch._foreach_copy_(self.weights, self.means)
        torch._foreach_copy_(self.means, weights)
