"""DenseBlock against its definition in numpy."""

import itertools

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import array, check_layer, make, noise


def normalised(x, scale, bias, mean=None, variance=None):
    if mean is None:
        mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3))
    mean, variance, scale, bias = (np.reshape(v, (1, -1, 1, 1))
                                   for v in (mean, variance, scale, bias))
    return np.maximum((x - mean) / np.sqrt(variance + 1e-5) * scale + bias, 0)


def convolved(x, weight):
    """The sum in its definition, with the filter turned: out[y] = sum w[k] x[y + 1 - k]."""
    out = np.zeros((x.shape[0], weight.shape[0], *x.shape[2:]))
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    for i, j in itertools.product(range(3), range(3)):
        part = padded[:, :, 2 - i:2 - i + x.shape[2], 2 - j:2 - j + x.shape[3]]
        out += np.einsum("nchw,oc->nohw", part, weight[:, :, i, j])
    return out


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
@pytest.mark.parametrize("narrow", [False, True])
def test_dense_block_adds_the_channels_of_each_step(phase, narrow):
    layer = make("DenseBlock", f"numTransition: 2 growthRate: 3 use_BC: {str(narrow).lower()}",
                 (2, 4, 5, 7), phase=phase)
    with torch.no_grad():
        for name in layer.blob_names:
            if "variance" in name:
                getattr(layer, name).abs_().add_(0.5)
    x = noise(2, 4, 5, 7)
    expected = array(x).copy()
    blob = {name: array(getattr(layer, name)).copy() for name in layer.blob_names}
    for step in range(2):
        def norm(y, prefix, step=step):
            stored = [] if phase == "TRAIN" else [blob[f"{prefix}mean{step}"],
                                                  blob[f"{prefix}variance{step}"]]
            return normalised(y, blob[f"{prefix}scale{step}"], blob[f"{prefix}bias{step}"], *stored)

        y = norm(expected, "")
        if narrow:
            y = np.einsum("nchw,oc->nohw", y, blob[f"narrow_filter{step}"][:, :, 0, 0])
            y = norm(y, "narrow_")
        expected = np.concatenate([expected, convolved(y, blob[f"filter{step}"])], 1)
    np.testing.assert_allclose(array(layer(x)), expected, rtol=1e-9, atol=1e-9)
    if phase == "TEST":
        check_layer(layer, x)
        assert torch.autograd.gradcheck(layer, x, fast_mode=True)
    else:
        mean = 0.9 * blob["mean0"].ravel() + 0.1 * array(x).mean((0, 2, 3))
        np.testing.assert_allclose(array(layer.mean0).ravel(), mean, rtol=1e-6)


def test_dense_block_has_its_blobs_kind_by_kind():
    layer = make("DenseBlock", "numTransition: 2 growthRate: 3 use_BC: true", (2, 4, 5, 7))
    assert [tuple(blob.shape) for blob in layer.blobs] == [
        (3, 12, 3, 3)] * 2 + [(1, 4, 1, 1), (1, 7, 1, 1)] * 4 + [
        (12, 4, 1, 1), (12, 7, 1, 1)] + [(1, 12, 1, 1)] * 8 + [(1,)]
    assert layer.top_shapes((2, 4, 5, 7)) == [(2, 10, 5, 7)]


@pytest.mark.parametrize("kind, param, shapes, message", [
    ("DenseBlock", "filter_H: 5", [(2, 4, 5, 7)], "filter_H is 5; only 3 is supported"),
])
def test_wrong_settings_are_refused(kind, param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *shapes)
