"""Maps of joints and torsos, and regions of action nets, from their definitions."""

import numpy as np
import pytest
import torch

from framework import parse_net
from framework.errors import CaffeError, SpecError
from framework.net.net import Net
from tests.community_examples.pose import IMAGES, JOINTS
from tests.support import make, noise

SHAPES = ((2, 6, 1, 1), (2, 5, 1, 1))
HEAT = "heat_maps_from_coords_origin_param"
# scaled sizes: 45 x 30, and 12.5 x 20; so the maps are 30 x 45
SIZES = ((45, 30), (12.5, 20))


def expected_maps(radii, value):
    maps, inside = np.zeros((2, 3, 30, 45)), np.zeros((2, 3, 1, 1))
    joints = JOINTS.numpy().reshape(2, 3, 2)
    for n, k in np.ndindex(2, 3):
        x, y = joints[n, k]
        width, height = SIZES[n]
        if not (0 <= x < width and 0 <= y < height):
            continue
        inside[n, k] = 1
        for dx in range(-radii[k], radii[k] + 1):
            for dy in range(-radii[k], radii[k] + 1):
                at_x, at_y = x + dx, y + dy
                if 0 <= at_x < width and 0 <= at_y < height and dx * dx + dy * dy <= radii[k] ** 2:
                    cell = n, k, int(at_y), int(at_x)
                    maps[cell] = max(maps[cell], value(dx, dy))
    return maps, inside


@pytest.mark.parametrize("fields, radii, value", [
    ('is_binary: true radius_str: "3,5,2"', (3, 5, 2), lambda dx, dy: 1),
    ("gau_mean: 0.5 gau_stds: 2 radius: 4", (4, 4, 4),
     lambda dx, dy: np.exp(((dx - 0.5) ** 2 + (dy - 0.5) ** 2) / 8))])
def test_joints_are_discs_in_the_sizes_of_their_images(fields, radii, value):
    maps, inside, size = make("HeatMapsFromCoordsOrigin", f"{HEAT} {{ {fields} }}", *SHAPES,
                              tops=3)(JOINTS, IMAGES)
    expected, there = expected_maps(radii, value)
    assert there.sum() == 4         # two joints are beyond theirs
    np.testing.assert_allclose(maps, expected, rtol=1e-12)
    assert torch.equal(inside, torch.from_numpy(there))
    assert size.flatten().tolist() == [45, 30, 1, 0]


def test_maps_are_built_with_the_size_of_the_nets_images():
    text = """layer { name: "d" type: "Input" top: "d" top: "p" top: "i" input_param {
        shape { dim: 2 dim: 3 dim: 30 dim: 45 } shape { dim: 2 dim: 6 } shape { dim: 2 dim: 5 } } }
      layer { name: "m" type: "CoordsToBboxesMasks" bottom: "p" bottom: "i" top: "m"
        coord_to_bbox_masks_param { top_id: -1 } }
      layer { name: "c" type: "Concat" bottom: "d" bottom: "m" top: "c" }
      layer { name: "l" type: "LoadImageData" bottom: "i" top: "l" }"""
    net = Net(parse_net(text))
    assert net.shapes["c"] == (2, 4, 30, 45) and net.shapes["l"] == (2, 3, 30, 45)
    with pytest.raises(SpecError, match="known by the shape of its top only"):
        net({"d": torch.zeros(2, 3, 30, 45), "p": JOINTS.flatten(1).float(),
             "i": IMAGES.flatten(1).float()})


def box(x1, y1, x2, y2, value=255.0):
    mask = np.zeros((30, 45))
    mask[int(min(y1, y2)):int(max(y1, y2)) + 1, int(min(x1, x2)):int(max(x1, x2)) + 1] = value
    return mask


def test_a_torso_is_the_box_of_one_of_two_pairs_of_joints():
    fields = "coord_to_bbox_masks_param { top_id: 0 bottom_id: 2 top_id2: 1 bottom_id2: 2 }"
    layer = make("CoordsToBboxesMasks", fields, *SHAPES)
    of_first = {box(3, 4, 8, 2).tobytes(), box(12, 9.5, 8, 2).tobytes()}
    of_second = {box(2, 3, 15, 11).tobytes(), box(40, 12, 15, 11).tobytes()}
    found = [layer(JOINTS, IMAGES) for _ in range(40)]
    assert {top[0, 0].numpy().tobytes() for top in found} == of_first
    assert {top[1, 0].numpy().tobytes() for top in found} == of_second


def test_a_torso_may_be_the_box_of_all_joints():
    top = make("TorsoMaskFromCoords", "torso_mask_from_coords_param { value: 7 }", *SHAPES)(
        JOINTS, IMAGES)
    np.testing.assert_array_equal(top[0, 0], box(3, 2, 12, 9.5, 7))
    np.testing.assert_array_equal(top[1, 0], box(2, 3, 40, 12, 7))
    outside = JOINTS - 4        # a corner below 0
    assert make("TorsoMaskFromCoords", "", *SHAPES)(outside, IMAGES).count_nonzero() == 0


@pytest.mark.parametrize("kind, field, changes", [
    ("TorsoMaskFromCoords", "torso_mask_from_coords_param { perb_num: 2 }",
     [(a, b, c, d) for a in range(-2, 3) for b in range(-2, 3) for c in range(-2, 3)
      for d in range(-2, 3)]),
    ("CoordsToBboxesMasks", "coord_to_bbox_masks_param { perturb_num: 1 }", None)])
def test_corners_move_by_some_pixels(kind, field, changes):
    if changes is None:
        steps = (-1, 0, 1)
        changes = {*((a, 0, 0, 0) for a in steps), *((0, a, 0, 0) for a in steps),
                   *((0, 0, a, 0) for a in steps), *((0, 0, 0, a) for a in steps),
                   *((a, a, b, b) for a in steps for b in steps),
                   *((a, b, c, d) for a in steps for b in steps for c in steps for d in steps)}
    torch.manual_seed(3)
    corners = torch.tensor([20.0, 9, 25, 14, 22, 11], dtype=torch.float64).repeat(400, 1)
    images = torch.tensor([0, 45.0, 30, 1, 0], dtype=torch.float64).repeat(400, 1)
    found = make(kind, field, (400, 6), (400, 5))(corners, images)[:, 0].numpy()
    allowed = {box(20 + a, 9 + b, 25 + c, 14 + d).tobytes() for a, b, c, d in changes}
    seen = {mask.tobytes() for mask in found}
    assert seen <= allowed and len(seen) > 20
    still = np.mean([np.array_equal(mask, box(20, 9, 25, 14)) for mask in found])
    # 12 of 20 kinds of moves change nothing on purpose; of CoordsToBboxesMasks a few more by chance
    assert (still < 0.02) if kind.startswith("Torso") else 0.3 < still < 0.65


def test_images_without_a_size_are_an_error():
    with pytest.raises(CaffeError, match=r"says images of 0 x 0; each side must be from 1"):
        make("TorsoMaskFromCoords", "", *SHAPES)(JOINTS, IMAGES * 0)


def test_the_scene_is_pooled_as_one_region():
    x = noise(2, 3, 7, 9)
    top = make("ScenePooling", "pooled_h: 3 pooled_w: 2", (2, 3, 7, 9))(x)
    for n, c, i, j in np.ndindex(2, 3, 3, 2):
        rows = slice(int(np.floor(i * 7 / 3)), int(np.ceil((i + 1) * 7 / 3)))
        columns = slice(int(np.floor(j * 9 / 2)), int(np.ceil((j + 1) * 9 / 2)))
        assert top[n, c, i, j] == x[n, c, rows, columns].max()


def test_the_first_region_of_each_image_is_taken_out():
    first, others = make("ExtractPrimary", "ims_per_batch: 2", (6, 4), tops=2)(noise(6, 4))
    rows = noise(6, 4)
    assert torch.equal(first, rows[[0, 3]]) and torch.equal(others, rows[[1, 2, 4, 5]])


@pytest.mark.parametrize("kind, param, shapes, words", [
    ("HeatMapsFromCoordsOrigin", f"{HEAT} {{ }}", SHAPES, "radius or radius_str, one of the two"),
    ("HeatMapsFromCoordsOrigin", f"{HEAT} {{ radius_str: '1,2' }}", SHAPES, "has 2 numbers; there"),
    ("HeatMapsFromCoordsOrigin", f"{HEAT} {{ radius_str: '1,2,x' }}", SHAPES, "whole numbers with"),
    ("HeatMapsFromCoordsOrigin", f"{HEAT} {{ radius: 0 }}", SHAPES, "is 0; it must be at least 1"),
    ("HeatMapsFromCoordsOrigin", f"{HEAT} {{ radius: 2 }}", ((2, 6), (2, 4)), r"must be \(2, 5"),
    ("CoordsToBboxesMasks", "coord_to_bbox_masks_param { top_id: 3 bottom_id: 1 top_id2: 1 }",
     SHAPES, "top_id is 3; there are 3 joints"),
    ("CoordsToBboxesMasks", "coord_to_bbox_masks_param { perturb_num: -1 }", SHAPES, "is -1"),
    ("ScenePooling", "pooled_h: 3", ((2, 3, 7, 9),), "pooled_w is 0; it must be at least 1"),
    ("ExtractPrimary", "ims_per_batch: 4", ((6, 4),), "is 4; it must divide the 6 rows"),
])
def test_settings_that_do_not_fit_are_refused(kind, param, shapes, words):
    with pytest.raises(SpecError, match=words):
        make(kind, param, *shapes, tops=2)
