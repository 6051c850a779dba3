"""Losses and matching of one-stage detectors as their papers and torchvision define them, in plain
numpy and loops."""

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


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
