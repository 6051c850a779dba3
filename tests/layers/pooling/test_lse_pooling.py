"""LsePooling by its definition in numpy, and what it refuses."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


@pytest.mark.parametrize("sharpness", [5, 0.5])
def test_log_of_the_mean_of_exponentials(sharpness):
    x = noise(2, 3, 5, 4)
    layer = make("LsePooling", f"r_t: {sharpness}", (2, 3, 5, 4))
    expected = np.log(np.exp(sharpness * x.detach().numpy()).mean((2, 3))) / sharpness
    np.testing.assert_allclose(layer(x)[..., 0, 0].detach(), expected, rtol=1e-12)
    assert torch.autograd.gradcheck(layer, x)


@pytest.mark.parametrize("text", ["r_t: 5 pool: MAX", "r_t: 5 global_pooling: false"])
def test_other_methods_and_windows_are_of_pooling(text):
    with pytest.raises(SpecError, match="type Pooling has other methods"):
        make("LsePooling", text, (2, 3, 5, 4))


@pytest.mark.parametrize("text, shape, message", [
    ("", (2, 3, 5, 4), "lse_pooling_param.r_t is missing or 0"),
    ("r_t: 0", (2, 3, 5, 4), "lse_pooling_param.r_t is missing or 0"),
    ("r_t: 5", (2, 3, 5), r"bottom has the shape \(2, 3, 5\); it must be \(N, C, H, W\)")])
def test_the_field_or_the_bottom_that_is_wrong_is_named(text, shape, message):
    with pytest.raises(SpecError, match=message):
        make("LsePooling", text, shape)
