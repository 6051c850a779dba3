"""AssistedExcitation against loops over boxes and cells, and its end in a training."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests import solver_runs
from tests.support import make, noise

BOXES = [[(1, .33, .41, .3, .43), (0, .97, .1, .2, .3)], [(2, .5, .5, .01, .01)]]
SIZES = (2, 3, 5, 4), (2, 1, 3, 5), (2, 1, 5, 4)


def bottoms():
    rows = torch.zeros(2, 1, 3, 5, dtype=torch.float64)
    for item, boxes in enumerate(BOXES):
        rows[item, 0, :len(boxes)] = torch.tensor(boxes)
    return noise(SIZES[0]), rows, noise(SIZES[2], seed=7)


def expected(x, mean, alpha):
    found = x.copy()
    for item, boxes in enumerate(BOXES):
        mask = np.zeros((5, 4), bool)
        for _, cx, cy, w, h in boxes:
            sides = []
            for middle, size, count in ((cx, w, 4), (cy, h, 5)):
                first = min(max(int((middle - size / 2) * count), 0), count - 1)
                last = min(max(int((middle + size / 2) * count + .95), first + 1), count)
                sides.append(slice(first, last))
            mask[sides[1], sides[0]] = True
        assert 0 < mask.sum() < 20
        found[item] += alpha * mask * mean[item]
    return found


@pytest.mark.parametrize("iteration, alpha", [(None, 1), (0, 1), (30, math.cos(math.pi / 5)),
                                              (75, 0), (90, 0)])
def test_cells_of_boxes_are_excited_less_and_less(iteration, alpha):
    layer = make("AssistedExcitation", "", *SIZES)
    if iteration is not None:
        layer.note_progress(iteration, 100)
    x, labels, mean = bottoms()
    top = layer(x, labels, mean)
    np.testing.assert_allclose(top.detach().numpy(), expected(
        x.detach().numpy(), mean.detach().numpy(), alpha), rtol=1e-6, atol=1e-12)
    top.sum().backward()
    assert (x.grad == 1).all() and mean.grad is None


def test_bottoms_that_do_not_fit_are_named():
    with pytest.raises(SpecError, match=r"they must be \(N, C, H, W\) and \(N, H, W\)"):
        make("AssistedExcitation", "", SIZES[0], SIZES[1], (2, 3, 5, 4))
    with pytest.raises(SpecError, match="it must hold 5 numbers for each box"):
        make("AssistedExcitation", "", SIZES[0], (2, 1, 3, 8), SIZES[2])


def test_a_training_tells_its_layers_how_far_it_is():
    solver = solver_runs.make("""max_iter: 8 net_param {
      layer { name: "data" type: "DummyData" top: "x" top: "label" top: "mean" top: "target"
        dummy_data_param { shape { dim: 2 dim: 3 dim: 5 dim: 4 } shape { dim: 2 dim: 10 }
          shape { dim: 2 dim: 1 dim: 5 dim: 4 } shape { dim: 2 dim: 2 } } }
      layer { name: "ae" type: "AssistedExcitation" bottom: "x" bottom: "label" bottom: "mean"
        top: "ae" }
      layer { name: "ip" type: "InnerProduct" bottom: "ae" top: "ip"
        inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
      layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "target" top: "loss" } }""")
    solver.step(4)      # the last one began as number 3 of 8: half of the way to no excitation
    assert float(solver.net.layer("ae").alpha) == pytest.approx(math.cos(math.pi / 4))
