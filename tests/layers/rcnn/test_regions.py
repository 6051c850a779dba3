"""ROIPooling, PSROIPooling, ROIAlign, Proposal, and the layers of OHEM."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.definitions import pixel_overlap
from tests.support import array, check_layer, make, noise

X = (2, 6, 9, 7)
ROIS = torch.tensor([[0, 0, 0, 53, 70], [1, 8.5, 12, 40, 31], [1, 30, 2, 33, 5.5],
                     [0, 45, 60, 90, 200], [1, -30, -9, 12, 20], [0, 300, 300, 310, 310]],
                    dtype=torch.float64)
SIZE = "roi_pooling_param { pooled_h: 3 pooled_w: 2 spatial_scale: 0.125"


def c_round(x):
    return math.copysign(math.floor(abs(x) + 0.5), x)


def bins(start, length, num, limit):
    """(first, one past last) cell of each bin, as the original's loops have them."""
    return [(min(max(math.floor(i * length / num + start), 0), limit),
             min(max(math.ceil((i + 1) * length / num + start), 0), limit)) for i in range(num)]


def roi_pooling(x, rois, height, width, scale, pad=0.0):
    top = np.zeros((len(rois), x.shape[1], height, width))
    for r, (item, x1, y1, x2, y2) in enumerate(rois):
        wide, high = (x2 - x1 + 1) * pad, (y2 - y1 + 1) * pad
        x1, y1, x2, y2 = (c_round(side * scale)
                          for side in (x1 - wide, y1 - high, x2 + wide, y2 + high))
        for i, (low, end) in enumerate(bins(y1, max(y2 - y1 + 1, 1), height, x.shape[2])):
            for j, (left, right) in enumerate(bins(x1, max(x2 - x1 + 1, 1), width, x.shape[3])):
                if end > low and right > left:
                    top[r, :, i, j] = x[int(item), :, low:end, left:right].max((1, 2))
    return top


@pytest.mark.parametrize("pad", [0, 0.25])
def test_roi_pooling_is_the_maximum_of_each_bin(pad):
    layer = make("ROIPooling", f"{SIZE} pad_ratio: {pad} }}", X, tuple(ROIS.shape))
    x = noise(X)
    check_layer(layer, x, ROIS)
    expected = roi_pooling(array(x), array(ROIS), 3, 2, 0.125, pad)
    np.testing.assert_array_equal(array(layer(x, ROIS)), expected)
    assert (expected[-1] == 0).all() and (expected[0] != 0).all()
    assert torch.autograd.gradcheck(lambda x: layer(x, ROIS), x, fast_mode=True)


def test_roi_pooling_takes_other_sizes_and_gives_a_tie_to_the_first_cell():
    layer = make("ROIPooling", f"{SIZE} }}", X, tuple(ROIS.shape))
    x = noise(1, 70, 4, 5)
    rois = torch.tensor([[0, 0, 0, 39, 31.]], dtype=torch.float64)
    np.testing.assert_array_equal(array(layer(x, rois)), roi_pooling(
        array(x), array(rois), 3, 2, 0.125))
    flat = torch.zeros(1, 1, 4, 5, dtype=torch.float64, requires_grad=True)
    layer(flat, rois).sum().backward()
    # 5 rows in 3 bins begin at 0, 1, 3; 6 columns in 2 bins at 0, 3
    np.testing.assert_array_equal(flat.grad[0, 0], [
        [1, 0, 0, 1, 0], [1, 0, 0, 1, 0], [0, 0, 0, 0, 0], [1, 0, 0, 1, 0]])


@pytest.mark.parametrize("pad", [0, 0.25])
def test_psroi_pooling_is_the_mean_of_each_bin_over_its_own_channel(pad):
    size = (2, 12, 9, 7)
    layer = make("PSROIPooling", "psroi_pooling_param { output_dim: 3 group_size: 2 "
                 f"spatial_scale: 0.125 pad_ratio: {pad} }}", size, (*ROIS.shape, 1, 1))
    x, rois = noise(size), ROIS[:, :, None, None]
    check_layer(layer, x, rois)
    expected = np.zeros((len(ROIS), 3, 2, 2))
    for r, (item, *corners) in enumerate(array(ROIS)):
        wide, high = (pad * (corners[axis + 2] - corners[axis] + 1) for axis in (0, 1))
        x1, y1 = (c_round(side - more) * 0.125
                  for side, more in zip(corners[:2], (wide, high), strict=True))
        x2, y2 = ((c_round(side + more) + 1) * 0.125
                  for side, more in zip(corners[2:], (wide, high), strict=True))
        for i, (low, end) in enumerate(bins(y1, max(y2 - y1, 0.1), 2, 9)):
            for j, (left, right) in enumerate(bins(x1, max(x2 - x1, 0.1), 2, 7)):
                if end > low and right > left:
                    for d in range(3):
                        part = array(x)[int(item), (d * 2 + i) * 2 + j, low:end, left:right]
                        expected[r, d, i, j] = part.mean()
    np.testing.assert_allclose(array(layer(x, rois)), expected, rtol=1e-10)
    assert torch.autograd.gradcheck(lambda x: layer(x, rois), x, fast_mode=True)


def test_roi_align_reads_a_grid_between_the_cells():
    layer = make("ROIAlign", f"{SIZE} }}", X, tuple(ROIS.shape))
    x = noise(X)
    check_layer(layer, x, ROIS)
    expected = np.zeros((len(ROIS), 6, 4, 3))
    for r, (item, *corners) in enumerate(array(ROIS)):
        x1, y1, x2, y2 = (side * 0.125 - 0.5 for side in corners)
        for i, row in enumerate(np.linspace(y1, y2, 4)):
            for j, column in enumerate(np.linspace(x1, x2, 3)):
                if -0.5 <= row <= 8.5 and -0.5 <= column <= 6.5:
                    h, w = min(max(row, 0), 8), min(max(column, 0), 6)
                    h0, w0 = math.floor(h), math.floor(w)
                    square = array(x)[int(item), :, [[h0], [min(h0 + 1, 8)]],
                                      [w0, min(w0 + 1, 6)]]
                    sides = np.outer([1 - (h - h0), h - h0], [1 - (w - w0), w - w0])
                    expected[r, :, i, j] = (square * sides[:, :, None]).sum((0, 1))
    np.testing.assert_allclose(array(layer(x, ROIS)), expected, rtol=1e-10, atol=1e-12)
    assert torch.autograd.gradcheck(lambda x: layer(x, ROIS), x, fast_mode=True)


@pytest.mark.parametrize("kind, param, shapes, message", [
    ("ROIPooling", "roi_pooling_param { pooled_h: 3 }", [X, (4, 5)], "pooled_w is 0; it must be"),
    ("ROIPooling", f"{SIZE} }}", [X, (4, 4)], r"shapes .* they must be \(N, C, H, W\) and \(R, 5"),
    ("PSROIPooling", "psroi_pooling_param { output_dim: 3 group_size: 2 spatial_scale: 1 }",
     [X, (4, 5)], "'bottom0' has 6 channels; output_dim . group_size.2 is 12"),
    ("PSROIPooling", "psroi_pooling_param { output_dim: 0 group_size: 2 spatial_scale: 1 }",
     [X, (4, 5)], "output_dim is 0; it must be at least 1"),
    ("Proposal", "ratio: 1", [(1, 2, 3, 4), (1, 4, 3, 4), (1, 3)], "proposal_param.scale is not"),
    ("Proposal", "ratio: 1 scale: 8", [(1, 4, 3, 4), (1, 4, 3, 4), (1, 3)],
     r"1 anchors need \(N, 2, H, W\)"),
    ("Proposal", "ratio: 1 scale: 8", [(1, 2, 3, 4), (1, 4, 3, 4), (1, 2)],
     r"'bottom2' has the shape \(1, 2\); it must hold height, width and scale"),
])
def test_region_layers_refuse(kind, param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *shapes)


def proposals(scores, offsets, info, param):
    """The definition, box by box."""
    anchors = []
    for ratio in param["ratio"]:
        width = 16 / math.sqrt(ratio)
        for scale in param["scale"]:
            w, h = (int(side * scale - 1 + 0.5) / 2 for side in (width, width * ratio))
            anchors.append((7.5 - w, 7.5 - h, 7.5 + w, 7.5 + h))
    boxes = []
    for h, w, a in np.ndindex(*scores.shape[1:], len(anchors)):
        x1, y1, x2, y2 = np.array(anchors[a]) + np.array([w, h, w, h]) * param["stride"]
        dx, dy, dw, dh = offsets[4 * a:4 * a + 4, h, w]
        wide, high = x2 - x1 + 1, y2 - y1 + 1
        x, y = dx * wide + x1 + wide / 2, dy * high + y1 + high / 2
        half = np.exp(dw) * wide / 2, np.exp(dh) * high / 2
        box = [min(max(side, 0), most - 1) for side, most in zip(
            (x - half[0], y - half[1], x + half[0], y + half[1]), info[[1, 0, 1, 0]], strict=True)]
        fits = (box[2] - box[0] + 1 >= 16 * info[2]) and (box[3] - box[1] + 1 >= 16 * info[2])
        boxes.append((scores[len(anchors) + a, h, w] * fits, box))
    boxes = sorted(boxes, key=lambda pair: -pair[0])[:param["before"]]
    kept = []
    for score, box in boxes:
        if len(kept) < param["after"] and all(
                pixel_overlap(box, other) <= 0.5 for _, other in kept):
            kept.append((score, box))
    return kept


def test_proposal_is_its_definition():
    layer = make("Proposal", "proposal_param { feat_stride: 8 ratio: 0.5 ratio: 1 ratio: 2 "
                 "scale: 1 scale: 2 pre_nms_topn: 150 post_nms_topn: 20 nms_thresh: 0.5 }",
                 (2, 12, 5, 6), (2, 24, 5, 6), (1, 3), tops=2)
    scores = noise(2, 12, 5, 6, requires_grad=False).sigmoid()
    offsets = noise(2, 24, 5, 6, seed=2, requires_grad=False) * 0.3
    info = torch.tensor([[39., 47, 1.25]], dtype=torch.float64)
    assert layer.top_shapes((2, 12, 5, 6), (2, 24, 5, 6), (1, 3)) == [(40, 5), (40,)]
    regions, numbers = layer(scores, offsets, info)
    param = {"ratio": (0.5, 1, 2), "scale": (1, 2), "stride": 8, "before": 150, "after": 20}
    expected = [(image, score, box) for image in range(2) for score, box in proposals(
        array(scores[image]), array(offsets[image]), array(info[0]), param)]
    assert len(regions) == len(expected)
    np.testing.assert_allclose(array(regions), [[image, *box] for image, _, box in expected])
    np.testing.assert_allclose(array(numbers), [score for _, score, _ in expected])


def test_proposal_without_ratio_and_scale_has_nine_anchors_and_leaves_small_boxes_out():
    """The first corners are those that py-faster-rcnn's generate_anchors.py lists in its text."""
    sizes = (1, 18, 4, 5), (1, 36, 4, 5), (1, 3)
    layer = make("Proposal", "feat_stride: 16", *sizes, tops=2)
    listed = [[-83, -39, 100, 56], [-175, -87, 192, 104], [-359, -183, 376, 200],
              [-55, -55, 72, 72], [-119, -119, 136, 136], [-247, -247, 264, 264],
              [-35, -79, 52, 96], [-79, -167, 96, 184], [-167, -343, 184, 360]]
    # in that text cells are counted from 1
    np.testing.assert_array_equal(layer.levels[0].anchors, np.array(listed) - 1)

    scores = noise(1, 18, 4, 5, requires_grad=False).sigmoid()
    info = torch.tensor([[64., 80, 20]], dtype=torch.float64)      # 320 pixels are too many
    regions, numbers = layer(scores, torch.zeros(sizes[1], dtype=torch.float64), info)
    assert len(regions) == len(numbers) == 0
    info[0, 2] = 4.5                                                # 72 pixels
    regions, numbers = layer(scores, torch.zeros(sizes[1], dtype=torch.float64), info)
    assert len(regions) == 0
    info[0, 2] = 4                                                  # 64 pixels: full height
    regions, numbers = layer(scores, torch.zeros(sizes[1], dtype=torch.float64), info)
    assert len(regions) and (regions[:, [2, 4]] == torch.tensor([0, 63])).all()
    with pytest.raises(SpecError, match="proposal_param.ratio is not given"):
        make("Proposal", "scale: 8", *sizes)


def test_softmax_loss_ohem_gives_the_loss_of_each_label():
    text = "loss_param { ignore_label: 3 normalization: PRE_FIXED pre_fixed_normalizer: 4 }"
    layer = make("SoftmaxWithLossOHEM", text, (5, 4), (5, 1), tops=3)
    x, labels = noise(5, 4), torch.tensor([0., 3, 2, 1, 3], dtype=torch.float64)[:, None]
    check_layer(layer, x, labels)
    loss, probabilities, each = layer(x, labels)
    wanted = np.exp(array(x)) / np.exp(array(x)).sum(1, keepdims=True)
    expected = -np.log(wanted[range(5), array(labels)[:, 0].astype(int)]) * [1, 0, 1, 1, 0]
    np.testing.assert_allclose(array(each)[:, 0], expected)
    np.testing.assert_allclose(array(probabilities), wanted)
    np.testing.assert_allclose(array(loss), expected.sum() / 4)
    assert not (probabilities.requires_grad or each.requires_grad)


def test_smooth_l1_loss_ohem_leaves_the_weights_out_of_the_gradient():
    layer = make("SmoothL1LossOHEM", "", *[(5, 4, 2, 1)] * 3, tops=2)
    x, y, weights = (noise(5, 4, 2, 1, seed=seed) for seed in range(3))
    check_layer(layer, x, y, weights)
    loss, each = layer(x, y, weights)
    d = array(weights * (x - y))
    expected = np.where(np.abs(d) < 1, d * d / 2, np.abs(d) - 0.5)
    np.testing.assert_allclose(array(loss), expected.sum() / 10)
    np.testing.assert_allclose(array(each), expected.sum(1, keepdims=True))
    loss.backward()
    np.testing.assert_allclose(array(x.grad), np.clip(d, -1, 1) / 10)
    np.testing.assert_allclose(array(y.grad), -np.clip(d, -1, 1) / 10)


def test_box_annotator_keeps_the_largest_losses_of_each_image():
    layer = make("BoxAnnotatorOHEM", "box_annotator_ohem_param { roi_per_img: 2 ignore_label: -1 }",
                 (7, 5), (7,), (7, 1), (7, 3), tops=2)
    rois = torch.zeros(7, 5, dtype=torch.float64)
    rois[:, 0] = torch.tensor([0, 1, 0, 1, 0, 1, 2])
    losses = torch.tensor([0.5, 3, 2, 1, 2, 2, 0], dtype=torch.float64)
    labels = torch.arange(1, 8, dtype=torch.float64)[:, None]
    weights = noise(7, 3, requires_grad=False)
    check_layer(layer, rois, losses, labels, weights)
    kept_labels, kept_weights = layer(rois, losses, labels, weights)
    assert kept_labels.shape == (7, 1, 1, 1) and kept_weights.shape == (7, 3, 1, 1)
    assert kept_labels.flatten().tolist() == [-1, 2, 3, -1, 5, 6, 7]
    kept = np.array([0, 1, 1, 0, 1, 1, 1])
    np.testing.assert_array_equal(array(kept_weights)[:, :, 0, 0], array(weights) * kept[:, None])


@pytest.mark.parametrize("param, shapes, message", [
    ("roi_per_img: 0", [(7, 5), (7,), (7,), (7, 3)], "roi_per_img is 0; it must be at least 1"),
    ("roi_per_img: 2", [(7, 4), (7,), (7,), (7, 3)], r"'bottom0' has the shape \(7, 4\)"),
    ("roi_per_img: 2", [(7, 5), (6,), (7,), (7, 3)], r"'bottom1' has the shape \(6,\), which does"),
])
def test_box_annotator_refuses(param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("BoxAnnotatorOHEM", f"box_annotator_ohem_param {{ {param} }}", *shapes, tops=2)
