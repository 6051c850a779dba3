"""Compute the gradients of an iteration: precision, torch.compile, ranks, iter_size.

Source: Solver::Step in solver.cpp of weiliu89/caffe (branch ssd) for iter_size; the rest has no
counterpart there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from framework.errors import CaffeError
from framework.logs.log import Log
from framework.net.net import Net, Visit
from framework.solver import debug_info
from framework.solver.distributed import average_over_ranks
from framework.system.random_state import random_numbers

PRECISIONS = {"float32": torch.float32, "tf32": torch.float32, "bfloat16": torch.bfloat16,
              "float16": torch.float16}


@dataclass(frozen=True)
class Execution:
    """How a machine trains a net; no solver file speaks of it.

    precision      of convolutions and products (autocast): float32, bfloat16 or float16, this one
                   with a scaled loss; parameters, losses and updates are float32 in all of them
    compile        the net is made one program by torch.compile
    channels_last  images and the weights of convolutions are stored with channels last
    """

    precision: str = "float32"
    compile: bool = False
    channels_last: bool = False


FLOAT32 = Execution()


class Gradients:
    """Computes the gradients of a training net, batch after batch.

    seed, rank, world_size  with the number of the batch they fix what random layers draw
    when_started, when_ready    called at the start of an iteration, and when its gradients are
                                ready
    Raises CaffeError where the net cannot be compiled.
    """

    def __init__(self, net: Net, seed: int, rank: int, world_size: int, execution: Execution):
        self.net = net
        self.execution = execution
        self.world_size = world_size
        self.key = (seed * world_size + rank) * 0x9E3779B97F4A7C15
        self.device = net.device
        self.dtype = PRECISIONS[execution.precision]
        self.scaler = torch.amp.GradScaler(self.device.type,
                                           enabled=self.dtype == torch.float16)
        self.when_started: list[Callable[[], object]] = []
        self.when_ready: list[Callable[[], object]] = []
        self.carrier = _Carrier([blob.parameter for blob in net.learned])
        self.program = torch.compile(self._compute, fullgraph=True) if execution.compile else None
        if execution.channels_last and not net.reshaped:    # a view needs its owner's usual order
            for parameter in net.parameters():
                parameter.data = _with_channels_last(parameter.data)

    def compute(self, iteration: int, batches: int, log: Log | None = None) -> Tensor:
        """Sum the gradients of the iteration's `batches` into `.grad`; the mean of the losses, a
        scalar on the device.

        log  prints what `debug_info: true` asks for
        """
        for blob in self.net.learned:
            blob.parameter.grad = None
        for callback in self.when_started:
            callback()
        losses = []
        for index in range(batches):
            batch = self._next_batch()      # before: other threads' nets must not wait for data
            with self.net.naming_records(), \
                    random_numbers(self.key + iteration * batches + index, self.device):
                losses.append(self._one(batch, log))
            del batch       # its memory is free for the next one
            if self.device.type == "cpu" and not torch.isfinite(losses[-1]):
                break       # the run ends here, and the blobs are those to look at
        loss = torch.stack(losses).sum() / batches
        if self.world_size > 1:
            average_over_ranks([blob.parameter for blob in self.net.learned], loss)
        if self.scaler.is_enabled():
            self.scaler.unscale_(self.carrier)  # type: ignore[arg-type]  # as in `apply`
        for callback in self.when_ready:
            callback()
        return loss

    def _one(self, batch: dict[str, Tensor], log: Log | None) -> Tensor:
        """Add the gradients of a batch; its loss."""
        passed: list[Visit] = []
        if log is None:
            objective = self._forward(batch)
        else:
            with self.autocast():
                objective, passed = debug_info.forward(self.net, batch, log)
        if objective.requires_grad:
            self.scaler.scale(objective).backward()
        if log is not None:
            debug_info.log_backward(self.net, log, passed)
        return objective.detach()

    @torch.no_grad()
    def loss(self, batch: int) -> Tensor:
        """The loss of the next batch, which is number `batch` of the run, without gradients.

        The running averages of BatchNorm stay as they are. In the original this forward, the last
        of a run, moves them after the weights are saved, so that its last test is of another net.
        """
        blobs = self._next_batch()
        averages = [blob for step in self.net.layers for blob in step.layer.blobs
                    if not isinstance(blob, torch.nn.Parameter)]
        before = [blob.clone() for blob in averages]
        with random_numbers(self.key + batch, self.device):
            loss = self._forward(blobs)
        for blob, values in zip(averages, before, strict=True):
            blob.copy_(values)
        return loss

    def apply(self, update: Callable[[], None]) -> bool:
        """Update, unless a gradient left the range of float16; False then. Waits for the device
        in float16 alone."""
        if not self.scaler.is_enabled():
            update()
            return True
        before = self.scaler.get_scale()
        self.carrier.step = update
        self.scaler.step(self.carrier)      # type: ignore[arg-type]  # duck typing is enough for it
        self.scaler.update()
        return self.scaler.get_scale() >= before

    def _next_batch(self) -> dict[str, Tensor]:
        self.net.blobs = {}         # the last batch's memory is free for this one
        batch = self.net.next_batch() if self.net.sources else {}
        if self.execution.channels_last:
            batch = {name: _with_channels_last(blob) for name, blob in batch.items()}
        return batch

    def autocast(self) -> torch.autocast:
        """In which a forward of this net computes as it does in training."""
        return torch.autocast(self.device.type, self.dtype, self.dtype != torch.float32)

    def _forward(self, batch: dict[str, Tensor]) -> Tensor:
        """The objective of a batch; `net.blobs` holds all blobs, of a compiled net its outputs."""
        net = self.net
        with self.autocast():
            if self.program is None:
                net(batch)
                return net.objective(net.blobs).float()
            try:
                objective, outputs = self.program(batch)
            except Exception as error:
                if type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
                    reason = " ".join(str(error).split("\n\n")[0].split())
                    raise CaffeError(f"{net.spec.path}: --compile: torch.compile cannot take this "
                                     f"net: {reason}") from error
                raise
        net.blobs = {**batch, **outputs}
        return objective

    def _compute(self, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        blobs = self.net.run(batch)
        return self.net.objective(blobs).float(), {name: blobs[name] for name in self.net.outputs}


class _Carrier:
    """Parameters and a step, which is all that GradScaler asks of an optimizer."""

    def __init__(self, parameters: list[Tensor]):
        self.param_groups = [{"params": parameters}]
        self.step: Callable[[], None] = lambda: None


def _with_channels_last(blob: Tensor) -> Tensor:
    return blob.contiguous(memory_format=torch.channels_last) if blob.ndim == 4 else blob
