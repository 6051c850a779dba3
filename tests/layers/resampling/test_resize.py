"""Layers of community projects that resize a plane, or sort its cells and channels anew."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import check_layer, make, noise


def bilinear(x, height, width):
    """Corners on corners, cell by cell."""
    y = np.zeros((*x.shape[:2], height, width))
    for i in range(height):
        for j in range(width):
            h = i * (x.shape[2] - 1) / max(height - 1, 1)
            w = j * (x.shape[3] - 1) / max(width - 1, 1)
            for a in {int(h), min(int(h) + 1, x.shape[2] - 1)}:
                for b in {int(w), min(int(w) + 1, x.shape[3] - 1)}:
                    weight_h = 1 - (h - int(h)) if a == int(h) else h - int(h)
                    weight_w = 1 - (w - int(w)) if b == int(w) else w - int(w)
                    y[:, :, i, j] += weight_h * weight_w * x[:, :, a, b]
    return y


@pytest.mark.parametrize("param, size", [
    ("height: 9 width: 4", (9, 4)), ("zoom_factor: 3", (10, 13)), ("shrink_factor: 2", (2, 3)),
    ("shrink_factor: 2 zoom_factor: 4", (5, 9)), ("height: 1 width: 8", (1, 8)),
    ("zoom_factor: 2 height: 3 width: 3", (7, 9)), ("full_zoom_factor: 3", (12, 15)),
    ("full_zoom_factor: 3 height: 3 width: 2", (3, 2)), ("full_zoom_factor: 3 zoom_factor: 2",
                                                         (7, 9)),
])
def test_interp_puts_corners_on_corners(param, size):
    layer = make("Interp", param, (2, 3, 4, 5))
    x = noise(2, 3, 4, 5)
    expected = bilinear(x.detach().numpy(), *size)
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-9, atol=1e-12)


def test_interp_cuts_and_takes_the_size_of_the_second_bottom():
    layer = make("Interp", "use_blob_size: true pad_beg: -1 pad_end: -2", (2, 3, 7, 8),
                 (1, 9, 5, 6))
    x = noise(2, 3, 7, 8)
    expected = make("Interp", "height: 5 width: 6", (2, 3, 4, 5))(x[:, :, 1:5, 1:6])

    torch.testing.assert_close(layer(x, noise(1, 9, 5, 6)), expected)
    check_layer(layer, x, noise(1, 9, 5, 6))


def test_interp_nearest_takes_the_nearer_cell():
    x = torch.arange(3.0).reshape(1, 1, 1, 3).double()
    y = make("Interp", "mode: NEAREST height: 1 width: 5", (1, 1, 1, 3))(x)
    assert y.flatten().tolist() == [0, 1, 1, 2, 2]  # 0.5 and 1.5 go to the farther cell


def test_upsample_puts_values_where_the_pool_found_them():
    x = noise(2, 3, 6, 4)
    y, mask = make("Pooling", "kernel_size: 2 stride: 2", (2, 3, 6, 4), tops=2)(x)
    layer = make("Upsample", "scale: 2", (2, 3, 3, 2), (2, 3, 3, 2))

    up = layer(y, mask)

    is_maximum = up != 0
    assert is_maximum.sum() == y.numel()
    torch.testing.assert_close(up[is_maximum], x[is_maximum])
    check_layer(layer, y.detach(), mask.detach())
    assert torch.autograd.gradcheck(lambda y: layer(y, mask), noise(2, 3, 3, 2))


@pytest.mark.parametrize("param, size", [
    ("upsample_h: 7 upsample_w: 5", (7, 5)), ("scale: 2 pad_out_h: true", (5, 4)),
    ("scale_h: 3 scale_w: 2", (9, 4)),
])
def test_upsample_by_mask_has_the_size_that_is_asked_for(param, size):
    mask = torch.arange(6.0).reshape(1, 1, 3, 2).double()
    x = noise(1, 1, 3, 2)
    y = make("Upsample", param, (1, 1, 3, 2), (1, 1, 3, 2))(x, mask)
    assert tuple(y.shape[2:]) == size
    torch.testing.assert_close(y.flatten()[:6], x.flatten())


def test_upsample_drops_what_an_empty_window_gave():
    mask = torch.tensor([[[[0.0, -1]]]]).double()
    y = make("Upsample", "scale: 2", (1, 1, 1, 2), (1, 1, 1, 2))(noise(1, 1, 1, 2), mask)
    assert (y != 0).sum() == 1


def test_upsample_with_one_bottom_repeats_cells():
    layer = make("Upsample", "scale: 3", (2, 3, 2, 4))
    x = noise(2, 3, 2, 4)
    expected = np.repeat(np.repeat(x.detach().numpy(), 3, 2), 3, 3)
    np.testing.assert_array_equal(layer(x).detach().numpy(), expected)
    check_layer(layer, x)


def test_upsample_with_a_larger_blob_takes_its_size():
    layer = make("Upsample", "", (1, 5, 7, 9), (2, 3, 4, 5))
    small = noise(2, 3, 4, 5)
    expected = make("Interp", "height: 7 width: 9", (2, 3, 4, 5))(small)
    torch.testing.assert_close(layer(noise(1, 5, 7, 9), small), expected)


@pytest.mark.parametrize("kind", ["Unpooling", "UnPooling"])
@pytest.mark.parametrize("size, top", [("unpool_size: 7", (7, 7)), ("", (7, 5))])
def test_unpooling_puts_values_where_the_mask_says(size, top, kind):
    mask = torch.tensor([[[[8.0, 3], [1, 0], [20, 11]]]]).double()
    x = noise(1, 1, 3, 2)
    layer = make(kind, f"kernel_size: 2 stride: 2 {size}", (1, 1, 3, 2), (1, 1, 3, 2))

    y = layer(x, mask)

    assert tuple(y.shape[2:]) == top
    torch.testing.assert_close(y.flatten()[mask.flatten().long()], x.flatten())
    assert (y != 0).sum() == 6
    check_layer(layer, x, mask)


def test_unpooling_reads_the_first_channels_of_a_longer_mask():
    mask = torch.tensor([8.0, 3, 1, 0, 20, 11]).double().reshape(1, 1, 3, 2)
    x = noise(1, 1, 3, 2)
    layers = [make("UnPooling", "kernel_size: 2 stride: 2", (1, 1, 3, 2), (1, channels, 3, 2))
              for channels in (1, 2)]
    longer = torch.cat([mask, torch.full_like(mask, 2)], 1)
    assert torch.equal(layers[0](x, mask), layers[1](x, longer))
    check_layer(layers[1], x, longer)
    for wrong in ((1, 1, 3, 2), (2, 4, 3, 2), (1, 2, 3, 3)):
        with pytest.raises(SpecError, match="the mask may have more channels"):
            make("UnPooling", "kernel_size: 2 stride: 2", (1, 2, 3, 2), wrong)


def test_unpooling_without_a_mask_takes_the_first_corner():
    layer = make("Unpooling", "kernel_size: 2 stride: 2 unpool_h: 6 unpool_w: 4", (1, 1, 3, 2))
    x = noise(1, 1, 3, 2)
    torch.testing.assert_close(layer(x)[:, :, ::2, ::2], x)
    assert (layer(x) != 0).sum() == 6


@pytest.mark.parametrize("shape", [(7, 9), (5, 6), (6, 7)])
def test_merge_crop_stacks_the_middle(shape):
    a, b = noise(2, 3, 5, 6), noise(2, 4, *shape, seed=2)
    layer = make("MergeCrop", "", (2, 3, 5, 6), (2, 4, *shape))
    top, left = (shape[0] - 5) // 2, (shape[1] - 6) // 2

    y = layer(a, b)
    y.sum().backward()

    torch.testing.assert_close(y[:, :3], a)
    torch.testing.assert_close(y[:, 3:], b[:, :, top:top + 5, left:left + 6])
    assert a.grad is not None and b.grad is None
    check_layer(layer, a.detach(), b.detach())


def test_merge_crop_adds_and_obeys_its_flags():
    a, b = noise(2, 3, 5, 6), noise(2, 3, 7, 6, seed=2)
    sizes = (2, 3, 5, 6), (2, 3, 7, 6)
    added = make("MergeCrop", "operation: ADD backward: false backward: true", *sizes)(a, b)
    torch.testing.assert_close(added, a + b[:, :, 1:6])
    added.sum().backward()
    assert a.grad is None and b.grad.sum() == 2 * 3 * 5 * 6
    hidden = make("MergeCrop", "operation: ADD forward: false", *sizes)(a, b)
    torch.testing.assert_close(hidden, b[:, :, 1:6])


def darknet(x, stride, reverse):
    """The loops of darknet's reorg over flat indices."""
    (num, channels, height, width), fewer = x.shape, x.shape[1] // stride**2
    source, flat = x.reshape(-1), np.zeros(x.size)
    for index in range(x.size):
        w, rest = index % width, index // width
        h, rest = rest % height, rest // height
        c, b = rest % channels, rest // channels
        column = w * stride + c // fewer % stride
        row = h * stride + c // fewer // stride
        other = column + width * stride * (row + height * stride * (c % fewer + fewer * b))
        if reverse:
            flat[other] = source[index]
        else:
            flat[index] = source[other]
    shape = (num, fewer, height * stride, width * stride) if reverse else (
        num, channels * stride**2, height // stride, width // stride)
    return flat.reshape(shape)


@pytest.mark.parametrize("reverse", [False, True])
def test_reorg_has_darknets_order(reverse):
    size = (2, 8, 4, 6)
    layer = make("Reorg", f"stride: 2 reverse: {str(reverse).lower()}", size)
    x = noise(size)
    expected = darknet(x.detach().numpy(), 2, reverse)

    np.testing.assert_array_equal(layer(x).detach().numpy(), expected)
    check_layer(layer, x)


def test_shuffle_channel_deals_out_the_groups():
    layer = make("ShuffleChannel", "group: 3", (2, 6, 2, 4))
    x = noise(2, 6, 2, 4)
    torch.testing.assert_close(layer(x), x[:, [0, 2, 4, 1, 3, 5]])
    check_layer(layer, x)


@pytest.mark.parametrize("param, axes", [
    ("", 3), ("flip_height: true", (2, 3)), ("flip_height: true flip_width: false", 2),
])
def test_flip_mirrors(param, axes):
    x = noise(2, 3, 4, 5)
    layer = make("Flip", param, (2, 3, 4, 5))
    np.testing.assert_array_equal(layer(x).detach(), np.flip(x.detach().numpy(), axes))
    check_layer(layer, x)


@pytest.mark.parametrize("kind, param, sizes, message", [
    ("Interp", "", [(2, 3, 4, 5)], "gives no size"),
    ("Interp", "height: 3 width: 4 pad_beg: 1", [(2, 3, 4, 5)], "pad_beg is 1; it must be 0"),
    ("Interp", "zoom_factor: 2 pad_beg: -4", [(2, 3, 4, 5)], "leave nothing of"),
    ("Interp", "use_blob_size: true", [(2, 3, 4, 5)], "needs a second bottom"),
    ("Upsample", "", [(2, 3, 4, 5)], "scale is missing"),
    ("Upsample", "scale: 2", [(2, 3, 4, 5), (2, 3, 5, 4)], "a pooling mask must have that of"),
    ("Upsample", "upsample_h: 7 upsample_w: 8", [(2, 3, 4, 5)], "go together, with a pooling mask"),
    ("Reorg", "", [(2, 4, 4, 6)], "stride is 0"),
    ("Reorg", "stride: 2", [(2, 3, 4, 6)], "its square must divide the 3 channels"),
    ("Reorg", "stride: 2", [(2, 4, 5, 6)], "it must divide the sides"),
    ("ShuffleChannel", "group: 4", [(2, 6, 4, 5)], "group is 4; it must divide the 6 channels"),
    ("MergeCrop", "", [(2, 3, 5, 6), (2, 3, 4, 7)], "sizes not smaller"),
    ("MergeCrop", "operation: ADD", [(2, 3, 5, 6), (2, 4, 5, 6)], "and as many channels"),
])
def test_wrong_parameters_are_named(kind, param, sizes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *sizes)


def test_bilinear_interpolation_takes_the_size_of_its_second_bottom():
    layer = make("BilinearInterpolation", "", (2, 3, 5, 4), (2, 1, 9, 7))
    x = noise(2, 3, 5, 4)
    expected = bilinear(x.detach().numpy(), 9, 7)
    np.testing.assert_allclose(layer(x, noise(2, 1, 9, 7)).detach(), expected, rtol=1e-12)
    with pytest.raises(SpecError, match="bottom is given 1 times; it must be 2: the second gives "):
        make("BilinearInterpolation", "", (2, 3, 5, 4))


@pytest.mark.parametrize("fields, size", [("kernel_size: 3 stride: 1 pad: 1", (5, 4)),
                                          ("kernel_size: 5 stride: 2 pad: 1", (11, 9))])
def test_padding_of_an_unpooling_by_a_mask_is_in_its_size(fields, size):
    x, mask = noise(1, 2, 5, 4), torch.arange(40.0).reshape(1, 2, 5, 4) % 20
    y = make("Unpooling", fields, (1, 2, 5, 4), (1, 2, 5, 4))(x, mask)
    expected = np.zeros((2, size[0] * size[1]))
    for c, i, j in np.ndindex(2, 5, 4):
        expected[c, int(mask[0, c, i, j])] = x.data[0, c, i, j]
    np.testing.assert_array_equal(y.detach()[0].flatten(1), expected)
    with pytest.raises(SpecError, match="pad asks for what Unpooling does not do here"):
        make("Unpooling", fields, (1, 2, 5, 4))
