"""The two losses of LSTD against their definitions in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.definitions import softmax
from tests.support import make, noise

ROWS = np.array([[0, 1, 0, 0.1, 0.3, 0.6, 0.7, 0], [1, 2, 0, 0.2, 0.1, 0.5, 0.4, 0],
                 [1, 1, 0, 0.3, 0.2, 1.4, 0.9, 0], [-1] * 8])


def test_the_background_is_what_no_box_covers_and_each_box_is_counted():
    x = noise(2, 3, 6, 5)
    layer = make("RestrainLoss", "spatial_scale: 6", (2, 3, 6, 5), (1, 1, 4, 8))
    values, inside = x.detach().numpy().copy(), 0
    for item, _, _, x1, y1, x2, y2, _ in ROWS[:3]:
        left, top, right, bottom = (int(np.floor(6 * c + 0.5)) for c in (x1, y1, x2, y2))
        for row in range(max(top, 0), min(bottom, 6)):
            for column in range(max(left, 0), min(right, 5)):
                values[int(item), :, row, column] = 0
                inside += 1
    loss = layer(x, torch.from_numpy(ROWS).reshape(1, 1, 4, 8))
    number = x.numel() - 3 * inside
    np.testing.assert_allclose(loss.item(), (values ** 2).sum() / 2 / number, rtol=1e-12)
    loss.backward()
    np.testing.assert_allclose(x.grad, values / number, rtol=1e-12)
    with pytest.raises(SpecError, match="it must be .1, 1, G, 8."):
        make("RestrainLoss", "", (2, 3, 6, 5), (1, 1, 4, 7))


@pytest.mark.parametrize("mode, divisor", [("", 8), ("normalization: BATCH_SIZE", 2)])
def test_the_divergence_of_two_softmaxes(mode, divisor):
    x, t = noise(2, 3, 4), noise(2, 3, 4, seed=2)
    layer = make("SoftmaxWithCrossEntropyLoss", f"loss_param {{ {mode} }}", (2, 3, 4), (2, 3, 4),
                 tops=2)
    p, q = softmax(x.detach().numpy()), softmax(t.detach().numpy())
    loss, found = layer(x, t)
    np.testing.assert_allclose(loss.item(), (q * (np.log(q) - np.log(p))).sum() / divisor,
                               rtol=1e-10)
    np.testing.assert_allclose(found, p, rtol=1e-10)
    loss.backward()
    np.testing.assert_allclose(x.grad, (p - q) / divisor, rtol=1e-8, atol=1e-12)
    assert t.grad is None
    with pytest.raises(SpecError, match="they must be one"):
        make("SoftmaxWithCrossEntropyLoss", "", (2, 3, 4), (2, 3, 5))
