"""MIL: the score of a bag, of context regions (R*CNN) and of the cells of a map."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.report.net_summary import Selection, take_census
from tests.support import make, noise


@pytest.mark.parametrize("size", [(8, 5), (8, 5, 1, 1)])
def test_each_bag_gives_its_largest_score_of_each_class(size):
    layer = make("MIL", "context_per_roi: 3", size)
    scores = noise(size)
    rows = scores.detach().numpy().reshape(8, 5)
    expected = np.stack([rows[:3].max(0), rows[3:6].max(0)])[..., None, None]   # two rows are over
    np.testing.assert_array_equal(layer(scores).detach().numpy(), expected)
    assert torch.autograd.gradcheck(layer, scores)


def test_scores_that_are_equally_large_get_the_gradient_each():
    scores = torch.tensor([[1.0, 2], [3, 2], [3, 0], [4, 4]], dtype=torch.float64,
                          requires_grad=True)
    top = make("MIL", "context_per_roi: 4", (4, 2))(scores)
    top.backward(torch.tensor([[[[5.0]], [[7.0]]]], dtype=torch.float64))
    np.testing.assert_array_equal(scores.grad, [[0, 0], [0, 0], [0, 0], [5, 7]])
    top = make("MIL", "context_per_roi: 3", (4, 2))(scores)
    scores.grad = None
    top.backward(torch.tensor([[[[5.0]], [[7.0]]]], dtype=torch.float64))
    np.testing.assert_array_equal(scores.grad, [[0, 7], [5, 7], [5, 0], [0, 0]])


@pytest.mark.parametrize("param, size, message", [
    ("", (4, 2), "mil_param.context_per_roi is missing or 0; it must be at least 1"),
    ("context_per_roi: 5", (4, 2), r"bottom has the shape \(4, 2\); it must be \(N, C\), N at"),
    ("context_per_roi: 2", (4, 2, 3, 1), r"bottom has the shape \(4, 2, 3, 1\); it must be")])
def test_shapes_without_whole_bags_are_refused(param, size, message):
    with pytest.raises(SpecError, match=message):
        make("MIL", param, size)


def test_a_map_gives_its_noisy_or_and_the_gradient_of_the_original():
    x = torch.tensor([0.2, 0.5, 0, 0.9, 0.3, 1, 0, 0], dtype=torch.float64).reshape(1, 2, 2, 2)
    x.requires_grad_()
    top = make("MapMIL", "mil_param { type: NOR }", x.shape)(x)
    np.testing.assert_allclose(top.detach().flatten(), [1 - 0.8 * 0.5 * 0.1, 1], rtol=1e-12)
    top.backward(torch.tensor([3.0, 5], dtype=torch.float64).reshape(1, 2, 1, 1))
    np.testing.assert_allclose(x.grad.flatten(), [3 * 0.05, 3 * 0.08, 3 * 0.04, 3 * 0.4,
                                                  0, 5, 0, 0], rtol=1e-10)


def test_a_net_of_context_regions_is_looked_at_with_ten_of_each(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text("""
layer { name: "d" type: "Python" top: "data" top: "rois" top: "secondary_rois" top: "labels"
  python_param { module: "roi_data_layer.layer" layer: "RoIDataLayer"
  param_str: "'num_classes': 5" } }
layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 2
  kernel_size: 16 stride: 16 } }
layer { name: "p" type: "ROIPooling" bottom: "c" bottom: "rois" top: "p"
  roi_pooling_param { pooled_h: 3 pooled_w: 3 spatial_scale: 0.0625 } }
layer { name: "q" type: "ROIPooling" bottom: "c" bottom: "secondary_rois" top: "q"
  roi_pooling_param { pooled_h: 3 pooled_w: 3 spatial_scale: 0.0625 } }
layer { name: "s" type: "InnerProduct" bottom: "p" top: "s" inner_product_param { num_output: 5 } }
layer { name: "t" type: "InnerProduct" bottom: "q" top: "t" inner_product_param { num_output: 5 } }
layer { name: "m" type: "MIL" bottom: "t" top: "m" mil_param { context_per_roi: 10 } }
layer { name: "sum" type: "Sum" bottom: "s" bottom: "m" top: "sum" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "sum" bottom: "labels" top: "loss" }""")
    (census,) = take_census(path, Selection())
    assert census.problems == []
    shapes = {row.name: row.shapes for row in census.rows}
    assert shapes["d"][1:] == ((1, 5), (10, 5), (1,))
    assert shapes["m"] == ((1, 5, 1, 1),) and shapes["sum"] == ((1, 5),)
