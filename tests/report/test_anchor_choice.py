"""Anchors by k-means of the sizes of boxes."""

import numpy as np
import pytest

from framework.report.anchor_choice import cluster_anchors, shape_overlaps


def three_kinds(seed=2):
    """Sizes of three kinds of boxes, 1 : 2, 3 : 1 and square, each a little different."""
    random = np.random.default_rng(seed)
    kinds = np.array([[12.0, 24], [90, 30], [60, 60]])
    return np.repeat(kinds, 50, 0) * random.uniform(0.95, 1.05, (150, 2)), kinds


def test_anchors_are_the_kinds_of_boxes_that_there_are():
    sizes, kinds = three_kinds()
    anchors, mean = cluster_anchors(sizes, 3)
    np.testing.assert_allclose(anchors, kinds[[0, 1, 2]], rtol=0.02)
    best = [max(min(w, a) * min(h, b) / (w * h + a * b - min(w, a) * min(h, b))
                for a, b in anchors) for w, h in sizes]
    assert mean == pytest.approx(np.mean(best)) and mean > 0.9


def test_every_box_is_with_its_nearest_anchor_and_each_anchor_is_the_mean_of_its_boxes():
    sizes = np.random.default_rng(5).uniform(5, 100, (400, 2))
    anchors, _ = cluster_anchors(sizes, 5)
    assert (np.diff(anchors.prod(1)) >= 0).all()
    own = shape_overlaps(sizes, anchors).argmax(1)
    for number, anchor in enumerate(anchors):
        np.testing.assert_allclose(anchor, sizes[own == number].mean(0), rtol=1e-9)
