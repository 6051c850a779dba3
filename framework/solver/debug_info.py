"""Log the mean absolute values of blobs, gradients and updates (`debug_info: true`).

Source: ForwardDebugInfo, BackwardDebugInfo, UpdateDebugInfo in BVLC's net.cpp.
"""

from __future__ import annotations

import torch
from torch import Tensor

from framework.logs.log import Log, number
from framework.net.net import Net, Visit
from framework.net.params import gradient_of


def mean_size(blob: Tensor | None) -> str:
    """The mean of the absolute values; 0 for a gradient that is None."""
    return number(float(blob.detach().abs().mean())) if blob is not None else "0"


def forward(net: Net, batch: dict[str, Tensor], log: Log) -> tuple[Tensor, list[Visit]]:
    """Run the net on a batch, logging every blob; the objective, and the layers that were run."""
    blobs = dict(batch)
    for source, names in net.sources:
        for name in names:
            log.info(f"    [Forward] Layer {source.spec.name}, top blob {name} data: "
                     f"{mean_size(blobs[name])}")
    passed: list[Visit] = []
    for visit in net.walk(blobs):
        step = visit.step
        for name, top in zip(step.tops, visit.tops, strict=True):
            log.info(f"    [Forward] Layer {step.layer.spec.name}, top blob {name} data: "
                     f"{mean_size(top)}")
            if top.requires_grad:
                top.retain_grad()
        for index, blob in enumerate(step.layer.blobs):
            log.info(f"    [Forward] Layer {step.layer.spec.name}, param blob {index} data: "
                     f"{mean_size(blob)}")
        passed.append(visit)
    net.blobs = blobs
    return net.objective(blobs).float(), passed


def log_backward(net: Net, log: Log, passed: list[Visit]) -> None:
    """Log every gradient, after the backward of what `forward` gave."""
    for step, bottoms, _ in reversed(passed):
        for name, blob in zip(step.bottoms, bottoms, strict=True):
            if blob.requires_grad:
                log.info(f"    [Backward] Layer {step.layer.spec.name}, bottom blob {name} diff: "
                         f"{mean_size(blob.grad)}")
        for index, blob in enumerate(step.layer.blobs):
            if blob.requires_grad:
                log.info(f"    [Backward] Layer {step.layer.spec.name}, param blob {index} diff: "
                         f"{mean_size(gradient_of(blob))}")
    learned = [blob.parameter.detach() for blob in net.learned]
    gradients = [blob.parameter.grad for blob in net.learned if blob.parameter.grad is not None]
    norms = [number(float(sum(part.norm(order) ** order for part in parts)) ** (1 / order))
             for order in (1, 2) for parts in (learned, gradients)]
    log.info(f"    [Backward] All net params (data, diff): L1 norm = ({norms[0]}, {norms[1]}); "
             f"L2 norm = ({norms[2]}, {norms[3]})")


@torch.no_grad()
def log_update(net: Net, log: Log, before: list[Tensor]) -> None:
    """Log how far each parameter moved; `before`: copies of `net.learned` before the update."""
    for blob, old in zip(net.learned, before, strict=True):
        log.info(f"    [Update] Layer {blob.layer}, param {blob.index} data: {mean_size(old)}; "
                 f"diff: {mean_size(old - blob.parameter)}")
