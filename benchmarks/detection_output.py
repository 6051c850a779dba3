"""How long DetectionOutput takes, for scores of a trained and of an untrained net.

    python benchmarks/detection_output.py [--images 8] [--priors 8732] [--classes 21] [--threads 2]

Prints milliseconds, and the ratio to suppression class by class: a loop over images and classes
with OpenCV's NMSBoxes, measured in turns in the same run.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor

from framework import parse_net
from framework.definition.spec import NetSpec
from framework.layers import LAYERS
from framework.ops.boxes import CENTER_SIZE, decode


def ssd_priors() -> Tensor:
    """SSD300's 8,732 priors (1, 2, 34928)."""
    corners = []
    for side, size, bigger, ratios in ((38, 30, 60, (2,)), (19, 60, 111, (2, 3)),
                                       (10, 111, 162, (2, 3)), (5, 162, 213, (2, 3)),
                                       (3, 213, 264, (2,)), (1, 264, 315, (2,))):
        middle = (torch.arange(side) + 0.5) / side
        y, x = torch.meshgrid(middle, middle, indexing="ij")
        shapes = [(size, size), ((size * bigger) ** 0.5,) * 2]
        shapes += [(size * r ** s, size / r ** s) for r in ratios for s in (0.5, -0.5)]
        half = torch.tensor(shapes) / 600
        centers = torch.stack([x, y], -1).view(-1, 1, 2)
        corners.append(torch.cat([centers - half, centers + half], 2).view(-1, 4))
    boxes = torch.cat(corners)
    variances = torch.tensor([0.1, 0.1, 0.2, 0.2]).expand_as(boxes)
    return torch.stack([boxes, variances]).view(1, 2, -1)


def example(images: int, classes: int, trained: bool) -> list[Tensor]:
    """loc, conf, prior. Untrained: all scores about 1 / classes. Trained: most are background,
    around some places of each image a class is likely."""
    generator = torch.Generator().manual_seed(0)
    prior = ssd_priors()
    num_priors = prior.shape[2] // 4
    loc = torch.randn(images, num_priors * 4, generator=generator) * 0.5
    logits = torch.randn(images, num_priors, classes, generator=generator) * 0.3
    if trained:
        logits[:, :, 0] += 8
        boxes = prior[0, 0].view(-1, 4)
        middle = (boxes[:, :2] + boxes[:, 2:]) / 2
        for image in range(images):
            for place in range(6):
                where = torch.rand(2, generator=generator)
                near = (middle - where).square().sum(1) < 0.004
                logits[image, near, 1 + (place * 5 + image) % (classes - 1)] += 8
    return [loc, logits.softmax(2).flatten(1), prior]


def make_layer(classes: int, bottoms: list[Tensor]) -> Callable[..., Tensor]:
    inputs = "".join(f'layer {{ name: "{name}" type: "Input" top: "{name}" }} '
                     for name in ("loc", "conf", "prior"))
    text = inputs + f"""layer {{ name: "out" type: "DetectionOutput" bottom: "loc" bottom: "conf"
        bottom: "prior" top: "out" detection_output_param {{ num_classes: {classes}
        code_type: CENTER_SIZE nms_param {{ nms_threshold: 0.45 top_k: 400 }}
        keep_top_k: 200 confidence_threshold: 0.01 }} }}"""
    spec = NetSpec(parse_net(text), "TEST").layers[-1]
    return LAYERS["DetectionOutput"](spec, *(tuple(bottom.shape) for bottom in bottoms))


def class_by_class(loc: Tensor, conf: Tensor, prior: Tensor) -> int:
    """Decode everything, then OpenCV's NMSBoxes for each class of each image; the number kept."""
    priors, variances = prior.view(2, -1, 4)
    boxes = decode(loc.view(len(loc), -1, 4), priors, variances, CENTER_SIZE).numpy()
    boxes = np.concatenate([boxes[..., :2], boxes[..., 2:] - boxes[..., :2]], 2).astype(np.float64)
    scores = conf.view(len(loc), len(priors), -1).numpy()
    total = 0
    for image in range(len(loc)):
        kept = sum(len(cv2.dnn.NMSBoxes(boxes[image], scores[image, :, label],
                                        0.01, 0.45, 1.0, 400))
                   for label in range(1, scores.shape[2]))
        total += min(kept, 200)
    return total


def milliseconds(work: Callable[..., object], bottoms: list[Tensor]) -> float:
    start = time.perf_counter()
    work(*bottoms)
    return (time.perf_counter() - start) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("images", 8), ("classes", 21), ("threads", 2), ("rounds", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    for trained in (True, False):
        bottoms = example(args.images, args.classes, trained)
        ours = make_layer(args.classes, bottoms)
        candidates = int((bottoms[1].view(-1, args.classes)[:, 1:] > 0.01).sum())
        mine, theirs = [], []
        for _ in range(args.rounds):
            mine.append(milliseconds(ours, bottoms))
            theirs.append(milliseconds(class_by_class, bottoms))
        rows = ours(*bottoms).shape[2]
        assert rows == class_by_class(*bottoms), "the two keep a different number of boxes"
        print(f"{'trained' if trained else 'untrained'}: {candidates} candidates, {rows} kept")
        print(f"  batched        {min(mine):8.1f} ms")
        print(f"  class by class {min(theirs):8.1f} ms")
        print(f"  ratio          {min(theirs) / min(mine):8.1f}")


if __name__ == "__main__":
    main()
