"""Types of Xilinx's Caffe beside the convolution of few bits: ConvolutionBNFixed, GSTiling, Recall.
"""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from framework.errors import SpecError
from tests.layers.low_precision.test_binary_point import point_of, short
from tests.support import make, noise

TEXT = ("convolution_param { num_output: 4 kernel_size: 3 pad: 1 bias_term: false "
        "weight_filler { type: 'gaussian' } } "
        "batch_norm_param { eps: 0.01 moving_average_fraction: 0.75 } fixed_param { "
        "fixed_method: DIFF_S bit_width: 5 enable: %s }")
SHAPE = (2, 3, 5, 7)


def layer_with_numbers(enabled, phase):
    layer = make("ConvolutionBNFixed", TEXT % str(enabled).lower(), SHAPE, phase=phase)
    for index, blob in enumerate(layer.blobs):
        blob.data = noise(*blob.shape, seed=index + 2).detach()
    layer.variance.data = layer.variance.data.abs() + 0.5
    return layer


def statistics(layer, x):
    """Mean and variance of each channel of the convolved batch."""
    found = F.conv2d(x, layer.weight.detach(), padding=1).transpose(0, 1).reshape(4, -1).numpy()
    return found.mean(1), found.var(1), found.shape[1]


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_the_convolution_has_the_normalization_in_weights_of_few_bits(enabled, phase):
    layer = layer_with_numbers(enabled, phase)
    x = noise(*SHAPE, seed=9).detach()
    weight, scale, bias, mean, variance, _ = (blob.detach().numpy() for blob in layer.blobs)
    if phase == "TRAIN":
        mean, variance, _ = statistics(layer, x)
    factor = scale / np.sqrt(variance + 0.01)
    folded = [weight * factor[:, None, None, None], bias - mean * factor]
    if enabled:
        folded = [short(one, 5, point_of(one, 5, "DIFF_S")) for one in folded]
    expected = F.conv2d(x, torch.from_numpy(folded[0]), torch.from_numpy(folded[1]), padding=1)
    np.testing.assert_allclose(layer(x).detach(), expected, rtol=1e-9, atol=1e-9)


def test_the_gradients_are_those_of_exact_convolution_and_normalization():
    layer = layer_with_numbers(True, "TRAIN")
    x, slope = noise(*SHAPE, seed=9), noise(2, 4, 5, 7, seed=5).detach()
    wanted = [x, layer.weight, layer.scale, layer.bias]
    found = torch.autograd.grad(layer(x), wanted, slope)
    exact = F.batch_norm(F.conv2d(x, layer.weight, padding=1), None, None, layer.scale, layer.bias,
                         True, eps=0.01)
    for one, other in zip(found, torch.autograd.grad(exact, wanted, slope), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-9)


def test_the_first_batch_sets_the_stored_statistics_and_later_ones_move_them():
    layer = layer_with_numbers(True, "TRAIN")
    batches = [noise(*SHAPE, seed=seed).detach() for seed in (11, 12)]
    found = [statistics(layer, x) for x in batches]
    layer(batches[0])
    unbiased = [variance * number / (number - 1) for _, variance, number in found]
    np.testing.assert_allclose(layer.mean, found[0][0], rtol=1e-9)
    np.testing.assert_allclose(layer.variance, unbiased[0], rtol=1e-9)
    layer(batches[1])
    np.testing.assert_allclose(layer.mean, 0.75 * found[0][0] + 0.25 * found[1][0], rtol=1e-9)
    np.testing.assert_allclose(layer.variance, 0.75 * unbiased[0] + 0.25 * unbiased[1], rtol=1e-9)


def test_a_convolution_with_a_bias_of_its_own_is_refused():
    with pytest.raises(SpecError, match="bias_term is true; it must be false"):
        make("ConvolutionBNFixed", "convolution_param { num_output: 4 kernel_size: 3 }", SHAPE)


@pytest.mark.parametrize("reverse", [False, True])
def test_gs_tiling_puts_the_cells_of_a_block_into_channels_and_back(reverse):
    size, inner, height, width = 3, 2, 4, 5
    wide, deep = (2, inner, height * size, width * size), (2, inner * size**2, height, width)
    layer = make("GSTiling", f"stride: {size} reverse: {str(reverse).lower()}",
                 deep if reverse else wide)
    x = noise(*(deep if reverse else wide)).detach()
    y = layer(x)
    planes, cells = (y, x) if reverse else (x, y)
    assert tuple(y.shape) == (wide if reverse else deep)
    for channel, row, column in np.ndindex(inner, height * size, width * size):
        cell = (row % size * size + column % size) * inner + channel
        assert (planes[:, channel, row, column]
                == cells[:, cell, row // size, column // size]).all()


def test_gs_tiling_of_a_batch_without_items_has_none():
    layer = make("GSTiling", "stride: 3", (2, 2, 12, 15))
    assert tuple(layer(noise(0, 2, 12, 15).detach()).shape) == (0, 18, 4, 5)


@pytest.mark.parametrize("text, message", [
    ("", "stride is 0; it must be at least 1"),
    ("stride: 4", "must be multiples of the stride, 4"),
    ("stride: 2 reverse: true", "channels in multiples of 4")])
def test_gs_tiling_wants_sizes_that_its_stride_divides(text, message):
    with pytest.raises(SpecError, match=message):
        make("GSTiling", text, (2, 3, 6, 8))


@pytest.mark.parametrize("ignore", ["", "ignore_label: 2"])
def test_recall_is_the_f1_score_of_the_classes_above_0(ignore):
    """Best classes 1 2 0 1 2 0: of equal scores the later one."""
    layer = make("Recall", f"accuracy_param {{ top_k: 2 {ignore} }}", (6, 3), (6,), tops=2)
    scores = torch.tensor([[0, 2, 1], [0, 1, 1], [3, 1, 2], [1, 4, 0], [0, 0, 5], [9, 1, 2]],
                          dtype=torch.float64)
    labels = torch.tensor([1, 1, 0, 1, 0, 2], dtype=torch.float64)
    # named: rows 0, 1, 3, 4; labels above 0: rows 0, 1, 3, 5; both and right: 0 and 3
    score, shares = layer(scores, labels)
    named, present, right = (4, 4, 2) if not ignore else (4, 3, 2)
    precision, recall = right / named, right / present
    assert float(score) == pytest.approx(2 * precision * recall / (precision + recall))
    assert shares.tolist() == pytest.approx([0.5, 1, 0 if ignore else 1])


def test_recall_without_a_class_that_is_found_is_0():
    layer = make("Recall", "", (2, 3), (2,))
    assert float(layer(torch.eye(3, dtype=torch.float64)[:2], torch.tensor([0.0, 2.0]))) == 0
