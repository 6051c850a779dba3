"""DenseCRFLoss against its energy, with the filter's matrix by its definition."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.layers.segmentation.test_meanfield import by_definition
from tests.support import make, noise

IMAGE, SHARES = (2, 3, 6, 5), (2, 4, 6, 5)
TEXT = "densecrf_loss_param { bi_xy_std: 3 bi_rgb_std: 20 }"


def test_densecrf_loss_is_the_energy_of_its_definition():
    image = noise(IMAGE, seed=2, requires_grad=False) * 60
    image[0, :, :2] = torch.tensor([0.9, -0.9, 0.0])[:, None, None]     # a border
    image[0, 2, 1, 3] = 1.0                                             # but not this pixel
    shares = noise(SHARES, seed=3).softmax(1).detach().requires_grad_()
    layer = make("DenseCRFLoss", TEXT, IMAGE, SHARES)
    loss = layer(image, shares)
    (3 * loss).backward()

    energy, slopes = 0.0, np.zeros(SHARES)
    for item in range(2):
        levels, at = image[item].numpy(), np.mgrid[:6, :5].reshape(2, -1)
        features = np.stack([at[1] / 3, at[0] / 3, *levels.reshape(3, -1) / 20], 1)
        # the lattice is in float32, where a pixel on an edge has other corners
        features = features.astype(np.float32).astype(np.float64)
        matrix = by_definition(features)
        kept = ~(abs(levels) < 1).all(0).ravel()
        assert kept.sum() == (21 if item == 0 else 30)
        for category in range(4):
            s = shares[item, category].detach().numpy().ravel() * kept
            energy -= s @ matrix @ s / 2
            slopes[item, category] = (-2 / 2 * 3 * (matrix @ s) * kept).reshape(6, 5)
    np.testing.assert_allclose(loss.item(), energy, rtol=1e-5)
    assert shares.grad is not None
    np.testing.assert_allclose(shares.grad.numpy(), slopes, rtol=1e-4, atol=1e-5)
    assert abs(slopes).max() > 0.3


@pytest.mark.parametrize("text, image, message", [
    ("bi_xy_std: 0", IMAGE, "bi_xy_std is 0; it must be above 0"),
    ("bi_rgb_std: -1", IMAGE, "bi_rgb_std is -1; it must be above 0"),
    ("", (2, 1, 6, 5), r"\(N, 3, H, W\) and \(N, C, H, W\)"),
    ("", (2, 3, 6, 6), r"\(N, 3, H, W\) and \(N, C, H, W\)"),
])
def test_densecrf_loss_refuses_what_cannot_be(text, image, message):
    with pytest.raises(SpecError, match=message):
        make("DenseCRFLoss", text and f"densecrf_loss_param {{ {text} }}", image, SHARES)


@pytest.mark.parametrize("level", [float("nan"), 1e9])
def test_an_image_of_levels_that_cannot_be_is_named(level):
    layer = make("DenseCRFLoss", TEXT, IMAGE, SHARES)
    with pytest.raises(DataError, match="over bi_rgb_std, must be numbers within"):
        layer(torch.full(IMAGE, level), torch.ones(SHARES))
