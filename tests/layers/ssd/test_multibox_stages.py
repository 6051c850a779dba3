"""MultiBoxLoss after a first stage that moves the priors and scores them (RefineDet)."""

import dataclasses

import numpy as np
import pytest
import torch

from framework.errors import DataError
from tests import slow_boxes
from tests.layers.multibox_examples import CENTER, example, small
from tests.slow_multibox import Rule
from tests.slow_multibox import multibox_loss as slow_loss
from tests.support import make, noise


def staged(rule, *bottoms):
    return make("MultiBoxLoss", f"num_classes: {rule.num_classes} code_type: CENTER_SIZE "
                "objectness_score: 0.4", *(tuple(bottom.shape) for bottom in bottoms))


def test_a_first_stage_moves_the_priors_of_each_image():
    rule = Rule(3, CENTER)
    loc, conf, prior, label = example(rule)
    moves = noise(loc.shape, seed=31, requires_grad=False) * 0.3
    objects = torch.tensor([0.0, 1.0], dtype=torch.float64).repeat(3, 26)
    priors, variances = prior.view(2, 26, 4)

    total = staged(rule, loc, conf, prior, label, objects, moves)
    found = total(loc, conf, prior, label, objects, moves).item()

    losses, matches = 0.0, 0
    for image in range(3):
        rows = label[:, :, label[0, 0, :, 0] == image].clone()
        rows[..., 0] = 0
        moved = [slow_boxes.decode(*row, CENTER, False) for row in zip(
            moves[image].view(26, 4).tolist(), priors.tolist(), variances.tolist(), strict=True)]
        own = np.stack([np.stack(moved), variances.numpy()])
        arrays = (loc[image].detach().numpy().reshape(1, 26, 1, 4),
                  conf[image].detach().numpy().reshape(1, 26, 3), own, rows.numpy().reshape(-1, 8))
        losses += slow_loss(dataclasses.replace(rule, normalization="NONE"), *arrays)[0]
        counted = slow_boxes.match(own[0], rows[0, 0, :, 3:7].tolist(), 0.5)[0]
        matches += sum(row >= 0 for row in counted)
    assert matches > 3
    np.testing.assert_allclose(found, losses / matches, rtol=1e-9)


def test_priors_that_the_first_stage_takes_for_background_are_no_negatives():
    rule = Rule(3, CENTER)
    loc, conf, prior, label = example(rule)
    scores = noise(3, 26, 2, seed=32, requires_grad=False).softmax(2)
    layer, plain = staged(rule, loc, conf, prior, label, scores.flatten(1)), small()[0]

    layer(loc, conf, prior, label, scores.flatten(1)).backward()
    used = conf.grad.view(3, 26, 3).ne(0).any(2)
    positive = loc.grad.view(3, 26, 4).ne(0).any(2)
    conf.grad = None
    plain(loc, conf, prior, label).backward()
    usual = conf.grad.view(3, 26, 3).ne(0).any(2)

    low = scores[:, :, 1] < 0.4
    assert (usual & ~positive & low).any() and not (used & ~positive & low).any()
    assert (used & ~positive).any()


def test_refinedets_first_stage_takes_every_label_as_object():
    layer, loc, conf, prior, label = small("num_classes: 3")
    conf = conf.detach()[:, :52]
    shapes = [tuple(x.shape) for x in (loc, conf, prior, label)]
    binary = make("MultiBoxLoss", "num_classes: 2 objectness_score: 0.01", *shapes)
    plain = make("MultiBoxLoss", "num_classes: 2", *shapes)
    ones = label.clone()
    ones[..., 1] = 1

    assert binary(loc, conf, prior, label).item() == plain(loc, conf, prior, ones).item()
    with pytest.raises(DataError, match="2 classes"):
        plain(loc, conf, prior, label)
