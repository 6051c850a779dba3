"""OutputDecay: what it adds to a gradient."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


@pytest.mark.parametrize("kind, added", [("L1", np.sign), ("L2", lambda x: x)])
def test_output_decay_changes_the_gradient_alone(kind, added):
    layer = make("OutputDecay", f'output_decay: 0.25 regularization_type: "{kind}"', (2, 3))
    x = noise(2, 3)
    top = layer(x)
    assert torch.equal(top, x)
    (top * 3).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 3 + 0.25 * added(x.detach().numpy()))


def test_output_decay_refuses_a_kind_that_is_not_known():
    with pytest.raises(SpecError, match="regularization_type is 'L3'; it must be one of L1, L2"):
        make("OutputDecay", 'regularization_type: "L3"', (2, 3))
