"""SoftmaxWithLossROI against loops written from its source."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

REGIONS = np.array([[0, 1, 1, 3, 2], [1, 0, 4, 0.5, 9], [0, 2.5, 0, 2.75, 4]])
SHAPE = (2, 3, 5, 4)
LABELS = np.arange(40).reshape(2, 1, 5, 4) * 7 % 11 % 3


@pytest.mark.parametrize("ignored", [None, 2])
@pytest.mark.parametrize("mode", ["VALID", "FULL", "BATCH_SIZE", "NONE"])
def test_only_cells_in_a_region_count_for_the_loss_and_its_gradient(mode, ignored):
    x = noise(SHAPE)
    scores = x.detach().numpy()
    total, count, slopes = 0, 0, np.zeros(SHAPE)
    for n, i, j in np.ndindex(2, 5, 4):
        inside = any(left <= j <= right and top <= i <= bottom
                     for _, left, top, right, bottom in REGIONS)
        label = LABELS[n, 0, i, j]
        if not inside or label == ignored:
            continue
        share = np.exp(scores[n, :, i, j]) / np.exp(scores[n, :, i, j]).sum()
        total -= np.log(share[label])
        slopes[n, :, i, j] = share - (np.arange(3) == label)
        count += 1
    assert 0 < count < 40
    divisors = {"VALID": (count, count if ignored else 40), "FULL": (40, 40),
                "BATCH_SIZE": (2, 2), "NONE": (1, 1)}[mode]
    field = f"ignore_label: {ignored}" if ignored else ""
    layer = make("SoftmaxWithLossROI", f"loss_param {{ normalization: {mode} {field} }}", SHAPE,
                 LABELS.shape, REGIONS.shape, tops=2)
    loss, shares = layer(x, torch.from_numpy(LABELS).double(), torch.from_numpy(REGIONS))
    np.testing.assert_allclose(loss.item(), total / divisors[0], rtol=1e-12)
    np.testing.assert_allclose(shares.numpy(), torch.from_numpy(scores).softmax(1).numpy())
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy(), slopes / divisors[1], rtol=1e-12, atol=1e-15)


def test_the_gradient_is_the_derivative_with_an_ignored_label():
    layer = make("SoftmaxWithLossROI", "loss_param { ignore_label: 1 }", SHAPE, LABELS.shape,
                 REGIONS.shape)
    rest = torch.from_numpy(LABELS).double(), torch.from_numpy(REGIONS)
    assert torch.autograd.gradcheck(lambda x: layer(x, *rest), noise(SHAPE))


def test_without_regions_the_loss_is_zero():
    layer = make("SoftmaxWithLossROI", "", SHAPE, LABELS.shape, REGIONS.shape)
    assert layer(noise(SHAPE), torch.from_numpy(LABELS), torch.zeros(0, 5)) == 0


@pytest.mark.parametrize("regions, param, message", [
    ((3, 4), "", r"regions \(R, 5\)"), ((3, 5), "softmax_param { axis: 2 }", "axis")])
def test_what_does_not_fit_is_named(regions, param, message):
    with pytest.raises(SpecError, match=message):
        make("SoftmaxWithLossROI", param, SHAPE, LABELS.shape, regions)
