"""Convolutions in regions, unknown labels, and losses of gazes, by definition."""

import numpy as np
import pytest

from framework.errors import SpecError
from tests.community_examples.loss import GAZES, KNOWN
from tests.community_examples.rcnn import ROIS
from tests.support import make, noise

SHAPE = (2, 3, 8, 9)


def in_region(corners, row, column, last=True):
    return any(x1 <= column < x2 + last and y1 <= row < y2 + last for x1, y1, x2, y2 in corners)


def corners_of(scale):
    scaled = ROIS.numpy()[:, 1:] * scale
    return np.sign(scaled) * np.floor(np.abs(scaled) + 0.5)


@pytest.mark.parametrize("stride, pad", [(1, 0), (2, 1)])
def test_cells_outside_of_all_regions_are_the_bias(stride, pad):
    layer = make("ROIConvolution", f"convolution_param {{ num_output: 2 kernel_size: 3 stride: "
                 f"{stride} pad: {pad} }} roi_convolution_param {{ spatial_scale: 0.11 }}",
                 SHAPE, (4, 5), tops=2)
    x = noise(SHAPE)
    top, cells = layer(x, ROIS)
    corners = corners_of(0.11)
    np.testing.assert_array_equal(cells[:, 1:], corners)
    weight, bias = (blob.detach().numpy() for blob in layer.blobs)
    padded = np.pad(x.detach().numpy(), ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    counted = 0
    for n, c, i, j in np.ndindex(top.shape):
        window = padded[n, :, i * stride:i * stride + 3, j * stride:j * stride + 3]
        inside = in_region(corners, i * stride - pad, j * stride - pad)
        counted += inside
        np.testing.assert_allclose(top[n, c, i, j].item(), bias[c] + inside
                                   * (weight[c] * window).sum(), rtol=1e-9, atol=1e-12)
    assert 0 < counted < top.numel()


def test_gradients_go_to_cells_in_regions():
    layer = make("ROIConvolution", "convolution_param { num_output: 2 kernel_size: 3 } "
                 "roi_convolution_param { spatial_scale: 0.11 }", SHAPE, (4, 5))
    x = noise(SHAPE)
    top = layer(x, ROIS)
    slopes = noise(tuple(top.shape), seed=9, requires_grad=False)
    top.backward(slopes)
    corners = corners_of(0.11)
    weight = layer.blobs[0].detach().numpy()
    of_x, of_weight = np.zeros(SHAPE), np.zeros_like(weight)
    for n, c, i, j in np.ndindex(tuple(top.shape)):
        slope = slopes[n, c, i, j].item()
        if in_region(corners, i, j):
            of_weight[c] += slope * x.detach().numpy()[n, :, i:i + 3, j:j + 3]
        if in_region(corners, i, j, last=False):
            of_x[n, :, i:i + 3, j:j + 3] += slope * weight[c]
    for i, j in np.ndindex(8, 9):
        of_x[:, :, i, j] *= in_region(corners, i, j)
    np.testing.assert_allclose(x.grad, of_x, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(layer.blobs[0].grad, of_weight, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(layer.blobs[1].grad, slopes.sum((0, 2, 3)), rtol=1e-9)


def test_unknown_labels_add_nothing():
    x = noise(4, 3)
    top = make("SigmoidCrossEntropyWeightedLoss", "", (4, 3), (4, 3))(x, KNOWN)
    total = 0.0
    for value, label in zip(x.detach().numpy().ravel(), KNOWN.numpy().ravel(), strict=True):
        p = 1 / (1 + np.exp(-value))
        total -= {1: np.log(p), 0: np.log(1 - p), -1: 0}[int(label)]
    np.testing.assert_allclose(top.item(), total / 4, rtol=1e-9)
    assert set(KNOWN.unique().tolist()) == {-1, 0, 1}


def test_maps_of_saliency_are_compared_with_gazes():
    x = noise(2, 1, 5, 4).detach().abs().requires_grad_()
    top = make("KLDivLoss", "", (2, 1, 5, 4), (2, 1, 5, 4))(x, GAZES)
    top.backward()
    total, slopes = 0.0, np.zeros((2, 1, 5, 4))
    for n, i, j in np.ndindex(2, 5, 4):
        s, g = x[n].detach().numpy()[0], GAZES[n].numpy()[0]
        q, p = g[i, j] / (g.sum() + 1e-6), s[i, j] / (s.sum() + 1e-6)
        total += q * np.log(q / (p + 1e-6) + 1e-6)
        slopes[n, 0, i, j] = -q * (s.sum() - s[i, j]) / (s.sum() * s[i, j] + 1e-6)
    np.testing.assert_allclose(top.item(), total / 2, rtol=1e-9)
    np.testing.assert_allclose(x.grad, slopes / 2, rtol=1e-9)
    found = make("NSSLoss", "", (2, 1, 5, 4), (2, 1, 5, 4))(x, GAZES)
    means = [x[n].detach().numpy()[GAZES[n].numpy() > 0].mean() for n in range(2)]
    np.testing.assert_allclose(found.item(), -np.mean(means), rtol=1e-9)


@pytest.mark.parametrize("kind, param, shapes, words", [
    ("ROIConvolution", "convolution_param { num_output: 2 kernel_size: 3 }", (SHAPE, (4, 4)),
     "item, x1, y1, x2, y2 in pixels"),
    ("KLDivLoss", "", ((2, 3, 5, 4), (2, 3, 5, 4)), r"it must be \(N, 1, H, W\)"),
])
def test_settings_that_do_not_fit_are_refused(kind, param, shapes, words):
    with pytest.raises(SpecError, match=words):
        make(kind, param, *shapes)
