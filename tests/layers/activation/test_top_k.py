"""TopK against sorted values, and V1's names for it."""

import numpy as np
import pytest
import torch

from framework.definition.spec import NetSpec
from framework.errors import SpecError
from framework.net.reading import parse_net
from tests.support import make, noise


@pytest.mark.parametrize("phase, count", [("TRAIN", 5), ("TEST", 7)])
def test_the_largest_values_of_an_item_are_kept(phase, count):
    x = noise(2, 3, 5, 4)
    layer = make("TopK", "k: 5 a: 1.5", (2, 3, 5, 4), phase=phase)
    expected = np.zeros((2, 60))
    for item, values in enumerate(x.detach().numpy().reshape(2, 60)):
        best = np.argsort(-values)[:count]
        expected[item, best] = values[best]
    np.testing.assert_array_equal(layer(x).detach().numpy().reshape(2, 60), expected)
    assert torch.autograd.gradcheck(layer, x)


def test_across_channels_each_position_keeps_its_own():
    x = noise(2, 3, 5, 4).detach().numpy()
    layer = make("TopK", "k: 2 across_channels: true", (2, 3, 5, 4))
    expected = np.where(x > x.min(1, keepdims=True), x, 0)
    np.testing.assert_array_equal(layer(torch.from_numpy(x)).numpy(), expected)
    with pytest.raises(SpecError, match="keeps 4 values; it must keep from 1 to 3"):
        make("TopK", "k: 4 across_channels: true", (2, 3, 5, 4))


def test_v1_layers_of_pull_requests_have_their_types_of_today():
    text = """input: "x" input_dim: 2 input_dim: 3 input_dim: 5 input_dim: 4
        layers { type: LOCAL_WEIGHTED_CONVOLUTION name: "l" bottom: "x" top: "l"
                 local_weighted_convolution_param { num_output: 2 kernel_size: 3 } }
        layers { type: TOPK name: "t" bottom: "l" top: "t" topk_param { k: 3 } }"""
    _, local, top_k = NetSpec(parse_net(text), "TEST").layers
    assert (local.type, local.proto.local_param.num_output) == ("Local", 2)
    assert (top_k.type, top_k.proto.topk_param.k) == ("TopK", 3)
