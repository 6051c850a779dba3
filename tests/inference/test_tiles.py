import numpy as np
import pytest

from framework.errors import DataError
from framework.evaluation.detection import Detection
from framework.inference.results import Results
from framework.inference.tiles import Tiles, detect_in_tiles, parse


@pytest.mark.parametrize("text, width, height", [
    ("3", 101, 57), ("2", 3, 2), ("32", 40, 1000), ("64x48", 640, 333), ("7x5", 8, 4), ("1", 9, 4)])
@pytest.mark.parametrize("overlap", [0, 0.2, 0.5])
def test_tiles_cover_each_pixel_stay_inside_and_overlap(text, width, height, overlap):
    windows = parse(text, overlap).windows(width, height)
    seen = np.zeros((height, width), int)
    for x1, y1, x2, y2 in windows:
        assert 0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height
        seen[y1:y2, x1:x2] += 1
    assert seen.min() >= 1
    starts = sorted({(x1, x2) for x1, _, x2, _ in windows})
    for (_, end), (start, next_end) in zip(starts, starts[1:], strict=False):
        assert end - start >= overlap * (next_end - start) - 1


def test_sizes_and_numbers_of_tiles_are_what_was_asked_for():
    assert len(parse("3", 0.2).windows(1000, 700)) == 9
    sizes = {(x2 - x1, y2 - y1) for x1, y1, x2, y2 in parse("64x48", 0.2).windows(640, 333)}
    assert sizes == {(64, 48)}
    assert parse("640x640", 0.2).windows(640, 480) == [(0, 0, 640, 480)]


@pytest.mark.parametrize("text, message", [
    ("0", "'0' must be"), ("x", "must be"), ("3x", "must be"), ("1x2x3", "must be"),
    ("640", "'640' means 640 x 640 tiles, and 32 are the most; tiles of 640 pixels are 640x640")])
def test_other_tiles_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        parse(text, 0.2)
    with pytest.raises(DataError, match="must be from 0 to below 1"):
        parse("2", 1.0)


def squares():
    """A detector of squares of value 200 in an image, by their known corners, and those cut."""
    def detect(images):
        found = []
        for image in images:
            rows, columns = np.nonzero(image == 200)
            entries = []
            if len(rows):
                corners = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
                entries = [Detection(1, len(rows) / image.size, tuple(map(float, corners)))]
            found.append(Results(entries, image, {1: "square"}))
        return found

    return detect


def test_one_tile_gives_what_the_image_gives():
    image = np.zeros((40, 60), np.uint8)
    image[10:20, 30:40] = 200
    (expected,) = squares()([image])
    for tiles in (parse("1", 0.2), parse("60x40", 0.2), parse("600x400", 0.2)):
        found = detect_in_tiles(squares(), image, tiles, 0.45, 8)
        assert found == expected and found.image is image


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_an_object_in_several_tiles_is_found_once_and_whole(batch):
    """The square is cut by three of the four tiles' borders, and whole in the last one."""
    image = np.zeros((100, 140), np.uint8)
    image[54:74, 70:95] = 200
    found = detect_in_tiles(squares(), image, parse("2", 0.2), 0.45, batch)
    assert [entry.corners for entry in found] == [(70, 54, 95, 74)]
    assert found.image is image and found.names == {1: "square"}


def test_an_object_larger_than_a_tile_is_found_whole():
    image = np.zeros((100, 140), np.uint8)
    image[10:90, 5:135] = 200
    found = detect_in_tiles(squares(), image, parse("4", 0.2), 0.45, 8)
    assert [entry.corners for entry in found] == [(5, 10, 135, 90)]


def test_boxes_of_two_classes_or_apart_are_kept_best_first():
    def detect(images):
        answers = []
        for image in images:
            side = float(image.shape[1])
            answers.append(Results([Detection(1, 0.5, (2, 2, 12, 12)),
                                    Detection(2, side / 1000, (3, 3, 12, 12))], image))
        return answers

    found = detect_in_tiles(detect, np.zeros((50, 100), np.uint8), Tiles(0, (50, 50), 0), 0.45, 8)
    assert sorted((one.label, one.corners) for one in found) == [
        (1, (2, 2, 12, 12)), (1, (52, 2, 62, 12)), (2, (3, 3, 12, 12)), (2, (53, 3, 62, 12))]
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
