"""MaskTarget, MaskOutput and the scoring of masks, against their definitions in loops."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from framework.ops.instance_masks import paste_masks
from tests.layers.rcnn.test_roi_align import bilinear
from tests.support import make, noise

HEIGHT, WIDTH, SIZE = 20, 26, 4
BOXES = np.array([[0, 2, 3, 17, 15, 1, 0, 0], [0, 6, 4, 22, 18, 2, 0, 0],
                  [0, 3, 3, 18, 15, 2, 0, 0],
                  [1, 0, 0, 12, 9, 1, 0, 0]], float)
ROIS = np.array([[0, 5, 4, 20, 17], [1, 1, 1, 12, 11], [0, 2, 2, 15, 14], [0, 0, 0, 4, 4]], float)
FIELDS = f"num_classes: 3 mask_size: {SIZE}"


def shape_masks():
    """Ellipses in the boxes: 1 where the middle of a pixel is inside."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    masks = []
    for _, x1, y1, x2, y2, *_ in BOXES:
        across = (x - (x1 + x2) / 2) / ((x2 - x1 + 1) / 2)
        down = (y - (y1 + y2) / 2) / ((y2 - y1 + 1) / 2)
        masks.append(across ** 2 + down ** 2 <= 1)
    return np.array(masks, float)


def cut(mask, roi):
    """The mean of 2 x 2 bilinear samples in each cell; a pixel's value is at its middle."""
    x1, y1, x2, y2 = roi
    wide, high = (x2 - x1 + 1) / SIZE, (y2 - y1 + 1) / SIZE
    cells = np.zeros((SIZE, SIZE))
    for i, j in np.ndindex(SIZE, SIZE):
        cells[i, j] = np.mean([bilinear(mask, y1 + high * (i + a) - 0.5, x1 + wide * (j + b) - 0.5)
                               for a in (0.25, 0.75) for b in (0.25, 0.75)])
    return cells


def test_a_region_has_the_mask_of_the_box_of_its_label_that_it_overlaps_most():
    masks, labels = shape_masks(), np.array([2.0, 1, 2, 0])
    layer = make("MaskTarget", FIELDS, ROIS.shape, labels.shape, BOXES.shape, masks.shape, tops=2)
    rois, targets = layer(*map(torch.tensor, (ROIS, labels, BOXES, masks)))
    np.testing.assert_array_equal(rois, ROIS[:3])
    for row, (roi, label, box) in zip(targets.numpy(), ((0, 2, 1), (1, 1, 3), (2, 2, 2)),
                                      strict=True):
        expected = np.full((3, SIZE, SIZE), -1.0)
        expected[label] = cut(masks[box], ROIS[roi, 1:])
        np.testing.assert_allclose(row, expected, atol=1e-12)


def test_the_loss_of_masks_is_the_mean_cross_entropy_of_the_labels_channels():
    """maskrcnn_loss of torchvision's roi_heads.py."""
    masks, labels = shape_masks(), np.array([2.0, 1, 2, 0])
    layer = make("MaskTarget", FIELDS, ROIS.shape, labels.shape, BOXES.shape, masks.shape, tops=2)
    targets = layer(*map(torch.tensor, (ROIS, labels, BOXES, masks)))[1]
    scores = noise(tuple(targets.shape))
    loss = make("SigmoidCrossEntropyLoss", "loss_param { ignore_label: -1 normalization: VALID }",
                tuple(scores.shape), tuple(targets.shape))(scores, targets)
    own = scores.detach().numpy()[[0, 1, 2], [2, 1, 2]]
    wanted = targets.numpy()[[0, 1, 2], [2, 1, 2]]
    expected = np.maximum(own, 0) - own * wanted + np.log1p(np.exp(-np.abs(own)))
    np.testing.assert_allclose(loss.detach(), expected.mean())


def test_without_an_object_a_region_counts_nothing():
    masks, labels = shape_masks(), np.zeros(4)
    layer = make("MaskTarget", FIELDS, ROIS.shape, labels.shape, BOXES.shape, masks.shape, tops=2)
    rois, targets = layer(*map(torch.tensor, (ROIS, labels, BOXES, masks)))
    np.testing.assert_array_equal(rois, ROIS[:1])
    assert targets.shape == (1, 3, SIZE, SIZE) and (targets == -1).all()


@pytest.mark.parametrize("shapes, fields, message", [
    ([(4, 5), (4,), (4, 8), (3, 20, 26)], FIELDS, "they must be .R, 5., .R,., .G, 8. and"),
    ([(4, 5), (4,), (4, 8), (4, 20, 26)], "mask_size: 4", "num_classes is 0; it must be at least"),
])
def test_mask_target_refuses(shapes, fields, message):
    with pytest.raises(SpecError, match=message):
        make("MaskTarget", fields, *shapes, tops=2)


def test_a_label_above_the_classes_is_an_error_with_its_place():
    masks, labels = shape_masks(), torch.tensor([2.0, 3, 2, 0])
    layer = make("MaskTarget", FIELDS, ROIS.shape, labels.shape, BOXES.shape, masks.shape, tops=2)
    with pytest.raises(DataError, match="mask_target_param.num_classes is too small"):
        layer(torch.tensor(ROIS), labels, torch.tensor(BOXES), torch.tensor(masks))


def test_a_detection_has_the_channel_of_its_label():
    masks = noise(3, 4, 2, 5)
    rows = torch.zeros(1, 1, 3, 7, dtype=torch.float64)
    rows[0, 0, :, 1] = torch.tensor([3, -1, 1])
    layer = make("MaskOutput", "", (3, 4, 2, 5), (1, 1, 3, 7), tops=2)
    expected = torch.stack([masks[0, 3], masks[1, 0], masks[2, 1]])
    found, same = layer(masks, rows)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(same, rows)
    with pytest.raises(SpecError, match="they must be .D, C, M, N. and .1, 1, D, 7."):
        make("MaskOutput", "", (3, 4, 2, 5), (1, 1, 2, 7))


def pasted(mask, corners):
    """Each pixel whose middle is in the box, bilinear between the middles of the cells."""
    x1, y1, x2, y2 = corners
    image = np.zeros((HEIGHT, WIDTH))
    cells = np.pad(mask, 1, mode="edge")
    for y, x in np.ndindex(HEIGHT, WIDTH):
        down, along = (y + 0.5 - y1) / (y2 - y1), (x + 0.5 - x1) / (x2 - x1)
        if 0 <= down < 1 and 0 <= along < 1:
            image[y, x] = bilinear(cells, down * len(mask) + 0.5, along * mask.shape[1] + 0.5)
    return image


CORNERS = np.array([[2.0, 3, 18, 16], [5.5, 4.25, 23, 19], [-4, -3, 12, 9], [20, 10, 40, 30]])


def test_masks_are_pasted_into_their_boxes():
    masks = noise(4, SIZE, SIZE + 1, requires_grad=False)
    found = paste_masks(masks, torch.tensor(CORNERS), HEIGHT, WIDTH)
    expected = [pasted(mask, box) for mask, box in zip(masks.numpy(), CORNERS, strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_masks_are_judged_by_their_overlap_as_in_cocos_api():
    """Detections by falling score; each takes the box of its label whose mask it overlaps most."""
    generator = np.random.default_rng(5)
    masks = generator.random((5, SIZE, SIZE))
    size = np.array([WIDTH, HEIGHT, WIDTH, HEIGHT], float)
    rows = np.array([[0, 1, 0.9, *(CORNERS[0] / size)], [0, 2, 0.8, *(CORNERS[1] / size)],
                     [0, 2, 0.95, *(CORNERS[0] / size)], [1, 1, 0.7, *(CORNERS[2] / size)],
                     [1, 1, 0.6, *(CORNERS[2] / size)]])
    masks[[0, 2, 3]] = 1
    rows = np.insert(rows, 1, [-1, 1, 0.99, *(CORNERS[0] / size)], axis=0)     # of no image
    masks = np.insert(masks, 1, 1, axis=0)
    truth = BOXES[:, [0, 5, 6, 1, 2, 3, 4, 7]]
    truth[:, 3:7] /= size
    truths = shape_masks()
    shapes = [(1, 1, 6, 7), (1, 1, 4, 8), masks.shape, truths.shape, (2, 3)]
    layer = make("DetectionEvaluate", "num_classes: 3 overlap_threshold: 0.4", *shapes,
                 phase="TEST")
    found = layer(torch.tensor(rows).reshape(shapes[0]), torch.tensor(truth).reshape(shapes[1]),
                  torch.tensor(masks), torch.tensor(truths),
                  torch.tensor([[HEIGHT, WIDTH, 1.0]] * 2, dtype=torch.float64))[0, 0].numpy()
    verdicts, taken = {}, set()
    for index in np.argsort(-rows[:, 2]):
        item, label, score, *corners = rows[index]
        if item == -1:
            continue
        own = pasted(masks[index], corners * size) >= 0.5
        ious = [(own & (other > 0.5)).sum() / (own | (other > 0.5)).sum()
                if (box[0], box[5]) == (item, label) else -1
                for box, other in zip(BOXES, truths, strict=True)]
        best = int(np.argmax(ious))
        hit = ious[best] >= 0.4 and best not in taken
        if hit:
            taken.add(best)
        verdicts[score] = hit
    assert 0 < sum(verdicts.values()) < 5
    np.testing.assert_array_equal(found[:2, 1:3], [[1, 2], [2, 2]])
    assert {row[2]: bool(row[3]) for row in found[2:]} == verdicts


@pytest.mark.parametrize("shapes, message", [
    ([(5, 4, 4)], "with three bottoms it is required"),
    ([(5, 4, 4), (4, 20, 26)], "is given 4 times; it must be detections and boxes"),
    ([(5, 4, 4), (3, 20, 26), (2, 3)], r"they must be \(5, M, N\), \(4, height, width\)"),
])
def test_scoring_of_masks_refuses(shapes, message):
    with pytest.raises(SpecError, match=message):
        make("DetectionEvaluate", "num_classes: 3", (1, 1, 5, 7) if len(shapes) != 1
             else (5, 7, 1, 1), (1, 1, 4, 8) if len(shapes) != 1 else (4, 8, 1, 1), *shapes)
