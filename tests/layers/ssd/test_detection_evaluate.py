"""DetectionEvaluate against its definition, one detection at a time, and its errors."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from framework.layers.ssd.result_settings import read_sizes
from tests import slow_boxes
from tests.support import make, noise

SIZES = [(5, 8), (9, 4), (7, 3), (4, 6)]


def example(seed=1, num_images=4, num_labels=3, detections=40, boxes=14):
    """Detections that are ground truth boxes moved a little, in mixed order; some of no label."""
    place = noise(boxes, 4, seed=seed, requires_grad=False).float()
    low, size = place[:, :2] * 0.15 + 0.3, place[:, 2:].abs() * 0.15 + 0.25
    truth = torch.zeros(boxes, 8)
    truth[:, 0] = torch.arange(boxes) * num_images // boxes
    truth[:, 1] = torch.arange(boxes) % num_labels + 1
    truth[:, 3:7] = torch.cat([low, low + size], 1)
    truth[:, 7] = (torch.arange(boxes) % 3 == 0).float()
    rows = torch.zeros(detections, 7)
    source = torch.arange(detections) * 5 % boxes
    rows[:, :2] = truth[source][:, :2]
    rows[::6, 1] = rows[::6, 1] % num_labels + 1
    rows[:, 2] = (noise(detections, seed=seed + 1, requires_grad=False).sigmoid() * 20).round() / 20
    moved = noise(detections, 4, seed=seed + 2, requires_grad=False).float() * 0.04
    rows[:, 3:] = truth[source][:, 3:7] + moved
    rows[3, 1], rows[7, 0] = -1, num_images         # a row of no label, an image without boxes
    return rows, truth


def pixels(box, size):
    height, width = size
    return [min(max(value, 0), 1) * side for value, side in zip(box, [width, height] * 2,
                                                                 strict=True)]


def overlap(a, b, in_pixels):
    if not in_pixels:
        return slow_boxes.overlap(a, b)
    width, height = min(a[2], b[2]) - max(a[0], b[0]) + 1, min(a[3], b[3]) - max(a[1], b[1]) + 1
    if width <= 0 or height <= 0:
        return 0
    areas = [(box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (a, b)]
    return width * height / (sum(areas) - width * height)


def by_definition(rows, truth, num_classes, threshold=0.5, difficult=True, background=0,
                  sizes=None):
    rows, truth = rows.tolist(), truth.tolist()
    ends = [index for index, row in enumerate(truth) if row[0] == -1]
    truth = truth[:ends[0]] if ends else truth
    classes = [label for label in range(num_classes) if label != background]
    top = [[-1, label, sum(row[1] == label and (difficult or not row[7]) for row in truth), -1, -1]
           for label in classes]
    for number, image in enumerate(sorted({row[0] for row in rows})):
        for label in sorted({row[1] for row in rows if row[0] == image} - {-1}):
            found = [row for row in rows if row[:2] == [image, label]]
            real = [row for row in truth if row[:2] == [image, label]]
            if real:
                found.sort(key=lambda row: -row[2])
            taken = set()
            for row in found:
                boxes = [row[3:], *(other[3:7] for other in real)]
                if sizes:
                    boxes = [pixels(box, sizes[number % len(sizes)]) for box in boxes]
                overlaps = [overlap(boxes[0], box, bool(sizes)) for box in boxes[1:]]
                best = int(np.argmax(overlaps)) if overlaps else -1
                verdict = (0, 1)
                if overlaps and overlaps[best] >= threshold:
                    if not difficult and real[best][7]:
                        verdict = (0, 0)
                    elif best not in taken:
                        verdict = (1, 0)
                        taken.add(best)
                top.append([*row[:3], *verdict])
    return np.array(top, dtype=np.float32)


def judge(text, rows, truth):
    layer = make("DetectionEvaluate", f"detection_evaluate_param {{ {text} }}",
                 (1, 1, *rows.shape), (1, 1, *truth.shape), phase="TEST")
    return layer, layer(rows[None, None], truth[None, None])


@pytest.mark.parametrize("seed", [1, 5, 9])
@pytest.mark.parametrize("text, how", [
    ("num_classes: 4", {}), ("num_classes: 4 overlap_threshold: 0.75", {"threshold": 0.75}),
    ("num_classes: 4 evaluate_difficult_gt: false", {"difficult": False}),
    ("num_classes: 5 background_label_id: 4294967295", {"background": -1, "num_classes": 5}),
    ("num_classes: 6 background_label_id: 5", {"background": 5, "num_classes": 6})])
def test_rows_follow_the_definition(text, how, seed):
    rows, truth = example(seed)

    _, top = judge(text, rows, truth)

    expected = by_definition(rows, truth, **{"num_classes": 4, **how})
    assert top.shape == (1, 1, *expected.shape)
    np.testing.assert_array_equal(top[0, 0].numpy(), expected)
    assert 3 < expected[:, 3].clip(0).sum() < len(expected) - 10


def test_ground_truth_ends_at_the_first_row_of_item_minus_one():
    rows, truth = example()
    truth[6, 0] = -1

    _, top = judge("num_classes: 4", rows, truth)

    np.testing.assert_array_equal(top[0, 0].numpy(), by_definition(rows, truth[:6], 4))


def test_no_ground_truth_makes_every_detection_false():
    rows, _ = example()

    _, top = judge("num_classes: 4", rows, torch.full((1, 8), -1.0))

    assert top[0, 0, :3, 2].eq(0).all() and top[0, 0, 3:, 4].eq(1).all()


def test_fake_rows_are_left_out():
    rows = torch.full((4, 7), -1.0)
    rows[:, 0] = torch.arange(4)

    _, top = judge("num_classes: 4", rows, example()[1])

    assert top.shape == (1, 1, 3, 5)


def test_with_a_size_file_boxes_are_in_pixels_of_the_nth_image_with_detections(tmp_path):
    rows, truth = example()
    (tmp_path / "sizes.txt").write_text("".join(f"p{n} {h} {w}\n" for n, (h, w) in
                                                enumerate(SIZES)))
    rows = rows[rows[:, 0] != 1]        # the second line belongs to image 2

    layer, first = judge(f'num_classes: 4 name_size_file: "{tmp_path}/sizes.txt"', rows, truth)
    second = layer(rows[None, None], truth[None, None])

    turned = SIZES[4 % len(SIZES):] + SIZES[:4 % len(SIZES)]
    np.testing.assert_array_equal(first[0, 0].numpy(), by_definition(rows, truth, 4, sizes=SIZES))
    np.testing.assert_array_equal(second[0, 0].numpy(), by_definition(rows, truth, 4, sizes=turned))
    assert not torch.equal(first, judge("num_classes: 4", rows, truth)[1])


def test_the_size_file_begins_again_behind_its_last_line(tmp_path):
    rows, truth = example()
    sizes = SIZES[:3]
    (tmp_path / "sizes.txt").write_text("".join(f"p{n} {h} {w}\n" for n, (h, w) in
                                                enumerate(sizes)))

    layer, first = judge(f'num_classes: 4 name_size_file: "{tmp_path}/sizes.txt"', rows, truth)
    second = layer(rows[None, None], truth[None, None])

    turned = sizes[5 % 3:] + sizes[:5 % 3]      # five images have detections
    np.testing.assert_array_equal(first[0, 0].numpy(), by_definition(rows, truth, 4, sizes=sizes))
    np.testing.assert_array_equal(second[0, 0].numpy(), by_definition(rows, truth, 4, sizes=turned))


@pytest.mark.parametrize("which", ["detections", "ground truth"])
def test_the_background_label_is_an_error(which):
    rows, truth = example()
    (rows if which == "detections" else truth)[2, 1] = 0

    with pytest.raises(DataError, match=f"background label 0 is in the {which}"):
        judge("num_classes: 4", rows, truth)


@pytest.mark.parametrize("text, message", [
    ("overlap_threshold: 0.5", "num_classes is 0; it must be given"),
    ("num_classes: 2147483647", "num_classes is 2147483647; it must be given, from 1 to 1000000"),
    ("num_classes: 4 overlap_threshold: 0", "overlap_threshold is 0; it must be above 0"),
    ('num_classes: 4 name_size_file: "none.txt"', "name_size_file is 'none.txt'; there is no"),
    ("num_classes: 4 resize_param { height: 3 }", "width is 0; it must be at least 1")])
def test_wrong_fields_are_errors_that_name_them(text, message):
    with pytest.raises(SpecError, match=message):
        judge(text, *example())


def test_a_broken_line_of_the_size_file_is_an_error_with_its_number(tmp_path):
    (tmp_path / "sizes.txt").write_text("a 3 4\n\nb 5\n")

    with pytest.raises(SpecError, match=":3 is 'b 5', and a line must be: name height width"):
        judge(f'num_classes: 4 name_size_file: "{tmp_path}/sizes.txt"', *example())


def test_names_in_the_size_file_may_have_spaces(tmp_path):
    path = tmp_path / "sizes.txt"
    path.write_text("a b 3 4\r\n  c\t5 6 \n")
    layer = make("DetectionEvaluate", "num_classes: 4", (1, 1, 1, 7), (1, 1, 1, 8))
    assert read_sizes(layer.spec, "x", str(path)) == [("a b", 3, 4), ("c", 5, 6)]


def test_points_of_faces_are_columns_that_are_not_read():
    rows, truth = example()
    text = "num_classes: 4 overlap_threshold: 0.5 %s"
    plain = make("DetectionEvaluate", text % "", (1, 1, 40, 7), (1, 1, 14, 8))
    wide = make("DetectionEvaluate", text % "has_lm: true", (1, 1, 40, 17), (1, 1, 14, 19))
    more = noise(40, 10, requires_grad=False).float(), noise(14, 11, requires_grad=False).float()
    found = wide(torch.cat([rows, more[0]], 1)[None, None], torch.cat([truth, more[1]], 1)[None,
                                                                                          None])
    assert torch.equal(found, plain(rows[None, None], truth[None, None]))
