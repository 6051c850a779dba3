"""Dynamic network surgery against its definition, one weight at a time."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from framework.errors import SpecError
from tests.support import make, noise

SETTINGS = ("gamma: 0.5 power: 2 c_rate: 0.25 iter_stop: 6 "
            "weight_mask_filler { type: 'constant' value: 1 } "
            "bias_mask_filler { type: 'constant' value: 1 }")
KINDS = {
    "CConvolution": ("convolution_param { num_output: 4 kernel_h: 3 kernel_w: 2 pad_w: 1 } "
                     f"cconvolution_param {{ {SETTINGS} }}", (2, 3, 5, 4)),
    "DNSConvolution": ("convolution_param { num_output: 4 kernel_h: 3 kernel_w: 2 pad_w: 1 } "
                       f"dns_convolution_param {{ {SETTINGS} alpha_low: 0.5 alpha_high: 1.5 }}",
                       (2, 3, 5, 4)),
    "DNSInnerProduct": ("inner_product_param { num_output: 4 } dns_inner_product_param { "
                        f"{SETTINGS} alpha_low: 0.5 alpha_high: 1.5 }}", (3, 2, 5)),
    "CInnerProduct": (f"inner_product_param {{ num_output: 4 }} "
                      f"cinner_product_param {{ {SETTINGS} }}", (3, 2, 5)),
}


def with_masks(layer, seed=7):
    """The layer with masks of which about a third are 0."""
    with torch.no_grad():
        for index, name in enumerate(("weight_mask", "bias_mask")):
            mask = getattr(layer, name)
            mask.copy_(noise(tuple(mask.shape), seed=seed + index) > -0.4)
    return layer


def plain(kind, x, weight, bias):
    return F.conv2d(x, weight, bias, padding=(0, 1)) if "Convolution" in kind \
        else F.linear(x.flatten(1), weight, bias)


@pytest.mark.parametrize("kind", KINDS)
def test_masked_values_count_as_0_and_have_the_gradient_of_others(kind):
    param, size = KINDS[kind]
    layer = with_masks(make(kind, param, size, phase="TEST"))
    x = noise(size)
    weight, bias = ((blob * mask).detach().requires_grad_() for blob, mask in (
        (layer.weight, layer.weight_mask), (layer.bias, layer.bias_mask)))
    expected = plain(kind, x, weight, bias)
    torch.testing.assert_close(layer(x), expected)
    change = noise(tuple(expected.shape), seed=3)
    found = torch.autograd.grad((layer(x) * change).sum(), (x, layer.weight, layer.bias))
    wanted = torch.autograd.grad((expected * change).sum(), (x, weight, bias))
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other)


def threshold_of(kind, weight, bias, weight_mask, bias_mask):
    values = [*weight.ravel(), *bias.ravel()]
    if kind != "CInnerProduct":
        values = [*(weight * weight_mask).ravel(), *(bias * bias_mask).ravel()]
    used = [abs(value) for value in values if value]
    mean = sum(used) / len(used)
    return mean + 0.25 * (sum(value ** 2 for value in used) / len(used) - mean ** 2) ** 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_training_prunes_small_values_and_splices_large_ones(kind):
    param, size = KINDS[kind]
    layer = with_masks(make(kind, param, size))
    blobs = [blob.detach().numpy().copy() for blob in layer.blobs]
    threshold = threshold_of(kind, *blobs)
    low, high = (0.5, 1.5) if "DNS" in kind else (0.9, 1.1)
    layer(noise(size))              # at iteration 0 the chance is 1
    changed = 0
    for values, before, after in ((blobs[0], blobs[2], layer.weight_mask),
                                  (blobs[1], blobs[3], layer.bias_mask)):
        for value, old, new in zip(values.ravel(), before.ravel(), after.numpy().ravel(),
                                   strict=True):
            wanted = old
            if old == 1 and abs(value) <= low * threshold:
                wanted = 0
            elif old == 0 and abs(value) > high * threshold:
                wanted = 1
            assert new == wanted
            changed += wanted != old
    assert changed > 3


@pytest.mark.parametrize("kind", KINDS)
def test_the_chance_falls_with_the_iterations_and_ends_with_iter_stop(kind):
    param, size = KINDS[kind]
    layer = make(kind, param, size)
    x = noise(size)

    def share(iteration):
        times = 0
        for _ in range(200):
            with torch.no_grad():
                layer.weight_mask.fill_(1)
            layer.note_progress(iteration, 100)
            layer(x)
            times += bool((layer.weight_mask == 0).any())
        return times / 200

    torch.manual_seed(5)
    assert share(0) == 1
    assert share(2) == pytest.approx(0.25, abs=0.1)     # (1 + 0.5 * 2) ** -2
    assert share(6) == 0
    layer.weight_mask.fill_(1)
    layer.note_progress(0, 100)
    with torch.no_grad():
        layer(x)
    assert bool((layer.weight_mask == 1).all())     # a forward without a gradient is no training


@pytest.mark.parametrize("kind, last", [("CInnerProduct", 8000), ("CConvolution", 10000),
                                        ("DNSInnerProduct", 1000000), ("DNSConvolution", 10000000)])
def test_the_surgery_ends_at_the_iteration_of_its_project(kind, last):
    window = " kernel_size: 1" if "Convolution" in kind else ""
    message = "convolution_param" if window else "inner_product_param"
    assert make(kind, f"{message} {{ num_output: 2{window} }}", (2, 3, 4, 5)).last == last


@pytest.mark.parametrize("kind, param", [
    ("CConvolution", "convolution_param { num_output: 2 kernel_size: 1 bias_term: false }"),
    ("CInnerProduct", "inner_product_param { num_output: 2 bias_term: false }")])
def test_a_bias_is_needed(kind, param):
    with pytest.raises(SpecError, match="bias_term is false; the original cannot do without"):
        make(kind, param, (2, 3, 4, 5))


@pytest.mark.parametrize("threshold", [0, 0.5])
def test_sparsify_is_a_soft_threshold_that_draws_its_top_to_0(threshold):
    layer = make("Sparsify", f"thre: {threshold} coef: 0.25", (3, 4))
    x = noise(3, 4)
    values = x.detach().numpy()
    expected = np.sign(values) * np.maximum(np.abs(values) - threshold, 0)
    top = layer(x)
    np.testing.assert_allclose(top.detach().numpy(), expected, rtol=1e-12)
    change = noise(3, 4, seed=2, requires_grad=False)
    (slopes,) = torch.autograd.grad((top * change).sum(), x)
    wanted = change.numpy() + 0.25 * np.sign(expected)
    if threshold:
        wanted = wanted * (expected != 0)
        assert (expected == 0).any() and (expected != 0).any()
    np.testing.assert_allclose(slopes.numpy(), wanted, rtol=1e-12)
    for name in ("thre", "coef"):
        with pytest.raises(SpecError, match=f"sparsify_param.{name} is -1; it must be at least 0"):
            make("Sparsify", f"{name}: -1", (3, 4))


def test_random_multiplies_by_a_factor_of_each_value_and_passes_the_gradient():
    layer = make("Random", "scale: 2", (40, 50))
    x = noise(40, 50)
    top = layer(x)
    factors = (top / x).detach().numpy() / 2 * 10000 - 1000
    np.testing.assert_allclose(factors, factors.round(), atol=1e-6)
    assert factors.min() >= 0 and factors.max() <= 10000
    assert factors.mean() == pytest.approx(5000, abs=300)
    (top * 3).sum().backward()
    assert torch.equal(x.grad, torch.full_like(x, 3))
