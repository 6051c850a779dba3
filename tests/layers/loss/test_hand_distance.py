"""PoseDistance by its definition, joint by joint."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

CAMERA = "fx: 500 fy: -400 ux: 160 uy: 120 cube_length: 100 cube_length: 150 cube_length: 200 "


def of_joint(joint, center):
    u = joint[0] * 100 * 500 / center[2] + center[0]
    v = joint[1] * 150 * 400 / center[2] + center[1]
    depth = joint[2] * 200 + center[2]
    return (u, v, depth), np.array([(u - 160) * depth / 500, (v - 120) * depth / -400, depth])


@pytest.mark.parametrize("single, weighted", [(True, False), (False, True)])
def test_distances_are_in_space_and_the_pose_in_the_image(single, weighted):
    found, wanted = noise(2, 9, seed=1).detach(), noise(2, 9, seed=2).detach()
    center = noise(2, 3 if single else 9, seed=3).detach() * 10 + 600
    weights = torch.ones(2, 9, dtype=torch.float64)
    weights[0, 3] = weights[1, 0] = 0.5
    bottoms = [found, wanted, center, *[weights] * weighted]
    layer = make("PoseDistance", CAMERA + "output_pose: true permute_id: 2 permute_id: 0 "
                 "permute_id: 1", *[tuple(one.shape) for one in bottoms], tops=2)
    distances, pose = [], np.empty((2, 3, 3))
    for n, j in np.ndindex(2, 3):
        middle = center[n] if single else center[n, 3 * j:3 * j + 3]
        image, place = of_joint(found[n, 3 * j:3 * j + 3].numpy(), middle.numpy())
        _, other = of_joint(wanted[n, 3 * j:3 * j + 3].numpy(), middle.numpy())
        pose[n, [1, 2, 0][j]] = image
        if not weighted or weights[n, 3 * j] == 1:
            distances.append(np.linalg.norm(place - other))
    error, second = layer(*bottoms)
    np.testing.assert_allclose(error, np.mean(distances), rtol=1e-12)
    np.testing.assert_allclose(second, pose.reshape(2, 9), rtol=1e-12)


@pytest.mark.parametrize("fields, shapes, tops, message", [
    ("cube_length: 1 cube_length: 2", [(2, 6), (2, 6), (2, 3)], 1, "is given 2 times; it must be"),
    ("cube_length: 1", [(2, 5), (2, 5), (2, 3)], 1, r"joints must be \(N, 3 J\)"),
    ("cube_length: 1", [(2, 6), (2, 6), (2, 4)], 1, r"the centre \(N, 3\)"),
    ("cube_length: 1 permute_id: 0 permute_id: 0", [(2, 6), (2, 6), (2, 3)], 1, "of the 2 joints"),
    ("cube_length: 1 output_pose: true", [(2, 6), (2, 6), (2, 3)], 1, "must be 2 with output_pose"),
])
def test_refused_at_the_start(fields, shapes, tops, message):
    with pytest.raises(SpecError, match=message):
        make("PoseDistance", fields, *shapes, tops=tops)
