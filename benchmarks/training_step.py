"""How long a training step takes, beside plain PyTorch: forward, loss, backward, update.

    python benchmarks/training_step.py [--nets resnet50 ssd_bccd] [--batch 8] [--threads 1]
                                       [--rounds 5]

Ours is framework.Net in phase TRAIN with framework.optim's SGD; the other the same layers as
nn.Conv2d, nn.BatchNorm2d and so on (benchmarks/plain_net.py), the loss as it is mostly written by
hand (benchmarks/multibox_loss.py, or F.cross_entropy) and torch.optim.SGD. Same weights, same
batch; the first losses are compared. Rounds go in turns; printed are medians of milliseconds, by
the processor and by the clock, and processor time in parts of ours: above 1 is slower than ours.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from multibox_loss import by_image
from plain_net import plain_net
from torch import Tensor

from framework.definition.prototxt import parse
from framework.net.net import Net
from framework.solver.optim import Optimizer

FOLDER = Path(__file__).resolve().parents[1]
NETS = ("ssd300_vgg16", "ssd300_mobilenet_v1", "ssd_bccd", "resnet50")
SOLVER = 'type: "SGD" momentum: 0.9 weight_decay: 0.0005'
RATE = 1e-5             # small: the time is asked for, not what is learned


def example(net: Net, batch: int) -> dict[str, Tensor]:
    """Noise as images, and labels: classes, or three boxes an image."""
    generator = torch.Generator().manual_seed(0)
    data = torch.randn((batch, *net.shapes["data"][1:]), generator=generator)
    if len(net.shapes["label"]) == 1:
        return {"data": data, "label": torch.arange(batch).float()}
    rows = torch.zeros(batch * 3, 8)
    rows[:, 0] = torch.arange(batch).repeat_interleave(3)
    rows[:, 1] = 1 + torch.arange(len(rows)) % 3
    low = torch.rand((len(rows), 2), generator=generator) * 0.6
    rows[:, 3:7] = torch.cat([low, low + 0.1 + 0.3 * torch.rand(low.shape, generator=generator)], 1)
    return {"data": data, "label": rows.view(1, 1, -1, 8)}


def ours(net: Net, batch: dict[str, Tensor]) -> Callable[[], Tensor]:
    optimizer = Optimizer(parse(SOLVER, "SolverParameter"), net.learned)

    def step() -> Tensor:
        for blob in net.learned:
            blob.parameter.grad = None
        net(batch)
        loss = net.objective(net.blobs)
        loss.backward()
        optimizer.update(RATE, 0)
        return loss.detach()
    return step


def theirs(net: Net, batch: dict[str, Tensor]) -> Callable[[], Tensor]:
    detects = "mbox_loc" in net.shapes
    if detects:
        with torch.no_grad():
            priors = net.run(batch)["mbox_priorbox"]
    else:
        scores = next(step.bottoms[0] for step in net.layers if step.layer.loss)
    plain = plain_net(net, ("mbox_loc", "mbox_conf") if detects else (scores,))
    optimizer = torch.optim.SGD(plain.parameters(), lr=RATE, momentum=0.9, weight_decay=0.0005,
                                foreach=True)

    def step() -> Tensor:
        optimizer.zero_grad()
        tops = plain(batch["data"])
        loss = by_image(*tops, priors, batch["label"]) if detects else \
            F.cross_entropy(tops[0], batch["label"].long())
        loss.backward()
        optimizer.step()
        return loss.detach()
    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nets", nargs="+", choices=NETS, default=NETS)
    for name, default in (("batch", 8), ("threads", 1), ("rounds", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    for name in args.nets:
        print(f"{name}, batch {args.batch}", flush=True)
        net = Net(FOLDER / "prototxt" / name / "train_test.prototxt", "TRAIN", skip_data=True)
        batch = example(net, args.batch)
        steps = {"plain PyTorch": theirs(net, batch), "ours": ours(net, batch)}
        first = [step() for step in steps.values()]
        torch.testing.assert_close(*first, rtol=1e-3, atol=0)
        spent: dict[str, list[tuple[float, float]]] = {which: [] for which in steps}
        for _ in range(args.rounds):
            for which, step in steps.items():
                processor, clock = time.process_time(), time.perf_counter()
                step()
                spent[which].append((time.process_time() - processor, time.perf_counter() - clock))
        mine = statistics.median(processor for processor, _ in spent["ours"])
        for which, times in spent.items():
            processor, clock = (statistics.median(each) for each in zip(*times, strict=True))
            print(f"  {which:15s} {processor * 1e3:8.1f} ms {clock * 1e3:8.1f} ms by the clock"
                  f"   {processor / mine:5.2f}", flush=True)


if __name__ == "__main__":
    main()
