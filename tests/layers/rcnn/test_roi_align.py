"""ROIAlign with sampling_ratio against torchvision's roi_align in loops, and on several maps."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

ROIS = np.array([[0, 0, 0, 53, 70], [1, 8.5, 12, 40, 31], [1, 30, 2, 33, 5.5], [0, 45, 60, 90, 200],
                 [1, -30, -9, 12, 20], [0, 300, 300, 310, 310]])
SIZE = "pooled_h: 3 pooled_w: 2 sampling_ratio: 2"


def bilinear(plane, y, x):
    """bilinear_interpolate of roi_align_kernel.cpp."""
    height, width = plane.shape
    if y < -1 or y > height or x < -1 or x > width:
        return 0.0
    y, x = max(y, 0), max(x, 0)
    low, left = int(y), int(x)
    if low >= height - 1:
        low = high = height - 1
        y = low
    else:
        high = low + 1
    if left >= width - 1:
        left = right = width - 1
        x = left
    else:
        right = left + 1
    down, along = y - low, x - left
    return ((1 - down) * (1 - along) * plane[low, left] + (1 - down) * along * plane[low, right]
            + down * (1 - along) * plane[high, left] + down * along * plane[high, right])


def roi_align(x, rois, scale, height=3, width=2, ratio=2):
    top = np.zeros((len(rois), x.shape[1], height, width))
    for index, (item, *corners) in enumerate(rois):
        x1, y1, x2, y2 = (corner * scale for corner in corners)
        bin_w, bin_h = max(x2 - x1, 1) / width, max(y2 - y1, 1) / height
        for c, i, j in np.ndindex(x.shape[1], height, width):
            points = [bilinear(x[int(item), c], y1 + bin_h * (i + (a + 0.5) / ratio),
                               x1 + bin_w * (j + (b + 0.5) / ratio))
                      for a in range(ratio) for b in range(ratio)]
            top[index, c, i, j] = np.mean(points)
    return top


def test_roi_align_with_samples_is_torchvisions():
    shape = (2, 3, 9, 7)
    layer = make("ROIAlign", f"roi_pooling_param {{ {SIZE} spatial_scale: 0.125 }}", shape,
                 ROIS.shape)
    x = noise(shape)
    expected = roi_align(x.detach().numpy(), ROIS, 0.125)
    assert expected[0].any() and not expected[5].any()
    np.testing.assert_allclose(layer(x, torch.tensor(ROIS)).detach(), expected, atol=1e-12)


def test_each_region_is_read_from_the_map_of_its_size():
    shapes = [(2, 3, 36, 28), (2, 3, 18, 14), (2, 3, 9, 7)]
    layer = make("ROIAlign", f"roi_pooling_param {{ {SIZE} level_stride: [2, 4, 8] canonical_size: "
                 "24 canonical_level: 2 }", *shapes, ROIS.shape)
    maps = [noise(shape, seed=index) for index, shape in enumerate(shapes)]
    found = layer(*maps, torch.tensor(ROIS)).detach().numpy()
    used = set()
    for row, roi in zip(found, ROIS, strict=True):
        size = math.sqrt((roi[3] - roi[1]) * (roi[4] - roi[2]))
        level = min(max(math.floor(2 + math.log2(size / 24) + 1e-6), 1), 3) - 1
        used.add(level)
        expected = roi_align(maps[level].detach().numpy(), roi[None], 1 / 2 ** (level + 1))
        np.testing.assert_allclose(row, expected[0], atol=1e-12)
    assert used == {0, 1, 2}


def test_the_gradient_is_the_derivative():
    shapes = [(2, 2, 8, 6), (2, 2, 4, 3)]
    layer = make("ROIAlign", f"roi_pooling_param {{ {SIZE} level_stride: [8, 16] canonical_size: "
                 "24 canonical_level: 3 }", *shapes, ROIS.shape)
    maps = [noise(shape) for shape in shapes]
    assert torch.autograd.gradcheck(lambda *x: layer(*x, torch.tensor(ROIS)), maps)


@pytest.mark.parametrize("fields, shapes, message", [
    (SIZE + " level_stride: [4, 12]", 2, "level_stride is .4, 12.; strides must be powers of 2"),
    (SIZE + " level_stride: [4, 8]", 1, "is given 2 times; it must be 3, a map for each"),
    (SIZE.replace("sampling_ratio: 2", "level_stride: 4"), 1, "given without sampling_ratio"),
    (SIZE + " level_stride: 4 spatial_scale: 0.25", 1, "is given together with level_stride"),
    (SIZE.replace("ratio: 2", "ratio: 100000"), 1, "is 100000; it must be at most 128"),
    (SIZE + " level_stride: 4 canonical_size: 0", 1, "canonical_size is 0; it must be at least 1"),
])
def test_roi_align_refuses(fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("ROIAlign", f"roi_pooling_param {{ {fields} }}", *[(2, 3, 8, 9)] * shapes, ROIS.shape)


def test_the_largest_of_four_samples_at_the_thirds_of_each_bin():
    """nnop/caffe, in loops: a region has trunc(x2 - x1 + 1) cells, and bins are cut to the map."""
    x = noise(2, 3, 7, 9)
    rois = np.array([[0, 2, 3, 13, 10.5], [1, -4, 0, 6, 20], [1, 9, 9, 9, 9], [0, 40, 1, 50, 6]])
    plane = x.detach().numpy()
    expected = np.zeros((4, 3, 3, 2))
    for r, c, i, j in np.ndindex(expected.shape):
        x1, y1, x2, y2 = rois[r, 1:] * 0.5
        bounds = []
        for start, end, index, bins, limit in ((y1, y2, i, 3, 7), (x1, x2, j, 2, 9)):
            size = max(int(end - start + 1), 1) / bins
            bounds.append(np.clip([start + index * size, start + (index + 1) * size], 0, limit))
        (top, bottom), (left, right) = bounds
        if bottom > top and right > left:
            expected[r, c, i, j] = max(
                bilinear(plane[int(rois[r, 0]), c], min(top + (bottom - top) * k / 3, 6),
                         min(left + (right - left) * m / 3, 8)) for k in (1, 2) for m in (1, 2))
    layer = make("ROIAlign", "roi_align_param { pooled_h: 3 pooled_w: 2 spatial_scale: 0.5 }",
                 (2, 3, 7, 9), (4, 5))
    rois = torch.tensor(rois)
    np.testing.assert_allclose(layer(x, rois).detach().numpy(), expected, rtol=1e-12)
    assert (expected[3] == 0).all() and (expected[::2] != 0).all()
    assert torch.autograd.gradcheck(lambda x: layer(x, rois), x)


@pytest.mark.parametrize("text, message", [
    ("roi_align_param { pooled_h: 3 }", "roi_align_param.pooled_w is 0"),
    ("roi_align_param { pooled_h: 3 pooled_w: 2 } roi_pooling_param { pooled_h: 3 }",
     "given together with roi_pooling_param"),
    ("roi_align_param { pooled_h: 3 pooled_w: 2 sampling_ratio: 2 } "
     "roi_pooling_param { spatial_scale: 0.5 }", "given together with roi_pooling_param"),
    ("roi_align_param { pooled_h: 3 pooled_w: 2 sampling_ratio: 0 }",
     "sampling_ratio is 0; it must be at least 1, or left out"),
])
def test_roi_align_param_needs_its_sizes_alone(text, message):
    with pytest.raises(SpecError, match=message):
        make("ROIAlign", text, (2, 3, 7, 9), (4, 5))
