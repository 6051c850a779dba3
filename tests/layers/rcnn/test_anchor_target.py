"""GroundTruthBoxes and AnchorTarget, against torchvision's rpn.py and py-faster-rcnn in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from framework.layers.rcnn.proposal import anchor_corners
from tests.support import make

RATIOS, SCALES, STRIDE = [0.5, 1.0, 2.0], [1.0, 2.5], 16
ROWS, COLUMNS = 5, 7
FIELDS = "ratio: [0.5, 1, 2] scale: [1, 2.5] feat_stride: 16 batch_size: 100000 fg_fraction: 1 "
INFO = np.array([[80, 112, 1], [64, 100, 0.5]])
TRUTH = np.array([[0, 10, 12, 49, 60, 1, 0, 0], [0, 60, 5, 95, 30, 2, 0, 0],
                  [0, 0, 0, 100, 79, 1, 1, 1], [1, 20, 20, 59, 50, 3, 0, 0],
                  [0, 30, 40, 44, 55, 2, 0, 0], [-1, -1, -1, -1, -1, -1, 0, 0]], float)
SHAPES = [(2, 12, ROWS, COLUMNS), TRUTH.shape, INFO.shape]


def bottoms(truth=TRUTH):
    return torch.zeros(SHAPES[0], dtype=torch.float64), torch.tensor(truth), torch.tensor(INFO)


def anchors():
    """(rows, columns, A, 4), pixels, ends included."""
    base = np.array(anchor_corners(16, RATIOS, SCALES))
    y, x = np.mgrid[:ROWS, :COLUMNS] * STRIDE
    return base + np.stack([x, y, x, y], -1)[:, :, None]


def box_iou(first, second):
    """torchvision.ops.box_iou: corners whose ends are edges, (A, 4) and (B, 4)."""
    low = np.maximum(first[:, None, :2], second[:, :2])
    high = np.minimum(first[:, None, 2:], second[:, 2:])
    shared = np.clip(high - low, 0, None).prod(-1)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(-1) for boxes in (first, second)]
    return shared / (areas[0][:, None] + areas[1] - shared)


def edges(boxes):
    """Pixels whose ends belong, as corners whose ends are edges."""
    return boxes + np.array([0, 0, 1, 1])


def torchvision_labels(boxes, of_anchors, high=0.7, low=0.3):
    """assign_targets_to_anchors and Matcher with allow_low_quality_matches."""
    quality = box_iou(edges(boxes), edges(of_anchors))          # (boxes, anchors)
    match = quality.argmax(0)
    best = quality.max(0)
    labels = np.where(best >= high, 1.0, np.where(best < low, 0.0, -1.0))
    restored = (quality == quality.max(1, keepdims=True)).any(0)
    labels[restored] = 1.0
    return labels, match


def encoded(boxes, of_anchors):
    """torchvision's encode_boxes with the weights 1."""
    wide, high = (of_anchors[:, 2 + axis] - of_anchors[:, axis] for axis in range(2))
    x, y = of_anchors[:, 0] + wide / 2, of_anchors[:, 1] + high / 2
    gt_wide, gt_high = (boxes[:, 2 + axis] - boxes[:, axis] for axis in range(2))
    gt_x, gt_y = boxes[:, 0] + gt_wide / 2, boxes[:, 1] + gt_high / 2
    return np.stack([(gt_x - x) / wide, (gt_y - y) / high, np.log(gt_wide / wide),
                     np.log(gt_high / high)], 1)


def by_cell(labels):
    """(N, 1, A H, W) as (N, H, W, A)."""
    return labels.detach().numpy().reshape(2, 6, ROWS, COLUMNS).transpose(0, 2, 3, 1)


def test_ground_truth_is_in_pixels_of_the_image_with_its_ends():
    layer = make("GroundTruthBoxes", "", (1, 1, 3, 8), (2, 3))
    label = torch.tensor([[1, 4, 0, 0.25, 0.5, 0.75, 1, 1], [0, 2, 1, 0, 0, 0.001, 1, 0],
                          [-1] * 8], dtype=torch.float64).reshape(1, 1, 3, 8)
    found = layer(label, torch.tensor([[50.0, 100, 1], [40, 80, 2]], dtype=torch.float64))
    np.testing.assert_allclose(found, [
        [1, 20, 20, 59, 39, 4, 1, 1], [0, 0, 0, 0, 49, 2, 0, 0], [-1, -1, -1, -1, -1, -1, 0, 0]])


def test_labels_and_targets_are_those_of_torchvision():
    layer = make("AnchorTarget", FIELDS + "allowed_border: -1", *SHAPES, tops=4)
    labels, targets, inside, outside = layer(*bottoms())
    flat = anchors().reshape(-1, 4)
    found = by_cell(labels).reshape(2, -1)
    offsets = targets.numpy().reshape(2, 6, 4, ROWS, COLUMNS).transpose(0, 3, 4, 1, 2)
    for image, rows in ((0, [0, 1, 4]), (1, [3])):
        boxes = TRUTH[rows, 1:5]
        expected, match = torchvision_labels(boxes, flat)
        np.testing.assert_array_equal(found[image], expected)
        codes = encoded(edges(boxes)[match], edges(flat))
        codes[expected != 1] = 0
        np.testing.assert_allclose(offsets[image].reshape(-1, 4), codes, atol=1e-12)
    assert (labels == 1).sum() > 4 and (labels == -1).any()
    weight = inside.numpy().reshape(2, 6, 4, ROWS, COLUMNS).transpose(0, 3, 4, 1, 2)
    np.testing.assert_array_equal(weight, np.repeat(by_cell(labels)[..., None] == 1, 4, -1))
    counted = (labels >= 0).sum((1, 2, 3))
    np.testing.assert_allclose(outside.sum((1, 2, 3)), [4, 4])
    np.testing.assert_allclose(outside.amax((1, 2, 3)), 1 / counted.numpy())


@pytest.mark.parametrize("border, clobbers", [(0, False), (12, True)])
def test_anchors_beyond_the_border_and_clobbered_ones_are_those_of_py_faster_rcnn(border, clobbers):
    layer = make("AnchorTarget", FIELDS + f"allowed_border: {border} clobber_positives: "
                 f"{str(clobbers).lower()} positive_overlap: 0.6", *SHAPES)
    found = by_cell(layer(*bottoms())[0]).reshape(2, -1)
    flat = anchors().reshape(-1, 4)
    for image, rows in ((0, [0, 1, 4]), (1, [3])):
        inside = ((flat[:, :2] >= -border).all(1) & (flat[:, 2] < INFO[image, 1] + border)
                  & (flat[:, 3] < INFO[image, 0] + border))
        kept = np.flatnonzero(inside)
        overlaps = box_iou(edges(flat[kept]), edges(TRUTH[rows, 1:5]))
        labels = np.full(len(kept), -1.0)
        most = overlaps.max(1)
        if not clobbers:
            labels[most < 0.3] = 0
        labels[np.where(overlaps == overlaps.max(0))[0]] = 1
        labels[most >= 0.6] = 1
        if clobbers:
            labels[most < 0.3] = 0
        expected = np.full(len(flat), -1.0)
        expected[kept] = labels
        np.testing.assert_array_equal(found[image], expected)


def test_a_sample_of_each_image_is_drawn_with_at_most_so_many_objects():
    fields = FIELDS.replace("100000 fg_fraction: 1", "20 fg_fraction: 0.1") \
        + "allowed_border: -1 positive_overlap: 0.4"
    layer = make("AnchorTarget", fields, *SHAPES, tops=4)
    every = make("AnchorTarget", FIELDS + "allowed_border: -1 positive_overlap: 0.4", *SHAPES)(
        *bottoms())[0]
    torch.manual_seed(3)
    labels, _, _, outside = layer(*bottoms())
    again = layer(*bottoms())[0]
    assert (labels == 1).sum((1, 2, 3)).tolist() == [2, 2]
    assert (labels == 0).sum((1, 2, 3)).tolist() == [18, 18]
    assert ((labels == every) | (labels == -1)).all()
    assert not torch.equal(labels, again)
    assert outside.unique().tolist() == pytest.approx([0, 1 / 20])


def test_an_image_without_boxes_is_all_background():
    layer = make("AnchorTarget", FIELDS, *SHAPES, tops=2)
    labels, targets = layer(*bottoms(TRUTH[:3]))
    assert set(by_cell(labels)[1].flatten()) == {-1, 0} and not targets[1].any()
    labels, targets = layer(*bottoms(TRUTH[5:]))
    assert not (labels == 1).any() and not targets.any()


def test_the_loss_of_an_rpn_is_torchvisions():
    """compute_loss of rpn.py: binary cross-entropy of the drawn, smooth L1 of beta 1/9."""
    layer = make("AnchorTarget", FIELDS + "allowed_border: -1", *SHAPES, tops=4)
    labels, targets, inside, outside = layer(*bottoms())
    generator = np.random.default_rng(2)
    objectness = generator.standard_normal((2, 6, ROWS, COLUMNS))
    pred = generator.standard_normal(targets.shape) / 4
    sigmoid = make("SigmoidCrossEntropyLoss", "loss_param { ignore_label: -1 normalization: VALID "
                   "}", objectness.shape, labels.shape)
    smooth = make("SmoothL1Loss", "sigma: 3", *[tuple(pred.shape)] * 4)
    found = sigmoid(torch.tensor(objectness), labels), smooth(torch.tensor(pred), targets, inside,
                                                              outside)
    drawn = labels.numpy().reshape(objectness.shape)
    chance = 1 / (1 + np.exp(-objectness))
    entropy = -np.where(drawn == 1, np.log(chance), np.log(1 - chance))[drawn >= 0].mean()
    distance = np.abs(pred - targets.numpy())[inside.numpy() == 1]
    each = np.where(distance < 1 / 9, 0.5 * distance ** 2 * 9, distance - 0.5 / 9)
    np.testing.assert_allclose(found[0], entropy)
    # torchvision divides by the anchors of all images; ours by those of each, and by the images
    per_image = (drawn >= 0).sum((1, 2, 3))
    owner = np.nonzero(inside.numpy() == 1)[0]
    np.testing.assert_allclose(found[1], (each / per_image[owner]).sum() / 2)


def test_several_maps_are_one_list_after_the_other():
    fields = ("ratio: [0.5, 1] scale: 2 level_stride: [8, 16] allowed_border: -1 "
              "batch_size: 100000 fg_fraction: 1")
    shapes = [(2, 2, 10, 14), (2, 2, ROWS, COLUMNS), TRUTH.shape, INFO.shape]
    layer = make("AnchorTarget", fields, *shapes, tops=2)
    assert layer.top_shapes(*shapes)[0] == (2, 2 * (140 + 35))
    labels, targets = layer(torch.zeros(shapes[0]), torch.zeros(shapes[1]), *bottoms()[1:])
    parts = []
    for stride, rows, columns in ((8, 10, 14), (16, ROWS, COLUMNS)):
        y, x = np.mgrid[:rows, :columns] * stride
        grid = np.array(anchor_corners(stride, [0.5, 1.0], [2.0])) \
            + np.stack([x, y, x, y], -1)[:, :, None]
        parts.append(grid.transpose(2, 0, 1, 3).reshape(-1, 4))      # anchor, row, column
    flat = np.concatenate(parts)
    expected, match = torchvision_labels(TRUTH[[0, 1, 4], 1:5], flat)
    np.testing.assert_array_equal(labels[0], expected)
    codes = encoded(edges(TRUTH[[0, 1, 4], 1:5])[match], edges(flat)) * (expected == 1)[:, None]
    cut = 2 * 140
    wanted = [part.reshape(2, -1, 4).transpose(0, 2, 1).flatten()
              for part in (codes[:cut], codes[cut:])]                 # anchor, coordinate, cell
    np.testing.assert_allclose(targets[0], np.concatenate(wanted), atol=1e-12)


@pytest.mark.parametrize("fields, shapes, message", [
    (FIELDS.replace("ratio: [0.5, 1, 2]", ""), SHAPES, "anchor_target_param.ratio is not given"),
    (FIELDS.replace("[1, 2.5]", "[1, -2]"), SHAPES, "scale is -2; it must be above 0"),
    (FIELDS + "negative_overlap: 0.8", SHAPES, "negative_overlap is 0.8, and positive_overlap 0.7"),
    (FIELDS.replace("batch_size: 100000", "batch_size: 0"), SHAPES, "batch_size is 0; it must be"),
    (FIELDS.replace("fg_fraction: 1", "fg_fraction: 1.5"), SHAPES, "fg_fraction is 1.5; it must"),
    (FIELDS + "level_stride: [8, 16]", SHAPES, "is given 3 times; it must be 4"),
    (FIELDS, [SHAPES[0], (6, 5), (2, 3)], r"they must be \(N, C, H, W\), \(G, 8\) and \(N, 3\)"),
    (FIELDS + "level_stride: 0", SHAPES, "level_stride is 0; it must be at least 1"),
])
def test_anchor_target_refuses(fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("AnchorTarget", fields, *shapes)


def test_a_box_of_an_image_that_is_not_in_the_batch_is_an_error_of_the_data():
    layer = make("AnchorTarget", FIELDS, *SHAPES)
    boxes = torch.zeros(SHAPES[1])
    boxes[3, 0] = 1e6
    blobs = [torch.zeros(shape) for shape in SHAPES]
    with pytest.raises(DataError, match=r"the value 1e\+06 at box 3 of the batch; it must be"):
        layer(blobs[0], boxes, blobs[2] + 50)
    boxes[3, 6] = 1         # it does not count
    layer(blobs[0], boxes, blobs[2] + 50)


def test_ground_truth_boxes_refuse_other_shapes():
    with pytest.raises(SpecError, match="AnnotatedData with image_info: true"):
        make("GroundTruthBoxes", "", (4, 8), (2, 3))
