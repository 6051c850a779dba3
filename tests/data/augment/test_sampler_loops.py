"""The compiled trials of samplers are their definition in plain numpy, to the last bit."""

import numpy as np
import pytest

from framework.data.augment.geometry import areas, intersections
from framework.data.augment.sampler_loops import allowed_windows
from tests.data.augment.test_box_loops import ODD


def trials(uniform, sizes):
    """(4, samplers, trials): the windows of all trials, inside the image."""
    low_scale, scale_range, low_aspect, aspect_range = sizes.T[:, :, None]
    scale = low_scale + uniform[0] * scale_range
    aspect = low_aspect + uniform[1] * aspect_range
    root = np.sqrt(np.clip(aspect, scale * scale, 1 / (scale * scale)))
    width, height = np.minimum(scale * root, 1), np.minimum(scale / root, 1)
    left, top = uniform[2] * (1 - width), uniform[3] * (1 - height)
    return np.stack([left, top, np.minimum(left + width, 1), np.minimum(top + height, 1)])


def are_allowed(windows, corners, bounds):
    """(trials,): does some box keep all the bounds? windows (4, trials)."""
    windows = windows.T[:, None]
    shared = intersections(corners, windows)
    own, sampled = areas(corners), areas(windows)
    shares = (shared / (own + sampled - shared), shared / sampled,
              shared / np.maximum(own, np.float32(1e-30)))
    kept = [(share >= low) & (share <= high) for share, (low, high) in
            zip(shares, bounds.T, strict=True)]
    return np.logical_and.reduce(kept).any(1)


@pytest.mark.parametrize("num_boxes", [0, 1, 3, len(ODD)])
def test_the_windows_found_are_those_of_trying_one_after_the_other(num_boxes):
    generator = np.random.default_rng(num_boxes)
    sizes = np.float32([(0.3, 0.7, 0.5, 1.5), (1, 0, 1, 0), (0.1, 0.8, 0.2, 4), (0.3, 0.6, 1, 0)])
    counts = np.array([(30, 30), (1, 1), (50, 3), (20, 20)])
    bounds = np.full((4, 2, 3), (np.float32([-np.inf]), np.float32([np.inf]))).astype(np.float32)
    bounds[0, 0, 0], bounds[2, 1, 2], bounds[2, 0, 1], bounds[3, 0, 2] = 0.1, 0.8, 0.02, 0.5
    total = 0
    for _ in range(200):
        corners = generator.permutation(ODD)[:num_boxes]
        uniform = generator.random((4, 4, 50), np.float32)
        windows, expected = trials(uniform, sizes), []
        for sampler, (num_trials, most) in enumerate(counts):
            tried = windows[:, sampler, :num_trials]
            is_free = sampler == 1
            kept = np.full(num_trials, is_free) | are_allowed(tried, corners, bounds[sampler])
            expected.append(tried[:, np.flatnonzero(kept)[:most]].T)
        found = allowed_windows(uniform, sizes, counts, bounds, corners)
        np.testing.assert_array_equal(found, np.concatenate(expected))
        total += len(found)
    assert total == 200 if num_boxes == 0 else total > 600
