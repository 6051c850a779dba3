"""YoloGridLoss and YoloGridOutput against Darknet's detection_layer.c in plain numpy."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from framework.export.check import compare_rows
from framework.export.onnx_model import Options, to_model
from tests.export.support import run_onnx, run_ours
from tests.slow_anchors import box_iou
from tests.support import layer_text, make, net_from, noise

SIDE, CLASSES, BOXES = 3, 4, 2
CELLS = SIDE * SIDE
SIZE = CELLS * (CLASSES + 5 * BOXES)
FIELDS = f"side: {SIDE} num_class: {CLASSES} num_box: {BOXES}"
# the second row is in the cell of the first, the fourth is far from all predictions
LABELS = torch.tensor([
    [0, 1, 0, 0.10, 0.05, 0.45, 0.60, 0], [0, 2, 0, 0.15, 0.10, 0.40, 0.55, 0],
    [0, 4, 0, 0.50, 0.70, 0.95, 1.00, 0], [1, 3, 0, 0.97, 0.02, 0.99, 0.05, 0],
    [-1, 9, 0, 0, 0, 0, 0, 0], [1, 2, 0, 0.30, 0.30, 0.80, 0.62, 1]],
    dtype=torch.float64).reshape(1, 1, -1, 8)


def predictions(seed=1):
    """Noise about 0.4: boxes have an area and some overlap."""
    return (noise(2, SIZE, seed=seed).detach() * 0.2 + 0.4).requires_grad_()


def corners(x, y, w, h):
    return np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])


def slow_slopes(x, label, sqrt, rescore, scales):
    """What forward_detection_layer adds to delta, with the other sign."""
    object_scale, noobject_scale, class_scale, coord_scale = scales
    slopes = np.zeros_like(x)
    objects, boxes = CELLS * CLASSES, CELLS * (CLASSES + BOXES)
    slopes[:, objects:boxes] = noobject_scale * x[:, objects:boxes]
    taken = set()
    for row in label:
        item, kind = int(row[0]), int(row[1]) - 1
        if item < 0:
            continue
        middle, size = (row[3:5] + row[5:7]) / 2, row[5:7] - row[3:5]
        column, line = int(middle[0] * SIDE), int(middle[1] * SIDE)
        cell = line * SIDE + column
        if (item, cell) in taken:
            continue
        taken.add((item, cell))
        real = np.array([middle[0] * SIDE - column, middle[1] * SIDE - line, *size])
        for number in range(CLASSES):
            at = cell * CLASSES + number
            slopes[item, at] = class_scale * (x[item, at] - (number == kind))
        best, best_overlap, best_distance = -1, 0, 20
        truth = np.array([real[0] / SIDE, real[1] / SIDE, *size])
        for number in range(BOXES):
            own = x[item, boxes + (cell * BOXES + number) * 4:][:4]
            found = np.array([own[0] / SIDE, own[1] / SIDE,
                              *(own[2:] ** 2 if sqrt else own[2:])])
            overlap = box_iou(corners(*found), corners(*truth))
            distance = np.sqrt(((found - truth) ** 2).sum())
            if best_overlap > 0 or overlap > 0:
                if overlap > best_overlap:
                    best, best_overlap = number, overlap
            elif distance < best_distance:
                best, best_distance = number, distance
        at = objects + cell * BOXES + best
        slopes[item, at] = object_scale * (x[item, at] - (best_overlap if rescore else 1))
        at = boxes + (cell * BOXES + best) * 4
        target = np.array([*real[:2], *(np.sqrt(size) if sqrt else size)])
        slopes[item, at:at + 4] = coord_scale * (x[item, at:at + 4] - target)
    return slopes


@pytest.mark.parametrize("sqrt", [True, False])
@pytest.mark.parametrize("rescore", [True, False])
def test_the_loss_and_its_gradient_are_darknets(sqrt, rescore):
    fields = (f"{FIELDS} sqrt: {str(sqrt).lower()} rescore: {str(rescore).lower()} "
              "object_scale: 1.5 noobject_scale: 0.25 class_scale: 2 coord_scale: 3")
    layer = make("YoloGridLoss", fields, (2, SIZE), tuple(LABELS.shape))
    x = predictions()
    value = layer(x, LABELS)
    value.backward()
    slopes = slow_slopes(x.detach().numpy(), LABELS.numpy().reshape(-1, 8), sqrt, rescore,
                         (1.5, 0.25, 2, 3))
    np.testing.assert_allclose(value.item(), (slopes ** 2).sum() / 2, rtol=1e-9)
    np.testing.assert_allclose(x.grad.numpy(), slopes / 2, rtol=1e-9, atol=1e-12)


def test_images_without_boxes_have_the_loss_of_their_objectness():
    layer = make("YoloGridLoss", FIELDS, (2, SIZE), (1, 1, 1, 8))
    x = predictions()
    objects = x.detach()[:, CELLS * CLASSES:CELLS * (CLASSES + BOXES)]
    value = layer(x, torch.full((1, 1, 1, 8), -1.0, dtype=torch.float64))
    assert value.item() == pytest.approx((0.5 * objects).square().sum().item() / 2)


def output_net(fields):
    return net_from(layer_text("YoloGridOutput", f"{FIELDS} {fields}", [(2, SIZE)]), "TEST")


def test_detections_are_darknets_boxes_above_the_threshold():
    x = predictions(seed=3).detach().float()
    rows = output_net("confidence_threshold: 0.3 nms_threshold: 1")({"bottom0": x})["top0"][0, 0]
    expected = []
    x = x.numpy()
    for item in range(2):
        for cell in range(CELLS):
            for number in range(BOXES):
                score = x[item, CELLS * CLASSES + cell * BOXES + number]
                own = x[item, CELLS * (CLASSES + BOXES) + (cell * BOXES + number) * 4:][:4]
                box = corners((own[0] + cell % SIDE) / SIDE, (own[1] + cell // SIDE) / SIDE,
                              own[2] ** 2, own[3] ** 2)
                expected += [(item, kind + 1, score * x[item, cell * CLASSES + kind], *box)
                             for kind in range(CLASSES)
                             if score * x[item, cell * CLASSES + kind] > 0.3]
    expected = np.array(sorted(expected, key=lambda row: (row[0], -row[2])))
    assert 5 < len(expected) < 2 * CELLS * BOXES * CLASSES
    np.testing.assert_allclose(rows.numpy(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("sqrt", ["true", "false"])
def test_onnx_runtime_finds_the_same_detections(sqrt):
    net = output_net(f"sqrt: {sqrt} confidence_threshold: 0.2 nms_threshold: 0.4")
    inputs = {"bottom0": predictions(seed=5).detach().float().numpy()}
    expected = run_ours(net, inputs)["top0"]
    assert expected.shape[2] > 4
    assert compare_rows(expected, run_onnx(to_model(net, Options()), inputs)["top0"], 1e-5)[1] == ""


def test_a_bottom_of_another_size_is_an_error():
    with pytest.raises(SpecError, match=r"\(YoloGridOutput\): bottom has the shape \(2, 125\); "
                                        "side: 3, num_class: 4 and num_box: 2 need 126 numbers"):
        make("YoloGridOutput", FIELDS, (2, 125))


def test_a_label_beyond_the_classes_is_an_error_with_its_row():
    layer = make("YoloGridLoss", FIELDS, (2, SIZE), tuple(LABELS.shape))
    wrong = LABELS.clone()
    wrong[0, 0, 2, 1] = 5
    with pytest.raises(DataError, match=r"has the value 5 at row 2 \(item 0\) of the batch; it "
                                        "must be from 1 to 4.*yolo_grid_loss_param.num_class"):
        layer(predictions(), wrong)
