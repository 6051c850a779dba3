import numpy as np

from framework.data.datasets.synthetic import NAMES, SIZES, draw_image


def test_the_same_seed_draws_the_same_image_and_another_one_does_not():
    first, shapes = draw_image(np.random.default_rng([3, 1]))
    again, shapes_again = draw_image(np.random.default_rng([3, 1]))
    other, _ = draw_image(np.random.default_rng([3, 2]))
    assert shapes == shapes_again
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or (first != other).any()


def test_boxes_lie_inside_and_hardly_cover_one_another():
    names, sizes = set(), set()
    for index in range(40):
        image, shapes = draw_image(np.random.default_rng([5, index]))
        height, width = image.shape[:2]
        sizes.add((width, height))
        assert image.dtype == np.uint8
        assert 1 <= len(shapes) <= 6
        for position, shape in enumerate(shapes):
            names.add(shape.name)
            x1, y1, x2, y2 = shape.corners
            assert 0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height
            for other in shapes[:position]:
                u1, v1, u2, v2 = other.corners
                shared = max(0, min(x2, u2) - max(x1, u1)) * max(0, min(y2, v2) - max(y1, v1))
                assert shared <= 0.08 * min((x2 - x1) * (y2 - y1), (u2 - u1) * (v2 - v1)) + 1e-3
    assert names == set(NAMES)
    assert sizes == set(SIZES)


def test_a_shape_stands_out_from_the_ground_around_its_box():
    """The colour in the middle of a circle or square differs from that just outside its corners."""
    differences = []
    for index in range(30):
        image, shapes = draw_image(np.random.default_rng([7, index]))
        for shape in shapes:
            x1, y1, x2, y2 = (round(value) for value in shape.corners)
            x, y = (x1 + x2) // 2, (y1 + y2) // 2
            inside = image[y - 3 : y + 4, x - 3 : x + 4].reshape(-1, 3).mean(0)
            above, left = image[max(y1 - 4, 0), x1:x2], image[y1:y2, max(x1 - 4, 0)]
            border = np.concatenate([above, left]).mean(0)
            differences.append(np.abs(inside - border).max())
    assert np.median(differences) > 40
