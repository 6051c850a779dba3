"""LiteFlowNet's layers and CornerNet's poolings against their definitions."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.net.net import Net
from framework.net.reading import parse_net
from tests.support import make, noise


def warped(x, columns, rows):
    """The four neighbours of each point, those outside left out, as warp_layer.cu adds them."""
    out = np.zeros_like(x)
    height, width = x.shape[1:]
    for i, j in np.ndindex(height, width):
        across, down = columns[i, j], rows[i, j]
        for row in (math.floor(down), math.floor(down) + 1):
            for column in (math.floor(across), math.floor(across) + 1):
                if 0 <= row < height and 0 <= column < width:
                    share = (1 - abs(across - column)) * (1 - abs(down - row))
                    out[:, i, j] += share * x[:, row, column]
    return out


def test_a_warp_by_coordinates_fades_beyond_the_edge():
    x = noise(2, 3, 5, 4)
    places = (noise(2, 2, 5, 4, seed=2) * 3 + 1.5).detach().requires_grad_()
    layer = make("CoordinateWarp", "", x.shape, places.shape)
    found = layer(x, places).detach().numpy()
    where = places.detach().numpy()
    assert ((where[:, 0] > -1) & (where[:, 0] < 0)).any() and (where < -1).any()
    for n in range(2):
        np.testing.assert_allclose(found[n], warped(x.detach().numpy()[n], *where[n]), rtol=1e-10,
                                   atol=1e-12)
    assert torch.autograd.gradcheck(layer, (x, places))
    with pytest.raises(SpecError, match=r"they must be \(N, C, H, W\) and \(N, 2, H, W\)"):
        make("CoordinateWarp", "", (2, 3, 5, 4), (2, 3, 5, 4))


WARP = """layer { name: "x" type: "Input" top: "x" top: "f" input_param {
  shape { dim: 1 dim: 2 dim: 5 dim: 4 } } }
layer { name: "w" type: "Warp" bottom: "x" bottom: "%s" top: "w" }"""
GRID = """layer { name: "g" type: "Grid" bottom: "f" top: "g" }
layer { name: "c" type: "Eltwise" bottom: "f" bottom: "g" top: "c" }
layer { name: "w\""""


def test_warp_takes_coordinates_in_a_net_with_a_grid_and_else_a_flow():
    x = noise(1, 2, 5, 4, dtype=torch.float32, requires_grad=False)
    flow = torch.full((1, 2, 5, 4), 0.25)
    of_flow = Net(parse_net(WARP % "f"), phase="TEST")
    of_places = Net(parse_net((WARP % "c").replace('layer { name: "w"', GRID)), phase="TEST")
    for net in (of_flow, of_places):
        net({"x": x, "f": flow})
    one, other = (net.blobs["w"] for net in (of_flow, of_places))
    torch.testing.assert_close(one[:, :, :4, :3], other[:, :, :4, :3])
    assert not one[:, :, :, 3].any()
    torch.testing.assert_close(other[:, :, :4, 3],
                               0.75 * (0.75 * x[:, :, :4, 3] + 0.25 * x[:, :, 1:, 3]))
    grid = of_places.blobs["g"][0].numpy()
    for i, j in np.ndindex(5, 4):
        assert tuple(grid[:, i, j]) == (j, i)


def test_the_shares_of_a_local_convolution_are_a_softmax_of_negative_squares():
    x = noise(1, 9, 4, 5)
    y = make("ExpMax", "", x.shape)(make("NegSquare", "", x.shape)(x))
    raw = -np.square(x.detach().numpy())
    np.testing.assert_allclose(y.detach(), np.exp(raw - raw.max(1, keepdims=True)), rtol=1e-10)
    y = make("ExpMax", "base: 2 scale: 3 shift: 0.5", x.shape)(x * 100)
    assert float(y.amax().detach()) == pytest.approx(2**0.5)
    with pytest.raises(SpecError, match="it must be above 0, or -1 for e"):
        make("ExpMax", "base: 0", x.shape)


@pytest.mark.parametrize("kind, cells", [
    ("TopCornerPoolLayer", lambda x, i, j: x[i:, j]),
    ("BottomCornerPoolLayer", lambda x, i, j: x[:i + 1, j]),
    ("LeftCornerPoolLayer", lambda x, i, j: x[i, j:]),
    ("RightCornerPoolLayer", lambda x, i, j: x[i, :j + 1])])
def test_corner_pooling_is_the_maximum_on_one_side(kind, cells):
    x = noise(2, 3, 5, 4)
    layer = make("CPP", f'cpp_param {{ type: "{kind}" }}', x.shape)
    found = layer(x).detach().numpy()
    for n, c, i, j in np.ndindex(2, 3, 5, 4):
        assert found[n, c, i, j] == cells(x.detach().numpy()[n, c], i, j).max()
    assert torch.autograd.gradcheck(layer, x)


def test_other_parts_of_a_cornernet():
    x = noise(1, 2, 3, 4).detach()
    x[0, 0, 0, 0] = math.nan
    relu = make("CPP", 'cpp_param { type: "ReLU" }', x.shape)(x)
    np.testing.assert_array_equal(relu, np.maximum(np.nan_to_num(x.numpy()), 0))
    up = make("CPP", "cpp_param { type: 'Upsample' param_str: 'upsample_h: 8; scale:3' }", x.shape)
    for i, j in np.ndindex(9, 12):
        np.testing.assert_array_equal(up(x)[:, :, i, j], x[:, :, i // 3, j // 3])
    for param, words in (("type: 'Mine'", "known here are TopCornerPoolLayer"),
                         ("type: 'Upsample' param_str: 'upsample_h: 8'", "it must be at least 1")):
        with pytest.raises(SpecError, match=words):
            make("CPP", f"cpp_param {{ {param} }}", x.shape)
