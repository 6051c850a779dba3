"""Losses and matching of one-stage detectors as their papers and torchvision define them, in plain
numpy and loops."""

import numpy as np

from tests.definitions import sigmoid


def box_iou(first, second):
    """torchvision.ops.box_iou of one pair."""
    low = np.maximum(first[:2], second[:2])
    high = np.minimum(first[2:], second[2:])
    common = np.prod((high - low).clip(0))
    areas = np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2])
    return common / (areas - common)


def focal(x, target, alpha, gamma):
    """torchvision.ops.sigmoid_focal_loss of one score."""
    p = sigmoid(x)
    cross_entropy = -(target * np.log(p) + (1 - target) * np.log(1 - p))
    p_t = p * target + (1 - p) * (1 - target)
    alpha_t = alpha * target + (1 - alpha) * (1 - target)
    return alpha_t * cross_entropy * (1 - p_t) ** gamma


def encode(box, prior, variance):
    """torchvision's BoxCoder with weights 1 / variance."""
    size, prior_size = box[2:] - box[:2], prior[2:] - prior[:2]
    middle, prior_middle = (box[2:] + box[:2]) / 2, (prior[2:] + prior[:2]) / 2
    return np.concatenate([(middle - prior_middle) / prior_size, np.log(size / prior_size)]
                          ) / variance


def match(priors, boxes, high, low):
    """torchvision's Matcher with low quality matches: a box's number for each prior, -1, or -2."""
    if not len(boxes):
        return np.full(len(priors), -1)
    overlaps = np.array([[box_iou(box, prior) for prior in priors] for box in boxes])
    nearest = overlaps.argmax(0)
    best = overlaps.max(0)
    found = nearest.copy()
    found[best < low] = -1
    found[(best >= low) & (best < high)] = -2
    for row in overlaps:
        if row.max() > 0:
            for prior in np.flatnonzero(row == row.max()):
                found[prior] = nearest[prior]
    return found


def truth_of(label, image, use_difficult=True):
    """Classes and corners of an image's rows."""
    rows = [row for row in label if row[0] == image and (use_difficult or not row[7])]
    return [int(row[1]) for row in rows], np.array([row[3:7] for row in rows]).reshape(-1, 4)


def retina_net_loss(loc, conf, priors, variances, label, *, alpha=0.25, gamma=2.0, high=0.5,
                    low=0.4, beta=0.0, loc_weight=1.0, use_difficult=True):
    """RetinaNet's loss. loc (N, P, 4), conf (N, P, C), priors and variances (P, 4), label rows."""
    total = 0.0
    for image in range(len(loc)):
        kinds, boxes = truth_of(label, image, use_difficult)
        found = match(priors, boxes, high, low)
        value = 0.0
        for prior, row in enumerate(found):
            if row == -2:
                continue
            for kind in range(conf.shape[2]):
                is_one = row >= 0 and kinds[row] == kind
                value += focal(conf[image, prior, kind], float(is_one), alpha, gamma)
            if row >= 0:
                away = np.abs(loc[image, prior] - encode(boxes[row], priors[prior],
                                                         variances[prior]))
                if beta:
                    away = np.where(away < beta, 0.5 * away ** 2 / beta, away - 0.5 * beta)
                value += loc_weight * away.sum()
        total += value / max((found >= 0).sum(), 1)
    return total / len(loc)


def fcos_match(squares, boxes, radius, least, most):
    """torchvision's matching in FCOS.compute_loss: a box's number for each point, or -1."""
    sizes = squares[:, 2] - squares[:, 0]
    found = []
    for square, size in zip(squares, sizes, strict=True):
        x, y = (square[:2] + square[2:]) / 2
        best, smallest = -1, np.inf
        for number, (x0, y0, x1, y1) in enumerate(boxes):
            apart = max(abs(x - (x0 + x1) / 2), abs(y - (y0 + y1) / 2))
            sides = [x - x0, y - y0, x1 - x, y1 - y]
            lower = 0 if size == sizes.min() else size * least
            upper = np.inf if size == sizes.max() else size * most
            if apart < radius * size and min(sides) > 0 and lower < max(sides) < upper:
                area = (x1 - x0) * (y1 - y0)
                if area < smallest:
                    best, smallest = number, area
        found.append(best)
    return np.array(found)


def giou_loss(first, second):
    """torchvision.ops.generalized_box_iou_loss of one pair."""
    low, high = np.maximum(first[:2], second[:2]), np.minimum(first[2:], second[2:])
    common = np.prod(high - low) if (high > low).all() else 0.0
    union = np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2]) - common
    around = np.prod(np.maximum(first[2:], second[2:]) - np.minimum(first[:2], second[:2]))
    return 1 - (common / (union + 1e-7) - (around - union) / (around + 1e-7))


def fcos_loss(loc, conf, centerness, squares, label, *, radius=1.5, least=4.0, most=8.0,
              weights=(1.0, 1.0)):
    """FCOS' loss. loc (N, P, 4): distances to left, top, right, bottom in squares; pixels, square
    images."""
    total, count = 0.0, 0
    sizes = squares[:, 2] - squares[:, 0]
    middles = (squares[:, :2] + squares[:, 2:]) / 2
    for image in range(len(loc)):
        kinds, boxes = truth_of(label, image)
        for point, row in enumerate(fcos_match(squares, boxes, radius, least, most)):
            for kind in range(conf.shape[2]):
                is_one = row >= 0 and kinds[row] == kind
                total += focal(conf[image, point, kind], float(is_one), 0.25, 2.0)
            if row < 0:
                continue
            count += 1
            (x, y), size = middles[point], sizes[point]
            left, top, right, bottom = loc[image, point] * size
            found = np.array([x - left, y - top, x + right, y + bottom])
            total += weights[0] * giou_loss(found / size, boxes[row] / size)
            x0, y0, x1, y1 = boxes[row]
            left, top, right, bottom = x - x0, y - y0, x1 - x, y1 - y
            target = np.sqrt(min(left, right) / max(left, right)
                             * min(top, bottom) / max(top, bottom))
            p = sigmoid(centerness[image, point])
            total -= weights[1] * (target * np.log(p) + (1 - target) * np.log(1 - p))
    return total / max(count, 1)
