"""Segmentation-aware nets: normalized convolutions and groups of channels, by definition."""

import numpy as np
import pytest
import torch

from framework import parse_net
from framework.errors import SpecError
from framework.net.net import Net
from tests.definitions import softmax
from tests.support import make, noise

FIELD = "norm_conv_meanfield_param"
FIELDS = "kernel_size: 5 pad: 4 dilation: 2 scale: 0.5 kernel_size: 3 pad: 1 dilation: 1 scale: 1"
SHAPES = ((2, 3, 6, 5), (2, 3, 6, 5), (2, 4, 6, 5), (2, 2, 6, 5))


def filtered(p, embedding, kernel, dilation, scale, keep_center):
    """The mean over each window weighed by distances, cell by cell."""
    top = np.zeros_like(p)
    for n, y, x in np.ndindex(len(p), *p.shape[2:]):
        weights, values = [], []
        for i, j in np.ndindex(kernel, kernel):
            row, column = (at + dilation * (k - kernel // 2) for at, k in ((y, i), (x, j)))
            inside = 0 <= row < p.shape[2] and 0 <= column < p.shape[3]
            if not inside or ((row, column) == (y, x) and not keep_center):
                continue
            away = embedding[n, :, y, x] - embedding[n, :, row, column]
            weights.append(np.exp(-scale * (away ** 2).sum() / 2))
            values.append(p[n, :, row, column])
        top[n, :, y, x] = np.einsum("kc,k->c", np.array(values), np.array(weights) / sum(weights))
    return top


@pytest.mark.parametrize("keep", [False, True])
def test_iterations_filter_by_distances(keep):
    center = f"remove_center: {str(not keep).lower()} " * 2
    layer = make("NormConvMeanfield", f"{FIELD} {{ num_iterations: 3 {FIELDS} {center} }}", *SHAPES)
    bottoms = [noise(shape, seed=index) for index, shape in enumerate(SHAPES)]
    unary, scores, colours, places = (bottom.detach().numpy() for bottom in bottoms)
    spatial, bilateral, compatibility = (blob.detach().numpy()[0, 0] for blob in layer.blobs)
    for _ in range(3):
        p = softmax(scores, 1)
        by_place = filtered(p, places, 3, 1, 1.0, keep)
        by_colour = filtered(p, colours, 5, 2, 0.5, keep)
        message = (np.einsum("ab,nbhw->nahw", spatial, by_place)
                   + np.einsum("ab,nbhw->nahw", bilateral, by_colour))
        scores = unary - np.einsum("ab,nbhw->nahw", compatibility, message)
    np.testing.assert_allclose(layer(*bottoms).detach().numpy(), scores, rtol=1e-9)


def test_the_weights_begin_as_the_identity():
    text = "".join(f'layer {{ name: "{name}" type: "Input" top: "{name}" input_param {{ shape {{ '
                   + " ".join(f"dim: {size}" for size in shape) + " } } }\n"
                   for name, shape in zip("abcd", SHAPES, strict=True))
    text += ('layer { name: "m" type: "NormConvMeanfield" bottom: "a" bottom: "b" bottom: "c" '
             f'bottom: "d" top: "m" {FIELD} {{ num_iterations: 2 {FIELDS} }} }}')
    layer = Net(parse_net(text)).layer("m")
    for blob, value in zip(layer.blobs, (1, 1, -1), strict=True):
        assert torch.equal(blob[0, 0].detach(), value * torch.eye(3))


@pytest.mark.parametrize("operation", ["SUM", "MAX"])
def test_groups_of_channels_become_one(operation):
    x = noise(2, 6, 5, 4)
    top = make("ChannelReduce", f"num_channels: 2 operation: {operation}", (2, 6, 5, 4))(x)
    groups = x.detach().numpy().reshape(2, 2, 3, 5, 4)
    expected = groups.sum(2) if operation == "SUM" else groups.max(2)
    np.testing.assert_allclose(top.detach(), expected, rtol=1e-12)


@pytest.mark.parametrize("kind, param, shapes, words", [
    ("NormConvMeanfield", f"{FIELD} {{ {FIELDS} }}", SHAPES, "num_iterations is 1; it must be at"),
    ("NormConvMeanfield", f"{FIELD} {{ num_iterations: 2 kernel_size: 3 }}", SHAPES,
     "kernel_size is given 1 times; it must be twice"),
    ("NormConvMeanfield", f"{FIELD} {{ num_iterations: 2 kernel_size: 3 kernel_size: 3 "
     "dilation: 1 dilation: 1 }", SHAPES, "gives maps of 4 x 3; they must be of 6 x 5"),
    ("NormConvMeanfield", f"{FIELD} {{ num_iterations: 2 {FIELDS} }}",
     (*SHAPES[:3], (2, 2, 5, 5)), r"all must be \(N, any, H, W\)"),
    ("ChannelReduce", "num_channels: 4", ((2, 6, 5, 4),), "is 4; it must divide the 6 channels"),
])
def test_settings_that_do_not_fit_are_refused(kind, param, shapes, words):
    with pytest.raises(SpecError, match=words):
        make(kind, param, *shapes)
