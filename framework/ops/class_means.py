"""Slopes that draw items to the means of their classes, from those of others, and domains alike.

In all functions x is (N, D), labels (N, L) whole numbers, counts (L, K) how many items a mean is
of, and means (L, K, D); a class without items is left out, as are labels not from 0 to K - 1.
Source: homo_mean_loss_layer.cpp and .cu of JiahaoLi-gdut/CAFFE-DACH.
"""

from __future__ import annotations

import torch
from torch import Tensor


def class_means(x: Tensor, labels: Tensor, num_classes: int) -> tuple[Tensor, Tensor]:
    """The number of items (L, K) of each class and their mean (L, K, D), 0 without any."""
    number = labels.shape[1]
    inside = ((labels >= 0) & (labels < num_classes)).to(x)
    place = labels.clamp(0, num_classes - 1) + torch.arange(number, device=x.device) * num_classes
    counts = x.new_zeros(number * num_classes).index_add(0, place.flatten(), inside.flatten())
    each = (x[:, None] * inside[..., None]).flatten(0, 1)
    sums = x.new_zeros(number * num_classes, x.shape[1]).index_add(0, place.flatten(), each)
    means = sums / counts.clamp(min=1)[:, None]
    return counts.view(number, num_classes), means.view(number, num_classes, -1)


def own_differences(x: Tensor, labels: Tensor, counts: Tensor, means: Tensor
                    ) -> tuple[Tensor, Tensor, Tensor]:
    """For each label x minus the mean of its class (N, L, D), the class's count (N, L), and
    whether there is one (N, L)."""
    inside = (labels >= 0) & (labels < counts.shape[1])
    own = labels.clamp(0, counts.shape[1] - 1)
    place = torch.arange(labels.shape[1], device=x.device)
    number = counts[place, own]
    return x[:, None] - means[place, own], number.clamp(min=1), inside & (number >= 1)


def cluster_slopes(x: Tensor, labels: Tensor, counts: Tensor, means: Tensor, measure: str
                   ) -> Tensor:
    """The slope (N, D) of an item's distance from the mean of its class, a mean over its labels.

    measure  rawsubsqr-overall-cluster: of squares, the mean staying where it is;
             rawsubabs-overall-average: of magnitudes, the mean moving with its items
    """
    apart, number, known = own_differences(x, labels, counts, means)
    each = 2 * apart if measure == "rawsubsqr-overall-cluster" \
        else apart.sign() * (1 - 1 / number)[..., None]
    return (each * known[..., None]).sum(1) / known.sum(1).clamp(min=1)[:, None]


def scatter_slopes(x: Tensor, labels: Tensor, counts: Tensor, means: Tensor, measure: str
                   ) -> Tensor:
    """The slope (N, D) that leads away from the means of all other classes, a mean over these.

    measure  rawsubsqr-samples-cluster: of squares, with the pull of the classes on their means;
             rawsubabs-samples-average: of magnitudes; logsubabs-samples-average: of log(1 + them)
    """
    apart, number, known = own_differences(x, labels, counts, means)
    total, times = torch.zeros_like(x), x.new_zeros(len(x))
    for place in range(labels.shape[1]):
        for other in range(counts.shape[1]):
            taken = known[:, place] & (labels[:, place] != other) & (counts[place, other] >= 1)
            away = means[place, other] - x
            if measure == "rawsubsqr-samples-cluster":
                share = counts[place, other] / number[:, place]
                each = 2 * (away + (away + apart[:, place]) * share[:, None])
            elif measure == "rawsubabs-samples-average":
                each = away.sign()
            else:
                each = away.sign() / (away.abs() + 1)
            total = total + each * taken[:, None]
            times = times + taken
    return total / times.clamp(min=1)[:, None]


def cluster_measure(x: Tensor, labels: Tensor, counts: Tensor, means: Tensor) -> Tensor:
    """The mean squared difference () of items and the means of their classes."""
    apart, _, known = own_differences(x, labels, counts, means)
    number = known.sum(1)
    squares = (apart.square() * known[..., None]).sum(1) / number.clamp(min=1)[:, None]
    return (squares.sum(0) / (number > 0).sum().clamp(min=1)).mean()


def scatter_measure(x: Tensor, labels: Tensor, counts: Tensor, means: Tensor) -> Tensor:
    """The mean squared difference () of items and the means of other classes."""
    _, _, known = own_differences(x, labels, counts, means)
    total, times = torch.zeros_like(x), x.new_zeros(len(x))
    for place in range(labels.shape[1]):
        for other in range(counts.shape[1]):
            taken = known[:, place] & (labels[:, place] != other) & (counts[place, other] >= 1)
            total = total + (x - means[place, other]).square() * taken[:, None]
            times = times + taken
    each = total / times.clamp(min=1)[:, None]
    return (each.sum(0) / (times > 0).sum().clamp(min=1)).mean()


def gaps(x: Tensor, pairs: Tensor, counts: Tensor, means: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of one label, for pairs (P, 2) of items the sum (P,) over the classes of how much farther the
    first is from the mean than the second, the number of classes (), and distances (N, K)."""
    known = counts >= 1
    roots = (x[:, None] - means).square().sum(2).sqrt()
    between = (roots[pairs[:, 0]] - roots[pairs[:, 1]]) * known
    return between.sum(1), known.sum(), roots


def oval_slopes(x: Tensor, pairs: Tensor, labels: Tensor, counts: Tensor, means: Tensor
                ) -> tuple[Tensor, Tensor]:
    """For the two items of pairs (P, 2) the slopes (P, D) of 1 - exp(-g^2), g their gap, over
    the number of classes; the means of their classes (P, of one label) move with the items."""
    gap, number, roots = gaps(x, pairs, counts, means)
    slope = gap * torch.exp(-gap * gap) / number.clamp(min=1)
    sides = []
    for side, sign in ((0, 1), (1, -1)):
        root = roots[pairs[:, side]]
        each = torch.where((counts >= 1) & (root > 0), sign * slope[:, None] / root, 0.0)
        sides.append((x[pairs[:, side]], each))
    found = []
    for side, (item, each) in enumerate(sides):
        whole = 2 * ((item[:, None] - means) * each[..., None]).sum(1)
        label = labels[pairs[:, side]]
        own = label.clamp(0, len(counts) - 1)
        moved = (label == own) & (counts[own] >= 1)
        rows = torch.arange(len(pairs), device=x.device)
        pull = sum((2 * (one - means[own]) * slopes[rows, own][:, None] for one, slopes in sides),
                   start=torch.zeros_like(whole))
        share = moved / counts[own].clamp(min=1)
        found.append(whole - pull * share[:, None])
    return found[0], found[1]
