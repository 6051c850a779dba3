"""Fillers by their definitions and by the original's statistics."""

import numpy as np
import pytest
import torch

import tests.golden as golden
from framework.layers.fillers import fill_
from framework.proto import FillerParameter
from tests.support import net_from


def filled(shape, **fields):
    blob = torch.full(shape, torch.nan)
    fill_(blob, FillerParameter(**fields), torch.Generator().manual_seed(3))
    return blob


@pytest.mark.parametrize("name", golden.case_names("filler"))
def test_statistics_are_the_originals(name):
    case = golden.load_case(name)
    net = net_from(str(case["prototxt"]))
    blob = net.params["l"][0].detach().double()
    stat = {key: value.tolist() for key, value in golden.part(case, "stat").items()}
    assert list(blob.shape) == stat["shape"]
    deviation = float(stat["std"])
    assert abs(blob.mean() - stat["mean"]) <= 0.02 * max(abs(stat["mean"]), deviation)
    assert abs(blob.std() - deviation) <= 0.02 * deviation + 1e-9
    if "gaussian" not in name and "msra" not in name:      # a normal filler has no bounds
        assert abs(blob.min() - stat["min"]) <= 1e-3 * abs(stat["min"])
        assert abs(blob.max() - stat["max"]) <= 1e-3 * abs(stat["max"])


def test_a_sparse_gaussian_keeps_sparse_of_outputs():
    blob = filled((40, 500), type="gaussian", std=1, sparse=10)
    share = (blob != 0).float().mean()
    assert abs(share - 10 / 40) < 0.02


def test_weights_of_a_unitball_sum_to_one_for_each_output():
    blob = filled((5, 3, 2, 4), type="positive_unitball")
    np.testing.assert_allclose(blob.flatten(1).sum(1), np.ones(5), rtol=1e-5)
    assert (blob >= 0).all()


@pytest.mark.parametrize("size", [3, 4, 5, 6])
def test_bilinear_is_the_tent_of_its_definition(size):
    blob = filled((2, 3, size, size), type="bilinear")
    factor = (size + 1) // 2
    centre = (2 * factor - 1 - factor % 2) / (2 * factor)
    for y in range(size):
        for x in range(size):
            tent = (1 - abs(x / factor - centre)) * (1 - abs(y / factor - centre))
            np.testing.assert_allclose(blob[:, :, y, x], tent, rtol=1e-6)


@pytest.mark.parametrize("param, message", [
    ('type: "xaver"', r"<text>:2: layer 'c' \(Convolution\): weight_filler is of type 'xaver', "
     r"which is not known; did you mean 'xavier'\?; known are constant"),
    ('type: "uniform" sparse: 3', "weight_filler is sparse; only a gaussian filler can be"),
    ('type: "bilinear"', "is bilinear; the blob must have 4 axes and a square kernel"),
])
def test_a_filler_that_cannot_be_is_an_error(param, message):
    with pytest.raises(Exception, match=message):
        net_from('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 '
                 'dim: 5 dim: 5 } } }\nlayer { name: "c" type: "Convolution" bottom: "x" top: "y" '
                 "convolution_param { num_output: 2 kernel_h: 2 kernel_w: 3 weight_filler { "
                 f"{param} }} }} }}")
