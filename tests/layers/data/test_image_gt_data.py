"""ImageGtData: crops of images, and the targets of anchors, against loops over their definition."""

import itertools
import math

import cv2
import numpy as np
import pytest

from framework.data.augment.anchor_targets import AnchorMap, Area, Boxes, anchor_targets
from framework.errors import DataError, SpecError
from tests.data.making import make_source

MAPS = ((8, 24, 20), (16, 48, 44))
HEIGHT, WIDTH = 48, 80


def window_net(path, settings="", transform="", batch_size=1):
    maps = " ".join(f"downsample_rate: {stride} field_w: {width} field_h: {height}"
                    for stride, width, height in MAPS)
    tops = " ".join(f'top: "{name}"' for name in ("data", "one", "two", "boxes"))
    return (f'layer {{ name: "data" type: "ImageGtData" {tops} transform_param {{ {transform} }} '
            f'image_gt_data_param {{ source: "{path}/list.txt" root_folder: "{path}/" batch_size: '
            f'{batch_size} {maps} output_gt_boxes: true {settings} }} }}')


def write(folder, scenes, size=(HEIGHT, WIDTH)):
    """Images of a level gradient, and their list: boxes and regions of each."""
    lines = []
    for index, (boxes, regions) in enumerate(scenes):
        x = np.arange(size[1], dtype=np.uint8)
        image = np.broadcast_to(x[None, :, None], (*size, 3)).copy()
        image[..., 1] = np.arange(size[0])[:, None]
        image[..., 2] = 10 + index
        cv2.imwrite(str(folder / f"{index}.png"), image)
        lines.append(f"# {index}\n{index}.png\n3 {size[0]} {size[1]}")
        for rows in (boxes, regions):
            lines.append(f"{len(rows)}")
            lines += [" ".join(map(str, row)) for row in rows]
    (folder / "list.txt").write_text("\n".join(lines) + "\n")
    return folder


def share(first, second, of_first=False):
    """Intersection over union, or over the first box."""
    sizes = [np.array(box[2:], float) - box[:2] for box in (first, second)]
    if min(*sizes[0], *sizes[1]) <= 0:
        return 0
    sides = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    common = np.prod(sides.clip(0))
    return common / (sizes[0].prod() if of_first
                     else sizes[0].prod() + sizes[1].prod() - common)


def by_definition(boxes, regions, area, threshold=0.5):
    """Targets of all maps; boxes of label, ignored, x1, y1, x2, y2; area x, y, width, height."""
    targets, times = [], [0] * len(boxes)
    best = [(0, 0)] * len(boxes)
    for number, (stride, width, height) in enumerate(MAPS):
        rows, columns = round(HEIGHT / stride), round(WIDTH / stride)
        target = np.zeros((6, rows, columns))
        left, top, wide, high = (math.floor(side / stride + 0.5) for side in area)
        for y, x in np.ndindex(rows, columns):
            cx, cy = (x + 0.5) * stride, (y + 0.5) * stride
            anchor = [cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2]
            target[5, y, x] = 1
            if not (left <= x < left + wide and top <= y < top + high) or \
                    sum(share(anchor, region, True) for region in regions) >= 0.4:
                continue
            shares = [share(box[2:], anchor) for box in boxes]
            for index, one in enumerate(shares):
                if one > best[index][0]:
                    best[index] = (one, number)
            match = int(np.argmax(shares))
            target[5, y, x] = shares[match]
            if shares[match] > threshold:
                label, ignored, x1, y1, x2, y2 = boxes[match]
                target[:5, y, x] = [0 if ignored else label, (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1,
                                    y2 - y1]
                times[match] += 1
        targets.append(target)
    for index, (label, ignored, x1, y1, x2, y2) in enumerate(boxes):
        if ignored or times[index] or best[index][0] < 0.2:
            continue
        target, stride = targets[best[index][1]], MAPS[best[index][1]][0]
        y = min(max(int((y1 + y2) / 2 // stride), 0), target.shape[1] - 1)
        x = min(max(int((x1 + x2) / 2 // stride), 0), target.shape[2] - 1)
        if target[0, y, x] <= 0:
            target[:5, y, x] = [label, (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1]
    return targets


def some_boxes(rng, num):
    corner = rng.integers(-5, [WIDTH - 10, HEIGHT - 10], (num, 2))
    size = rng.integers(6, 50, (num, 2))
    return np.concatenate([rng.integers(1, 4, (num, 1)), rng.random((num, 1)) < 0.2, corner,
                           corner + size], 1).astype(int).tolist()


@pytest.mark.parametrize("seed", range(12))
def test_targets_of_anchors_are_those_of_the_definition(seed):
    rng = np.random.default_rng(seed)
    boxes = some_boxes(rng, 1 + seed % 7)
    regions = [[50, 0, 80, 30]] if seed % 2 else []
    area = (0, 0, WIDTH, HEIGHT) if seed % 3 else (13, 5, 60, 30)
    rows = np.array(boxes, np.float32)
    found = anchor_targets([AnchorMap(*one) for one in MAPS], (HEIGHT, WIDTH), Area(*area),
                           Boxes(rows[:, 2:], rows[:, 0], rows[:, 1] != 0),
                           np.array(regions, np.float32).reshape(-1, 4), 0.5)
    for one, expected in zip(found, by_definition(boxes, regions, area), strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-5)


def test_an_image_as_large_as_the_input_is_given_as_it_is(tmp_path):
    boxes = [[2, 0, 8, 10, 34, 29], [1, 1, 40, 4, 70, 40], [3, 0, 60, 20, 64, 25]]
    path = write(tmp_path, [(boxes, [[0, 0, 20, 9]]), ([], [])])
    source = make_source(window_net(path, "scale: 0.5 min_gt_width: 7",
                                    "mean_value: 4 mean_value: 5 mean_value: 6", 2))
    assert source.top_shapes == [(2, 3, 48, 80), (2, 6, 6, 10), (2, 6, 3, 5), (1, 7, 1, 1)]
    pixels, one, two, rows = (top.numpy() for top in next(source.batches()))
    expected = (cv2.imread(str(path / "1.png")) - np.array([4.0, 5, 6])) * 0.5
    np.testing.assert_allclose(pixels[1], expected.transpose(2, 0, 1), rtol=1e-6)
    boxes[2][1] = 1         # 5 pixels wide
    for found, wanted in zip((one, two), by_definition(boxes, [[0, 0, 20, 9]], (0, 0, 80, 48)),
                             strict=True):
        np.testing.assert_allclose(found[0], wanted, rtol=1e-5)
        assert not found[1].any()
    assert (one[0, 0] == 2).any()
    np.testing.assert_array_equal(rows[:, :, 0, 0], [[0, *box[2:], *box[:2]] for box in boxes])


def test_boxes_stay_on_their_pixels_through_mirror_scale_and_crop(tmp_path):
    path = write(tmp_path, [([[2, 0, 40, 30, 60, 50]], [])], (100, 120))
    settings = "resize_width: 120 resize_height: 100 crop_width: 80 crop_height: 48 " \
        "do_multiple_scale: true min_scale: 10 max_scale: 40 min_whaspect: 0.5 max_whaspect: 2"
    source = make_source(window_net(path, settings, "mirror: true"))
    sizes, mirrored, padded = set(), set(), 0
    for pixels, *_, rows in itertools.islice(source.batches(), 60):
        x1, y1, x2, y2, label, ignored = rows[0, 1:, 0, 0].tolist()
        assert label == 2 and not ignored       # the crop is around it
        sizes.add((round(x2 - x1), round(y2 - y1)))
        levels = pixels[0, :, int((y1 + y2) / 2), int((x1 + x2) / 2)].numpy()
        assert abs(levels[0] - 50) < 2.5 and abs(levels[1] - 40) < 2.5
        row = pixels[0, 0, int((y1 + y2) / 2)]
        mirrored.add(bool(row[int(x1) + 2] > row[int(x2) - 3]))
        padded += not pixels[0, 2].all()
    source.close()
    assert len(sizes) > 4 and padded and mirrored == {True, False}
    assert min(min(size) for size in sizes) < 15 < 30 < max(max(size) for size in sizes)


def test_images_with_a_box_that_counts_are_taken_several_times(tmp_path):
    path = write(tmp_path, [([], []), ([[1, 0, 5, 5, 30, 30]], []), ([[1, 1, 5, 5, 30, 30]], [])])
    source = make_source(window_net(path, "fg_img_multiple: 3", batch_size=5))
    pixels, *_ = next(source.batches())
    assert pixels[:, 2, 0, 0].tolist() == [10, 11, 11, 11, 12]


def test_without_boxes_there_is_the_row_of_the_original(tmp_path):
    source = make_source(window_net(write(tmp_path, [([], [])])))
    *_, rows = next(source.batches())
    assert rows.flatten().tolist() == [0, 1, 1, 2, 2, 1, 1]


def test_unusable_lists_and_settings_are_refused(tmp_path):
    path = write(tmp_path, [([[0, 0, 5, 5, 30, 30]], [])])
    with pytest.raises(DataError, match="it has a box of label 0; labels begin at 1"):
        make_source(window_net(path))
    (path / "list.txt").write_text("# 0\n0.png\n3 48 80\n1\n1 0 5 5")
    with pytest.raises(DataError, match="image 0 is incomplete"):
        make_source(window_net(path))
    with pytest.raises(SpecError, match="crop_width and crop_height are 96 and 48; they must be"):
        make_source(window_net(path, "resize_width: 80 resize_height: 48 crop_width: 96 "
                               "crop_height: 48"))
    with pytest.raises(SpecError, match="has 3, 2, 2 values of downsample_rate, field_w and"):
        make_source(window_net(path, "downsample_rate: 4"))
    with pytest.raises(SpecError, match="downsample_rate is 8; an input of 46 x 48 pixels"):
        make_source(window_net(path, "resize_width: 46 resize_height: 48"))
