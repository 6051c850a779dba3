import numpy as np
import pytest

from framework.evaluation.detection import Detection
from framework.inference.draw_boxes import MASK_PART, class_color, draw_detections


def test_a_box_is_drawn_on_its_edges_in_the_colour_of_its_class_and_the_rest_stays():
    image = np.full((400, 500, 3), 90, np.uint8)
    drawn = draw_detections(image, [Detection(2, 0.9, (100, 150, 300, 350))])
    assert drawn.shape == image.shape
    assert (image == 90).all(), "the image itself is not drawn on"
    color = class_color(2)
    for x, y in ((200, 350), (100, 250), (300, 250)):
        assert tuple(drawn[y, x]) == color
    np.testing.assert_array_equal(drawn[170:340, 120:280], image[170:340, 120:280])
    np.testing.assert_array_equal(drawn[360:], image[360:])
    assert (drawn[125:148, 100:180] != 90).any(), "the label stands above the box"


@pytest.mark.parametrize("corners", [(0, 0, 500, 400), (-50, -20, 30, 20), (480, 390, 900, 700)])
def test_boxes_at_and_beyond_the_border_do_not_fail_and_keep_their_label(corners):
    image = np.full((400, 500, 3), 90, np.uint8)
    drawn = draw_detections(image, [Detection(1, 0.5, corners)], {1: "a long name of a class"})
    plate = (drawn == class_color(1)).all(axis=2)
    assert plate.sum() > 1000


def test_small_images_grow_so_that_letters_can_be_read():
    drawn = draw_detections(np.zeros((40, 60, 3), np.uint8), [Detection(1, 0.5, (6, 20, 30, 35))])
    assert drawn.shape == (240, 360, 3)
    assert tuple(drawn[35 * 6, 18 * 6]) == class_color(1)


def test_grey_images_get_colour():
    for shape in ((330, 340), (330, 340, 1)):
        drawn = draw_detections(np.zeros(shape, np.uint8), [Detection(1, 0.5, (60, 90, 300, 300))])
        assert drawn.shape == (330, 340, 3)
        assert (drawn == class_color(1)).all(axis=2).any()


def test_colours_of_the_first_twenty_classes_are_far_apart():
    colors = np.array([class_color(label) for label in range(20)], float)
    distances = np.abs(colors[:, None] - colors[None]).max(axis=2) + np.eye(20) * 255
    assert distances.min() >= 35


def test_a_mask_tints_the_pixels_that_it_covers():
    image = np.full((400, 600, 3), 100, np.uint8)
    mask = np.zeros((14, 14), np.float32)
    mask[:, :7] = 1         # the left half of the box
    drawn = draw_detections(image, [Detection(1, 0.9, (-100, 100, 300, 300), mask=mask)])
    plain = draw_detections(image, [Detection(1, 0.9, (-100, 100, 300, 300))])
    changed = (drawn != plain).any(-1)
    y, x = np.nonzero(changed)
    assert (y.min(), x.min()) >= (100, 0) and y.max() < 300 and abs(x.max() - 99) <= 15
    expected = np.round(100 * (1 - MASK_PART) + np.array(class_color(1)) * MASK_PART)
    np.testing.assert_array_equal(drawn[250, 30], expected)
