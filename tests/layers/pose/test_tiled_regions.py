"""Splice, and types that are others under another name."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.net.net import Net
from framework.net.reading import parse_net
from tests.support import make, noise

PLACES = "xcoord: 1 xcoord: 4 ycoord: 0 ycoord: 2"


def test_maps_are_put_together_at_their_corners():
    maps = [noise(2, 3, 4, 5, seed=index) for index in range(4)]
    layer = make("Splice", "xcoord: 0 xcoord: 5 xcoord: 2 xcoord: 5 ycoord: 0 ycoord: 0 ycoord: 4 "
                 "ycoord: 3", *[(2, 3, 4, 5)] * 4)
    top = layer(*maps)
    expected = np.zeros((2, 3, 8, 10))
    for (row, column), one in zip(((0, 0), (0, 5), (4, 2), (3, 5)), maps, strict=True):
        expected[:, :, row:row + 4, column:column + 5] = one.detach().numpy()
    np.testing.assert_array_equal(top.detach().numpy(), expected)
    assert torch.autograd.gradcheck(layer, maps)


@pytest.mark.parametrize("kind, fields, shapes, message", [
    ("Splice", PLACES, ((2, 3, 4, 5), (2, 3, 4, 6)), "they must be the same"),
    ("Splice", PLACES, ((2, 3, 4, 5),) * 4, "xcoord is given 2 times; there are 4 regions"),
    ("Splice", PLACES, ((2, 3, 4, 5),) * 2, "xcoord are 2 and 4 of a region of 4 x 5"),
])
def test_regions_that_do_not_fit_are_refused(kind, fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, fields, *shapes)


def test_reverse_axis_and_lstm_new_are_types_of_other_names():
    text = """
        layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 3 dim: 2 dim: 4 } } }
        layer { name: "c" type: "Input" top: "c" input_param { shape { dim: 3 dim: 2 } } }
        layer { name: "r" type: "ReverseAxis" bottom: "x" top: "r" reverse_axis_param { axis: 2 } }
        layer { name: "l" type: "LSTMNew" bottom: "r" bottom: "c" top: "l"
                recurrent_param { num_output: 5 } }"""
    net = Net(parse_net(text), phase="TEST")
    assert [layer.spec.type for layer in map(net.layer, "rl")] == ["Reverse", "LSTM"]
    x = noise(3, 2, 4, dtype=torch.float32, requires_grad=False)
    net({"x": x, "c": torch.ones(3, 2)})
    np.testing.assert_array_equal(net.blobs["r"].detach(), x.flip(2))
    assert net.blobs["l"].shape == (3, 2, 5)
