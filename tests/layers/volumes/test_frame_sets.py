"""Clips of a batch and the matrix logarithm of their moments, against definitions in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import make, noise

# class and number: three frames, a still image, two frames, a still image, two frames too many
NUMBERS = torch.tensor([[4.0, 1], [4, 1], [4, 1], [4, 9], [2, 9], [2, 9], [2, 3], [5, 5], [5, 5]])


def test_clips_and_the_still_image_after_each_are_told_apart():
    """By hand. The first still image has the number of the clip after it."""
    x = noise(9, 3, 2)
    frames, bounds, kinds, stills, of_stills = make(
        "Submean", "clips_num: 2", (9, 3, 2), (9, 2), tops=5)(x, NUMBERS)
    assert bounds.shape == (2, 2, 1, 1)
    assert bounds.flatten(1).tolist() == [[0, 2], [3, 4]]
    assert kinds.flatten().tolist() == [4, 2] and of_stills.flatten().tolist() == [4, 2]
    torch.testing.assert_close(frames[:5], x[[0, 1, 2, 4, 5]], rtol=0, atol=0)
    assert not frames[5:].any()
    torch.testing.assert_close(stills, x[[3, 6]], rtol=0, atol=0)
    (frames.sum() + 3 * stills.sum()).backward()
    assert x.grad[:, 0, 0].tolist() == [1, 1, 1, 3, 1, 1, 3, 0, 0]


def test_without_still_images_the_frames_are_all_there_and_the_last_clip_ends_with_them():
    x = noise(9, 3, 2)
    layer = make("Submean", "clips_num: 4", (9, 3, 2), (9, 2), tops=3)
    frames, bounds, kinds = layer(x, NUMBERS)
    assert frames is x
    assert bounds.flatten(1).tolist() == [[0, 2], [3, 5], [6, 6], [7, 8]]
    assert kinds.flatten().tolist() == [4, 4, 2, 5]


def test_too_few_clips_and_bottoms_that_do_not_fit_are_refused():
    with pytest.raises(DataError, match="fewer than 5 clips"):
        make("Submean", "clips_num: 5", (9, 3), (9, 2), tops=2)(noise(9, 3), NUMBERS)
    with pytest.raises(DataError, match="fewer than 2 clips"):     # the last has no still image
        make("Submean", "clips_num: 2", (6, 3), (6, 2), tops=5)(noise(6, 3), NUMBERS[:6])
    with pytest.raises(SpecError, match="is given 4 times; it must be 2 or 3, or 5"):
        make("Submean", "clips_num: 2", (9, 3), (9, 2), tops=4)
    with pytest.raises(SpecError, match="clips_num is 5; it must be from 1 to 4, as there are 9"):
        make("Submean", "clips_num: 5", (9, 3), (9, 2), tops=5)
    with pytest.raises(SpecError, match="it must be .9, 2., a class and a clip's number"):
        make("Submean", "clips_num: 2", (9, 3), (9,), tops=2)


def series_log(matrix):
    """log A as 2^8 log(A^(1/2^8)): square roots by Newton's iteration, then a series."""
    size = np.eye(len(matrix))
    for _ in range(8):
        root, inverse = matrix, size
        for _ in range(60):                     # Denman and Beavers
            root, inverse = (root + np.linalg.inv(inverse)) / 2, (inverse + np.linalg.inv(root)) / 2
        matrix = root
    difference, total, power = matrix - size, 0, size
    for order in range(1, 40):
        power = power @ difference
        total = total - (-1) ** order * power / order
    return 2 ** 8 * total


def test_the_logarithm_of_moments_is_that_of_the_series():
    x = noise(7, 4)
    bounds = torch.tensor([[0.0, 1], [2, 6]])   # two frames leave two eigenvalues of 0.001
    layer = make("Covlogm", "", (7, 4), (2, 2))
    top = layer(x, bounds)
    assert top.shape == (2, 1, 4, 4)
    rows = x.detach().numpy()
    for part, found in zip((rows[:2], rows[2:]), top.detach().numpy(), strict=True):
        np.testing.assert_allclose(found[0], series_log(part.T @ part + 0.001 * np.eye(4)),
                                   rtol=1e-6, atol=1e-7)
    assert torch.autograd.gradcheck(lambda y: layer(y, bounds), x)


def test_equal_eigenvalues_have_a_gradient():
    x = (torch.eye(4, dtype=torch.float64) * 2).requires_grad_()
    layer = make("Covlogm", "", (4, 4), (1, 2))
    layer(x, torch.tensor([[0.0, 3]])).sum().backward()
    # by hand: d tr(1 log(x'x)) is 2 x 1 / 4.001 there
    np.testing.assert_allclose(x.grad, np.full((4, 4), 4 / 4.001), rtol=1e-9)


def test_bounds_that_do_not_fit_are_refused():
    with pytest.raises(SpecError, match="it must be .K, 2., a first and a last frame"):
        make("Covlogm", "", (7, 4), (2, 3))
    with pytest.raises(DataError, match="there are 7 items of 'bottom0'"):
        make("Covlogm", "", (7, 4), (1, 2))(noise(7, 4), torch.tensor([[3.0, 7]]))
