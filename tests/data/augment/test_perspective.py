"""Warps and quarter turns: pixels by OpenCV, boxes by what is painted in them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from framework import Net, parse_net
from framework.data.augment.draws import Draws
from framework.data.augment.mean import read_mean
from framework.data.augment.perspective import check_geometry, draw_warp, turn_boxes, turn_pixels
from framework.data.augment.transform import Transformer
from framework.data.records.records import BadRecord
from framework.proto import GeometryParameter, TransformationParameter
from tests.data.making import annotated, encoded, image, write_database

HEIGHT, WIDTH = 40, 60
BORDERS = {"CONSTANT": cv2.BORDER_CONSTANT, "MIRRORED": cv2.BORDER_REFLECT101,
           "REPEAT_NEAREST": cv2.BORDER_REPLICATE}


class Given(Draws):
    """Draws that are given one after the other, from 0 to 1."""

    def __init__(self, *numbers):
        self.numbers = list(numbers)

    def uniform(self, low, high):
        return low + (high - low) * self.numbers.pop(0)

    def chance(self, probability):
        return self.numbers.pop(0) < probability

    def below(self, count):
        return int(self.numbers.pop(0) * count)


def quads(closer, x, y, from_right, tilt, from_above, lean):
    """The original's points, on an image with itself around it on all sides."""
    sign = 1 if closer else -1
    left, top = WIDTH + sign * x * .25 * WIDTH, HEIGHT + sign * y * .25 * HEIGHT
    right, bottom = 3 * WIDTH - left, 3 * HEIGHT - top
    source = [(left, top), (right, top), (right, bottom), (left, bottom)]
    target = [[0, 0], [WIDTH - 1, 0], [WIDTH - 1, HEIGHT - 1], [0, HEIGHT - 1]]
    first, second = (0, 3) if from_right else (1, 2)
    target[first][1] = tilt * .25 * HEIGHT
    target[second][1] = HEIGHT - target[first][1]
    first, second = (3, 2) if from_above else (0, 1)
    target[first][0] = lean * .25 * WIDTH
    target[second][0] = WIDTH - target[first][0]
    return np.float32(source), np.float32(target)


@pytest.mark.parametrize("mode", BORDERS)
@pytest.mark.parametrize("choices", [(1, .3, .8, 1, .5, 1, .7), (0, .9, .4, 0, .9, 1, .2),
                                     (1, .6, .1, 0, .3, 0, .9), (0, .2, .7, 1, .8, 0, .4)])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_warp_shows_what_opencv_shows_of_the_image_with_borders_of_its_own_size(
        mode, choices, channels):
    pixels = image(3, HEIGHT, WIDTH, channels)
    param = GeometryParameter(prob=1, pad_mode=getattr(GeometryParameter, mode))
    warp = draw_warp(param, WIDTH, HEIGHT, Given(0, *(number * .99 if number == 1 else number
                                                     for number in choices)))
    large = cv2.copyMakeBorder(pixels, HEIGHT, HEIGHT, WIDTH, WIDTH, BORDERS[mode])
    matrix = cv2.getPerspectiveTransform(*quads(*choices))
    expected = cv2.warpPerspective(large, matrix, (WIDTH, HEIGHT)).reshape(pixels.shape)
    assert np.abs(warp.pixels(pixels).astype(int) - expected).max() <= 1

    box = np.array([[1, 0, .4, .3, .6, .7, 0]], np.float32)
    corners = np.float32([[(1 + x) * WIDTH, (1 + y) * HEIGHT] for x in (.4, .6) for y in (.3, .7)])
    seen = cv2.perspectiveTransform(corners[None], matrix)[0] / (WIDTH, HEIGHT)
    found = warp.boxes(box, WIDTH, HEIGHT)[:, 2:6]
    assert np.abs(found - [*seen.min(0), *seen.max(0)]).max(1).min() < 1e-5


def painted(corners):
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    left, top, right, bottom = (np.array(corners) * (WIDTH, HEIGHT, WIDTH, HEIGHT)).astype(int)
    pixels[top:bottom, left:right] = 255
    return pixels


def regions(pixels):
    """The bounds of what is painted, in parts of the image, in order."""
    height, width = pixels.shape[:2]
    stats = cv2.connectedComponentsWithStats((pixels[:, :, 0] > 127).astype(np.uint8))[2][1:]
    return sorted([x / width, y / height, (x + w) / width, (y + h) / height]
                  for x, y, w, h, _ in stats.tolist())


def test_mirror_images_of_a_box_that_a_view_from_farther_shows_are_boxes_too():
    corners = (.05, .1, .15, .3)
    param = GeometryParameter(prob=1, zoom_in=False, persp_horizontal=False,
                              persp_vertical=False, zoom_factor=.5)
    warp = draw_warp(param, WIDTH, HEIGHT, Given(0, .8, .8))
    found = warp.boxes(np.array([[4, 7, *corners, 1]], np.float32), WIDTH, HEIGHT)
    expected = regions(warp.pixels(painted(corners)))
    assert len(expected) == len(found) == 4
    np.testing.assert_allclose(sorted(found[:, 2:6].tolist()), expected, atol=1.5 / HEIGHT)
    assert (found[:, [0, 1, 6]] == [4, 7, 1]).all()


def test_a_box_that_is_seen_by_three_quarters_or_less_is_left_out():
    param = GeometryParameter(prob=1, zoom_out=False, persp_horizontal=False,
                              persp_vertical=False, pad_mode=GeometryParameter.CONSTANT)
    warp = draw_warp(param, WIDTH, HEIGHT, Given(0, .8, 0))     # the fifth on each side is cut off
    boxes = np.array([[1, 0, .1, .2, .4, .8, 0], [2, 0, .1, .2, .7, .8, 0]], np.float32)
    (found,) = warp.boxes(boxes, WIDTH, HEIGHT)     # 2/3 and 5/6 of the two are seen
    assert found[0] == 2 and found[2] == 0


@pytest.mark.parametrize("quarters, code", [(1, cv2.ROTATE_90_CLOCKWISE), (2, cv2.ROTATE_180),
                                            (3, cv2.ROTATE_90_COUNTERCLOCKWISE)])
def test_a_turn_is_opencvs_and_takes_the_boxes_with_it(quarters, code):
    corners = (.1, .2, .4, .3)
    pixels = painted(corners)
    turned = turn_pixels(pixels, quarters)
    assert (turned == cv2.rotate(pixels, code)).all()
    found = turn_boxes(np.array([[1, 0, *corners, 0]], np.float32), quarters)
    np.testing.assert_allclose(found[:, 2:6], regions(turned), atol=1e-6)


def test_crops_of_data_without_boxes_are_turned_in_training_where_they_are_square():
    param = TransformationParameter(rotate=True)
    pixels = image(1, 40, 40)
    seen = {is_train: {Transformer(param, is_train, read_mean(param)).without_boxes(
        pixels, Draws(0, position)).tobytes() for position in range(40)}
        for is_train in (True, False)}
    expected = {np.ascontiguousarray(np.rot90(pixels, turns)).tobytes() for turns in range(4)}
    assert seen == {True: expected, False: {pixels.tobytes()}}
    with pytest.raises(BadRecord, match="is 60 x 40; transform_param.rotate takes square"):
        Transformer(param, True, read_mean(param)).without_boxes(image(1, 40, 60), Draws(0, 0))


@pytest.mark.parametrize("field, value", [("prob", 1.5), ("zoom_factor", .6), ("persp_factor", -1)])
def test_a_setting_that_no_image_can_be_warped_by_is_an_error(field, value):
    with pytest.raises(ValueError, match=rf"transform_param.geometry_param.{field} is .*must be"):
        check_geometry(GeometryParameter(**{field: value}),
                       lambda name, text: ValueError(f"{name} {text}"))


def test_annotated_data_turns_and_warps_images_and_boxes_before_it_samples(tmp_path):
    corners = (.3, .25, .5, .65)
    write_database(tmp_path / "db", [annotated(encoded(painted(corners)), [(1, *corners)], HEIGHT,
                                               WIDTH)])
    net = Net(parse_net(f"""layer {{ name: "data" type: "AnnotatedData" top: "data" top: "label"
      transform_param {{ rotate: true resize_param {{ height: 90 width: 80 }}
        geometry_param {{ prob: 1 pad_mode: CONSTANT persp_factor: 0.01 }} }}
      data_param {{ source: "{tmp_path / 'db'}" batch_size: 1 }} }}"""), "TRAIN")
    sides = set()
    for _ in range(24):
        blobs = net.next_batch()
        pixels = blobs["data"][0].permute(1, 2, 0).numpy().astype(np.uint8)
        (row,) = blobs["label"].reshape(-1, 8).numpy()
        np.testing.assert_allclose([row[3:7].tolist()], regions(pixels), atol=3 / 80)
        sides.add((bool(row[3] + row[5] > 1), bool(row[4] + row[6] > 1)))
    net.close()
    assert len(sides) == 4      # all four turns
