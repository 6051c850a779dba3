"""GridSample against numpy's definition and torch's affine_grid, and in ONNX Runtime."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from framework.errors import SpecError
from framework.export.onnx_model import Options, to_model
from tests.export.test_layers_onnx import assert_equal_in_runtime
from tests.support import layer_text, make, net_from, noise

X, GRID = (2, 3, 5, 4), (2, 6, 7, 2)
PADDINGS = ("ZEROS", "BORDER", "REFLECTION")


def grid():
    """Places of which a good part is outside the map, some far from it."""
    return noise(GRID, seed=4, requires_grad=False) * 1.7


def mirrored(place, low, high):
    while not low <= place <= high:
        place = 2 * low - place if place < low else 2 * high - place
    return place


def sampled(x, places, mode, padding, corners):
    """The definition, value by value."""
    y = np.zeros((x.shape[0], x.shape[1], *places.shape[1:3]))
    for item, row, column in np.ndindex(len(x), *places.shape[1:3]):
        cell = []
        for size, place in ((x.shape[2], places[item, row, column, 1]),
                            (x.shape[3], places[item, row, column, 0])):
            place = (place + 1) / 2 * (size - 1) if corners else ((place + 1) * size - 1) / 2
            if padding == "REFLECTION":
                place = mirrored(place, *((0, size - 1) if corners else (-0.5, size - 0.5)))
            cell.append(place if padding == "ZEROS" else np.clip(place, 0, size - 1))
        if mode == "NEAREST":
            near = [[(int(np.rint(place)), 1)] for place in cell]
        else:
            near = [[(int(np.floor(place)) + step, 1 - abs(place - np.floor(place) - step))
                     for step in (0, 1)] for place in cell]
        for h, h_weight in near[0]:
            for w, w_weight in near[1]:
                if 0 <= h < x.shape[2] and 0 <= w < x.shape[3]:
                    y[item, :, row, column] += h_weight * w_weight * x[item, :, h, w]
    return y


@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("mode", ["BILINEAR", "NEAREST"])
def test_grid_sample_is_its_definition(mode, padding, corners):
    text = f"mode: {mode} padding: {padding} align_corners: {str(corners).lower()}"
    layer = make("GridSample", text, X, GRID)
    x = noise(X)
    expected = sampled(x.detach().numpy(), grid().numpy(), mode, padding, corners)
    np.testing.assert_allclose(layer(x, grid()).detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    places = (grid() * 0.4).requires_grad_(mode == "BILINEAR")
    assert torch.autograd.gradcheck(layer, (x, places))


def test_bicubic_samples_at_the_cells_give_the_map():
    layer = make("GridSample", "mode: BICUBIC align_corners: true", X, (2, 5, 4, 2))
    x = noise(X)
    eye = torch.eye(2, 3, dtype=torch.float64).expand(2, 2, 3)
    y = layer(x, F.affine_grid(eye, list(X), align_corners=True))
    torch.testing.assert_close(y, x, rtol=1e-10, atol=1e-10)
    assert torch.autograd.gradcheck(layer, (x, (noise(2, 5, 4, 2, seed=3) * 0.4).detach()))


@pytest.mark.parametrize("opset", [13, 17])
@pytest.mark.parametrize("mode", ["BILINEAR", "NEAREST", "BICUBIC"])
def test_opsets_13_and_17_compute_the_same(mode, opset):
    for padding in PADDINGS:
        for corners in ("false", "true"):
            text = f"mode: {mode} padding: {padding} align_corners: {corners}"
            net = net_from(layer_text("GridSample", text, [X, GRID]), "TEST")
            inputs = {"bottom0": noise(X).detach().float().numpy(),
                      "bottom1": grid().float().numpy()}
            if (opset, mode) == (13, "BICUBIC"):
                with pytest.raises(SpecError, match=r"grid_sample_param.mode is BICUBIC, which"):
                    to_model(net, Options(opset))
            else:
                assert_equal_in_runtime(net, inputs, Options(opset, dynamic=True))


@pytest.mark.parametrize("shapes, match", [
    ([(2, 3, 5), GRID], r"bottom\[0\] has the shape \(2, 3, 5\); it must be \(N, C, H, W\)"),
    ([X, (3, 6, 7, 2)], r"bottom\[1\] has the shape \(3, 6, 7, 2\); the grid must be \(2, h, w"),
    ([X, (2, 6, 7, 3)], r"the grid must be \(2, h, w, 2\)"),
])
def test_grid_sample_refuses_what_cannot_be(shapes, match):
    with pytest.raises(SpecError, match=match):
        make("GridSample", "", *shapes)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("mode", ["BILINEAR", "NEAREST"])
def test_places_that_are_no_numbers_end_nothing(mode, padding):
    """torch's own loops write anywhere in memory then. NaN counts as -1, as torch's page says."""
    layer = make("GridSample", f"mode: {mode} padding: {padding}", X, GRID)
    x = noise(X).float()
    for odd, other in ((float("nan"), -1.0), (float("inf"), 1e30), (-3e38, -1e30)):
        places, known = (torch.full(GRID, value) for value in (odd, other))
        y = layer(x, places)
        torch.testing.assert_close(y, layer(x, known))
        [gradient] = torch.autograd.grad(y.sum(), [x])
        assert gradient.isfinite().all()
