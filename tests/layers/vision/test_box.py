"""Box: boxes of an image, each with a convolution, ReLU and pooling of its own."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

BOX = ("box_param {{ box_height: {} box_width: {} param {{ }} param {{ }} convolution_param {{ "
       "num_output: 2 kernel_size: 3 pad: 1 weight_filler {{ type: 'xavier' }} bias_filler {{ "
       "type: 'constant' value: 0.25 }} }} pooling_param {{ pool: MAX kernel_size: 3 stride: 1 "
       "pad: 1 }} }}")


def of_box(box, weight, bias):
    """Convolution, ReLU and MAX pooling of 3 x 3 with a border of 1, of a box (N, C, h, w)."""
    batch, _, height, width = box.shape
    wide = np.pad(box, ((0, 0), (0, 0), (1, 1), (1, 1)))
    mapped = np.zeros((batch, len(weight), height, width))
    for row in range(height):
        for column in range(width):
            part = wide[:, None, :, row:row + 3, column:column + 3]
            mapped[:, :, row, column] = (part * weight).sum((2, 3, 4)) + bias
    mapped = np.pad(np.maximum(mapped, 0), ((0, 0), (0, 0), (1, 1), (1, 1)),
                    constant_values=-np.inf)
    return np.stack([np.stack([mapped[:, :, row:row + 3, column:column + 3].max((2, 3))
                               for column in range(width)], 2) for row in range(height)], 2)


def expected_top(x, layer, high, wide):
    """One value after the other, in the order of the original, in flat memory."""
    batch, channels, height, width = x.shape
    flat, top = x.reshape(-1), np.zeros(batch * 2 * height * width)
    corners = [(row, column) for row in range(0, height, high) for column in range(0, width, wide)]
    for (row, column), steps in zip(corners, layer.steps, strict=True):
        weight, bias = (blob.detach().numpy() for blob in steps[0].blobs)
        box = np.zeros((batch * channels, high, wide))
        for plane, down, right in np.ndindex(box.shape):
            index = plane * height * width + (row + down) * width + column + right
            box[plane, down, right] = flat[index] if index < len(flat) else 0
        made = of_box(box.reshape(batch, channels, high, wide), weight, bias)
        made = made.reshape(-1, high, wide)
        for plane, down, right in np.ndindex(made.shape):
            index = plane * height * width + (row + down) * width + column + right
            if index < len(top):
                top[index] = made[plane, down, right]
    return top.reshape(batch, 2, height, width)


@pytest.mark.parametrize("high, wide", [(2, 3), (3, 4), (4, 6), (5, 5)])
def test_boxes_are_read_and_written_as_in_the_original(high, wide):
    """4 x 6 in boxes of 2 x 3 is exact; other boxes go on in the next row and channel."""
    shape = (2, 3, 4, 6) if (high, wide) != (5, 5) else (2, 3, 5, 7)
    layer = make("Box", BOX.format(high, wide), shape)
    x = noise(shape)
    np.testing.assert_allclose(layer(x).detach().numpy(),
                               expected_top(x.detach().numpy(), layer, high, wide), rtol=1e-6)
    assert torch.autograd.gradcheck(layer, x)


def test_weights_of_boxes_differ_and_are_no_blobs():
    layer = make("Box", BOX.format(2, 3), (1, 3, 4, 6))
    weights = [steps[0].blobs[0] for steps in layer.steps]
    assert layer.blobs == [] and len(weights) == 4
    assert not any(weight.requires_grad for weight in weights)
    assert not torch.equal(weights[0], weights[1])


@pytest.mark.parametrize("param, message", [
    (BOX.format(5, 3), "box_height is 5; it must be from 1 to that of the image, 4"),
    (BOX.format(2, 0), "box_width is 0"),
    (BOX.format(2, 3).replace("kernel_size: 3 pad: 1 w", "kernel_size: 2 pad: 1 w"),
     "box_param does not keep the box's size, 2 x 3"),
    ("box_param { box_height: 2 box_width: 2 }", "convolution_param is missing")])
def test_boxes_that_cannot_be_are_errors(param, message):
    with pytest.raises(SpecError, match=message):
        make("Box", param, (1, 3, 4, 6))
