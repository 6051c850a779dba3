"""Layers of pose nets, value by value from their definitions."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.community_examples.pose import IMAGES
from tests.support import make, noise


@pytest.mark.parametrize("param, like, size", [
    ("resize_param { height: 3 width: 7 }", (), (3, 7)), ("", ((2, 1, 8, 3),), (8, 3)),
    ("resize_param { height_fac: 0.707 width_fac: 1.9 }", (), (3, 7)),
    ("resize_param { is_pyramid_test: true out_height_scale: 2 out_width_scale: 2.75 }", (),
     (10, 11))])
def test_resizing_begins_at_the_corner_and_ends_with_the_last_cell(param, like, size):
    x = noise(2, 3, 5, 4)
    layer = make("Resize", param, (2, 3, 5, 4), *like)
    top = layer(x, *(torch.zeros(shape) for shape in like)).detach().numpy()
    assert top.shape == (2, 3, *size)
    plane = x[1, 2].detach().numpy()
    for i, j in np.ndindex(size):
        y, column = i * 5 / size[0], j * 4 / size[1]
        row, left = int(y), int(column)
        value = 0.0
        for down, along in np.ndindex(2, 2):        # a cell beyond the last one is left out
            if row + down < 5 and left + along < 4:
                value += (abs(1 - down - (y - row)) * abs(1 - along - (column - left))
                          * plane[row + down, left + along])
        np.testing.assert_allclose(top[1, 2, i, j], value, rtol=1e-9, atol=1e-12)


def test_resizing_to_the_nearest_takes_the_cell_that_the_point_is_in():
    x = noise(2, 3, 5, 4)
    top = make("Resize", "resize_param { height: 8 width: 3 nearest: true }", (2, 3, 5, 4))(x)
    expected = x.detach().numpy()[:, :, [i * 5 // 8 for i in range(8)]][..., [0, 1, 2]]
    np.testing.assert_array_equal(top.detach().numpy(), expected)
    assert torch.autograd.gradcheck(
        make("Resize", "height: 4 width: 7 nearest: true", (1, 2, 3, 4)), noise(1, 2, 3, 4))


def test_spatial_dropout_drops_whole_maps():
    layer = make("SpatialDropout", "dropout_ratio: 0.75", (50, 40, 3, 2))
    top = layer(torch.ones(50, 40, 3, 2, dtype=torch.float64))
    assert set(top.unique().tolist()) == {0, 4}
    assert (top == top[:, :, :1, :1]).all()
    assert abs(top.mean() - 1) < 0.2        # 2000 draws of a quarter: five deviations


@pytest.mark.parametrize("top_k", [0, 3])
def test_points_are_the_cells_of_the_highest_values(top_k):
    maps = noise(2, 3, 5, 4)
    points, scores = make("CoordsFromHeatMaps", "pose_coords_from_heat_maps_param { heat_map_a: 4 "
                          f"heat_map_b: 2 top_k: {top_k} }}", (2, 3, 5, 4), tops=2)(maps)
    assert points.shape == (2, 6, 1, 1) and scores.shape == (2, 3, 1, 1)
    for n, k in np.ndindex(2, 3):
        plane = maps[n, k].detach().numpy().ravel()
        cells = np.argsort(-plane)[:top_k or 1]
        x, y = (cells % 4).sum() // len(cells), (cells // 4).sum() // len(cells)
        assert points[n, 2 * k:2 * k + 2].flatten().tolist() == [4 * x + 2, 4 * y + 2]
        np.testing.assert_allclose(scores[n, k].item(), plane[cells].mean(), rtol=1e-12)


def test_points_come_back_to_the_original_image():
    points = torch.tensor([[15.0, 3, 45, 30, 6, 29], [10, 4, 12.5, 20, 1, 5]])
    top = make("RescaledPoseCoords", "", (2, 6), (2, 5, 1, 1))(points, IMAGES.float())
    # scale 1.5 in 30 x 20, then 0.5 in a mirrored 25 x 40: 24 - x
    expected = [[10, 2, -1, -1, 4, 29 / 1.5], [4, 8, -1, -1, 22, 10]]
    np.testing.assert_allclose(top, expected, rtol=1e-6)


def test_regions_of_an_image_are_summed_up():
    scores = noise(6, 4)
    array = scores.detach().numpy()
    field = "secondary_regions_op_scores_param"
    top, rows, cells = make("SecondaryRegionsOpScores", f"{field} {{ n_secondary_regions: 3 }}",
                            (6, 4), tops=3)(scores)
    for image, k in np.ndindex(2, 4):
        best = 3 * image + array[3 * image:3 * image + 3, k].argmax()
        assert (top[image, k], rows[image, k], cells[image, k]) == (
            array[best, k], best, 4 * best + k)
    mean = make("SecondaryRegionsOpScores", f"{field} {{ n_secondary_regions: 4 op_scores: AVE "
                "has_scene_branch: true }", (6, 4))(scores)
    np.testing.assert_allclose(mean.detach().numpy(), array.reshape(2, 3, 4).mean(1), rtol=1e-12)
    total = make("CrossBlobsSum", "", (6, 4), (6, 4))(scores, 2 * scores)
    np.testing.assert_allclose(total.detach().numpy(), 3 * array, rtol=1e-12)


def test_a_second_bottom_says_how_many_regions_an_image_has():
    layer = make("SecondaryRegionsOpScores", "op_scores: SUM", (6, 4), (2,))
    scores = noise(6, 4)
    array = scores.detach().numpy()
    for stated, num in ((3, 3), (6, 6), (0, 2)):
        top = layer(scores, torch.full((2,), float(stated)))
        np.testing.assert_allclose(top.detach(), array.reshape(-1, num, 4).sum(1), rtol=1e-12)
    with pytest.raises(DataError, match="'bottom1' says 4 regions for each image; they must divid"):
        layer(scores, torch.full((2,), 4.0))
    scene = make("SecondaryRegionsOpScores", "has_scene_branch: true op_scores: SUM", (6, 4), (1,))
    assert scene.top_shapes((6, 4), (1,)) == [(6, 4)]
    assert scene(scores, torch.tensor([4.0])).shape == (2, 4)


@pytest.mark.parametrize("kind, param, shapes, words", [
    ("Resize", "", ((2, 3, 5, 4),), "one of them must be given"),
    ("Resize", "resize_param { height: 3 }", ((2, 3, 5, 4),), "must have height and width, or"),
    ("Resize", "resize_param { height: 3 width: 3 is_pyramid_test: true }", ((2, 3, 5, 4),),
     "with is_pyramid_test out_height_scale"),
    ("Resize", "resize_param { height_fac: 0.1 width_fac: 1 }", ((2, 3, 5, 4),), "is 0"),
    ("SpatialDropout", "dropout_ratio: 1", ((2, 3),), "is 1; it must be between 0 and 1"),
    ("RescaledPoseCoords", "", ((2, 6), (2, 4)), "and 5 numbers, for each item"),
    ("CrossBlobsSum", "", ((2, 6), (2, 4)), r"has the shapes \(2, 6\) and \(2, 4\)"),
    ("SecondaryRegionsOpScores", "n_secondary_regions: 4", ((6, 4),), "it must divide 6 rows"),
])
def test_settings_that_do_not_fit_are_refused(kind, param, shapes, words):
    with pytest.raises(SpecError, match=words):
        make(kind, param, *shapes)
