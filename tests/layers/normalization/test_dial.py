"""Dial against its definition in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

SIZE = (5, 3, 2, 4)
EPS = float(np.float32(1e-5))
KEPT = float(np.float32(0.999))


def mixed(x, share, domain):
    """Mean and variance (C,) of the items of a domain, by those of both."""
    own, other = (x[:2], x[2:]) if domain == 0 else (x[2:], x[:2])
    axes = (0, 2, 3)
    mean = share * own.mean(axes) + (1 - share) * other.mean(axes)
    wide = mean[:, None, None]
    return mean, (share * ((own - wide) ** 2).mean(axes)
                  + (1 - share) * ((other - wide) ** 2).mean(axes))


def layer_of(param="", phase="TRAIN", share=0.7):
    layer = make("Dial", f"slice_point: 2 {param}", SIZE, phase=phase)
    with torch.no_grad():
        layer.share.fill_(share)
    return layer


@pytest.mark.parametrize("share, used", [(0.7, 0.7), (0.2, 0.5), (1.4, 1.0)])
def test_each_domain_has_statistics_of_both_by_the_share(share, used):
    layer = layer_of(share=share)
    x = noise(*SIZE)
    values = x.detach().numpy()
    sums = [blob.clone().numpy() for blob in layer.blobs[1:]]
    top = layer(x).detach().numpy()
    layer.note_progress(1, 2)
    assert layer.share.item() == used
    stats = [mixed(values, used, domain) for domain in (0, 1)]
    for items, (mean, variance) in ((slice(0, 2), stats[0]), (slice(2, 5), stats[1])):
        expected = (values[items] - mean[:, None, None]) / np.sqrt(variance + EPS)[:, None, None]
        np.testing.assert_allclose(top[items], expected, rtol=1e-10)
    np.testing.assert_allclose(layer.mean.numpy(), KEPT * sums[0] + [one[0] for one in stats],
                               rtol=1e-10)
    unbiased = np.stack([one[1] for one in stats]) * 40 / 39
    np.testing.assert_allclose(layer.variance.numpy(), KEPT * sums[1] + unbiased, rtol=1e-10)
    np.testing.assert_allclose(layer.factor.item(), KEPT * sums[2].item() + 1, rtol=1e-10)


def test_the_share_and_the_bottom_have_the_gradient_of_the_definition():
    layer = layer_of()
    x = noise(*SIZE)
    assert torch.autograd.gradcheck(layer, x)

    def loss(share):
        with torch.no_grad():
            layer.share.fill_(share)
        return layer(x.detach()).square().mul(torch.arange(120).reshape(SIZE)).sum()

    up, down = (loss(0.7 + step).item() for step in (1e-6, -1e-6))
    loss(0.7).backward()
    np.testing.assert_allclose(layer.share.grad.item(), (up - down) / 2e-6, rtol=1e-5)


@pytest.mark.parametrize("kind, row", [("TARGET", 1), ("SOURCE", 0)])
def test_testing_takes_the_sums_of_one_domain(kind, row):
    layer = layer_of(f"test_stats: {kind}", "TEST")
    x = noise(*SIZE).detach()
    factor = layer.factor.item()
    mean, variance = (blob[row].numpy()[:, None, None] / factor for blob in layer.blobs[1:3])
    np.testing.assert_allclose(layer(x).detach().numpy(),
                               (x.numpy() - mean) / np.sqrt(variance + EPS), rtol=1e-10)


@pytest.mark.parametrize("point", [0, 5])
def test_a_domain_without_items_is_refused(point):
    with pytest.raises(SpecError, match=f"slice_point is {point}; it must leave items"):
        make("Dial", f"slice_point: {point}", SIZE)
