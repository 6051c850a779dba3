"""WeightedSoftmaxWithLoss with seven bottoms (OIM) against loops written from its source."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

SHAPE = (6, 4)
LABELS = np.array([1, 0, 3, 2, 0, 1.0])
WEIGHTS = np.array([0.5, 1.5, 0, 2, 0.75, 1.25])
RATIOS = np.array([1, 0.5, 0.9, 0.25, 0.9995, 0.2995])      # the fifth is as good as 1
FOREGROUND = np.array([1, 1, 1, 0, 0, 1.0])
ALPHA, BETA = 3.0, 0.25
OTHERS = [WEIGHTS[:, None], RATIOS[:, None], np.array([ALPHA]), FOREGROUND[:, None],
          np.array([BETA])]


@pytest.mark.parametrize("ignored", [None, 3])
@pytest.mark.parametrize("mode", ["VALID", "FULL"])
def test_value_and_slopes_are_those_of_the_sources_kernel(mode, ignored):
    x = noise(SHAPE)
    scores = x.detach().numpy()
    total, count, slopes = 0, 0, np.zeros(SHAPE)
    for n in range(6):
        label = int(LABELS[n])
        if label == ignored:
            continue
        share = np.exp(scores[n]) / np.exp(scores[n]).sum()
        total += WEIGHTS[n] * (-np.log(share[label]) - ALPHA * np.log(RATIOS[n]))
        factor = WEIGHTS[n]
        if 1 - RATIOS[n] < 1e-3:
            factor *= -BETA if FOREGROUND[n] > 1e-3 else 1
        elif RATIOS[n] > 0.3 - 1e-3:
            factor *= 1 + ALPHA
        slopes[n] = (share - (np.arange(4) == label)) * factor
        count += WEIGHTS[n] > 1e-12
    divisor = count if mode == "VALID" else 6
    field = f"ignore_label: {ignored}" if ignored else ""
    layer = make("WeightedSoftmaxWithLoss", f"loss_param {{ normalization: {mode} {field} }}",
                 SHAPE, LABELS.shape, *(other.shape for other in OTHERS))
    loss = layer(x, *map(torch.from_numpy, (LABELS, *OTHERS)))
    np.testing.assert_allclose(loss.item(), total / divisor, rtol=1e-12)
    (2 * loss).backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * slopes / divisor, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("shapes, message", [
    ([(6, 1), (5, 1), (1,), (6, 1), (1,)], "'bottom3' has the shape .5, 1.; it must hold 6"),
    ([(6, 1), (6, 1), (6,), (6, 1), (1,)], "'bottom4' has the shape .6,.; it must hold 1"),
    ([(6, 1), (6, 1)], "is given 4 times; it must be 2, 3, or")])
def test_other_bottoms_are_refused(shapes, message):
    with pytest.raises(SpecError, match=message):
        make("WeightedSoftmaxWithLoss", "", SHAPE, LABELS.shape, *shapes)
