"""How long an update of all parameters takes, beside torch's own optimizers.

    python benchmarks/optimizer.py [--threads 2]

27 million parameters in 34 tensors, about those of SSD300. Prints milliseconds of processor time,
the best of some turns, and the ratio to torch.optim with foreach.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from framework.definition.prototxt import parse
from framework.solver.optim import Optimizer

SHAPES = [(512, 512, 3, 3)] * 8 + [(1024, 512, 3, 3), (1024, 1024, 1, 1)] + \
    [(256, 256, 3, 3)] * 4 + [(512,)] * 20
TURNS = 6


@dataclass
class Blob:
    parameter: Tensor
    lr_mult: float
    decay_mult: float


def parameters() -> list[Tensor]:
    made = [torch.randn(shape, requires_grad=True) for shape in SHAPES]
    for parameter in made:
        parameter.grad = torch.randn_like(parameter)
    return made


def ours(kind: str) -> Callable[[], None]:
    text = f'type: "{kind}" momentum: 0.9 weight_decay: 0.0005'
    blobs = [Blob(parameter, 1, 1) if parameter.dim() > 1 else Blob(parameter, 2, 0)
             for parameter in parameters()]
    optimizer = Optimizer(parse(text, "SolverParameter"), blobs)
    return lambda: optimizer.update(0.001, 0)


def theirs(kind: str) -> Callable[[], None]:
    more = {"momentum": 0.9} if kind == "SGD" else {}
    optimizer = getattr(torch.optim, kind)(parameters(), lr=0.001, weight_decay=0.0005,
                                           foreach=True, **more)
    return optimizer.step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    torch.set_num_threads(parser.parse_args().threads)
    for kind in ("SGD", "Adam"):
        contestants = [ours(kind), theirs(kind)]
        best = [float("inf")] * 2
        for _ in range(TURNS):
            for index, update in enumerate(contestants):
                begin = time.perf_counter()
                update()
                best[index] = min(best[index], time.perf_counter() - begin)
        print(f"{kind}: {best[0] * 1e3:.1f} ms, torch.optim {best[1] * 1e3:.1f} ms, "
              f"ratio {best[0] / best[1]:.2f}")


if __name__ == "__main__":
    main()
