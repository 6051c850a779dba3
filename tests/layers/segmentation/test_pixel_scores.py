"""Mean intersection over union and boundary F measure, against their definitions in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.logs.log import Log, number
from framework.net.net import Net
from framework.net.reading import parse_net
from framework.solver.testing import score
from tests.support import make

SHAPE = (3, 4, 23, 17)
PARAM = "segmentation_score_param { ignore_label: 255 %s }"


def blobs(seed, classes=4):
    """Scores and labels of blocks, some ignored; the last class is nowhere."""
    random = np.random.default_rng(seed)
    blocks = random.integers(0, classes - 1, (SHAPE[0], 1, 6, 5))
    labels = blocks.repeat(4, 2).repeat(4, 3)[:, :, :SHAPE[2], :SHAPE[3]].astype(np.float64)
    labels[random.random(labels.shape) < 0.04] = 255
    scores = random.random(SHAPE)
    known = np.where(labels == 255, 0, labels).astype(int)
    np.put_along_axis(scores, known, 0.9, 1)
    scores[:, -1] = -1
    return scores, labels


def run(kind, scores, labels, more=""):
    layer = make(kind, PARAM % more, scores.shape, labels.shape)
    return layer, layer(torch.from_numpy(scores), torch.from_numpy(labels)).numpy()


def iou(pairs):
    """For each class the pixels in both over those in one, of all images together."""
    found = {}
    for label in range(SHAPE[1]):
        both = either = 0
        for scores, labels in pairs:
            own, true = scores.argmax(1)[labels[:, 0] != 255], labels[labels != 255]
            both += ((own == label) & (true == label)).sum()
            either += ((own == label) | (true == label)).sum()
        if either:
            found[label] = both / either
    return found


def test_iou_is_that_of_the_pixels_of_all_batches_together():
    pairs = [blobs(1), blobs(2)]
    layers, tops = zip(*(run("MeanIoU", *pair) for pair in pairs), strict=True)
    assert tops[0].shape == (4, 4) and tops[0].sum() == (pairs[0][1] != 255).sum()
    found = layers[0].by_class(sum(top.astype(float) for top in tops))
    expected = iou(pairs)
    assert set(found) == {0, 1, 2} and 0.1 < expected[1] < 0.99
    assert found == pytest.approx(expected, rel=1e-9)


def outline(mask):
    points = []
    height, width = mask.shape
    for y, x in np.argwhere(mask):
        around = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
        if any(0 <= i < height and 0 <= j < width and not mask[i, j] for i, j in around):
            points.append((y, x))
    return np.array(points).reshape(-1, 2)


def boundary_f(scores, labels, tolerance):
    """Csurka's measure by all distances between two outlines, the mean over images, by class."""
    reach = tolerance * np.hypot(*SHAPE[2:])
    measures = {}
    for own, true in zip(scores.argmax(1), labels[:, 0], strict=True):
        for label in range(SHAPE[1]):
            masks = [(part == label) & (true != 255) for part in (own, true)]
            if not any(mask.any() for mask in masks):
                continue
            found, real = (outline(mask) for mask in masks)
            measure = 0.0
            if len(found) and len(real):
                near = np.hypot(*(found[:, None] - real).transpose(2, 0, 1)) <= reach
                precision, recall = near.any(1).mean(), near.any(0).mean()
                if precision + recall:
                    measure = 2 * precision * recall / (precision + recall)
            measures.setdefault(label, []).append(measure)
    return {label: np.mean(values) for label, values in measures.items()}


@pytest.mark.parametrize("tolerance", [0.0, 0.0075, 0.05, 0.11])
def test_boundary_f_is_its_definition_by_distances(tolerance):
    scores, labels = blobs(5)
    layer, top = run("BoundaryF", scores, labels, f"boundary_tolerance: {tolerance}")
    expected = boundary_f(scores, labels, tolerance)
    assert top.shape == (4, 2) and set(expected) == {0, 1, 2}
    assert layer.by_class(top) == pytest.approx(expected, rel=1e-5)
    assert 0 < expected[0] < 1


def test_boundary_f_is_1_for_the_labels_themselves_and_for_a_class_that_fills_the_image():
    _, labels = blobs(7)
    same = np.eye(4)[np.where(labels == 255, 3, labels).astype(int)[:, 0]].transpose(0, 3, 1, 2)
    layer, top = run("BoundaryF", same, labels, "boundary_tolerance: 0")
    assert layer.by_class(top) == {0: 1.0, 1: 1.0, 2: 1.0}
    filled = np.zeros_like(labels)
    layer, top = run("BoundaryF", np.eye(4)[filled.astype(int)[:, 0]].transpose(0, 3, 1, 2), filled)
    assert layer.by_class(top) == {0: 1.0}


def test_shapes_that_do_not_fit_and_a_negative_tolerance_are_errors():
    with pytest.raises(SpecError, match=r"must be \(N, C, H, W\) and \(N, 1, H, W\)"):
        make("MeanIoU", "", (2, 4, 5, 6), (2, 1, 5, 7))
    with pytest.raises(SpecError, match="boundary_tolerance is -1; it must be between 0 and 1"):
        make("BoundaryF", PARAM % "boundary_tolerance: -1", SHAPE, (3, 1, 23, 17))


NET = '''
layer { name: "data" type: "HDF5Data" top: "scores" top: "label"
  hdf5_data_param { source: "list.txt" batch_size: 3 } }
layer { name: "miou" type: "MeanIoU" bottom: "scores" bottom: "label" top: "miou"
  segmentation_score_param { ignore_label: 255 label_map_file: "map.prototxt" } }
layer { name: "bf" type: "BoundaryF" bottom: "scores" bottom: "label" top: "bf"
  segmentation_score_param { ignore_label: 255 } }
'''


def test_a_test_reports_the_mean_of_all_batches_and_logs_each_class_by_name(
        tmp_path, monkeypatch, capsys):
    h5py = pytest.importorskip("h5py")
    monkeypatch.chdir(tmp_path)
    pairs = [blobs(1), blobs(2)]
    with h5py.File("a.h5", "w") as file:
        for index, name in enumerate(("scores", "label")):
            file[name] = np.concatenate([pair[index] for pair in pairs]).astype(np.float32)
    (tmp_path / "list.txt").write_text("a.h5\n")
    (tmp_path / "map.prototxt").write_text("".join(
        f'item {{ name: "{name}" label: {index} display_name: "{name}" }}\n'
        for index, name in enumerate(("ground", "tree", "house", "car"))))
    scores = score(Net(parse_net(NET), "TEST"), 2, "11point")
    values = {name: value for name, value, _ in scores.outputs}
    assert values["miou"] == pytest.approx(np.mean(list(iou(pairs).values())), rel=1e-6)
    assert 0 < values["bf"] < 1 and len(scores.outputs) == 2
    scores.log(Log(), False, True)
    shown = capsys.readouterr().err
    assert f"intersection over union of tree: {number(iou(pairs)[1])}\n" in shown
    assert "boundary F measure of house: 0." in shown and "car" not in shown
