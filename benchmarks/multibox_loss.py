"""How long MultiBoxLoss takes, forward and backward, beside the same loss image by image.

    python benchmarks/multibox_loss.py [--images 32] [--priors 8732] [--classes 21] [--threads 2]

Prints milliseconds of both, measured in turns, and their ratio. The other one is how the loss is
mostly written by hand in PyTorch: a loop over images, greedy matching, two sorts for the mining.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from framework import parse_net
from framework.definition.spec import NetSpec
from framework.layers import LAYERS
from framework.ops.boxes import CENTER_SIZE, encode, iou


def example(images: int, priors: int, classes: int, boxes: int) -> list[Tensor]:
    """Random loc, conf, prior, label; `boxes` ground truth boxes an image on average."""
    generator = torch.Generator().manual_seed(0)

    def rand(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator)

    def corners(count: int) -> Tensor:
        middle, half = rand(count, 2), rand(count, 2) * 0.2 + 0.02
        return torch.cat([middle - half, middle + half], 1)

    loc = torch.randn(images, priors * 4, generator=generator)
    conf = torch.randn(images, priors * classes, generator=generator)
    variances = torch.tensor([0.1, 0.1, 0.2, 0.2]).expand(priors, 4)
    prior = torch.stack([corners(priors), variances]).view(1, 2, -1)
    rows = torch.zeros(images * boxes, 8)
    rows[:, 0] = (rand(len(rows)) * images).floor().sort().values
    rows[:, 1] = (rand(len(rows)) * (classes - 1)).floor() + 1
    rows[:, 3:7] = corners(len(rows)).clamp(0, 1)
    return [loc, conf, prior, rows.view(1, 1, -1, 8)]


def make_layer(classes: int, *bottoms: Tensor) -> Callable[..., Tensor]:
    inputs = "".join(f'layer {{ name: "{name}" type: "Input" top: "{name}" }} '
                     for name in ("loc", "conf", "prior", "label"))
    text = inputs + f"""layer {{ name: "loss" type: "MultiBoxLoss" bottom: "loc" bottom: "conf"
        bottom: "prior" bottom: "label" top: "loss"
        multibox_loss_param {{ num_classes: {classes} code_type: CENTER_SIZE }} }}"""
    spec = NetSpec(parse_net(text), "TRAIN").layers[-1]
    return LAYERS["MultiBoxLoss"](spec, *(tuple(bottom.shape) for bottom in bottoms))


def by_image(loc: Tensor, conf: Tensor, prior: Tensor, label: Tensor) -> Tensor:
    """The same loss, a Python loop over images and boxes."""
    priors, variances = prior.view(2, -1, 4)
    num_images, num_priors = len(loc), len(priors)
    loc, conf = loc.view(num_images, -1, 4), conf.view(num_images, num_priors, -1)
    rows = label.view(-1, 8)
    loc_loss, conf_loss, matches = loc.new_zeros(()), loc.new_zeros(()), 0
    for image in range(num_images):
        own = rows[rows[:, 0] == image]
        if not len(own):
            continue
        overlaps = iou(own[:, None, 3:7], priors)
        best, row = overlaps.max(0)
        row = torch.where(best >= 0.5, row, -1)
        left = overlaps.clone()
        for _ in range(len(own)):
            place = int(left.argmax())
            box, number = place % num_priors, place // num_priors
            if left[number, box] <= 1e-6:
                break
            row[box] = number
            left[number], left[:, box] = 0, 0
        positive = row >= 0
        classes = torch.where(positive, own[:, 1].long()[row.clamp(min=0)], 0)
        losses = F.cross_entropy(conf[image], classes, reduction="none")
        hard = torch.where(positive | (best >= 0.5), -1.0, losses.detach())
        rank = hard.argsort(descending=True).argsort()
        chosen = positive | (rank < 3 * int(positive.sum())) & (hard >= 0)
        conf_loss = conf_loss + losses[chosen].sum()
        target = encode(own[row[positive], 3:7], priors[positive], variances[positive], CENTER_SIZE)
        loc_loss = loc_loss + F.smooth_l1_loss(loc[image][positive], target, reduction="sum")
        matches += int(positive.sum())
    return (loc_loss + conf_loss) / max(matches, 1)


def milliseconds(loss: Callable[..., Tensor], bottoms: list[Tensor]) -> tuple[float, Tensor]:
    loc, conf = (bottom.clone().requires_grad_() for bottom in bottoms[:2])
    start = time.perf_counter()
    value = loss(loc, conf, *bottoms[2:])
    value.backward()
    return (time.perf_counter() - start) * 1e3, value.detach()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("images", 32), ("priors", 8732), ("classes", 21), ("boxes", 4),
                          ("threads", 2), ("rounds", 8)):
        parser.add_argument(f"--{name}", type=int, default=default)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    bottoms = example(args.images, args.priors, args.classes, args.boxes)
    ours = make_layer(args.classes, *bottoms)
    times: dict[str, list[float]] = {"batched": [], "by image": []}
    for _ in range(args.rounds):
        spent, value = milliseconds(ours, bottoms)
        times["batched"].append(spent)
        spent, expected = milliseconds(by_image, bottoms)
        times["by image"].append(spent)
        torch.testing.assert_close(value, expected, rtol=1e-4, atol=0)
    best = {name: min(values) for name, values in times.items()}
    for name, value in best.items():
        print(f"{name:10s} {value:8.1f} ms")
    print(f"ratio      {best['by image'] / best['batched']:8.1f}")


if __name__ == "__main__":
    main()
