"""Benchmark the layers of a net: time of each forward and backward."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch

from framework.net.net import Net, Visit


@dataclass
class Times:
    """Seconds summed over the iterations.

    forward, backward   by name of layer, in the order of the net
    iterations          seconds of each whole iteration
    """

    forward: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    backward: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    iterations: list[float] = field(default_factory=list)


def time_layers(net: Net, iterations: int) -> Iterator[Times]:
    """Run forward and backward layer by layer; yields the same growing Times each iteration.

    Each layer's backward is run by itself, with ones as the gradients of its tops, where a
    gradient would pass in training; layers without one take 0.
    """
    times = Times()
    for _ in range(iterations):
        begin = clock(net.device)
        _one(net, times)
        times.iterations.append(clock(net.device) - begin)
        yield times


def _one(net: Net, times: Times) -> None:
    with timed(net, times.forward, [source.spec.name for source, _ in net.sources]):
        blobs = net.next_batch() if net.sources else {}
    for name in net.given_names:
        if name not in blobs:               # an Input layer
            blobs[name] = torch.zeros(net.shapes[name], device=net.device)
    passed: list[Visit] = []
    walk = net.walk(blobs, apart=True)
    for step in net.layers:
        with timed(net, times.forward, [step.layer.spec.name]):
            passed.append(next(walk))
    net.blobs = blobs
    for step, bottoms, tops in reversed(passed):
        wanted = [blob for blob in [*bottoms, *step.layer.parameters()] if blob.requires_grad]
        made = [top for top in tops if top.requires_grad]
        with timed(net, times.backward, [step.layer.spec.name]):
            if wanted and made:
                torch.autograd.grad(made, wanted, [torch.ones_like(top) for top in made],
                                    allow_unused=True)


class timed:  # noqa: N801  # reads as a statement
    """Adds the seconds spent inside to each of `names` in equal parts."""

    def __init__(self, net: Net, seconds: dict[str, float], names: list[str]):
        self.device = net.device
        self.seconds = seconds
        self.names = names

    def __enter__(self) -> None:
        self.begin = clock(self.device)

    def __exit__(self, *error: object) -> None:
        spent = clock(self.device) - self.begin
        for name in self.names:
            self.seconds[name] += spent / len(self.names)


def clock(device: torch.device) -> float:
    """Seconds, after the device has done its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def lines(times: Times, total: float, number: Callable[[float], str]) -> list[str]:
    """The original's report, in milliseconds an iteration; `total` seconds in all."""
    count = len(times.iterations)
    report = ["Average time per layer: "]
    for name in times.forward:
        report.append(f"{name:>10}\tforward: {number(times.forward[name] / count * 1e3)} ms.")
        report.append(f"{name:>10}\tbackward: "
                      f"{number(times.backward.get(name, 0) / count * 1e3)} ms.")
    for what, seconds in (("Forward pass", sum(times.forward.values())),
                          ("Backward pass", sum(times.backward.values())),
                          ("Forward-Backward", total)):
        report.append(f"Average {what}: {number(seconds / count * 1e3)} ms.")
    report.append(f"Total Time: {number(total * 1e3)} ms.")
    return report
