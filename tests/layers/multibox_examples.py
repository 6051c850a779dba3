"""MultiBoxLoss layers and bottoms for tests."""

import dataclasses

import torch

from tests import slow_boxes
from tests.slow_multibox import Rule
from tests.support import make, noise

CODE_NAMES = {slow_boxes.CORNER: "CORNER", slow_boxes.CENTER_SIZE: "CENTER_SIZE",
              slow_boxes.CORNER_SIZE: "CORNER_SIZE"}
CENTER = slow_boxes.CENTER_SIZE


def fields(rule):
    """The layer's text for a rule."""
    lines = []
    for field in dataclasses.fields(Rule):
        value = getattr(rule, field.name)
        if field.name == "num_classes" or value != field.default:
            if field.name == "code_type":
                value = CODE_NAMES[value]
            elif field.name == "background_label_id" and value < 0:
                value += 2**32
            elif field.name in ("nms", "normalization"):
                continue
            lines.append(f"{field.name}: {str(value).lower() if value in (True, False) else value}")
    if rule.nms:
        lines.append(f"nms_param {{ nms_threshold: {rule.nms[0]} top_k: {rule.nms[1]} }}")
    text = f"multibox_loss_param {{ {' '.join(lines)} }}"
    return f"loss_param {{ normalization: {rule.normalization} }} {text}"


def example(rule, seed=1, num_images=3, num_priors=26, rows=9):
    """loc, conf, prior, label: boxes around the image, some difficult, some rows of no image."""
    loc_classes = 1 if rule.share_location else rule.num_classes
    loc = noise(num_images, num_priors * loc_classes * 4, seed=seed)
    conf = noise(num_images, num_priors * rule.num_classes, seed=seed + 1)
    place = noise(num_priors + rows, 4, seed=seed + 2, requires_grad=False)
    low, size = place[:, :2] * 0.25 + 0.3, place[:, 2:].abs() * 0.2 + 0.15
    corners = torch.cat([low, low + size], 1)
    variances = noise(num_priors, 4, seed=seed + 3, requires_grad=False).abs() * 0.2 + 0.1
    prior = torch.stack([corners[:num_priors], variances]).view(1, 2, -1)
    label = torch.zeros(rows, 8, dtype=torch.float64)
    label[:, 0] = torch.arange(rows) * 2 % (num_images + 1) - 1
    labels = [c for c in range(rule.num_classes) if c != rule.background_label_id] or [0]
    label[:, 1] = torch.tensor([labels[row % len(labels)] for row in range(rows)])
    label[:, 3:7] = corners[num_priors:]
    label[:, 7] = (torch.arange(rows) % 4 == 0).double()
    return loc, conf, prior, label.view(1, 1, -1, 8)


def small(text="num_classes: 3 code_type: CENTER_SIZE", **options):
    rule = Rule(3, CENTER)
    bottoms = example(rule, **options)
    return make("MultiBoxLoss", text, *(tuple(x.shape) for x in bottoms)), *bottoms
