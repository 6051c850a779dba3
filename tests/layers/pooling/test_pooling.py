"""Pooling and SPP against the original's window rules in plain numpy."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import check_layer, make, noise


def window_cells(n, kernel, stride, pad, any_pad, floor=False, dilation=1):
    """For each window its cells inside of the bottom, and its length cut to n + pad."""
    extent = dilation * (kernel - 1) + 1
    steps = (n + 2 * pad - extent) / stride
    top = (math.floor(steps) if floor else math.ceil(steps)) + 1
    if any_pad and (top - 1) * stride >= n + pad:
        top -= 1
    windows = []
    for index in range(top):
        start = index * stride - pad
        cells = [start + k * dilation for k in range(kernel)]
        windows.append(([c for c in cells if 0 <= c < n], min(start + kernel, n + pad) - start))
    return windows


def pooled(x, method, kernel, stride, pad, **more):
    """Definition of MAX and AVE for (N, C, H, W), windows without a cell give 0."""
    rows, columns = (window_cells(x.shape[2 + axis], kernel[axis], stride[axis], pad[axis],
                                  any(pad), **more) for axis in (0, 1))
    y = np.zeros((*x.shape[:2], len(rows), len(columns)))
    for i, (r, height) in enumerate(rows):
        for j, (c, width) in enumerate(columns):
            cut = x[:, :, r][:, :, :, c]
            if cut.size and method == "MAX":
                y[:, :, i, j] = cut.max((2, 3))
            elif cut.size:
                y[:, :, i, j] = cut.sum((2, 3)) / (height * width)
    return y


GEOMETRIES = {
    "pad above half the kernel": ((3, 5), (2, 1), (2, 4)),
    "large pad on one side": ((4, 2), (3, 2), (3, 0)),
    "stride above the kernel": ((1, 2), (3, 4), (0, 0)),
    "kernel above the bottom": ((8, 3), (2, 2), (1, 1)),
    "plain": ((2, 3), (2, 2), (0, 1)),
    "stride far above the bottom": ((3, 2), (60000, 50000), (0, 0)),
    "the same with padding": ((3, 2), (7, 60000), (2, 1)),
    "kernel and stride twice the bottom": ((14, 18), (14, 18), (0, 0)),
}


@pytest.mark.parametrize("size", [(2, 3, 7, 6), (1, 2, 6, 9)])
@pytest.mark.parametrize("method", ["MAX", "AVE"])
@pytest.mark.parametrize("case", GEOMETRIES)
def test_windows_lie_where_the_original_puts_them(method, case, size):
    kernel, stride, pad = GEOMETRIES[case]
    param = f"pool: {method} " + " ".join(
        f"{name}_h: {h} {name}_w: {w}" for name, (h, w) in
        (("kernel", kernel), ("stride", stride), ("pad", pad)))
    layer = make("Pooling", param, size)
    x = noise(size)

    expected = pooled(x.detach().numpy(), method, kernel, stride, pad)

    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    assert layer.top_shapes(size) == [expected.shape]
    bigger = (size[0] + 1, size[1], size[2] + 4, size[3] + 3)
    x = noise(bigger)
    np.testing.assert_allclose(layer(x).detach().numpy(),
                               pooled(x.detach().numpy(), method, kernel, stride, pad), rtol=1e-10)


def test_a_window_outside_of_the_bottom_gives_0_and_mask_minus_1():
    layer = make("Pooling", "kernel_size: 1 stride: 2", (1, 1, 4, 7), tops=2)
    x = noise(1, 1, 4, 7)

    y, mask = layer(x)
    (y.sum() + mask.sum()).backward()

    assert y.shape == mask.shape == (1, 1, 3, 4)
    assert (y[0, 0, 2] == 0).all() and (mask[0, 0, 2] == -1).all()
    assert x.grad.sum() == 8 and not mask.requires_grad


@pytest.mark.parametrize("param", ["kernel_size: 3 stride: 2 pad: 1", "kernel_size: 2 pad: 1",
                                   "kernel_h: 3 kernel_w: 2 pad_h: 2 pad_w: 1",
                                   "global_pooling: true"])
def test_the_mask_points_at_the_maximum(param):
    x = noise(2, 3, 6, 5)
    y, mask = make("Pooling", param, (2, 3, 6, 5), tops=2)(x)

    flat = x.flatten(2).gather(2, mask.long().flatten(2)).reshape(y.shape)

    torch.testing.assert_close(flat, y, rtol=0, atol=0)


@pytest.mark.parametrize("field", ["round_mode: FLOOR", "ceil_mode: false", "torch_pooling: true"])
@pytest.mark.parametrize("pad", [0, 1])
def test_sizes_round_down_when_a_project_asks_for_it(field, pad):
    size = (2, 3, 6, 9)
    layer = make("Pooling", f"pool: AVE kernel_size: 3 stride: 2 pad: {pad} {field}", size)
    x = noise(size)
    expected = pooled(x.detach().numpy(), "AVE", (3, 3), (2, 2), (pad, pad), floor=True)

    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-10)


def test_a_dilated_window_takes_cells_apart():
    size = (2, 3, 9, 8)
    x = noise(size)
    layer = make("Pooling", "kernel_size: 2 stride: 1 dilation: 3", size)
    expected = pooled(x.detach().numpy(), "MAX", (2, 2), (1, 1), (0, 0), dilation=3)

    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=0)


def test_intels_average_counts_real_cells_only():
    size = (2, 3, 5, 6)
    ones = torch.ones(size, dtype=torch.float64)
    for kernel, pad in ((3, 1), (3, 2)):
        layer = make("Pooling", f"pool: AVE kernel_size: {kernel} stride: 2 pad: {pad} "
                     "avg_include_pad: false", size)
        torch.testing.assert_close(layer(ones), torch.ones_like(layer(ones)))


@pytest.mark.parametrize("method, reduce", [("MAX", np.max), ("AVE", np.mean)])
def test_global_pooling_follows_the_size_of_each_bottom(method, reduce):
    layer = make("Pooling", f"pool: {method} global_pooling: true", (2, 3, 5, 6))
    for size in ((2, 3, 5, 6), (3, 3, 4, 7)):
        x = noise(size)
        expected = reduce(x.detach().numpy(), axis=(2, 3), keepdims=True)
        np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-12)


def test_stochastic_pooling_draws_cells_by_their_value_in_training():
    size = (1, 1, 2, 3)
    layer = make("Pooling", "pool: STOCHASTIC kernel_h: 2 kernel_w: 3", size)
    x = torch.tensor([[[[1.0, 0, 2], [3, 0, 4]]]], dtype=torch.float64, requires_grad=True)
    many = x.expand(20000, 1, 2, 3)
    torch.manual_seed(3)

    y = layer(many)
    y.sum().backward()

    shares = torch.stack([(y == value).double().mean() for value in (1.0, 2.0, 3.0, 4.0)])
    np.testing.assert_allclose(shares, [0.1, 0.2, 0.3, 0.4], atol=0.02)
    np.testing.assert_allclose(x.grad[0, 0] / 20000, [[0.1, 0, 0.2], [0.3, 0, 0.4]], atol=0.02)


def test_stochastic_pooling_takes_the_weighted_mean_in_test():
    size = (2, 2, 5, 6)
    layer = make("Pooling", "pool: STOCHASTIC kernel_size: 3 stride: 2", size, phase="TEST")
    x = noise(size).detach().abs()
    x[0, 0, :3, :3] = 0
    total = pooled(x.numpy(), "AVE", (3, 3), (2, 2), (0, 0))
    squares = pooled(x.numpy() ** 2, "AVE", (3, 3), (2, 2), (0, 0))

    expected = np.where(total > 0, squares / np.where(total > 0, total, 1), 0)

    np.testing.assert_allclose(layer(x), expected, rtol=1e-10)
    assert expected[0, 0, 0, 0] == 0


def test_a_cut_stochastic_window_draws_from_its_cells():
    layer = make("Pooling", "pool: STOCHASTIC kernel_size: 3 stride: 2", (1, 2, 4, 5))
    x = noise(1, 2, 4, 5).detach().abs() + 1

    y = layer(x)

    assert y.shape == (1, 2, 2, 2) and (y >= 1).all()


def test_sizes_may_be_given_once_for_each_axis():
    size = (2, 3, 8, 9)
    layer = make("Pooling", "kernel_size: 2 kernel_size: 3 stride: 1 stride: 2", size)
    usual = make("Pooling", "kernel_h: 2 kernel_w: 3 stride_h: 1 stride_w: 2", size)
    torch.testing.assert_close(layer(noise(size)), usual(noise(size)))
    with pytest.raises(SpecError, match="is given 3 times; it must be once, or once for each of"):
        make("Pooling", "kernel_size: 2 kernel_size: 3 kernel_size: 3", size)


def test_pooling_of_three_axes_has_the_same_limit_of_its_steps():
    with pytest.raises(SpecError, match="stride is 4294967295; it may be at most 65536"):
        make("Pooling3D", "kernel_size: 3 kernel_depth: 2 stride: 4294967295", (2, 3, 4, 5, 6))
    with pytest.raises(SpecError, match="temporal_stride is 65537; it may be at most 65536"):
        make("Pooling3D", "kernel_size: 3 kernel_depth: 2 temporal_stride: 65537", (2, 3, 4, 5, 6))


@pytest.mark.parametrize("method", ["MAX", "AVE"])
def test_three_axes_pool_at_once(method):
    size = (2, 3, 4, 6, 5)
    x = noise(size).detach()
    kernel = "kernel_size_3d: 2 kernel_size_3d: 3 kernel_size_3d: 1"
    layer = make("Pooling", f"pool: {method} {kernel} stride_3d: 2", size)
    reduce = np.max if method == "MAX" else np.mean
    # the same in two steps: the depth, then the plane
    deep = reduce(x.numpy().reshape(2, 3, 2, 2, 6, 5), axis=3)
    expected = np.stack([pooled(deep[:, :, d], method, (3, 1), (2, 2), (0, 0))
                         for d in range(2)], 2)

    np.testing.assert_allclose(layer(x), expected, rtol=1e-10)


@pytest.mark.parametrize("method", ["MAX", "AVE"])
@pytest.mark.parametrize("height", [1, 2, 3])
def test_spp_pools_bins_of_each_level(method, height):
    size = (2, 3, 8, 12)  # divides evenly, so that bins are plain blocks
    x = noise(size).detach().numpy()
    reduce = np.max if method == "MAX" else np.mean
    levels = [reduce(x.reshape(2, 3, 2**i, 8 // 2**i, 2**i, 12 // 2**i), axis=(3, 5))
              for i in range(height)]
    expected = np.concatenate([level.reshape(2, -1) for level in levels], 1)

    y = make("SPP", f"pool: {method} pyramid_height: {height}", size)(torch.tensor(x))

    assert y.shape == ((2, 3, 1, 1) if height == 1 else expected.shape)
    np.testing.assert_allclose(y.flatten(1), expected, rtol=1e-10)


def test_gradients():
    for param in ("kernel_size: 3 stride: 2 pad: 2", "pool: AVE kernel_size: 3 stride: 2 pad: 2"):
        assert torch.autograd.gradcheck(make("Pooling", param, (1, 2, 5, 4)), noise(1, 2, 5, 4))


@pytest.mark.parametrize("kind, param, tops", [
    ("Pooling", "kernel_size: 3 stride: 2", 1),
    ("Pooling", "kernel_size: 3 stride: 2 pad: 2", 2),
    ("Pooling", "pool: AVE kernel_size: 3 stride: 2 pad: 1", 1),
    ("Pooling", "pool: AVE global_pooling: true", 1),
    ("SPP", "pyramid_height: 2", 1),
])
def test_layer_stands_the_common_check(kind, param, tops):
    check_layer(make(kind, param, (2, 3, 6, 7), tops=tops), noise(2, 3, 6, 7))


def test_stochastic_pooling_compiles_and_exports():
    param = "pool: STOCHASTIC kernel_size: 3 stride: 2"
    check_layer(make("Pooling", param, (2, 3, 6, 7), phase="TEST"), noise(2, 3, 6, 7))
    layer = make("Pooling", param, (2, 3, 6, 7))
    x = noise(2, 3, 6, 7).detach().abs()
    assert torch.export.export(layer, (x,)).module()(x).shape == (2, 3, 3, 3)


@pytest.mark.parametrize("param, size, message", [
    ("pool: MAX", (2, 3, 5, 6), "kernel_size is missing"),
    ("kernel_size: 2 pad: 2", (2, 3, 5, 6), "pad is .*must be below the kernel"),
    ("kernel_size: 2", (2, 3, 5), "Pooling takes 4 axes"),
    ("kernel_size: 9", (2, 3, 5, 6), "leaves no output"),
    ("global_pooling: true kernel_size: 2", (2, 3, 5, 6), "is given with global_pooling"),
    ("global_pooling: true pad: 1", (2, 3, 5, 6), "pad must be 0 with global_pooling"),
    ("pool: STOCHASTIC kernel_size: 3 pad: 1", (2, 3, 5, 6), "STOCHASTIC pooling has no padding"),
    ("pool: AVE kernel_size: 2 dilation: 2", (2, 3, 5, 6), "only MAX pooling has it"),
    ("kernel_size: 2 stride: 65537", (2, 3, 5, 6), "stride is 65537; it may be at most 65536"),
    ("kernel_size: 1 dilation: 4294967295", (2, 3, 5, 6), "dilation is 4294967295; it may be at"),
    ("kernel_size: 2 axis: 2", (2, 3, 5, 6), "axis is 2; only 1 is supported"),
])
def test_wrong_parameters_are_named(param, size, message):
    with pytest.raises(SpecError, match=message):
        make("Pooling", param, size)


def test_only_max_pooling_has_a_mask():
    with pytest.raises(SpecError, match="only MAX pooling has a mask, not AVE"):
        make("Pooling", "pool: AVE kernel_size: 2", (2, 3, 5, 6), tops=2)


@pytest.mark.parametrize("param, message", [
    ("pool: MAX", "pyramid_height is 0"), ("pyramid_height: 4", "too many for"),
    ("pyramid_height: 2 pool: STOCHASTIC", "has no padding"),
])
def test_spp_refuses_what_the_original_cannot_pool(param, message):
    with pytest.raises(SpecError, match=message):
        make("SPP", param, (2, 3, 5, 6))
