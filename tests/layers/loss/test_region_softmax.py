"""SoftmaxWithLossROI against loops over the definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

SHAPE = (2, 3, 5, 4)
ROIS = torch.tensor([[0, 1, 1, 2, 3], [1, 2.5, 0, 3.2, 1]], dtype=torch.float64)
LABELS = torch.randint(0, 3, (2, 1, 5, 4), generator=torch.Generator().manual_seed(4)).double()


def counted(ignored):
    """By hand: which pixels count, in (2, 5, 4)."""
    rows, columns = np.mgrid[:5, :4]
    inside = np.zeros((5, 4), bool)
    for _, left, top, right, bottom in ROIS.numpy():
        inside |= (left <= columns) & (columns <= right) & (top <= rows) & (rows <= bottom)
    return inside & (LABELS.numpy()[:, 0] != ignored)


@pytest.mark.parametrize("fields, ignored, divisors", [
    ("normalize: true", None, ("counted", 40)), ("ignore_label: 1", 1, ("counted", "counted")),
    ("normalize: false", None, (2, 2)), ("normalization: NONE", None, (1, 1)),
    ("normalization: FULL", None, (40, 40))])
def test_pixels_inside_of_a_region_count(fields, ignored, divisors):
    layer = make("SoftmaxWithLossROI", f"loss_param {{ {fields} }}", SHAPE, (2, 1, 5, 4), (2, 5),
                 tops=2)
    scores = noise(SHAPE)
    loss, found = layer(scores, LABELS, ROIS)
    shares = np.exp(scores.detach().numpy())
    shares /= shares.sum(1, keepdims=True)
    counts = counted(ignored)
    assert 0 < counts.sum() < 40
    divide, divide_back = (counts.sum() if one == "counted" else one for one in divisors)
    total, slopes = 0.0, np.zeros(SHAPE)
    for n, i, j in np.argwhere(counts):
        label = int(LABELS[n, 0, i, j])
        total -= np.log(shares[n, label, i, j])
        slopes[n, :, i, j] = shares[n, :, i, j]
        slopes[n, label, i, j] -= 1
    np.testing.assert_allclose(loss.item(), total / divide, rtol=1e-12)
    np.testing.assert_allclose(found, shares, rtol=1e-12)
    (3 * loss).backward()
    np.testing.assert_allclose(scores.grad, 3 * slopes / divide_back, rtol=1e-10, atol=1e-15)


def test_without_a_pixel_the_loss_is_0():
    layer = make("SoftmaxWithLossROI", "", SHAPE, (2, 1, 5, 4), (1, 5))
    assert layer(noise(SHAPE), LABELS, torch.tensor([[0., 9, 9, 12, 12]]).double()).item() == 0


@pytest.mark.parametrize("shapes, message", [
    (((2, 3, 5), (2, 1, 5), (2, 5)), r"it must be \(N, C, H, W\)"),
    ((SHAPE, (2, 1, 5, 4), (2, 4)), r"it must be \(R, 5\)"),
    ((SHAPE, (2, 1, 5, 3), (2, 5)), "label"),
])
def test_what_does_not_fit_is_named(shapes, message):
    with pytest.raises(SpecError, match=message):
        make("SoftmaxWithLossROI", "", *shapes)
