"""RelationModule against the definition of Hu et al. 2018 in loops, and its errors."""

import numpy as np
import onnx
import pytest
import torch

from framework.errors import SpecError
from framework.export.onnx_model import Options, to_model
from tests.export.support import run_onnx, run_ours
from tests.support import layer_text, make, net_from, noise

PARAM = "relation_param { num_heads: 2 num_hidden: 8 num_output: 6 position_dim: 16 }"
ROIS = torch.tensor([[0, 3.5, 2, 20, 30], [1, 0, 10, 40, 24], [0, 12, 12, 30, 14],
                     [0, 40, 5, 63, 60], [1, 4, 8, 44, 30]], dtype=torch.float64)


def slow_relation(x, rois, blobs, num_heads, wave_length=1000.0):
    """The module for one region and one head after another."""
    (w_g, b_g, w_q, b_q, w_k, b_k, w_o, b_o) = blobs
    size, hidden, output = w_g.shape[1], len(w_q) // num_heads, len(w_o) // num_heads
    top = np.zeros((len(x), len(w_o)))
    for row, own in enumerate(rois):
        others = [number for number, roi in enumerate(rois) if roi[0] == own[0]]
        for head in range(num_heads):
            part = slice(head * hidden, (head + 1) * hidden)
            weights = []
            for other in others:
                w, h = own[3] - own[1] + 1, own[4] - own[2] + 1
                other_w, other_h = (rois[other][3] - rois[other][1] + 1,
                                    rois[other][4] - rois[other][2] + 1)
                dx = (own[1] + own[3] - rois[other][1] - rois[other][3]) / 2
                dy = (own[2] + own[4] - rois[other][2] - rois[other][4]) / 2
                position = []
                for value in (np.log(max(abs(dx) / w, 1e-3)), np.log(max(abs(dy) / h, 1e-3)),
                              np.log(w / other_w), np.log(h / other_h)):
                    angles = [100 * value / wave_length ** (8 * i / size) for i in range(size // 8)]
                    position += [*np.sin(angles), *np.cos(angles)]
                geometry = max(0.0, w_g[head] @ np.array(position) + b_g[head])
                affinity = ((w_q @ x[row] + b_q)[part] @ (w_k @ x[other] + b_k)[part]
                            / np.sqrt(hidden))
                weights.append(max(geometry, 1e-6) * np.exp(affinity))
            mean = sum(weight * x[other] for weight, other in zip(weights, others, strict=True))
            rows = slice(head * output, (head + 1) * output)
            top[row, rows] = w_o[rows] @ (mean / sum(weights)) + b_o[rows]
    return top


@pytest.mark.parametrize("position_dim", [16, 24])     # 8 / 24 is no fraction of float32
def test_regions_of_one_image_see_each_other_by_features_and_geometry(position_dim):
    param = PARAM.replace("position_dim: 16", f"position_dim: {position_dim}")
    layer = make("RelationModule", param, (5, 7), (5, 5))
    x = noise(5, 7, seed=3)
    blobs = [blob.detach().numpy() for blob in layer.blobs]
    expected = slow_relation(x.detach().numpy(), ROIS.numpy(), blobs, 2)
    np.testing.assert_allclose(layer(x, ROIS).detach().numpy(), expected, rtol=1e-9)
    assert torch.autograd.gradcheck(lambda one: layer(one, ROIS), x)


def test_the_blobs_get_the_gradients_of_the_definition():
    layer = make("RelationModule", PARAM, (5, 7), (5, 5))
    x = noise(5, 7, seed=3, requires_grad=False)
    names = layer.blob_names
    values = tuple(blob.detach().clone().requires_grad_() for blob in layer.blobs)
    assert torch.autograd.gradcheck(
        lambda *given: torch.func.functional_call(
            layer, dict(zip(names, given, strict=True)), (x, ROIS)), values)


def test_onnx_runtime_computes_the_same():
    net = net_from(layer_text("RelationModule", PARAM.replace(
        "position_dim: 16", "position_dim: 16 weight_filler { type: 'gaussian' std: 0.5 }"),
        [(5, 7), (5, 5)]), "TEST")
    inputs = {"bottom0": noise(5, 7, seed=3).detach().float().numpy(),
              "bottom1": ROIS.float().numpy()}
    model = to_model(net, Options())
    onnx.checker.check_model(model, full_check=True)
    np.testing.assert_allclose(run_onnx(model, inputs)["top0"], run_ours(net, inputs)["top0"],
                               rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("old, new, message", [
    ("num_hidden: 8", "num_hidden: 9", "num_hidden is 9; num_heads, 2, must divide it"),
    ("num_output: 6", "num_output: 5", "num_output is 5; num_heads, 2, must divide it"),
    ("position_dim: 16", "position_dim: 12", "position_dim is 12; it must be a multiple of 8"),
    ("num_heads: 2", "num_heads: 0", "num_heads is 0; it must be at least 1")])
def test_sizes_that_do_not_fit_are_errors_of_their_field(old, new, message):
    with pytest.raises(SpecError, match=rf"\(RelationModule\): relation_param.{message}"):
        make("RelationModule", PARAM.replace(old, new), (5, 7), (5, 5))


def test_regions_of_another_number_are_an_error():
    with pytest.raises(SpecError, match=r"bottom has the shapes \(5, 7\) and \(4, 5\)"):
        make("RelationModule", PARAM, (5, 7), (4, 5))
