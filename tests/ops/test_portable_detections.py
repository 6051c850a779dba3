"""Detections in torch's own operators, beside plain loops, and as exported programs."""

import io
import math

import numpy as np
import pytest
import torch

from framework.ops import detections, portable_detections
from framework.ops.boxes import CORNER
from tests.slow_boxes import suppress


def noise(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def corners(*shape, seed=0):
    low = noise(*shape, 2, seed=seed)
    return torch.cat([low, low + 0.1 + 0.4 * noise(*shape, 2, seed=seed + 1)], -1)


def rows_by_loops(scores, boxes, background, least, threshold, eta, class_limit, image_limit):
    """detection_output_layer.cpp, Forward_cpu, with scores (N, P, C) and boxes (N, P, 4 + E), of
    which the rows have all numbers."""
    rows = []
    for image in range(len(scores)):
        found = []
        for label in range(scores.shape[2]):
            if label == background:
                continue
            order = [p for p in range(scores.shape[1]) if scores[image, p, label] > least]
            order.sort(key=lambda p: -scores[image, p, label])
            order = order[:class_limit] if class_limit >= 0 else order
            kept = suppress([boxes[image, p, :4] for p in order], threshold, eta)
            found += [(label, order[rank]) for rank in kept]
        if 0 <= image_limit < len(found):
            best = sorted(found, key=lambda one: -scores[image, one[1], one[0]])[:image_limit]
            found = [one for one in found if one in best]
        rows += [[image, label, scores[image, p, label], *boxes[image, p]] for label, p in found]
    return rows or [[image, *[-1] * (2 + boxes.shape[2])] for image in range(len(scores))]


@pytest.fixture
def plain_loop(monkeypatch):
    """torch.while_loop as the loop that it is: outside of torch.export it compiles each time."""
    def loop(more, step, carried):
        while more(*carried):
            carried = step(*carried)
        return carried

    monkeypatch.setattr(torch, "while_loop", loop)


@pytest.mark.parametrize("eta", [1.0, 0.8])
@pytest.mark.parametrize("class_limit, image_limit", [(-1, -1), (7, -1), (-1, 5), (9, 12)])
@pytest.mark.parametrize("background, least", [(0, 0.3), (-1, 0.3), (2, 0.95), (0, math.inf)])
@pytest.mark.parametrize("num_attached", [0, 3])
def test_rows_are_those_of_the_originals_loops(num_attached, background, least, class_limit,
                                               image_limit, eta, plain_loop):
    scores, priors = noise(2, 30, 3, seed=5), corners(30, seed=6)
    scores = (scores * 16).round() / 16         # equal scores too
    moves = 0.02 * torch.randn(2, 30, 1, 4, generator=torch.Generator().manual_seed(8))
    boxes = (priors + moves[:, :, 0]).numpy()
    attached = noise(2, 30, num_attached, seed=7)
    found = portable_detections.detection_rows(
        moves, scores, priors, torch.ones(30, 4), background, CORNER, False, least, 0.6, eta,
        class_limit, image_limit, attached if num_attached else None)
    expected = rows_by_loops(scores.numpy(), np.concatenate([boxes, attached], 2), background,
                             least, 0.6, eta, class_limit, image_limit)
    np.testing.assert_allclose(found.numpy(), np.array(expected, np.float32), rtol=1e-6)


def test_rows_with_boxes_that_end_at_the_borders_are_the_same(plain_loop):
    scores, priors = noise(2, 30, 3, seed=5), 1.6 * corners(30, seed=6) - 0.3
    given = (torch.zeros(2, 30, 1, 4), scores, priors, torch.ones(30, 4), 0, CORNER, False, 0.3,
             0.45, 1.0, 9, 12)
    found = portable_detections.detection_rows(*given, clip=True)
    assert torch.equal(found, detections.detection_rows(*given, clip=True))
    assert found[:, 3:].min() == 0 and found[:, 3:].max() == 1


@pytest.mark.parametrize("least", [0.4, 2.0])
def test_best_boxes_of_all_and_of_each_class_are_the_same(least, plain_loop):
    boxes, scores = corners(3, 20, seed=2), noise(3, 20, 4, seed=4)
    labels = torch.randint(0, 9, scores.shape, generator=torch.Generator().manual_seed(1)).float()
    for found, expected in (
            (portable_detections.best_boxes(boxes, scores, labels, least, 0.3),
             detections.best_boxes(boxes, scores, labels, least, 0.3)),
            (portable_detections.best_boxes_by_class(boxes, scores, least, 0.3),
             detections.best_boxes_by_class(boxes, scores, least, 0.3))):
        assert torch.equal(found, expected)


class Rows(torch.nn.Module):
    def forward(self, loc, conf, priors):
        return detections.detection_rows(loc, conf, priors, torch.full_like(priors, 0.1), 0,
                                         CORNER, False, 0.3, 0.45, 1.0, 10, 20)


def test_a_program_of_torch_export_has_no_operator_of_ours_and_any_batch():
    given = noise(2, 30, 1, 4), noise(2, 30, 3, seed=1), corners(30)
    batch = torch.export.Dim("batch")
    program = torch.export.export(Rows(), given, dynamic_shapes=({0: batch}, {0: batch}, None),
                                  strict=False)
    assert "framework" not in str(program.graph)
    content = io.BytesIO()
    torch.export.save(program, content)
    content.seek(0)
    loaded = torch.export.load(content).module()
    for number in (1, 3):
        given = noise(number, 30, 1, 4, seed=7), noise(number, 30, 3, seed=9), corners(30)
        assert torch.equal(loaded(*given), Rows()(*given))
