"""AnnotatedData with `instance_masks`: polygons and runs, drawn in what augmentation left."""

import itertools
import re

import cv2
import numpy as np
import pytest

from framework.errors import DataError, SpecError
from framework.proto import AnnotatedDatum
from tests.data.making import annotated, annotated_net, encoded, image, make_source, write_database

HEIGHT, WIDTH = 40, 56
SQUARE = [8 / 56, 10 / 40, 28 / 56, 10 / 40, 28 / 56, 30 / 40, 8 / 56, 30 / 40]
BOX = (1, 8 / 56, 10 / 40, 28 / 56, 30 / 40)
TOPS = 'top: "label" top: "masks"'


def runs_of(bitmap):
    """COCO's runs: column by column, beginning with pixels outside."""
    flat = [0, *bitmap.T.ravel().tolist()]
    edges = np.flatnonzero(np.diff(flat)) if any(flat) else []
    return np.diff([0, *edges, len(flat) - 1]).tolist()


def record(boxes, outlines, index=0):
    """outlines: for each box a list of polygons, or the fields of mask_runs."""
    message = AnnotatedDatum.FromString(annotated(encoded(image(index)), boxes))
    entries = [item for group in message.annotation_group for item in group.annotation]
    for entry, outline in zip(entries, outlines, strict=True):
        if isinstance(outline, dict):
            entry.mask_runs.height, entry.mask_runs.width = outline["size"]
            entry.mask_runs.count.extend(outline["count"])
        else:
            for points in outline:
                entry.polygon.add(point=points)
    return message.SerializeToString()


def source(tmp_path, records, transform="", batch_size=1, phase="TRAIN", tops=TOPS,
           annotated="instance_masks: true", **options):
    path = write_database(tmp_path / "lmdb", records)
    text = annotated_net(path, batch_size, transform, annotated)
    return make_source(text.replace('top: "label"', tops), phase, **options)


def batches(made, count=1):
    found = [[top.numpy() for top in one] for one in itertools.islice(made.batches(), count)]
    made.close()
    return found


def square(height=HEIGHT, width=WIDTH):
    mask = np.zeros((height, width), np.uint8)
    mask[10 * height // 40:30 * height // 40, 8 * width // 56:28 * width // 56] = 1
    return mask


def test_polygons_and_runs_are_masks_of_the_boxes_in_their_order(tmp_path):
    disc = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.circle(disc, (40, 20), 9, 1, -1)
    runs = {"size": (HEIGHT, WIDTH), "count": runs_of(disc)}
    boxes = [BOX, (2, 31 / 56, 11 / 40, 50 / 56, 30 / 40), BOX]
    half = [8 / 56, 10 / 40, 18 / 56, 10 / 40, 18 / 56, 30 / 40, 8 / 56, 30 / 40]
    rest = [18 / 56, 10 / 40, 28 / 56, 10 / 40, 28 / 56, 30 / 40, 18 / 56, 30 / 40]
    # stored by label: the boxes of label 1 come first
    made = source(tmp_path, [record(boxes, [[SQUARE], [half, rest], runs])])
    assert made.top_shapes == [(1, 3, HEIGHT, WIDTH), (1, 1, 3, 8), (3, HEIGHT, WIDTH)]
    ((_, labels, masks),) = batches(made)
    assert labels[0, 0, :, 1].tolist() == [1, 1, 2] and labels[0, 0, :, 2].tolist() == [0, 1, 0]
    np.testing.assert_array_equal(masks, [square(), square(), disc])


@pytest.mark.parametrize("outline", ["polygon", "runs"])
def test_masks_follow_the_window_the_size_and_the_mirror(tmp_path, outline):
    """A mask covers its box wherever augmentation brings that: the square fills it."""
    runs = {"size": (HEIGHT, WIDTH), "count": runs_of(square())}
    made = source(tmp_path, [record([BOX], [runs if outline == "runs" else [SQUARE]])],
                  "mirror: true expand_param { prob: 0.5 max_expand_ratio: 2 } "
                  "resize_param { height: 90 width: 70 }",
                  annotated="instance_masks: true batch_sampler { sampler { min_scale: 0.5 "
                  "max_scale: 0.9 } max_sample: 1 max_trials: 5 }")
    sides = set()
    for _, labels, masks in batches(made, 20):
        x1, y1, x2, y2 = labels[0, 0, 0, 3:7] * [70, 90, 70, 90]
        expected = np.zeros((90, 70))
        expected[max(round(y1), 0):round(y2), max(round(x1), 0):round(x2)] = 1
        sides.add((round(x1), round(x2)))
        different = (masks[0] != expected).sum()
        # the window of boxes is not rounded to pixels, that of pixels is; a pixel becomes at most
        # 2.5 columns and 4.5 rows
        assert different <= 2 * (2.5 * (y2 - y1) + 4.5 * (x2 - x1))
    assert len(sides) > 10


def test_boxes_that_a_window_drops_lose_their_masks(tmp_path):
    boxes = [BOX, (1, 30 / 56, 10 / 40, 50 / 56, 30 / 40)]
    other = [30 / 56, 10 / 40, 50 / 56, 10 / 40, 50 / 56, 30 / 40, 30 / 56, 30 / 40]
    made = source(tmp_path, [record(boxes, [[SQUARE], [other]])],
                  "emit_constraint { emit_type: CENTER }", annotated="instance_masks: true "
                  "batch_sampler { use_original_image: true sampler { min_scale: 0.3 max_scale: "
                  "0.5 } max_sample: 1 max_trials: 5 }")
    counts = set()
    for _, labels, masks in batches(made, 20):
        rows = labels[0, 0]
        assert len(masks) == len(rows)
        counts.add(len(rows) if rows[0, 0] >= 0 else 0)
        if rows[0, 0] < 0:
            assert not masks.any()
            continue
        for row, mask in zip(rows, masks, strict=True):
            y, x = np.nonzero(mask)
            size = np.array([mask.shape[1], mask.shape[0]])
            corners = np.array([x.min(), y.min(), x.max() + 1, y.max() + 1]) / np.tile(size, 2)
            np.testing.assert_allclose(np.clip(row[3:7], 0, 1), corners, atol=1.5 / size.min())
    assert {0, 1} <= counts


def test_masks_of_images_of_several_sizes_are_padded(tmp_path):
    made = source(tmp_path, [record([BOX], [[SQUARE]]), record([], [], 1)],
                  "resize_param { resize_mode: FIT_SMALL_SIZE height: 20 width: 20 }", 2,
                  tops=TOPS + ' top: "im_info"',
                  annotated="instance_masks: true image_info: true")
    ((pixels, labels, masks, info),) = batches(made)
    assert pixels.shape == (2, 3, 20, 28) and labels.shape == (1, 1, 1, 8)
    np.testing.assert_array_equal(masks, [square(20, 28)])
    np.testing.assert_allclose(info, [[20, 28, 0.5]] * 2)


@pytest.mark.parametrize("outline, message", [
    ([SQUARE[:7]], "a polygon of box 1 has 7 numbers; it must be x and y of each point"),
    ([SQUARE[:4]], "a polygon of box 1 has 4 numbers"),
    ([[*SQUARE[:6], 1.5, 0.5]], r"a polygon of box 1 leaves the image: .* one is \(1.5, 0.5\)"),
    ([[*SQUARE[:6], float("nan"), 0.5]], "a polygon of box 1 leaves the image"),
    ([], "box 1 has no mask: neither a polygon nor mask_runs"),
    ({"size": (20, 28), "count": [560]}, "the mask of box 1 is 28 x 20; the image is 56 x 40"),
    ({"size": (40, 56), "count": [100, 20]}, "the runs of the mask of box 1 have 120 pixels; "
     "56 x 40 are 2240"),
])
def test_a_record_with_a_bad_mask_is_counted_and_named(tmp_path, outline, message):
    records = [record([BOX], [[SQUARE]], index) for index in range(30)]
    records[4] = record([BOX], [outline])
    made = source(tmp_path, records, batch_size=10, phase="TEST")
    batches(made)
    (bad,) = made.ledger.bad.values()
    assert (bad.index, bad.name) == (4, "00000004_record4.jpg")
    assert re.search(message, bad.reason)


def test_only_bad_masks_are_an_error(tmp_path):
    with pytest.raises(DataError, match="none of the 1 records can be used; .*has 7 numbers"):
        source(tmp_path, [record([BOX], [[SQUARE[:7]]])])


def test_records_without_an_annotation_type_have_no_masks(tmp_path):
    message = AnnotatedDatum.FromString(record([BOX], [[SQUARE]]))
    message.ClearField("type")
    with pytest.raises(DataError, match="has no annotation type, so that it has no boxes"):
        source(tmp_path, [message.SerializeToString()])


@pytest.mark.parametrize("transform, tops, message", [
    ("crop_size: 8", TOPS, "transform_param.crop_size cannot be given together with"),
    ("resize_param { resize_mode: FIT_LARGE_SIZE_AND_PAD height: 8 width: 8 }", TOPS,
     "resize_mode cannot be given together with annotated_data_param.instance_masks"),
    ("", 'top: "label"', "instance_masks is true, and there is no top of masks"),
])
def test_instance_masks_refuse(tmp_path, transform, tops, message):
    with pytest.raises(SpecError, match=message):
        source(tmp_path, [record([BOX], [[SQUARE]])], transform, tops=tops)
