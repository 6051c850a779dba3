"""GlobalLSEMargin against its definition in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.support import make, noise


def shift(margins, mean, steps):
    last = mean
    while steps:
        steps -= 1
        near = [one for one in margins if abs(one - mean) < 0.1]
        if not near:
            mean = last = np.mean(margins)
            steps += 1
            continue
        mean = np.mean(near)
        if abs(last - mean) < 0.001:
            break
        last = mean
    return mean


@pytest.mark.parametrize("with_norms", [False, True])
def test_the_global_margin_follows_the_batch(with_norms):
    shapes = [(4, 5), (4,)] + [(4,)] * with_norms
    layer = make("GlobalLSEMargin", "scale_param { max_value: 20 }", *shapes, tops=2)
    assert [blob.requires_grad for blob in layer.blobs] == [not with_norms, False]
    with torch.no_grad():
        layer.scale.fill_(30)
        layer.margin.zero_()
    labels = torch.tensor([3, 0, 4, 1])
    norms = torch.tensor([4.0, 7, 9, 5], dtype=torch.float64)
    margin = 0.0
    for seed in (1, 2):
        x = (noise(4, 5, seed=seed).detach() * 0.05).requires_grad_()
        x.data[torch.arange(4), labels] += 0.8
        rows = x.detach().numpy()
        scales = norms.numpy() if with_norms else np.full(4, 20.0)
        own = rows[np.arange(4), labels.numpy()]
        others = np.stack([np.delete(row, label) for row, label in zip(rows, labels, strict=True)])
        together = np.log(np.exp(scales[:, None] * others).sum(1)) / scales
        margins = own - together
        margin = shift(margins, margins.mean(), 20) if margin == 0 \
            else 0.9 * margin + 0.1 * shift(margins, margin, 1)
        assert margin > 0
        expected = rows.copy()
        expected[np.arange(4), labels.numpy()] -= margin
        bottoms = (x, labels, norms) if with_norms else (x, labels)
        top, found = layer(*bottoms)
        np.testing.assert_allclose(top.detach().numpy(), expected * scales[:, None], rtol=1e-9)
        np.testing.assert_allclose(found.detach().numpy(), [
            scales.mean(), own.mean(), together.mean(), np.maximum(others.max(1), -1).mean(),
            margin], rtol=1e-9)
        assert layer.margin.item() == pytest.approx(margin)
    (gradient,) = torch.autograd.grad(top.sum(), x)
    np.testing.assert_allclose(gradient.numpy(), np.repeat(scales[:, None], 5, 1))
