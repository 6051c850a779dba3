"""Synopsys' and MaskYolo's YOLO losses against loops written from their sources."""

import math

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.definitions import overlap, sigmoid
from tests.support import make, noise

CLASSES, SIDE = 4, 5
CELLS = SIDE * SIDE
V2_ANCHORS = [(0.75, 0.5), (1.5, 2.25), (3.0, 1.25)]        # in cells
V3_ANCHORS = [(4, 6), (10, 8), (20, 36), (50, 20), (44, 52)]    # in pixels of 80 x 80
# image, class, centre, size; of the third and fourth the centre is in another's cell
BOXES = [(0, 2, 0.31, 0.55, 0.3, 0.35), (0, 0, 0.9, 0.1, 0.1, 0.15), (1, 3, 0.5, 0.52, 0.6, 0.3),
         (1, 1, 0.47, 0.58, 0.62, 0.28), (1, 0, 0.1, 0.93, 0.25, 0.5)]


def best_shape(anchors, w, h):
    return max(range(len(anchors)), key=lambda n: overlap((0, 0, *anchors[n]), (0, 0, w, h)))


class Map:
    """A map (N, A, 5 + C, H, W), its boxes and an empty one for slopes."""

    def __init__(self, x, anchors):
        self.x = x.detach().numpy().reshape(2, len(anchors), 5 + CLASSES, *x.shape[2:])
        self.anchors = anchors      # as fractions
        self.height, self.width = x.shape[2:]
        self.out = np.zeros_like(self.x)

    def box(self, b, n, j, i):
        part = self.x[b, n, :, j, i]
        return ((i + sigmoid(part[0])) / self.width, (j + sigmoid(part[1])) / self.height,
                math.exp(part[2]) * self.anchors[n][0], math.exp(part[3]) * self.anchors[n][1])

    def cells(self):
        return np.ndindex(2, len(self.anchors), self.height, self.width)

    def teach(self, b, n, j, i, box, scale, through=True):
        """Write the slopes of a box; its squared error, without the scale."""
        part, total = self.x[b, n, :, j, i], 0
        target = (box[0] * self.width - i, box[1] * self.height - j,
                  math.log(box[2] / self.anchors[n][0]), math.log(box[3] / self.anchors[n][1]))
        for k in range(4):
            p = sigmoid(part[k]) if k < 2 else part[k]
            slope = p * (1 - p) if k < 2 and through else 1
            self.out[b, n, k, j, i] = scale * (p - target[k]) * slope
            total += (p - target[k]) ** 2
        return total


def grid_labels():
    """As the data layer writes them: a box in the cell with its number, in the order of cells."""
    labels = np.zeros((2, 7 * CELLS))
    labels[:, 2 * CELLS:3 * CELLS] = -1
    for b, label, x, y, w, h in BOXES:
        cell = int(y * SIDE) * SIDE + int(x * SIDE)
        labels[b, CELLS + cell], labels[b, 2 * CELLS + cell] = 1, label
        labels[b, 3 * CELLS + 4 * cell:][:4] = x, y, w, h
    # a second box of the same cell, kept in another one that has no centre
    labels[1, CELLS + 1] = 1
    labels[1, 3 * CELLS + 4:][:4] = 0.44, 0.41, 0.55, 0.33
    return labels


def boxes_of_grid(labels, b):
    found = []
    for cell in range(CELLS):
        if labels[b, CELLS + cell]:
            box = labels[b, 3 * CELLS + 4 * cell:][:4]
            own = int(box[1] * SIDE) * SIDE + int(box[0] * SIDE)
            found.append((int(labels[b, 2 * CELLS + own]), tuple(box)))
    return found


def v2_by_loops(x, labels, early, rescore):
    anchors = [(w / SIDE, h / SIDE) for w, h in V2_ANCHORS]
    grid = Map(x, anchors)
    boxes_part = objects = classes = nothing = count = 0
    for b, n, j, i in grid.cells():
        p = sigmoid(grid.x[b, n, 4, j, i])
        best = max((overlap(grid.box(b, n, j, i), box) for _, box in boxes_of_grid(labels, b)))
        if best <= 0.375:
            nothing += 0.25 * p ** 2
            grid.out[b, n, 4, j, i] = 0.25 * p * p * (1 - p)
        if early:
            centre = ((i + 0.5) / SIDE, (j + 0.5) / SIDE, *anchors[n])
            boxes_part += 0.01 * grid.teach(b, n, j, i, centre, 0.01)
    for b in range(2):
        for label, box in boxes_of_grid(labels, b):
            i, j = int(box[0] * SIDE), int(box[1] * SIDE)
            n = best_shape(anchors, *box[2:])
            scale = 3 * (2 - box[2] * box[3])
            boxes_part += scale * grid.teach(b, n, j, i, box, scale)
            p = sigmoid(grid.x[b, n, 4, j, i])
            wanted = overlap(grid.box(b, n, j, i), box) if rescore else 1
            objects += 5 * (wanted - p) ** 2
            grid.out[b, n, 4, j, i] = -5 * (wanted - p) * p * (1 - p)
            e = np.exp(grid.x[b, n, 5:, j, i])
            wrong = e / e.sum() - (np.arange(CLASSES) == label)
            grid.out[b, n, 5:, j, i] = 2 * wrong
            classes += 2 * (wrong ** 2).sum()
            count += 1
    rest = 2 * CELLS * len(anchors) - count
    return grid.out.reshape(x.shape), (boxes_part + objects + classes) / count + nothing / rest


@pytest.mark.parametrize("rescore", [True, False])
def test_yolo_v2_loss_is_the_sum_and_the_slopes_of_its_source(rescore):
    shape, labels = (2, 3 * (5 + CLASSES), SIDE, SIDE), grid_labels()
    anchors = " ".join(f"anchors: {w} anchors: {h}" for w, h in V2_ANCHORS)
    layer = make("YoloV2Loss", f"num_object: 3 num_classes: {CLASSES} side: {SIDE} thresh: 0.375 "
                 f"box_scale: 3 noobject_scale: 0.25 object_scale: 5 class_scale: 2 {anchors} "
                 f"rescore: {str(rescore).lower()}", shape, labels.shape)
    for early in (True, False):
        x = noise(shape)
        slopes, value = v2_by_loops(x, labels, early, rescore)
        loss = layer(x, torch.from_numpy(labels))
        np.testing.assert_allclose(loss.item(), value, rtol=1e-12)
        (3 * loss).backward()
        np.testing.assert_allclose(x.grad.numpy(), slopes * 3 / 2, rtol=1e-9, atol=1e-12)
        assert layer.seen == (2 if early else 12802)
        layer.seen.fill_(12800)


def v3_by_loops(x, labels, mask):
    pixels = SIDE * 16
    shapes = [(w / pixels, h / pixels) for w, h in V3_ANCHORS]
    grid = Map(x, [shapes[n] for n in mask])
    boxes_part = objects = classes = nothing = count = 0
    for b, n, j, i in grid.cells():
        p = sigmoid(grid.x[b, n, 4, j, i])
        best = max(overlap(grid.box(b, n, j, i), box) for _, box in boxes_of_grid(labels, b))
        nothing += p ** 2
        grid.out[b, n, 4, j, i] = 0 if best > 0.375 else p * p * (1 - p)
    taught = set()
    for b in range(2):
        for label, box in boxes_of_grid(labels, b):
            i, j = int(box[0] * SIDE), int(box[1] * SIDE)
            best = best_shape(shapes, *box[2:])
            if best not in mask:
                continue
            n = mask.index(best)
            scale = 2 - box[2] * box[3]
            boxes_part += scale * grid.teach(b, n, j, i, box, scale)
            p = sigmoid(grid.x[b, n, 4, j, i])
            objects += (1 - p) ** 2
            grid.out[b, n, 4, j, i] = -(1 - p) * p * (1 - p)
            p = sigmoid(grid.x[b, n, 5:, j, i])
            if (b, n, j, i) in taught:
                grid.out[b, n, 5 + label, j, i] = -(1 - p[label])
            else:
                wrong = p - (np.arange(CLASSES) == label)
                grid.out[b, n, 5:, j, i] = wrong
                classes += (wrong ** 2).sum()
            taught.add((b, n, j, i))
            count += 1
    assert count > len(taught)      # two boxes of one anchor are among them
    rest = 2 * CELLS * len(mask) - count
    return grid.out.reshape(x.shape), (boxes_part + objects + classes) / count + nothing / rest


def v3_layer(shape, labels, more="", mask=(3, 4)):
    anchors = " ".join(f"anchors: {w} anchors: {h}" for w, h in V3_ANCHORS)
    return make("YoloV3Loss", f"num_object: 2 num_classes: {CLASSES} total_object: 5 {anchors} "
                + " ".join(f"mask: {n}" for n in mask) + f" ignore_thresh: 0.375 {more}", shape,
                labels.shape)


def test_yolo_v3_loss_is_the_sum_and_the_slopes_of_its_source():
    shape, labels = (2, 2 * (5 + CLASSES), SIDE, SIDE), grid_labels()
    x = noise(shape)
    slopes, value = v3_by_loops(x, labels, [3, 4])
    loss = v3_layer(shape, labels)(x, torch.from_numpy(labels))
    np.testing.assert_allclose(loss.item(), value, rtol=1e-12)
    (3 * loss).backward()
    np.testing.assert_allclose(x.grad.numpy(), slopes * 3 / 2, rtol=1e-9, atol=1e-12)


def test_yolo_v3_takes_net_w_for_masks_that_begin_with_another_number():
    shape, labels = (2, 2 * (5 + CLASSES), SIDE, SIDE), grid_labels()
    x = noise(shape, requires_grad=False)
    by_mask = v3_layer(shape, labels)(x, torch.from_numpy(labels))
    by_size = v3_layer(shape, labels, "net_w: 80 net_h: 80", mask=(4, 3))
    swapped = x.unflatten(1, (2, -1)).flip(1).flatten(1, 2)
    torch.testing.assert_close(by_size(swapped, torch.from_numpy(labels)), by_mask)


ROWS = 4
MASK = (12, 9)


def row_labels(size, extra=0):
    """Rows x, y, w, h, class; of the first image the fourth is after one of x 0."""
    labels = np.zeros((2, ROWS, size))
    for b in range(2):
        for t, box in enumerate([box for box in BOXES if box[0] == b]):
            labels[b, t, :5] = *box[2:], box[1]
    labels[0, 3, :5] = 0.5, 0.5, 0.5, 0.5, 1
    return np.concatenate([labels.reshape(2, -1), np.zeros((2, extra))], 1)


def rows_of(labels, b, size):
    found = []
    for row in labels[b, :ROWS * size].reshape(ROWS, size):
        if row[0] == 0:
            break
        found.append((int(row[4]), tuple(row[:4])))
    return found


@pytest.mark.parametrize("by_shape, softmax, joints",
                         [(True, True, None), (False, False, 0), (True, False, 35)])
def test_region_loss_in_maskyolos_form_is_that_of_its_source(by_shape, softmax, joints):
    height, width = 4, 6
    shape = (2, 3 * (5 + CLASSES), height, width)
    masked = joints is not None
    size = 6 if masked else 5
    labels = row_labels(size, math.prod(MASK) + joints * ROWS if masked else 0)
    if masked:
        generator = np.random.default_rng(1)
        pixels = generator.choice([0, 3, 255], (2, *MASK))
        labels[:, ROWS * size:ROWS * size + math.prod(MASK)] = pixels.reshape(2, -1)
    anchors = [(w / width, h / height) for w, h in V2_ANCHORS]
    x = noise(shape)
    grid = Map(x, anchors)
    boxes_part = objects = classes = nothing = count = 0
    for b, n, j, i in grid.cells():
        y, c = int((j + 0.5) * MASK[0] / height), int((i + 0.5) * MASK[1] / width)
        if masked and pixels[b, y, c] == 255:
            continue
        p = sigmoid(grid.x[b, n, 4, j, i])
        best = max(overlap(grid.box(b, n, j, i), box) for _, box in rows_of(labels, b, size))
        if best <= 0.375:
            nothing += 0.25 * p ** 2
            grid.out[b, n, 4, j, i] = 0.25 * p * p * (1 - p)
    for b in range(2):
        for label, box in rows_of(labels, b, size):
            i, j = int(box[0] * width), int(box[1] * height)
            shapes = anchors if by_shape else [grid.box(b, n, j, i)[2:] for n in range(3)]
            n = best_shape(shapes, *box[2:])
            boxes_part += 3 * grid.teach(b, n, j, i, box, 3)
            p = sigmoid(grid.x[b, n, 4, j, i])
            objects += 5 * (1 - p) ** 2
            grid.out[b, n, 4, j, i] = -5 * (1 - p) * p * (1 - p)
            score = grid.x[b, n, 5:, j, i]
            if softmax:
                score = np.exp(score) / np.exp(score).sum()
            wrong = score - (np.arange(CLASSES) == label)
            grid.out[b, n, 5:, j, i] = 2 * wrong
            classes += 2 * (wrong ** 2).sum()
            count += 1
    count += 0.01
    value = (boxes_part + objects + classes) / count \
        + nothing / (2 * 3 * height * width - count)
    fields = " ".join(f"anchor_x: {w} anchor_y: {h}" for w, h in V2_ANCHORS)
    more = f"with_mask: true mask_h: {MASK[0]} mask_w: {MASK[1]}" if masked else ""
    layer = make("RegionLoss", f"num_object: 3 num_class: {CLASSES} thresh: 0.375 coord_scale: 3 "
                 f"noobject_scale: 0.25 object_scale: 5 class_scale: 2 {fields} {more} "
                 f"bias_match: {str(by_shape).lower()} softmax: {str(softmax).lower()} "
                 f"with_kps: {str(bool(joints)).lower()}", shape, labels.shape)
    loss = layer(x, torch.from_numpy(labels))
    np.testing.assert_allclose(loss.item(), value, rtol=1e-12)
    (3 * loss).backward()
    np.testing.assert_allclose(x.grad.numpy(), grid.out.reshape(shape) * 3 / 2, rtol=1e-9,
                               atol=1e-12)


def test_region_loss_of_maskyolo_has_its_projects_defaults():
    shape, labels = (2, 2 * 6, 4, 6), row_labels(5)
    labels[:, 4::5] = 0
    fields = "num_class: 1 anchor_x: 1 anchor_x: 2 anchor_y: 2 anchor_y: 1"
    said = make("RegionLoss", f"{fields} num_object: 2 num_coord: 4 object_scale: 1 "
                "noobject_scale: 0.5 class_scale: 1 coord_scale: 5 softmax: true rescore: true "
                "thresh: 0.6 bias_match: false", shape, labels.shape)
    x = noise(shape, requires_grad=False)
    found = make("RegionLoss", fields, shape, labels.shape)(x, torch.from_numpy(labels))
    torch.testing.assert_close(found, said(x, torch.from_numpy(labels)))


def test_yolo_loss_is_the_sum_and_the_slopes_of_its_source():
    height, width, mask = 4, 6, [3, 4]
    net = (96, 64)
    shape, labels = (2, 2 * (5 + CLASSES), height, width), row_labels(5)
    shapes = [(w / net[0], h / net[1]) for w, h in V3_ANCHORS]
    x = noise(shape)
    with torch.no_grad():
        x[0, 4] -= 5        # below 0.01: of no account
    grid = Map(x, [shapes[n] for n in mask])
    errors = nothing = count = free = 0
    for b, n, j, i in grid.cells():
        p = sigmoid(grid.x[b, n, 4, j, i])
        best = max(overlap(grid.box(b, n, j, i), box) for _, box in rows_of(labels, b, 5))
        if best <= 0.375 and p >= 0.01:
            nothing += p ** 2
            free += 1
            grid.out[b, n, 4, j, i] = 0.25 * p
    ignored = 0
    for b in range(2):
        for label, box in rows_of(labels, b, 5):
            best = best_shape(shapes, *box[2:])
            if best not in mask:
                continue
            i, j, n = int(box[0] * width), int(box[1] * height), mask.index(best)
            scale = 3 + 2 * (1 - box[2] * box[3])
            errors += grid.teach(b, n, j, i, box, scale, through=False)
            p = sigmoid(grid.x[b, n, 4:, j, i])
            wrong = p[1:] - (np.arange(CLASSES) == label)
            errors += (1 - p[0]) ** 2 + (wrong ** 2).sum()
            grid.out[b, n, 4, j, i] = -5 * (1 - p[0])
            grid.out[b, n, 5:, j, i] = 2 * wrong
            if box[0] < 0.48 and box[1] < 0.6:
                grid.out[b, n, 4, j, i] = 0
                ignored += 1
            else:
                count += 1
    assert ignored and count and free < 2 * 2 * height * width
    fields = " ".join(f"anchor_x: {w} anchor_y: {h}" for w, h in V3_ANCHORS)
    layer = make("YoloLoss", f"num_object: 5 num_class: {CLASSES} ignore_thresh: 0.375 {fields} "
                 "coord_scale: 3 noobject_scale: 0.25 object_scale: 5 class_scale: 2 net_w: 96 "
                 "net_h: 64 mask: 3 mask: 4 ignore_w: 0.48 ignore_h: 0.6", shape, labels.shape)
    loss = layer(x, torch.from_numpy(labels))
    np.testing.assert_allclose(loss.item(), errors / (count + 0.01) + nothing / (free + 0.01),
                               rtol=1e-12)
    (3 * loss).backward()
    np.testing.assert_allclose(x.grad.numpy(), grid.out.reshape(shape) * 3 / 2, rtol=1e-9,
                               atol=1e-12)


def test_a_batch_without_items_has_a_loss_of_0():
    anchors = " ".join(f"anchors: {n}" for n in (1, 2, 3, 1.5, 2, 2))
    layer = make("YoloV2Loss", f"num_object: 3 num_classes: {CLASSES} {anchors}",
                 (2, 3 * (5 + CLASSES), 5, 5), (2, 175))
    x = torch.zeros(0, 3 * (5 + CLASSES), 5, 5, dtype=torch.float64, requires_grad=True)
    assert layer(x, torch.zeros(0, 175, dtype=torch.float64)).item() == 0


def test_without_a_box_the_losses_are_those_of_objectness():
    shape = (2, 3 * (5 + CLASSES), SIDE, SIDE)
    labels = np.zeros((2, 7 * CELLS))
    anchors = " ".join(f"anchors: {w} anchors: {h}" for w, h in V2_ANCHORS)
    layer = make("YoloV2Loss", f"num_object: 3 num_classes: {CLASSES} noobject_scale: 1 {anchors}",
                 shape, labels.shape)
    layer.seen.fill_(12800)
    x = noise(shape, requires_grad=False)
    score = sigmoid(x.numpy().reshape(2, 3, -1, CELLS)[:, :, 4])
    np.testing.assert_allclose(layer(x, torch.from_numpy(labels)).item(), (score ** 2).mean())


WRONG = [
    ("YoloV2Loss", "num_object: 3 num_classes: 4 anchors: 1", (2, 27, 5, 5), (2, 175),
     "anchors is given 1 times"),
    ("YoloV2Loss", "num_object: 3 num_classes: 4", (2, 27, 5, 4), (2, 175), "need"),
    ("YoloV2Loss", "num_object: 3 num_classes: 4", (2, 27, 5, 5), (2, 174), "7 numbers for each"),
    ("YoloV2Loss", "num_object: 3 num_classes: 4 side: 6", (2, 27, 5, 5), (2, 175),
     "side is 6; the map 'bottom0' has 5 x 5 cells"),
    ("YoloV3Loss", "num_object: 1 num_classes: 4 anchors: 1 anchors: 2 mask: 1", (2, 9, 5, 5),
     (2, 175), "mask is"),
    ("YoloV3Loss", "num_object: 1 num_classes: 4 anchors: 1 anchors: 2 mask: 0 truth_thresh: 0.5",
     (2, 9, 5, 5), (2, 175), "truth_thresh is 0.5"),
    ("YoloLoss", "num_object: 1 num_class: 4 anchor_x: 1 anchor_y: 2", (2, 9, 5, 4), (2, 10),
     "mask is"),
    ("YoloLoss", "num_object: 1 num_class: 4 anchor_x: 1 anchor_y: 2 mask: 0", (2, 9, 5, 4),
     (2, 11), "rows of 5 numbers"),
    ("RegionLoss", "num_object: 2 num_class: 4 anchor_x: 1 anchor_y: 2", (2, 18, 5, 4), (2, 10),
     "anchor_x is given 1 times"),
    ("RegionLoss", "num_object: 1 num_class: 4 anchor_x: 1 anchor_y: 2 with_mask: true",
     (2, 9, 5, 4), (2, 10), "rows of 6 numbers"),
]


@pytest.mark.parametrize("kind, param, x, labels, message", WRONG)
def test_settings_that_do_not_fit_are_named(kind, param, x, labels, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, x, labels)


def test_a_class_above_the_last_is_named_with_its_field():
    labels = grid_labels()
    labels[0, 2 * CELLS:3 * CELLS] = 7
    shape = (2, 2 * (5 + CLASSES), SIDE, SIDE)
    with pytest.raises(DataError, match="num_classes is too small"):
        v3_layer(shape, labels)(noise(shape), torch.from_numpy(labels))
