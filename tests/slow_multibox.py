"""MultiBoxLoss by its definition, one image and one prior at a time, in plain numpy.

It gives the loss and its gradients, which for `encode_variance_in_target` are not the derivative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tests import slow_boxes


@dataclass
class Rule:
    """The fields of multibox_loss_param, by their names and defaults in the schema."""

    num_classes: int
    code_type: int = slow_boxes.CORNER
    loc_loss_type: str = "SMOOTH_L1"
    conf_loss_type: str = "SOFTMAX"
    loc_weight: float = 1.0
    share_location: bool = True
    match_type: str = "PER_PREDICTION"
    overlap_threshold: float = 0.5
    use_prior_for_matching: bool = True
    background_label_id: int = 0
    use_difficult_gt: bool = True
    neg_pos_ratio: float = 3.0
    neg_overlap: float = 0.5
    encode_variance_in_target: bool = False
    map_object_to_agnostic: bool = False
    ignore_cross_boundary_bbox: bool = False
    bp_inside: bool = False
    mining_type: str = "MAX_NEGATIVE"
    sample_size: int = 64
    nms: tuple[float, int] | None = None
    use_prior_for_nms: bool = False
    normalization: str = "VALID"


def log_softmax(row):
    shifted = row - row.max()
    return shifted - math.log(np.exp(shifted).sum())


def class_loss(rule, row, label):
    if rule.conf_loss_type == "SOFTMAX":
        return -log_softmax(row)[label]
    return sum(math.log1p(math.exp(-abs(x))) + max(x, 0) - x * (c == label)
               for c, x in enumerate(row))


def box_difference(rule, predicted, truth, prior, variance):
    how = (prior, variance, rule.code_type, rule.encode_variance_in_target)
    target = slow_boxes.encode(truth, *how)
    difference = predicted - target
    if rule.bp_inside:
        box = prior if rule.use_prior_for_matching else slow_boxes.decode(predicted, *how)
        difference = np.where((np.array(box) < 0) | (np.array(box) > 1), 0, difference)
    return difference / variance if rule.encode_variance_in_target else difference


def box_loss(rule, difference):
    if rule.loc_loss_type == "L2":
        return (difference ** 2).sum() / 2, difference
    small = np.abs(difference) < 1
    loss = np.where(small, difference ** 2 / 2, np.abs(difference) - 0.5).sum()
    return loss, np.where(small, difference, np.sign(difference))


def chosen(rule, losses, eligible, count, boxes):
    """The hardest of the eligible priors."""
    order = sorted(eligible, key=lambda index: -losses[index])
    if rule.nms is None:
        return set(order[:max(count, 0)])
    threshold, top_k = rule.nms
    order = order if top_k < 0 else order[:top_k]
    order = [index for index in order if slow_boxes.area(boxes[index]) >= 1e-5]
    kept = slow_boxes.suppress([boxes[index] for index in order], threshold)
    return {order[index] for index in kept[:max(count, 0)]}


def find_matches(rule, loc, priors, variances, truths):
    """{class of the box: matches}; the class is 0 where all share a box."""
    threshold = rule.overlap_threshold if rule.match_type == "PER_PREDICTION" else None
    num_classes = loc.shape[1]
    if rule.use_prior_for_matching:
        found, best = slow_boxes.match(priors, [truth[3:7] for truth in truths], threshold,
                                       rule.ignore_cross_boundary_bbox)
        if rule.share_location:
            return {0: (found, best)}
        return {c: ([row if row < 0 or truths[row][1] == c else -1 for row in found], best)
                for c in range(num_classes)}
    result = {}
    for c in range(num_classes):
        boxes = [slow_boxes.decode(loc[p, c], priors[p], variances[p], rule.code_type,
                                   rule.encode_variance_in_target) for p in range(len(priors))]
        rows = [row for row, truth in enumerate(truths) if rule.share_location or truth[1] == c]
        found, best = slow_boxes.match(boxes, [truths[row][3:7] for row in rows], threshold,
                                       rule.ignore_cross_boundary_bbox)
        result[c] = ([rows[row] if row >= 0 else row for row in found], best)
    return result


def mine(rule, loc, conf, priors, variances, truths, matches):
    """The negatives of an image; matches that are not among the hardest are dropped."""
    found, best = matches[0]
    label = [agnostic(rule, truths[row][1]) if row >= 0 else rule.background_label_id
             for row in found]
    losses = [class_loss(rule, conf[p], label[p]) for p in range(len(priors))]
    boxes = priors if rule.use_prior_for_nms else [
        slow_boxes.decode(loc[p, 0], priors[p], variances[p], rule.code_type,
                          rule.encode_variance_in_target) for p in range(len(priors))]
    if rule.mining_type == "MAX_NEGATIVE":
        count = int(np.float32(sum(row >= 0 for row in found)) * np.float32(rule.neg_pos_ratio))
        eligible = [p for p, row in enumerate(found) if row == -1 and best[p] < rule.neg_overlap]
        return sorted(chosen(rule, losses, eligible, count, boxes))
    for p, row in enumerate(found):
        if row >= 0:
            losses[p] += box_loss(rule, box_difference(rule, loc[p, 0], truths[row][3:7],
                                                       priors[p], variances[p]))[0]
    hard = chosen(rule, losses, range(len(priors)), rule.sample_size, boxes)
    negatives = [p for p, row in enumerate(found) if row == -1 and p in hard]
    matches[0] = ([row if row < 0 or p in hard else -1 for p, row in enumerate(found)], best)
    return negatives


def agnostic(rule, label):
    return rule.background_label_id + 1 if rule.map_object_to_agnostic else int(label)


def multibox_loss(rule, loc, conf, prior, label):
    """loc (N, P, C or 1, 4), conf (N, P, C), prior (2, P, 4), label (R, 8), float64.

    Returns loss, gradient of loc, gradient of conf.
    """
    num_images, num_priors, num_classes = conf.shape
    priors, variances = prior
    loc_grad, conf_grad = np.zeros_like(loc), np.zeros_like(conf)
    total, num_matches = 0.0, 0
    target = np.full(conf.size, float(rule.background_label_id))
    for image in range(num_images):
        truths = [row for row in label if int(row[0]) == image
                  and (rule.use_difficult_gt or not row[7])]
        matches, negatives = {}, []
        if truths:
            matches = find_matches(rule, loc[image], priors, variances, truths)
            if rule.mining_type != "NONE":
                negatives = mine(rule, loc[image], conf[image], priors, variances, truths, matches)
        without = range(num_priors) if rule.mining_type == "NONE" else negatives
        classes = dict.fromkeys(without, rule.background_label_id)
        for c, (found, _) in sorted(matches.items()):
            for p, row in enumerate(found):
                if row < 0:
                    continue
                num_matches += 1
                classes[p] = agnostic(rule, truths[row][1])
                difference = box_difference(rule, loc[image, p, c], truths[row][3:7], priors[p],
                                            variances[p])
                loss, slope = box_loss(rule, difference)
                total += rule.loc_weight * loss
                loc_grad[image, p, c] = rule.loc_weight * slope
                target[image * num_priors + p * num_classes + classes[p]] = 1
        if rule.conf_loss_type == "SOFTMAX":
            for p, own in classes.items():
                total += class_loss(rule, conf[image, p], own)
                conf_grad[image, p] = np.exp(log_softmax(conf[image, p]))
                conf_grad[image, p, own] -= 1
        elif rule.mining_type != "NONE":
            for p, own in classes.items():
                wanted = np.full(num_classes, float(rule.background_label_id))
                if own >= 0:
                    wanted[own] = 1
                total += add_sigmoid(conf[image, p], wanted, conf_grad[image, p])
    if rule.conf_loss_type == "LOGISTIC" and rule.mining_type == "NONE":
        total += add_sigmoid(conf.reshape(-1), target, conf_grad.reshape(-1))
    divisor = {"VALID": num_matches, "FULL": num_images * num_priors, "BATCH_SIZE": num_images,
               "NONE": 1}[rule.normalization]
    divisor = max(divisor, 1)
    return total / divisor, loc_grad / divisor, conf_grad / divisor


def add_sigmoid(x, target, gradient):
    gradient[:] = 1 / (1 + np.exp(-x)) - target
    return float((np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0) - x * target).sum())
